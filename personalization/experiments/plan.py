"""What an experiment would be, and what it could show: a value, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, HOLDOUT, Arm
from personalization.experiments.cells import Cells
from personalization.experiments.declaring import Declaration, DeclaredMetric
from personalization.experiments.expectations import kept_by

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.experiments.expectations import Expectations, Foresight, OrderValue
    from personalization.experiments.sizing import GuardrailPlan, MetricPlan, SegmentPlan


@dataclass(frozen=True, slots=True)
class Choices:
    """What a plan is asked for with; see ``plan_experiment``."""

    control_weight: float | None = None
    holdout_weight: float | None = None
    weights: Mapping[str, float] | None = None
    metric: str | None = None
    base_rate: float | None = None
    variants: tuple[str, ...] | None = None
    secondary: tuple[str, ...] = ()
    guardrails: Mapping[str, float] | None = None
    cap: float | None = None
    pre_days: int = 0
    relevant_lift: float | None = None
    analysis_on: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment would be, and what it could show.

    Attributes:
        metric: What decides, by its name in ``experiments.metrics``; capped where there is a cap.
        base_rate: Share expected to do it in the control (to buy, for revenue), in (0, 1).
        base_rate_source: Where that comes from, in words.
        confidence: Of the intervals.
        power: Chance to notice the lifts that are named here.
        arms: Of each segment, with weights as shares of the segment.
        segments: In the order of the Segments page.
        eligible: Customers who may be written to.
        detectable_lift: Smallest lift over the whole audience that would be found by the frozen
            rule, which is Dunnett's where there are several variants; or None.
        needed_per_arm: Customers each variant needs for the lift that matters to be found.
        needed_people: Customers of the whole test then, about: three digits; None with nobody.
        noise_share: How often some arm would show more than +10 % without any effect; None where
            only playing it through can tell (see ``noise_mirror``).
        sentences: What a marketer should know.
        warnings: What would be wiser otherwise.
        missing: What has to be done before it can be designed; empty when it can.
        metrics: All that is declared, the primary one first.
        cap: What each customer's revenue counts with at most, or None.
        pre_days: Days before the launch that the analysis is adjusted by; 0 for none.
        relevant_lift: Relative lift from which a difference matters.
        analysis_on: The last day whose responses count, or None while it is not chosen.
        metric_plans: What each declared metric can show, with its curve.
        guardrail_plans: What it takes to show that each guardrail holds.
        order: What a buyer spends; None where the metrics have nothing to do with money.
        foresight: What an adjustment would bring; None where the metric cannot have one.
        is_learned: Whether earlier campaigns set the variants' shares.
        expectations: Of the control, in every metric.
        choices: What it was asked for with.
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
    needed_people: int | None
    noise_share: float | None
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[str, ...]
    metrics: tuple[DeclaredMetric, ...]
    cap: float | None
    pre_days: int
    relevant_lift: float
    analysis_on: date | None
    metric_plans: tuple[MetricPlan, ...]
    guardrail_plans: tuple[GuardrailPlan, ...]
    order: OrderValue | None
    foresight: Foresight | None
    is_learned: bool
    expectations: Expectations
    choices: Choices

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the names of the variants that are tested."""
        names = dict.fromkeys(arm.name for arm in self.arms)
        return tuple(name for name in names if name not in (CONTROL, HOLDOUT))

    @property
    def cells(self) -> Cells:
        """Return the planned customers by segment and arm."""
        return Cells(
            {segment.segment: dict(segment.sizes) for segment in self.segments},
            {segment.segment: segment.eligible for segment in self.segments},
        )

    @property
    def are_variants_alike(self) -> bool:
        """Tell whether all variants go to as many people, but for rounding."""
        totals = [self.cells.total(arm) for arm in self.variants]
        return max(totals, default=0) - min(totals, default=0) <= len(self.segments)

    @property
    def kept(self) -> float:
        """Return the share of the deciding metric's variance that the adjustment leaves."""
        return kept_by(self.foresight) if self.pre_days else 1.0

    @property
    def declaration(self) -> Declaration:
        """Return all that is declared of the metrics."""
        return Declaration(self.metrics, self.cap, self.pre_days, self.relevant_lift)
