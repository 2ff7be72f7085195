"""Linting: what a reader of the whole corpus would notice, found before a message says it.

An error is wrong whatever is written from it; a warning wants somebody's decision; an info is good
to know.  Nothing here changes a document, and nothing is sent or held back by it: messages are
judged by grounding and screening, each by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.content.brand_profiles import FILE, read_profile_file
from personalization.content.corpus import folder_of, markdown_files, read_corpus
from personalization.content.fields import MOST_ITEMS
from personalization.content.findings import SEVERITIES, Entry, Finding, Known, Place
from personalization.content.front_matter import FrontMatter, read_front_matter
from personalization.content.lint_days import days, ends_named
from personalization.content.lint_figures import contradictions
from personalization.content.lint_reach import reach
from personalization.content.lint_shape import shapes
from personalization.content.lint_twins import twins
from personalization.content.lint_wordings import wordings
from personalization.content.reading import LARGEST_FILE
from personalization.content.splitting import plain_text, split_sentences
from personalization.content.stored import stored_documents
from personalization.domain import BrandProfile
from personalization.providers.brand_profile import profile_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from personalization.content.findings import ReadFigures
    from personalization.content.front_matter import Problem
    from personalization.store import Store

_OPENING: Final = 4
"""Words by which a sentence is known again in its file."""

_NEAR: Final = 500
"""Words within which the next sentence begins; only headings lie between two."""

_NOBODY: Final = Known()


def lint(
    entries: Sequence[Entry],
    *,
    on: date,
    read: ReadFigures,
    send_on: date | None = None,
    known: Known = _NOBODY,
) -> list[Finding]:
    """List what is wrong with documents, the worst first, then by file and line.

    Args:
        entries: Of which each holds one document; retired ones are only looked at for their id.
        on: Today.
        read: Reads the figures of a text, as grounding does.
        send_on: The day of a sending that is planned, or None.
        known: What customers, campaigns and the brand have to say of them.
    """
    found = [
        *days(entries, on=on, send_on=send_on),
        *ends_named(entries, read),
        *contradictions(entries, read),
        *wordings(entries, read),
        *shapes(entries, known.profile),
        *twins(entries),
        *reach(entries, known, on=on),
    ]
    return sorted(found, key=_place_in_list)


def _place_in_list(finding: Finding) -> tuple[int, str, int, str, int, str, str]:
    place = finding.place
    return (
        SEVERITIES.index(finding.severity), place.source, place.line or 0, place.field,
        place.start, finding.rule, finding.message,
    )  # fmt: skip


def lint_folder(
    corpus: Path,
    *,
    on: date,
    read: ReadFigures,
    send_on: date | None = None,
    known: Known = _NOBODY,
) -> list[Finding]:
    """Lint the Markdown files below ``corpus``; a file that cannot be read is an error too.

    Raises:
        InputError: There is no such folder.
    """
    documents, problems = read_corpus(corpus)
    places = _lines_of(corpus)
    entries = [Entry(each, places.get(each.source, {})) for each in documents]
    unread = [problem_found(problem) for problem in problems]
    found = lint(entries, on=on, read=read, send_on=send_on, known=known)
    return sorted([*unread, *found], key=_place_in_list)


def problem_found(problem: Problem, document_id: str = "") -> Finding:
    """Return what the reading of a file found wrong as an error of the linter."""
    place = Place(document_id, problem.source, problem.line, problem.field or "")
    way = "Correct the file, then read the folder again. Until then the document stays as it was."
    return Finding("unreadable", "error", place, problem.message, way)


def _lines_of(corpus: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path in markdown_files(corpus):
        source = f"{folder_of(corpus)}{path.relative_to(corpus).as_posix()}"
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE).decode("utf-8", errors="replace")
        found[source] = _lines(source, text)
    return found


def _lines(source: str, text: str) -> dict[str, int]:
    found = read_front_matter(source, text)
    if not isinstance(found, FrontMatter):
        return {}
    n_lines = len(text.rstrip().splitlines())
    first = max(n_lines - len(found.body.splitlines()) + 1, 1)
    places = {"body": first, **found.lines}
    if "statements" in places:
        return places
    if "body" in found.lines:
        return {"statements": places["body"], **places}
    return {**_sentence_lines(found.body, first), **places}


def _sentence_lines(body: str, first: int) -> dict[str, int]:
    """Return the line of each sentence of a body that stands for the statements of its document."""
    words = [
        (_bare(word), number)
        for number, line in enumerate(body.splitlines(), first)
        for word in plain_text(line).split()
    ]
    if not words:
        return {}
    found: dict[str, int] = {}
    start = 0
    for number, sentence in enumerate(split_sentences(body)[:MOST_ITEMS], 1):
        said = [_bare(word) for word in sentence.split()]
        opening = said[:_OPENING]
        start = next(
            (
                place
                for place in range(start, min(start + _NEAR, len(words)))
                if [word for word, _ in words[place : place + len(opening)]] == opening
            ),
            min(start, len(words) - 1),
        )
        found[f"statements[{number}]"] = words[start][1]
        start += len(said)
    return found


def _bare(word: str) -> str:
    return word.strip("*_`")


def lint_library(
    store: Store,
    *,
    on: date,
    read: ReadFigures,
    send_on: date | None = None,
    known: Known = _NOBODY,
) -> list[Finding]:
    """Lint the newest version of every document in the store; fields are named, and no lines."""
    entries = [Entry(document) for document in stored_documents(store)]
    return lint(entries, on=on, read=read, send_on=send_on, known=known)


def profile_beside(corpus: Path) -> BrandProfile:
    """Return the brand's profile that lies beside a corpus; an empty one where there is none.

    Raises:
        InputError: The profile cannot be read.
    """
    path = corpus / FILE
    return read_profile_file(path) if path.is_file() else BrandProfile()


_FOUND: Final = """
    SELECT DISTINCT split_part(passage_id, '@', 1) FROM segment_passages ORDER BY 1
"""
_QUOTED: Final = "SELECT DISTINCT statement_id FROM quoted_statements ORDER BY 1"
_SEGMENTS: Final = "SELECT DISTINCT segment FROM segments ORDER BY segment"
_PRODUCTS: Final = """
    SELECT DISTINCT name FROM products
    UNION SELECT DISTINCT product_id FROM products
    UNION SELECT DISTINCT product_name FROM transactions WHERE product_name IS NOT NULL
    ORDER BY ALL
"""


def known_to(store: Store, *, segments: Sequence[str]) -> Known:
    """Gather what customers, campaigns and messages have to say of the documents.

    Args:
        store: Reads ``segments``, ``products``, ``transactions``, ``segment_passages`` and
            ``quoted_statements``: names of products and segments, never of a customer; and the
            profile of the brand that is in force.
        segments: Names that the methods of segmentation give by themselves.
    """

    def column(sql: str) -> list[str]:
        return [str(row[0]) for row in store.read(sql)]

    return Known(
        profile=profile_in_force(store),
        segments=(*segments, *column(_SEGMENTS)),
        products=column(_PRODUCTS),
        found=column(_FOUND),
        quoted=column(_QUOTED),
    )
