"""Having messages written: progress, failures, and what each segment's writer is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import campaigns
from personalization.reports import content as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState, Job


def panel(state: CampaignState, actor: str) -> None:
    """Show the one thing to do next: write, wait, try again, or go on to the review."""
    job = campaigns.job_of(shell.store(), state.campaign_id)
    with st.container(border=True, key="writing"):
        if job and job.is_active:
            _progress(job)
            return
        if job and job.state != "done":
            _ended(job)
        _status(state, actor)
    _failures(state, actor)


@st.fragment(run_every=0.7)
def _progress(job: Job) -> None:
    now = campaigns.job_of(shell.store(), job.campaign_id)
    if now is None or not now.is_active:
        st.rerun()
    st.markdown("**Writing messages**")
    st.progress(now.share, text=now.message)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Cancel", icon=":material/close:", key="cancel_job"):
            shell.jobs().cancel(now.job_id)
            st.toast("Stopping after the message that is being written.")
        st.caption("You can leave this page; the writing goes on.")


def _ended(job: Job) -> None:
    if job.state == "cancelled":
        st.info("Writing was cancelled. What was written is kept.", icon=":material/cancel:")
    else:
        st.error(job.message, icon=":material/error:", title="The writing stopped")


def _status(state: CampaignState, actor: str) -> None:
    rows = reports.writing_of(shell.store(), state.campaign_id)
    wanted = shell.settings().generation.variants + 1
    missing = [row for row in rows if row["n_messages"] < wanted]
    total = wanted * len(rows)
    if not missing:
        st.markdown(f"**All {total} messages are written.** They wait for your review.")
        if st.button("Review messages", type="primary", icon=":material/rule:", key="review"):
            shell.go("review")
        return
    written = sum(row["n_messages"] for row in rows)
    st.markdown(
        f"**{words.plural(wanted - 1, 'message')} and a control text for each of "
        f"{words.plural(len(rows), 'segment')}: {total} in all.** "
        + (f"{written} are written, {total - written} are missing." if written else "")
    )
    label = "Write the missing messages" if written else "Write messages"
    with st.container(horizontal=True):
        if st.button(label, type="primary", icon=":material/edit_note:", key="write"):
            start(state, actor)
        if st.button("Look for sources first", icon=":material/search:", key="find"):
            _look(state, actor)


def start(state: CampaignState, actor: str, only: frozenset[tuple[str, str]] | None = None) -> None:
    """Start the job and draw the page again, where it shows its progress."""
    with shell.told():
        campaign.start_writing(
            shell.jobs(), shell.store(), shell.settings(), state.campaign_id,
            actor=actor, only=only,
        )  # fmt: skip
        st.rerun()


def _look(state: CampaignState, actor: str) -> None:
    with shell.told():
        campaign.start_finding(
            shell.jobs(), shell.store(), shell.settings(), state.campaign_id, actor=actor
        )
        st.rerun()


def _failures(state: CampaignState, actor: str) -> None:
    failed = reports.failures_of(shell.store(), state.campaign_id)
    if not failed:
        return
    st.warning(
        f"{words.plural(len(failed), 'message')} could not be written.",
        icon=":material/warning:",
    )
    for row in failed:
        st.markdown(f"- **{row['segment']}**, {words.arm(row['arm'])}: {row['reason']}")
    if st.button("Try these again", icon=":material/refresh:", key="retry"):
        start(state, actor, frozenset((row["segment"], row["arm"]) for row in failed))


def sources(state: CampaignState, segment: str, actor: str) -> None:
    """List a segment's passages, best first, with the reason and what the user may say to each."""
    found = reports.sources_of(shell.store(), state.campaign_id, segment)
    if not found:
        st.info("Nothing has been looked for yet. Sources are found when messages are written.")
    for row in found:
        _source(state, segment, row, actor)
    left_out = reports.excluded_of(shell.store(), state.campaign_id, segment)
    shown = {row["document_id"] for row in found}
    for row in left_out:
        if row["document_id"] not in shown:
            _source(state, segment, {**row, "choice": "excluded", "text": "", "why": ""}, actor)


def _source(state: CampaignState, segment: str, row: dict[str, Any], actor: str) -> None:
    def choose(choice: str | None) -> None:
        with shell.told():
            campaign.choose_passage(
                shell.store(), state.campaign_id, segment, row["document_id"], choice, actor=actor
            )

    key = row.get("passage_id", row["document_id"])
    with st.container(border=True, key=f"source_{key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{row['title']}**", width="content")
            st.badge(words.KIND.get(row["kind"], row["kind"]), color="gray")
            if row["choice"] == "pinned":
                st.badge("Always used", icon=":material/keep:", color="blue")
            if row["choice"] == "excluded":
                st.badge("Left out", icon=":material/block:", color="orange")
        if row["text"]:
            st.markdown(row["text"])
        if row["why"]:
            st.caption(row["why"])
        with st.container(horizontal=True):
            if row["choice"] is None:
                st.button(
                    "Always use",
                    icon=":material/keep:",
                    key=f"pin_{key}",
                    on_click=choose,
                    args=("pinned",),
                )
                st.button(
                    "Leave out",
                    icon=":material/block:",
                    key=f"exclude_{key}",
                    on_click=choose,
                    args=("excluded",),
                )
            else:
                st.button(
                    "Take that back",
                    icon=":material/undo:",
                    key=f"clear_{key}",
                    on_click=choose,
                    args=(None,),
                )
