"""Decisions on variants: append-only, bound to the exact bytes and to the screening that was seen.

An edit makes a new version, and a new version has no decision; so nothing has to be voided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.approval.people import is_alone
from personalization.approval.reviewed import (
    APPROVED,
    Reviewed,
    append,
    append_each,
    gone,
    reviewed,
    reviewed_of,
)
from personalization.domain import is_same_person
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from personalization.store import Store

CHANGES_ASKED: Final = "changes_asked"
REJECTED: Final = "rejected"
REOPENED: Final = "reopened"
DECISIONS: Final = (APPROVED, CHANGES_ASKED, REJECTED)

_IN_WORDS: Final = {
    APPROVED: "approved this message",
    CHANGES_ASKED: "asked for changes",
    REJECTED: "rejected this message",
}


def decide(
    store: Store,
    variant_id: str,
    *,
    version: int,
    decision: str,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> int:
    """Take a decision on one variant, and return its id.

    Asking for the same thing twice (the same ``request_id``, or the same person with the same
    words) gives the id of the first.

    Args:
        store: Writes one row of ``approvals`` and one audit row.
        variant_id: The variant.
        version: The version that the reviewer was looking at.
        decision: One of DECISIONS.
        note: Why; needed for everything but the approval of a message without findings that ask
            for a review.
        actor: Who decides.
        request_id: Of the click.

    Raises:
        InputError: The decision is unknown, or a note is missing.
        StateError: Somebody edited or decided in between, the screening does not let it pass, or
            there is somebody else to ask and the actor would approve words of their own, or
            overrule the findings of a message that they had written.
    """
    if decision not in DECISIONS:
        raise InputError(f"Decision {decision!r} is unknown. Use one of: {', '.join(DECISIONS)}.")
    note = note.strip()
    with store.transaction():
        if known := _of_request(store, request_id):
            return known
        seen = reviewed(store, variant_id)
        _refuse_if_stale(seen, version)
        if _is_decided_so(seen, decision, note, actor):
            return seen.last_id or 0
        has_others = not is_alone(store, actor)
        _refuse_decision(seen, decision, note, actor, has_others=has_others)
        return append(store, seen, decision, note=note, actor=actor, request_id=request_id)


def _is_decided_so(seen: Reviewed, decision: str, note: str, actor: str) -> bool:
    """Tell whether the actor has taken this very decision already, in these words."""
    known = (seen.decided, seen.last_note, seen.last_screening_id)
    return is_same_person(seen.decided_by, actor) and known == (decision, note, seen.screening_id)


def _refuse_decision(
    seen: Reviewed, decision: str, note: str, actor: str, *, has_others: bool
) -> None:
    """Raise where a decision may not be taken; ``has_others``: there is somebody else to ask."""
    _refuse_if_decided(seen, decision, actor)
    _refuse_without_note(seen, decision, note)
    if decision == APPROVED:
        refuse_unless_screened(seen)
        _refuse_own_words(seen, actor, has_others=has_others)
        _refuse_own_override(seen, actor, has_others=has_others)


def approve_each(store: Store, campaign_id: str, versions: Mapping[str, int], *, actor: str) -> int:
    """Approve messages of a campaign in the versions that somebody has read, all or none of them.

    What holds of ``decide`` without a note holds of each; asked twice it changes nothing.  What the
    actor worded is left alone, where there is somebody else to ask.

    Args:
        store: Writes one row of ``approvals`` and one audit row for each.
        campaign_id: Whose messages.
        versions: Id -> the version that the reviewer was looking at.
        actor: Who decides.

    Returns:
        How many were approved by it.

    Raises:
        StateError: One of them may not be approved; see ``decide``.
        InputError: One of them needs a reason.
    """
    with store.transaction():
        found = {seen.variant_id: seen for seen in reviewed_of(store, list(versions))}
        has_others, fresh = not is_alone(store, actor), list[Reviewed]()
        for variant_id, version in versions.items():
            seen = found.get(variant_id)
            if seen is None or seen.campaign_id != campaign_id:
                raise gone(variant_id)
            _refuse_if_stale(seen, version)
            is_open = not _is_decided_so(seen, APPROVED, "", actor)
            if is_open and not _is_own_words(seen, actor, has_others=has_others):
                _refuse_decision(seen, APPROVED, "", actor, has_others=has_others)
                fresh.append(seen)
        append_each(store, fresh, APPROVED, note="", actor=actor)
    return len(fresh)


_WAITING = """
    SELECT variants.variant_id FROM current_variants AS variants
    JOIN screenings_in_force AS screened
        ON screened.variant_id = variants.variant_id AND screened.version = variants.version
       AND screened.content_sha256 = variants.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = variants.variant_id AND approved.version = variants.version
    WHERE variants.campaign_id = $campaign_id
      AND screened.decision IN ('pass', 'warn')
      AND coalesce(approved.decision, 'reopened') = 'reopened'
    ORDER BY variants.segment, variants.arm, variants.variant_id
