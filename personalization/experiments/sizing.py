"""What a test of so many people can show: over the whole audience, and segment by segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments import plan_words
from personalization.experiments.metrics import METRICS
from personalization.statistics.intervals import critical_value
from personalization.statistics.multiplicity import dunnett_critical
from personalization.statistics.sample_size import (
    detectable_lift,
    exact_guardrail_power,
    needed_for_rare_harm,
    needed_per_arm,
    power_curve,
)
from personalization.statistics.samples import ENOUGH

if TYPE_CHECKING:
    from personalization.experiments.cells import Cells
    from personalization.experiments.declaring import Declaration
    from personalization.experiments.expectations import Expectations
    from personalization.settings import Experiments
    from personalization.statistics.sample_size import Expected

_FEWEST: Final = 50  # people per arm at the left end of a curve


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """One segment of the plan.

    Attributes:
        eligible: Customers who may be written to.
        sizes: Each arm with the customers it will get.
        detectable_lift: Smallest lift of one variant that would be noticed, looked at by itself;
            None where none would.
        is_small: Too few responses are to be expected for a verdict of its own.
        sentence: All of this for a reader.
        per_arm: Customers of the smallest variant.
        lifts: Each declared metric with the smallest lift in it that would be noticed.
    """

    segment: str
    eligible: int
    sizes: tuple[tuple[str, int], ...]
    detectable_lift: float | None
    is_small: bool
    sentence: str
    per_arm: int = 0
    lifts: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """What the whole audience can show in one metric.

    Attributes:
        role: primary or secondary.
        expected: Of the control: share of people in (0, 1), or amount per person.
        per_arm: Customers of the variant that can show least.
        control: Customers of the control that it is held against.
        detectable_lift: Smallest lift of one variant that the test of all of them finds, or None.
        needed_per_arm: Customers each variant needs for the lift that matters.
        needed_control: Customers the control needs then.
        curve: (customers of a variant, smallest lift that so many notice), ascending.
        sentence: All of this for a reader.
    """

    name: str
    role: str
    expected: float
    per_arm: int
    control: int
    detectable_lift: float | None
    needed_per_arm: int
    needed_control: int
    curve: tuple[tuple[int, float], ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class GuardrailPlan:
    """What the whole audience can show of one guardrail.

    Attributes:
        margin: Share of recipients that may be harmed more, in (0, 1).
        expected: Share that is harmed by the control text, in (0, 1).
        per_arm: Customers of the variant that can show least.
        control: Customers of the control that it is held against.
        needed_per_arm: Customers each variant needs for the guardrail to be shown to hold.
        needed_control: Customers the control needs then.
        power: Chance that it is shown to hold, if no harm is done.
        sentence: All of this for a reader.
    """

    name: str
    margin: float
    expected: float
    per_arm: int
    control: int
    needed_per_arm: int
    needed_control: int
    power: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Sizing:
    """How a plan is sized: what is tested, on whom, and how sure one wants to be.

    Attributes:
        chosen: Confidence and power.
        declared: The metrics and the lift that matters.
        expectations: Of the control.
        cells: The planned customers.
        kept: Share of the primary metric's variance that an adjustment leaves, in (0, 1].
    """

    chosen: Experiments
    declared: Declaration
    expectations: Expectations
    cells: Cells
    kept: float = 1.0

    @property
    def alone(self) -> float:
        """Return the normal quantile of one comparison by itself."""
        return critical_value(self.chosen.confidence)

    @property
    def critical(self) -> float:
        """Return the deviate that the frozen rule asks of a variant: Dunnett's, of all of them."""
        return _joint(self.cells.shared, self.chosen.confidence)

    def expected(self, metric: str) -> Expected | None:
        """Return what is expected of the control; None for a ratio."""
        return self.expectations.of(metric)

    def detectable(
        self, metric: str, n_treatment: float, n_control: float, *, critical: float | None = None
    ) -> float | None:
        """Return the smallest lift in a metric that so many people would show, or None.

        By the frozen rule for the whole audience, unless another ``critical`` is given.
        """
        expected, kept = self.expected(metric), self._kept(metric)
        if expected is None:
            return None
        return detectable_lift(
            expected, n_treatment / kept, n_control / kept,
            power=self.chosen.power, critical=critical or self.critical,
        )  # fmt: skip

    def needed(self, metric: str, ratio: float) -> int:
        """Return how many people a variant needs for the rule to find the lift that matters."""
        expected = self.expected(metric)
        if expected is None:
            return 0
        lift = min(self.declared.relevant_lift, expected.top)
        n = needed_per_arm(
            expected, lift, power=self.chosen.power, critical=self.critical, ratio=ratio
        )
        return ceil(n * self._kept(metric))

    def curve(self, metric: str, ratio: float) -> tuple[tuple[int, float], ...]:
        """Return the smallest lift for each of a range of sizes, as ``MetricPlan.curve``."""
        expected, kept = self.expected(metric), self._kept(metric)
        if expected is None:
            return ()
        now = int(self.cells.weakest[0])
        points = power_curve(
            expected, power=self.chosen.power, critical=self.critical, ratio=ratio,
            lowest=ceil(_FEWEST / kept),
            highest=ceil(2 * max(self.needed(metric, ratio), now, _FEWEST) / kept),
        )  # fmt: skip
        return tuple((round(n * kept), lift) for n, lift in points)

    def _kept(self, metric: str) -> float:
        return self.kept if metric == self.declared.primary else 1.0


