"""What a test of a given size can show, and how many customers it takes.

All of it is closed form: no draws, so the same question has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isfinite, sqrt
from statistics import NormalDist
from typing import Final

from personalization.errors import InputError
from personalization.statistics.intervals import critical_value, score_deviate
from personalization.statistics.samples import Counts

_HIGHEST: Final = 1e6
_STEPS: Final = 25  # points of a curve
_RARE: Final = 200  # of fewer harmed customers the counts are looked at one by one
_SPREAD: Final = 6  # standard deviations of a count that are looked at
_STEP_UP: Final = 1.02
_CLOSE: Final = 2e-3  # of a power; counts are steps, and it wavers about as much


@dataclass(frozen=True, slots=True)
class Rate:
    """A metric of yes or no, before anything was sent.

    Attributes:
        rate: Share of customers expected to do it in the control, in (0, 1).
    """

    rate: float

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise InputError(
                f"A base rate of {self.rate:g} cannot be planned for: give one between 0 and 1."
            )

    @property
    def mean(self) -> float:
        """Return the rate."""
        return self.rate

    @property
    def top(self) -> float:
        """Return the highest lift that there can be: everybody does it."""
        return 1 / self.rate - 1

    def variance(self, lift: float) -> float:
        """Return the variance of one customer's outcome at a relative lift."""
        rate = min(self.rate * (1 + lift), 1.0)
        return rate * (1 - rate)


@dataclass(frozen=True, slots=True)
class Amount:
    """A metric of amounts: a few customers buy, and what they spend differs widely.

    Attributes:
        rate: Share of customers expected to buy in the control, in (0, 1).
        order_value: What a buyer spends on average.
        spread: Standard deviation of that; None takes it to spread as widely as it is high, as
            order values do.
    """

    rate: float
    order_value: float
    spread: float | None = None

    def __post_init__(self) -> None:
        spread = 0.0 if self.spread is None else self.spread
        is_amount = self.order_value > 0 and isfinite(self.order_value) and isfinite(spread)
        if not 0 < self.rate < 1 or not is_amount or spread < 0:
            raise InputError(
                f"{self.order_value:g} spent by a share of {self.rate:g} cannot be planned for: "
                "give a share between 0 and 1 and an order value above 0."
            )

    @property
    def mean(self) -> float:
        """Return the amount per customer, whether or not they buy."""
        return self.rate * self.order_value

    @property
    def top(self) -> float:
        """Return the highest lift that is looked for."""
        return _HIGHEST

    @property
    def deviation(self) -> float:
        """Return the standard deviation of what a buyer spends."""
        return self.order_value if self.spread is None else self.spread

    def variance(self, lift: float) -> float:
        """Return the variance of one customer's amount, if more of them buy by ``lift``."""
        rate = min(self.rate * (1 + lift), 1.0)
        return rate * (self.deviation**2 + (1 - rate) * self.order_value**2)


@dataclass(frozen=True, slots=True)
class Mean:
    """A metric of amounts of which only the mean and the spread over all customers are known.

    Attributes:
        mean: Amount per customer in the control, above 0.
        deviation: Standard deviation over customers, above 0; a lift leaves it as it is.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not (self.mean > 0 and self.deviation > 0 and isfinite(self.mean + self.deviation)):
            raise InputError(
                f"A mean of {self.mean:g} with a standard deviation of {self.deviation:g} cannot "
                "be planned for: give both above 0."
            )

    @property
    def top(self) -> float:
        """Return the highest lift that is looked for."""
        return _HIGHEST

    def variance(self, lift: float) -> float:  # noqa: ARG002  as for the others
        """Return the variance of one customer's amount, whatever the lift."""
        return self.deviation**2


Expected = Rate | Amount | Mean


