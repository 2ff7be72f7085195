"""Consent: who may be written to and why, who objected, and what is held about one person."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import consent_files, consent_views, objection_views, person_lens, shell
from personalization import campaign
from personalization.reports import intake

ctx = shell.enter("consent")

VIEWS: Final = {
    "standing": "Who may be written to",
    "register": "Register",
    "objections": "Objections",
    "person": "One person",
    "law": "The law",
}

store, state = shell.store(), ctx.campaign
campaign.keep_consent_law(store, shell.settings())

st.caption(
    "On what each person may be written to, by the law of their country. It is worked out anew "
    "for every send date and every export; an objection counts from the moment it is recorded."
)
bases = intake.bases(store)
if not bases:
    shell.empty(
        "No customers yet",
        "Upload a customer file or try the sample shop. Records of consent are added to it here.",
        page="upload",
        label="Go to Upload",
    )
names = {base.dataset_id: base.name for base in bases}
dataset_id = state.dataset_id if state else st.selectbox(
    "Customer base", list(names), format_func=names.__getitem__, key="consent_base", width=420
)  # fmt: skip

view = st.segmented_control(
    "What to look at", list(VIEWS), default="standing", required=True,
    format_func=VIEWS.__getitem__, key="consent_view", label_visibility="collapsed",
)  # fmt: skip
if view == "standing":
    consent_views.standing(state)
elif view == "register":
    consent_views.register(dataset_id)
    consent_files.add(dataset_id, "consents", ctx.actor)
elif view == "objections":
    objection_views.record(ctx.actor, dataset_id)
    objection_views.clock(ctx.actor)
    consent_files.add(dataset_id, "suppressions", ctx.actor)
elif view == "person":
    person_lens.show(state, dataset_id, ctx.actor)
else:
    consent_views.law(dataset_id)
