"""The brand: how it speaks and looks, tried on texts and examples, and changed by version."""

from __future__ import annotations

import streamlit as st

from pages.ui import brand_forms, brand_views, policy_draft, shell
from personalization import campaign
from personalization.reports import brand as reports

ctx = shell.enter("brand")

VIEWS = ("Profile", "Try it on a text", "Examples", "Messages", "Versions")

with shell.told():
    shell.read_content()
profile = campaign.brand_profile(shell.store())
versions = reports.versions(shell.store())
brand_views.status(versions)
policy_draft.waiting(ctx.actor)
view = st.segmented_control(
    "View", VIEWS, default=VIEWS[0], required=True, key="brand_view", label_visibility="collapsed"
)
if view == "Profile":
    brand_forms.editor(profile, ctx.actor)
elif view == "Try it on a text":
    brand_views.trial(profile)
elif view == "Examples":
    brand_views.samples(profile)
elif view == "Messages":
    brand_views.messages(profile, ctx.campaign)
else:
    brand_views.history(versions, ctx.actor)
