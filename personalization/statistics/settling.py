"""How many more customers would settle a test that says neither yes nor no."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.comparison import deviate, difference_at
from personalization.statistics.samples import ENOUGH, Counts, Ratio

if TYPE_CHECKING:
    from personalization.statistics.samples import Sample

_MOST: Final = 1_000_000_000  # more than there are customers of anything: nothing settles it


def needed_more(
    treatment: Sample, control: Sample, *, critical: float, relevant_lift: float
) -> int | None:
    """Return how many customers more each arm needs, if what was seen so far is the truth.

    Settled is an interval of the difference that leaves out 0, or that lies within plus or minus
    the lift that would matter: whichever comes first.

    Args:
        treatment: As it stands.
        control: Likewise.
        critical: Of the interval: 1.96 for one comparison at 95 %, Dunnett's for several.
        relevant_lift: Smallest relative lift that would matter, such as 0.10; not below 0.

    Returns:
        0 where it is settled already; None where no number of customers would do it, or nothing
        is known to start from.
    """
    if relevant_lift < 0 or not critical > 0:
        raise InputError("Give a critical value above 0 and a relevant lift of 0 or more.")
    mean_t, mean_c = treatment.mean, control.mean
    if not treatment.n or not control.n or mean_t is None or mean_c is None:
        return None
    if _has_none(treatment) or _has_none(control):
        return None
    relevant = relevant_lift * abs(mean_c)
    gap = abs(mean_t - mean_c)
    if deviate(treatment, control) is not None:
        low, high = difference_at(treatment, control, critical)
        if not low <= 0 <= high or (-relevant < low and high < relevant):
            return 0
    square = (max(gap, relevant - gap) / critical) ** 2
    spread_t, spread_c = _spreads(treatment, control)
    if not 0 < spread_t + spread_c <= 2 * _MOST * square:
        return None
    more = max(
        _more_for(spread_t, treatment.n, spread_c, control.n, square),
        _more_for_a_test(treatment, control),
        1.0,
    )
    return ceil(more) if more <= _MOST else None


def _has_none(sample: Sample) -> bool:
    """Tell whether nobody spent anything: no number of customers makes that a mean to test."""
    plain = sample.linearised if isinstance(sample, Ratio) else sample
    return not isinstance(plain, Counts) and not plain.n_nonzero


def _spreads(treatment: Sample, control: Sample) -> tuple[float, float]:
    """Return the variance of one customer's outcome in both arms."""
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        pooled = treatment + control
        rate = pooled.successes / pooled.n
        return rate * (1 - rate), rate * (1 - rate)
    return treatment.variance_of_mean * treatment.n, control.variance_of_mean * control.n


def _more_for(spread_t: float, n_t: int, spread_c: float, n_c: int, square: float) -> float:
    """Return m of spread_t / (n_t + m) + spread_c / (n_c + m) = square; below 0 if it is less."""
    half = (n_t + n_c - (spread_t + spread_c) / square) / 2
    rest = n_t * n_c - (spread_t * n_c + spread_c * n_t) / square
    return -half + sqrt(max(half * half - rest, 0.0))


def _more_for_a_test(treatment: Sample, control: Sample) -> float:
    """Return how many more it takes until there are responses enough for a test at all."""
    if isinstance(treatment, Counts) and isinstance(control, Counts):
        pooled = treatment + control
        rarer = min(pooled.successes, pooled.n - pooled.successes) / pooled.n
        return ENOUGH / rarer - min(treatment.n, control.n) if rarer else 0.0
    return max(_more_for_amounts(treatment), _more_for_amounts(control))


def _more_for_amounts(sample: Sample) -> float:
    plain = sample.linearised if isinstance(sample, Ratio) else sample
    if isinstance(plain, Counts):
        return 0.0
    return plain.n * max(ENOUGH / plain.n_nonzero - 1, 0.0)