def needed_per_arm(
    expected: Expected, lift: float, *, power: float, critical: float, ratio: float = 1.0
) -> int:
    """Return how many customers the treatment needs for a relative lift to be found.

    Each group is taken with its own variance (Fleiss, Levin and Paik 2003, 4.14, without
    pooling): at a base rate of 10 % and two equal groups a lift of 10 % takes 14,749 each.

    Args:
        expected: What the control is expected to do.
        lift: The true relative lift, not 0.
        power: Chance to find it, in (0, 1).
        critical: Normal quantile of the test: 1.96 for one comparison at 95 %.
        ratio: Customers in the control for each one in the treatment.

    Example:
        >>> needed_per_arm(Rate(0.10), 0.10, power=0.80, critical=1.959964)
        14749
    """
    if not lift or lift < -1 or lift > expected.top:
        raise InputError(f"A lift of {lift:+.0%} cannot be at a base of {expected.mean:g}.")
    reach = critical + NormalDist().inv_cdf(power)
    variance = expected.variance(0) / ratio + expected.variance(lift)
    return ceil(reach**2 * variance / (expected.mean * lift) ** 2)


def detectable_lift(
    expected: Expected, n_treatment: float, n_control: float, *, power: float, critical: float
) -> float | None:
    """Return the smallest positive lift that would be found, or None where none would be.

    The counterpart of ``needed_per_arm``: the same equation, solved for the lift.
    """
    from scipy.optimize import brentq  # noqa: PLC0415

    if n_treatment <= 0 or n_control <= 0:
        return None
    reach = critical + NormalDist().inv_cdf(power)

    def excess(lift: float) -> float:
        variance = expected.variance(0) / n_control + expected.variance(lift) / n_treatment
        return expected.mean * lift - reach * sqrt(variance)

    return float(brentq(excess, 0.0, expected.top)) if excess(expected.top) >= 0 else None


def power_of(
    expected: Expected, lift: float, n_treatment: int, n_control: int, *, confidence: float
) -> float:
    """Return the chance that the pooled z test finds a true lift, in [0, 1].

    For equal groups the formula of R's ``power.prop.test``: variance pooled without an effect.

    Example:
        >>> round(power_of(Rate(0.5), 0.5, 50, 50, confidence=0.95), 3)
        0.74
    """
    if n_treatment <= 0 or n_control <= 0:
        return 0.0
    share = n_treatment / (n_treatment + n_control)
    null = expected.variance(lift * share) * (1 / n_treatment + 1 / n_control)
    actual = expected.variance(0) / n_control + expected.variance(lift) / n_treatment
    gap = abs(expected.mean * lift)
    return NormalDist().cdf((gap - critical_value(confidence) * sqrt(null)) / sqrt(actual))


def power_of_means(
    delta: float, deviation: float, n_per_arm: int, *, confidence: float = 0.95
) -> float:
    """Return the chance that Student's t test of two equal groups finds a true difference.

    The convention of R's ``power.t.test``: the noncentral t distribution, without the tail on
    the other side.

    Example:
        >>> round(power_of_means(1.0, 2.5, 100), 7)
        0.8036466
    """
    from scipy.stats import nct, t  # noqa: PLC0415

    if n_per_arm < 2 or deviation <= 0:  # noqa: PLR2004  nothing spreads in a group of one
        return 0.0
    freedom = 2 * (n_per_arm - 1)
    bar = t.isf((1 - confidence) / 2, freedom)
    return float(nct.sf(bar, freedom, abs(delta) / deviation * sqrt(n_per_arm / 2)))


def power_curve(
    expected: Expected,
    *,
    power: float,
    critical: float,
    ratio: float = 1.0,
    lowest: int,
    highest: int,
) -> tuple[tuple[int, float], ...]:
    """Return the smallest lift that is found for each of a range of sizes.

    Args:
        expected: What the control is expected to do.
        power: Chance to find it, in (0, 1).
        critical: Normal quantile of the test.
        ratio: Customers in the control for each one in the treatment.
        lowest: Customers in the treatment at the left end, above 0.
        highest: At the right end; the steps between are even on a log scale.

    Returns:
        (customers in the treatment, lift), ascending; sizes that find no lift at all are left out.
    """
    step = (max(highest, lowest + 1) / lowest) ** (1 / (_STEPS - 1))
    sizes = sorted({round(lowest * step**i) for i in range(_STEPS)})
    found = (
        (n, detectable_lift(expected, n, n * ratio, power=power, critical=critical)) for n in sizes
    )
    return tuple((n, lift) for n, lift in found if lift is not None)


