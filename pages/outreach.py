"""Outreach: plan it, read and approve its texts, see who gets what and why, and hand it over."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import (
    outreach_people,
    outreach_plan,
    outreach_sequence,
    outreach_texts,
    shell,
    words,
    writing,
)
from personalization import campaign
from personalization.reports import campaigns, outreach_bases
from personalization.reports import outreach as reports

ctx = shell.enter("outreach")

VIEWS: Final = {
    "texts": "Texts",
    "people": "Who gets what",
    "sequence": "Sequence and hand-over",
}


def working(campaign_id: str) -> bool:
    """Show how far a job of the campaign is; tell whether any is going on."""
    job = campaigns.job_of(shell.store(), campaign_id)
    if job is None:
        return False
    if job.is_active:
        st.session_state["outreach_job"] = job.job_id
        with st.container(border=True, key="outreach_work"):
            writing.progress(job)
        return True
    if st.session_state.get("outreach_job") == job.job_id:
        if job.state == "done":
            st.success(words.plain(job.message), icon=":material/check:")
        else:
            writing.ended(job)
    return False


store = shell.store()
with shell.told():
    shell.read_content()
bases, found = outreach_bases.prospect_bases(store), reports.outreach_campaigns(store)
if not bases:
    shell.empty(
        "No prospects yet",
        "Outreach writes to people at companies, one by one. Upload a file of prospects, or try "
        "the sample.",
        page="prospects",
        label="Go to Prospects",
    )
st.caption(
    "Texts are written and approved once for each reader and channel; each prospect's own words "
    "are filled in. Nothing is sent from here: what is due is handed over as files and tasks."
)
with st.expander("New campaign", expanded=not found, icon=":material/add:"):
    outreach_plan.form(bases, ctx.actor)
if found:
    by_id = {row["campaign_id"]: row for row in found}
    wanted = st.session_state.pop("outreach_wanted", None)
    if wanted in by_id:
        st.session_state["outreach_campaign"] = wanted
    chosen = by_id[
        st.selectbox(
            "Campaign", list(by_id), key="outreach_campaign", width=420,
            format_func=lambda one: by_id[one]["name"]
            + (" (simulated)" if by_id[one]["is_simulated"] else ""),
        )
    ]  # fmt: skip
    is_working = working(chosen["campaign_id"])
    if not is_working and not chosen["texts"] and st.button(
        "Write and check the texts", type="primary", icon=":material/edit_note:",
        key="outreach_write",
    ):  # fmt: skip
        with shell.told():
            campaign.start_writing_skeletons(
                shell.jobs(), store, shell.settings(), chosen["campaign_id"], actor=ctx.actor
            )
            st.rerun()
    view = st.segmented_control(
        "What to look at", list(VIEWS), default="texts", required=True,
        format_func=VIEWS.__getitem__, key="outreach_view", label_visibility="collapsed",
    )  # fmt: skip
    with shell.told():
        if view == "texts":
            outreach_texts.show(chosen, ctx.actor, is_open=not is_working)
        elif is_working:
            st.caption("This is here when the work is done. The texts can be read meanwhile.")
        elif view == "people":
            outreach_people.show(chosen, ctx.actor)
        else:
            outreach_sequence.show(chosen, ctx.actor)
