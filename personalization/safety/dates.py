"""Dates as messages write them: 18 December 2026, December 18th, 18/12/2026, 2026-12-18.

What cannot be told apart (03/04/2026) is read both ways, and either may be meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Names of the months in English, German and French, in the order of the year.
_MONTHS: Final = (
    "jan|january|januar|janvier", "feb|february|februar|février", "mar|march|märz|mars",
    "apr|april|avril", "may|mai", "jun|june|juni|juin", "jul|july|juli|juillet", "aug|august|août",
    "sep|sept|september|septembre", "oct|october|oktober|octobre", "nov|november|novembre",
    "dec|december|dezember|décembre",
)  # fmt: skip
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH: Final = rf"(?:{'|'.join(_MONTHS)})"
_YEAR: Final = r"(?:,? (?P<{}>(?:19|20)\d\d)(?!\d))?"
_WEEKDAY: Final = r"(?:(?P<{}>mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(?:the )?"
_DAY: Final = r"(?:st|nd|rd|th|\.|er)?"
_WORDED: Final = re.compile(
    rf"(?<!\w){_WEEKDAY.format('w1')}(?P<d1>\d{{1,2}}){_DAY}(?: of)? (?P<m1>{_MONTH})"
    rf"(?!\w){_YEAR.format('y1')}"
    rf"|(?<!\w){_WEEKDAY.format('w2')}(?P<m2>{_MONTH}) (?P<d2>\d{{1,2}}){_DAY}(?![\w:])"
    rf"{_YEAR.format('y2')}",
    re.IGNORECASE,
)
_NUMERIC: Final = re.compile(r"(?<![\d/.-])(\d{1,4})([/.-])(\d{1,2})\2(\d{2,4})(?![\d/-])")
_CENTURY: Final = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar as it is written; the year may be left open.

    Attributes:
        month: 1 to 12.
        day: 1 to 31.
        year: Four digits; None where the text names none.
    """

    month: int
    day: int
    year: int | None = None

    def is_on(self, on: date) -> bool:
        """Tell whether ``on`` may be meant."""
        return (self.month, self.day) == (on.month, on.day) and self.year in (None, on.year)

    def agrees(self, other: Day) -> bool:
        """Tell whether another one may mean the same day, and says the year where this one does."""
        same = (self.month, self.day) == (other.month, other.day)
        return same and self.year in (None, other.year)


@dataclass(frozen=True, slots=True)
class NamedDate:
    """A date in a text.

    Attributes:
        start: Characters into the text.
        end: Likewise, exclusive.
        days: What it may mean.
        weekday: 0 for Monday to 6, where the text names one with it.
    """

    start: int
    end: int
    days: frozenset[Day]
    weekday: int | None = None

    def is_on(self, on: date) -> bool:
        """Tell whether ``on`` may be meant, its weekday included."""
        is_right_weekday = self.weekday in (None, on.weekday())
        return is_right_weekday and any(day.is_on(on) for day in self.days)


def dates_in(text: str) -> list[NamedDate]:
    """Return the dates of ``text`` in their order.

    Example:
        >>> [sorted(found.days, key=str) for found in dates_in("Until Friday, 18 December 2026.")]
        [[Day(month=12, day=18, year=2026)]]
    """
    return sorted([*_worded(text), *_numeric(text)], key=lambda found: found.start)


def _worded(text: str) -> Iterator[NamedDate]:
    for m in _WORDED.finditer(text):
        month = _month_of(m["m1"] or m["m2"])
        year = m["y1"] or m["y2"]
        named = m["w1"] or m["w2"]
        yield NamedDate(
            m.start(), m.end(),
            frozenset((Day(month, int(m["d1"] or m["d2"]), int(year) if year else None),)),
            _WEEKDAYS.index(named[:3].casefold()) if named else None,
        )  # fmt: skip


def _month_of(name: str) -> int:
    spelled = enumerate(_MONTHS, start=1)
    return next(number for number, names in spelled if name.casefold() in names.split("|"))


