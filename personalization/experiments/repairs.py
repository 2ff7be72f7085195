"""What would make a test see more: each way out with what it changes, in numbers.

Nothing is changed here.  Most repairs are other arguments for ``plan_experiment``; merging
segments is done by ``campaign.merge_segments``, and more customers come by an upload.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.cells import cells_of
from personalization.experiments.declaring import DeclaredMetric
from personalization.experiments.expectations import expectations_of, kept_by
from personalization.experiments.metrics import METRICS, people, percent
from personalization.experiments.neighbours import nearest_segment
from personalization.experiments.plan_words import about, number, points_of, signed_lift
from personalization.experiments.shares import arms_with, reshared, shares_of
from personalization.experiments.sizing import Sizing
from personalization.statistics.sample_size import exact_guardrail_power, guardrail_margin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalization.experiments.plan import Plan
    from personalization.settings import Settings
    from personalization.store import Store

_CLOSE: Final = 0.03  # a share that is off by less is as good as the best one
_CONTROLS: Final = tuple(step / 100 for step in range(5, 61))  # shares of the control to try
_NOTICEABLE: Final = 0.02  # a smaller change of what is noticed is not worth a decision
_PER_MILLE: Final = 1000  # margins are offered in steps of 0.1 points
_WORTH: Final = 0.01  # an adjustment that takes less of the variance away changes nothing


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to make the test see more.

    Attributes:
        kind: fewer_variants, other_metric, control_share, no_holdout, cap, adjust, guardrail,
            merge_segments or more_customers.
        label: What a button says.
        sentence: What it changes, with its numbers and its price.
        detectable_before: Smallest lift that is noticed now, or None; of the merged segment for
            merge_segments, else of the whole audience.
        detectable_after: The same once it is done.
        arguments: For ``plan_experiment``, over those that the plan was asked for with.
        merges: For ``campaign.merge_segments``: small segment and the one it joins.
        customers: For more_customers: how many more are needed.
        passes: For guardrail: the chance that a variant that does no harm passes, now and then.
    """

    kind: str
    label: str
    sentence: str
    detectable_before: float | None
    detectable_after: float | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    merges: tuple[tuple[str, str], ...] = ()
    customers: int = 0
    passes: tuple[float, float] | None = None


def repairs_of(
    store: Store, settings: Settings, campaign_id: str, plan: Plan
) -> tuple[Repair, ...]:
    """List what would help a plan that cannot see the lift that matters; nothing if it can.

    Merging is offered wherever a segment is too small for a result of its own.

    Args:
        store: Reads ``segments``, ``segmentations``, and ``transactions`` for a cap.
        settings: Confidence and power.
        campaign_id: Which campaign.
        plan: From ``plan_experiment``.
    """
    if not plan.arms or not plan.eligible:
        return ()
    sizing = Sizing(
        settings.experiments, plan.declaration, plan.expectations, plan.cells, kept=plan.kept
    )
    found: list[Repair] = []
    if plan.detectable_lift is None or plan.detectable_lift > plan.relevant_lift:
        found = [
            *_fewer_variants(plan, sizing),
            *_other_metric(plan, sizing),
            *_shares(plan, sizing),
            *_cap(store, settings, campaign_id, plan, sizing),
            *_adjust(plan, sizing),
        ]
    helpful = [one for one in found if _is_better(one)]
    guards = _guardrail(plan, sizing)
    return (*helpful, *guards, *_merge(store, campaign_id, plan, sizing), *_more_customers(plan))


def _is_better(repair: Repair) -> bool:
    before, after = repair.detectable_before, repair.detectable_after
    return after is not None and (before is None or after < (1 - _NOTICEABLE) * before)


def _seen(sizing: Sizing) -> float | None:
    return sizing.detectable(sizing.declared.primary, *sizing.cells.weakest)


def _seen_alone(sizing: Sizing) -> float | None:
    n = sizing.cells.weakest
    return sizing.detectable(sizing.declared.primary, *n, critical=sizing.alone)


def _change(before: float | None, after: float | None) -> str:
    """Say what is noticed then, instead of what is noticed now."""
    now = "no lift at all" if before is None else signed_lift(before)
    then = "nothing" if after is None else signed_lift(after)
    return f"{then} would be noticed instead of {now}"


