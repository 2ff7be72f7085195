"""Splitting: documents into passages for retrieval, and plain text into sentences to cite.

A document of up to 180 words is one passage: on Cranfield whole documents were found better
than windows of sentences.  A longer one is split at its headings, and each part is prefixed
with the title, so that it says on its own what it is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_WORDS: Final = 180
"""About 256 tokens, beyond which the MiniLM encoder reads nothing."""

_HEADING: Final = re.compile(r"^#{1,6}[ \t]++(.*[^ \t#]|.?)[ \t#]*+$")
_LINK: Final = re.compile(r"!?\[([^\[\]]*+)\]\((?:[^()]|\([^()]*+\))*+\)")
_EMPHASIS: Final = re.compile(r"(\*{1,3}|_{1,3}|`{1,3})(?=\S)((?:(?!\1).)++)(?<=\S)\1")
_LIST_MARK: Final = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])[ \t]+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+(?=[\"'“‘(]?[A-ZÀ-ÖØ-Þ0-9£€$])")
_ABBREVIATION: Final = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|St|No|Nr|vs|approx|incl|excl|etc|e\.g|i\.e|z\.B|bzw|ca|M|Mme|[A-Z])\.$"
)

_LONGEST_ABBREVIATION: Final = 9
"""Characters: a blank or bracket, the seven of ``approx.``, and one to spare."""


def plain_text(markdown: str) -> str:
    """Return the words of ``markdown`` without its marks; paragraphs stay on their lines.

    Example:
        >>> plain_text("See **our** [cake stands](https://shop.example/stands).")
        'See our cake stands.'
    """
    lines = (_HEADING.sub(r"\1", line) for line in markdown.splitlines())
    unlinked = _LINK.sub(r"\1", "\n".join(_LIST_MARK.sub("", line) for line in lines))
    return _EMPHASIS.sub(r"\2", unlinked).strip()


def split_sentences(markdown: str) -> list[str]:
    """List the sentences of a text in their order; headings are none, list items are.

    Example:
        >>> split_sentences("Ask for Mr. Reed. Delivery costs £4.50.")
        ['Ask for Mr. Reed.', 'Delivery costs £4.50.']
    """
    return list(each_sentence(markdown))


def each_sentence(markdown: str) -> Iterator[str]:
    """Yield the sentences of a text as they are come upon, so that a reader may stop early."""
    for paragraph in _paragraphs(markdown):
        yield from _sentences_of(paragraph)


def split_passages(title: str, body: str, max_words: int = MAX_WORDS) -> list[str]:
    """List the passages of a document, each with the title above it.

    Args:
        title: Stands above every part.
        body: Markdown; split at headings, then at paragraphs, sentences and words.
        max_words: The most that a passage has, title included.
    """
    room = max(max_words - n_words(title), 1)
    if n_words(body) <= room:
        return [f"{title}\n\n{body}".strip()]
    blocks = [part for section in _sections(body) for part in _fitting(section, room)]
    return [f"{title}\n\n{part}".strip() for part in _packed(blocks, room)]


def n_words(text: str) -> int:
    """Count the words of a text, as they stand between blanks."""
    return len(text.split())


def _paragraphs(markdown: str) -> Iterator[str]:
    kept: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        starts_anew = not line.strip() or _HEADING.match(line) or _LIST_MARK.match(line)
        if starts_anew and kept:
            yield plain_text(" ".join(kept))
            kept = []
        if line.strip() and not _HEADING.match(line):
            kept.append(line.strip())


def _sentences_of(paragraph: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        near = max(start, end.start() - _LONGEST_ABBREVIATION)
        before = paragraph[near : end.end()].rstrip()
        if _ABBREVIATION.search(before[-_LONGEST_ABBREVIATION:]):
            continue
        yield paragraph[start : end.end()].rstrip()
        start = end.end()
    if rest := paragraph[start:].strip():
        yield rest


def _sections(body: str) -> list[str]:
    """Cut before every heading; a heading stays with what it heads."""
    sections: list[list[str]] = [[]]
    for line in body.splitlines():
        if _HEADING.match(line):
            sections.append([])
        sections[-1].append(line)
    return [text for lines in sections if (text := "\n".join(lines).strip())]


def _fitting(text: str, room: int) -> Iterator[str]:
    """Yield ``text`` in parts of at most ``room`` words, cut as little as can be."""
    if n_words(text) <= room:
        yield text
        return
    for cut in (re.split(r"\n\s*\n", text), list(_sentences_of(" ".join(text.split())))):
        if len(cut) > 1:
            yield from _packed((part for piece in cut for part in _fitting(piece, room)), room)
            return
    words = text.split()
    for start in range(0, len(words), room):
        yield " ".join(words[start : start + room])


def _packed(parts: Iterable[str], room: int) -> Iterator[str]:
    """Join neighbours as long as they fit into ``room`` words together."""
    kept: list[str] = []
    left = room
    for part in parts:
        needed = n_words(part)
        if kept and needed > left:
            yield "\n\n".join(kept)
            kept, left = [], room
        kept.append(part)
        left -= needed
    if kept:
        yield "\n\n".join(kept)
