"""Sufficient statistics: all that the inference knows of an arm, however many are in it.

One query of the store gives these values; everything from here on is a pure function of them.
Samples of disjoint groups of customers add up to the sample of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from personalization.errors import InputError

ENOUGH: Final = 5
"""Successes that each arm has to be expected to have before a test is worth its name."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a metric of yes or no came to: ``successes`` of ``n`` customers.

    Attributes:
        n: Customers, each counted once, whether or not they responded.
        successes: How many of them did it.
    """

    n: int
    successes: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.n:
            raise InputError(
                f"{self.successes} of {self.n} customers cannot be: count each customer once."
            )

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.n + other.n, self.successes + other.successes)

    @property
    def mean(self) -> float | None:
        """Return the rate in [0, 1], or None where there is nobody."""
        return self.successes / self.n if self.n else None

    @property
    def variance_of_mean(self) -> float:
        """Return the squared standard error of the rate; 0 where there is nobody."""
        rate = self.mean
        return rate * (1 - rate) / self.n if rate is not None else 0.0


@dataclass(frozen=True, slots=True)
class Moments:
    """What a metric of amounts came to; customers without an amount count as 0.

    Attributes:
        n: Customers, each counted once.
        mean: Amount per customer, in the metric's unit.
        variance: Sample variance (n - 1 below the line); 0 for fewer than two customers.
        n_nonzero: Customers whose amount is not 0.
    """

    n: int
    mean: float
    variance: float
    n_nonzero: int

    def __post_init__(self) -> None:
        is_number = isfinite(self.mean) and isfinite(self.variance)
        if not is_number or self.variance < 0 or not 0 <= self.n_nonzero <= self.n:
            raise InputError(f"{self} cannot be: an amount of each customer, counted once.")

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of both groups together.

        References:
            Chan, Golub and LeVeque (1983), The American Statistician 37, 242-247.
        """
        n = self.n + other.n
        if n == 0:
            return self
        gap = other.mean - self.mean
        squares = (
            self.variance * max(self.n - 1, 0)
            + other.variance * max(other.n - 1, 0)
            + gap * gap * self.n * other.n / n
        )
        return Moments(
            n,
            self.mean + gap * other.n / n,
            squares / (n - 1) if n > 1 else 0.0,
            self.n_nonzero + other.n_nonzero,
        )

    @property
    def variance_of_mean(self) -> float:
        """Return the squared standard error of the mean; 0 where there is nobody."""
        return self.variance / self.n if self.n else 0.0


Sample = Counts | Moments
