"""Incidents: take a source back, stop a campaign, and see it through to the end."""

from __future__ import annotations

import streamlit as st

from pages.ui import incident_forms, incident_views, shell
from personalization.reports import incidents as reports

ctx = shell.enter("incidents")
store = shell.store()

st.caption(
    "Something that messages say turned out to be wrong, or a campaign has to stop. A withdrawn "
    "source holds every message that cites it; a reported campaign is held as a whole. Files that "
    "were exported before have to be stopped in your e-mail tool: from here on they cannot be "
    "downloaded, and what is on record of them is kept."
)
form = st.session_state.get("incident_form")
with st.container(horizontal=True, key="incident_start"):
    st.button(
        "Withdraw a source", icon=":material/content_paste_off:", key="withdraw",
        type="secondary" if form else "primary", on_click=incident_forms.choose,
        args=("withdraw",),
    )  # fmt: skip
    st.button(
        "Report an incident", icon=":material/report:", key="report",
        on_click=incident_forms.choose, args=("report",),
    )  # fmt: skip
if form == "withdraw":
    incident_forms.withdraw(ctx.actor)
elif form == "report":
    incident_forms.report(ctx.actor, ctx.campaign)

rows = reports.incidents(store)
if not rows:
    if not form:
        shell.empty_card(
            "No incidents",
            "Nothing has been withdrawn, and no campaign is on hold. Withdraw a source to see "
            "first what rests on it: sentences, messages, campaigns, and the people who got them.",
        )
    st.stop()
chosen = incident_views.table(rows)
if chosen is not None:
    incident_views.incident(chosen, ctx.actor)
