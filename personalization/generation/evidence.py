"""A statement prepared for comparison: its wordings, sentences, stems and facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
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


VOICE_ROLES: Final = frozenset({"greeting", "opener", "bridge", "close", "sign_off", "courtesy"})
"""Roles whose lines assert nothing, so that a part of one cuts nothing off."""

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
        first = wanted.split(maxsplit=1)[0]
        for wording in self.wordings:
            if first not in wording:
                continue
            edges = _edges(wording, is_voice=self._is_voice)
            for match in _pattern(wanted).finditer(wording):
                start, end = match.span()
                signs = text.strip()[len(wanted) :]
                if edges.are_at(start, end, wording, signs):
                    close = end + _same_end(wording[end:], signs)
                    return replace(self, wording=wording), (start, close)
        return None

    @property
    def _is_voice(self) -> bool:
        role = self.statement.role
        return role in VOICE_ROLES or role.startswith("control_")

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


@lru_cache(maxsize=4_096)  # a library's statements are the same for each of a campaign's texts
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


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where the sentences of a wording begin and end."""

    starts: frozenset[int]
    ends: tuple[int, ...]

    def are_at(self, start: int, end: int, wording: str, signs: str) -> bool:
        """Tell whether whole sentences stand between two places.

        A question stays one: ``signs`` end the text that is looked for.
        """
        if start not in self.starts:
            return False
        rests = [wording[end:close] for close in self.ends if close >= end]
        own = next((rest for rest in rests if not rest.strip(_END)), None)
        return own is not None and ("?" not in own or "?" in signs)


@lru_cache(maxsize=4_096)
def _edges(wording: str, *, is_voice: bool) -> _Edges:
    spans = sentences(wording)
    ending = [is_voice or n + 1 == len(spans) or _is_ended(s.text) for n, s in enumerate(spans)]
    return _Edges(
        frozenset(s.start for n, s in enumerate(spans) if n == 0 or ending[n - 1]),
        tuple(s.end for n, s in enumerate(spans) if ending[n]),
    )


def _is_ended(text: str) -> bool:
    """Tell whether a full stop ends it: after a colon or dots, what follows belongs to it."""
    plain = text.rstrip("\"'”’)")
    return plain.endswith((".", "!", "?")) and not plain.endswith("..")


@lru_cache(maxsize=4_096)
def _pattern(wanted: str) -> re.Pattern[str]:
    """Return what finds a wording, in whichever lines it was wrapped."""
    pieces = re.split(r"(\s+)", wanted)
    return re.compile(
        "".join(
            (r"\s*\n\s*\n\s*" if piece.count("\n") > 1 else r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)")
            if number % 2
            else re.escape(piece)
            for number, piece in enumerate(pieces)
        )
    )


def _same_end(after: str, wanted: str) -> int:
    n_same = 0
    for own, other in zip(after, wanted, strict=False):
        if own != other:
            break
        n_same += 1
    return n_same
