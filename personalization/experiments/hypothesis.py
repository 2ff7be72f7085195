"""The text that is frozen: all that is decided before anybody is written to, and the rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.experiments.metrics import DIAGNOSTIC

if TYPE_CHECKING:
    from datetime import date

    from personalization.domain import Arm
    from personalization.experiments.plan import Plan
    from personalization.settings import Experiments

_DECISION_RULE: Final = (
    "Ship an arm where the adjusted interval of its difference from the control lies above 0 on "
    "the metric that decides, and every guardrail is shown to hold. Stop it where the interval "
    "lies below 0 or a guardrail is breached. No difference where the interval lies within plus or "
    "minus the lift that matters. Not enough data otherwise, and where fewer than five responses "
    "are expected in a group. Invalid where a health check is red. The same for each segment. "
    "Before the day of analysis the always-valid interval takes the place of the adjusted one."
)
_CORRECTION: Final = {
    "arms": "Dunnett",
    "segments": "Benjamini-Hochberg over segments x arms",
    "early": "Bonferroni over arms, asymptotic confidence sequence",
}


def hypothesis_of(plan: Plan, chosen: Experiments, analysis_on: date) -> dict[str, Any]:
    """Return all that is decided before anybody is written to; what is not in it is exploratory.

    Args:
        plan: What is tested, and on whom.
        chosen: The confidence that holds, and how soon a click is a mail scanner's.
        analysis_on: The last day whose responses count.
    """
    declared = plan.declaration
    return {
        "metric": plan.metric,
        "metrics": [
            {"name": metric.name, "role": metric.role}
            | ({} if metric.margin is None else {"margin": metric.margin})
            for metric in plan.metrics
        ],
        "direction": "two-sided",
        "confidence": chosen.confidence,
        "power": plan.power,
        "base_rate": plan.base_rate,
        "detectable_lift": plan.detectable_lift,
        "relevant_lift": plan.relevant_lift,
        "cap": plan.cap,
        "adjustment": {"method": "CUPED", "pre_days": plan.pre_days} if plan.pre_days else None,
        "correction": _CORRECTION,
        "analysis_on": analysis_on.isoformat(),
        "machine_click_seconds": chosen.machine_click_seconds,
        "decision_rule": _DECISION_RULE,
        "exploratory": list(declared.exploratory),
        "diagnostic": [DIAGNOSTIC],
        "population": "as assigned and sent; who does not respond counts as 0",
        "are_weights_learned": plan.is_learned,
        "arms": [_arm(arm) for arm in plan.arms],
    }


def _arm(arm: Arm) -> dict[str, Any]:
    return {
        "segment": arm.segment, "arm": arm.name, "weight": arm.weight,
        "variant_id": arm.variant_id, "version": arm.version,
        "content_sha256": arm.content_sha256,
    }  # fmt: skip


def canonical(value: dict[str, Any]) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
