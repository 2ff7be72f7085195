"""Planning: from the audience and the messages to what an experiment on them could show.

Nothing is written until the plan is designed, so it can be asked for at any time and with any
choices.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.experiments import plan_words
from personalization.experiments.audience import eligible_by_segment
from personalization.experiments.cells import cells_of
from personalization.experiments.declaring import declare
from personalization.experiments.expectations import expectations_of, foresight_of, kept_by
from personalization.experiments.metrics import HOPED_FOR, METRICS
from personalization.experiments.offers import (
    arm_shares,
    learned_weights,
    offers_of,
    planned_arms,
)
from personalization.experiments.plan import Choices, Plan
from personalization.experiments.sizing import (
    Sizing,
    guardrail_plans,
    metric_plans,
    segment_plans,
)
from personalization.statistics.noise import noise_share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from personalization.domain import Arm
    from personalization.experiments.declaring import Declaration
    from personalization.experiments.expectations import Foresight
    from personalization.experiments.offers import Offer
    from personalization.experiments.sizing import MetricPlan
    from personalization.settings import Experiments, Settings
    from personalization.store import Store

USUAL_PRE_DAYS: Final = 90
"""Days before the launch that an adjustment is tried with where none is asked for."""


def plan_experiment(  # noqa: PLR0913  the fields of one form, each by its name
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    control_weight: float | None = None,
    holdout_weight: float | None = None,
    weights: Mapping[str, float] | None = None,
    metric: str | None = None,
    base_rate: float | None = None,
    variants: Sequence[str] | None = None,
    secondary: Sequence[str] = (),
    guardrails: Mapping[str, float] | None = None,
    cap: float | None = None,
    pre_days: int = 0,
    relevant_lift: float | None = None,
    analysis_on: date | None = None,
) -> Plan:
    """Plan the campaign's experiment; reads only.

    Args:
        store: Reads ``audience``, ``segments``, ``current_variants``, ``sendable_variants``,
            ``arm_weights``, ``results`` and ``transactions``.
        settings: Confidence, power, weights and margins where they are not given.
        campaign_id: Which campaign.
        control_weight: Share of each segment that gets the control text.
        holdout_weight: Share that gets nothing.
        weights: Each arm's share instead, the control's and any holdout's too; they sum to 1.
            Nothing that was learned changes them.
        metric: click, conversion or revenue; the brief's where it is not given.
        base_rate: What the control is expected to do, in (0, 1); as in earlier campaigns to the
            same customers where there were any, else as the settings assume.
        variants: The ones to test; all that are approved where it is not given.
        secondary: Metrics that are promised to be looked at beside the one that decides.
        guardrails: Each with its margin, an absolute share; unsubscribes where it is not given.
        cap: What each customer's revenue counts with at most, in the currency of the data.
        pre_days: Days before the launch that purchases or revenue are adjusted by.
        relevant_lift: Relative lift from which a difference matters.
        analysis_on: The last day whose responses count.

    Raises:
        InputError: The weights are no shares, or something that is declared cannot be.
        StateError: There is no such campaign.
    """
    choices = Choices(
        control_weight, holdout_weight, weights, metric, base_rate,
        None if variants is None else tuple(variants), tuple(secondary), guardrails, cap,
        pre_days, relevant_lift, analysis_on,
    )  # fmt: skip
    return plan_for(store, settings, campaign_id, choices)


_CAMPAIGN = "SELECT dataset_id, brief, send_on FROM campaigns WHERE campaign_id = $campaign_id"


def plan_for(store: Store, settings: Settings, campaign_id: str, choices: Choices) -> Plan:
    """Plan as ``plan_experiment`` does, with its arguments as one value."""
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise StateError(f"There is no campaign {campaign_id!r}.")
    dataset_id, brief, send_on = row
    declared = _declared(settings.experiments, choices, json.loads(brief).get("metric", "click"))
    eligible = eligible_by_segment(store, campaign_id)
    offers = offers_of(store, campaign_id, eligible, choices.variants)
    shares = _shares(settings.experiments, choices, offers)
    learned = learned_weights(store, settings, campaign_id) if choices.weights is None else {}
    arms = planned_arms(offers, shares, learned)
    names = [metric.name for metric in declared.metrics]
    expectations = expectations_of(
        store, settings, dataset_id, metrics=names, base_rate=choices.base_rate, cap=declared.cap
    )
    dates = (send_on, choices.analysis_on)
    foresight = _foresight(store, campaign_id, dataset_id, declared, dates)
    cells, kept = cells_of(arms, eligible), kept_by(foresight) if declared.pre_days else 1.0
    sizing = Sizing(settings.experiments, declared, expectations, cells, kept)
    is_learned = any((arm.segment, arm.name) in learned for arm in arms)
    return Plan(
        arms=arms,
        foresight=foresight,
        is_learned=is_learned,
        analysis_on=choices.analysis_on,
        choices=choices,
        **_parts(sizing, offers, foresight),
        **_whole(sizing, arms, shares, is_learned=is_learned),
    )


def _declared(chosen: Experiments, choices: Choices, usual: str) -> Declaration:
    return declare(
        chosen,
        metric=choices.metric or usual,
        secondary=choices.secondary,
        guardrails=choices.guardrails,
        cap=choices.cap,
        pre_days=choices.pre_days,
        relevant_lift=choices.relevant_lift,
    )


def _shares(chosen: Experiments, choices: Choices, offers: Sequence[Offer]) -> dict[str, float]:
    control, holdout = choices.control_weight, choices.holdout_weight
    return arm_shares(
        offers,
        control_weight=chosen.control_weight if control is None else control,
        holdout_weight=chosen.holdout_weight if holdout is None else holdout,
        weights=choices.weights,
    )


def _foresight(
    store: Store,
    campaign_id: str,
    dataset_id: str,
    declared: Declaration,
    dates: tuple[date, date | None],
) -> Foresight | None:
    """Look at what people bought before, where the metric that decides could be adjusted by it."""
    if declared.primary == "click":
        return None
    send_on, analysis_on = dates
    return foresight_of(
        store, campaign_id, dataset_id,
        metric=declared.primary, pre_days=declared.pre_days or USUAL_PRE_DAYS,
        send_on=send_on, analysis_on=analysis_on, cap=declared.cap,
    )  # fmt: skip


def _parts(sizing: Sizing, offers: Sequence[Offer], foresight: Foresight | None) -> dict[str, Any]:
    """Return what is declared and expected, and what each segment can show."""
    declared, expectations = sizing.declared, sizing.expectations
    segments = segment_plans(sizing)
    return {
        "metric": declared.primary,
        "base_rate": expectations.rate_of(declared.primary),
        "base_rate_source": expectations.source_of(declared.primary),
        "confidence": sizing.chosen.confidence,
        "power": sizing.chosen.power,
        "segments": segments,
        "eligible": sum(segment.eligible for segment in segments),
        "warnings": plan_words.warnings(
            offers, segments, foresight, declared, variants=len(sizing.cells.variants)
        ),
        "missing": plan_words.missing(offers, sizing.cells.eligible),
        "metrics": declared.metrics,
        "cap": declared.cap,
        "pre_days": declared.pre_days,
        "relevant_lift": declared.relevant_lift,
        "order": expectations.order if plan_words.is_about_money(declared) else None,
        "expectations": expectations,
    }


def _whole(
    sizing: Sizing, arms: tuple[Arm, ...], shares: Mapping[str, float], *, is_learned: bool
) -> dict[str, Any]:
    """Work out what the whole audience can show, and put it into words."""
    cells = sizing.cells
    variants = [share for name, share in shares.items() if name not in (CONTROL, HOLDOUT)]
    ratio = shares[CONTROL] / min(variants)
    if is_learned and all(cells.weakest):  # shares that differ by segment are worth fewer people
        ratio = cells.weakest[1] / cells.weakest[0]
    plans, guards = metric_plans(sizing, ratio), guardrail_plans(sizing, ratio)
    primary = plans[0]
    people_needed, noise = _people_needed(sizing, primary), _noise(sizing, is_learned=is_learned)
    return {
        "detectable_lift": primary.detectable_lift,
        "needed_per_arm": primary.needed_per_arm,
        "needed_people": people_needed,
        "noise_share": noise,
        "metric_plans": plans,
        "guardrail_plans": guards,
        "sentences": plan_words.sentences(
            sizing, primary, guards, arms, variants=len(variants), people_needed=people_needed,
            noise=noise, is_learned=is_learned,
        ),
    }  # fmt: skip


def _people_needed(sizing: Sizing, primary: MetricPlan) -> int | None:
    """Count the people of the whole test, holdout included, that the lift that matters takes."""
    smallest = sizing.cells.weakest[0]
    if not smallest:
        return None
    eligible = sum(sizing.cells.eligible.values())
    return plan_words.about(eligible * primary.needed_per_arm / smallest)


def _noise(sizing: Sizing, *, is_learned: bool) -> float | None:
    """Say how often luck looks like success, where it is a matter of counting people."""
    cells, primary = sizing.cells, sizing.declared.primary
    is_counted = METRICS[primary].kind == "binary" and sizing.kept == 1 and not is_learned
    names = (CONTROL, *cells.variants)
    if not is_counted or not all(own.get(n) for own in cells.by_segment.values() for n in names):
        return None
    n_variants = [cells.total(arm) for arm in cells.variants]
    rate = sizing.expectations.rate_of(primary)
    return noise_share(rate, cells.total(CONTROL), n_variants, lift=HOPED_FOR)
