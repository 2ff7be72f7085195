"""The corpus: a folder of Markdown files, read into documents and problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.content.documents import Document
from personalization.content.front_matter import Problem
from personalization.content.reading import LARGEST_FILE, read_bytes
from personalization.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def read_corpus(corpus: Path) -> tuple[list[Document], list[Problem]]:
    """Read every Markdown file below ``corpus``, in the order of their names.

    A README and hidden files are left out.  A document id counts once; the second is a problem.

    Raises:
        InputError: There is no such folder.
    """
    if not corpus.is_dir():
        raise InputError(f"There is no content folder {corpus}. Make it, or set [content] corpus.")
    by_id: dict[str, Document] = {}
    problems: list[Problem] = []
    for path in markdown_files(corpus):
        source = f"{folder_of(corpus)}{path.relative_to(corpus).as_posix()}"
        read = _read_file(source, path)
        if not isinstance(read, Document):
            problems += read
        elif read.document_id in by_id:
            first = by_id[read.document_id].source
            message = f"The id {read.document_id!r} is taken by {first}. Give it another."
            problems.append(Problem(source, 1, "id", message))
        else:
            by_id[read.document_id] = read
    return list(by_id.values()), problems


def markdown_files(corpus: Path) -> list[Path]:
    """List the Markdown files below ``corpus`` by name, without a README and hidden ones."""
    return sorted(
        path
        for path in corpus.rglob("*")
        if path.suffix.lower() in {".md", ".markdown"}
        and path.stem.lower() != "readme"
        and not any(part.startswith(".") for part in path.relative_to(corpus).parts)
        and path.is_file()
    )


def folder_of(corpus: Path) -> str:
    """Return how the sources of this corpus begin: ``content_corpus/``."""
    return f"{corpus.resolve().name}/"


def _read_file(source: str, path: Path) -> Document | tuple[Problem, ...]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return (Problem(source, None, None, f"The file cannot be opened: {error.strerror}."),)
    return read_bytes(source, raw)
