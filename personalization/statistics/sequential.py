"""Intervals that hold however often one looks: the asymptotic confidence sequence.

An ordinary interval is honest on one day that was named beforehand.  Whoever looks every day and
stops at the first good one is fooled far more often than it says; these intervals are wider and
are not.  For several arms against one control pass the Bonferroni confidence, 1 - (1 - confidence)
/ arms: the bound over all looks and the bound over all arms then hold together.
"""

from __future__ import annotations

from math import exp, inf, log, sqrt
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.comparison import deviate

if TYPE_CHECKING:
    from personalization.statistics.intervals import Interval
    from personalization.statistics.samples import Sample

TUNING: Final = 5000
"""Customers at which the sequence is narrowest, of both arms together; GrowthBook's default."""

_FARTHEST: Final = 1e6  # standard errors from which any p is 0 in a double


def always_valid(
    difference: float, error: float, n: int, *, confidence: float, tuning: float = TUNING
) -> Interval | None:
    """Return the interval that covers at every look at once, with this confidence.

    Args:
        difference: The estimate on any scale: a difference, or a relative lift.
        error: Its standard error on the same scale.
        n: Customers of both arms so far.
        confidence: Over all looks together, in (0, 1).
        tuning: Customers at which the interval is to be narrowest.

    Returns:
        None where the error is 0: no spread was seen yet, so nothing can be said of it.

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central limit theory
        and asymptotic confidence sequences, Annals of Statistics 52, 2613-2640, theorem 2.2.
    """
    _check(error, n, confidence, tuning)
    if not error or not n:
        return None
    half = error * always_valid_critical(n, confidence=confidence, tuning=tuning)
    return difference - half, difference + half


def always_valid_critical(n: int, *, confidence: float, tuning: float = TUNING) -> float:
    """Return how many standard errors the always-valid interval reaches to either side.

    Args:
        n: Customers of both arms so far, above 0.
        confidence: Over all looks together, in (0, 1).
        tuning: Customers at which the interval is to be narrowest.
    """
    mixed = n * _mixing(confidence, tuning)
    return sqrt(2 * (mixed + 1) / mixed * log(sqrt(mixed + 1) / (1 - confidence)))


def always_valid_p(
    difference: float, error: float, n: int, *, tuning: float = TUNING, confidence: float = 0.95
) -> float:
    """Return the p that may be looked at every day: the interval's statement turned round.

    It is below 1 - ``confidence`` exactly where ``always_valid`` leaves out 0; 1 where there is
    no such interval.
    """
    _check(error, n, confidence, tuning)
    if not error or not n:
        return 1.0
    mixed = n * _mixing(confidence, tuning)
    errors = min(abs(difference) / error, _FARTHEST)
    evidence = errors**2 * mixed / (2 * (mixed + 1))
    return min(exp(log(mixed + 1) / 2 - evidence), 1.0)


def always_valid_difference(
    treatment: Sample, control: Sample, *, confidence: float, tuning: float = TUNING
) -> Interval | None:
    """Return the always-valid interval of treatment minus control, in the metric's unit.

    None as long as there are too few responses for any test: the sequence is asymptotic too.
    """
    mean_t, mean_c = treatment.mean, control.mean
    if deviate(treatment, control) is None or mean_t is None or mean_c is None:
        return None
    error = sqrt(treatment.variance_of_mean + control.variance_of_mean)
    n = treatment.n + control.n
    return always_valid(mean_t - mean_c, error, n, confidence=confidence, tuning=tuning)


def _mixing(confidence: float, tuning: float) -> float:
    """Return the variance (rho squared) of the mixture that is narrowest at ``tuning``."""
    reach = -2 * log(1 - confidence)
    return (reach + log(reach + 1)) / tuning


def _check(error: float, n: int, confidence: float, tuning: float) -> None:
    if not 0 < confidence < 1 or not 0 < tuning < inf or not 0 <= error < inf or n < 0:
        raise InputError(
            f"No always-valid interval for an error of {error:g}, {n} customers, a confidence of "
            f"{confidence:g} and a tuning of {tuning:g}: the last two have to be above 0."
        )
