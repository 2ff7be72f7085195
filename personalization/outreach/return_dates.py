"""When somebody is back: the day that an out-of-office names, in six languages."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

_RULES: Final = Path(__file__).with_name("replies.toml")
_FARTHEST: Final = timedelta(days=400)  # what is named beyond is no return, but a slip


def returns_on(text: str, received_on: date | None = None) -> date | None:
    """Return the first day back that a folded text names; None where there is none.

    "Until the 12th" is back on the 13th, "back on the 12th" on the 12th.  A day without a year is
    the next one after ``received_on``, and none where that is unknown; where several days are
    named, the last one counts.

    Example:
        >>> returns_on("i am out of the office until 12 january 2027", date(2026, 12, 1))
        datetime.date(2027, 1, 13)
        >>> returns_on("back on monday, december 7", date(2026, 12, 1))
        datetime.date(2026, 12, 7)
    """
    days = [
        day
        for match in _pattern().finditer(text)
        if (day := _day_of(match, received_on)) is not None and _is_near(day, received_on)
    ]
    return max(days, default=None)


def _is_near(day: date, received_on: date | None) -> bool:
    return received_on is None or received_on <= day <= received_on + _FARTHEST


def _day_of(match: re.Match[str], received_on: date | None) -> date | None:
    part = match.groupdict()
    if part["iso_year"]:
        year, month, day = (int(part[name]) for name in ("iso_year", "iso_month", "iso_day"))
    elif part["number_day"]:
        year = _year(part["number_year"], received_on)
        day, month = int(part["number_day"]), int(part["number_month"])
        if month > 12 >= day:  # noqa: PLR2004  # the American way round
            day, month = month, day
    else:
        year = _year(part["word_year"] or part["name_year"], received_on)
        day = int(part["word_day"] or part["name_day"])
        month = _months()[part["word_month"] or part["name_month"]]
    is_full = part["iso_year"] or part["number_year"] or part["word_year"] or part["name_year"]
    if not is_full and received_on is None:
        return None
    try:
        found = date(year, month, day)
        if not is_full and received_on is not None and found < received_on:
            found = found.replace(year=year + 1)
    except ValueError:
        return None
    return found + timedelta(days=1) if part["until"] else found


def _year(told: str | None, received_on: date | None) -> int:
    if told:
        return int(told) if len(told) == 4 else 2000 + int(told)  # noqa: PLR2004
    return received_on.year if received_on else 1


@cache
def _months() -> dict[str, int]:
    names = tomllib.loads(_RULES.read_text("utf-8"))["months"]["names"]
    return {name: number for number, row in enumerate(names, 1) for name in row}


_ARTICLES: Final = r"(?:the|den|dem|le|el|il|de|(?:and )?including|und einschliesslich)"
_WEEKDAY: Final = rf"(?:{_ARTICLES} )*(?:[a-z]+(?:day|tag|di|dag),? )?(?:{_ARTICLES} )?"


@cache
def _pattern() -> re.Pattern[str]:
    told = tomllib.loads(_RULES.read_text("utf-8"))["months"]
    months = "|".join(sorted(_months(), key=len, reverse=True))
    until = "|".join(sorted(map(re.escape, told["until"]), key=len, reverse=True))
    iso = r"\b(?P<iso_year>20\d\d)-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)\b"
    number = (
        r"\b(?P<number_day>\d{1,2})[./](?P<number_month>\d{1,2})[./]"
        r"(?P<number_year>20\d\d|\d\d)?(?!\d)"
    )
    word = (
        r"\b(?P<word_day>\d{1,2})(?:st|nd|rd|th|\.|er|º)?,? (?:of |de )?"
        rf"(?P<word_month>{months})\b\.?(?:,? (?:de )?(?P<word_year>20\d\d))?"
    )
    name = (
        rf"\b(?P<name_month>{months})\.? (?:the )?(?P<name_day>\d{{1,2}})(?:st|nd|rd|th)?\b"
        r"(?:,? (?P<name_year>20\d\d))?"
    )
    day = f"{iso}|{number}|{word}|{name}"
    return re.compile(rf"(?:\b(?P<until>{until}) ?{_WEEKDAY})?(?:{day})")
