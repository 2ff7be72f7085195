"""A campaign played through: handed over to nobody, with answers drawn from a made-up world.

The world is fixed: how many answer differs by role and channel, by tone and angle, and by both.
Every row that comes of it is marked as simulated; none of it is a finding about people.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.outreach.states import base_of
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.outreach.sequences import OutreachSequence
    from personalization.store import Store

_WITHOUT_END: Final = 100_000

# Each message draws once for its answer, and apart from that for an open and a click.
_ANSWERS: Final = """
    INSERT INTO outreach_events (event_id, dataset_id, prospect_id, message_id, channel, kind,
                                 reply_class, returns_on, is_simulated, happened_at, recorded_at,
                                 recorded_by)
    WITH sent AS (
        SELECT sends.*,
               even_draw(concat_ws('|', message_id, 'answer')) AS answer,
               even_draw(concat_ws('|', message_id, 'open')) AS open,
               even_draw(concat_ws('|', message_id, 'click')) AS click,
               even_draw(concat_ws('|', message_id, 'when')) AS moment,
               (0.010 + 0.035 * even_draw(concat_ws('|', $seed, role, channel)))
                   * (0.5 + even_draw(concat_ws('|', $seed, tone, angle)))
                   * (0.6 + 0.8 * even_draw(concat_ws('|', $seed, role, tone, angle))) AS rate
        FROM outreach_sends AS sends
        WHERE campaign_id = $campaign_id AND is_simulated AND sent_at <= $now
          AND message_id NOT IN (SELECT message_id FROM outreach_events
                                 WHERE message_id IS NOT NULL AND is_simulated)
    ), told AS (
        SELECT *, CASE WHEN answer < rate THEN 'interested'
                       WHEN answer < rate + 0.008 THEN 'question'
                       WHEN answer < rate + 0.030 THEN 'not_interested'
                       WHEN answer < rate + 0.038 THEN 'not_now'
                       WHEN answer < rate + 0.058 THEN 'out_of_office'
                       WHEN answer < rate + 0.063 THEN 'unsubscribe' END AS reply_class
        FROM sent
    ), happened AS (
        SELECT message_id, 'delivered' AS kind, NULL AS reply_class, 0.1 AS hours FROM told
        UNION ALL
        SELECT message_id, 'open', NULL, 1 + 20 * moment FROM told
        WHERE channel = 'cold_email' AND (open < 0.4 OR reply_class IS NOT NULL)
        UNION ALL
        SELECT message_id, 'click', NULL, 1.5 + 20 * moment FROM told
        WHERE channel = 'cold_email' AND click < 0.04
        UNION ALL
        SELECT message_id, 'reply', reply_class, 2 + 30 * moment FROM told
        WHERE reply_class IS NOT NULL
    )
    SELECT concat('played-', told.message_id, '-', happened.kind), told.dataset_id,
           told.prospect_id, told.message_id, told.channel, happened.kind, happened.reply_class,
           CASE WHEN happened.reply_class = 'out_of_office'
                THEN CAST(timezone('UTC', told.sent_at) AS DATE) + 9 END,
           true, told.sent_at + CAST(happened.hours * 3600 AS BIGINT) * INTERVAL '1' SECOND,
           $made_at, $actor
    FROM happened JOIN told ON told.message_id = happened.message_id
    ORDER BY told.message_id, happened.kind
"""
_SEED: Final = "SELECT seed FROM campaigns WHERE campaign_id = $campaign_id"


def unhurried(sequence: OutreachSequence) -> OutreachSequence:
    """Return a sequence without what only spreads real messages over hours and days."""
    rules = replace(
        sequence.rules, mailbox_limit=_WITHOUT_END, warm_up_from=_WITHOUT_END,
        task_limit=_WITHOUT_END, send_from=0, send_until=0, has_days_off=False,
    )  # fmt: skip
    return replace(sequence, rules=rules)


def make_up_answers(store: Store, campaign_id: str, *, now: datetime, actor: str) -> int:
    """Draw what comes back from the messages that were played through and have no answer yet.

    Args:
        store: Reads ``outreach_sends``; writes ``outreach_events``, all marked, and one audit row.
        campaign_id: An outreach campaign.
        now: Messages of until then are answered.
        actor: Who plays it.

    Returns:
        How many events there are now that were not there before.
    """
    with store.transaction():
        [(seed,)] = store.read(_SEED, campaign_id=campaign_id)
        added = store.run(
            _ANSWERS, campaign_id=campaign_id, now=now, seed=seed, made_at=store.now(), actor=actor
        )
        if added:
            record(
                store, "outreach.answers_made_up", campaign_id, actor=actor,
                campaign_id=campaign_id, dataset_id=base_of(store, campaign_id), events=added,
                is_simulated=True,
            )  # fmt: skip
    return added
