"""The job that makes files: whether it waits or runs, how far it is, stopping it, what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, words
from personalization.reports import campaigns
from personalization.reports import voice as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import Job

_SEEN = "voice_job_seen"


def show(campaign_id: str) -> bool:
    """Show the job of a campaign's files; tell whether it waits or runs, so that none is begun."""
    job = reports.job_of(shell.store(), campaign_id)
    if job is None:
        return False
    if job.is_active:
        st.session_state[_SEEN] = job.job_id
        with st.container(border=True, key="voice_work"):
            _progress(job.job_id, campaign_id)
        return True
    _ended(job)
    return False


@st.fragment(run_every=0.7)
def _progress(job_id: str, campaign_id: str) -> None:
    """Show how far this very job is, whatever else the campaign has running."""
    job = reports.job_of(shell.store(), campaign_id)
    if job is None or job.job_id != job_id or not job.is_active:
        st.rerun()
    if job.state == "queued":
        others = _others(job)
        st.markdown(f"**{'Queued behind other work' if others else 'Starting'}**")
        st.progress(0.0, text=others or "It starts in a moment.")
    else:
        st.markdown("**Making files**")
        st.progress(job.share, text=words.plain(job.message))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", icon=":material/stop_circle:", key="voice_stop"):
            shell.jobs().cancel(job_id)
            st.toast("It stops after the files that are being made now. Those made stay.")
        st.caption("You can leave this page; the work goes on.")


def _others(job: Job) -> str:
    """Say what a job that waits waits for; empty where nothing else is going on."""
    found = [each for each in campaigns.active_jobs(shell.store()) if each.job_id != job.job_id]
    told = dict.fromkeys(words.JOB.get(each.kind, each.kind) for each in found)
    return f"It starts by itself after: {words.plain('; '.join(told))}." if told else ""


def _ended(job: Job) -> None:
    """Say what came of a job, to whoever saw it run; what went wrong is told to everybody."""
    if job.state == "done":
        if st.session_state.get(_SEEN) == job.job_id:
            st.success(words.plain(job.message), icon=":material/check:")
    elif job.state == "cancelled":
        if st.session_state.get(_SEEN) == job.job_id:
            st.info(f"Stopped. {words.plain(job.message)}", icon=":material/stop_circle:")
    else:
        kept = " Files that were made until then are kept: going on makes the missing ones only."
        st.error(
            f"{words.plain(job.message)}{kept if job.done else ''}", icon=":material/error:",
            title=f"The last attempt, {words.moment(job.heartbeat_at)}, did not work",
        )  # fmt: skip
