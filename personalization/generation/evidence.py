"""A statement prepared for comparison: its wordings, sentences, stems and facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.generation.facts import Fact, facts
from personalization.generation.sentences import Span, sentences
from personalization.generation.wording import content_stems, shares

if TYPE_CHECKING:
    from personalization.domain import Statement


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a wording, with the stems of the words that carry meaning."""

    wording: str
    span: Span
    text: str
    stems: frozenset[str]


_END: Final = " .!?…:,;\"'”’"


@dataclass(frozen=True, slots=True)
class Source:
    """One approved statement with all its approved wordings.

    Attributes:
        wordings: The text first, then its alternates.
        wording: The one of them that ``nearest`` or ``holds`` came upon.
        stems: Of the words that carry meaning, over all wordings.
        facts: Likewise.
        sentences: Likewise.
    """

    statement: Statement
    wordings: tuple[str, ...]
    wording: str
    stems: frozenset[str]
    facts: tuple[Fact, ...]
    sentences: tuple[Sentence, ...]

    def holds(self, text: str) -> tuple[Source, tuple[int, int]] | None:
        """Find ``text`` word for word as whole sentences of a wording, and say where it stands.

        The full stop at the end does not count: subjects and buttons have none.
        """
        wanted = text.strip().rstrip(_END)
        if not wanted:
            return None
        for wording in self.wordings:
            start = wording.find(wanted)
            while start >= 0:
                end = start + len(wanted)
                if _is_whole(wording, start, end):
                    trailing = len(text.strip()) - len(wanted)
                    close = end + _same_end(
                        wording[end:], text.strip()[-trailing:] if trailing else ""
                    )
                    return replace(self, wording=wording), (start, close)
                start = wording.find(wanted, start + 1)
        return None

    def nearest(self, text: str, language: str) -> tuple[Source, tuple[int, int]]:
        """Return the sentence that shares most words and figures with ``text``, and its span."""
        wording, span = self._nearest(text, language)
        return replace(self, wording=wording), (span.start, span.end)

    def best_sentence(self, text: str, language: str) -> str:
        """Return the text of that sentence."""
        return self._nearest(text, language)[1].text

    def _nearest(self, text: str, language: str) -> tuple[str, Span]:
        stems, own = content_stems(text, language), _values(text, language)
        best = [
            (-shares(stems, s.stems) - shares(own, _values(s.text, language)) / 2, position)
            for position, s in enumerate(self.sentences)
        ]
        if not best:
            return self.wordings[0], Span(0, 0, "")
        found = self.sentences[min(best)[1]]
        return found.wording, found.span


def _values(text: str, language: str) -> frozenset[str]:
    return frozenset(f"{fact.kind} {fact.value}" for fact in facts(text, language))


def source_of(statement: Statement, language: str) -> Source:
    """Prepare a statement for comparison."""
    wordings = (statement.text, *statement.alternates)
    found = tuple(
        Sentence(w, s, s.text, frozenset(content_stems(s.text, language)))
        for w in wordings
        for s in sentences(w)
    )
    return Source(
        statement,
        wordings,
        statement.text,
        frozenset(stem for s in found for stem in s.stems),
        tuple(f for w in wordings for f in facts(w, language)),
        found,
    )


def _is_whole(wording: str, start: int, end: int) -> bool:
    opens = start == 0 or bool(re.search(r"[.!?…:][\"'”’)]*\s+$|\n\s*$", wording[:start]))
    closes = not wording[end:].strip(_END) or bool(
        re.match(r"[.!?…:][\"'”’)]*(?:\s|$)|\s*\n", wording[end:])
    )
    return opens and closes


def _same_end(after: str, wanted: str) -> int:
    n_same = 0
    for own, other in zip(after, wanted, strict=False):
        if own != other:
            break
        n_same += 1
    return n_same
