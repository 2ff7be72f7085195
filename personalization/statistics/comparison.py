"""One arm against the control: estimate, intervals and test from sufficient statistics.

There is one test for each kind of metric, and it is on the absolute scale: the relative lift
has an interval but no p of its own, so that there are no two answers to one question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import erfc, inf, isfinite, sqrt
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.intervals import (
    critical_value,
    fieller_lift,
    koopman_lift,
    newcombe_difference,
    score_difference,
    welch_difference,
    welch_freedom,
)
from personalization.statistics.samples import ENOUGH, Counts, Moments, Ratio

if TYPE_CHECKING:
    from personalization.statistics.intervals import Interval
    from personalization.statistics.samples import Sample

_UNLIKE: Final = "A rate cannot be compared with an amount. Compare a metric with itself."


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an arm came to against the control; None where the data say nothing.

    Attributes:
        mean_treatment: Rate in [0, 1], or amount per customer.
        difference: Treatment minus control, in the metric's unit.
        difference_ci: Its interval.
        lift: Relative gain over the control, as a fraction.
        lift_ci: Its interval; None although there is a lift where nothing bounds it.
        z: The test as a standard normal deviate, signed like the difference.
        p: Two-sided, before any correction for several arms.
        method: The formulas, by name.
        reason: Why something is None, as a part of a sentence; empty if nothing is.
    """

    n_treatment: int
    n_control: int
    mean_treatment: float | None
    mean_control: float | None
    difference: float | None = None
    difference_ci: Interval | None = None
    lift: float | None = None
    lift_ci: Interval | None = None
    z: float | None = None
    p: float | None = None
    method: str = ""
    reason: str = ""


def compare(treatment: Sample, control: Sample, confidence: float) -> Comparison:
    """Compare two samples of one kind; ``confidence`` is that of the intervals, in (0, 1).

    Raises:
        InputError: One sample counts and the other measures.
    """
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        return compare_rates(treatment, control, confidence)
    if isinstance(treatment, Moments) and isinstance(control, Moments):
        return compare_means(treatment, control, confidence)
    if isinstance(treatment, Ratio) and isinstance(control, Ratio):
        return compare_ratios(treatment, control, confidence)
    raise InputError(_UNLIKE)


def compare_rates(treatment: Counts, control: Counts, confidence: float) -> Comparison:
    """Compare two rates: pooled z test, Newcombe's interval, Koopman's for the lift.

    Below five expected successes (or failures) in an arm the estimates and intervals stand,
    but there is no p: too few people for a test to mean anything.
    """
    rate_t, rate_c = treatment.mean, control.mean
    found = Comparison(treatment.n, control.n, rate_t, rate_c, method="pooled z; Newcombe; Koopman")
    if rate_t is None or rate_c is None:
        return replace(found, reason="a group has nobody in it")
    z, too_few = _pooled_z(treatment, control)
    lift = rate_t / rate_c - 1 if rate_c else None
    return replace(
        found,
        difference=rate_t - rate_c,
        difference_ci=newcombe_difference(treatment, control, confidence),
        lift=lift,
        lift_ci=koopman_lift(treatment, control, confidence),
        z=None if too_few else z,
        p=None if too_few else _two_sided(z),
        reason=too_few
        or ("" if rate_c else "the control has none, so there is nothing to relate to"),
    )


def _pooled_z(treatment: Counts, control: Counts) -> tuple[float, str]:
    """Return z of the pooled two-proportion test, and why it cannot be used, or ''."""
    pooled = treatment + control
    rate = pooled.successes / pooled.n
    expected = min(treatment.n, control.n) * min(rate, 1 - rate)
    # A hair below five counts as five: 10 x 0.5 must not fail by rounding.
    if expected < ENOUGH - 1e-9:
        return 0.0, f"fewer than {ENOUGH} are expected in a group"
    variance = rate * (1 - rate) * (1 / treatment.n + 1 / control.n)
    gap = treatment.successes / treatment.n - control.successes / control.n
    return gap / sqrt(variance), ""


