"""Withdrawing: a source is taken back, or ends earlier than it said.

Either opens an incident that keeps the blast radius as it was at that moment, in the transaction
that makes the messages unsendable.  Nothing is overwritten: a version keeps the last day that it
was approved with, and the earlier one stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.content.blast import blast_radius
from personalization.content.editing import seen_document
from personalization.content.incidents import (
    incident_of_request,
    note_return,
    open_incident,
    withdrawal_of,
)
from personalization.content.recording import write_status
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

_CURRENT = """
    SELECT version, status, title, valid_from, valid_until
    FROM current_documents WHERE document_id = $document_id
"""
_WITHDRAWN_VERSION = """
    SELECT incidents.version FROM open_withdrawals
    JOIN incidents ON incidents.incident_id = open_withdrawals.incident_id
    WHERE open_withdrawals.document_id = $document_id
    ORDER BY open_withdrawals.opened_at DESC, open_withdrawals.incident_id LIMIT 1
"""
_LAST_SCREENING = "SELECT coalesce(max(screening_id), 0) FROM screenings"
_END = """
    INSERT INTO document_expiries VALUES ($document_id, $version, $valid_until, $last_screening_id,
        $reason, $set_at, $set_by)
"""


def withdraw_document(
    store: Store, document_id: str, *, reason: str, actor: str, request_id: str | None = None
) -> str:
    """Retire a document and open an incident about it; all that rests on it is held at once.

    Args:
        store: Writes ``documents``, ``incidents``, ``incident_events`` and their audit rows.
        document_id: Of the source.
        reason: Why it may not be said any more.
        actor: Who withdraws it.
        request_id: Of the click; asked twice, it gives the incident of the first.

    Returns:
        The id of the incident.

    Raises:
        InputError: The document is unknown, or there is no reason.
        StateError: It was withdrawn before.
    """
    if not reason.strip():
        raise InputError("Say why the source is withdrawn: the incident is read by others.")
    with store.transaction():
        if known := incident_of_request(store, request_id):
            return known
        radius = blast_radius(store, document_id)
        if _current(store, document_id)[1] == "retired":
            raise StateError(f"‘{radius.title}’ has been withdrawn already.")
        write_status(store, document_id, "retired", actor=actor, reason=reason)
        return open_incident(
            store, "withdrawn", f"‘{radius.title}’ was withdrawn", reason=reason, actor=actor,
            radius=radius, request_id=request_id,
        )  # fmt: skip


def put_document_back(
    store: Store, document_id: str, *, version: int, reason: str, actor: str
) -> str:
    """Let a document be said again that was withdrawn; who may do so is decided by the caller.

    Only the version that was withdrawn is approved again.  Where it was changed since, what was
    changed is a draft and waits for an approval of its own.

    Args:
        store: Writes ``documents``, ``incident_events`` and their audit rows.
        document_id: Of the source.
        version: That was read; nothing else comes back.
        reason: Why it may be said again.
        actor: Who puts it back.

    Returns:
        What it is now: approved or draft.

    Raises:
        InputError: The document is unknown, or there is no reason.
        StateError: It was changed meanwhile, is not withdrawn, or the incident about it is open.
    """
    with store.transaction():
        now = seen_document(store, document_id, version)
        found = withdrawal_of(store, document_id)
        if found is None:
            raise StateError(f"‘{now.title}’ is not withdrawn. Reload the page.")
        is_same = withdrawn_version(store, document_id) == version
        note_return(store, found[0], reason=reason, actor=actor)
        is_free = withdrawal_of(store, document_id) is None
        status = "approved" if is_same and is_free else "draft"
        write_status(store, document_id, status, actor=actor, reason=reason)
    return status


def withdrawn_version(store: Store, document_id: str) -> int | None:
    """Return which version of a document was withdrawn last; None where none is."""
    row = store.read_one(_WITHDRAWN_VERSION, document_id=document_id)
    return int(row[0]) if row and row[0] is not None else None


def expire_document(
    store: Store,
    document_id: str,
    valid_until: date,
    *,
    reason: str,
    actor: str,
    request_id: str | None = None,
) -> str:
    """Bring the last day of a document forward and open an incident about it.

    What cites it is held until it has been screened again: its texts may name the old day.

    Args:
        store: Writes ``document_expiries``, ``incidents``, ``incident_events``, audit rows.
        document_id: Of the source; its newest version is meant.
        valid_until: The new last day, inclusive.
        reason: Why it ends earlier.
        actor: Who decided so.
        request_id: Of the click; asked twice, it gives the incident of the first.

    Returns:
        The id of the incident.

    Raises:
        InputError: The document is unknown, there is no reason, or the day is no earlier one.
        StateError: It was withdrawn before, so it does not count on any day.
    """
    if not reason.strip():
        raise InputError("Say why the source ends earlier: the incident is read by others.")
    with store.transaction():
        if known := incident_of_request(store, request_id):
            return known
        radius = blast_radius(store, document_id, ends_on=valid_until)
        version, status, _, valid_from, before = _current(store, document_id)
        if status == "retired":
            raise StateError(
                f"‘{radius.title}’ has been withdrawn already, so no day is its last. Put it back "
                "on the Content page first, if it is to be said until then."
            )
        if before is not None and valid_until >= before:
            raise InputError(
                f"‘{radius.title}’ ends on {before:%-d %B %Y} already. To let it run longer, "
                "change its file and have it approved again: an offer that is extended may not "
                "be called urgent."
            )
        if valid_from is not None and valid_until < valid_from:
            raise InputError(
                f"‘{radius.title}’ counts only from {valid_from:%-d %B %Y} on. Withdraw it, if it "
                "is not to count at all."
            )
        row = store.read_one(_LAST_SCREENING)
        store.run(
            _END, document_id=document_id, version=version, valid_until=valid_until,
            last_screening_id=row[0] if row else 0, reason=reason.strip(), set_at=store.now(),
            set_by=actor,
        )  # fmt: skip
        record(
            store, "document.expired", f"{document_id}@{version}", actor=actor,
            before=before, valid_until=valid_until, last_screening_id=row[0] if row else 0,
        )  # fmt: skip
        return open_incident(
            store, "expired", f"‘{radius.title}’ ends on {valid_until:%-d %B %Y}", reason=reason,
            actor=actor, radius=radius, request_id=request_id,
        )  # fmt: skip


def _current(store: Store, document_id: str) -> tuple[int, str, str, date | None, date | None]:
    row = store.read_one(_CURRENT, document_id=document_id)
    if row is None:
        raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
    return row[0], row[1], row[2], row[3], row[4]
