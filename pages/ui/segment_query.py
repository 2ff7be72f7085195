"""What the library is asked for a segment: shown, and open to being said better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, words
from personalization import campaign

if TYPE_CHECKING:
    from personalization.campaign.searching import SegmentQuery
    from personalization.reports.campaigns import CampaignState


def panel(state: CampaignState, segment: str, actor: str) -> None:
    """Show the query of a segment, and let it be changed until the campaign is launched."""
    asked = campaign.segment_query(shell.store(), state.campaign_id, segment)
    label = "What the library is asked for this segment"
    with st.expander(label, icon=":material/manage_search:", key=f"asked_{segment}"):
        if asked.edited_by and asked.edited_at:
            st.caption(
                f"Written by {words.plain(asked.edited_by)}, {words.moment(asked.edited_at)}, "
                f"instead of: {words.plain(asked.proposed)}"
            )
        else:
            st.caption(
                "Made of what the segment buys, how it buys, and the brief. Say it in your own "
                "words where you know better: it counts from the next search on."
            )
        _form(state, segment, asked, actor)


def _form(state: CampaignState, segment: str, asked: SegmentQuery, actor: str) -> None:
    is_locked = state.launched_at is not None
    with st.form(f"ask_{segment}", border=False):
        query = st.text_area(
            "Query", asked.query, key=f"query_{segment}_{asked.edited_at}", height=90,
            max_chars=600, disabled=is_locked,
        )  # fmt: skip
        with st.container(horizontal=True):
            keep = st.form_submit_button("Ask this", icon=":material/check:", disabled=is_locked)
            back = st.form_submit_button(
                "Back to the proposed one", icon=":material/undo:",
                disabled=is_locked or asked.edited_by is None,
            )  # fmt: skip
    if keep or back:
        with shell.told():
            campaign.edit_segment_query(
                shell.store(), state.campaign_id, segment, "" if back else query or "", actor=actor
            )
            shell.say("Look for sources again, and it is asked this.")
            st.rerun()
