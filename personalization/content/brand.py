"""The brand's profile tried: on texts, on its own examples, and on itself.

A profile that its own examples break is no profile: writers would be told to sound like sentences
that the screening stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.content.voice import (
    NEEDED,
    Distance,
    Measures,
    distances,
    far,
    measures_of,
    ranges_of,
)
from personalization.domain import BrandProfile, Brief
from personalization.providers.house_words import FORBIDDEN, VOCABULARY, Unsuitable, unsuitable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NO_BRIEF: Final = Brief()


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What a profile makes of one line of a text.

    Attributes:
        text: The line.
        verdict: ``breaks`` (a forbidden word), ``words`` (the house has another word), ``tone``
            (sounds unlike the brand) or ``fits``.
        reasons: A sentence each.
        words: What brand and brief rule out in it, with places in the line.
        tone: The measures by which it sounds unlike the brand, the farthest first.
    """

    text: str
    verdict: str
    reasons: tuple[str, ...]
    words: tuple[Unsuitable, ...] = ()
    tone: tuple[Distance, ...] = ()


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """What a profile makes of a text.

    Attributes:
        verdict: The worst of its lines and of the whole: breaks, words, tone or fits.
        reason: One sentence.
        lines: Each line that is not empty.
        measures: Of the whole text.
        distances: Of the whole text, the farthest first; empty with fewer than three examples.
    """

    verdict: str
    reason: str
    lines: tuple[LineVerdict, ...]
    measures: Measures
    distances: tuple[Distance, ...]


VERDICTS: Final = ("fits", "tone", "words", "breaks")
"""From harmless to worst."""


def try_text(
    profile: BrandProfile, text: str, *, locale: str = "en-GB", brief: Brief = _NO_BRIEF
) -> TextVerdict:
    """Hold a text against a profile, line by line and as a whole.

    Example:
        >>> brand = BrandProfile(forbidden=("cheap",), vocabulary=(("basket", "cart"),))
        >>> len(try_text(brand, "The cheapest of all.").lines[0].reasons)
        1
    """
    ranges = ranges_of(profile.on_brand, locale)
    lines = tuple(
        _line(profile, line.strip(), ranges=ranges, locale=locale, brief=brief)
        for line in text.splitlines()
        if line.strip()
    )
    found = measures_of(text, locale)
    rows = tuple(distances(found, ranges))
    worst = max((line.verdict for line in lines), key=VERDICTS.index, default="fits")
    return TextVerdict(worst, _summary(worst, lines), lines, found, rows)


def _summary(worst: str, lines: tuple[LineVerdict, ...]) -> str:
    if not lines:
        return "There is nothing to read yet."
    n = sum(line.verdict == worst for line in lines)
    of = f"{n} of {len(lines)} lines" if len(lines) > 1 else "The line"
    one = n == 1 or len(lines) == 1
    return {
        "fits": "Nothing in it breaks the profile.",
        "tone": f"{of} sound{'s' if one else ''} unlike the brand's own sentences.",
        "words": f"{of} use{'s' if one else ''} a word for which the house has another.",
        "breaks": f"{of} hold{'s' if one else ''} words that may not be said.",
    }[worst]


def _line(
    profile: BrandProfile, text: str, *, ranges: Mapping[str, Any], locale: str, brief: Brief
) -> LineVerdict:
    words = tuple(unsuitable(text, profile=profile, brief=brief, locale=locale))
    tone = tuple(far(measures_of(text, locale), ranges))
    reasons = (*(_reason(text, each) for each in words), *(row.reason for row in tone))
    if any(each.rule != VOCABULARY for each in words):
        verdict = "breaks"
    else:
        verdict = "words" if words else "tone" if tone else "fits"
    return LineVerdict(text, verdict, reasons, words, tone)


def _reason(text: str, each: Unsuitable) -> str:
    said = text[each.start : each.end]
    if each.rule == VOCABULARY:
        return f"The house says ‘{each.instead}’ for ‘{said}’."
    who = "The brand never says" if each.rule == FORBIDDEN else "The brief rules out"
    as_it_stands = (
        "" if said.casefold() == each.term.casefold() else f"; here it stands as ‘{said}’"
    )
    return f"{who} ‘{each.term}’{as_it_stands}."


