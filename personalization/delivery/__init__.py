"""Delivery: the launch gate, what each customer reads, the export, the simulation, engagement."""

from personalization.delivery.engagement import (
    EngagementImport,
    engagement_problems,
    record_engagements,
    write_engagement_problems,
)
from personalization.delivery.export import export_campaign
from personalization.delivery.gate import GateCheck, launch_gate
from personalization.delivery.package import Export, export_of, write_archive
from personalization.delivery.recall import (
    Recall,
    Stop,
    archive_for_sending,
    holds_of,
    recall_of,
    stops_of,
)
from personalization.delivery.rendering import field_coverage, preview_customers, render_for
from personalization.delivery.simulation import Assumptions, simulate_campaign

__all__ = [
    "Assumptions",
    "EngagementImport",
    "Export",
    "GateCheck",
    "Recall",
    "Stop",
    "archive_for_sending",
    "engagement_problems",
    "export_campaign",
    "export_of",
    "field_coverage",
    "holds_of",
    "launch_gate",
    "preview_customers",
    "recall_of",
    "record_engagements",
    "render_for",
    "simulate_campaign",
    "stops_of",
    "write_archive",
    "write_engagement_problems",
]