"""


def approve_all(store: Store, campaign_id: str, *, actor: str, leave: Collection[str] = ()) -> int:
    """Approve every variant that passed and waits for a decision, all or none of them.

    What needs a reason, what was rejected and what somebody asked changes for is left alone, and
    so is what the actor worded, where there is somebody else to ask, and the texts of ``leave``.

    Returns:
        How many were approved.
    """
    with store.transaction():
        rows = store.read(_WAITING, campaign_id=campaign_id)
        waiting = reviewed_of(store, [str(each) for (each,) in rows if each not in leave])
        has_others = not is_alone(store, actor)
        approved = [
            seen for seen in waiting if not _is_own_words(seen, actor, has_others=has_others)
        ]
        append_each(store, approved, APPROVED, note="", actor=actor)
    return len(approved)


def undo(
    store: Store,
    variant_id: str,
    *,
    actor: str,
    version: int | None = None,
    approval_id: int | None = None,
) -> int:
    """Take the last decision on the current version back, and return the id of doing so.

    Nothing is deleted: the version is open again, with one more row on record.

    Args:
        store: Writes one row of ``approvals`` and one audit row.
        variant_id: The variant.
        actor: Who takes it back.
        version: The version that the actor was looking at; None means the current one.
        approval_id: The decision that the actor saw; needed to take back somebody else's.

    Raises:
        StateError: There is no decision to take back, the message was edited in between, or the
            decision is somebody else's and not the one that was seen.
    """
    with store.transaction():
        seen = reviewed(store, variant_id)
        if version is not None:
            _refuse_if_stale(seen, version)
        if seen.decided in (None, REOPENED):
            raise StateError(
                f"Nobody has decided on version {seen.version} of this message yet, so there is "
                "nothing to undo."
            )
        _refuse_unseen(seen, actor, approval_id)
        return append(store, seen, REOPENED, note=f"Undid: {seen.decided}", actor=actor)


def _refuse_unseen(seen: Reviewed, actor: str, approval_id: int | None) -> None:
    """Raise StateError unless the decision is the actor's own, or is the very one they saw."""
    is_known = approval_id == seen.last_id
    if is_known or (approval_id is None and is_same_person(seen.decided_by, actor)):
        return
    raise StateError(
        f"The last decision is another one than yours: {seen.decided_by} "
        f"{_IN_WORDS[str(seen.decided)]}. Reload the page, read it, and undo it there if it is "
        "not to stand."
    )


def _refuse_if_stale(seen: Reviewed, version: int) -> None:
    if seen.version != version:
        raise StateError(
            f"Someone else changed this message: you were looking at version {version}, and "
            f"version {seen.version} is current. Reload the page and read it again."
        )


def _refuse_if_decided(seen: Reviewed, decision: str, actor: str) -> None:
    is_open = seen.decided in (None, REOPENED)
    is_own = is_same_person(seen.decided_by, actor)
    if not is_open and not is_own and seen.decided != decision:
        raise StateError(
            f"Someone else was faster: {seen.decided_by} {_IN_WORDS[str(seen.decided)]}. "
            "Undo that decision first if yours is to stand."
        )


def _refuse_without_note(seen: Reviewed, decision: str, note: str) -> None:
    if note:
        return
    if decision != APPROVED:
        raise InputError("Say what should change: the one who writes needs a note to go by.")
    if seen.screening == "review":
        raise InputError(
            "The screening asks for a review of this message. Approving it needs a reason: why "
            "are its findings harmless?"
        )


def refuse_unless_screened(seen: Reviewed) -> None:
    """Raise StateError unless the screening of these very bytes lets a person approve them."""
    if seen.screening is None:
        raise StateError("This message has not been screened as it now reads. Screen it first.")
    if not seen.is_policy_in_force:
        raise StateError(
            "The screening policy has changed, or the brand profile, the brief or a source's end, "
            "since this message was screened. Screen it again."
        )
    if seen.screening == "error":
        raise StateError(
            "The screening of this message could not be completed, so it cannot be approved. "
            "Screen it again."
        )
    if seen.screening == "block":
        raise StateError(
            "The screening blocks this message; nobody can approve it as it stands. Edit what the "
            "findings point at, and it is screened again."
        )


_OF_REQUEST = "SELECT approval_id FROM approvals WHERE request_id = $request_id"


def _of_request(store: Store, request_id: str | None) -> int | None:
    row = store.read_one(_OF_REQUEST, request_id=request_id) if request_id else None
    return int(row[0]) if row else None


def _is_own_words(seen: Reviewed, actor: str, *, has_others: bool) -> bool:
    """Tell whether the actor worded the message, and there is somebody else to ask."""
    return has_others and seen.is_by_hand and is_same_person(seen.written_by, actor)


def _refuse_own_words(seen: Reviewed, actor: str, *, has_others: bool) -> None:
    if _is_own_words(seen, actor, has_others=has_others):
        raise StateError(
            "You wrote this wording yourself, and four eyes have to see it. Ask somebody else to "
            "approve it."
        )


def _refuse_own_override(seen: Reviewed, actor: str, *, has_others: bool) -> None:
    """Raise StateError where who worded it or had it written would overrule its findings alone."""
    is_own = seen.screening == "review" and is_same_person(seen.written_by, actor)
    if is_own and has_others:
        raise StateError(
            "The screening asks for a review of this message, and you had it written: its findings "
            "are not yours to overrule. Ask somebody else to decide, or edit what they point at."
        )
