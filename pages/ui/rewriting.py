"""Having a message written anew or an edit of it judged, without the page waiting for a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, writing
from personalization.campaign import hosted
from personalization.reports import campaigns

if TYPE_CHECKING:
    from personalization.domain import Message

KINDS: Final = ("rewrite", "edit")


def start(variant_id: str, seen_version: int, actor: str, part: str = "") -> None:
    """Start the job for a message, or for one part of it, and draw the page again."""
    hosted.start_rewriting(
        shell.jobs(), shell.store(), shell.settings(), variant_id, seen_version=seen_version,
        actor=actor, part=part,
    )  # fmt: skip
    st.rerun()


def save(variant_id: str, edited: Message, seen_version: int, actor: str) -> None:
    """Start the job that checks an edit and keeps it, and draw the page again.

    The form holds the text until there is a new version.
    """
    hosted.start_editing(
        shell.jobs(), shell.store(), shell.settings(), variant_id, edited,
        seen_version=seen_version, actor=actor,
    )  # fmt: skip
    st.rerun()


def panel(campaign_id: str) -> None:
    """Show the progress of a message that is being changed, or why it ended without a version."""
    job = campaigns.job_of(shell.store(), campaign_id)
    if job is None or job.kind not in KINDS or job.state == "done":
        return
    if job.is_active:
        writing.progress(job)
    else:
        writing.ended(job)
