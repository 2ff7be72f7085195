"""Judging one sentence: what it asserts, and whether the sources say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from personalization.domain import Claim, Decision, merge_tags
from personalization.generation import wording
from personalization.generation.asserting import ASSERTS, is_assertion
from personalization.generation.exact import marks, new_codes
from personalization.generation.facts import facts
from personalization.generation.holding import Terms, hold
from personalization.generation.retelling import is_report, judge_report
from personalization.generation.sentences import (
    Span,
    as_read,
    sentences,
    with_fallbacks,
    without_tags,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalization.generation.evidence import Source

FRAME_ROLES: Final = frozenset({"greeting", "opener", "bridge", "close", "sign_off"})
"""Roles of brand-voice statements: courtesies that assert nothing."""

COURTESY: Final = "courtesy"
"""Role of lines that were read before and assert nothing: exempt word for word, and no more."""

VERBATIM: Final = "Word for word as approved."
"""The reason of what stands in an approved statement; it needs no second opinion."""

_NEAREST: Final = 6  # statements that a claim without a citation is held to
_NOVEL_REVIEW: Final = 3
_KNOWN: Final = "en"  # the language of the word lists
_FOREIGN: Final = "Not word for word as approved; in this language somebody has to read that."
_SUBSTANCE: Final = 2  # content words from which a fallback says something


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was made of one assertion, and the passage of a source nearest to it."""

    decision: Decision
    reason: str
    source: Source | None = None
    span: tuple[int, int] | None = None

    def claim(self, field: str, unit: Span) -> Claim:
        """Return it as a claim of a message's field."""
        source, span = self.source, self.span
        if source is None or span is None:
            return Claim(
                field, unit.start, unit.end, unit.text, None, None, None, None,
                self.decision, self.reason,
            )  # fmt: skip
        return Claim(
            field, unit.start, unit.end, unit.text, source.statement.statement_id, *span,
            source.wording[slice(*span)], self.decision, self.reason,
        )  # fmt: skip


def _broken(error: Exception) -> Verdict:
    return Verdict(Decision.BLOCK, f"It could not be judged ({type(error).__name__}).")


def worst_of(claims: Iterable[Claim]) -> Decision:
    """Return the worst decision among the claims; a pass where there are none."""
    return max((c.decision for c in claims), key=lambda d: d.rank, default=Decision.PASS)


