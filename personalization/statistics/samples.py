"""Sufficient statistics: all that the inference knows of an arm, however many are in it.

One query of the store gives these values; everything from here on is a pure function of them.
Samples of disjoint groups of customers add up to the sample of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENOUGH: Final = 5
"""Successes that each arm has to be expected to have before a test is worth its name."""
_ROUNDING: Final = 1e-13  # of a mean: what the last digits of equal amounts can differ by
_LEAST: Final = 1e-50  # a denominator below is nothing to divide by


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
        return Moments(
            n,
            self.mean + gap * other.n / n,
            _spread(self.n, self.variance, other.n, other.variance, gap * gap),
            self.n_nonzero + other.n_nonzero,
        )

    @property
    def varies(self) -> bool:
        """Return whether customers differ at all, by more than rounding."""
        return self.variance > max(_ROUNDING * abs(self.mean), _LEAST) ** 2

    @property
    def variance_of_mean(self) -> float:
        """Return the squared standard error of the mean; 0 where there is nobody."""
        return self.variance / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a ratio of two amounts came to, such as revenue per click; the unit is the customer.

    Attributes:
        n: Customers, each counted once.
        mean_numerator: Per customer, such as the revenue; 0 for those without.
        mean_denominator: Per customer, such as the clicks; never below 0.
        variance_numerator: Sample variance (n - 1 below the line); 0 for fewer than two.
        variance_denominator: Likewise.
        covariance: Of both, over customers.
        n_nonzero: Customers whose numerator is not 0; None where that is not known.
    """

    n: int
    mean_numerator: float
    mean_denominator: float
    variance_numerator: float
    variance_denominator: float
    covariance: float
    n_nonzero: int | None = None

    def __post_init__(self) -> None:
        numbers = (self.mean_numerator, self.variance_numerator, self.covariance)
        is_number = all(map(isfinite, (*numbers, self.mean_denominator, self.variance_denominator)))
        smallest = min(self.mean_denominator, self.variance_numerator, self.variance_denominator)
        if not is_number or smallest < 0 or not 0 <= (self.n_nonzero or 0) <= self.n:
            raise InputError(f"{self} cannot be: two amounts of each customer, counted once.")

    def __add__(self, other: Ratio) -> Ratio:
        n = self.n + other.n
        if n == 0:
            return self
        over = other.mean_numerator - self.mean_numerator
        under = other.mean_denominator - self.mean_denominator
        known = self.n_nonzero is not None and other.n_nonzero is not None
        return Ratio(
            n,
            self.mean_numerator + over * other.n / n,
            self.mean_denominator + under * other.n / n,
            _spread(self.n, self.variance_numerator, other.n, other.variance_numerator, over**2),
            _spread(
                self.n, self.variance_denominator, other.n, other.variance_denominator, under**2
            ),
            _spread(self.n, self.covariance, other.n, other.covariance, over * under),
            (self.n_nonzero or 0) + (other.n_nonzero or 0) if known else None,
        )

    @property
    def mean(self) -> float | None:
        """Return the ratio, or None where there is nothing to divide by."""
        under = self.mean_denominator
        return self.mean_numerator / under if under > _LEAST else None

    @property
    def variance_of_mean(self) -> float:
        """Return the squared standard error of the ratio; 0 where there is none."""
        return self.linearised.variance_of_mean

    @property
    def linearised(self) -> Moments:
        """Return a mean with the ratio's value and error; an empty one where there is no ratio.

        Its ``n_nonzero`` is at most what the denominator is worth: about the customers who did,
        if it is a yes or no, so that a ratio over three clicks weighs no more than three clicks.

        References:
            Deng, Knoblich and Lu (2018), Applying the Delta Method in Metric Analytics, KDD.
        """
        ratio = self.mean
        if ratio is None:
            return Moments(0, 0.0, 0.0, 0)
        squares = (
            self.variance_numerator
            - 2 * ratio * self.covariance
            + ratio**2 * self.variance_denominator
        ) / self.mean_denominator**2
        worth: float = self.n if self.n_nonzero is None else self.n_nonzero
        if self.variance_denominator:
            worth = min(worth, self.n * self.mean_denominator**2 / self.variance_denominator)
        return Moments(self.n, ratio, max(squares, 0.0), int(worth))


