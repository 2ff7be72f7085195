"""Levels of an attribute: what the arm and the control came to among the customers of each.

An attribute splits the customers into levels; a level is read where both sides have enough
customers and responses, and a long list of levels is put together to a short one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.intervals import (
    critical_value,
    newcombe_difference,
    welch_difference,
)
from personalization.statistics.samples import ENOUGH, Counts, Moments, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.statistics.intervals import Interval
    from personalization.statistics.samples import Sample

SMALLEST_CELL: Final = 30
"""People that a level needs in the arm and in the control to be read."""

OTHERS: Final = "(all others)"
"""What the levels of a long list are called once they are put together."""

_LEVELS: Final = 5  # that an attribute keeps; the rest of a long list is put together
_SAME: Final = 1e-9  # standard deviation, as a share of the mean, that rounding leaves behind
_NOTHING: Final = 1e-100  # its square can still be divided by
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One level of an attribute: what the arm and the control came to among its customers.

    Attributes:
        level: As it is shown.
        treatment: Of the arm; of the same kind as the control's.
        control: Of the control; a side without anybody is a sample of 0.
    """

    level: str
    treatment: Sample
    control: Sample

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            self.level,
            together(self.treatment, other.treatment),
            together(self.control, other.control),
        )

    @property
    def n(self) -> int:
        """Return the customers on both sides."""
        return self.treatment.n + self.control.n

    @property
    def reason(self) -> str:
        """Return why the level cannot be read, as a part of a sentence; empty if it can.

        Thirty people on each side, and what a test of the two needs: five responses expected on
        each side if both had the same rate, or five amounts on each side.
        """
        if min(self.treatment.n, self.control.n) < SMALLEST_CELL:
            return f"fewer than {SMALLEST_CELL} customers in the arm or in the control"
        if isinstance(self.treatment, Counts) and isinstance(self.control, Counts):
            both = self.treatment + self.control
            rarer = min(both.successes, both.n - both.successes) / both.n
            # A hair below five counts as five: 50 x 0.1 must not fail by rounding.
            if min(self.treatment.n, self.control.n) * rarer < ENOUGH - 1e-9:
                return f"fewer than {ENOUGH} responses expected in the arm or in the control"
            return ""
        own, other = _moments(self.treatment), _moments(self.control)
        if min(own.n_nonzero, other.n_nonzero) < ENOUGH:
            return f"fewer than {ENOUGH} amounts in the arm or in the control"
        largest = max(abs(own.mean), abs(other.mean))
        is_same = sqrt(own.variance + other.variance) <= max(_SAME * largest, _NOTHING)
        return "all amounts are the same" if is_same else ""

    @property
    def is_enough(self) -> bool:
        """Tell whether there are enough people and responses on both sides."""
        return not self.reason

    @property
    def difference(self) -> float | None:
        """Return treatment minus control, in the metric's unit; None where a side is empty."""
        own, other = self.treatment, self.control
        if not own.n or not other.n or own.mean is None or other.mean is None:
            return None
        return own.mean - other.mean

    @property
    def variance(self) -> float:
        """Return the variance of the difference; a side without response has half a one."""
        return _variance(self.treatment) + _variance(self.control)

    def difference_ci(self, confidence: float) -> Interval | None:
        """Return Newcombe's interval of the difference, or Welch's; None where there is none."""
        if self.difference is None:
            return None
        if isinstance(self.treatment, Counts) and isinstance(self.control, Counts):
            return newcombe_difference(self.treatment, self.control, confidence)
        own, other = _moments(self.treatment), _moments(self.control)
        if min(own.n, other.n) < _TWO or not own.variance + other.variance:
            return None
        return welch_difference(own, other, critical_value(confidence))


def _moments(sample: Sample) -> Moments:
    if isinstance(sample, Counts):
        raise InputError("A rate cannot be compared with an amount. Compare a metric with itself.")
    return sample.linearised if isinstance(sample, Ratio) else sample


def _variance(sample: Sample) -> float:
    if not isinstance(sample, Counts) or not sample.n:
        return sample.variance_of_mean
    rate = min(max(sample.successes, 0.5), sample.n - 0.5) / sample.n
    return rate * (1 - rate) / sample.n


def together(one: Sample, other: Sample) -> Sample:
    """Return the sample of two disjoint groups of customers.

    Raises:
        InputError: They are of two kinds.
    """
    if isinstance(one, Counts) and isinstance(other, Counts):
        return one + other
    if isinstance(one, Moments) and isinstance(other, Moments):
        return one + other
    if isinstance(one, Ratio) and isinstance(other, Ratio):
        return one + other
    raise InputError("Only samples of one metric can be put together.")


def nobody_like(sample: Sample) -> Sample:
    """Return the sample of nobody, of the same kind."""
    if isinstance(sample, Counts):
        return Counts(0, 0)
    return Moments(0, 0.0, 0.0, 0) if isinstance(sample, Moments) else Ratio(0, 0, 0, 0, 0, 0, 0)


def shown_levels(sizes: Mapping[str, int]) -> dict[str, str]:
    """Return what each level is shown as: the rest of a long list is put together.

    Args:
        sizes: Customers of each level, of all arms together, so that every arm keeps the same.
    """
    by_size = sorted(sizes, key=lambda level: (-sizes[level], level))
    kept = by_size if len(by_size) <= _LEVELS + 1 else by_size[:_LEVELS]
    return {level: level if level in kept else OTHERS for level in by_size}


def cells_of(
    treatment: Mapping[str, Sample], control: Mapping[str, Sample], shown: Mapping[str, str]
) -> tuple[Cell, ...]:
    """Put the samples of an arm and of the control together, level by level.

    Args:
        treatment: By level, disjoint; a level that nobody of the arm has may be missing.
        control: Likewise of the control.
        shown: What each level is shown as, see ``shown_levels``.

    Returns:
        One cell for each shown level, in the order of ``shown``.
    """
    cells: dict[str, Cell] = {}
    for level, name in shown.items():
        own, other = treatment.get(level), control.get(level)
        some = own or other
        if some is None:
            continue
        cell = Cell(name, own or nobody_like(some), other or nobody_like(some))
        cells[name] = cells[name] + cell if name in cells else cell
    return tuple(cells.values())