def compare_means(treatment: Moments, control: Moments, confidence: float) -> Comparison:
    """Compare two means: Welch's test and interval, Fieller's interval for the lift."""
    found = Comparison(
        treatment.n,
        control.n,
        treatment.mean if treatment.n else None,
        control.mean if control.n else None,
        method="Welch t; Fieller",
    )
    if not treatment.n or not control.n:
        return replace(found, reason="a group has nobody in it")
    found = replace(
        found,
        difference=treatment.mean - control.mean,
        lift=_lift(treatment.mean, control.mean),
    )
    if min(treatment.n, control.n) < ENOUGH or not (treatment.varies or control.varies):
        return replace(found, reason="too few different amounts")
    too_few = min(treatment.n_nonzero, control.n_nonzero) < ENOUGH
    z = _welch_z(treatment, control)
    lift_ci = fieller_lift(treatment, control, confidence)
    unbounded = "" if lift_ci else "the control's own mean is too uncertain to relate to"
    if control.mean <= 0:
        unbounded = "the control's mean is not above 0"
    return replace(
        found,
        difference_ci=welch_difference(treatment, control, critical_value(confidence)),
        lift_ci=lift_ci,
        z=None if too_few else z,
        p=None if too_few else _two_sided(z),
        reason=f"fewer than {ENOUGH} in a group have an amount" if too_few else unbounded,
    )


def compare_ratios(treatment: Ratio, control: Ratio, confidence: float) -> Comparison:
    """Compare two ratios as means of linearised values: Welch's test, Fieller's for the lift."""
    method = "delta method; Welch t; Fieller"
    if treatment.mean is None or control.mean is None:
        why = "nothing to divide by" if treatment.n and control.n else "nobody in it"
        return Comparison(
            treatment.n,
            control.n,
            treatment.mean,
            control.mean,
            method=method,
            reason=f"a group has {why}",
        )
    return replace(
        compare_means(treatment.linearised, control.linearised, confidence), method=method
    )


def deviate(treatment: Sample, control: Sample) -> float | None:
    """Return the ``z`` of ``compare`` alone, in a tenth of its time; None where it has none.

    Raises:
        InputError: As there.
    """
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        if not treatment.n or not control.n:
            return None
        z, too_few = _pooled_z(treatment, control)
        return None if too_few else z
    if isinstance(treatment, Moments) and isinstance(control, Moments):
        weight = min(treatment.n, control.n, treatment.n_nonzero, control.n_nonzero)
        is_tested = weight >= ENOUGH and (treatment.varies or control.varies)
        return _welch_z(treatment, control) if is_tested else None
    if isinstance(treatment, Ratio) and isinstance(control, Ratio):
        return deviate(treatment.linearised, control.linearised)
    raise InputError(_UNLIKE)


def _lift(treatment: float, control: float) -> float | None:
    """Return the relative gain over a control above zero, if there is a number for it."""
    ratio = treatment / control if control > 0 else inf
    return ratio - 1 if isfinite(ratio) else None


def _welch_z(treatment: Moments, control: Moments) -> float:
    """Return Welch's t as the normal deviate with the same tail, so that families can mix it."""
    from scipy.special import ndtri, stdtr  # noqa: PLC0415

    error = sqrt(treatment.variance_of_mean + control.variance_of_mean)
    statistic = (treatment.mean - control.mean) / error
    tail = float(stdtr(welch_freedom(treatment, control), -abs(statistic)))
    deviate = -float(ndtri(max(tail, 1e-300)))  # beyond that a double knows no tail
    return deviate if statistic >= 0 else -deviate


def difference_at(treatment: Sample, control: Sample, critical: float) -> Interval:
    """Return the interval of the difference that agrees with the test at ``critical``."""
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        return score_difference(treatment, control, critical)
    if isinstance(treatment, Moments) and isinstance(control, Moments):
        return welch_difference(treatment, control, critical)
    if isinstance(treatment, Ratio) and isinstance(control, Ratio):
        return welch_difference(treatment.linearised, control.linearised, critical)
    raise InputError(_UNLIKE)


def _two_sided(z: float) -> float:
    return erfc(abs(z) / sqrt(2))  # the tail itself: 1 - cdf would round to 0