@dataclass(frozen=True, slots=True)
class SampleVerdict:
    """What a profile makes of one of its own examples.

    Attributes:
        line: What the profile makes of it; the others of its kind are the measure of its tone.
        is_on_brand: Whether it was given as one that sounds like the brand.
        is_told: Whether the profile judges it as it was given.
    """

    line: LineVerdict
    is_on_brand: bool
    is_told: bool


def judge_samples(profile: BrandProfile, locale: str = "en-GB") -> list[SampleVerdict]:
    """Hold a profile's own examples against it, each without its own say in the tone.

    An example of the brand is told as one where no word of it is ruled out; that it sounds
    otherwise than the others is worth knowing and no fault.
    """
    found = []
    for text in profile.on_brand:
        others = tuple(other for other in profile.on_brand if other != text)
        line = _line(
            profile, text, ranges=ranges_of(others, locale), locale=locale, brief=_NO_BRIEF
        )
        found.append(SampleVerdict(line, is_on_brand=True, is_told=not line.words))
    ranges = ranges_of(profile.on_brand, locale)
    for text in profile.off_brand:
        line = _line(profile, text, ranges=ranges, locale=locale, brief=_NO_BRIEF)
        found.append(SampleVerdict(line, is_on_brand=False, is_told=line.verdict != "fits"))
    return found


def faults_of(profile: BrandProfile) -> list[str]:
    """Say, a sentence each, why a profile contradicts itself and is not kept; empty where not."""
    return [*_broken_examples(profile), *_broken_words(profile)]


def _broken_examples(profile: BrandProfile) -> Iterator[str]:
    for sample in judge_samples(profile):
        if sample.is_on_brand and not sample.is_told:
            yield (
                f"‘{sample.line.text}’ is given as an example of the brand, but the profile is "
                f"against it: {' '.join(sample.line.reasons)} Change the example or the word."
            )


def _broken_words(profile: BrandProfile) -> Iterator[str]:
    own_words = BrandProfile(forbidden=profile.forbidden, vocabulary=profile.vocabulary)
    for own, other in profile.vocabulary:
        if own.casefold() == other.casefold():
            yield f"The vocabulary replaces ‘{own}’ by itself. Take the line out."
            continue
        for each in unsuitable(own, profile=own_words, brief=_NO_BRIEF):
            why = "forbids it" if each.rule == FORBIDDEN else f"says ‘{each.instead}’ for it"
            yield (
                f"The vocabulary asks for ‘{own}’, and the profile {why} (‘{each.term}’). "
                "Take one of the two out."
            )


def doubts_of(profile: BrandProfile) -> list[str]:
    """Say, a sentence each, what somebody should know before a profile is kept."""
    doubts = [
        f"‘{sample.line.text}’ is given as unlike the brand, and nothing in the profile tells it "
        "apart. Forbid the word that gives it away, or take it out."
        for sample in judge_samples(profile)
        if not sample.is_on_brand and not sample.is_told
    ]
    if len(profile.on_brand) < NEEDED:
        doubts.append(
            f"There are fewer than {NEEDED} sentences that sound like the brand, so the tone of a "
            "text cannot be measured."
        )
    return doubts


def ruled_out_in(
    profile: BrandProfile, texts: Iterable[tuple[str, str]], locale: str = "en-GB"
) -> list[tuple[str, str, str]]:
    """Name the texts that hold a forbidden word: key, the line with it and the word."""
    found = []
    for key, text in texts:
        hits = unsuitable(text, profile=profile, brief=_NO_BRIEF, locale=locale)
        if first := next((hit for hit in hits if hit.rule == FORBIDDEN), None):
            begin, end = text.rfind("\n", 0, first.start) + 1, text.find("\n", first.end)
            found.append((key, text[begin : end if end > 0 else len(text)], first.term))
    return found
