"""Numbers, days and lists as a marketer reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_MOST_DIGITS: Final = 6


def number(value: float, digits: int = 0) -> str:
    """Write a number with thousands separators, and decimals only where they say something.

    Example:
        >>> number(2059.45), number(12.556, 1), number(3.0, 1)
        ('2,059', '12.6', '3')
    """
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_apart(value: float, others: Sequence[float], digits: int = 0) -> str:
    """Write a number with as many decimals as tell it from each of ``others``.

    Example:
        >>> number_apart(12.57, [12.55625, 32.5], 1)
        '12.57'
    """
    for more in range(digits, _MOST_DIGITS):
        if all(value == other or number(value, more) != number(other, more) for other in others):
            return number(value, more)
    return number(value, _MOST_DIGITS)


def counted(n: float, noun: str) -> str:
    """Write a count with its noun in the right number.

    Example:
        >>> counted(1, "order"), counted(1338, "customer")
        ('1 order', '1,338 customers')
    """
    return f"{number(n, 1)} {noun}" if n == 1 else f"{number(n, 1)} {noun}s"


def days_long(text: str) -> str:
    """Write a number of days, already in digits, with its noun.

    Example:
        >>> days_long("1"), days_long("2.3")
        ('1 day', '2.3 days')
    """
    return f"{text} day" if text == "1" else f"{text} days"


def day(on: date) -> str:
    """Write a date in full.

    Example:
        >>> from datetime import date
        >>> day(date(2011, 12, 9))
        '9 December 2011'
    """
    return f"{on.day} {on:%B %Y}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Write names as a list in a sentence.

    Example:
        >>> listed(["France", "Spain", "Italy"], "or")
        'France, Spain or Italy'
    """
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
