"""Incidents: what went wrong, what was held for it, what was done, and how it ended.

An incident and its events are never changed.  A hold stops a whole campaign: while it lasts,
``sendable_variants`` has nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.content.blast import NOTHING, BlastRadius, tasks_of
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

_OF_REQUEST = "SELECT incident_id FROM incidents WHERE request_id = $request_id"
_OPEN = """
    INSERT INTO incidents VALUES ($incident_id, $kind, $title, $document_id, $version,
        $campaign_id, $blast, $blast_sha256, $opened_at, $opened_by, $request_id)
"""
_ADD_EVENT = """
    INSERT INTO incident_events (incident_id, kind, ref, text, actor, happened_at)
    VALUES ($incident_id, $kind, $ref, $text, $actor, $happened_at)
"""
_HOLD = """
    INSERT INTO holds (campaign_id, incident_id, is_held, reason, actor, decided_at)
    VALUES ($campaign_id, $incident_id, $is_held, $reason, $actor, $decided_at)
"""
_STATE = """
    SELECT incidents.incident_id, incidents.title,
           coalesce((SELECT arg_max(events.kind, events.number) = 'closed'
                     FROM incident_events AS events
                     WHERE events.incident_id = incidents.incident_id
                       AND events.kind IN ('opened', 'closed', 'reopened')), false)
    FROM incidents WHERE incidents.incident_id = $incident_id
"""
_HELD = """
    SELECT campaign_id, held_by FROM campaign_holds
    WHERE incident_id = $incident_id ORDER BY campaign_id
"""
_WITHDRAWAL = """
    SELECT incident_id, opened_by FROM open_withdrawals WHERE document_id = $document_id
    ORDER BY opened_at DESC, incident_id LIMIT 1
"""
_PUT_BACK: Final = "put back"
_CAMPAIGN = "SELECT name FROM campaigns WHERE campaign_id = $campaign_id"
_TASKS = """
    SELECT ref, bool_or(kind = 'done') FROM incident_events WHERE incident_id = $incident_id
    GROUP BY ref HAVING bool_or(kind = 'task') ORDER BY ref
"""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands."""

    incident_id: str
    title: str
    is_closed: bool


def open_incident(
    store: Store,
    kind: str,
    title: str,
    *,
    reason: str,
    actor: str,
    radius: BlastRadius = NOTHING,
    campaign_id: str | None = None,
    request_id: str | None = None,
) -> str:
    """Open an incident inside a transaction, with its blast radius frozen and its tasks set.

    Args:
        store: Writes ``incidents``, ``incident_events`` and an audit row: counts, never texts.
        kind: withdrawn, expired or reported.
        title: What happened, in one line.
        reason: Why, or what is known.
        actor: Who opens it.
        radius: What rests on the source, where it is about one.
        campaign_id: The campaign, where it is about one.
        request_id: Of the click.

    Returns:
        Its id.
    """
    incident_id = f"i{uuid4().hex[:8]}"
    blast = json.dumps(
        {**asdict(radius), "figures": radius.figures}, sort_keys=True, separators=(",", ":"),
        ensure_ascii=False, default=str,
    )  # fmt: skip
    sha256 = hashlib.sha256(blast.encode()).hexdigest()
    store.run(
        _OPEN, incident_id=incident_id, kind=kind, title=title,
        document_id=radius.document_id or None, version=radius.version or None,
        campaign_id=campaign_id, blast=blast, blast_sha256=sha256, opened_at=store.now(),
        opened_by=actor, request_id=request_id,
    )  # fmt: skip
    record(
        store, "incident.opened", incident_id, actor=actor, campaign_id=campaign_id or "",
        cause=kind, document=f"{radius.document_id}@{radius.version}" if radius.version else "",
        blast_sha256=sha256, **radius.figures,
    )  # fmt: skip
    _event(store, incident_id, "opened", reason.strip(), actor=actor)
    for task, text in tasks_of(radius):
        _event(store, incident_id, "task", text, actor=actor, ref=task)
    return incident_id


