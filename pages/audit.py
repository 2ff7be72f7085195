"""The officer's page: is everything screened, is the record whole, and what does it say."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import audit_explorer, audit_views, shell

ctx = shell.enter("audit")
state = ctx.campaign
VIEWS: Final = ("Screenings", "Held back", "Inputs", "Everything recorded", "Retention")

if state is None:
    st.info(
        "Choose a campaign on the left to see its coverage and take its files away. Without one, "
        "this page shows what is on record of all campaigns."
    )
else:
    audit_views.coverage(state.campaign_id)
with st.container(horizontal=True, key="downloads"):
    if state is not None:
        audit_views.downloads(state.campaign_id, ctx.actor)
    verify = st.button("Check the record", icon=":material/link:", key="verify")
if verify:
    audit_views.check_record()
audit_views.about_levels()

view = st.segmented_control(
    "View", VIEWS, default=VIEWS[0], required=True, key="audit_view", label_visibility="collapsed"
)
campaign_id = state.campaign_id if state else ""
if view == VIEWS[0]:
    audit_explorer.screenings(campaign_id)
elif view == VIEWS[1]:
    audit_explorer.held_back(campaign_id)
elif view == VIEWS[2]:
    audit_explorer.inputs(campaign_id)
elif view == VIEWS[3]:
    audit_explorer.trail(campaign_id)
else:
    audit_views.retention(ctx.actor)
