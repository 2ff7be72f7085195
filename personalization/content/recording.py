"""Recording: a document into ``documents``, ``passages`` and ``statements``, and its status."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from personalization.content.documents import STATUSES, Document, Sentence
from personalization.content.incidents import withdrawal_of
from personalization.content.splitting import split_passages
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.store import Store

_ADD_DOCUMENT = """
    INSERT INTO documents
        (document_id, version, kind, title, products, audience, locale, channels, jurisdiction,
         valid_from, valid_until, status, approved_by, approved_at, evidence, tags, subject_lines,
         body, content_sha256, source, imported_at)
    VALUES ($document_id, $version, $kind, $title, $products, $audience, $locale, $channels,
            $jurisdiction, $valid_from, $valid_until, $status, $approved_by, $approved_at,
            $evidence, $tags, $subject_lines, $body, $content_sha256, $source, $imported_at)
"""
_ADD_PASSAGE = """
    INSERT INTO passages (passage_id, document_id, version, position, text)
    VALUES ($passage_id, $document_id, $version, $position, $text)
"""
_ADD_STATEMENT = """
    INSERT INTO statements
        (statement_id, passage_id, document_id, version, position, role, text, alternates,
         requires, subject_ok)
    VALUES ($statement_id, $passage_id, $document_id, $version, $position, $role, $text,
            $alternates, $requires, $subject_ok)
"""
_CURRENT = "SELECT version, status FROM current_documents WHERE document_id = $document_id"
_SET_STATUS = """
    UPDATE documents
    SET status = $status,
        approved_by = CASE WHEN $status = 'approved' THEN $approved_by ELSE approved_by END,
        approved_at = CASE WHEN $status = 'approved' THEN $approved_at ELSE approved_at END
    WHERE document_id = $document_id AND version = $version
"""
_ADD_EVENT = """
    INSERT INTO document_events (document_id, version, kind, reason, actor, happened_at)
    VALUES ($document_id, $version, $kind, $reason, $actor, $happened_at)
