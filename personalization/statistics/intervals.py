"""Confidence intervals for a difference and for a relative lift, defined at every count.

The intervals come in the pairs that go with the tests of ``comparison``: ``score_difference``
and ``koopman_lift`` leave out no effect exactly where the pooled z test says so, and
``fieller_lift`` where Welch's test does.
"""

from __future__ import annotations

from math import acos, copysign, cos, hypot, isfinite, pi, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.statistics.samples import Counts, Moments

Interval = tuple[float, float]

_BESIDE: Final = 1e-9  # step away from the estimate, where both sides of the equation are 0
_PRECISION: Final = 1e-12


def critical_value(confidence: float) -> float:
    """Return the two-sided normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def newcombe_difference(treatment: Counts, control: Counts, confidence: float) -> Interval:
    """Return the interval of the difference of two rates, in [-1, 1]; each arm needs a customer.

    References:
        Newcombe (1998), Statistics in Medicine 17, 873-890: hybrid score, method 10.
    """
    critical = critical_value(confidence)
    rate_t, rate_c = treatment.successes / treatment.n, control.successes / control.n
    low_t, high_t = wilson_rate(treatment, critical)
    low_c, high_c = wilson_rate(control, critical)
    difference = rate_t - rate_c
    return (
        difference - hypot(rate_t - low_t, high_c - rate_c),
        difference + hypot(high_t - rate_t, rate_c - low_c),
    )


def wilson_rate(sample: Counts, critical: float) -> Interval:
    """Return the interval of one rate, in [0, 1]; the sample needs a customer.

    References:
        Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    rate, extra = sample.successes / sample.n, critical**2 / sample.n
    middle = (rate + extra / 2) / (1 + extra)
    half = sqrt(rate * (1 - rate) * extra + extra**2 / 4) / (1 + extra)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def score_difference(treatment: Counts, control: Counts, critical: float) -> Interval:
    """Return the differences in [-1, 1] that a score test does not reject at ``critical``.

    At no difference that test is the pooled z test, so interval and p agree at any critical
    value, also one that is corrected for several arms.

    References:
        Mee (1984), Biometrics 40, 1175-1176.
    """
    rate_t, rate_c = treatment.successes / treatment.n, control.successes / control.n
    difference = rate_t - rate_c

    def excess(delta: float) -> float:
        variance = _variance_under_difference(treatment, control, delta)
        return (difference - delta) ** 2 - critical**2 * variance

    return (
        _root(excess, -1.0, difference - _BESIDE) if difference > -1 else -1.0,
        _root(excess, difference + _BESIDE, 1.0) if difference < 1 else 1.0,
    )


def score_deviate(treatment: Counts, control: Counts, delta: float) -> float:
    """Return how far the difference of two rates lies above ``delta``, in standard errors.

    The rates of the error are the likeliest ones at that difference; 0 where they leave none.

    Args:
        treatment: A customer or more.
        control: Likewise.
        delta: Hypothetical difference, in (-1, 1); at 0 this is the pooled z.

    References:
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454.
    """
    rate_t, rate_c = treatment.successes / treatment.n, control.successes / control.n
    variance = _variance_under_difference(treatment, control, delta)
    return (rate_t - rate_c - delta) / sqrt(variance) if variance else 0.0


def koopman_lift(treatment: Counts, control: Counts, confidence: float) -> Interval | None:
    """Return the interval of the relative lift, or None where the control has no success.

    Both ends are fractions, -1 and up; the lower is -1 where the treatment has no success.

    References:
        Koopman (1984), Biometrics 40, 513-517, with the closed form of Nam (1995).
    """
    if not control.successes:
        return None
    square = critical_value(confidence) ** 2
    rate_t, rate_c = treatment.successes / treatment.n, control.successes / control.n
    ratio = rate_t / rate_c

    def excess(theta: float) -> float:
        p_t = _rate_under_ratio(treatment, control, theta)
        p_c = min(p_t / theta, 1.0)
        variance = p_t * (1 - p_t) / treatment.n + theta**2 * p_c * (1 - p_c) / control.n
        return (rate_t - theta * rate_c) ** 2 - square * variance

    top = 2 * max(ratio, 1 / (rate_c * treatment.n))
    while excess(top) < 0:
        top *= 2
    start = ratio * (1 + _BESIDE) if ratio else _PRECISION
    low = _root(excess, _PRECISION * ratio, ratio * (1 - _BESIDE)) if ratio else 0.0
    return low - 1, _root(excess, start, top) - 1