def incident_of_request(store: Store, request_id: str | None) -> str | None:
    """Return the incident that a click has opened already."""
    row = store.read_one(_OF_REQUEST, request_id=request_id) if request_id else None
    return str(row[0]) if row else None


def report_incident(
    store: Store,
    title: str,
    *,
    campaign_id: str,
    reason: str,
    actor: str,
    request_id: str | None = None,
) -> str:
    """Open an incident by hand, such as a wrong price, and hold the campaign that it is about.

    Raises:
        InputError: There is no such campaign, or no title or reason.
    """
    if not title.strip() or not reason.strip():
        raise InputError("Say in a line what went wrong, and what is known of it.")
    with store.transaction():
        if known := incident_of_request(store, request_id):
            return known
        _refuse_unknown(store, campaign_id)
        incident_id = open_incident(
            store, "reported", title.strip(), reason=reason, actor=actor, campaign_id=campaign_id,
            request_id=request_id,
        )  # fmt: skip
        hold_campaign(store, incident_id, campaign_id, reason=reason, actor=actor)
        return incident_id


def withdrawal_of(store: Store, document_id: str) -> tuple[str, str] | None:
    """Return the incident by which a document is withdrawn, and by whom; None where it is not."""
    row = store.read_one(_WITHDRAWAL, document_id=document_id)
    return (str(row[0]), str(row[1])) if row else None


def note_return(store: Store, incident_id: str, *, reason: str, actor: str) -> None:
    """Put into the timeline that the document is back, inside the transaction that does it.

    Raises:
        InputError: There is no reason.
        StateError: The incident is still open.
    """
    _refuse_without(reason)
    incident = _known(store, incident_id)
    if not incident.is_closed:
        raise StateError(
            f"The incident ‘{incident.title}’ is still open. Settle and close it on the Incidents "
            "page first; then the document can be put back."
        )
    text = f"Put back: {reason.strip()}"
    _event(store, incident_id, "note", text, actor=actor, ref=_PUT_BACK)
    record(store, "incident.settled", incident_id, actor=actor, has_reason=True)


def hold_campaign(
    store: Store, incident_id: str, campaign_id: str, *, reason: str, actor: str
) -> None:
    """Let nothing of a campaign go out until somebody releases it; held twice is held once.

    Raises:
        InputError: The incident or the campaign is unknown, or there is no reason.
        StateError: The incident is closed.
    """
    _refuse_without(reason)
    with store.transaction():
        _refuse_closed(_known(store, incident_id))
        _refuse_unknown(store, campaign_id)
        if holder_of(store, incident_id, campaign_id):
            return
        _decide(store, incident_id, campaign_id, is_held=True, reason=reason, actor=actor)


def release_campaign(
    store: Store, incident_id: str, campaign_id: str, *, reason: str, actor: str
) -> None:
    """Let a held campaign go on; who may do so is decided by the caller.

    Raises:
        InputError: The incident is unknown, or there is no reason.
        StateError: The incident does not hold the campaign.
    """
    _refuse_without(reason)
    with store.transaction():
        _known(store, incident_id)
        if holder_of(store, incident_id, campaign_id) is None:
            raise StateError("This incident does not hold the campaign any more. Reload the page.")
        _decide(store, incident_id, campaign_id, is_held=False, reason=reason, actor=actor)


def holder_of(store: Store, incident_id: str, campaign_id: str) -> str | None:
    """Return who put the campaign on hold for this incident; None where it is not held by it."""
    held = dict(store.read(_HELD, incident_id=incident_id))
    return held.get(campaign_id)