"""
_COLUMNS: Final = (
    "document_id", "version", "kind", "title", "locale", "jurisdiction", "valid_from",
    "valid_until", "status", "approved_by", "approved_at", "evidence", "body", "source",
)  # fmt: skip
_LISTS: Final = ("products", "channels", "tags", "subject_lines")
_VERBS: Final = {
    "approved": "document.approved",
    "retired": "document.retired",
    "draft": "document.reopened",
}
_EVENTS: Final = {"approved": "approved", "retired": "retired", "draft": "reopened"}


def set_status(store: Store, document_id: str, status: str, *, actor: str) -> None:
    """Approve or retire the newest version of a document, or make it a draft again.

    An approval is signed by ``actor`` and dated now.  A document that has the status already is
    left as it is.  Writes ``documents``, ``document_events`` and a row of the audit trail.

    Raises:
        InputError: The document or the status is unknown.
        StateError: It was withdrawn, and would be approved without ``put_document_back``.
    """
    with store.transaction():
        if status == "approved" and withdrawal_of(store, document_id):
            raise StateError(
                f"Document {document_id!r} was withdrawn. Put it back on the Content page, and say "
                "why it may be said again: that needs the incident closed, and somebody else than "
                "who withdrew it."
            )
        write_status(store, document_id, status, actor=actor)


def write_status(
    store: Store,
    document_id: str,
    status: str,
    *,
    actor: str,
    reason: str = "",
    approved_by: str = "",
    approved_at: str = "",
) -> None:
    """Give the newest version of a document a status, whoever may have withdrawn it.

    Args:
        store: Writes ``documents``, ``document_events`` and a row of the audit trail.
        document_id: A document that has the status already is left as it is.
        status: draft, approved or retired.
        actor: Who decided so.
        reason: Why; empty where nobody was asked.
        approved_by: Who approved it, where ``actor`` only puts it on record.
        approved_at: When that was; empty for now.

    Raises:
        InputError: The document or the status is unknown.
    """
    if status not in STATUSES:
        raise InputError(f"Status {status!r} is unknown. Use one of: {', '.join(STATUSES)}.")
    with store.transaction():
        current = store.read_one(_CURRENT, document_id=document_id)
        if current is None:
            raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
        version, before = current
        if before == status:
            return
        store.run(
            _SET_STATUS, document_id=document_id, version=version, status=status,
            approved_by=approved_by or actor,
            approved_at=approved_at or store.now().isoformat(timespec="seconds"),
        )  # fmt: skip
        note_event(store, document_id, version, _EVENTS[status], actor=actor, reason=reason)
        record(store, _VERBS[status], f"{document_id}@{version}", actor=actor, before=before)


def note_event(
    store: Store, document_id: str, version: int, kind: str, *, actor: str, reason: str = ""
) -> None:
    """Keep what was done to a version, by whom and why, inside a transaction."""
    store.run(
        _ADD_EVENT, document_id=document_id, version=version, kind=kind, reason=reason.strip(),
        actor=actor, happened_at=store.now(),
    )  # fmt: skip


def add_version(
    store: Store,
    document: Document,
    content_sha256: str,
    *,
    actor: str,
    kind: str = "imported",
    reason: str = "",
) -> None:
    """Write one version of a document with its passages and statements, inside a transaction.

    Args:
        store: Writes ``documents``, ``passages``, ``statements``, ``document_events``.
        document: With its number.
        content_sha256: Of the document as it came.
        actor: Who brought it in.
        kind: imported, uploaded or written.
        reason: What was changed, in the writer's words.
    """
    audience = {"segments": document.segments, "exclude": document.excluded_segments}
    store.run(
        _ADD_DOCUMENT,
        **{name: getattr(document, name) for name in _COLUMNS},
        **{name: _json(getattr(document, name)) for name in _LISTS},
        audience=_json(audience),
        content_sha256=content_sha256,
        imported_at=store.now(),
    )
    prefix = f"{document.document_id}@{document.version}"
    key = {"document_id": document.document_id, "version": document.version}
    passages = split_passages(document.title, document.body)
    for number, text in enumerate(passages, 1):
        store.run(_ADD_PASSAGE, passage_id=f"{prefix}#p{number}", position=number, text=text, **key)
    _add_statements(store, document, prefix, _homes(document.sentences, passages))
    note_event(store, document.document_id, document.version or 1, kind, actor=actor, reason=reason)
    record(
        store, f"document.{kind}", prefix, actor=actor, sha256=content_sha256,
        status=document.status, statements=len(document.sentences),
    )  # fmt: skip


def _add_statements(store: Store, document: Document, prefix: str, homes: Sequence[int]) -> None:
    for position, (sentence, home) in enumerate(zip(document.sentences, homes, strict=True), 1):
        store.run(
            _ADD_STATEMENT,
            statement_id=f"{prefix}#{sentence.local_id}",
            passage_id=f"{prefix}#p{home}",
            position=position,
            role=sentence.role,
            text=sentence.text,
            alternates=_json(sentence.alternates),
            requires=_json([f"{prefix}#{needed}" for needed in sentence.requires]),
            subject_ok=sentence.subject_ok,
            document_id=document.document_id,
            version=document.version,
        )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _homes(sentences: Sequence[Sentence], passages: Sequence[str]) -> list[int]:
    """Return the number of the passage that each sentence goes with, from 1 on.

    It is the one with most of its words; sentences that require one another stay together, so
    that no passage is found without the conditions of what it says.
    """
    words = [_words(passage) for passage in passages]
    groups = _groups(sentences)
    homes: dict[int, int] = {}
    for group in set(groups):
        texts = (s.text for s, other in zip(sentences, groups, strict=True) if other == group)
        said = _words(" ".join(texts))
        shared = [len(said & passage) for passage in words]
        homes[group] = shared.index(max(shared)) + 1
    return [homes[group] for group in groups]


def _groups(sentences: Sequence[Sentence]) -> list[int]:
    """Return for each sentence the number of its group: equal where one requires the other."""
    groups = list(range(len(sentences)))
    for mine, needed in _requirements(sentences):
        old, new = groups[needed], groups[mine]
        groups = [new if group == old else group for group in groups]
    return groups


def _requirements(sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    places = {sentence.local_id: place for place, sentence in enumerate(sentences)}
    for place, sentence in enumerate(sentences):
        for needed in sentence.requires:
            yield place, places[needed]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
