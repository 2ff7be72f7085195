"""Days and moments of a sentence: 3 October, 3. Oktober, 2026-10-03, ends Sunday."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first letters that tell a month apart, in English, German, French and Spanish.
_MONTHS: Final = (
    ("jan", "jän", "ene"), ("feb", "fév", "fev"), ("mar", "mär", "maer"),
    ("apr", "avr", "abr"), ("may", "mai"), ("jun", "juin"), ("jul", "juil"),
    ("aug", "aoû", "aou", "ago"), ("sep",), ("oct", "okt"), ("nov",),
    ("dec", "dez", "déc", "dic"),
)  # fmt: skip
_MONTH: Final = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
    r"|Januar|Jänner|Februar|März|Mai|Juni|Juli|Oktober|Dezember"
    r"|(?i:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre))"
    r"\b\.?"
)
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_YEAR: Final = r"(?:,?\s+(?:de\s+)?(?P<year>\d{4}))?"
_DATES: Final = (
    re.compile(rf"\b{_DAY}\s+(?:of\s+|de\s+)?{_MONTH}{_YEAR}"),
    re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?!\d|:|\s?%){_YEAR}"),
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})\b"),
    re.compile(r"\b(?P<day>\d{1,2})[/.](?P<number>\d{1,2})[/.](?P<year>\d{4})\b"),
    re.compile(rf"\b{_MONTH}(?:\s+(?P<year>\d{{4}}))?"),
)
_MOMENT: Final = re.compile(
    r"\b(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|tonight"
    r"|tomorrow|midnight|noon|(?:this|next) (?:week|weekend|month|year)|today only|ends today"
    r"|same[- ]day|next[- ]day|overnight|within (?:the|an) hour|in an hour|weekends?"
    r"|christmas eve|christmas|boxing day|black friday|cyber monday)\b",
    re.IGNORECASE,
)
_WORDS: Final = frozenset({"May", "mars", "mai", "marzo"})
_OF_TIME: Final = re.compile(
    r"\b(?:in|of|by|until|till|from|since|this|next|last|early|late|mid|to|through|during|en|im"
    r"|ab|bis|de|dès|desde)[ -]$",
    re.IGNORECASE,
)


def days(text: str) -> Iterator[tuple[str, str, str, re.Match[str]]]:
    """Yield kind (date or moment), value, year and place of each day that ``text`` names.

    Example:
        >>> [(kind, value, year) for kind, value, year, _ in days("bis 3. Oktober 2026")]
        [('date', '10-03', '2026'), ('date', '10', '2026')]
    """
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            alone = not groups.get("day")
            if alone and not groups.get("year") and _is_a_word(text, match):
                continue
            yield "date", _value(groups), groups.get("year") or "", match
    for match in _MOMENT.finditer(text):
        plain = match[0].casefold().replace("-", " ")
        yield "moment", plain if plain == "christmas" else plain.removesuffix("s"), "", match


def _is_a_word(text: str, match: re.Match[str]) -> bool:
    """Tell whether "May" or "mars" is no month: nothing before it speaks of time."""
    return match["month"] in _WORDS and not _OF_TIME.search(text[: match.start()])


def _value(groups: dict[str, str | None]) -> str:
    if name := groups.get("month"):
        folded = name.casefold()
        known = [n for n, starts in enumerate(_MONTHS, start=1) if folded.startswith(starts)]
        # "juin" and "juil" also begin like June: the longest start decides
        month = 7 if folded.startswith(("jul", "juil")) else known[0]
    else:
        month = int(groups["number"] or 0)
    day = groups.get("day")
    return f"{month:02d}-{int(day):02d}" if day else f"{month:02d}"