@dataclass(frozen=True, slots=True)
class Paired:
    """A metric with what the same customers had come to before the launch.

    Attributes:
        n: Customers, each counted once.
        mean: Per customer, after the launch; a rate is the mean of 0 and 1.
        variance: Sample variance; 0 for fewer than two customers.
        n_nonzero: Customers whose amount is not 0.
        mean_before: The same metric in the days before the launch.
        variance_before: Likewise.
        covariance: Of before and after, over customers.
    """

    n: int
    mean: float
    variance: float
    n_nonzero: int
    mean_before: float
    variance_before: float
    covariance: float

    def __post_init__(self) -> None:
        if not isfinite(self.covariance):
            raise InputError(f"{self} cannot be: two amounts of each customer, counted once.")
        _ = self.outcome, self.before  # which look at the rest

    def __add__(self, other: Paired) -> Paired:
        both = self.outcome + other.outcome
        if both.n == 0:
            return self
        gap, before = other.mean - self.mean, other.mean_before - self.mean_before
        return Paired(
            both.n,
            both.mean,
            both.variance,
            both.n_nonzero,
            self.mean_before + before * other.n / both.n,
            _spread(self.n, self.variance_before, other.n, other.variance_before, before**2),
            _spread(self.n, self.covariance, other.n, other.covariance, gap * before),
        )

    @property
    def outcome(self) -> Moments:
        """Return the metric alone, as if nothing was known of before."""
        return Moments(self.n, self.mean, self.variance, self.n_nonzero)

    @property
    def before(self) -> Moments:
        """Return the same customers before the launch; how many had an amount is not known."""
        return Moments(self.n, self.mean_before, self.variance_before, self.n)


Sample = Counts | Moments | Ratio


def standardised_pair(
    treatment: Mapping[str, Sample], control: Mapping[str, Sample], shares: Mapping[str, float]
) -> tuple[Moments, Moments]:
    """Return an arm and its control as they would be with the same given mix of segments.

    How much customers of a segment differ is taken of both sides together, as in any pooled test.
    By itself a side of a few people, none of whom responded, would count as certain.

    Args:
        treatment: Its sample of each segment, all of one metric.
        control: Likewise.
        shares: By segment, not below 0, in any unit; those of the audience for instance.

    Returns:
        All customers of the parts with a share; the ``variance_of_mean`` is the sum of the squared
        shares times the parts'.  ``n_nonzero`` is what may be expected of as many customers as the
        mix is worth; for a rate it is of the rarer answer.  Empty where a segment with a share has
        nobody on a side: nothing is known of it.

    Raises:
        InputError: No segment has a share, or one is below 0.

    References:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 19.2.
        Kish (1965), Survey Sampling, 8.2: what customers under unequal weights are worth.
    """
    total = sum(shares.values())
    if not total > 0 or min(shares.values()) < 0 or not isfinite(total):
        raise InputError("The shares of the segments have to be 0 or more, and one above 0.")
    mix = {segment: share / total for segment, share in shares.items() if share}
    both = {s: (treatment[s], control[s]) for s in mix if s in treatment and s in control}
    if len(both) < len(mix) or any(not side.n for pair in both.values() for side in pair):
        return Moments(0, 0.0, 0.0, 0), Moments(0, 0.0, 0.0, 0)
    spreads = {segment: _pooled_spread(*pair) for segment, pair in both.items()}
    answers = sum(mix[s] * _answers(t, c) for s, (t, c) in both.items())
    return (
        _mixed({s: t for s, (t, _) in both.items()}, mix, spreads, answers),
        _mixed({s: c for s, (_, c) in both.items()}, mix, spreads, answers),
    )


def _mixed(
    parts: Mapping[str, Sample],
    mix: Mapping[str, float],
    spreads: Mapping[str, float],
    answers: float,
) -> Moments:
    n = sum(part.n for part in parts.values())
    mean = sum(mix[s] * (part.mean or 0.0) for s, part in parts.items())
    squares = sum(mix[s] ** 2 * spreads[s] / part.n for s, part in parts.items())
    worth = 1 / sum(mix[s] ** 2 / part.n for s, part in parts.items())
    return Moments(n, mean, squares * n, min(round(worth * answers), n))


def _pooled_spread(treatment: Sample, control: Sample) -> float:
    """Return the variance of one customer's outcome, from both sides of a segment."""
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        rate = (treatment.successes + control.successes) / (treatment.n + control.n)
        return rate * (1 - rate)
    own, other = _plain(treatment), _plain(control)
    freedom = own.n + other.n - 2
    squares = own.variance * (own.n - 1) + other.variance * (other.n - 1)
    return squares / freedom if freedom > 0 else 0.0


def _answers(treatment: Sample, control: Sample) -> float:
    """Return the share of a segment's customers whose outcome a test can lean on."""
    n = treatment.n + control.n
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        yes = treatment.successes + control.successes
        return min(yes, n - yes) / n
    return (_plain(treatment).n_nonzero + _plain(control).n_nonzero) / n


def _plain(sample: Sample) -> Moments:
    if isinstance(sample, Counts):
        raise InputError("A rate cannot be compared with an amount. Compare a metric with itself.")
    return sample.linearised if isinstance(sample, Ratio) else sample


def _spread(n: int, variance: float, n_other: int, other: float, gaps: float) -> float:
    """Return the variance (or covariance) of two groups together.

    Args:
        n: Customers of the one group.
        variance: Its variance, or covariance.
        n_other: Customers of the other.
        other: Its variance, or covariance.
        gaps: The gap of their means, squared (or times the gap of the other amount's means).
    """
    both = n + n_other
    squares = variance * max(n - 1, 0) + other * max(n_other - 1, 0) + gaps * n * n_other / both
    return squares / (both - 1) if both > 1 else 0.0
