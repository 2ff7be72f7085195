"""What the experiment page shows: the design as it stands, who is in which arm, what was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from personalization import delivery, experiments

if TYPE_CHECKING:
    from personalization.store import Store

Plan = experiments.Plan
SegmentPlan = experiments.SegmentPlan
MetricPlan = experiments.MetricPlan
GuardrailPlan = experiments.GuardrailPlan
NoiseMirror = experiments.NoiseMirror
Repair = experiments.Repair
Export = delivery.Export
GateCheck = delivery.GateCheck
HoldoutPeriod = experiments.HoldoutPeriod
audience = experiments.audience_waterfall
holdout_effect = experiments.holdout_effect
holdout_history = experiments.holdout_history
export_of = delivery.export_of
archive_for_sending = delivery.archive_for_sending
recall_of = delivery.recall_of
Recall = delivery.Recall


@dataclass(frozen=True, slots=True)
class Design:
    """A campaign's experiment and how far it has come.

    Attributes:
        hypothesis: What was written down before: metric, date, decision rule, weights.
        hypothesis_text: The very text that was hashed.
        hypothesis_sha256: Its fingerprint; from the approval on it cannot change.
        salt: Of the draw that gives each customer an arm.
        mode: ``export`` or ``simulation`` once launched.
        opened_early_at: When somebody looked at the results before their day, or None.
    """

    experiment_id: str
    hypothesis: dict[str, Any]
    hypothesis_text: str
    hypothesis_sha256: str
    salt: str
    confidence: float
    designed_at: datetime
    designed_by: str
    approved_at: datetime | None
    approved_by: str | None
    launched_at: datetime | None
    launched_by: str | None
    mode: str | None
    opened_early_at: datetime | None
    opened_early_by: str | None


_DESIGN = """
    SELECT experiment_id, hypothesis, hypothesis AS hypothesis_text, hypothesis_sha256, salt,
           confidence, designed_at, designed_by, approved_at, approved_by, launched_at,
           launched_by, mode, opened_early_at, opened_early_by
    FROM experiments WHERE experiment_id = $experiment_id
"""


def design_of(store: Store, campaign_id: str) -> Design | None:
    """Return the campaign's experiment, or None where none was designed."""
    experiment_id = experiments.experiment_of(store, campaign_id)
    if experiment_id is None:
        return None
    [row] = store.records(_DESIGN, experiment_id=experiment_id)
    return Design(**{**row, "hypothesis": json.loads(row["hypothesis"])})


_SENT_BACK = """
    SELECT decision, note, back.actor, decided_at
    FROM open_send_backs AS back
    JOIN experiments ON experiments.campaign_id = back.campaign_id
    WHERE back.campaign_id = $campaign_id AND decided_at >= experiments.designed_at
"""


