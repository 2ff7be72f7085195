"""Policies: what is in force, a draft of another, what it would change, and putting it in force."""

from __future__ import annotations

import streamlit as st

from pages.ui import policy_draft, policy_forms, policy_record, shell
from personalization import campaign
from personalization.errors import PersonalizationError
from personalization.reports import policies as reports

ctx = shell.enter("policies")
store, settings = shell.store(), shell.settings()

VIEWS = ("Levels of harm", "Rules", "As text", "History")

try:
    policy = campaign.policy_in_effect(store, settings)
except PersonalizationError as error:
    policy_record.broken(str(error))
    st.stop()
versions = reports.versions(store)
is_file = bool(settings.safety.policy)
policy_record.status(policy, versions, file=settings.safety.policy)
policy_draft.waiting(ctx.actor)
draft = campaign.policy_draft(store, settings, actor=ctx.actor)
if not is_file:
    policy_draft.card(draft, policy, ctx.actor)
view = st.segmented_control(
    "View", VIEWS, default=VIEWS[0], required=True, key="policy_view", label_visibility="collapsed"
)
shown = policy_draft.readable(draft, policy)
if view == VIEWS[0]:
    policy_forms.thresholds(shown, ctx.actor, is_open=not is_file)
elif view == VIEWS[1]:
    policy_forms.rules(shown, ctx.actor, is_open=not is_file)
elif view == VIEWS[2]:
    policy_forms.text(draft, ctx.actor, is_open=not is_file)
else:
    policy_record.history(versions)
