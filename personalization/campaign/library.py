"""The content library: documents looked over, brought in, written, approved and taken out.

A document that changes is held against the rules for untrusted texts before anything is found in
it, and its words are approved by somebody else than their writer, where there is anybody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization import approval, content
from personalization.campaign.inputs import check_sources
from personalization.content import Examined, Finding
from personalization.domain import is_same_person
from personalization.errors import InputError, PersonalizationError, StateError
from personalization.generation.facts import facts
from personalization.segmentation.rfm import GRID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from personalization.content import Known, Problem
    from personalization.content.findings import Figure
    from personalization.settings import Settings
    from personalization.store import Store

__all__ = [
    "SEGMENTS",
    "Examined",
    "Finding",
    "approve_document",
    "approve_documents",
    "examine_files",
    "examine_form",
    "export_library",
    "form_of",
    "lint_corpus",
    "lint_library",
    "markdown_of",
    "reopen_document",
    "retire_documents",
    "save_document",
    "upload_documents",
]

SEGMENTS: Final = tuple(box.name for box in GRID)
"""Segments that exist wherever customers are grouped by their buying."""


def lint_library(store: Store, *, on: date, send_on: date | None = None) -> list[Finding]:
    """List what is wrong with the library as it stands, the worst first.

    Args:
        store: Reads documents, segments, products, and what messages quote.
        on: Today.
        send_on: The day of a sending that is planned, or None.
    """
    return content.lint_library(
        store, on=on, send_on=send_on, read=_figures, known=_known(store)
    )  # fmt: skip


def _figures(text: str, language: str) -> Sequence[Figure]:
    """Read figures as the grounding of messages does, so that both call the same thing wrong."""
    return facts(text, language)


def _known(store: Store) -> Known:
    return content.known_to(store, segments=SEGMENTS)


def lint_corpus(corpus: Path, *, on: date, send_on: date | None = None) -> list[Finding]:
    """List what is wrong with a folder of Markdown files that no store knows, the worst first.

    Raises:
        InputError: There is no such folder.
    """
    known = content.Known(segments=SEGMENTS, profile=content.profile_beside(corpus))
    return content.lint_folder(corpus, on=on, send_on=send_on, read=_figures, known=known)


examine_files = content.examine_files


def upload_documents(
    store: Store, settings: Settings, files: Sequence[tuple[str, bytes]], *, actor: str
) -> list[Examined]:
    """Take in what is new or changed among uploaded files, as drafts; say what came of each."""
    found = content.take_in_files(store, files, actor=actor)
    check_sources(store, settings, actor=actor)
    return found


def form_of(store: Store, document_id: str) -> dict[str, Any]:
    """Return the newest version of a document as a form shows it, by the front matter's names.

    Raises:
        InputError: There is no such document.
    """
    found = content.stored_document(store, document_id)
    if found is None:
        raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
    return content.document_fields(found)


markdown_of = content.markdown_of


def examine_form(
    store: Store, fields: Mapping[str, Any], *, on: date
) -> tuple[tuple[Problem, ...], list[Finding]]:
    """Say what keeps a form from being saved, and what the linter would find in it.

    Args:
        store: Reads the library, because a contradiction has two ends.
        fields: By the names of the front matter.
        on: Today.
    """
    read = content.read_draft(content.markdown_of(fields))
    if isinstance(read, tuple):
        return read, []
    others = [
        each for each in content.stored_documents(store) if each.document_id != read.document_id
    ]
    entries = [content.Entry(each) for each in (read, *others)]
    found = content.lint(entries, on=on, read=_figures, known=_known(store))
    return (), [each for each in found if read.document_id in each.document_ids]


def save_document(
    store: Store,
    settings: Settings,
    fields: Mapping[str, Any],
    *,
    actor: str,
    seen_version: int | None = None,
    reason: str = "",
) -> str:
    """Store what was written in the app as a new version that waits for an approval.

    Returns:
        The version, as ``document_id@version``.

    Raises:
        InputError: Something in it is wrong, its id is taken, or nothing was changed.
        StateError: Somebody else has changed it meanwhile.
    """
    text = content.markdown_of(fields)
    version = content.save_document(
        store, text, actor=actor, seen_version=seen_version, reason=reason
    )
    check_sources(store, settings, actor=actor)
    return version


def approve_document(
    store: Store,
    settings: Settings,
    document_id: str,
    *,
    version: int,
    approved_by: str,
    approved_on: date,
    actor: str,
    evidence: str | None = None,
) -> None:
    """Approve the version of a document that was seen: somebody else than who wrote it.

    Raises:
        InputError: The document is unknown, nobody is named, or the day lies ahead.
        StateError: It was changed or withdrawn meanwhile, or the actor wrote it and is not alone.
    """
    refuse_own_words(store, document_id, (actor, approved_by))
    content.approve_document(
        store, document_id, version=version, approved_by=approved_by, approved_on=approved_on,
        actor=actor, evidence=evidence,
    )  # fmt: skip
    check_sources(store, settings, actor=actor)


def refuse_own_words(store: Store, document_id: str, names: Sequence[str]) -> None:
    """Refuse whoever wrote the words of a document since it was last approved.

    Raises:
        StateError: One of ``names`` wrote them, and is not alone.
    """
    authors = content.authors_of(store, document_id)
    for name in names:
        is_own = any(is_same_person(author, name) for author in authors)
        if is_own and not approval.is_alone(store, name):
            raise StateError(
                f"{name} wrote or uploaded this text, and four eyes have to see it before a "
                "message may say it. Ask somebody else to approve it."
            )


def approve_documents(
    store: Store, settings: Settings, versions: Mapping[str, int], *, on: date, actor: str
) -> tuple[int, list[str]]:
    """Approve several documents in the versions that were seen; one refusal stops no other.

    Returns:
        How many were approved, and why the others were not.
    """
    refused: list[str] = []
    for document_id, version in versions.items():
        try:
            approve_document(
                store, settings, document_id, version=version, approved_by=actor,
                approved_on=on, actor=actor,
            )  # fmt: skip
        except PersonalizationError as error:
            refused.append(f"{document_id}: {error}")
    return len(versions) - len(refused), refused


def retire_documents(
    store: Store, document_ids: Sequence[str], *, reason: str, actor: str
) -> tuple[int, list[str]]:
    """Retire several documents that no message quotes; the others are incidents of their own.

    Returns:
        How many were retired, and why the others were not.

    Raises:
        InputError: A document is unknown, or there is no reason.
    """
    refused: list[str] = []
    for document_id in document_ids:
        try:
            content.retire_unused(store, document_id, reason=reason, actor=actor)
        except StateError as error:
            refused.append(str(error))
    return len(document_ids) - len(refused), refused


reopen_document = content.reopen_document


export_library = content.export_library
