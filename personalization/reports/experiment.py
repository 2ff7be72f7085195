"""What the experiment page shows: the design as it stands, who is in which arm, what was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import delivery, experiments

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

Plan = experiments.Plan
Export = delivery.Export
audience = experiments.audience_waterfall
export_of = delivery.export_of
write_archive = delivery.write_archive


@dataclass(frozen=True, slots=True)
class Design:
    """A campaign's experiment and how far it has come.

    Attributes:
        hypothesis: What was written down before: metric, date, decision rule, weights.
        hypothesis_sha256: Its fingerprint; from the approval on it cannot change.
        mode: ``export`` or ``simulation`` once launched.
    """

    experiment_id: str
    hypothesis: dict[str, Any]
    hypothesis_sha256: str
    confidence: float
    designed_at: datetime
    designed_by: str
    approved_at: datetime | None
    approved_by: str | None
    launched_at: datetime | None
    launched_by: str | None
    mode: str | None


_DESIGN = """
    SELECT experiment_id, hypothesis, hypothesis_sha256, confidence, designed_at, designed_by,
           approved_at, approved_by, launched_at, launched_by, mode
    FROM experiments WHERE experiment_id = $experiment_id
"""


def design_of(store: Store, campaign_id: str) -> Design | None:
    """Return the campaign's experiment, or None where none was designed."""
    experiment_id = experiments.experiment_of(store, campaign_id)
    if experiment_id is None:
        return None
    [row] = store.records(_DESIGN, experiment_id=experiment_id)
    return Design(**{**row, "hypothesis": json.loads(row["hypothesis"])})


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
