"""Figures: every number, price and percentage of a message has to be in a source it cites.

A figure is read as a value and what it counts, so that 1,000 ml is 1 litre and 40 % is not
40 litres.  What cannot be told apart (1.299) is read both ways, and either may be meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.safety.personal_data import national_id, payment_card, phone_number
from personalization.safety.reading import EMAIL, URL, Hit, blanked, folded, spans_of
from personalization.statistics.number_words import UNITS, number_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
_CURRENCIES: Final = {
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "chf": "CHF", "sfr": "CHF", "fr.": "CHF", "francs": "CHF", "franken": "CHF",
    "¥": "JPY", "jpy": "JPY", "yen": "JPY", "₹": "INR", "inr": "INR", "rupees": "INR",
    "aud": "AUD", "a$": "AUD", "cad": "CAD", "c$": "CAD", "nzd": "NZD", "nz$": "NZD",
    "sek": "SEK", "nok": "NOK", "dkk": "DKK", "kr": "kr", "kr.": "kr",
    "pln": "PLN", "zł": "PLN", "czk": "CZK", "kč": "CZK",
}  # fmt: skip
_SIZES: Final = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_NUMBER: Final = r"\d+(?:[.,']\d{3}(?!\d)| \d{3}(?!\d))*(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_TIME: Final = re.compile(
    r"(?<![\d:])(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b"
    r"|(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])",
    re.IGNORECASE,
)
_NUMERIC_DATE: Final = re.compile(r"(?<![\d/.-])\d{1,4}([/.-])\d{1,2}\1\d{2,4}(?![\d/-])")
_DAY: Final = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})(?!\w)"
    rf"|(?<!\w)({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"(?<![\w£$€-])(?:[a-z][\w-]*\d[\w-]*|\d+[a-z]+\d[\w-]*|\d+(?:-\d+){2,}(?![\w-]))",
    re.IGNORECASE,
)
_AFTER: Final = "|".join((
    "%", "per ?cent", "pounds?", "dollars?", "euros?", "quid", r"p(?!\w|\.m)", "[£€¥₹]", r"\$",
    "gbp", "usd", "eur", "chf", "sfr", "francs", "franken", "jpy", "yen", "inr", "rupees", "aud",
    "cad", "nzd", "sek", "nok", "dkk", r"kr\b\.?", "pln", "zł", "czk", "kč",
    *UNITS,
))  # fmt: skip
_FIGURE: Final = re.compile(
    rf"(?P<before>(?:\b(?:a|c|nz))?[$]|[£€¥₹]|\b(?:gbp|usd|eur|chf|sfr|jpy|inr|aud|cad|nzd|sek|nok|dkk"
    rf"|pln|czk|kr\.?) ?)?\s?(?<![\w.])(?P<number>{_NUMBER})(?:st|nd|rd|th)?"
    rf"(?:[ -]?(?P<size>k|m|bn|thousand|million|billion)\b)?"
    rf"(?:[ -]?(?P<after>{_AFTER})(?!\w))?",
    re.IGNORECASE,
)
_SAME_NUMBER: Final = 9  # trailing digits that two spellings of a telephone number share
# Other rules speak of these, and do not repeat them.
_PRIVATE_NUMBERS: Final = (payment_card, national_id, phone_number)
_HALF_PRICE: Final = re.compile(r"\bhalf[- ](?:the )?(?:price|off)\b", re.IGNORECASE)
# A fraction that sells: "save a third", "two thirds off", "a quarter of our customers".
_FRACTION: Final = re.compile(
    r"\b(?P<saved>sav(?:e|es|ed|ing)(?: up to)? )?(?P<many>an?|one|two|three|four)[ -]"
    r"(?P<part>third|quarter|fifth|tenth)s?\b"
    r"(?(saved)|(?= (?:off|more|less|cheaper|of (?:all|our|customers|people|users|the price))\b))",
    re.IGNORECASE,
)
_PARTS: Final = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_MANY: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_TWICE: Final = re.compile(r"\b(?:(twice)|(three times|thrice))(?= as\b)", re.IGNORECASE)
_LENGTH_AFTER: Final = re.compile(
    r"\s?(?:by|x|×|long|wide|high|tall|deep|across|cable|lead|of|or|and|[-–,.;)/]|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a text.

    Attributes:
        start: Characters into the text.
        end: Likewise, exclusive.
        kind: money:GBP, percent, time, date, day:11, code, count, or a base unit.
        values: What it may amount to, in the base unit.
    """

    start: int
    end: int
    kind: str
    values: frozenset[float | str]


