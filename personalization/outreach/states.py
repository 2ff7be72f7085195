"""Where people stand in a sequence: what came back moves them, and nothing else is asked for.

pending (no row yet), active, paused until a day, finished (they answered, or nobody did) or stopped
(opted out, or the address does not work).  Who is finished or stopped stays that way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.outreach.sequences import OutreachSequence
    from personalization.store import Store

STATES: Final = ("pending", "active", "paused", "finished", "stopped")
"""Of a person in a sequence."""

REASONS: Final[Mapping[str, str]] = MappingProxyType({
    "handed over": "got the message, and the next one follows",
    "back": "is back, and the next message follows",
    "out of office": "is away, and the sequence waits",
    "by hand": "somebody of the team decided it",
    "replied": "answered",
    "no reply": "got every message and did not answer",
    "the account replied": "somebody else of the company answered",
    "opted out": "asked not to be written to",
    "the account opted out": "the company asked not to be written to",
    "bounced": "the address does not work",
})  # fmt: skip
"""Why somebody stands where they stand, in words."""

# What came back since the first message, from the person and from others of the account.  What is
# stronger decides: an opt-out before an answer, an answer before an absence.
_MOVED: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_moves AS
    WITH here AS (
        SELECT states.prospect_id, states.state, states.step, states.reason, states.until,
               people.account,
               (SELECT min(sent_at) FROM outreach_sends AS sends
                WHERE sends.campaign_id = $campaign_id
                  AND sends.prospect_id = states.prospect_id) AS entered_at,
               (SELECT max(sent_at) FROM outreach_sends AS sends
                WHERE sends.campaign_id = $campaign_id
                  AND sends.prospect_id = states.prospect_id) AS last_sent_at
        FROM sequence_states AS states
        LEFT JOIN prospects AS people ON people.dataset_id = states.dataset_id
                                     AND people.prospect_id = states.prospect_id
        WHERE states.campaign_id = $campaign_id AND states.state IN ('active', 'paused')
    ), heard AS (
        SELECT events.prospect_id, people.account, events.happened_at,
               events.kind IN ('unsubscribe', 'complaint')
                   OR coalesce(events.reply_class = 'unsubscribe', false) AS is_opt_out,
               events.kind = 'bounce' AS is_bounce,
               events.kind = 'meeting'
                   OR (events.kind = 'reply'
                       AND coalesce(events.reply_class NOT IN ('out_of_office', 'auto_reply'),
                                    true)) AS is_answer,
               CASE WHEN events.reply_class = 'out_of_office'
                    THEN least(coalesce(CAST(events.returns_on AS TIMESTAMPTZ),
                                        events.happened_at + $pause_days * INTERVAL '1' DAY),
                               events.happened_at + INTERVAL '90' DAY) END AS back_at
        FROM outreach_events AS events
        LEFT JOIN prospects AS people ON people.dataset_id = events.dataset_id
                                     AND people.prospect_id = events.prospect_id
        WHERE events.dataset_id = $dataset_id AND events.is_simulated = $is_simulated
          AND events.happened_at <= $now
    ), own AS (
        SELECT here.prospect_id, max(heard.is_opt_out) AS opted_out,
               max(heard.is_bounce) AS bounced, max(heard.is_answer) AS answered,
               max(heard.back_at) AS back_at
        FROM here JOIN heard ON heard.prospect_id = here.prospect_id
                            AND heard.happened_at >= here.entered_at
        GROUP BY here.prospect_id
    ), others AS (
        SELECT DISTINCT here.prospect_id
        FROM here JOIN heard ON heard.account = here.account
                            AND heard.prospect_id <> here.prospect_id
                            AND heard.happened_at >= here.entered_at
        WHERE $stops_account AND heard.is_answer
    ), stops AS (
        SELECT scope, subject FROM outreach_stops
        WHERE dataset_id = $dataset_id AND channel IS NULL AND stopped_at <= $now
    ), told AS (
        SELECT here.*, own.back_at,
               CASE WHEN own.opted_out OR EXISTS (SELECT 1 FROM stops WHERE scope = 'person'
                                                  AND subject = here.prospect_id) THEN 'opted out'
                    WHEN EXISTS (SELECT 1 FROM stops WHERE scope = 'account'
                                 AND subject = here.account) THEN 'the account opted out'
                    WHEN own.bounced THEN 'bounced'
                    WHEN own.answered THEN 'replied'
                    WHEN others.prospect_id IS NOT NULL THEN 'the account replied'
                    WHEN here.state = 'paused' AND here.reason = 'by hand'
                     AND coalesce(here.until > $now, true) THEN 'by hand'
                    WHEN own.back_at > $now AND NOT (here.state = 'active'
                                                     AND here.reason = 'by hand')
                    THEN 'out of office'
                    WHEN here.state = 'paused' THEN 'back'
                    WHEN here.step >= $steps
                     AND here.last_sent_at + $answer_days * INTERVAL '1' DAY <= $now
                    THEN 'no reply' ELSE here.reason END AS now_reason
        FROM here
        LEFT JOIN own ON own.prospect_id = here.prospect_id
        LEFT JOIN others ON others.prospect_id = here.prospect_id
    )
    SELECT prospect_id, step, now_reason AS reason,
           CASE WHEN now_reason IN ('opted out', 'the account opted out', 'bounced') THEN 'stopped'
                WHEN now_reason IN ('replied', 'the account replied', 'no reply') THEN 'finished'
                WHEN now_reason IN ('out of office', 'by hand') THEN 'paused' ELSE 'active' END
               AS state,
           CASE WHEN now_reason = 'out of office' THEN back_at END AS until
    FROM told
    WHERE now_reason <> reason
       OR (now_reason = 'out of office' AND until IS DISTINCT FROM back_at)
"""
_KEEP: Final = """
    INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step, reason, until,
                                  changed_at, changed_by)
    SELECT $campaign_id, $dataset_id, prospect_id, state, step, reason, until, $now, $actor
    FROM sequence_moves ORDER BY prospect_id
"""
_COUNTED: Final = """
    SELECT state, reason, count(*) FROM sequence_moves
    GROUP BY state, reason ORDER BY state, reason
"""
_SIMULATED: Final = """
    SELECT count(*) > 0 FROM simulated_outreach WHERE campaign_id = $campaign_id
"""
_BASE: Final = "SELECT dataset_id FROM outreach_plans WHERE campaign_id = $campaign_id"