def sent_back(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """Say who did not sign the design off as it stands, and why; nothing where nobody did so."""
    return store.records(_SENT_BACK, campaign_id=campaign_id)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a hypothesis fixes, with the defaults of designs that said less.

    Attributes:
        primary: The one metric that decides.
        guardrails: Each with the harm that it may do, as a share of recipients.
        exploratory: Metrics that are looked at and were promised nothing.
        relevant_lift: Relative lift from which a difference matters.
        cap: What each customer's revenue counts with at most, or None.
        pre_days: Days before the launch that sharpen the reading; 0 where nothing does.
        analysis_on: The last day whose responses count.
        decision_rule: As it was written down.
        is_by_verdict: Whether that rule is the one of ship, stop and no difference.
        corrections: What is corrected for, and how.
    """

    primary: str
    secondary: tuple[str, ...]
    guardrails: tuple[tuple[str, float | None], ...]
    diagnostic: tuple[str, ...]
    exploratory: tuple[str, ...]
    relevant_lift: float
    cap: float | None
    pre_days: int
    analysis_on: date
    decision_rule: str
    is_by_verdict: bool
    population: str
    corrections: tuple[tuple[str, str], ...]

    @property
    def decides(self) -> str:
        """Return what was chosen to decide: revenue, whether or not it is capped."""
        return "revenue" if self.primary == "revenue_capped" else self.primary


def declared(design: Design) -> Declared:
    """Read what the design's hypothesis declares."""
    found = design.hypothesis
    metrics = found.get("metrics", [{"name": found["metric"], "role": "primary"}])
    by_role = {role: tuple(m["name"] for m in metrics if m["role"] == role) for role in
               ("primary", "secondary", "diagnostic")}  # fmt: skip
    return Declared(
        primary=by_role["primary"][0],
        secondary=by_role["secondary"],
        guardrails=tuple((m["name"], m.get("margin")) for m in metrics if m["role"] == "guardrail"),
        diagnostic=by_role["diagnostic"] or tuple(found.get("diagnostic", ())),
        exploratory=tuple(found.get("exploratory", ())),
        relevant_lift=found.get("relevant_lift", 0.10),
        cap=found.get("cap"),
        pre_days=(found.get("adjustment") or {}).get("pre_days", 0),
        analysis_on=date.fromisoformat(found["analysis_on"]),
        decision_rule=found["decision_rule"],
        is_by_verdict="metrics" in found,
        population=found["population"],
        corrections=tuple(found.get("correction", {}).items()),
    )


@dataclass(frozen=True, slots=True)
class Due:
    """When the result is read.

    Attributes:
        counts_until: The last day whose responses count, to its end in UTC.
        reads_on: The day after, from which the result is open.
        days_to_go: Whole days until then; 0 or less once it is open.
    """

    counts_until: date
    reads_on: date
    days_to_go: int


def due(design: Design, now: datetime) -> Due:
    """Say when the design's result is read, seen from ``now``."""
    counts_until = date.fromisoformat(design.hypothesis["analysis_on"])
    reads_on = counts_until + timedelta(days=1)
    return Due(counts_until, reads_on, (reads_on - now.astimezone(UTC).date()).days)


_WITHDRAWN = """
    SELECT CAST(happened_at AS TIMESTAMPTZ) AS happened_at, actor,
           json_extract_string(payload, '$.reason') AS reason
    FROM audit_log
    WHERE ref = $experiment_id AND kind = 'experiment.withdrawn'
    ORDER BY seq DESC
"""


def withdrawals(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List how often the approval of a design was taken back, by whom and why, newest first."""
    return store.records(_WITHDRAWN, experiment_id=experiment_id)


_VARIANTS = """
    SELECT DISTINCT arm FROM current_variants
    WHERE campaign_id = $campaign_id AND arm <> 'control' ORDER BY arm
"""


def variants_of(store: Store, campaign_id: str) -> tuple[str, ...]:
    """Name the variants that were written, in any segment."""
    return tuple(str(arm) for (arm,) in store.read(_VARIANTS, campaign_id=campaign_id))


_ARMS = """
    SELECT arms.segment, arms.arm, arms.weight, variants.subject,
           coalesce(counted.assigned, 0) AS assigned, coalesce(counted.delivered, 0) AS delivered
    FROM arms
    LEFT JOIN variants ON variants.variant_id = arms.variant_id
                      AND variants.version = arms.version
    LEFT JOIN (
        SELECT assignments.segment, assignments.arm, count(*) AS assigned,
               count(deliveries.customer_id) AS delivered
        FROM assignments
        LEFT JOIN deliveries ON deliveries.experiment_id = assignments.experiment_id
                            AND deliveries.customer_id = assignments.customer_id
        WHERE assignments.experiment_id = $experiment_id
        GROUP BY assignments.segment, assignments.arm
    ) AS counted ON counted.segment = arms.segment AND counted.arm = arms.arm
    WHERE arms.experiment_id = $experiment_id
    ORDER BY arms.segment, arms.position, arms.arm
"""


def arms(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List each arm of each segment: weight, subject, customers assigned and sent to."""
    return store.records(_ARMS, experiment_id=experiment_id)


_ASSUMPTIONS = "SELECT assumptions, seed FROM simulations WHERE experiment_id = $experiment_id"


def assumptions(store: Store, experiment_id: str) -> dict[str, Any] | None:
    """Return what a simulated launch assumed, or None where it was real."""
    row = store.read_one(_ASSUMPTIONS, experiment_id=experiment_id)
    return {**json.loads(row[0]), "seed": row[1]} if row else None