def _numeric(text: str) -> Iterator[NamedDate]:
    for m in _NUMERIC.finditer(text):
        first, second, last = int(m[1]), int(m[3]), int(m[4])
        if len(m[1]) == 4:  # noqa: PLR2004  year first, as ISO 8601 has it
            readings = [(first, second, last)]
        else:
            year = last + _CENTURY if last < 100 else last  # noqa: PLR2004
            readings = [(year, second, first), (year, first, second)]
        days = {Day(month, day, year) for year, month, day in readings if _is_day(year, month, day)}
        if days:
            yield NamedDate(m.start(), m.end(), frozenset(days))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


_COUNTED: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "twenty": 20, "a couple of": 2,
}  # fmt: skip
_LONGEST: Final = 9_999  # hours, days or weeks: beyond that nothing is near its end
_SPAN_OF_TIME: Final = re.compile(
    rf"(?<!\w)(?P<n>\d+|{'|'.join(sorted(_COUNTED, key=len, reverse=True))}) "
    r"(?:more |short )?(?P<unit>hour|day|week)s?(?!\w)",
    re.IGNORECASE,
)
_RELATIVE: Final = re.compile(
    r"(?<!\w)(?:(?P<day>today|tonight|midnight|this (?:evening|afternoon)|in hours"
    r"|(?:last|final) (?:day|hours?|evening))"
    r"|(?P<tomorrow>tomorrow)|(?P<weekend>this weekend|the weekend|(?:last|final) weekend)"
    r"|(?P<week>this week|(?:the )?end of (?:the|this) week|(?:last|final) week)"
    r"|(?P<month>this month)|(?P<last>(?:the )?end of (?:the|this) month)"
    r"|(?:next )?(?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)day)(?!\w)",
    re.IGNORECASE,
)


def deadlines_in(text: str, today: date) -> list[frozenset[date]]:
    """Return the days that ``text`` may mean by each moment it names, as seen from ``today``.

    Dates are read, and where there is none "today", "tomorrow", "this week", "Friday", "two days"
    and "48 hours left".  A date without a year means that day of this year or of the next.
    """
    if named := dates_in(text):
        return [frozenset(_meant(found, today)) for found in named]
    relative = [frozenset(_relative(m, today)) for m in _RELATIVE.finditer(text)]
    return relative + [frozenset(_counted(m, today)) for m in _SPAN_OF_TIME.finditer(text)]


def _meant(named: NamedDate, today: date) -> Iterator[date]:
    for day in named.days:
        for year in (day.year,) if day.year else (today.year, today.year + 1):
            if _is_day(year, day.month, day.day):
                meant = date(year, day.month, day.day)
                if named.weekday in (None, meant.weekday()):
                    yield meant


def _relative(m: re.Match[str], today: date) -> Iterator[date]:
    until_sunday = 6 - today.weekday()
    if m["day"]:
        yield today
    elif m["tomorrow"]:
        yield today + timedelta(1)
    elif m["weekend"]:
        yield from (today + timedelta(until_sunday - n) for n in (0, 1) if until_sunday >= n)
    elif m["week"]:
        yield from (today + timedelta(n) for n in range(until_sunday + 1))
    elif m["month"] or m["last"]:
        following = (today + timedelta(n) for n in range(31))
        rest = [day for day in following if day.month == today.month]
        yield from rest[-1:] if m["last"] else rest
    else:
        ahead = (_WEEKDAYS.index(m["weekday"][:3].casefold()) - today.weekday()) % 7
        yield from (today + timedelta(ahead + n) for n in (0, 7))


def _counted(m: re.Match[str], today: date) -> Iterator[date]:
    number = m["n"].casefold()
    n = min(int(number), _LONGEST) if number.isdigit() else _COUNTED[number]
    unit = m["unit"].casefold()
    days = -(-n // 24) if unit == "hour" else n * (7 if unit == "week" else 1)
    yield from (today + timedelta(days), today + timedelta(days - 1))
