"""Editing: a document is written or changed in the app, approved with a name, and brought back.

An edit is a new version and waits as a draft; an approval is of the version that was seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.content.arrivals import APP, same_words
from personalization.content.documents import Document
from personalization.content.incidents import withdrawal_of
from personalization.content.reading import read_document
from personalization.content.recording import add_version, write_status
from personalization.content.stored import stored_document
from personalization.content.uploading import as_draft
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from datetime import date

    from personalization.content.front_matter import Problem
    from personalization.store import Store

_AUTHORS = """
    SELECT DISTINCT actor FROM document_events
    WHERE document_id = $document_id AND kind IN ('written', 'uploaded')
      AND version > (SELECT coalesce(max(version), 0) FROM document_events
                     WHERE document_id = $document_id AND kind = 'approved')
    ORDER BY actor
"""


def read_draft(text: str) -> Document | tuple[Problem, ...]:
    """Read the Markdown of a form; its problems by line and field where anything is wrong."""
    return read_document(f"{APP}draft.md", text)


def save_document(
    store: Store, text: str, *, actor: str, seen_version: int | None = None, reason: str = ""
) -> str:
    """Store what was written in the app as a new version, a draft until somebody approves it.

    Args:
        store: Writes ``documents``, ``passages``, ``statements``, ``document_events``.
        text: The whole document, with its front matter; what it says of its approval is left out.
        actor: Who wrote it.
        seen_version: The version that was changed; None for a document that is new.
        reason: What was changed and why, in the writer's words.

    Returns:
        The version, as ``document_id@version``.

    Raises:
        InputError: Something in it is wrong, its id is taken, or nothing was changed.
        StateError: Somebody else has changed it meanwhile.
    """
    read = read_draft(text)
    if not isinstance(read, Document):
        raise InputError(" ".join(problem.message for problem in read))
    with store.transaction():
        now = stored_document(store, read.document_id)
        _refuse_clash(read, now, seen_version)
        version = (now.version or 0) + 1 if now else 1
        written = replace(
            as_draft(read), version=version, source=f"{APP}{read.document_id}.md"
        )  # fmt: skip
        add_version(
            store, written, written.content_sha256, actor=actor, kind="written", reason=reason
        )
    return f"{read.document_id}@{version}"


def _refuse_clash(read: Document, now: Document | None, seen_version: int | None) -> None:
    if now is None and seen_version is not None:
        raise InputError(
            f"There is no document {read.document_id!r}: an id stays as it is. Write a new one."
        )
    if now is None:
        return
    if seen_version is None:
        raise InputError(
            f"The id {read.document_id!r} is taken by ‘{now.title}’. Choose another, or edit it."
        )
    if seen_version != now.version:
        raise StateError(
            f"‘{now.title}’ was changed meanwhile: version {now.version} is there, and you changed "
            f"version {seen_version}. Read it, and make your change again."
        )
    if same_words(read, now):
        raise InputError("Nothing was changed, so there is nothing to save.")


def approve_document(
    store: Store,
    document_id: str,
    *,
    version: int,
    approved_by: str,
    approved_on: date,
    actor: str,
    evidence: str | None = None,
) -> None:
    """Approve the version of a document that was seen; who may do so is decided by the caller.

    Where ``actor`` puts the approval of somebody else on record, both names are kept.  A change of
    the evidence is part of what is approved, and so a version of its own.

    Args:
        store: Writes ``documents``, ``document_events``, and ``passages`` with a new version.
        document_id: Of the document.
        version: That was read; an approval covers no other.
        approved_by: Who approves it.
        approved_on: When that was: today or before.
        actor: Who is at the screen.
        evidence: What it rests on; None leaves it as it is.

    Raises:
        InputError: The document is unknown, nobody is named, the day lies ahead, or a proof would
            have no evidence.
        StateError: It was changed meanwhile, or was withdrawn or retired.
    """
    with store.transaction():
        now = seen_document(store, document_id, version)
        _refuse_approval(store, now, approved_by, approved_on)
        own = evidence if evidence is None else evidence.strip() or None
        signed = approved_by.strip()
        if signed.casefold() != actor.casefold():
            signed = f"{signed}, recorded by {actor}"
        if evidence is not None and own != now.evidence:
            _refuse_bare_proof(now, own)
            now = _with_evidence(store, now, own, actor)
        _refuse_bare_proof(now, now.evidence)
        write_status(
            store, document_id, "approved", actor=actor, approved_by=signed,
            approved_at=approved_on.isoformat(),
        )  # fmt: skip


def seen_document(store: Store, document_id: str, version: int) -> Document:
    """Return the newest version of a document; refuse any other than the one that was read."""
    now = stored_document(store, document_id)
    if now is None:
        raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
    if now.version != version:
        raise StateError(
            f"‘{now.title}’ was changed meanwhile: version {now.version} is there, and you read "
            f"version {version}. Read it before you decide."
        )
    return now


def _refuse_approval(store: Store, now: Document, approved_by: str, approved_on: date) -> None:
    if withdrawal_of(store, now.document_id):
        raise StateError(
            f"‘{now.title}’ was withdrawn. Put it back, and say why it may be said again: that "
            "needs the incident closed, and somebody else than who withdrew it."
        )
    if now.status == "retired":
        raise StateError(f"‘{now.title}’ is retired. Bring it back as a draft first.")
    if not approved_by.strip():
        raise InputError("Say who approves it: an approval has a name.")
    if approved_on > store.now().date():
        raise InputError(
            f"An approval cannot be dated {approved_on:%-d %B %Y}, which lies ahead. Use today or "
            "the day it was given."
        )


def _refuse_bare_proof(now: Document, evidence: str | None) -> None:
    if now.kind == "proof" and not evidence:
        raise InputError(f"‘{now.title}’ is a proof. Say what its claim rests on.")


def _with_evidence(store: Store, now: Document, evidence: str | None, actor: str) -> Document:
    version = (now.version or 0) + 1
    source = f"{APP}{now.document_id}.md"
    own = replace(as_draft(now), evidence=evidence, version=version, source=source)
    add_version(store, own, own.content_sha256, actor=actor, kind="written", reason="Evidence")
    return own


def reopen_document(store: Store, document_id: str, *, reason: str, actor: str) -> None:
    """Bring a retired document back as a draft, so that somebody can approve it.

    Args:
        store: Writes ``documents``, ``document_events`` and the audit trail.
        document_id: Of the document.
        reason: Why it is wanted again.
        actor: Who brings it back.

    Raises:
        InputError: The document is unknown, or there is no reason.
        StateError: It is not retired, or was withdrawn by an incident (``put_document_back``).
    """
    if not reason.strip():
        raise InputError("Say why it is wanted again: others read it in the document's history.")
    with store.transaction():
        now = stored_document(store, document_id)
        if now is None:
            raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
        if withdrawal_of(store, document_id):
            raise StateError(
                f"‘{now.title}’ was withdrawn by an incident. Close that, then put it back."
            )
        if now.status != "retired":
            raise StateError(f"‘{now.title}’ is not retired. Reload the page.")
        write_status(store, document_id, "draft", actor=actor, reason=reason)


_RESTED_ON = """
    SELECT count(*) FROM quoted_statements AS quoted
    JOIN statements ON statements.statement_id = quoted.statement_id
    WHERE statements.document_id = $document_id
"""


def retire_unused(store: Store, document_id: str, *, reason: str, actor: str) -> None:
    """Retire a document that no message ever quoted, without an incident about it.

    Raises:
        InputError: The document is unknown, or there is no reason.
        StateError: A message quotes it: withdrawing it is an incident of its own.
    """
    if not reason.strip():
        raise InputError("Say why it is retired: others read it in the document's history.")
    with store.transaction():
        now = stored_document(store, document_id)
        if now is None:
            raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
        [(n_rested,)] = store.read(_RESTED_ON, document_id=document_id)
        if n_rested:
            raise StateError(
                f"Messages quote ‘{now.title}’, so retiring it is an incident. Open the document "
                "and retire it there: you see what rests on it."
            )
        write_status(store, document_id, "retired", actor=actor, reason=reason)


def authors_of(store: Store, document_id: str) -> list[str]:
    """List who wrote or uploaded the words of a document since it was last approved."""
    return [actor for (actor,) in store.read(_AUTHORS, document_id=document_id)]
