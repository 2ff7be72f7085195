"""Figures of an analysis with as many digits as a reader needs."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NONE: Final = "–"
"""Stands where there is no figure."""

_SMALLEST_P: Final = 0.001
_DIGITS: Final = 3  # significant ones


def estimate(
    value: float | None, interval: Sequence[float] | None, *, scale: float = 1, unit: str = ""
) -> str:
    """Write an estimate with its interval, all three to the same decimal."""
    if value is None:
        return NONE
    ends = [end * scale for end in interval or ()]
    decimals = _decimals(max(map(abs, [value * scale, *ends])))
    told = f"{_written(value * scale, decimals)}{unit}"
    low_high = " to ".join(_written(end, decimals) for end in ends)
    return f"{told} [{low_high}]" if low_high else told


def number(value: float, *, signed: bool = False) -> str:
    """Write a figure to three significant digits."""
    decimals = _decimals(abs(value))
    return _written(value, decimals) if signed else f"{value:,.{decimals}f}".replace("-", "−")


def _written(value: float, decimals: int) -> str:
    told = f"{value:+,.{decimals}f}".replace("-", "−")
    return told if any(digit in told for digit in "123456789") else told[1:]


def _decimals(size: float) -> int:
    return 0 if not size else min(max(_DIGITS - 1 - floor(log10(size)), 0), 8)


def chance(p: float | None) -> str:
    """Write a p; below 0.001 it says no more."""
    if p is None:
        return NONE
    return "< 0.001" if p < _SMALLEST_P else f"{p:.3f}"
