"""What comes back from prospects: answers are taken in, heeded, and learnt from.

A file of a sending tool and the engine's feedback loop come through the same function.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization import customers
from personalization.errors import InputError
from personalization.outreach import context, corrections, events, metrics, posterior
from personalization.outreach.events import EventCounts
from personalization.outreach.outcomes import WINDOW_DAYS
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.outreach.context import ProspectContext
    from personalization.settings import Settings
    from personalization.store import Store

__all__ = [
    "EventCounts",
    "check_outreach_events",
    "context_of",
    "correct_reply",
    "import_outreach_events",
    "measure_outreach",
    "record_outreach_events",
    "update_posterior",
]

_IMPORT: Final = """
    INSERT INTO imports VALUES ($import_id, $dataset_id, 'engagements', $file_name, $file_sha256,
        $detected, $mapping, $rows_total, $accepted, $rejected, $merged, $now, $actor, $request_id)
"""
_INTAKE_PROBLEMS: Final = """
    INSERT INTO intake_problems
    SELECT $import_id, outcome, line, column_name, left(value, 80), reason
    FROM read_parquet($problems)
"""
_PROBLEM: Final = """
    INSERT INTO intake_problems
    SELECT $import_id, $outcome, line, $column_name,
           CASE WHEN $column_name = 'event' THEN told ELSE told_as END, $reason
    FROM judged_events WHERE outcome = $kind
"""
_SEEN: Final = "SELECT detected FROM imports WHERE request_id = $request_id"
_BASE: Final = "SELECT count(*) FROM prospects WHERE dataset_id = $dataset_id"
# A sequence is played through in days to come; it is looked at when its last answers are in.
_END_OF_PLAY: Final = """
    SELECT greatest($now::TIMESTAMPTZ, max(sent_at) + $days * INTERVAL '1' DAY)
    FROM outreach_sends WHERE campaign_id = $campaign_id AND is_simulated
