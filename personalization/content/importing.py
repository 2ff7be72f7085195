"""Importing: a folder of Markdown documents into versioned, citable content.

What cannot be read is listed in ``content_problems`` and the rest loads.  A document that changed
is a new version; an approval covers the text it was given for and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalization.content.corpus import folder_of, read_corpus
from personalization.content.front_matter import Problem
from personalization.content.recording import add_version
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from personalization.content.documents import Document
    from personalization.store import Store

_VERSIONS = """
    SELECT document_id, version, content_sha256, status, approved_by, approved_at, source
    FROM documents ORDER BY document_id, version
"""
_FORGET_PROBLEMS = "DELETE FROM content_problems"
_ADD_PROBLEM = """
    INSERT INTO content_problems (source, line, field, message, imported_at)
    VALUES ($source, $line, $field, $message, $imported_at)
"""


@dataclass(frozen=True, slots=True)
class ContentImport:
    """What an import came to.

    Attributes:
        documents: How many documents were read without a fault.
        new_versions: How many of them were new or had changed.
        unchanged: How many the store had already.
        problems: What a person has to look at, by file and line.
    """

    documents: int
    new_versions: int
    unchanged: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """One version of a document, as the store has it."""

    version: int
    content_sha256: str
    status: str
    approval: tuple[str | None, str | None]
    source: str


def import_content(store: Store, corpus: Path, *, actor: str) -> ContentImport:
    """Import every Markdown file below ``corpus``, except a README.

    Running it twice changes nothing.  Writes ``documents``, ``passages`` and ``statements`` for
    what is new or changed, and replaces ``content_problems``.  A text that was changed under an
    approval it already had waits as a draft.  A document whose file is gone or broken stays as it
    was.

    Raises:
        InputError: There is no such folder.
    """
    documents, problems = read_corpus(corpus)
    n_new = 0
    with store.transaction():
        versions = _stored_versions(store)
        for document in documents:
            earlier = versions.get(document.document_id, ())
            if earlier and earlier[-1].content_sha256 == document.content_sha256:
                continue
            settled = _settle(document, earlier)
            if settled.status != document.status:
                problems.append(_lapsed(document, earlier))
            add_version(store, settled, document.content_sha256, actor=actor)
            n_new += 1
        problems += _vanished(folder_of(corpus), versions, documents, problems)
        _replace_problems(store, problems)
        record(
            store, "content.imported", corpus.name, actor=actor, documents=len(documents),
            new_versions=n_new, problems=len(problems),
        )  # fmt: skip
    return ContentImport(len(documents), n_new, len(documents) - n_new, tuple(problems))


def _stored_versions(store: Store) -> dict[str, tuple[_Stored, ...]]:
    found: dict[str, tuple[_Stored, ...]] = {}
    for document_id, version, sha256, status, by, approved_at, source in store.read(_VERSIONS):
        stored = _Stored(version, sha256, status, (by, approved_at), source)
        found[document_id] = (*found.get(document_id, ()), stored)
    return found


def _settle(document: Document, earlier: tuple[_Stored, ...]) -> Document:
    """Give the document its number in the store, and take back an approval that is not its own.

    A text that comes back has the status that it had, unless the document was retired since.
    """
    last = earlier[-1].version if earlier else 0
    numbered = replace(document, version=max(document.version or 1, last + 1))
    if twins := [old for old in earlier if old.content_sha256 == document.content_sha256]:
        withdrawn = any(old.status == "retired" for old in earlier[earlier.index(twins[-1]) :])
        is_lost = withdrawn and twins[-1].status == "approved"
        return replace(numbered, status="draft" if is_lost else twins[-1].status)
    approval = (document.approved_by, document.approved_at)
    is_stale = document.status == "approved" and any(old.approval == approval for old in earlier)
    return replace(numbered, status="draft") if is_stale else numbered


def _lapsed(document: Document, earlier: tuple[_Stored, ...]) -> Problem:
    if any(old.content_sha256 == document.content_sha256 for old in earlier):
        message = (
            "The file is back at an earlier text, and the document was retired or reopened since. "
            "It may not be said: approve it on the Content page if it is to be said again."
        )
        return Problem(document.source, 1, "status", message)
    message = (
        f"The document changed, and its approval of {document.approved_at} was for another text. "
        "It waits as a draft: approve it on the Content page, or renew approved_at in the file."
    )
    return Problem(document.source, 1, "approved_at", message)


def _vanished(
    folder: str,
    versions: Mapping[str, tuple[_Stored, ...]],
    documents: list[Document],
    problems: list[Problem],
) -> Iterator[Problem]:
    """Yield the documents that may still be said although their file left the folder."""
    read = {document.document_id for document in documents}
    broken = {problem.source for problem in problems}
    for document_id in sorted(versions.keys() - read):
        newest = versions[document_id][-1]
        is_here = newest.source.startswith(folder) and newest.source not in broken
        if is_here and newest.status == "approved":
            message = (
                f"The file is gone and document {document_id!r} is still approved. "
                "Retire it on the Content page if it must not be said any more."
            )
            yield Problem(newest.source, None, None, message)


def _replace_problems(store: Store, problems: list[Problem]) -> None:
    store.run(_FORGET_PROBLEMS)
    for problem in problems:
        store.run(
            _ADD_PROBLEM, source=problem.source, line=problem.line, field=problem.field,
            message=problem.message, imported_at=store.now(),
        )  # fmt: skip
