"""Which decimal mark and which currencies a column has, decided on the shapes of all its values.

A shape is a value with every digit written as 9; a million amounts have a few dozen shapes.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNDECIDED: Final = "ambiguous"
# A currency symbol is read as the currency of its largest country; a code next to it decides.
CURRENCIES: Final = {
    "£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW",
    "₪": "ILS", "₴": "UAH", "฿": "THB", "₫": "VND", "₱": "PHP", "ZŁ": "PLN", "KČ": "CZK",
    "FT": "HUF", "LEI": "RON", "FR": "CHF", "FR.": "CHF", "SFR": "CHF", "US$": "USD",
    "A$": "AUD", "AU$": "AUD",
    "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "MX$": "MXN",
    "РУБ": "RUB", "РУБ.": "RUB", "Р.": "RUB", "CN¥": "CNY", "EURO": "EUR", "EUROS": "EUR",
    "STG": "GBP", "KR": "SEK", "KR.": "SEK",
}  # fmt: skip
CODES: Final = frozenset({
    "AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP",
    "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP",
    "PLN", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
})  # fmt: skip
_MARKS: Final = re.compile(r"[^9.,]")
_SPACED: Final = re.compile(r"[09]([ '’])[09]{3}")
_NO_CURRENCY: Final = re.compile(r"[90.,'’()+\s−–-]")
_HEADER_WORDS: Final = re.compile(r"[A-Za-z]+\$|[A-Za-z]+|[^\w\s]")


class Decimal(NamedTuple):
    """How a column writes its numbers.

    Attributes:
        mark: "." or ",", or ambiguous where 1.234 may be either.
        group: The mark between thousands, or None where none was seen.
        is_proven: At least one value leaves no doubt.
    """

    mark: str
    group: str | None
    is_proven: bool


def decide_decimal(shapes: Mapping[str, int]) -> Decimal:
    """Decide the decimal mark of a column from the shapes of all its values.

    Both marks in one value, or a mark that is followed by one, two or more than three digits,
    prove it.  A comma that always stands before three digits parts thousands; a point that always
    does may be either, and the user is asked.

    Example:
        >>> decide_decimal({"9.999,99": 3}).mark, decide_decimal({"9,999": 3}).mark
        (',', '.')
        >>> decide_decimal({"9.999": 3}).mark
        'ambiguous'
    """
    votes: Counter[str] = Counter()
    for shape, count in shapes.items():
        votes[_vote(shape)] += count
    commas = votes["comma"] + votes["comma, groups"]
    points = votes["point"] + votes["point, groups"]
    if not commas and not points and votes["point or group"]:
        return Decimal(UNDECIDED, None, is_proven=False)
    mark = "," if commas > points else "."
    return Decimal(mark, _group(shapes, votes, mark), is_proven=bool(commas or points))


def _group(shapes: Iterable[str], votes: Mapping[str, int], mark: str) -> str | None:
    """Find the mark between thousands, given the decimal mark: a point, a comma or a space."""
    other, name, rest = (".", "comma", "point") if mark == "," else (",", "point", "comma")
    if votes.get(f"{name}, groups") or votes.get(f"{rest} or group"):
        return other
    spaced = (_SPACED.search(shape) for shape in shapes)
    return next((found[1] for found in spaced if found), None)


def _vote(shape: str) -> str:
    body = _MARKS.sub("", shape.replace("0", "9")).strip(".,")
    point, comma = body.rfind("."), body.rfind(",")
    if point >= 0 and comma >= 0:
        return "point, groups" if point > comma else "comma, groups"
    mark, place = ("point", point) if point >= 0 else ("comma", comma)
    if place < 0:
        return "whole"
    if body.count(body[place]) > 1:
        return "comma, groups" if mark == "point" else "point, groups"
    digits = _MARKS.sub("", shape)
    starts_with_zero = shape.lstrip("+-( ").startswith(("0.", "0,"))
    if len(body) - place - 1 != 3 or place > 3 or place == 0 or starts_with_zero:  # noqa: PLR2004
        return mark
    return f"{mark} or group" if digits else mark


def currency_of_mark(mark: str) -> str | None:
    """Return the ISO 4217 code that a sign or word beside an amount stands for, or None."""
    bare = mark.strip().upper()
    return bare if bare in CODES else CURRENCIES.get(bare)


def marks_of_shapes(shapes: Iterable[str]) -> dict[str, str]:
    """Return the currency marks among the shapes of a column, with the code of each."""
    marks = {_NO_CURRENCY.sub("", shape).upper() for shape in shapes}
    return {mark: code for mark in marks if mark and (code := currency_of_mark(mark))}


def currency_of_name(name: str) -> str | None:
    """Return the currency that a column's name states.

    Example:
        >>> currency_of_name("Sales (GBP)"), currency_of_name("Umsatz in €")
        ('GBP', 'EUR')
    """
    words = _HEADER_WORDS.findall(name.replace("_", " "))
    codes = [word for word in words if word.upper() in CODES or not word[-1].isalpha()]
    return next((code for word in codes if (code := currency_of_mark(word))), None)
