"""A share with its counts and its interval, as trends show it."""

from __future__ import annotations

from dataclasses import dataclass

from personalization.statistics.intervals import critical_value, wilson_rate
from personalization.statistics.samples import Counts


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened.

    Attributes:
        count: How often.
        n: Of how many, one or more.
        low: Lower end of the 95% interval by Wilson, in [0, 1]; so is ``high``.
    """

    count: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Return the share itself, in [0, 1]."""
        return self.count / self.n


def rate(count: int, n: int, confidence: float = 0.95) -> Rate | None:
    """Return a share with its interval, or None where nothing was counted.

    Example:
        >>> found = rate(5, 40)
        >>> found and (round(found.low, 3), found.share, round(found.high, 3))
        (0.055, 0.125, 0.261)
    """
    if not n:
        return None
    low, high = wilson_rate(Counts(n, count), critical_value(confidence))
    return Rate(count, n, low, high)
