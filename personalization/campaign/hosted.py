"""Hosted models: whether one writes, waiting for it in a job, having the rest composed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.campaign.journal import campaign_of_message, refuse_if_launched
from personalization.campaign.messages import regenerate_message, regenerate_part
from personalization.errors import InputError
from personalization.providers import registry
from personalization.providers.metering import StoppedError

if TYPE_CHECKING:
    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store


def asks_hosted(settings: Settings) -> bool:
    """Tell whether messages are asked of a hosted model under these settings."""
    try:
        return registry.writer_name(settings.generation) != "composer"
    except InputError:
        return True  # it was named, and something is missing


def composing(settings: Settings) -> Settings:
    """Return the settings under which messages are composed on this machine, for one run."""
    return replace(settings, generation=replace(settings.generation, writer="composer"))


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
    """
    campaign_id = campaign_of_message(store, variant_id)
    refuse_if_launched(store, campaign_id, "its messages")

    def rewrite(progress: Progress) -> str:
        progress.report(0, 1, "Asking the hosted model for another wording")
        stop = progress.is_cancelled
        try:
            if part:
                regenerate_part(
                    store, settings, variant_id, part, seen_version=seen_version, actor=actor,
                    cancelled=stop,
                )  # fmt: skip
            else:
                regenerate_message(store, settings, variant_id, actor=actor, cancelled=stop)
        except StoppedError:
            return "Stopped."
        return "Written anew and screened."

    return jobs.submit(campaign_id, "rewrite", rewrite)