"""
_CAMPAIGN: Final = "SELECT dataset_id FROM outreach_plans WHERE campaign_id = $campaign_id"


def check_outreach_events(store: Store, dataset_id: str, intake: customers.Intake) -> EventCounts:
    """Tell what a checked file of answers would come to; nothing is kept.

    Raises:
        InputError: The file was refused, a question about it is open, or the base has nobody.
    """
    _refuse_unready(store, dataset_id, intake)
    with store.transaction():
        events.stage_file(store, _staged(intake))
        return events.judge_events(store, dataset_id)


def import_outreach_events(
    store: Store,
    settings: Settings,
    dataset_id: str,
    intake: customers.Intake,
    *,
    actor: str,
    request_id: str,
) -> EventCounts:
    """Take in a checked file of answers, heed it at once, and learn from it.

    The same file a second time adds nothing; the same ``request_id`` returns the first outcome.

    Raises:
        InputError: The file was refused, a question about it is open, or the base has nobody.
    """
    _refuse_unready(store, dataset_id, intake)
    with store.transaction():
        if seen := store.read_one(_SEEN, request_id=request_id):
            return _told_before(json.loads(seen[0]))
        events.stage_file(store, _staged(intake))
        counts = events.judge_events(store, dataset_id)
        counts = _heed(store, settings, dataset_id, counts, actor=actor)
        import_id = _keep_import(store, dataset_id, intake, counts, (actor, request_id))
        customers.forget_again(store, import_id)
        _note(store, dataset_id, counts, actor, import_id)
    update_posterior(store, settings, dataset_id, actor=actor)
    return counts


def record_outreach_events(
    store: Store,
    settings: Settings,
    dataset_id: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    actor: str,
) -> EventCounts:
    """Take in events from a program, each once, heed them at once, and learn from them.

    Args:
        store: Writes ``outreach_events``, ``suppressions``, ``outreach_stops`` and the posterior.
        settings: Whether an account is left in peace with its first unsubscribe ([outreach]).
        dataset_id: The base of prospects.
        rows: Mappings with ``event`` (one of ``domain.OUTREACH_EVENTS``), ``prospect_id`` or
            ``email``, and where known ``happened_at`` (None is now), ``message_id``, ``channel``,
            ``text`` and ``subject`` of a reply, and ``event_id``, by which an event counts once.
        actor: Who brings them.
    """
    with store.transaction():
        events.stage_rows(store, rows)
        counts = events.judge_events(store, dataset_id)
        counts = _heed(store, settings, dataset_id, counts, actor=actor)
        if counts.accepted or counts.suppressed:
            _note(store, dataset_id, counts, actor, dataset_id)
    if counts.accepted:
        update_posterior(store, settings, dataset_id, actor=actor)
    return counts


def correct_reply(
    store: Store, settings: Settings, event_id: str, reply_class: str, *, actor: str
) -> None:
    """Read a reply as a person says it is meant, and learn anew; see ``outreach.corrections``.

    Raises:
        InputError: No such reply or meaning, or the reply was simulated.
    """
    with store.transaction():
        dataset_id = corrections.correct_reply(
            store, event_id, reply_class, actor=actor,
            stops_account=settings.outreach.account_stops,
        )  # fmt: skip
    update_posterior(store, settings, dataset_id, actor=actor)


def update_posterior(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    actor: str,
    as_of: datetime | None = None,
    is_simulated: bool = False,
) -> str:
    """Learn anew from all messages and answers of a base; see ``outreach.posterior``."""
    return posterior.update_posterior(
        store, settings.outreach, dataset_id, actor=actor, as_of=as_of, is_simulated=is_simulated
    )


def context_of(
    store: Store,
    dataset_id: str,
    prospect_id: str,
    *,
    as_of: datetime | None = None,
    is_simulated: bool = False,
) -> ProspectContext:
    """Return what is known of one prospect at a moment; see ``outreach.context``."""
    return context.context_of(
        store, dataset_id, prospect_id, as_of=as_of, is_simulated=is_simulated
    )


def measure_outreach(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    is_simulated: bool = False,
    as_of: datetime | None = None,
) -> int:
    """Work the metrics of an outreach campaign out and keep them; return how many rows that is.

    What was simulated is looked at from its end, unless ``as_of`` says otherwise.

    Raises:
        InputError: The campaign writes to no prospects.
    """
    found = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if found is None:
        raise InputError(f"Campaign {campaign_id!r} writes to no prospects. Choose another one.")
    if is_simulated and as_of is None:
        days = max(WINDOW_DAYS.values())
        end = store.read_one(_END_OF_PLAY, campaign_id=campaign_id, now=store.now(), days=days)
        as_of = end[0] if end else None
    version = update_posterior(
        store, settings, found[0], actor=actor, is_simulated=is_simulated, as_of=as_of
    )
    return metrics.measure(
        store, settings.outreach, campaign_id, version, actor=actor, is_simulated=is_simulated,
        as_of=as_of,
    )  # fmt: skip


def _refuse_unready(store: Store, dataset_id: str, intake: customers.Intake) -> None:
    if intake.staged is None or intake.ask:
        raise InputError(intake.refuse or f"Answer this first: {', '.join(intake.ask)}.")
    if store.read(_BASE, dataset_id=dataset_id) == [(0,)]:
        raise InputError("This base has no prospects. Upload them on the Prospects page first.")


def _staged(intake: customers.Intake) -> Any:  # noqa: ANN401
    return intake.staged


def _heed(
    store: Store, settings: Settings, dataset_id: str, counts: EventCounts, *, actor: str
) -> EventCounts:
    suppressed, stopped = events.add_events(
        store, dataset_id, actor=actor, stops_account=settings.outreach.account_stops
    )
    return replace(counts, suppressed=suppressed, stopped=stopped)


def _note(store: Store, dataset_id: str, counts: EventCounts, actor: str, ref: str) -> None:
    told = {name: n for name, n in asdict(counts).items() if name not in {"classes", "referrals"}}
    record(
        store, "outreach_events.recorded", ref, actor=actor, dataset_id=dataset_id,
        classes=dict(counts.classes), **told,
    )  # fmt: skip


def _keep_import(
    store: Store,
    dataset_id: str,
    intake: customers.Intake,
    counts: EventCounts,
    by: tuple[str, str],
) -> str:
    import_id = f"i{uuid4().hex[:10]}"
    told = asdict(counts) | {"referrals": [], "unreadable": intake.rejected}
    merged = counts.duplicates + intake.merged
    store.run(
        _IMPORT, import_id=import_id, dataset_id=dataset_id, file_name=intake.file_name,
        file_sha256=intake.file_sha256, detected=json.dumps(told), mapping="{}",
        rows_total=intake.rows_total, accepted=counts.accepted, merged=merged,
        rejected=intake.rows_total - counts.accepted - merged, now=store.now(), actor=by[0],
        request_id=by[1],
    )  # fmt: skip
    if intake.problems is not None:
        store.run(_INTAKE_PROBLEMS, import_id=import_id, problems=str(intake.problems))
    for kind, reason in events.REASONS.items():
        store.run(
            _PROBLEM, import_id=import_id, kind=kind, reason=reason,
            outcome="merged" if kind == "duplicates" else "rejected",
            column_name="event" if kind == "unknown_events" else "prospect",
        )  # fmt: skip
    return import_id


def _told_before(told: dict[str, Any]) -> EventCounts:
    told = {name: value for name, value in told.items() if name != "unreadable"}
    return EventCounts(**{**told, "classes": tuple(map(tuple, told["classes"])), "referrals": ()})
