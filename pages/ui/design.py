"""Designing the test: the choices, what they could show, and freezing them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import lessons, mirror, plan_form, plan_views, repairs, shell, words
from pages.ui.segment_views import reach
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState


def panel(state: CampaignState, found: reports.Design | None, actor: str) -> None:
    """Choose, see what the test could show and what luck would, then approve the design."""
    store = shell.store()
    written = reports.variants_of(store, state.campaign_id)
    chosen, place = plan_form.form(state, found, written)
    if plan_form.leaves_nobody(chosen):
        return
    with shell.told():
        plan = campaign.plan_experiment(
            store, shell.settings(), state.campaign_id, **plan_form.as_plan(chosen, written)
        )
        plan_form.hints(place, plan)
        _missing(plan)
        plan_views.verdict(plan)
        plan_views.numbers(plan)
        with st.grid(2, min_column_width=420, gap="medium", key="charts"):
            with st.container():
                plan_views.curve(plan)
            with st.container():
                mirror.panel(state.campaign_id, plan)
        repairs.panel(state, plan, actor)
        plan_views.worth_knowing(plan)
        lessons.panel(state, actor)
        plan_views.metrics(plan)
        plan_views.segments(plan)
        with st.expander("Who can be written to", icon=":material/groups:"):
            reach(reports.audience(store, state.campaign_id))
        if not plan.missing:
            _bar(state, plan, chosen, actor)


def _missing(plan: reports.Plan) -> None:
    if not plan.missing:
        return
    with st.container(border=True, key="missing"):
        st.markdown("**Before the test can be designed**")
        for missing in plan.missing:
            st.markdown(f"- {plain(missing)}")
        shell.link("review", "Go to the review")


def _bar(state: CampaignState, plan: reports.Plan, chosen: plan_form.Choices, actor: str) -> None:
    """Draw the bar at the bottom: what would be frozen, and the one button that does it."""
    has_to_ask = campaign.has_to_ask(shell.store(), actor)
    variants = words.plural(len(plan.variants), "variant")
    reads_on = words.day(chosen.analysis_on + timedelta(days=1))
    with st.bottom, st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="bar"
    ):  # fmt: skip
        st.markdown(
            f"Decides: **{words.METRIC[plan.metric]}** · {words.count(plan.eligible)} people · "
            f"{variants} · read on {reads_on}  \n"
            + (":small[:gray[Somebody else signs it off on the Queue page. That freezes all of "
               "this and the exact texts, and gives everybody an arm.]]" if has_to_ask else
               ":small[:gray[Approving freezes all of this and the exact texts, and gives "
               "everybody an arm.]]")
        )  # fmt: skip
        label = "Submit for sign-off" if has_to_ask else "Approve this design"
        if st.button(label, type="primary", icon=":material/lock:", key="freeze_it"):
            _freeze(state, plan, chosen, actor, has_to_ask=has_to_ask)


def _freeze(
    state: CampaignState,
    plan: reports.Plan,
    chosen: plan_form.Choices,
    actor: str,
    *,
    has_to_ask: bool,
) -> None:
    """Write the design down, and approve it where nobody else is there to do so."""
    with shell.told():
        store, settings = shell.store(), shell.settings()
        with st.spinner("Writing the design down"):
            campaign.design_experiment(
                store, settings, state.campaign_id, plan,
                analysis_on=chosen.analysis_on, actor=actor,
            )  # fmt: skip
        if has_to_ask:
            shell.say("Submitted. Somebody else signs it off on the Queue page.")
            st.rerun()
        with st.spinner("Freezing the design and giving everybody an arm"):
            assigned = campaign.approve_design(store, state.campaign_id, actor=actor)
        shell.say(f"{words.plural(assigned, 'person has', 'people have')} an arm.")
        st.rerun()
