"""Handing over what is due of an outreach campaign, or playing it through with made-up answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from personalization.campaign.consent import keep_consent_law
from personalization.campaign.inputs import check_inputs
from personalization.campaign.messages import put_policy_in_force
from personalization.campaign.sequences import choose_next
from personalization.errors import StateError
from personalization.outreach import (
    handover,
    handover_check,
    handover_files,
    play,
    sequences,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

OutreachFile = handover_files.OutreachFile

check_outreach_file = handover_check.check_file
outreach_file = handover_files.file_of


def hand_over_outreach(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    channels: Sequence[str] | None = None,
    as_of: datetime | None = None,
    actor: str,
) -> tuple[handover_files.OutreachFile, ...]:
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


def told(files: Sequence[handover_files.OutreachFile]) -> str:
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


def play_through(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Play an outreach campaign through, step by step, with answers from a made-up world.

    Nothing is written to a file, every row that comes of it is marked as simulated, and nothing
    of the campaign is handed over from then on.  Only approved texts are played, by every gate;
    hours, mailboxes and days of work are not waited for.

    Args:
        store: As for ``choose_messages`` and ``hand_over_outreach``.
        settings: Likewise.
        campaign_id: An outreach campaign of which nothing was handed over.
        actor: Who plays it.
        progress: Is told which message is played, and asked before each whether to stop.

    Returns:
        Messages by step, from 1, and the events that came back under ``answers``.

    Raises:
        StateError: Messages of it were handed over for real, or nothing of it could be played.
    """
    sequence = play.unhurried(sequences.sequence_of(store, campaign_id))
    keep_consent_law(store, settings)
    settings = put_policy_in_force(store, settings, actor=actor)
    check_inputs(store, settings, campaign_id, actor=actor)
    found, now = dict[str, int](), store.now()
    for number, step in enumerate(sequence.steps, start=1):
        if progress:
            if progress.is_cancelled():
                break
            told = f"Message {number} of {len(sequence.steps)}, with made-up answers"
            progress.report(number - 1, len(sequence.steps), told)
        now += timedelta(days=step.wait_days)
        choose_next(store, settings, campaign_id, as_of=now, actor=actor)
        files = handover.play(store, settings, sequence, now=now, actor=actor)
        found[str(number)] = sum(one.messages for one in files)
        answers = play.make_up_answers(store, campaign_id, now=now, actor=actor)
        found["answers"] = found.get("answers", 0) + answers
    if not any(found.values()) and not (progress and progress.is_cancelled()):
        raise StateError(
            "Nothing could be played: no message is approved for anybody who may be written to. "
            "Approve texts, then look at who gets what."
        )
    last = now + timedelta(days=sequence.rules.answer_days)
    states.move_on(store, sequence, now=last, actor=actor)
    return found


def start_playing(
    jobs: JobRunner, store: Store, settings: Settings, campaign_id: str, *, actor: str
) -> str:
    """Start ``play_through`` as a job of the campaign, and return the job's id."""

    def work(progress: Progress) -> str:
        found = play_through(store, settings, campaign_id, actor=actor, progress=progress)
        answers = found.pop("answers", 0)
        told = ", ".join(f"{n:,} as message {step}" for step, n in found.items()) or "nothing"
        return f"Played through: {told}; {answers:,} made-up events came back."

    return jobs.submit(campaign_id, "outreach_play", work)
