"""How what was learnt is said: traits of messages and differences of a metric, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MORE: Final = {"click": "clicks", "conversion": "purchases"}
_OTHERS: Final = {"tone": "other tones", "plan": "other plans", "length": "other lengths",
                  "topic": "other topics", "opener": "other openers"}  # fmt: skip
_TENTH: Final = 0.0005  # as a share: below it, tenths of a point read as 0.0
_VOWELS: Final = "aeiou"


def trait(factor: str, level: str, titles: Mapping[str, str]) -> str:
    """Name a message by one of its traits.

    Args:
        factor: tone, plan, length, topic or opener.
        level: As it stands in a variant's attributes.
        titles: Of documents by id, for topics.

    Example:
        >>> trait("tone", "informative", {}), trait("plan", "benefit_first", {})
        ('an informative tone', "the plan 'benefit first'")
    """
    said = titles.get(level, level).replace("_", " ")
    article = "an" if said[:1].casefold() in _VOWELS else "a"
    if factor == "tone":
        return f"{article} {said} tone"
    if factor == "length":
        return f"{article} {said} text"
    return f"the {factor} '{said}'"


def rivals(factor: str, versus: str, titles: Mapping[str, str]) -> str:
    """Name what a level was compared with: the one other there is, or the mean of the others."""
    return trait(factor, versus, titles) if versus else _OTHERS[factor]


def gained(metric: str, unit: str, difference: float) -> str:
    """Say a difference as more or less of the metric.

    Example:
        >>> gained("click", "", 0.004), gained("revenue", "GBP", -0.5)
        ('0.4 points more clicks', '0.50 GBP less revenue per customer')
    """
    size, is_more = abs(difference), difference >= 0
    if metric == "revenue":
        return f"{_amount(size, unit)} {'more' if is_more else 'less'} revenue per customer"
    return f"{_points(size)} points {'more' if is_more else 'fewer'} {_MORE[metric]}"


def between(metric: str, unit: str, low: float, high: float) -> str:
    """Say an interval of differences in the digits of ``gained``.

    Example:
        >>> between("click", "", 0.001, 0.007)
        '0.1 to 0.7'
    """
    said = [_amount(abs(v), unit) if metric == "revenue" else _points(abs(v)) for v in (low, high)]
    return f"{_signed(low, said[0])} to {_signed(high, said[1])}"


def _points(share: float) -> str:
    digits = 1 if share >= _TENTH or share == 0 else 2
    return f"{share * 100:.{digits}f}"


def _amount(amount: float, unit: str) -> str:
    return f"{amount:,.2f} {unit}".rstrip()


def _signed(value: float, said: str) -> str:
    return f"−{said}" if value < 0 and said.strip("0. ") else said
