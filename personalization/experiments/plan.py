"""What an experiment on this audience could show, before anybody is written to.

A plan is a value: nothing is written until it is designed, so it can be asked for at any time
and with any weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.domain import CONTROL, HOLDOUT, Arm
from personalization.errors import StateError
from personalization.experiments import plan_words
from personalization.experiments.assignment import cell_sizes
from personalization.experiments.audience import eligible_by_segment
from personalization.experiments.metrics import HOPED_FOR, deciding_metric
from personalization.experiments.offers import arm_shares, offers_of, planned_arms
from personalization.statistics.intervals import critical_value
from personalization.statistics.multiplicity import dunnett_critical
from personalization.statistics.sample_size import (
    Amount,
    Rate,
    detectable_lift,
    needed_per_arm,
    noise_share,
)
from personalization.statistics.samples import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.settings import Experiments, Settings
    from personalization.statistics.sample_size import Expected
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """One segment of the plan.

    Attributes:
        eligible: Customers who may be written to.
        sizes: Each arm with the customers it will get.
        detectable_lift: Smallest lift of one variant that would be noticed; None where none would.
        is_small: Too few responses are to be expected for a verdict of its own.
        sentence: All of this for a reader.
    """

    segment: str
    eligible: int
    sizes: tuple[tuple[str, int], ...]
    detectable_lift: float | None
    is_small: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment would be, and what it could show.

    Attributes:
        metric: click, conversion or revenue: what decides.
        base_rate: Share expected to do it in the control (to buy, for revenue), in (0, 1).
        base_rate_source: Where that comes from, in words.
        confidence: Of the intervals.
        power: Chance to notice the lifts that are named here.
        arms: Of each segment, with weights as shares of the segment.
        segments: In the order of the Segments page.
        eligible: Customers who may be written to.
        detectable_lift: Smallest lift over the whole audience that would be noticed, or None.
        needed_per_arm: Customers an arm needs for +10 %, looked at by itself.
        needed_for_winner: The same when all variants are tested at once.
        noise_share: How often some arm would show more than +10 % without any effect.
        sentences: What a marketer should know.
        warnings: What would be wiser otherwise.
        missing: What has to be done before it can be designed; empty when it can.
    """

    metric: str
    base_rate: float
    base_rate_source: str
    confidence: float
    power: float
    arms: tuple[Arm, ...]
    segments: tuple[SegmentPlan, ...]
    eligible: int
    detectable_lift: float | None
    needed_per_arm: int
    needed_for_winner: int
    noise_share: float
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[str, ...]


_CAMPAIGN = "SELECT dataset_id, brief FROM campaigns WHERE campaign_id = $campaign_id"


def plan_experiment(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    control_weight: float | None = None,
    holdout_weight: float | None = None,
    weights: Mapping[str, float] | None = None,
    metric: str | None = None,
    base_rate: float | None = None,
) -> Plan:
    """Plan the campaign's experiment; reads only.

    Args:
        store: Reads ``audience``, ``segments``, ``current_variants`` and ``sendable_variants``.
        settings: Confidence, power and weights where they are not given.
        campaign_id: Which campaign.
        control_weight: Share of each segment that gets the control text.
        holdout_weight: Share that gets nothing.
        weights: Each arm's share instead, the control's and any holdout's too; they sum to 1.
        metric: click, conversion or revenue; the brief's where it is not given.
        base_rate: What the control is expected to do, in (0, 1); as in earlier campaigns to the
            same customers where there were any, else as the settings assume.

    Raises:
        InputError: The weights are no shares, or the metric cannot decide.
        StateError: There is no such campaign.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise StateError(f"There is no campaign {campaign_id!r}.")
    decides = deciding_metric(metric or json.loads(row[1]).get("metric", "click")).name
    chosen = settings.experiments
    eligible = eligible_by_segment(store, campaign_id)
    offers = offers_of(store, campaign_id, eligible)
    shares = arm_shares(
        offers,
        control_weight=chosen.control_weight if control_weight is None else control_weight,
        holdout_weight=chosen.holdout_weight if holdout_weight is None else holdout_weight,
        weights=weights,
    )
    expected, source = _expected(store, settings, str(row[0]), decides, base_rate)
    arms = planned_arms(offers, shares)
    segments = _segment_plans(chosen, decides, expected, arms, eligible)
    return Plan(
        metric=decides,
        base_rate=expected.rate,
        base_rate_source=source,
        arms=arms,
        segments=segments,
        warnings=plan_words.warnings(offers, segments),
        missing=plan_words.missing(offers, eligible),
        **_whole(chosen, decides, expected, source=source, shares=shares, segments=segments),
    )


_LEARNED = """
    SELECT avg(CASE WHEN metric = 'click' THEN mean_control END),
           avg(CASE WHEN metric = 'conversion' THEN mean_control END),
           avg(CASE WHEN metric = 'revenue' THEN mean_control END)
    FROM results
    JOIN experiments ON experiments.experiment_id = results.experiment_id
    JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE campaigns.dataset_id = $dataset_id AND results.segment = '' AND results.arm <> 'holdout'
      AND NOT results.is_simulated AND results.mean_control > 0
