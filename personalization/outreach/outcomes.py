"""What came of each message: a positive answer, a click, harm, silence so far, or no observation.

A message is an observation as soon as something came back.  Silence becomes one as its time passes:
a message without an answer counts as far as answers on its channel would be in by now, because
quick replies alone would flatter whatever was sent last.  Out-of-office and what bounced are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.domain import OUTREACH_CHANNELS

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

WINDOW_DAYS: Final = {
    "cold_email": 14.0, "linkedin_note": 21.0, "linkedin_inmail": 14.0, "x_message": 7.0,
    "sms": 3.0, "video_script": 14.0, "call_snippet": 7.0,
}  # fmt: skip
"""How long after a message what comes back is taken to be about it, by channel."""

HALF_DAYS: Final = {
    "cold_email": 1.0, "linkedin_note": 3.0, "linkedin_inmail": 2.0, "x_message": 0.5,
    "sms": 0.1, "video_script": 2.0, "call_snippet": 1.0,
}  # fmt: skip
"""After how long half of those who will answer have, by channel: silence counts as fast as that."""

CLICK: Final = 0.1
"""What a click is worth beside a positive reply or a meeting, which is 1."""

# One row a message: what it counts for in thousandths, and whether its window is closed.
_OBSERVE: Final = """
    CREATE OR REPLACE TEMP TABLE outreach_observed AS
    WITH windows AS (
        SELECT unnest($channels::VARCHAR[]) AS channel,
               86400.0 * unnest($window_days::DOUBLE[]) AS lasts,
               86400.0 * unnest($half_days::DOUBLE[]) AS half
    ), sent AS (
        SELECT message_id, campaign_id, prospect_id, role, channel, tone, angle, propensity,
               is_default, sent_at, lasts, half, epoch(sent_at) AS sent,
               epoch($moment::TIMESTAMPTZ) - epoch(sent_at) AS age
        FROM outreach_sends JOIN windows USING (channel)
        WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated
          AND sent_at <= $moment::TIMESTAMPTZ
    ), answered AS (
        SELECT sent.message_id, bool_or(is_positive_answer(kind, reply_class)) AS is_positive,
               bool_or(is_harmful_answer(kind, reply_class)) AS is_harmful,
               bool_or(kind = 'click') AS is_clicked, bool_or(kind = 'bounce') AS is_bounced,
               bool_or(coalesce(reply_class = 'out_of_office', false)) AS is_away,
               bool_or(kind = 'reply' AND coalesce(
                   reply_class NOT IN ('out_of_office', 'auto_reply'), true)) AS is_answered
        FROM sent
        JOIN outreach_events AS events ON events.message_id = sent.message_id
        WHERE events.dataset_id = $dataset_id AND events.is_simulated = $is_simulated
          AND epoch(events.happened_at) <= least(sent.sent + sent.lasts,
                                                 epoch($moment::TIMESTAMPTZ))
        GROUP BY sent.message_id
    )
    SELECT sent.message_id, campaign_id, prospect_id, role, channel, tone, angle, propensity,
           is_default, sent_at,
           CASE WHEN is_positive OR is_harmful OR is_clicked OR is_answered THEN 1000
                WHEN is_bounced OR is_away THEN 0
                ELSE CAST(round(1000 * least(1, (1 - pow(0.5, age / half))
                                                / (1 - pow(0.5, lasts / half)))) AS BIGINT)
           END AS trial,
           CASE WHEN is_positive THEN 1000 WHEN is_clicked THEN $click ELSE 0 END AS reward,
           CASE WHEN is_harmful THEN 1000 ELSE 0 END AS harm,
           coalesce(is_positive, false) AS is_positive, coalesce(is_harmful, false) AS is_harmful,
           age >= lasts AS is_closed
    FROM sent LEFT JOIN answered ON answered.message_id = sent.message_id
"""


def observe(store: Store, dataset_id: str, *, moment: datetime, is_simulated: bool) -> None:
    """Write the TEMP table ``outreach_observed``: what came of each message until a moment.

    The store has to be in a transaction.
    """
    store.run(
        _OBSERVE, dataset_id=dataset_id, moment=moment, is_simulated=is_simulated,
        click=round(1000 * CLICK), **_windows(),
    )  # fmt: skip


def _windows() -> dict[str, list[Any]]:
    return {
        "channels": list(OUTREACH_CHANNELS),
        "window_days": [WINDOW_DAYS[channel] for channel in OUTREACH_CHANNELS],
        "half_days": [HALF_DAYS[channel] for channel in OUTREACH_CHANNELS],
    }
