"""What the report tells of a campaign, read from its tables: a handful of rows each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import delivery, experiments
from personalization.errors import InputError
from personalization.reports import drivers, results
from personalization.reports.intake import currency_of
from personalization.store import verify_chain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.reports.results import Reading
    from personalization.store import AuditCheck, Store

MARK: Final = "SIMULATED"
"""Stands on every section, table and chart of what was simulated."""

_CAMPAIGN = """
    SELECT campaigns.campaign_id, campaigns.name, campaigns.send_on, campaigns.brief,
           campaigns.created_by, coalesce(datasets.name, campaigns.dataset_id) AS dataset,
           campaigns.dataset_id,
           parents.name AS parent,
           experiments.experiment_id, experiments.hypothesis, experiments.hypothesis_sha256,
           experiments.confidence, experiments.designed_by, experiments.approved_at,
           experiments.approved_by, experiments.launched_at, experiments.launched_by,
           experiments.mode, simulations.assumptions, simulations.seed,
           plans.items AS product_items, plans.arms AS product_arms
    FROM campaigns
    LEFT JOIN product_plans AS plans ON plans.campaign_id = campaigns.campaign_id
    LEFT JOIN datasets ON datasets.dataset_id = campaigns.dataset_id
    LEFT JOIN campaigns AS parents ON parents.campaign_id = campaigns.parent_id
    LEFT JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
    LEFT JOIN simulations ON simulations.experiment_id = experiments.experiment_id
    WHERE campaigns.campaign_id = $campaign_id
    ORDER BY experiments.designed_at DESC NULLS LAST, experiments.experiment_id
    LIMIT 1
"""
_SEGMENTS = """
    SELECT segments.segment, segments.rule, segments.description, segments.customers,
           segmentations.method
    FROM segments JOIN segmentations ON segmentations.campaign_id = segments.campaign_id
    WHERE segments.campaign_id = $campaign_id
    ORDER BY segments.position, segments.segment
"""
# The texts of the design; before there is one, the newest of everything that was written.
_MESSAGES = """
    WITH designed AS (
        SELECT segment, arm, position, weight, variant_id, version FROM arms
        WHERE experiment_id = $experiment_id AND variant_id IS NOT NULL
    ), shown AS (
        SELECT * FROM designed
        UNION ALL
        SELECT segment, arm, 0, NULL, variant_id, version FROM current_variants
        WHERE campaign_id = $campaign_id AND NOT EXISTS (SELECT 1 FROM designed)
    ), sent AS (
        SELECT variant_id, version, count(*) AS recipients FROM deliveries
        WHERE experiment_id = $experiment_id GROUP BY variant_id, version
    )
    SELECT shown.segment, shown.arm, shown.weight, variants.variant_id, variants.version,
           variants.subject, variants.preheader, variants.body, variants.call_to_action,
           variants.link, variants.footer, variants.origin, variants.content_sha256,
           coalesce(sent.recipients, 0) AS recipients,
           screened.decision AS screening, screened.engine, screened.engine_version,
           screened.policy_version, screened.n_strings, approved.decision AS approval,
           approved.actor AS approved_by, approved.decided_at, approved.is_self_approved,
           approved.note
    FROM shown
    JOIN variants
        ON variants.variant_id = shown.variant_id AND variants.version = shown.version
    LEFT JOIN sent ON sent.variant_id = shown.variant_id AND sent.version = shown.version
    LEFT JOIN latest_screenings AS screened
        ON screened.variant_id = variants.variant_id AND screened.version = variants.version
       AND screened.content_sha256 = variants.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = variants.variant_id AND approved.version = variants.version
       AND approved.content_sha256 = variants.content_sha256
    LEFT JOIN segments ON segments.campaign_id = $campaign_id AND segments.segment = shown.segment
    ORDER BY segments.position, shown.segment, shown.position, shown.arm
"""
_CLAIMS = """
    SELECT claims.variant_id, claims.version, claims.field, claims.text, claims.source_text,
           claims.decision, claims.statement_id, documents.title
    FROM claims
    JOIN variants
        ON variants.variant_id = claims.variant_id AND variants.version = claims.version
    LEFT JOIN statements ON statements.statement_id = claims.statement_id
    LEFT JOIN documents
        ON documents.document_id = statements.document_id
       AND documents.version = statements.version
    WHERE variants.campaign_id = $campaign_id
    ORDER BY claims.variant_id, claims.version, claims.position