def _decide(
    store: Store, incident_id: str, campaign_id: str, *, is_held: bool, reason: str, actor: str
) -> None:
    kind = "held" if is_held else "released"
    store.run(
        _HOLD, campaign_id=campaign_id, incident_id=incident_id, is_held=is_held,
        reason=reason.strip(), actor=actor, decided_at=store.now(),
    )  # fmt: skip
    record(store, f"campaign.{kind}", incident_id, actor=actor, campaign_id=campaign_id)
    _event(store, incident_id, kind, reason.strip(), actor=actor, ref=campaign_id)


def add_note(store: Store, incident_id: str, text: str, *, actor: str) -> None:
    """Put a note into the incident's timeline."""
    _refuse_without(text)
    with store.transaction():
        _known(store, incident_id)
        _event(store, incident_id, "note", text.strip(), actor=actor)
        record(store, "incident.noted", incident_id, actor=actor)


def finish_task(store: Store, incident_id: str, task: str, *, note: str, actor: str) -> None:
    """Put on record that a task of the incident was done, and how; done twice is done once.

    Raises:
        InputError: The incident never had such a task, or there is no note.
    """
    _refuse_without(note)
    with store.transaction():
        _known(store, incident_id)
        is_done = dict(store.read(_TASKS, incident_id=incident_id))
        if task not in is_done:
            raise InputError(f"The incident has no task {task!r}. Reload the page.")
        if is_done[task]:
            return
        _event(store, incident_id, "done", note.strip(), actor=actor, ref=task)
        record(store, "incident.task_done", incident_id, actor=actor, task=task)


def open_tasks(store: Store, incident_id: str) -> list[str]:
    """List the keys of the tasks that nobody has finished."""
    return [task for task, is_done in store.read(_TASKS, incident_id=incident_id) if not is_done]


def close_incident(store: Store, incident_id: str, *, reason: str, actor: str) -> None:
    """Close an incident, with how it ended.

    Raises:
        InputError: The incident is unknown, or there is no reason.
        StateError: It is closed already, or still holds a campaign.
    """
    _refuse_without(reason)
    with store.transaction():
        _refuse_closed(_known(store, incident_id))
        held = store.read(_HELD, incident_id=incident_id)
        if held:
            raise StateError(
                f"The incident still holds {len(held)} campaign{'' if len(held) == 1 else 's'}. "
                "Have them released first."
            )
        tasks = len(open_tasks(store, incident_id))
        _event(store, incident_id, "closed", reason.strip(), actor=actor)
        record(store, "incident.closed", incident_id, actor=actor, open_tasks=tasks)


def reopen_incident(store: Store, incident_id: str, *, reason: str, actor: str) -> None:
    """Open a closed incident again.

    Raises:
        InputError: The incident is unknown, or there is no reason.
        StateError: It is not closed.
    """
    _refuse_without(reason)
    with store.transaction():
        if not _known(store, incident_id).is_closed:
            raise StateError("The incident is open. Reload the page.")
        _event(store, incident_id, "reopened", reason.strip(), actor=actor)
        record(store, "incident.reopened", incident_id, actor=actor)


def _event(
    store: Store, incident_id: str, kind: str, text: str, *, actor: str, ref: str = ""
) -> None:
    store.run(
        _ADD_EVENT, incident_id=incident_id, kind=kind, ref=ref, text=text, actor=actor,
        happened_at=store.now(),
    )  # fmt: skip


def _known(store: Store, incident_id: str) -> Incident:
    row = store.read_one(_STATE, incident_id=incident_id)
    if row is None:
        raise InputError(f"Incident {incident_id!r} is unknown. Reload the page.")
    return Incident(*row)


def _refuse_closed(incident: Incident) -> None:
    if incident.is_closed:
        raise StateError(f"The incident ‘{incident.title}’ is closed. Reopen it first.")


def _refuse_without(text: str) -> None:
    if not text.strip():
        raise InputError("Say why in a few words: others will read it in the timeline.")


def _refuse_unknown(store: Store, campaign_id: str) -> None:
    if store.read_one(_CAMPAIGN, campaign_id=campaign_id) is None:
        raise InputError(f"Campaign {campaign_id!r} is unknown.")