@dataclass(frozen=True)
class Judge:
    """Holds single sentences to the sources."""

    sources: Sequence[Source]
    brand: str
    language: str

    def verdicts(self, text: str, cited: Sequence[str] = ()) -> list[Verdict]:
        """Judge one sentence; nothing comes back for a courtesy, and a rule that breaks blocks.

        Args:
            text: The sentence, as it stands.
            cited: Ids of the statements that its writer names for it.
        """
        try:
            return self._verdicts(text, cited)
        except Exception as error:  # noqa: BLE001 - a check that crashes blocks
            return [_broken(error)]

    def _verdicts(self, text: str, cited: Sequence[str]) -> list[Verdict]:
        offered = {s.statement.statement_id for s in self.sources}
        if unknown := [i for i in cited if i not in offered]:
            return [Verdict(Decision.BLOCK, f"It cites {unknown[0]}, which may not be used here.")]
        named = [s for s in self.sources if s.statement.statement_id in cited]
        if (verbatim := self._verbatim(text, named or self.sources)) is not None:
            return verbatim
        found: list[list[Verdict]] = []
        for plain in self._readings(text):
            if named:
                found.append(self._by_citation(plain, named))
            elif self.is_claim(plain):
                found.append([self.best_verdict(plain)])
            elif new := self._unheld(plain):
                found.append([Verdict(Decision.REVIEW, new)])
        worst = max(found, key=lambda verdicts: verdicts[0].decision.rank, default=[])
        return [self._read_by_a_person(verdict) for verdict in worst]

    def _read_by_a_person(self, verdict: Verdict) -> Verdict:
        """Let nothing but approved words pass in a language whose words the rules do not know."""
        if (
            self.language == _KNOWN
            or verdict.decision is not Decision.PASS
            or verdict.reason == VERBATIM
        ):
            return verdict
        return replace(verdict, decision=Decision.REVIEW, reason=_FOREIGN)

    def _unheld(self, plain: str) -> str:
        """Say what of a sentence that asserts nothing no statement holds; or nothing.

        In other languages than English that is the whole sentence.
        """
        if self.language != _KNOWN:
            return _FOREIGN if wording.words(plain) else ""
        new = ", ".join(sorted(set(self._stems(plain)) - self._heard))
        return f"No approved statement says: {new}." if new else ""

    def _readings(self, text: str) -> list[str]:
        """Return what readers may see: without the fields, and with fallbacks that say something.

        Hidden signs and other shapes of digits are undone first.
        """
        fallbacks = [tag.fallback for tag in merge_tags(text)]
        readings = [as_read(without_tags(text))]
        if any(self._says_something(fallback) for fallback in fallbacks):
            readings.append(as_read(with_fallbacks(text)))
        return readings

    def _says_something(self, fallback: str) -> bool:
        stems = set(self._stems(fallback))
        weighty = stems & wording.stems_of(wording.WEIGHTY_WORDS, self.language)
        return (
            self.has_marker(fallback)
            or bool(ASSERTS.search(fallback))
            or bool(weighty - self._free)
            or len(stems - self._free) > _SUBSTANCE
        )

    def _verbatim(self, text: str, sources: Sequence[Source]) -> list[Verdict] | None:
        for source in sources:
            if found := source.holds(text):
                if self._is_courtesy(text, source.statement.role):
                    return []
                if source.statement.role == COURTESY:
                    continue
                wording_of, span = found
                return [Verdict(Decision.PASS, VERBATIM, wording_of, span)]
        return None

    def _is_courtesy(self, text: str, role: str) -> bool:
        plain = as_read(without_tags(text))
        if role in {*FRAME_ROLES, COURTESY}:
            return not self.has_marker(plain)
        return role.startswith("control_") and not (
            self.has_marker(plain) or self._is_assertion(plain)
        )

    def _by_citation(self, text: str, named: Sequence[Source]) -> list[Verdict]:
        """Hold a sentence to all that it cites together; each citation gives one claim."""
        decision, reason = self.against(text, named)
        verdicts = []
        for source in named:
            best, span = source.nearest(text, self.language)
            verdicts.append(Verdict(decision, reason, best, span))
        return verdicts

    def best_verdict(self, text: str) -> Verdict:
        """Judge a claim that cites nothing, by a statement that bears it out or the nearest."""
        stems = self._stems(text)
        shared = {
            s.statement.statement_id: wording.shares(stems, s.stems)
            for s in self._bearing
            if s.statement.role not in FRAME_ROLES
        }
        near = sorted(
            (s for s in self._bearing if shared.get(s.statement.statement_id)),
            key=lambda s: (-shared[s.statement.statement_id], s.statement.statement_id),
        )[:_NEAREST]
        if not near:
            return self._without_source(text)
        judged = [(self.against(text, [source]), source) for source in near]
        borne_out = [found for found in judged if found[0][0] is Decision.PASS]
        (decision, reason), source = (borne_out or judged)[0]
        best, span = source.nearest(text, self.language)
        return Verdict(decision, reason, best, span)

    def _without_source(self, text: str) -> Verdict:
        n_novel = len(set(self._stems(text)) - self._free)
        is_bad = self.has_marker(text) or self.new_names(text) or n_novel > _NOVEL_REVIEW
        decision = Decision.BLOCK if is_bad else Decision.REVIEW
        return Verdict(decision, "No approved statement says anything of this.")

    def one(self, text: str) -> Verdict:
        """Judge a text that is known to be a claim, as a report or by the words of its sources."""
        try:
            plain = as_read(without_tags(text))
            is_told = self.language == _KNOWN and self._word_for_word(text) is None
            if is_told and is_report(plain, self.sources):
                decision, reason = judge_report(plain, self.sources, self.language)
                return self._nearest(plain, decision, reason)
            return self._held(text)
        except Exception as error:  # noqa: BLE001 - a check that crashes blocks
            return _broken(error)

    def held(self, text: str) -> Verdict:
        """Judge a sentence of a message, by one source or by all that bear on it.

        In other languages than English only approved words pass.
        """
        try:
            return self._read_by_a_person(self._held(text))
        except Exception as error:  # noqa: BLE001 - a check that crashes blocks
            return _broken(error)

    def _word_for_word(self, text: str) -> Verdict | None:
        """Return a pass where every sentence of a text stands in some source."""
        pieces = [text, *(s.text for s in sentences(text))]
        found = [self._verbatim(piece, self.sources) for piece in pieces]
        if found[0]:
            return found[0][0]
        return found[1][0] if found[1:] and all(found[1:]) and found[1] else None

    def _held(self, text: str) -> Verdict:
        if verbatim := self._word_for_word(text):
            return verbatim
        readings = [self._best(reading) for reading in self._readings(text)]
        return max(readings, key=lambda verdict: verdict.decision.rank)

    def _best(self, plain: str) -> Verdict:
        """Return the best that one statement, or all near ones together, make of a claim."""
        single = self.best_verdict(plain)
        near = [s for s in self._bearing if wording.shares(self._stems(plain), s.stems) > 0]
        if single.decision is Decision.PASS or len(near) < _SUBSTANCE:
            return single
        decision, reason = self.against(plain, near)
        if decision.rank >= single.decision.rank:
            return single
        return Verdict(decision, reason, single.source, single.span)

    def _nearest(self, text: str, decision: Decision, reason: str) -> Verdict:
        stems = self._stems(text)
        source = max(self.sources, key=lambda s: wording.shares(stems, s.stems))
        best, span = source.nearest(text, self.language)
        return Verdict(decision, reason, best, span)

    def is_claim(self, text: str) -> bool:
        """Tell whether a sentence asserts something that a source has to bear out.

        A figure, a superlative and a name that no source has do so whatever the verb.
        """
        if self.has_marker(text) or self.new_names(text):
            return True
        return self._is_assertion(text)

    def _is_assertion(self, text: str) -> bool:
        unknown = set(self._stems(text)) - self._free
        return is_assertion(text, unknown, wording.stems_of(wording.WEIGHTY_WORDS, self.language))

    def has_marker(self, text: str) -> bool:
        """Tell whether a sentence holds a figure, a date, a superlative or a guarantee."""
        return bool(facts(text, self.language) or wording.absolutes(text) or marks(text))

    def new_names(self, text: str) -> list[str]:
        """Return the names, models and codes of a sentence that stand in no source."""
        if self.language != _KNOWN:
            return new_codes(text, self._told)
        return [
            name for name in wording.names(text) if not set(self._stems(name)) <= self._heard
        ] + new_codes(text, self._told)

    def against(self, text: str, named: Sequence[Source]) -> tuple[Decision, str]:
        """Judge a claim by the statements that are to bear it out, taken together."""
        voice = " ".join(w for s in self._voice for w in s.wordings)
        return hold(text, named, Terms(self.language, self._free, f"{self.brand} {voice}"))

    def _stems(self, text: str) -> list[str]:
        return wording.content_stems(text, self.language)

    @cached_property
    def _free(self) -> frozenset[str]:
        """Stems that need no source: courtesies, the brand's name and its voice."""
        voice = (t for s in self._voice for t in s.stems)
        safe = wording.stems_of(wording.SAFE_WORDS, self.language)
        return safe | {*self._stems(self.brand), *voice}

    @cached_property
    def _heard(self) -> frozenset[str]:
        """Stems that are new to nobody: of what is free, of everyday words and of the sources."""
        small = frozenset(self._stems(" ".join(wording.CALENDAR)))
        plain = wording.stems_of(wording.PLAIN_WORDS | wording.EVERYDAY_WORDS, self.language)
        return self._free | small | plain | {t for s in self._bearing for t in s.stems}

    @cached_property
    def _told(self) -> str:
        return " ".join([self.brand, *(w for s in self._bearing for w in s.wordings)])

    @cached_property
    def _voice(self) -> list[Source]:
        return [s for s in self._bearing if s.statement.role in FRAME_ROLES]

    @cached_property
    def _bearing(self) -> list[Source]:
        """The sources without those lines that are only known word for word."""
        return [s for s in self.sources if s.statement.role != COURTESY]
