"""Numbers, prices, shares and dates of a sentence, each with its kind, its bound and its nouns.

A number without its kind proves little: "15 %" is not "15 days", "up to 14 kg" is not "14 kg",
and "from 3 October" is not "until 3 October".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.generation.wording import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTH: Final = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:,?\s+(?P<year>\d{4}))?"
_DATES: Final = (
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}"),
    re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?!\d|:|\s?%){_YEAR}"),
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})\b"),
    re.compile(r"\b(?P<day>\d{1,2})[/.](?P<number>\d{1,2})[/.](?P<year>\d{4})\b"),
    re.compile(rf"\b{_MONTH}(?:\s+(?P<year>\d{{4}}))?"),
)
_MOMENT: Final = re.compile(
    r"\b(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|tonight"
    r"|tomorrow|midnight|noon|(?:this|next) (?:week|weekend|month)|today only|ends today"
    r"|christmas eve|boxing day|black friday|cyber monday)\b",
    re.IGNORECASE,
)
_NUMBER_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "thousand": 1000,
    "dozen": 12,
}  # fmt: skip
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "k": 1000, "m": 10**6}
_NUMBER: Final = re.compile(
    r"(?P<currency>[£€$]|\b(?:GBP|EUR|USD)\s?)?"
    r"(?P<number>(?<![\w.,])\d+(?:[.,]\d+)*|(?<=[£€$])\d+(?:[.,]\d+)*|(?<=[A-Z] )\d+(?:[.,]\d+)*)"
    r"(?:\s?(?P<scale>hundred|thousand|million|[km](?=\b(?!\w))))?"
    r"(?:\s?(?P<unit>%|percent\b|per\scent\b|Prozent\b|[£€]|GBP\b|EUR\b|USD\b|pounds?\b|euros?\b|p\b))?",
)
_WORD_NUMBER: Final = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_CURRENCIES: Final = {
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "€": "EUR", "eur": "EUR",
    "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
}  # fmt: skip
_BOUNDS: Final = (
    ("at most", re.compile(
        r"(?:up to|at most|no more than|maximum(?: of)?|less than|fewer than|under|below)\s*$",
        re.IGNORECASE)),
    ("at least", re.compile(
        r"(?:at least|over|more than|above|minimum(?: of)?|no less than|from)\s*$",
        re.IGNORECASE)),
    ("about", re.compile(
        r"(?:about|around|nearly|almost|approximately|roughly|some)\s*$", re.IGNORECASE)),
    ("start", re.compile(r"(?:starts?|starting|begins?|since|opens?)(?: on)?\s*$", re.IGNORECASE)),
    ("end", re.compile(
        r"(?:until|till|by|before|ends?(?: on)?|through|closes?(?: on)?|to)\s*$", re.IGNORECASE)),
)  # fmt: skip
_AFTER: Final = re.compile(r"^\s*(?:\w+\s)?(?:or more|and over|or over|plus\b|\+)", re.IGNORECASE)
_DAYS: Final = frozenset({"date", "moment"})
_SIDES: Final = frozenset({"start", "end"})
_DAY_BOUNDS: Final = {"at least": "start", "at most": "end"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure or date of a sentence.

    Attributes:
        kind: money, percent, count, date or moment.
        value: In a form that can be compared: ``15``, ``GBP 4.5``, ``11-15``.
        year: Of a date, where it is given.
        bound: at most, at least, about, start, end, or empty.
        nouns: Stems of the words around it: what is counted.
        text: As it stands.
        start: Characters into the text that it was read from.
    """

    kind: str
    value: str
    year: str
    bound: str
    nouns: frozenset[str]
    text: str
    start: int


def facts(text: str, language: str = "en") -> list[Fact]:
    """Return every figure and date of ``text`` in its order.

    Example:
        >>> [(f.kind, f.value, f.bound) for f in facts("Save up to 15% until 3 October.")]
        [('percent', '15', 'at most'), ('date', '10-03', 'end')]
    """
    taken: list[tuple[int, int]] = []
    found: list[Fact] = []
    for kind, value, year, match in _candidates(text):
        if any(match.start() < end and match.end() > start for start, end in taken):
            continue
        taken.append(match.span())
        found.append(
            Fact(
                kind,
                value,
                year,
                _bound(text, match, is_day=kind in _DAYS),
                _nouns(text, match, language),
                match[0].strip(),
                match.start(),
            )
        )
    return sorted(found, key=lambda fact: fact.start)


