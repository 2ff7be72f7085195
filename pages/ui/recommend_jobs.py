"""Long work on the recommendations of a base: started, watched, and what it came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, writing
from personalization import campaign
from personalization.reports import campaigns

if TYPE_CHECKING:
    from personalization.campaign import Asked


def is_working(dataset_id: str) -> bool:
    """Show how far the work on a base is; tell whether any is going on."""
    job = campaigns.job_of(shell.store(), dataset_id)
    if job is None:
        return False
    if job.is_active:
        with st.container(border=True, key="recommend_work"):
            writing.progress(job)
        return True
    if job.state != "done" and st.session_state.get("recommend_job") == job.job_id:
        writing.ended(job)
    return False


def start_run(dataset_id: str, asked: Asked, strategy: str, wanted: int, actor: str) -> None:
    """Have a strategy's products worked out for everybody who is asked for."""
    with shell.told():
        st.session_state["recommend_job"] = campaign.start_recommending(
            shell.jobs(), shell.store(), shell.settings(), dataset_id, strategy=strategy,
            wanted=wanted, customers=asked, actor=actor,
        )  # fmt: skip
        st.rerun()


def start_building(dataset_id: str, actor: str) -> None:
    """Have everything that recommendations go by brought up to date."""
    with shell.told():
        st.session_state["recommend_job"] = campaign.start_building(
            shell.jobs(), shell.store(), dataset_id, actor=actor
        )
        st.rerun()


def start_evaluation(dataset_id: str, actor: str) -> None:
    """Have the strategies held against what customers then bought."""
    with shell.told():
        st.session_state["recommend_job"] = campaign.start_evaluating(
            shell.jobs(), shell.store(), dataset_id, actor=actor
        )
        st.rerun()
