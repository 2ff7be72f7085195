"""What the frozen hypothesis declares, as a value that the measurement reads.

Designs of earlier versions declared less; what they left open has the default that was in force
then, and one guardrail against driving people out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.experiments.metrics import DIAGNOSTIC, METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from personalization.settings import Experiments

PRIMARY: Final = "primary"
SECONDARY: Final = "secondary"
GUARDRAIL: Final = "guardrail"
EXPLORATORY: Final = "exploratory"


@dataclass(frozen=True, slots=True)
class Declared:
    """What was fixed before anybody was written to.

    Attributes:
        primary: The one metric that decides.
        roles: Of every metric that is measured, by name.
        margins: Of each guardrail: share of customers, in (0, 1), that may be harmed more.
        confidence: Of each family of intervals, in (0, 1).
        relevant_lift: Relative lift from which a difference matters, above 0.
        is_adjusted: Whether amounts are adjusted by the pre-period.
        analysis_on: The last day whose events count; None where none was set.
        is_simulated: Nobody was written to.
    """

    primary: str
    roles: Mapping[str, str]
    margins: Mapping[str, float]
    confidence: float
    relevant_lift: float
    is_adjusted: bool
    analysis_on: date | None
    is_simulated: bool

    def is_early(self, now: datetime) -> bool:
        """Tell whether ``now`` (UTC) is before the end of the day of analysis; never simulated."""
        if self.is_simulated or self.analysis_on is None:
            return False
        return now.date() <= self.analysis_on


def declared_of(experiment: Mapping[str, Any], settings: Experiments) -> Declared:
    """Read what a row of ``experiments`` declares; ``settings`` fill in what it left open."""
    hypothesis = json.loads(experiment["hypothesis"])
    has_cap = experiment["revenue_cap"] is not None
    primary = hypothesis.get("metric", "click")
    declared = hypothesis.get("metrics") or [
        {"name": primary, "role": PRIMARY},
        {"name": "unsubscribe", "role": GUARDRAIL, "margin": settings.unsubscribe_margin},
    ]
    roles = dict.fromkeys(METRICS, EXPLORATORY) | {DIAGNOSTIC: "diagnostic"}
    roles |= {m["name"]: m["role"] for m in declared if m["name"] in METRICS}
    if has_cap and primary == "revenue":
        primary = "revenue_capped"
        roles |= {"revenue": SECONDARY}
    if not has_cap:
        roles.pop("revenue_capped")
    return Declared(
        primary=primary,
        roles=roles | {primary: PRIMARY},
        margins={
            m["name"]: _margin(m, settings) for m in declared if m["role"] == GUARDRAIL
        },
        confidence=float(experiment["confidence"]),
        relevant_lift=float(hypothesis.get("relevant_lift") or settings.relevant_lift),
        is_adjusted=bool(experiment["pre_days"]),
        analysis_on=experiment["analysis_on"],
        is_simulated=experiment["mode"] == "simulation",
    )  # fmt: skip


def _margin(metric: Mapping[str, Any], settings: Experiments) -> float:
    named = {"unsubscribe": settings.unsubscribe_margin, "complaint": settings.complaint_margin}
    stated = metric.get("margin")
    return float(stated if stated is not None else named.get(metric["name"], min(named.values())))