def unsupported_number(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find the figures that no cited source states, with the same value and the same unit."""
    known = [figure for source in context.sources for figure in figures_of(folded(source))]
    for figure in claimed_figures(text, rule, context):
        if not any(bears_out(source, figure) for source in known):
            yield Hit(figure.start, figure.end)


def claimed_figures(text: str, rule: Rule, context: Context) -> list[Figure]:
    """Return the figures that claim something: not the sender's own, nor those of other rules."""
    private = [
        (hit.start, hit.end) for check in _PRIVATE_NUMBERS for hit in check(text, rule, context)
    ]
    own = _own_numbers(text, context)
    excused = [*spans_of((*rule.unless, URL, EMAIL), text), *own, *private]
    return figures_of(blanked(text, excused))


def _own_numbers(text: str, context: Context) -> list[tuple[int, int]]:
    """Return where the sender's own name, address and telephone numbers stand."""
    parts = [part for part in re.split(r"[,\n]", context.sender_address) if re.search(r"\d", part)]
    own = (*parts, context.sender_name, context.register_number, context.vat_id)
    return spans_of(_own_patterns(own, context.own_phones), text)


@lru_cache(maxsize=16)
def _own_patterns(own: tuple[str, ...], phones: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    worded = (re.findall(r"\w+", part) for part in own)
    patterns = [r"\W+".join(map(re.escape, words)) for words in worded if words]
    for number in phones:
        digits = re.findall(r"\d", number)[-_SAME_NUMBER:]
        patterns.append(r"\+?(?:\d[ ().-]*){0,4}" + r"[ ().-]*".join(digits))
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def bears_out(source: Figure, figure: Figure) -> bool:
    """Tell whether the figure of a source says what another one says, in whatever unit."""
    if source.values.isdisjoint(figure.values):
        return False
    kinds = {source.kind, figure.kind}
    is_day = any(kind.startswith("day:") for kind in kinds)
    return len(kinds) == 1 or (kinds > {"count"} and is_day) or kinds == {"count", "code"}


def figures_of(text: str) -> list[Figure]:
    """Return every figure of ``text`` in its order, digits and words alike."""
    return list(_figures_of(text))


@lru_cache(maxsize=1024)
def _figures_of(text: str) -> tuple[Figure, ...]:
    found: list[Figure] = []
    for reader in (
        _times,
        _dates,
        _days,
        _codes,
        _half_prices,
        _fractions,
        _twice,
        _numbers,
        _words,
    ):
        rest = blanked(text, [(figure.start, figure.end) for figure in found])
        found += reader(rest)
    return tuple(sorted(found, key=lambda figure: figure.start))


def _times(text: str) -> Iterator[Figure]:
    for m in _TIME.finditer(text):
        hour, minute = int(m[1] or m[4]), int(m[2] or m[5] or 0)
        if m[3]:
            hour = hour % 12 + (12 if m[3].casefold() == "p" else 0)
        yield Figure(*m.span(), "time", frozenset((hour * 60.0 + minute,)))


def _dates(text: str) -> Iterator[Figure]:
    for m in _NUMERIC_DATE.finditer(text):
        parts = sorted(int(part) for part in re.findall(r"\d+", m[0]))
        yield Figure(*m.span(), "date", frozenset(("/".join(map(str, parts)),)))


def _days(text: str) -> Iterator[Figure]:
    for m in _DAY.finditer(text):
        month = _MONTHS.index((m[2] or m[3])[:3].casefold()) + 1
        yield Figure(*m.span(), f"day:{month}", frozenset((float(m[1] or m[4]),)))


def _codes(text: str) -> Iterator[Figure]:
    for m in _CODE.finditer(text):
        if not _FIGURE.fullmatch(m[0]) or not m[0][0].isdigit():
            yield Figure(*m.span(), "code", frozenset((m[0].casefold(),)))


def _half_prices(text: str) -> Iterator[Figure]:
    for m in _HALF_PRICE.finditer(text):
        yield Figure(*m.span(), "percent", frozenset((50.0,)))


def _fractions(text: str) -> Iterator[Figure]:
    for m in _FRACTION.finditer(text):
        share = 100 * _MANY[m["many"].casefold()] / _PARTS[m["part"].casefold()]
        values = frozenset((round(share, 6), round(share, 1), float(int(share))))
        yield Figure(m.start("many"), m.end("part"), "percent", values)


def _twice(text: str) -> Iterator[Figure]:
    for m in _TWICE.finditer(text):
        yield Figure(*m.span(), "times", frozenset((2.0 if m[1] else 3.0,)))


def _numbers(text: str) -> Iterator[Figure]:
    for m in _FIGURE.finditer(text):
        kind, factor = _kind_of((m["before"] or "").strip(), (m["after"] or "").strip())
        size = (m["size"] or "").casefold()
        if size == "m" and kind == "count" and _LENGTH_AFTER.match(text, m.end()):
            kind, size, factor = "mm", "", 1000.0
        factor *= _SIZES.get(size, 1.0)
        values = frozenset(round(value * factor, 6) for value in values_of(m["number"]))
        start = m.start() + len(m[0]) - len(m[0].lstrip())
        yield Figure(start, m.end(), kind, values)


def _words(text: str) -> Iterator[Figure]:
    for start, end, value, unit in number_words(text):
        kind, factor = _kind_of("", unit)
        yield Figure(start, end, kind, frozenset((value * factor,)))


def _kind_of(before: str, after: str) -> tuple[str, float]:
    for sign in (before.casefold(), after.casefold()):
        if sign in _CURRENCIES:
            return f"money:{_CURRENCIES[sign]}", 1.0
    after = after.casefold()
    if after == "p":
        return "money:GBP", 0.01
    if after == "%" or after.startswith("per"):
        return "percent", 1.0
    return next(
        (unit for pattern, unit in UNITS.items() if re.fullmatch(pattern, after)), ("count", 1.0)
    )


def values_of(number: str) -> set[float]:
    """Return what a written number may amount to; 1.299 is read both ways.

    Example:
        >>> sorted(values_of("1.299")), values_of("1,299.00"), values_of("2,5")
        ([1.299, 1299.0], {1299.0}, {2.5})
    """
    number = re.sub(r"[ ']", "", number)
    separators = [sign for sign in number if sign in ".,"]
    if len(set(separators)) > 1:
        decimal = separators[-1]
        grouped = "," if decimal == "." else "."
        return {float(number.replace(grouped, "").replace(decimal, "."))}
    if not separators:
        return {float(number)}
    whole = {float(number.replace(separators[0], ""))}
    if len(separators) > 1:
        return whole
    fraction = {float(number.replace(",", "."))}
    is_group = len(number) - number.index(separators[0]) - 1 == 3  # noqa: PLR2004
    if is_group:
        return whole if separators[0] == "," else whole | fraction
    return fraction