def welch_difference(treatment: Moments, control: Moments, critical: float) -> Interval:
    """Return the interval of the difference of two means, in the metric's unit.

    Args:
        treatment: Two customers or more.
        control: Likewise.
        critical: Normal quantile; Student's quantile of the same tail is taken.

    References:
        Welch (1947), Biometrika 34, 28-35.
    """
    half = _student(critical, welch_freedom(treatment, control)) * sqrt(
        treatment.variance_of_mean + control.variance_of_mean
    )
    difference = treatment.mean - control.mean
    return difference - half, difference + half


def fieller_lift(treatment: Moments, control: Moments, confidence: float) -> Interval | None:
    """Return the interval of the relative lift, as fractions; None where nothing bounds it.

    It is bounded only where the control's mean is clearly above zero: g, the square of its own
    half interval over itself, has to be below 1.

    References:
        Fieller (1954), Journal of the Royal Statistical Society B 16, 175-185.
    """
    quantile = _student(critical_value(confidence), welch_freedom(treatment, control))
    doubt = quantile * sqrt(control.variance_of_mean)
    if control.mean <= doubt:  # g is 1 or more
        return None
    doubt /= control.mean
    bound, ratio = 1 - doubt**2, treatment.mean / control.mean
    own = quantile * sqrt(treatment.variance_of_mean) / control.mean
    half = hypot(sqrt(bound) * own, ratio * doubt)
    low, high = (ratio - half) / bound - 1, (ratio + half) / bound - 1
    return (low, high) if isfinite(low) and isfinite(high) else None


def welch_freedom(treatment: Moments, control: Moments) -> float:
    """Return the degrees of freedom of Welch and Satterthwaite; some variance has to be there."""
    own, other = treatment.variance_of_mean, control.variance_of_mean
    share = own / (own + other)
    return 1 / (share**2 / (treatment.n - 1) + (1 - share) ** 2 / (control.n - 1))


def _student(critical: float, freedom: float) -> float:
    """Return Student's quantile that cuts off the tail that ``critical`` cuts off the normal."""
    from scipy.special import ndtr, stdtrit  # noqa: PLC0415

    return -float(stdtrit(freedom, float(ndtr(-critical))))


def _variance_under_difference(treatment: Counts, control: Counts, delta: float) -> float:
    p_t = _rate_under_difference(treatment, control, delta)
    p_c = min(max(p_t - delta, 0.0), 1.0)
    return p_t * (1 - p_t) / treatment.n + p_c * (1 - p_c) / control.n


def _rate_under_difference(treatment: Counts, control: Counts, delta: float) -> float:
    """Return the likeliest rate of the treatment if it is ``delta`` above the control's.

    References:
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454: the cubic's root.
    """
    share = control.n / treatment.n
    rate_t, rate_c = treatment.successes / treatment.n, control.successes / control.n
    a = 1 + share
    b = -(1 + share + rate_t + share * rate_c + delta * (share + 2))
    c = delta**2 + delta * (2 * rate_t + share + 1) + rate_t + share * rate_c
    d = -rate_t * delta * (1 + delta)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = copysign(sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    turn = (pi + acos(min(max(v / u**3, -1.0), 1.0))) / 3 if u else 0.0
    root = 2 * u * cos(turn) - b / (3 * a)
    return min(max(root, delta, 0.0), 1 + delta, 1.0)


def _rate_under_ratio(treatment: Counts, control: Counts, theta: float) -> float:
    """Return the likeliest rate of the treatment if it is ``theta`` times the control's."""
    n = treatment.n + control.n
    half = theta * (treatment.n + control.successes) + treatment.successes + control.n
    product = 4 * theta * n * (treatment.successes + control.successes)
    # The smaller root, by way of the larger one: no two close numbers are subtracted.
    return min(product / (2 * n * (half + sqrt(max(half**2 - product, 0.0)))), theta, 1.0)


def _root(excess: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq  # noqa: PLC0415

    if excess(low) * excess(high) > 0:  # the whole side is inside: its far end bounds it
        return low if excess(low) <= excess(high) else high
    return float(brentq(excess, low, high, xtol=_PRECISION))
