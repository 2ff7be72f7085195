"""Hosted models: whether one writes, waiting for it in a job, having the rest composed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.campaign.journal import campaign_of_message, refuse_if_launched
from personalization.campaign.messages import edit_message, regenerate_message, regenerate_part
from personalization.errors import InputError, StateError
from personalization.providers import registry
from personalization.providers.metering import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.domain import Message
    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

_CHANGING: Final = """
    SELECT count(*) FROM jobs
    WHERE campaign_id = $campaign_id AND kind IN ('rewrite', 'edit')
      AND state IN ('queued', 'running')
"""
_TOLD: Final = {
    "rewrite": "Writing another wording and screening it",
    "edit": "Holding the new text to its sources, and screening it",
}


def asks_hosted(settings: Settings) -> bool:
    """Tell whether messages are asked of a hosted model under these settings."""
    try:
        return registry.writer_name(settings.generation) != "composer"
    except InputError:
        return True  # it was named, and something is missing


def composing(settings: Settings) -> Settings:
    """Return the settings under which messages are composed on this machine, for one run."""
    return replace(settings, generation=replace(settings.generation, writer="composer"))


def waits_for_service(settings: Settings) -> bool:
    """Tell whether a message that is changed is held up by a service that writes or judges it."""
    return settings.generation.second_opinion != "none" or asks_hosted(settings)


def start_rewriting(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    seen_version: int,
    actor: str,
    part: str = "",
) -> str:
    """Have a message, or one part of it, written anew as a job; return the job's id.

    A hosted model may take its time or ask to be left alone for a while, and no page waits for it.

    Raises:
        StateError: The campaign is launched, or one of its messages is being changed now.
    """

    def rewrite(cancelled: Callable[[], bool]) -> str:
        if part:
            regenerate_part(
                store, settings, variant_id, part, seen_version=seen_version, actor=actor,
                cancelled=cancelled,
            )  # fmt: skip
        else:
            regenerate_message(store, settings, variant_id, actor=actor, cancelled=cancelled)
        return "Written anew and screened."

    return _started(jobs, store, variant_id, "rewrite", rewrite)


def start_editing(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    variant_id: str,
    message: Message,
    *,
    seen_version: int,
    actor: str,
) -> str:
    """Have an edit checked and stored as a job; return the job's id.

    A service that gives a second opinion may take its time, and no page waits for it.

    Raises:
        StateError: The campaign is launched, or one of its messages is being changed now.
    """

    def edit(cancelled: Callable[[], bool]) -> str:
        edit_message(
            store, settings, variant_id, message, seen_version=seen_version, actor=actor,
            cancelled=cancelled,
        )  # fmt: skip
        return "Saved as a new version and screened."

    return _started(jobs, store, variant_id, "edit", edit)


def _started(
    jobs: JobRunner,
    store: Store,
    variant_id: str,
    kind: str,
    change: Callable[[Callable[[], bool]], str],
) -> str:
    """Start the change of one message, where no other one of its campaign is under way."""
    campaign_id = campaign_of_message(store, variant_id)
    refuse_if_launched(store, campaign_id, "its messages")
    if store.read(_CHANGING, campaign_id=campaign_id) != [(0,)]:
        raise StateError(
            "A message of this campaign is being changed just now, so this was not done. Do it "
            "again once that has ended."
        )

    def work(progress: Progress) -> str:
        progress.report(0, 1, _TOLD[kind])
        try:
            return change(progress.is_cancelled)
        except StoppedError:
            return "Stopped."

    return jobs.submit(campaign_id, kind, work)
