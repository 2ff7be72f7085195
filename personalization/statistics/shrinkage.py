"""What past campaigns make of an observed lift: most large ones were luck in part.

The true lift is taken to come from a normal distribution about zero that is as wide as the lifts
of past campaigns were; an uncertain estimate is drawn towards zero, a certain one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, inf, isfinite, pi, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.statistics.samples import Sample

DEFAULT_SPREAD: Final = 0.3
"""Standard deviation of true lifts where there is no past to learn it from; GrowthBook's."""
SMALLEST_SPREAD: Final = 0.05
"""A past of noise alone would say 0, and no message could ever be credited with anything."""
ENOUGH_LIFTS: Final = 5
"""Past lifts from which their spread is learned."""
_WIDEST: Final = 1e9  # an error of the lift beyond says nothing of it
_FARTHEST: Final = 1e3  # standard deviations; from 40 on a double knows no tail


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is to be believed of a lift; all lifts are fractions.

    Attributes:
        mean: The shrunken lift.
        low: Lower end of the central interval.
        high: Upper end.
        chance_above: Chance that the true lift is above 0, in [0, 1].
        risk_of_taking: Lift lost on average by taking the arm, where it is worse after all.
        risk_of_leaving: Lift forgone on average by keeping to the control.
    """

    mean: float
    low: float
    high: float
    chance_above: float
    risk_of_taking: float
    risk_of_leaving: float


def posterior_lift(
    lift: float, error: float, *, prior: float = DEFAULT_SPREAD, confidence: float = 0.95
) -> Posterior:
    """Draw an observed lift towards zero by what past lifts were like.

    Args:
        lift: As observed, a fraction.
        error: Its standard error, above 0; see ``error_of_lift``.
        prior: Standard deviation of true lifts; infinite for no shrinking at all.
        confidence: Of the interval, in (0, 1).

    References:
        Gelman and others (2013), Bayesian Data Analysis, 2.5: normal mean, known variance.
    """
    if not isfinite(lift) or not 0 < error <= _WIDEST or not prior > 0 or not 0 < confidence < 1:
        raise InputError(
            f"A lift of {lift:g} with an error of {error:g} cannot be shrunk towards a spread of "
            f"{prior:g}: error and spread have to be above 0."
        )
    kept = 1 / (1 + (error / prior) ** 2)
    mean, spread = lift * kept, error * sqrt(kept)
    half = critical_value(confidence) * spread
    deviate = max(-_FARTHEST, min(mean / spread, _FARTHEST))
    above, below = NormalDist().cdf(deviate), NormalDist().cdf(-deviate)
    density = spread * exp(-(deviate**2) / 2) / sqrt(2 * pi)
    return Posterior(
        mean=mean,
        low=mean - half,
        high=mean + half,
        chance_above=above,
        risk_of_taking=max(density - mean * below, 0.0),
        risk_of_leaving=max(density + mean * above, 0.0),
    )


def error_of_lift(treatment: Sample, control: Sample) -> float | None:
    """Return the standard error of the relative lift by the delta method.

    None where the control has nothing to relate to, or nothing varied, or nothing is bounded.
    """
    mean_t, mean_c = treatment.mean, control.mean
    if not treatment.n or not control.n or mean_t is None or mean_c is None or mean_c <= 0:
        return None
    relative = sqrt(control.variance_of_mean) * abs(mean_t / mean_c)
    error = hypot(sqrt(treatment.variance_of_mean), relative) / mean_c
    return error if 0 < error <= _WIDEST else None


def spread_of_lifts(lifts: Sequence[float], errors: Sequence[float]) -> float:
    """Return how widely the true lifts of past campaigns spread about zero: tau.

    The spread that leaves their squares, each over its own variance, as large as their number.

    Args:
        lifts: As observed, one for each arm of a past campaign.
        errors: Their standard errors, above 0.

    Returns:
        ``DEFAULT_SPREAD`` below ``ENOUGH_LIFTS``, and never less than ``SMALLEST_SPREAD``.

    References:
        Paule and Mandel (1982), Journal of Research of the NBS 87, 377-385, about a known mean.
    """
    if len(lifts) != len(errors) or not all(0 < error < inf for error in errors):
        raise InputError("Every past lift needs a standard error above 0.")
    if len(lifts) < ENOUGH_LIFTS:
        return DEFAULT_SPREAD

    def excess(tau: float) -> float:
        return sum(x * x / (e * e + tau * tau) for x, e in zip(lifts, errors, strict=True)) - len(
            lifts
        )

    if excess(SMALLEST_SPREAD) <= 0:
        return SMALLEST_SPREAD
    from scipy.optimize import brentq  # noqa: PLC0415

    return float(brentq(excess, SMALLEST_SPREAD, sqrt(sum(x * x for x in lifts))))