def _candidates(text: str) -> Iterator[tuple[str, str, str, re.Match[str]]]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            yield "date", _date_value(match), match.groupdict().get("year") or "", match
    for match in _MOMENT.finditer(text):
        yield "moment", match[0].casefold().removesuffix("s"), "", match
    for match in _NUMBER.finditer(text):
        yield (*_number_value(match), "", match)
    for match in _WORD_NUMBER.finditer(text):
        yield "count", str(_NUMBER_WORDS[match[0].casefold()]), "", match


def _date_value(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("month"):
        name = groups["month"].casefold().rstrip(".")[:3]
        month = 1 + next(i for i, full in enumerate(_MONTHS) if full.startswith(name))
    else:
        month = int(groups["number"])
    day = groups.get("day")
    return f"{month:02d}-{int(day):02d}" if day else f"{month:02d}"


def _number_value(match: re.Match[str]) -> tuple[str, str]:
    number = _plain(match["number"]) * _SCALES.get((match["scale"] or "").casefold(), 1)
    value = f"{number:g}" if number < 10**6 else str(int(number))
    unit = (match["unit"] or "").casefold()
    if unit == "%" or unit.startswith(("per", "prozent")):
        return "percent", value
    if unit == "p" and not match["currency"]:
        return "money", f"GBP {number / 100:g}"
    if code := _CURRENCIES.get((match["currency"] or unit).strip().casefold()):
        return "money", f"{code} {value}"
    return "count", value


def _plain(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}", digits):
        return float(digits.replace(".", "").replace(",", "."))
    head, _, tail = digits.replace(",", ".").rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}") if head else float(tail)


def _bound(text: str, match: re.Match[str], *, is_day: bool) -> str:
    before = text[max(0, match.start() - 24) : match.start()]
    if is_day:
        before = re.sub(r"(?:midnight|\w+day|the|on)\s+(?:on\s+)?$", "", before)
    for name, pattern in _BOUNDS:
        if pattern.search(before):
            if is_day:
                return _DAY_BOUNDS.get(name, name)
            if name in _SIDES or (before.rstrip().endswith("from") and not _is_price(match)):
                return ""
            return name
    return "at least" if not is_day and _AFTER.search(text[match.end() :]) else ""


def _is_price(match: re.Match[str]) -> bool:
    return any(sign in match[0] for sign in "£€$")


def _nouns(text: str, match: re.Match[str], language: str) -> frozenset[str]:
    after = re.split(r"[.;:!?\n](?:\s|$)", text[match.end() :])[0]
    near = [*words(text[: match.start()])[-2:], *words(after)[:4]]
    return frozenset(stem(w, language) for w in near if w.casefold() not in STOP_WORDS)


def missing_fact(fact: Fact, known: Sequence[Fact]) -> str:
    """Say in words why no fact of ``known`` bears ``fact`` out; empty where one does."""
    same = [k for k in known if k.kind == fact.kind and k.value == fact.value]
    same = [k for k in same if not (fact.year and k.year) or fact.year == k.year]
    if not same:
        others = sorted({k.text for k in known if k.kind == fact.kind})
        instead = f"; it says {', '.join(others)}" if others else ""
        return f"‘{fact.text}’ does not stand in the source{instead}"
    return _wrong_day(fact, same) if fact.kind in _DAYS else _wrong_number(fact, same)


def _wrong_day(fact: Fact, same: Sequence[Fact]) -> str:
    sides = {k.bound for k in same}
    if fact.bound in _SIDES and sides <= _SIDES and fact.bound not in sides:
        return f"the source does not say ‘{fact.bound}’ of {fact.text}"
    return ""


def _wrong_number(fact: Fact, same: Sequence[Fact]) -> str:
    if not any(k.bound == fact.bound for k in same):
        wanted = next((k.bound for k in same if k.bound), "no such bound")
        return f"‘{fact.text}’ stands in the source with another bound ({wanted})"
    is_whole_count = fact.kind == "count" and "." not in fact.value
    if is_whole_count and all(fact.nouns and k.nouns and not fact.nouns & k.nouns for k in same):
        return f"‘{fact.text}’ counts something else in the source"
    return ""
