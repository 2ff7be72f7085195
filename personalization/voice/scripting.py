"""Approved words written as they are said, with a way back to where each of them stands.

Nothing is added and nothing lost: what is no number, sign or abbreviation stays as it is written.
A script that is written again stays the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from personalization.providers.speech import Dials, Slot, Utterance
from personalization.voice.abbreviations import abbreviation_rules, address_rules, sign_rules
from personalization.voice.dates import date_rules
from personalization.voice.days import day_rules
from personalization.voice.figures import number_rules
from personalization.voice.lexicon import Lexicon
from personalization.voice.names import COMPANY_FIELDS, NAME_FIELDS, read_name
from personalization.voice.numbers import cardinal, digits
from personalization.voice.readings import Reading, Rule, find_readings, rule
from personalization.voice.spoken_words import LANGUAGES, SpokenWords, spoken_words
from personalization.voice.strokes import named
from personalization.voice.unsure import unsure_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SILENT: Final = frozenset(("So", "Sk", "Cf", "Co", "Cn", "Cs", "Cc", "Me"))


@dataclass(frozen=True, slots=True)
class SpokenScript:
    """What is said for one reader, or for all where nothing in it is personal.

    Attributes:
        written: The text with its values, as the reader would read it.
        spoken: The same as it is said.
        language: Of the script, such as ``en-GB``.
        slots: Spans of ``spoken`` that are personal or said otherwise.
        places: For each character of ``spoken``, which one of ``written`` it comes from.
        held: Why it must not be said yet; empty where it may.
    """

    written: str
    spoken: str
    language: str
    slots: tuple[Slot, ...]
    places: tuple[int, ...]
    held: tuple[str, ...] = ()

    def utterance(self, voice: str = "", dials: Dials | None = None) -> Utterance:
        """Return what an engine is given."""
        return Utterance(self.spoken, self.language, voice, dials or Dials(), self.slots)

    def written_at(self, start: int, end: int) -> tuple[int, int]:
        """Return which span of the written text a span of the spoken one comes from."""
        last = self.places[end - 1]
        later = next((place for place in self.places[end:] if place > last), len(self.written))
        return self.places[start], max(later, last + 1)


def write_script(
    written: str,
    language: str,
    *,
    slots: Sequence[Slot] = (),
    country: str = "",
    lexicon: Lexicon | None = None,
) -> SpokenScript:
    """Write a text as it is said.

    Args:
        written: Approved words, with a reader's values in their places.
        language: In which it is written, such as ``en-GB``.
        slots: Where those values stand, and of which field each is; names are held to the rules
            for names, other values are words like the rest.
        country: Of the reader, for names; empty where it is not known.
        lexicon: The team's own pronunciations.

    Raises:
        InputError: Scripts are not written in this language.

    Example:
        >>> script = write_script("Hi Ana, 3 boxes for £12.50.", "en-GB",
        ...                       slots=[Slot(3, 6, "prospect.first_name")])
        >>> script.spoken
        'Hi Ana, three boxes for twelve pounds fifty.'
        >>> [(script.spoken[slot.start:slot.end], slot.field) for slot in script.slots]
        [('Ana', 'prospect.first_name')]
    """
    words, known = spoken_words(language), lexicon or Lexicon()
    fixed, held = _fixed(written, slots, language, country, known)
    figures = find_readings(written, _rules(language)[0], words, taken=fixed)
    held += unsure_figures(written, words, figures)
    readings = _found(written, words, fixed)
    return _script(written, language, _covered(written, readings, words), slots, held)


def indivisible(text: str, language: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of a text that are said as one, and must not be parted at their signs.

    Example:
        >>> text = "Mr. Adeyemi is here on 21. 11. at 9 a.m. sharp."
        >>> [text[start:end] for start, end in indivisible(text, "en-GB") if "." in text[start:end]]
        ['Mr.', '9 a.m.']
    """
    words = spoken_words(language)
    found = find_readings(text, _rules(language)[0], words)
    return tuple((reading.start, reading.end) for reading in found)


def _found(written: str, words: SpokenWords, taken: list[Reading]) -> list[Reading]:
    """Find what is said otherwise: words and figures first, and single signs in what is left."""
    for rules in _rules(words.language):
        taken = find_readings(written, rules, words, taken=taken)
    return [
        reading if reading.language else replace(reading, said=_in_words(reading.said, words))
        for reading in taken
    ]


def _in_words(said: str, words: SpokenWords) -> str:
    """Return what a rule says with raised digits and the like in words, too."""
    if said.isascii() or not any(unicodedata.category(sign) == "No" for sign in said):
        return said
    return "".join(
        f" {_rest_of(sign, words)} " if unicodedata.category(sign) == "No" else sign
        for sign in said
    )


def _fixed(
    written: str, personal: Sequence[Slot], language: str, country: str, lexicon: Lexicon
) -> tuple[list[Reading], list[str]]:
    """Read names and the words of the lexicon, which come before every rule."""
    found: list[Reading] = []
    held: list[str] = []
    for each in personal:
        if each.field not in NAME_FIELDS:
            continue
        name = read_name(
            written[each.start : each.end], language, country=country, lexicon=lexicon,
            is_company=each.field in COMPANY_FIELDS,
        )  # fmt: skip
        if name.held:
            held.append(name.held)
        said = name.said or written[each.start : each.end]
        tongue = name.language or language
        is_read = tongue.split("-", maxsplit=1)[0] in LANGUAGES
        if not name.phonemes:
            words = spoken_words(tongue if is_read else language)
            held += unsure_figures(
                said, words, find_readings(said, _rules(words.language)[0], words)
            )
            said = _without_signs(said, words) if is_read else said
        found.append(Reading(each.start, each.end, said, name.language, name.phonemes, each.field))
    names = [(reading.start, reading.end) for reading in found]
    if pattern := lexicon.pattern(language):
        found += [
            _entry(match, language, lexicon)
            for match in pattern.finditer(written)
            if not any(start < match.end() and match.start() < end for start, end in names)
        ]
    return sorted(found, key=lambda reading: reading.start), held


