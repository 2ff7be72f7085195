"""Prospects: who they are at work, how each is worked and why, and files that add to them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import prospect_files, prospect_list, prospect_one, shell
from personalization.reports import prospects as reports

ctx = shell.enter("prospects")

VIEWS: Final = {
    "list": "Prospects",
    "motions": "How they are worked",
    "add": "Add or update",
}

store = shell.store()
bases = {base.dataset_id: base for base in reports.prospect_bases(store)}
if not bases:
    st.info(
        "No prospects yet. Check a file of people at companies below, or try the sample.",
        icon=":material/contacts:",
    )
    prospect_files.sample(ctx.actor)
    prospect_files.add(bases, ctx.actor)
    st.stop()
if st.session_state.get(prospect_files.WANTED) in bases:
    st.session_state["prospect_base"] = st.session_state.pop(prospect_files.WANTED)
dataset_id = st.selectbox(
    "Base of prospects", list(bases), key="prospect_base", width=420,
    format_func=lambda base: f"{bases[base].name} ({bases[base].prospects:,} prospects)",
)  # fmt: skip
prospect_list.numbers(dataset_id, is_sample=bases[dataset_id].is_sample)
view = st.segmented_control(
    "What to look at", list(VIEWS), default="list", required=True,
    format_func=VIEWS.__getitem__, key="prospect_view", label_visibility="collapsed",
)  # fmt: skip
if view == "list":
    listed = prospect_list.prospects(dataset_id)
    chosen = prospect_one.still_open(dataset_id, listed)
    if chosen:
        prospect_one.show(dataset_id, chosen, ctx.actor)
elif view == "motions":
    prospect_list.motions(dataset_id)
else:
    prospect_files.add(bases, ctx.actor)
