"""Where every campaign stands, what is running for it, and what waits for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from personalization import delivery
from personalization.domain import Brief

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.store import Store

holds_of = delivery.holds_of

_CAMPAIGNS = """
    WITH sizes AS (
        SELECT dataset_id, count(*) AS n_customers FROM customers GROUP BY dataset_id
    ),
    grouped AS (
        SELECT campaign_id, count(*) AS n_segments FROM segments GROUP BY campaign_id
    ),
    reviewed AS (
        SELECT variants.campaign_id, count(*) AS n_variants,
               count(*) FILTER (WHERE coalesce(approvals.decision, 'reopened') = 'reopened'
                                  AND coalesce(screened.decision, '') <> 'block') AS n_to_review,
               count(*) FILTER (WHERE approvals.decision = 'approved') AS n_approved
        FROM current_variants AS variants
        LEFT JOIN latest_approvals AS approvals
            ON approvals.variant_id = variants.variant_id AND approvals.version = variants.version
        LEFT JOIN screenings_in_force AS screened
            ON screened.variant_id = variants.variant_id AND screened.version = variants.version
           AND screened.content_sha256 = variants.content_sha256
        GROUP BY variants.campaign_id
    ),
    tested AS (
        SELECT campaign_id, experiment_id, approved_at, launched_at, mode,
               CASE WHEN launched_at IS NOT NULL AND mode <> 'simulation'
                     AND opened_early_at IS NULL AND analysis_on >= CAST($today AS DATE)
                    THEN CAST(analysis_on + INTERVAL '1' DAY AS DATE) END AS opens_on
        FROM experiments
        QUALIFY row_number() OVER (PARTITION BY campaign_id
                                   ORDER BY designed_at DESC, experiment_id) = 1
    ),
    measured AS (
        SELECT experiment_id, max(computed_at) AS measured_at FROM results GROUP BY experiment_id
    )
    SELECT campaigns.campaign_id, campaigns.name, campaigns.dataset_id,
           datasets.name AS dataset_name, campaigns.brief, campaigns.send_on, campaigns.locale,
           campaigns.parent_id, campaigns.created_at, campaigns.created_by,
           coalesce(n_customers, 0) AS n_customers, coalesce(n_segments, 0) AS n_segments,
           coalesce(n_variants, 0) AS n_variants, coalesce(n_to_review, 0) AS n_to_review,
           coalesce(n_approved, 0) AS n_approved,
           tested.experiment_id IS NOT NULL AS has_design,
           tested.approved_at IS NOT NULL AS has_approved_design,
           tested.launched_at, tested.mode, measured.measured_at, tested.opens_on
    FROM mailings AS campaigns
    LEFT JOIN datasets ON datasets.dataset_id = campaigns.dataset_id
    LEFT JOIN sizes ON sizes.dataset_id = campaigns.dataset_id
    LEFT JOIN grouped ON grouped.campaign_id = campaigns.campaign_id
    LEFT JOIN reviewed ON reviewed.campaign_id = campaigns.campaign_id
    LEFT JOIN tested ON tested.campaign_id = campaigns.campaign_id
    LEFT JOIN measured ON measured.experiment_id = tested.experiment_id
    ORDER BY campaigns.created_at DESC, campaigns.campaign_id
"""

STATUSES: Final = ("draft", "in_review", "approved", "running", "finished")
"""The states of a campaign, in their order."""


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign and how far it has come.

    Attributes:
        n_customers: Customers in its base, whether or not they may be written to.
        n_segments: Segments that were kept.
        n_variants: Messages in their newest version, the control texts among them.
        n_to_review: Of these, the ones that nobody has decided on; what screening blocks is held
            back already, and waits for nobody.
        n_approved: Of these, the ones that were approved in this version.
        has_design: Whether an experiment was designed.
        has_approved_design: Whether that design was approved, and so frozen.
        launched_at: When it went out, or None.
        mode: ``export`` or ``simulation`` once launched.
        measured_at: When results were last worked out, or None.
        opens_on: The day from which they may be read, or None where nothing is closed.
    """

    campaign_id: str
    name: str
    dataset_id: str
    dataset_name: str
    brief: Brief
    send_on: date
    locale: str
    parent_id: str | None
    created_at: datetime
    created_by: str
    n_customers: int
    n_segments: int
    n_variants: int
    n_to_review: int
    n_approved: int
    has_design: bool
    has_approved_design: bool
    launched_at: datetime | None
    mode: str | None
    measured_at: datetime | None
    opens_on: date | None

    @property
    def status(self) -> str:
        """Return one of STATUSES."""
        if self.launched_at is not None:
            is_readable = self.measured_at is not None and self.opens_on is None
            return "finished" if is_readable else "running"
        if self.has_approved_design:
            return "approved"
        return "in_review" if self.n_variants else "draft"

    @property
    def done(self) -> frozenset[str]:
        """Return the keys of the pages whose work is done."""
        is_done = {
            "upload": True,
            "segments": self.n_segments > 0,
            "content": self.n_variants > 0,
            "review": self.launched_at is not None
            or (self.n_variants > 0 and self.n_to_review == 0 and self.n_approved > 0),
            "experiment": self.launched_at is not None,
            "results": self.measured_at is not None and self.opens_on is None,
        }
        return frozenset(key for key, done in is_done.items() if done)

    @property
    def next_page(self) -> str:
        """Return the key of the page where the campaign goes on."""
        pages = ("segments", "content", "review", "experiment")
        return next((page for page in pages if page not in self.done), "results")


def campaigns(store: Store) -> list[CampaignState]:
    """List every campaign with its state by the store's clock, the newest first."""
    return [_state(row) for row in store.records(_CAMPAIGNS, today=store.now().date())]


def _state(row: dict[str, Any]) -> CampaignState:
    known = {field.name for field in fields(Brief)}
    brief = {name: value for name, value in json.loads(row["brief"]).items() if name in known}
    return CampaignState(
        **{**row, "brief": Brief(**brief), "dataset_name": row["dataset_name"] or ""}
    )


@dataclass(frozen=True, slots=True)
class Job:
    """Long work and how far it is: one row of ``jobs``."""

    job_id: str
    campaign_id: str
    kind: str
    state: str
    done: int
    total: int
    message: str
    started_at: datetime
    heartbeat_at: datetime

    @property
    def is_active(self) -> bool:
        """Tell whether it still waits or runs."""
        return self.state in ("queued", "running")

    @property
    def share(self) -> float:
        """Return how much of it is done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 0.0


_JOB = """
    SELECT * FROM jobs WHERE campaign_id = $campaign_id
    ORDER BY started_at DESC, job_id LIMIT 1
"""
_ACTIVE_JOBS = """
    SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY started_at, job_id
"""


def job_of(store: Store, campaign_id: str) -> Job | None:
    """Return the campaign's newest job, running or ended, or None where there never was one."""
    rows = store.records(_JOB, campaign_id=campaign_id)
    return Job(**rows[0]) if rows else None


def active_jobs(store: Store) -> list[Job]:
    """List the jobs that wait or run, the oldest first."""
    return [Job(**row) for row in store.records(_ACTIVE_JOBS)]
