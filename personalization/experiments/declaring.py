"""What a team declares before the launch: which metrics play which role, and how they are read.

What is declared here goes into the frozen hypothesis; everything else is exploratory.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.experiments.metrics import DIAGNOSTIC, METRICS, deciding_metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.settings import Experiments

PRIMARY: Final = "primary"
SECONDARY: Final = "secondary"
GUARDRAIL: Final = "guardrail"

GUARDRAILS: Final = tuple(m.name for m in METRICS.values() if not m.is_wanted)
"""What may be a guardrail: the harm that a message can do."""

SECONDARIES: Final = tuple(m.name for m in METRICS.values() if m.is_wanted and m.name != DIAGNOSTIC)
"""What may be a secondary metric; one of them is the primary one."""

_CAPPED: Final = "revenue_capped"
_ADJUSTABLE: Final = ("conversion", "revenue", _CAPPED)


@dataclass(frozen=True, slots=True)
class DeclaredMetric:
    """One metric with its role: primary, secondary or guardrail.

    Attributes:
        margin: Of a guardrail: share of recipients, in (0, 1), that may be harmed more than by
            the control; None for the others.
    """

    name: str
    role: str
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """All that is declared of the metrics.

    Attributes:
        metrics: The primary one first, then the secondary ones, then the guardrails.
        cap: What each customer's revenue counts with at most, in the currency of the data.
        pre_days: Days before the launch that CUPED adjusts by; 0 adjusts nothing.
        relevant_lift: Relative lift from which a difference matters, above 0.
    """

    metrics: tuple[DeclaredMetric, ...]
    cap: float | None
    pre_days: int
    relevant_lift: float

    @property
    def primary(self) -> str:
        """Return the one metric that decides."""
        return self.metrics[0].name

    @property
    def guardrails(self) -> tuple[DeclaredMetric, ...]:
        """Return the guardrails, each with its margin."""
        return tuple(metric for metric in self.metrics if metric.role == GUARDRAIL)

    @property
    def exploratory(self) -> tuple[str, ...]:
        """Return what is measured and was promised nothing."""
        declared = {metric.name for metric in self.metrics} | {DIAGNOSTIC}
        left_out = declared if self.cap is not None else declared | {_CAPPED}
        return tuple(name for name in METRICS if name not in left_out)


def declare(
    chosen: Experiments,
    *,
    metric: str,
    secondary: Iterable[str] = (),
    guardrails: Mapping[str, float] | None = None,
    cap: float | None = None,
    pre_days: int = 0,
    relevant_lift: float | None = None,
) -> Declaration:
    """Give each metric its role, or say why it cannot have it.

    With a cap, capped revenue takes the role that was asked for revenue, and revenue as it is
    stands beside it as a secondary metric.

    Args:
        chosen: The margins and the relevant lift where they are not given.
        metric: What decides.
        secondary: What is promised to be looked at beside it.
        guardrails: Each with its margin; unsubscribes with the usual margin if not given.
        cap: Above 0, where there is revenue to cap.
        pre_days: Above 0 to adjust purchases and revenue by what people bought before.
        relevant_lift: Above 0.

    Raises:
        InputError: Something cannot have the role, or a number is out of range.
    """
    relevant = chosen.relevant_lift if relevant_lift is None else relevant_lift
    names = list(dict.fromkeys((_primary(metric, cap), *map(_secondary, secondary))))
    if cap is not None and {"revenue", _CAPPED} & set(names):
        names = list(dict.fromkeys((names[0], _CAPPED, *names[1:], "revenue")))
    _refuse_numbers(names, cap, pre_days, relevant)
    margins = {"unsubscribe": chosen.unsubscribe_margin} if guardrails is None else dict(guardrails)
    return Declaration(
        (
            DeclaredMetric(names[0], PRIMARY),
            *(DeclaredMetric(name, SECONDARY) for name in names[1:]),
            *(_guardrail(name, margin) for name, margin in margins.items()),
        ),
        cap,
        pre_days,
        relevant,
    )


def _primary(name: str, cap: float | None) -> str:
    _refuse_opens(name)
    decides = deciding_metric(name).name
    return _CAPPED if decides == "revenue" and cap is not None else decides


def _secondary(name: str) -> str:
    _refuse_opens(name)
    if name in GUARDRAILS:
        raise InputError(f"{name!r} is harm, not gain: declare it as a guardrail with a margin.")
    if name not in SECONDARIES:
        raise InputError(
            f"There is no metric {name!r}. A secondary metric is one of: {', '.join(SECONDARIES)}."
        )
    return name


def _guardrail(name: str, margin: float) -> DeclaredMetric:
    _refuse_opens(name)
    if name not in GUARDRAILS:
        raise InputError(f"{name!r} is no guardrail. Choose from: {', '.join(GUARDRAILS)}.")
    if not 0 < margin < 1:
        raise InputError(
            f"A margin of {margin:g} for {METRICS[name].noun} cannot be: give the share of "
            "recipients that may be harmed more, such as 0.01."
        )
    return DeclaredMetric(name, GUARDRAIL, margin)


def _refuse_opens(name: str) -> None:
    if name == DIAGNOSTIC:
        able = ", ".join(m.name for m in METRICS.values() if m.may_decide)
        raise InputError(
            "Opens have no role in a test: mail programs open messages by themselves, so opens "
            f"are shown as a diagnostic only. Choose one of: {able}."
        )


def _refuse_numbers(
    names: list[str], cap: float | None, pre_days: int, relevant_lift: float
) -> None:
    if relevant_lift <= 0 or not isfinite(relevant_lift):
        raise InputError("The lift that matters is above 0, such as 0.10 for 10 %.")
    if cap is not None and (cap <= 0 or not isfinite(cap)):
        raise InputError("A cap is an amount above 0: what one person's revenue counts at most.")
    if cap is not None and _CAPPED not in names:
        raise InputError(
            "A cap limits revenue, and revenue is not among the metrics. Add it, or take the cap "
            "away."
        )
    if cap is None and _CAPPED in names:
        raise InputError("Capped revenue needs a cap: give the amount that counts at most.")
    if pre_days < 0:
        raise InputError("The days before the launch are 0 or more.")
    if pre_days and names[0] not in _ADJUSTABLE:
        raise InputError(
            f"{METRICS[names[0]].noun.capitalize()} cannot be adjusted by what people did before: "
            "there were none. That is for purchases and revenue."
        )
