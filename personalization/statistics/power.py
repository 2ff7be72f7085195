"""What a test of equal groups can show, all of it at once: what ``personalize power`` prints."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.statistics.intervals import critical_value
from personalization.statistics.multiplicity import dunnett_critical
from personalization.statistics.sample_size import (
    Mean,
    Rate,
    detectable_lift,
    needed_per_arm,
    power_curve,
    power_of,
    power_of_means,
)

if TYPE_CHECKING:
    from personalization.statistics.sample_size import Expected

_RULES: Final = {
    "one comparison": "needed_per_arm, needed_customers, detectable_lift, power, curve",
    "all variants at once (Dunnett), as a design is frozen": (
        "needed_for_winner, needed_customers_for_winner, detectable_lift_for_winner, "
        "power_for_winner"
    ),
}
_FEWEST: Final = 50  # customers per arm at the left end of a curve


def power(
    *,
    base_rate: float | None = None,
    lift: float = 0.10,
    n_per_arm: int | None = None,
    variants: int = 1,
    wanted_power: float = 0.80,
    confidence: float = 0.95,
    mean: float | None = None,
    deviation: float | None = None,
    customers: int | None = None,
) -> dict[str, Any]:
    """Work out what a test of equal groups can show.

    Args:
        base_rate: Of the control, in (0, 1), for a metric of yes or no.
        lift: Relative lift hoped for, as a fraction.
        n_per_arm: Customers in each group, if that is given.
        variants: How many are tested beside the control.
        wanted_power: Chance to notice the lift, in (0, 1).
        confidence: Of the test, in (0, 1).
        mean: For a metric of amounts: amount per customer in the control.
        deviation: Standard deviation of that over customers.
        customers: All customers of the test, instead of ``n_per_arm``.

    Returns:
        ``needed_per_arm`` and ``needed_customers`` (of the whole test), and for the size that is
        given the ``detectable_lift`` and the ``power`` that it has (else None), all for one
        variant against the control by itself; so is ``curve``: the detectable lift for a range of
        sizes, ascending.  The same for all variants at once, by Dunnett's bar as a design
        freezes it, is ``needed_for_winner``, ``needed_customers_for_winner``,
        ``detectable_lift_for_winner`` and ``power_for_winner``.  ``rules`` says which is which.

    Raises:
        InputError: What is given does not say what to plan for, or cannot be.
    """
    if variants < 1 or not 0 < wanted_power < 1 or not 0 < confidence < 1:
        raise InputError("Give one variant or more, and power and confidence between 0 and 1.")
    expected = _expected(base_rate, mean, deviation)
    size = _size(n_per_arm, customers, variants)
    critical = critical_value(confidence)
    joint = dunnett_critical([0.5] * variants, confidence)
    sure = 2 * NormalDist().cdf(joint) - 1  # of one comparison that is held to Dunnett's bar
    alone, winner = (
        _by_rule(expected, lift, size or 0, wanted_power, confidence=held)
        for held in (confidence, sure)
    )
    return {
        "metric": "binary" if isinstance(expected, Rate) else "mean",
        "base_rate": base_rate,
        "mean": mean,
        "sd": deviation,
        "lift": lift,
        "variants": variants,
        "confidence": confidence,
        "wanted_power": wanted_power,
        "needed_per_arm": alone[0],
        "needed_for_winner": winner[0],
        "needed_customers": alone[0] * (variants + 1),
        "needed_customers_for_winner": winner[0] * (variants + 1),
        "customers": customers,
        "n_per_arm": size,
        "detectable_lift": alone[1],
        "detectable_lift_for_winner": winner[1],
        "power": alone[2],
        "power_for_winner": winner[2],
        "rules": dict(_RULES),
        "curve": _curve(expected, wanted_power, critical, 2 * max(alone[0], size or 0, _FEWEST)),
    }


def _by_rule(
    expected: Expected, lift: float, n: int, wanted_power: float, *, confidence: float
) -> tuple[int, float | None, float | None]:
    """Return customers needed per arm, and detectable lift and power of ``n``; None without any."""
    critical = critical_value(confidence)
    return (
        needed_per_arm(expected, lift, power=wanted_power, critical=critical),
        detectable_lift(expected, n, n, power=wanted_power, critical=critical),
        _power_at(expected, lift, n, confidence) if n else None,
    )


def _curve(
    expected: Expected, wanted_power: float, critical: float, highest: int
) -> list[dict[str, float]]:
    points = power_curve(
        expected, power=wanted_power, critical=critical, lowest=_FEWEST, highest=highest
    )
    return [{"n_per_arm": n, "detectable_lift": lift} for n, lift in points]


def _expected(base_rate: float | None, mean: float | None, deviation: float | None) -> Expected:
    if base_rate is not None and mean is None and deviation is None:
        return Rate(base_rate)
    if base_rate is None and mean is not None and deviation is not None:
        return Mean(mean, deviation)
    raise InputError(
        "Say what to plan for: a base rate for a metric of yes or no, or a mean and a standard "
        "deviation for a metric of amounts."
    )


def _size(n_per_arm: int | None, customers: int | None, variants: int) -> int | None:
    if n_per_arm is not None and customers is not None:
        raise InputError("Give the customers of one arm or of the whole test, not both.")
    size = customers // (variants + 1) if customers is not None else n_per_arm
    if size is not None and size < 1:
        raise InputError("Each arm needs a customer or more.")
    return size


def _power_at(expected: Expected, lift: float, n: int, confidence: float) -> float:
    if isinstance(expected, Mean):
        return power_of_means(expected.mean * lift, expected.deviation, n, confidence=confidence)
    return power_of(expected, lift, n, n, confidence=confidence)