"""


def _expected(
    store: Store, settings: Settings, dataset_id: str, metric: str, base_rate: float | None
) -> tuple[Expected, str]:
    """Return what the control is expected to do, and where that comes from."""
    clicks, buyers, revenue = store.read(_LEARNED, dataset_id=dataset_id)[0]
    learned = clicks if metric == "click" else buyers
    assumed = settings.delivery.click_rate
    if metric != "click":
        assumed *= settings.delivery.conversion_rate
    if base_rate is not None:
        rate, source = base_rate, "as entered"
    elif learned is not None:
        rate, source = float(learned), "as in earlier campaigns to these customers"
    else:
        rate, source = assumed, "assumed in the settings"
    if metric != "revenue":
        return Rate(rate), source
    value = revenue / buyers if revenue and buyers else settings.delivery.order_value
    return Amount(rate, float(value)), source


def _segment_plans(
    chosen: Experiments,
    metric: str,
    expected: Expected,
    arms: Sequence[Arm],
    eligible: Mapping[str, int],
) -> tuple[SegmentPlan, ...]:
    return tuple(
        _segment_plan(
            chosen, metric, expected, segment=segment, eligible=eligible.get(segment, 0), arms=arms
        )
        for segment in dict.fromkeys(arm.segment for arm in arms)
    )


def _segment_plan(
    chosen: Experiments,
    metric: str,
    expected: Expected,
    *,
    segment: str,
    eligible: int,
    arms: Sequence[Arm],
) -> SegmentPlan:
    own = [arm for arm in arms if arm.segment == segment]
    sizes = cell_sizes(eligible, [arm.weight for arm in own])
    by_arm = {arm.name: size for arm, size in zip(own, sizes, strict=True)}
    control = by_arm.get(CONTROL, 0)
    smallest = min((n for name, n in by_arm.items() if name not in (CONTROL, HOLDOUT)), default=0)
    found = detectable_lift(
        expected,
        smallest,
        control,
        power=chosen.power,
        critical=critical_value(chosen.confidence),
    )
    return SegmentPlan(
        segment,
        eligible,
        tuple(by_arm.items()),
        found,
        is_small=min(control, smallest) * expected.rate < ENOUGH,
        sentence=plan_words.about_segment(segment, eligible, metric, found),
    )


def _whole(
    chosen: Experiments,
    metric: str,
    expected: Expected,
    *,
    source: str,
    shares: Mapping[str, float],
    segments: Sequence[SegmentPlan],
) -> dict[str, Any]:
    """Work out what the whole audience can show, and put it into words."""
    sizes = [dict(segment.sizes) for segment in segments]
    totals = {name: sum(size.get(name, 0) for size in sizes) for name in shares}
    control = totals.pop(CONTROL)
    totals.pop(HOLDOUT, None)
    critical = critical_value(chosen.confidence)
    found = detectable_lift(
        expected, min(totals.values()), control, power=chosen.power, critical=critical
    )
    alone, winner = _needed(chosen, expected, shares, critical)
    noise = noise_share(expected.rate, control, list(totals.values()), lift=HOPED_FOR)
    people = sum(segment.eligible for segment in segments)
    return {
        "confidence": chosen.confidence,
        "power": chosen.power,
        "eligible": people,
        "detectable_lift": found,
        "needed_per_arm": alone,
        "needed_for_winner": winner,
        "noise_share": noise,
        "sentences": (
            plan_words.headline(metric, people, len(totals), found, alone),
            *plan_words.about_several(len(totals), winner),
            plan_words.about_noise(noise, found),
            plan_words.about_base(metric, expected.rate, source),
        ),
    }


def _needed(
    chosen: Experiments, expected: Expected, shares: Mapping[str, float], critical: float
) -> tuple[int, int]:
    """Return the customers an arm needs for the lift hoped for: by itself, and as the winner."""
    control = shares[CONTROL]
    variants = [share for name, share in shares.items() if name not in (CONTROL, HOLDOUT)]
    joint = dunnett_critical([n / (n + control) for n in variants], chosen.confidence)
    alone, winner = (
        needed_per_arm(
            expected, HOPED_FOR, power=chosen.power, critical=bar, ratio=control / min(variants)
        )
        for bar in (critical, joint)
    )
    return alone, winner
