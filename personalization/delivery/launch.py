"""The experiment that a campaign launches, as delivery sees it, and the mark of its launch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.store import Store

_LAUNCH = """
    SELECT campaigns.campaign_id, campaigns.name, campaigns.dataset_id, campaigns.seed,
           campaigns.send_on, coalesce(experiments.experiment_id, '') AS experiment_id,
           coalesce(experiments.hypothesis_sha256, '') AS hypothesis_sha256,
           coalesce(sha256(CAST(experiments.hypothesis AS VARCHAR))
                    = experiments.hypothesis_sha256, false) AS is_unchanged,
           experiments.approved_at, experiments.launched_at, experiments.mode,
           EXISTS (SELECT 1 FROM experiments AS before
                   WHERE before.campaign_id = campaigns.parent_id
                     AND before.mode = 'simulation') AS follows_simulation
    FROM campaigns
    LEFT JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
    WHERE campaigns.campaign_id = $campaign_id
    ORDER BY experiments.designed_at DESC NULLS LAST, experiments.experiment_id
    LIMIT 1
"""
_MARK = """
    UPDATE experiments SET launched_at = $now, launched_by = $actor, mode = $mode
    WHERE experiment_id = $experiment_id AND (launched_at IS NULL OR mode = 'simulation')
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """A campaign and its newest experiment.

    Attributes:
        experiment_id: Empty where nothing was designed yet; likewise ``hypothesis_sha256``.
        is_unchanged: Whether the hypothesis on file is the one of that fingerprint.
        approved_at: When the design was approved, or None.
        mode: ``export`` or ``simulation`` once launched, else None.
        follows_simulation: Whether it scales a winner that was only simulated.
    """

    campaign_id: str
    name: str
    dataset_id: str
    seed: str
    send_on: date
    experiment_id: str
    hypothesis_sha256: str
    is_unchanged: bool
    approved_at: datetime | None
    launched_at: datetime | None
    mode: str | None
    follows_simulation: bool


def find_launch(store: Store, campaign_id: str) -> Launch:
    """Read the campaign and its newest experiment from ``campaigns`` and ``experiments``.

    Raises:
        InputError: There is no campaign of that id.
    """
    rows = store.records(_LAUNCH, campaign_id=campaign_id)
    if not rows:
        raise InputError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    return Launch(**rows[0])


def own_request(launch: Launch, request_id: str) -> str:
    """Return the id under which this campaign keeps a request.

    Another campaign may have had a request of the same id: it is never taken for this one's.
    """
    return f"{launch.campaign_id}:{request_id}"


def mark_launched(store: Store, launch: Launch, *, mode: str, actor: str) -> None:
    """Write who launched the experiment, when and how; real and simulated never meet in one.

    Args:
        store: Has to be in the transaction that writes the deliveries.
        launch: What is launched.
        mode: ``export`` or ``simulation``.
        actor: Who launches.

    Raises:
        StateError: The experiment was launched in the other mode.
    """
    refuse_other_mode(launch, mode)
    store.run(_MARK, experiment_id=launch.experiment_id, now=store.now(), actor=actor, mode=mode)


def refuse_other_mode(launch: Launch, mode: str) -> None:
    """Raise StateError where the experiment was launched in a mode other than ``mode``."""
    if launch.mode in (None, mode):
        return
    if launch.mode == "simulation":
        raise StateError(
            f"Campaign {launch.name!r} was simulated, and real results are never mixed with "
            "simulated ones. Start a new campaign to send it for real."
        )
    raise StateError(
        f"Campaign {launch.name!r} was exported to be sent for real, and simulated results are "
        "never mixed with real ones. Start a new campaign to simulate it."
    )
