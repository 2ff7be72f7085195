"""What messages may say: the brief, each segment's sources, the writing, and the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import (
    brief_edit,
    gaps,
    lessons,
    library,
    product_plan,
    segment_query,
    shell,
    words,
    writing,
)
from personalization.reports import content as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

ctx = shell.enter("content")


def sources(state: CampaignState) -> None:
    """Show how far the writing is, then what each segment's writer is given."""
    if not state.n_segments:
        shell.empty_card(
            "No segments yet",
            "Messages are written for each segment. Choose the segments first.",
            page="segments",
            label="Choose segments",
        )
        return
    brief_edit.waiting(state)
    product_plan.panel(state, ctx.actor)
    writing.panel(state, ctx.actor)
    lessons.hints(state, ctx.actor)
    segments = reports.writing_of(shell.store(), state.campaign_id)
    st.subheader("Sources by segment", anchor=False)
    st.caption(
        "A writer may use these approved passages and nothing else. Always use what matters to "
        "this campaign, and leave out what does not fit. "
        f"Content is judged on the send date, {words.day(state.send_on)}."
    )
    names = [row["segment"] for row in segments]
    name = st.selectbox("Segment", names, key="segment", width=420)
    segment_query.panel(state, name, ctx.actor)
    writing.sources(state, name, ctx.actor)
    gaps.panel(state, name)


with shell.told():
    shell.read_content()
if ctx.campaign is None:
    library.show(ctx.actor, None)
else:
    of_campaign, of_brief, of_library = st.tabs(
        ["Sources and writing", "Brief", "Content library"], key="content_tab", on_change="rerun"
    )
    if of_campaign.open:
        with of_campaign:
            sources(ctx.campaign)
    if of_brief.open:
        with of_brief:
            brief_edit.panel(ctx.campaign, ctx.actor)
    if of_library.open:
        with of_library:
            library.show(ctx.actor, ctx.campaign)