def needed_for_guardrail(
    rate: float, margin: float, *, power: float, confidence: float, ratio: float = 1.0
) -> int:
    """Return how many customers an arm needs for a guardrail to be shown to hold.

    Both groups are taken to do the same harm, in truth; the test is one-sided.

    Args:
        rate: Of the harm in both groups, in (0, 1).
        margin: Bearable increase, as an absolute share, above 0.
        power: Chance to show that it holds, in (0, 1).
        confidence: One-sided, in (0, 1).
        ratio: Customers in the control for each one in the arm.

    References:
        Blackwelder (1982), Controlled Clinical Trials 3, 345-353.

    Example:
        >>> needed_for_guardrail(0.2, 0.1, power=0.90, confidence=0.95)
        275
    """
    if not 0 < rate < 1 or not 0 < margin < 1:
        raise InputError(
            f"A margin of {margin:g} on a rate of {rate:g} cannot be planned for: give both as "
            "shares between 0 and 1."
        )
    reach = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(power)
    return ceil(reach**2 * rate * (1 - rate) * (1 + 1 / ratio) / margin**2)


def needed_for_rare_harm(
    rate: float, margin: float, *, power: float, confidence: float, ratio: float = 1.0
) -> int:
    """Return ``needed_for_guardrail``, or more where so few are harmed that it is too hopeful.

    To a fiftieth, by ``exact_guardrail_power``.
    """
    n = needed_for_guardrail(rate, margin, power=power, confidence=confidence, ratio=ratio)
    while exact_guardrail_power(rate, margin, n, n * ratio, confidence=confidence) < power - _CLOSE:
        n = ceil(n * _STEP_UP)
    return n


def guardrail_margin(
    rate: float, n_treatment: float, n_control: float, *, power: float, confidence: float
) -> float:
    """Return the smallest margin that so many customers show to hold, if no harm is done.

    The counterpart of ``needed_for_rare_harm``, to a fiftieth where few are harmed.

    Example:
        >>> round(guardrail_margin(0.2, 275, 275, power=0.90, confidence=0.95), 3)
        0.1
    """
    reach = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(power)
    margin = reach * sqrt(rate * (1 - rate) * (1 / n_treatment + 1 / n_control))
    while (
        margin < 1
        and exact_guardrail_power(rate, margin, n_treatment, n_control, confidence=confidence)
        < power - _CLOSE
    ):
        margin *= _STEP_UP
    return margin


def guardrail_power(
    rate: float, margin: float, n_treatment: float, n_control: float, *, confidence: float
) -> float:
    """Return the chance that a guardrail is shown to hold, if no harm is done; same source."""
    if n_treatment <= 0 or n_control <= 0:
        return 0.0
    error = sqrt(rate * (1 - rate) * (1 / n_treatment + 1 / n_control))
    return NormalDist().cdf(margin / error - NormalDist().inv_cdf(confidence))


@lru_cache(maxsize=1024)
def exact_guardrail_power(
    rate: float, margin: float, n_treatment: float, n_control: float, *, confidence: float
) -> float:
    """Return the same by the score test of ``non_inferiority.guard``, while few are harmed.

    The closed form is far too hopeful then; it takes over where many are.

    Example:
        >>> round(exact_guardrail_power(0.0005, 0.001, 1350, 1350, confidence=0.95), 3)
        0.077
    """
    if min(n_treatment, n_control) * rate <= _RARE:
        return _exact_power(rate, margin, round(n_treatment), round(n_control), confidence)
    return guardrail_power(rate, margin, n_treatment, n_control, confidence=confidence)


def _exact_power(rate: float, margin: float, own: int, control: int, confidence: float) -> float:
    """Add up the chances of all counts that pass; more harmed in the control let more pass."""
    from scipy.stats import binom  # noqa: PLC0415

    if not own or not control:
        return 0.0
    bar = critical_value(2 * confidence - 1)
    of_own, of_control = _likely(own, rate), _likely(control, rate)
    passes, most = 0.0, of_own.start - 1
    for harmed in of_control:
        other = Counts(control, harmed)
        while most + 1 in of_own and score_deviate(Counts(own, most + 1), other, margin) < -bar:
            most += 1
        passes += float(binom.pmf(harmed, control, rate) * binom.cdf(most, own, rate))
    return passes


def _likely(n: int, rate: float) -> range:
    middle = n * rate
    spread = _SPREAD * sqrt(middle) + _SPREAD
    return range(max(0, int(middle - spread)), min(n, ceil(middle + spread)) + 1)
