"""Documents as the store has them: read back, with the sentences that claims may cite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.content.documents import Document, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.store import Store

_CURRENT = "SELECT * FROM library_documents ORDER BY document_id"
_ONE = "SELECT * FROM current_documents WHERE document_id = $document_id"
_VERSIONS = "SELECT * FROM documents WHERE document_id = $document_id ORDER BY version"
_STATEMENTS = """
    SELECT document_id, version, statement_id, role, text, alternates, requires, subject_ok
    FROM statements WHERE $document_id IN ('', document_id)
    ORDER BY document_id, version, position, statement_id
"""
_PLAIN: Final = (
    "document_id", "version", "kind", "title", "body", "source", "locale", "jurisdiction",
    "valid_from", "valid_until", "status", "approved_by", "approved_at", "evidence",
)  # fmt: skip
_LISTS: Final = ("products", "channels", "tags", "subject_lines")


def stored_documents(store: Store) -> list[Document]:
    """List the newest version of every document of the library, with an end brought forward."""
    return _documents(store.records(_CURRENT), _sentences(store, ""))


def stored_document(store: Store, document_id: str) -> Document | None:
    """Return the newest version of a document as it stands; None where there is none."""
    rows = store.records(_ONE, document_id=document_id)
    return next(iter(_documents(rows, _sentences(store, document_id))), None)


def stored_versions(store: Store, document_id: str) -> list[Document]:
    """List every version of a document, the first one first, with the days it was approved with."""
    rows = store.records(_VERSIONS, document_id=document_id)
    return _documents(rows, _sentences(store, document_id))


def _sentences(store: Store, document_id: str) -> dict[tuple[str, int], list[Sentence]]:
    found: dict[tuple[str, int], list[Sentence]] = {}
    for row in store.records(_STATEMENTS, document_id=document_id):
        sentence = Sentence(
            _local(row["statement_id"]), row["role"], row["text"],
            tuple(json.loads(row["alternates"])),
            tuple(_local(needed) for needed in json.loads(row["requires"])), row["subject_ok"],
        )  # fmt: skip
        found.setdefault((row["document_id"], row["version"]), []).append(sentence)
    return found


def _local(statement_id: str) -> str:
    return statement_id.partition("#")[2]


def _documents(
    rows: Iterable[dict[str, Any]], sentences: dict[tuple[str, int], list[Sentence]]
) -> list[Document]:
    return [_document(row, sentences) for row in rows]


def _document(row: dict[str, Any], sentences: dict[tuple[str, int], list[Sentence]]) -> Document:
    audience = json.loads(row["audience"])
    told: dict[str, Any] = {name: row[name] for name in _PLAIN}
    told |= {name: tuple(json.loads(row[name])) for name in _LISTS}
    return Document(
        **told,
        segments=tuple(audience.get("segments", ())),
        excluded_segments=tuple(audience.get("exclude", ())),
        sentences=tuple(sentences.get((row["document_id"], row["version"]), ())),
    )
