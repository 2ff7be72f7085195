"""In which order a column writes its dates, decided on the whole column, and what day each text is.

Only the distinct days of a column come through here, never its rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ORDERS: Final = ("DMY", "MDY", "YMD")
AMBIGUOUS: Final = "ambiguous"
SERIAL: Final = "excel serial"
EPOCH: Final = "epoch"
MONTH_NAMES: Final = "month name"

_PARTS: Final = re.compile(r"(\d{1,4})\s?([-./ ])\s?(\d{1,2})\s?\2\s?(\d{1,4})\.?")
_YEAR_FIRST: Final = re.compile(
    r"(\d{4})\s?(?:[-./]|年)\s?(\d{1,2})\s?(?:[-./]|月)\s?(\d{1,2})\s?日?\.?"
)
_COMPACT: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_NUMBER: Final = re.compile(r"\d{5}(?:\.\d+)?")
_SECONDS: Final = re.compile(r"1?\d{9}(\d{3})?")
_DAY_MONTH_NAME: Final = re.compile(
    r"(?:\w+\.?,?\s+)?(\d{1,2})(?:\.|st|nd|rd|th|º|er)?[-\s./]+(?:de\s+)?([^\W\d_]+)\.?[-\s./,]+(?:de\s+)?(\d{2,4})\.?"
)
_MONTH_NAME_DAY: Final = re.compile(
    r"(?:\w+\.?,\s+)?([^\W\d_]+)\.?[-\s]+(\d{1,2})(?:st|nd|rd|th)?,?[-\s]+(\d{4})"
)
_YEAR_MONTH_NAME: Final = re.compile(r"(\d{4})[-\s/]+([^\W\d_]+)\.?[-\s/]+(\d{1,2})")
_SERIAL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of Excel's calendar
_OLDEST, _NEWEST = 1900, 2100
_SERIALS: Final = (10_000, 75_000)  # 1927 to 2105
_TWO_DIGIT_TURN: Final = 70  # as POSIX reads years of two digits
# First letters of the months in the languages of Europe, accents left out; longer ones first.
_MONTHS: Final = (
    (1, "jan ene gen janv led sty ian jän тър янв января"),
    (2, "feb fev fevr unor lut фев"),
    (3, "mar mrz mars marz maa brez мар"),
    (4, "apr avr abr dub kwi huh апр"),
    (5, "may mai mag mei maj mayo kvet tou ma мая май"),
    (6, "jun juin giu cze kes cerven ion iun июн"),
    (7, "jul juil lug lip hei cervenec iul июл"),
    (8, "aug aou ago sie elo srp авг"),
    (9, "sep set wrz syy zari сен"),
    (10, "oct okt ott out paz lok rij окт"),
    (11, "nov noi lis mar noe ноя"),
    (12, "dec dez dic des gru jou pros дек"),
)
_MONTH_OF: Final = {stem: month for month, stems in reversed(_MONTHS) for stem in stems.split()}


def decide_order(texts: Mapping[str, int]) -> str:
    """Decide the order of a column's dates from all its distinct texts and how often each occurs.

    A text with a part above 12 proves an order; the order that is proven more often holds for the
    whole column.  On a tie, and where nothing proves one, the answer is ``ambiguous``.

    Example:
        >>> decide_order({"13/01/2024": 2, "02/25/2024": 1}), decide_order({"03/04/2024": 9})
        ('DMY', 'ambiguous')
    """
    votes: Counter[str] = Counter()
    for text, count in texts.items():
        votes[_vote(text)] += count
    numeric = sum(votes[kind] for kind in ("DMY", "MDY", "either", "same"))
    for kind in (SERIAL, EPOCH):
        if votes[kind] and votes[kind] == votes.total() - votes["none"]:
            return kind
    if not numeric or votes["YMD"] > numeric:
        return MONTH_NAMES if votes[MONTH_NAMES] and not votes["YMD"] else "YMD"
    if votes["DMY"] != votes["MDY"]:
        return "DMY" if votes["DMY"] > votes["MDY"] else "MDY"
    return AMBIGUOUS if votes["DMY"] or votes["either"] else "DMY"


def _vote(text: str) -> str:
    if _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return "YMD"
    if _NUMBER.fullmatch(text):
        return SERIAL
    if _SECONDS.fullmatch(text):
        return EPOCH
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return MONTH_NAMES if read_day(text, MONTH_NAMES) else "none"
    first, second = int(parts[1]), int(parts[3])
    if (first > 12) == (second > 12):  # noqa: PLR2004
        return "none" if first > 12 else "same" if first == second else "either"  # noqa: PLR2004
    return "DMY" if first > 12 else "MDY"  # noqa: PLR2004


def read_days(texts: Iterable[str], order: str) -> dict[str, datetime | None]:
    """Read each distinct text of a column as a day, or None where it is no day in that order."""
    return {text: read_day(text, order) for text in texts}


def read_day(text: str, order: str) -> datetime | None:
    """Read one text as a day.

    Args:
        text: Without a time of day.
        order: DMY, MDY, YMD, or what else ``decide_order`` found.

    Returns:
        Midnight of the day (Excel serials and epochs may carry a time), or None.

    Example:
        >>> read_day("05/02/2024", "DMY").date(), read_day("31/02/2024", "DMY")
        (datetime.date(2024, 2, 5), None)
    """
    if order == SERIAL and _NUMBER.fullmatch(text):
        days = float(text)
        in_range = _SERIALS[0] < days < _SERIALS[1]
        return _SERIAL_EPOCH + timedelta(seconds=round(days * 86_400)) if in_range else None
    if order == EPOCH and (seconds := _SECONDS.fullmatch(text)):
        value = int(text) / (1000 if seconds[1] else 1)
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
    if order == "YMD" and (match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if order in {"DMY", "MDY"} and (match := _PARTS.fullmatch(text)):
        day, month = (1, 3) if order == "DMY" else (3, 1)
        return _day(_year(match[4]), int(match[month]), int(match[day]))
    return _named_day(unicodedata.normalize("NFKD", text).casefold())


def _named_day(text: str) -> datetime | None:
    """Read a date whose month is written out: no order is needed for it."""
    bare = "".join(c for c in text if not unicodedata.combining(c))
    if match := _DAY_MONTH_NAME.fullmatch(bare):
        return _day(_year(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_NAME_DAY.fullmatch(bare):
        return _day(int(match[3]), _month(match[1]), int(match[2]))
    if match := _YEAR_MONTH_NAME.fullmatch(bare):
        return _day(int(match[1]), _month(match[2]), int(match[3]))
    return None


def _month(name: str) -> int:
    stems = (name[:length] for length in range(len(name), 1, -1))
    return next((_MONTH_OF[stem] for stem in stems if stem in _MONTH_OF), 0)


def _year(text: str) -> int:
    if len(text) != 2:  # noqa: PLR2004
        return int(text)
    return int(text) + (2000 if int(text) < _TWO_DIGIT_TURN else 1900)


def _day(year: int, month: int, day: int) -> datetime | None:
    if not _OLDEST <= year < _NEWEST:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day)  # noqa: DTZ001 - a day has no zone
