"""Triggers: what customers did, whom a message would answer it today, and campaigns that repeat."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import shell, templates, trigger_setup, trigger_views, words
from personalization import campaign
from personalization.reports import triggers as reports

ctx = shell.enter("triggers")

VIEWS: Final = {
    "today": "What would fire today",
    "setup": "Set up",
    "waiting": "Hand over",
    "record": "Record",
    "templates": "Campaigns that come again",
}

store, state = shell.store(), ctx.campaign
bases = {base.dataset_id: base for base in reports.bases(store)}
if not bases:
    shell.empty(
        "No customers yet",
        "Triggers wait for what customers do. Upload a customer file with orders or views, or try "
        "the sample shop.",
        page="upload",
        label="Go to Upload",
    )
dataset_id = state.dataset_id if state else st.selectbox(
    "Customer base", list(bases), format_func=lambda one: bases[one].name, key="trigger_base",
    width=420,
)  # fmt: skip
base = bases[dataset_id]
told = (
    "A trigger answers what a customer did with an approved message: once for each event, one "
    "message a run, and never without consent. "
)
if base.is_sample:
    day = words.day(campaign.triggers_as_of(store, dataset_id))
    told += f"The orders of the sample end in the past, so {day} counts as today here."
st.caption(told)

view = st.segmented_control(
    "What to look at", list(VIEWS), default="today", required=True,
    format_func=VIEWS.__getitem__, key="trigger_view", label_visibility="collapsed",
)  # fmt: skip
if view == "today":
    trigger_views.today(base, ctx.actor)
elif view == "setup":
    trigger_setup.show(base, ctx.actor)
elif view == "waiting":
    trigger_views.waiting(base, ctx.actor)
elif view == "record":
    trigger_views.record(base)
else:
    templates.show(base, ctx.actor)
