"""What a test of a given size can show, and how often it shows what is not there.

All of it is closed form: no draws, so the same question has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.statistics.intervals import critical_value
from personalization.statistics.multiplicity import dunnett_critical

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPREAD: Final = 9  # standard deviations of a count that are looked at; beyond is below 1e-18


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
        order_value: What a buyer spends on average; taken to spread as widely as it is high,
            as order values do.
    """

    rate: float
    order_value: float

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1 or not self.order_value > 0 or not isfinite(self.order_value):
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
        return 1e6

    def variance(self, lift: float) -> float:
        """Return the variance of one customer's amount, if more of them buy by ``lift``."""
        rate = min(self.rate * (1 + lift), 1.0)
        return rate * self.order_value**2 * (2 - rate)


Expected = Rate | Amount


def power(
    *,
    base_rate: float,
    lift: float = 0.10,
    n_per_arm: int | None = None,
    variants: int = 1,
    wanted_power: float = 0.80,
    confidence: float = 0.95,
) -> dict[str, Any]:
    """Work out what a test of equal groups can show.

    Args:
        base_rate: Of the control, in (0, 1).
        lift: Relative lift hoped for, as a fraction.
        n_per_arm: Customers in each group, if that is given.
        variants: How many are tested beside the control.
        wanted_power: Chance to notice the lift, in (0, 1).
        confidence: Of the test, in (0, 1).

    Returns:
        ``needed_per_arm`` for one comparison, ``needed_for_winner`` for all variants at once, and
        for ``n_per_arm`` the ``detectable_lift`` and the ``power`` that it has; else None.
    """
    if variants < 1 or not 0 < wanted_power < 1 or not 0 < confidence < 1:
        raise InputError("Give one variant or more, and power and confidence between 0 and 1.")
    expected = Rate(base_rate)
    critical = critical_value(confidence)
    joint = dunnett_critical([0.5] * variants, confidence)
    n = n_per_arm or 0
    return {
        "base_rate": base_rate,
        "lift": lift,
        "variants": variants,
        "confidence": confidence,
        "wanted_power": wanted_power,
        "needed_per_arm": needed_per_arm(expected, lift, power=wanted_power, critical=critical),
        "needed_for_winner": needed_per_arm(expected, lift, power=wanted_power, critical=joint),
        "n_per_arm": n_per_arm,
        "detectable_lift": detectable_lift(expected, n, n, power=wanted_power, critical=critical),
        "power": power_of(expected, lift, n, n, confidence=confidence) if n_per_arm else None,
    }


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


def noise_share(rate: float, n_control: int, n_arms: Sequence[int], *, lift: float) -> float:
    """Return how often some arm shows more than ``lift`` although no message does anything.

    Exact: over every count that the control may have, the chance that all arms stay below.

    Args:
        rate: Of everybody, in (0, 1).
        n_control: Customers in the control.
        n_arms: Customers in each arm.
        lift: What is looked for, such as 0.10.

    Example:
        >>> round(noise_share(0.10, 125, [125, 125, 125], lift=0.10), 2)
        0.63
    """
    import numpy as np  # noqa: PLC0415
    from scipy.stats import binom  # noqa: PLC0415

    middle, spread = n_control * rate, _SPREAD * sqrt(n_control * rate * (1 - rate)) + _SPREAD
    lowest, highest = max(0, int(middle - spread)), min(n_control, ceil(middle + spread))
    if n_control <= 0 or not n_arms:
        return 0.0
    counts = np.arange(lowest, highest + 1)
    below = np.ones(len(counts))
    for n in n_arms:
        # A hair above, so that 11 of 100 is not more than 10 % above 10 of 100 by rounding.
        below *= binom.cdf(np.floor((1 + lift) * counts * n / n_control + 1e-9), n, rate)
    return float(1 - (binom.pmf(counts, n_control, rate) * below).sum())