@lru_cache(maxsize=4096)
def _joint(shared: tuple[float, ...], confidence: float) -> float:
    return dunnett_critical(shared, confidence) if shared else critical_value(confidence)


def segment_plans(sizing: Sizing) -> tuple[SegmentPlan, ...]:
    """Say what each segment can show by itself: one comparison, as if there were no other."""
    return tuple(_segment_plan(sizing, segment) for segment in sizing.cells.by_segment)


def _segment_plan(sizing: Sizing, segment: str) -> SegmentPlan:
    sizes, metric = sizing.cells.by_segment[segment], sizing.declared.primary
    variants = [n for name, n in sizes.items() if name not in (CONTROL, HOLDOUT)]
    control, smallest = sizes.get(CONTROL, 0), min(variants, default=0)
    lifts = tuple(
        (name, sizing.detectable(name, smallest, control, critical=sizing.alone))
        for name in _sized(sizing.declared)
    )
    found = dict(lifts)[metric]
    rate = sizing.expectations.rate_of(metric)
    eligible = sizing.cells.eligible[segment]
    return SegmentPlan(
        segment,
        eligible,
        tuple(sizes.items()),
        found,
        is_small=min(control, smallest) * rate < ENOUGH,
        sentence=plan_words.about_segment(segment, eligible, metric, found),
        per_arm=smallest,
        lifts=lifts,
    )


def metric_plans(sizing: Sizing, ratio: float) -> tuple[MetricPlan, ...]:
    """Say what the whole audience can show in each declared metric; ratios are not planned for.

    Args:
        sizing: What is tested, and on whom.
        ratio: Planned customers in the control for each one in the smallest variant.
    """
    plans = []
    n_treatment, n_control = sizing.cells.weakest
    for name, role in _sized(sizing.declared).items():
        expected = sizing.expected(name)
        found = sizing.detectable(name, n_treatment, n_control)
        needed = sizing.needed(name, ratio)
        has, needs = (round(n_treatment), round(n_control)), (needed, _of_control(needed, ratio))
        said = plan_words.about_metric(name, found, needs, has, sizing.declared.relevant_lift)
        plans.append(
            MetricPlan(
                name, role, expected.mean if expected else 0.0, *has, found, *needs,
                sizing.curve(name, ratio), said,
            )
        )  # fmt: skip
    return tuple(plans)


def guardrail_plans(sizing: Sizing, ratio: float) -> tuple[GuardrailPlan, ...]:
    """Say what the whole audience can show of each guardrail; ``ratio`` as for the metrics."""
    n_treatment, n_control = sizing.cells.weakest
    plans = []
    for metric in sizing.declared.guardrails:
        margin, rate = metric.margin or 0.0, sizing.expectations.rates[metric.name]
        needed = needed_for_rare_harm(
            rate, margin,
            power=sizing.chosen.power, confidence=sizing.chosen.confidence, ratio=ratio,
        )  # fmt: skip
        chance = exact_guardrail_power(
            rate, margin, n_treatment, n_control, confidence=sizing.chosen.confidence
        )
        has, needs = (round(n_treatment), round(n_control)), (needed, _of_control(needed, ratio))
        said = plan_words.about_guardrail(metric.name, margin, needs, has, chance)
        plans.append(GuardrailPlan(metric.name, margin, rate, *has, *needs, chance, said))
    return tuple(plans)


def _of_control(n_variant: int, ratio: float) -> int:
    return ceil(n_variant * ratio - 1e-6)  # a hair less, for a ratio that is 2 but for rounding


def _sized(declared: Declaration) -> dict[str, str]:
    """Return the metrics that can be sized, with their roles."""
    return {
        metric.name: metric.role
        for metric in declared.metrics
        if metric.role != "guardrail" and METRICS[metric.name].kind != "ratio"
    }