def _fewer_variants(plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Keep the variants that earlier campaigns favour, or the first ones by name."""
    if any(arm.variant_id is None for arm in plan.arms if arm.name != HOLDOUT):
        return
    favour = {name: plan.cells.total(name) if plan.is_learned else 0 for name in plan.variants}
    ranked = sorted(plan.variants, key=lambda name: (-favour[name], name))
    for n_kept in range(len(ranked) - 1, 0, -1):
        kept = tuple(sorted(ranked[:n_kept]))
        shares = reshared(shares_of(plan, sizing.chosen), kept=kept)
        after = _seen_with(plan, sizing, shares)
        why = "earlier campaigns favour them" if plan.is_learned else "the first by name"
        left_out = [name for name in plan.variants if name not in kept]
        plural = "s" if n_kept > 1 else ""
        sentence = (
            f"Test {_listed(kept)} only ({why}): {_change(plan.detectable_lift, after)}. "
            f"{_listed(left_out)} would not be sent to anybody."
        )
        yield Repair(
            "fewer_variants", f"Test {number(n_kept)} variant{plural}", sentence,
            plan.detectable_lift, after, {"variants": kept, **_weights(plan, shares)},
        )  # fmt: skip


def _weights(plan: Plan, shares: Mapping[str, float]) -> dict[str, Any]:
    """Return the shares as an argument where the plan was asked for with shares of every arm."""
    return {} if plan.choices.weights is None else {"weights": dict(shares)}


def _seen_with(plan: Plan, sizing: Sizing, shares: Mapping[str, float]) -> float | None:
    arms = arms_with(plan.arms, shares)
    return _seen(replace(sizing, cells=cells_of(arms, plan.cells.eligible))) if arms else None


def _other_metric(plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Decide by something that more people do."""
    easier = {"click": (), "conversion": ("click",)}.get(plan.metric, ("conversion", "click"))
    asked = "revenue" if plan.metric.startswith("revenue") else plan.metric
    for name in easier:
        declared = replace(sizing.declared, metrics=(DeclaredMetric(name, "primary"),))
        after = _seen(replace(sizing, declared=declared, kept=1.0))
        secondary = tuple(dict.fromkeys((asked, *plan.choices.secondary)))
        arguments: dict[str, Any] = {
            "metric": name,
            "secondary": tuple(other for other in secondary if other != name),
            "pre_days": 0,
        }
        arguments |= {"base_rate": None} if name == "click" else {}
        left = "A click is no purchase yet; purchases stay" if name == "click" else "Amounts stay"
        sentence = (
            f"Decide by {METRICS[name].noun} rather than {METRICS[plan.metric].noun}: "
            f"{_change(plan.detectable_lift, after)}. {left} in sight as a secondary metric."
        )
        yield Repair(
            "other_metric", f"Decide by {METRICS[name].noun}", sentence,
            plan.detectable_lift, after, arguments,
        )  # fmt: skip


def _shares(plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Give the control the share that shows most, and nobody to a group without any message."""
    before, shares = plan.detectable_lift, shares_of(plan, sizing.chosen)
    tried = {
        share: _seen_with(plan, sizing, reshared(shares, control=share))
        for share in _CONTROLS
        if share + shares.get(HOLDOUT, 0.0) < 1 - _CLOSE
    }
    best = min(tried, key=lambda share: (tried[share] or inf, share))
    if abs(best - shares[CONTROL]) > _CLOSE:
        sentence = (
            f"Give the control text {percent(best)} instead of {percent(shares[CONTROL])}: "
            f"{_change(before, tried[best])}. {_why(shares, best)}"
        )
        yield Repair(
            "control_share", f"Control text to {percent(best)}", sentence, before, tried[best],
            {"control_weight": best, **_weights(plan, reshared(shares, control=best))},
        )  # fmt: skip
    if HOLDOUT in shares:
        mailed = reshared(shares, holdout=0.0)
        after = _seen_with(plan, sizing, mailed)
        sentence = (
            f"Send to everybody: {_change(before, after)}. What mailing itself brings is then not "
            "seen in this campaign."
        )
        yield Repair(
            "no_holdout", "Nobody without a message", sentence, before, after,
            {"holdout_weight": 0.0, **_weights(plan, mailed)},
        )  # fmt: skip


def _why(shares: Mapping[str, float], best: float) -> str:
    """Say why that share of the control shows most."""
    now = reshared(shares)
    then = reshared(shares, control=best)
    largest = max(share for name, share in then.items() if name not in (CONTROL, HOLDOUT))
    if shares[CONTROL] < best > largest:
        return (
            "Every variant is held against the control, so it is best larger than each of them: "
            f"the largest then gets {percent(largest)}."
        )
    rests = [1 - each[CONTROL] - each.get(HOLDOUT, 0.0) for each in (then, now)]
    return (
        f"The variants then share {percent(rests[0])} instead of {percent(rests[1])}, and a "
        "comparison shows most where neither side is short of people."
    )


_DATASET = "SELECT dataset_id FROM campaigns WHERE campaign_id = $campaign_id"


def _cap(
    store: Store, settings: Settings, campaign_id: str, plan: Plan, sizing: Sizing
) -> Iterator[Repair]:
    """Count very large orders up to what 99 of 100 stay below."""
    high = plan.order.high if plan.order is not None else None
    if plan.order is None or plan.metric != "revenue" or high is None:
        return
    cap = float(round(high, -1) or high)
    [(dataset_id,)] = store.read(_DATASET, campaign_id=campaign_id)
    expectations = expectations_of(
        store, settings, dataset_id,
        metrics=["revenue_capped"], base_rate=plan.choices.base_rate, cap=cap,
    )  # fmt: skip
    metrics = (DeclaredMetric("revenue_capped", "primary"),)
    declared = replace(sizing.declared, metrics=metrics, cap=cap)
    after = _seen(replace(sizing, declared=declared, expectations=expectations))
    sentence = (
        f"Count each person's revenue up to {plan.order.money(cap, 0)}, which 99 of 100 orders "
        f"stay below: {_change(plan.detectable_lift, after)}. Revenue as it is stands beside it."
    )
    yield Repair(
        "cap", f"Cap revenue at {plan.order.money(cap, 0)}", sentence, plan.detectable_lift, after,
        {"cap": cap},
    )  # fmt: skip


def _adjust(plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Take out of the result what people bought before anyway."""
    foresight = plan.foresight
    if foresight is None or plan.pre_days or not foresight.buyers_before:
        return
    rho_squared = foresight.rho_squared or 0.0
    if rho_squared < _WORTH:
        return
    after = _seen(replace(sizing, kept=kept_by(foresight)))
    sentence = (
        f"Adjust by what people bought in the last {foresight.pre_days} days on record (CUPED): "
        f"{_change(plan.detectable_lift, after)}, because that explains {percent(rho_squared)} of "
        "the spread."
    )
    yield Repair(
        "adjust", "Adjust by earlier purchases", sentence, plan.detectable_lift, after,
        {"pre_days": foresight.pre_days},
    )  # fmt: skip


def _guardrail(plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Widen a margin that so few people cannot show to hold."""
    n_treatment, n_control = plan.cells.weakest
    chosen = sizing.chosen
    if not n_treatment:
        return
    for guardrail in plan.guardrail_plans:
        least = guardrail_margin(
            guardrail.expected, n_treatment, n_control,
            power=chosen.power, confidence=chosen.confidence,
        )  # fmt: skip
        margin = ceil(_PER_MILLE * least) / _PER_MILLE
        if guardrail.power >= chosen.power or not guardrail.margin < margin < 1:
            continue
        then = exact_guardrail_power(
            guardrail.expected, margin, n_treatment, n_control, confidence=chosen.confidence
        )
        noun = METRICS[guardrail.name].noun
        passes = (guardrail.power, then)
        now_passes, then_passes = (round(100 * chance) for chance in passes)
        sentence = (
            f"Let {noun} rise by up to {points_of(margin)} points rather than "
            f"{points_of(guardrail.margin)}: a variant that does no harm then passes in "
            f"{then_passes} of 100 tests instead of {now_passes}. Only if you can bear so much, or "
            "write to more people."
        )
        margins = {each.name: each.margin for each in plan.guardrail_plans}
        yield Repair(
            "guardrail", f"Bear {points_of(margin)} points of {noun}", sentence,
            plan.detectable_lift, plan.detectable_lift,
            {"guardrails": margins | {guardrail.name: margin}}, passes=passes,
        )  # fmt: skip


def _merge(store: Store, campaign_id: str, plan: Plan, sizing: Sizing) -> Iterator[Repair]:
    """Let the smallest segment that shows nothing by itself join the one that is most like it."""
    small = [segment for segment in plan.segments if segment.is_small and segment.eligible]
    if not small:
        return
    planned = {segment.segment: segment for segment in plan.segments}
    least = min(small, key=lambda segment: (segment.eligible, segment.segment))
    into = nearest_segment(store, campaign_id, least.segment, among=planned)
    if into is None:
        return
    arms = tuple(arm for arm in plan.arms if arm.segment == into)
    together = least.eligible + planned[into].eligible
    after = _seen_alone(replace(sizing, cells=cells_of(arms, {into: together})))
    sentence = (
        f"Merge {least.segment!r} ({people(least.eligible)}) into {into!r}, the segment most like "
        f"it: by itself {into!r} then has {people(together)}, and there "
        f"{_change(least.detectable_lift, after)}. Its people get the messages of {into!r}; the "
        f"messages written for {least.segment!r} are retired and stay on record."
    )
    yield Repair(
        "merge_segments", f"Merge {least.segment!r} into {into!r}", sentence,
        least.detectable_lift, after, merges=((least.segment, into),),
    )  # fmt: skip


def _more_customers(plan: Plan) -> Iterator[Repair]:
    """Say how many people are missing for the lift that matters."""
    primary, total = plan.metric_plans[0], plan.needed_people
    if total is None or primary.per_arm >= primary.needed_per_arm or total <= plan.eligible:
        return
    more = about(total - plan.eligible)
    relevant = percent(plan.relevant_lift, signed=True)
    sentence = (
        f"With about {more:,} more people who may be written to, {total:,} in all, a lift of "
        f"{relevant} would be noticed with the test as it is. Upload more customers, or let more "
        "of them agree to e-mails."
    )
    yield Repair(
        "more_customers", f"About {more:,} more customers", sentence, plan.detectable_lift,
        plan.relevant_lift, customers=more,
    )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