def _entry(match: re.Match[str], language: str, lexicon: Lexicon) -> Reading:
    entry = lexicon.find(match[0], language)
    if entry is None:
        return Reading(match.start(), match.end(), match[0])
    return Reading(
        match.start(), match.end(), entry.said if entry.kind == "respelling" else match[0],
        entry.said if entry.kind == "language" else "",
        entry.said if entry.kind == "phonemes" else "",
    )  # fmt: skip


def _without_signs(name: str, words: SpokenWords) -> str:
    """Say what of a name is no letters, such as the sign in "Blumen & Mehr"."""
    readings = _found(name, words, [])
    return "".join(said for said, _ in _covered(name, readings, words)).strip() or name


@lru_cache(maxsize=16)
def _rules(language: str) -> tuple[tuple[Rule, ...], ...]:
    words = spoken_words(language)
    figures = (
        *address_rules(words), *abbreviation_rules(words), *day_rules(words), *date_rules(words),
    )  # fmt: skip
    rest = rule(r"[^\x00-\u02ff\w]|[\u00b2-\u00be]", _rest)
    return (*figures, *number_rules(words)), (*sign_rules(words), rest)


def _rest(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say nothing for emoji and the like, and a number for a raised one."""
    sign = match[0]
    if unicodedata.category(sign) == "No":
        return f" {_rest_of(sign, words)} "
    is_silent = unicodedata.category(sign) in _SILENT or "\ufe00" <= sign <= "\ufe0f"
    return "" if is_silent else None


def _rest_of(sign: str, words: SpokenWords) -> str:
    value = unicodedata.numeric(sign)
    if value == int(value):
        return cardinal(int(value), words.language)
    part = Fraction(value).limit_denominator(320)  # of the finest sign
    return words.fractions.get(sign) or named(part.numerator, part.denominator, words)


def _covered(
    written: str, readings: list[Reading], words: SpokenWords
) -> Iterator[tuple[str, Reading | int]]:
    """Yield all of a text in its order: readings, and what stands between them as it is."""
    done = 0
    for reading in [*readings, Reading(len(written), len(written), "")]:
        for place in range(done, reading.start):
            sign = written[place]
            said = f" {digits(sign, words.language)} " if sign.isdecimal() else sign
            yield _in_words(said, words), place
        if reading.end > reading.start:
            yield reading.said, reading
        done = reading.end


def _script(
    written: str,
    language: str,
    covered: Iterator[tuple[str, Reading | int]],
    personal: Sequence[Slot],
    held: list[str],
) -> SpokenScript:
    """Put the parts together, each blank once, and find the slots in what came of them."""
    signs: list[str] = []
    places: list[int] = []
    spans: list[tuple[int, int, Reading]] = []
    for said, source in covered:
        place = source if isinstance(source, int) else source.start
        words = _joined(said, signs)
        start = len(signs)
        signs.extend(words)
        places.extend([place] * len(words))
        if not isinstance(source, int):
            spans.append((start, len(signs), source))
    while signs and signs[-1] == " ":
        signs.pop()
        places.pop()
    spoken = "".join(signs)
    found = list(_slots(spoken, spans, personal))
    found += _slots_of_words(spoken, personal, found, places)
    ordered = tuple(sorted(found, key=lambda slot: slot.start))
    return SpokenScript(written, spoken, language, ordered, tuple(places), tuple(held))


def _joined(said: str, signs: list[str]) -> str:
    """Return what is added to the signs so far, with one blank where there are several."""
    single = re.sub(r"\s+", " ", said)
    if single.startswith(" ") and (not signs or signs[-1] == " " or signs[-2:] == ["d", "'"]):
        single = single[1:]
    if signs and signs[-1] in ".!?":
        single = single.lstrip(".!?")
    if single[:1] in {",", ".", ";", ":", "!", "?"} and single and signs and signs[-1] == " ":
        signs_before = next((s for s in reversed(signs) if s != " "), "")
        if signs_before.isalnum():
            signs[-1] = single[0]
            return single[1:]
    return single


def _slots(
    spoken: str, spans: list[tuple[int, int, Reading]], personal: Sequence[Slot]
) -> Iterator[Slot]:
    """Yield names, what is said in another way, and figures within a value that is words."""
    for first, last, each in spans:
        said = spoken[first:last]
        start, end = first + len(said) - len(said.lstrip()), first + len(said.rstrip())
        around = (p.field for p in personal if p.start <= each.start < p.end)
        field = each.field or next(around, "")
        if any(sign.isalnum() for sign in said) and (field or each.language or each.phonemes):
            yield Slot(start, end, field, each.language, each.phonemes)


def _slots_of_words(
    spoken: str, personal: Sequence[Slot], found: Sequence[Slot], places: list[int]
) -> Iterator[Slot]:
    """Yield the rest of the values that are words: facts, titles and the like."""
    taken = {n for slot in found for n in range(slot.start, slot.end)}
    for each in personal:
        free = [n for n, p in enumerate(places) if each.start <= p < each.end and n not in taken]
        for _, run in groupby(enumerate(free), key=lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in run]
            said = spoken[numbers[0] : numbers[-1] + 1]
            if any(sign.isalnum() for sign in said):
                start = numbers[0] + len(said) - len(said.lstrip())
                yield Slot(start, numbers[0] + len(said.rstrip()), each.field)
