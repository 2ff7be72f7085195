"""What stands beside a lift: what to believe of it, what it may cost, what is missing.

None of it decides; the rule of the frozen hypothesis does.  Only the guardrails can block.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.analysis import is_everywhere
from personalization.statistics.bayesian import posterior_of_best
from personalization.statistics.intervals import critical_value
from personalization.statistics.non_inferiority import Guarded, guard
from personalization.statistics.samples import Counts
from personalization.statistics.sequential import always_valid_critical
from personalization.statistics.settling import needed_more
from personalization.statistics.shrinkage import error_of_lift, posterior_lift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.analysis import Result
    from personalization.experiments.metrics import Metric
    from personalization.statistics.bayesian import Best
    from personalization.statistics.comparison import Comparison
    from personalization.statistics.samples import Sample
    from personalization.statistics.shrinkage import Posterior


_FAR: Final = 7.0  # standard errors; so few people, some 70, that no margin is ever within reach


@dataclass(frozen=True, slots=True)
class Prior:
    """What past campaigns say of true lifts.

    Attributes:
        spread: Standard deviation of true lifts, as a fraction.
        n_campaigns: Past campaigns that it was learned from; 0 where it is assumed.
    """

    spread: float
    n_campaigns: int = 0


@dataclass(frozen=True, slots=True)
class Unadjusted:
    """A comparison before the pre-period was taken out of it, and how much that took away."""

    comparison: Comparison
    rho_squared: float


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it for one result; None where it says nothing.

    Attributes:
        best: Chance to be the best of all arms and the control, and the loss if it is taken.
        shrunk: The lift after what past campaigns were like.
        prior: What that was drawn from.
        needed_more: Customers more per arm that would settle it.
        guarded: What a guardrail says.
        margin: The harm that it bears, as a share of customers.
        unadjusted: The comparison without the pre-period, where it has one.
        is_top: Whether several arms were compared and this one came out on top.
    """

    best: Best | None = None
    shrunk: Posterior | None = None
    prior: Prior | None = None
    needed_more: int | None = None
    guarded: Guarded | None = None
    margin: float | None = None
    unadjusted: Unadjusted | None = None
    is_top: bool = False


def needed_for(
    result: Result, *, confidence: float, relevant_lift: float, is_early: bool
) -> int | None:
    """Return the customers more per arm that would settle a result, within its family.

    Read early, it is the always-valid interval that has to become narrow enough.
    """
    critical = critical_value(1 - (1 - confidence) / result.n_family)
    error = sqrt(result.treatment.variance_of_mean + result.control.variance_of_mean)
    if is_early and result.sequence is not None and error:
        critical = (result.sequence[1] - result.sequence[0]) / (2 * error)
    return needed_more(
        result.treatment, result.control, critical=critical, relevant_lift=relevant_lift
    )


def shrunk_lift(result: Result, prior: Prior, confidence: float) -> Posterior | None:
    """Return the lift drawn towards zero; None where there is no lift to begin with."""
    if result.comparison.lift is None or result.comparison.p is None:
        return None
    error = error_of_lift(result.treatment, result.control)
    if error is None:
        return None
    return posterior_lift(result.comparison.lift, error, prior=prior.spread, confidence=confidence)


def guarded_by(
    result: Result, margin: float, confidence: float, *, is_early: bool
) -> Guarded | None:
    """Hold the harm of an arm against its margin; None where the metric is no rate.

    Read before its day the bound is as wide as the always-valid interval, so that no good moment
    for the guardrail can be waited for either.
    """
    treatment, control = result.rates or (result.treatment, result.control)
    if not isinstance(treatment, Counts) or not isinstance(control, Counts):
        return None
    n = treatment.n + control.n
    if is_early and n:
        both_sides = 1 - 2 * (1 - confidence)
        reach = always_valid_critical(n, confidence=both_sides)
        confidence = NormalDist().cdf(min(reach, _FAR))
    return guard(treatment, control, margin=margin, confidence=confidence)


def unknown_harm(metric: Metric) -> Guarded:
    """Say that a harm is not shown to be small: nobody told of any, which need not mean none."""
    reason = f"no {metric.noun} are on record for anybody; upload what your e-mail tool recorded"
    return Guarded(None, None, None, "not_shown", reason)


def tops(results: Sequence[Result], metric: Metric) -> set[tuple[str, str]]:
    """Return segment and arm of what looks best of several arms; of one alone there is no best."""
    sign = 1 if metric.is_wanted else -1
    best: dict[str, list[tuple[float, str]]] = {}
    for result in results:
        difference = result.comparison.difference
        if result.arm != HOLDOUT and difference is not None:
            best.setdefault(result.segment, []).append((sign * difference, result.arm))
    return {(segment, max(arms)[1]) for segment, arms in best.items() if len(arms) > 1}


def best_of(
    results: Sequence[Result], metric: Metric, weights: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], Best]:
    """Return each arm's chance to be the best, by segment and arm.

    Over the whole audience only arms that are in every segment can be ranked among each other;
    a holdout got nothing, so it is no choice between messages.
    """
    found: dict[tuple[str, str], Best] = {}
    for segment in dict.fromkeys(result.segment for result in results):
        rows = [
            result
            for result in results
            if result.segment == segment
            and result.arm != HOLDOUT
            and (segment or is_everywhere(weights, result.arm))
        ]
        samples: dict[str, Sample] = {result.arm: result.treatment for result in rows}
        if not rows or min(sample.n for sample in (*samples.values(), rows[0].control)) == 0:
            continue
        ranked = posterior_of_best(
            {**samples, CONTROL: rows[0].control}, is_wanted=metric.is_wanted
        )
        found |= {(segment, arm): best for arm, best in ranked.items()}
    return found
