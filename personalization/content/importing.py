"""Importing: a folder of Markdown documents into versioned, citable content.

What cannot be read is listed in ``content_problems`` and the rest loads.  A document that changed
is a new version; an approval covers the text it was given for and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.content.arrivals import arrivals, versions_in_store
from personalization.content.corpus import folder_of, read_corpus
from personalization.content.front_matter import Problem
from personalization.content.recording import add_version
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from personalization.content.arrivals import Stored
    from personalization.content.documents import Document
    from personalization.store import Store

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


def import_content(store: Store, corpus: Path, *, actor: str) -> ContentImport:
    """Import every Markdown file below ``corpus``, except a README.

    Running it twice changes nothing.  Writes ``documents``, ``passages`` and ``statements`` for
    what is new or changed, and replaces ``content_problems``.  A text that was changed under an
    approval it already had waits as a draft, and so does what comes back after it was withdrawn.  A
    document whose file is gone or broken stays as it was, as does one that was written in the app
    and whose file says no more (see ``arrivals``).

    Raises:
        InputError: There is no such folder.
    """
    documents, problems = read_corpus(corpus)
    n_new = 0
    with store.transaction():
        versions = versions_in_store(store)
        for arrival in arrivals(store, documents, versions):
            if arrival.problem:
                problems.append(arrival.problem)
            if arrival.is_news:
                add_version(store, arrival.document, arrival.sha256, actor=actor)
                n_new += 1
        problems += _vanished(folder_of(corpus), versions, documents, problems)
        _replace_problems(store, problems)
        record(
            store, "content.imported", corpus.name, actor=actor, documents=len(documents),
            new_versions=n_new, problems=len(problems),
        )  # fmt: skip
    return ContentImport(len(documents), n_new, len(documents) - n_new, tuple(problems))


def _vanished(
    folder: str,
    versions: Mapping[str, tuple[Stored, ...]],
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
