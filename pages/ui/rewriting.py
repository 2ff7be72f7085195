"""Having a hosted model write a message anew, without the page waiting for it."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell, writing
from personalization.campaign import hosted
from personalization.reports import campaigns


def start(variant_id: str, seen_version: int, actor: str, part: str = "") -> None:
    """Start the job for a message, or for one part of it, and draw the page again."""
    hosted.start_rewriting(
        shell.jobs(), shell.store(), shell.settings(), variant_id, seen_version=seen_version,
        actor=actor, part=part,
    )  # fmt: skip
    st.rerun()


def panel(campaign_id: str) -> None:
    """Show the progress of what is being written anew, or why it ended without a new wording."""
    job = campaigns.job_of(shell.store(), campaign_id)
    if job is None or job.kind != "rewrite" or job.state == "done":
        return
    if job.is_active:
        writing.progress(job)
    else:
        writing.ended(job)
