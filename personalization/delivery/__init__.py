"""Delivery: the launch gate, what each customer reads, the export, the simulation, engagement."""

from personalization.delivery.email_checks import (
    EmailCheck,
    email_check_of,
    keep_email_check,
    unchecked_emails,
)
from personalization.delivery.email_parts import Email, email_for, eml_of
from personalization.delivery.engagement import (
    EngagementImport,
    engagement_problems,
    record_engagements,
    write_engagement_problems,
)
from personalization.delivery.export import export_campaign
from personalization.delivery.gate import GateCheck, launch_gate
from personalization.delivery.package import Export, export_of, write_archive
from personalization.delivery.previewing import Preview, Reader, note_preview, preview_of
from personalization.delivery.recall import (
    Recall,
    Stop,
    archive_for_sending,
    holds_of,
    recall_of,
    stops_of,
)
from personalization.delivery.rendering import field_coverage, render_each, render_for
from personalization.delivery.simulation import Assumptions, simulate_campaign

__all__ = [
    "Assumptions",
    "Email",
    "EmailCheck",
    "EngagementImport",
    "Export",
    "GateCheck",
    "Preview",
    "Reader",
    "Recall",
    "Stop",
    "archive_for_sending",
    "email_check_of",
    "email_for",
    "eml_of",
    "engagement_problems",
    "export_campaign",
    "export_of",
    "field_coverage",
    "holds_of",
    "keep_email_check",
    "launch_gate",
    "note_preview",
    "preview_of",
    "recall_of",
    "record_engagements",
    "render_each",
    "render_for",
    "simulate_campaign",
    "stops_of",
    "unchecked_emails",
    "write_archive",
    "write_engagement_problems",
]
