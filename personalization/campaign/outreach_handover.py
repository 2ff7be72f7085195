"""Handing over what is due of an outreach campaign, or playing it through with made-up answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from personalization.campaign.consent import keep_consent_law
from personalization.campaign.inputs import check_inputs
from personalization.campaign.messages import put_policy_in_force
from personalization.errors import StateError
from personalization.outreach import handover, handover_check, sequences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

OutreachFile = handover.OutreachFile

check_outreach_file = handover_check.check_file
outreach_file = handover.file_of


def hand_over_outreach(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    channels: Sequence[str] | None = None,
    as_of: datetime | None = None,
    actor: str,
) -> tuple[handover.OutreachFile, ...]:
    """Write what is due of a campaign to files, one a channel, each message once for ever.

    The policy is put in force and what prospects are called is checked first, as for an export;
    then everybody is looked at once more in the transaction that keeps the record.  Nothing is
    sent.

    Args:
        store: As for ``outreach.handover.hand_over``.
        settings: Of which ``[delivery] folder`` says where the files go.
        campaign_id: An outreach campaign.
        channels: Only these; None is every channel on which something is due.
        as_of: With its time zone; None is now.
        actor: Who takes them.

    Returns:
        The files; empty where nothing was due.

    Raises:
        InputError: The campaign writes to no prospects, or nothing ends its e-mails by a click.
        StateError: It was played through, or it is to be handed over for another day than today.
    """
    sequence = sequences.sequence_of(store, campaign_id)
    now = as_of or store.now()
    if now > store.now():
        raise StateError("What will be due later is handed over later: much can happen till then.")
    keep_consent_law(store, settings)
    settings = put_policy_in_force(store, settings, actor=actor)
    check_inputs(store, settings, campaign_id, actor=actor)
    return handover.hand_over(
        store, settings, sequence, Path(settings.delivery.folder) / "outreach", now=now,
        actor=actor, channels=channels,
    )  # fmt: skip


def told(files: Sequence[handover.OutreachFile]) -> str:
    """Say in a sentence what was handed over."""
    if not files:
        return "Nothing was due any more."
    parts = [f"{one.messages:,} in {one.path.name}" for one in files if one.path]
    return f"Messages handed over: {', '.join(parts)}."


def start_handing_over_outreach(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    channels: Sequence[str] | None = None,
    actor: str,
) -> str:
    """Start ``hand_over_outreach`` as a job of the campaign, and return the job's id."""

    def work(progress: Progress) -> str:
        progress.report(0, 1, "Looking at people and texts once more")
        files = hand_over_outreach(store, settings, campaign_id, channels=channels, actor=actor)
        return told(files)

    return jobs.submit(campaign_id, "outreach_hand_over", work)