"""
_TRAIL = """
    SELECT seq, happened_at, kind, ref, actor, hash FROM audit_log
    WHERE campaign_id = $campaign_id
    ORDER BY seq DESC LIMIT 25
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the report shows.

    Attributes:
        campaign: The campaign, its experiment and its simulation in one row.
        hypothesis: What was frozen at the approval; empty before a design.
        waterfall: Every customer of the base in one bucket.
        segments: Name, rule and size of each.
        messages: Each text with its screening, its approval and its recipients.
        claims: What each text asserts and what bears it out.
        health: What was looked at before any lift, the worst first.
        reading: Whether the results may be read; None before a launch.
        metrics: What was measured and what each metric is for, the primary one first.
        verdicts: What to do by the frozen rule, the experiment's own first.
        results: Every result of every metric, the whole audience ('') first; none while closed.
        counts: Raw counts of the primary metric over the whole audience, the control first.
        days: How the primary metric settled.
        attributes: How the difference of the primary metric varies with customer attributes.
        policies: What choosing the message by an attribute would have been worth.
        export: The newest export, or None.
        trail: The campaign's newest audit rows.
        chain: Whether the whole audit trail verifies, and its head.
        read_at: When all this was read.
    """

    campaign: Mapping[str, Any]
    hypothesis: Mapping[str, Any]
    waterfall: Sequence[tuple[str, int]]
    segments: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]
    claims: Sequence[Mapping[str, Any]]
    health: Sequence[Mapping[str, Any]]
    reading: Reading | None
    metrics: Sequence[Mapping[str, Any]]
    verdicts: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    counts: Sequence[Mapping[str, Any]]
    days: Sequence[Mapping[str, Any]]
    attributes: Sequence[Mapping[str, Any]]
    policies: Sequence[Mapping[str, Any]]
    export: delivery.Export | None
    trail: Sequence[Mapping[str, Any]]
    chain: AuditCheck
    read_at: datetime

    @property
    def is_simulated(self) -> bool:
        """Tell whether what is shown was simulated: by the launch, or by any row of a result."""
        return self.campaign["mode"] == "simulation" or any(
            row["is_simulated"] for row in self.results
        )

    @property
    def mark(self) -> str:
        """Return what stands on every section and table: MARK, or nothing."""
        return MARK if self.is_simulated else ""

    @property
    def metric(self) -> str:
        """Return the metric that decides; before a measurement, as hypothesis or brief name it."""
        if self.metrics:
            return str(self.metrics[0]["metric"])
        brief = json.loads(self.campaign["brief"])
        return str(self.hypothesis.get("metric") or brief.get("metric") or "click")

    @property
    def primary(self) -> list[Mapping[str, Any]]:
        """Return the results of the metric that decides."""
        return [row for row in self.results if row["metric"] == self.metric]

    @property
    def is_early(self) -> bool:
        """Tell whether the results are read before their day."""
        return self.reading is not None and self.reading.is_early


def read_facts(store: Store, campaign_id: str) -> Facts:
    """Read all that the report shows; InputError where there is no campaign of that id."""
    found = store.records(_CAMPAIGN, campaign_id=campaign_id)
    if not found:
        raise InputError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    campaign = {**found[0], "currency": currency_of(store, found[0]["dataset_id"])}
    key = campaign["experiment_id"] or ""
    hypothesis = json.loads(campaign["hypothesis"] or "{}")
    reading = results.reading(store, key) if campaign["launched_at"] is not None else None
    is_open = reading is not None and not reading.is_locked
    metrics = results.metrics(store, key)
    metric = str(metrics[0]["metric"]) if metrics else ""
    return Facts(
        campaign=campaign,
        hypothesis=hypothesis,
        waterfall=experiments.audience_waterfall(store, campaign_id),
        segments=store.records(_SEGMENTS, campaign_id=campaign_id),
        messages=store.records(_MESSAGES, campaign_id=campaign_id, experiment_id=key),
        claims=store.records(_CLAIMS, campaign_id=campaign_id),
        health=results.health(store, key),
        reading=reading,
        metrics=metrics,
        verdicts=results.verdicts(store, key) if is_open else [],
        results=results.rows(store, key) if is_open else [],
        counts=_of_everybody(results.counts(store, key, metric)) if is_open else [],
        days=results.days(store, key, metric) if is_open else [],
        attributes=drivers.attributes(store, key, metric) if is_open else [],
        policies=drivers.policies(store, key, metric) if is_open else [],
        export=delivery.export_of(store, campaign_id),
        trail=store.records(_TRAIL, campaign_id=campaign_id),
        chain=verify_chain(store),
        read_at=store.now(),
    )


def _of_everybody(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if not row["segment"]]