def is_simulated(store: Store, campaign_id: str) -> bool:
    """Tell whether an outreach campaign was played through, with answers that were made up."""
    [(told,)] = store.read(_SIMULATED, campaign_id=campaign_id)
    return bool(told)


def base_of(store: Store, campaign_id: str) -> str:
    """Return the base of prospects of an outreach campaign.

    Raises:
        InputError: The campaign writes to no prospects.
    """
    row = store.read_one(_BASE, campaign_id=campaign_id)
    if row is None:
        raise InputError(f"Campaign {campaign_id!r} writes to no prospects.")
    return str(row[0])


def move_on(
    store: Store, sequence: OutreachSequence, *, now: datetime, actor: str
) -> dict[str, int]:
    """Move people on by what came back from them: the answers, the absences and the opt-outs.

    Run again without anything new it changes nothing.

    Args:
        store: Reads ``outreach_events``, ``outreach_stops`` and ``outreach_sends``; writes
            ``sequence_changes`` and one audit row where somebody moved.
        sequence: Of the campaign.
        now: What happened until then counts.
        actor: Who asks for it.

    Returns:
        How many people moved, by reason.
    """
    campaign_id = sequence.campaign_id
    with store.transaction():
        dataset_id = base_of(store, campaign_id)
        store.run(
            _MOVED, campaign_id=campaign_id, dataset_id=dataset_id, now=now,
            is_simulated=is_simulated(store, campaign_id), pause_days=sequence.rules.pause_days,
            stops_account=sequence.rules.stops_account, steps=len(sequence.steps),
            answer_days=sequence.rules.answer_days,
        )  # fmt: skip
        moved = {reason: int(n) for _, reason, n in store.read(_COUNTED)}
        if moved:
            store.run(
                _KEEP, campaign_id=campaign_id, dataset_id=dataset_id, now=store.now(), actor=actor
            )
            record(
                store, "sequence.moved", campaign_id, actor=actor, campaign_id=campaign_id,
                as_of=now, moved=moved,
            )  # fmt: skip
    return moved


_IS_THERE: Final = """
    SELECT coalesce(states.state, 'pending'), coalesce(states.step, 0)
    FROM prospects LEFT JOIN sequence_states AS states
        ON states.campaign_id = $campaign_id AND states.prospect_id = prospects.prospect_id
    WHERE prospects.dataset_id = $dataset_id AND prospects.prospect_id = $prospect_id
"""
_BY_HAND: Final = """
    INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step, reason, until,
                                  changed_at, changed_by)
    VALUES ($campaign_id, $dataset_id, $prospect_id, $state, $step, 'by hand', $until, $now, $actor)
"""


def set_state(
    store: Store,
    campaign_id: str,
    prospect_id: str,
    state: str,
    *,
    until: datetime | None = None,
    actor: str,
) -> None:
    """Pause, resume or end a sequence for one person, by hand.

    Args:
        store: Writes ``sequence_changes`` and one audit row.
        campaign_id: An outreach campaign.
        prospect_id: Of its base.
        state: active, paused, finished or stopped.
        until: Of a pause: when it ends; None is until somebody resumes it.
        actor: Who decides it.

    Raises:
        InputError: There is no such prospect or state, or the person left the sequence for good.
    """
    dataset_id = base_of(store, campaign_id)
    if state not in STATES[1:]:
        raise InputError(f"Nobody can be put to {state!r}. Use one of: {', '.join(STATES[1:])}.")
    keys = {"campaign_id": campaign_id, "dataset_id": dataset_id, "prospect_id": prospect_id}
    with store.transaction():
        row = store.read_one(_IS_THERE, **keys)
        if row is None:
            raise InputError(f"There is no prospect {prospect_id!r} in this campaign's base.")
        if row[0] in {"finished", "stopped"}:
            raise InputError(
                f"Prospect {prospect_id!r} has left the sequence ({row[0]}), and nobody is put "
                "back into it. Write a new campaign."
            )
        store.run(
            _BY_HAND, **keys, state=state, step=int(row[1]), until=until, now=store.now(),
            actor=actor,
        )  # fmt: skip
        record(
            store, "sequence.set", campaign_id, actor=actor, campaign_id=campaign_id, state=state,
            step=int(row[1]), until=until,
        )  # fmt: skip
