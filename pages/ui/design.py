"""Designing the test: shares and metric, what it could show, and freezing it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.segment_views import reach
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

_METRICS: Final = ("click", "conversion", "revenue")
_DAYS: Final = 14  # e-mail responses have practically all come in by then


def panel(state: CampaignState, found: reports.Design | None, actor: str) -> None:
    """Choose shares and metric, see what the test could show, then design and approve it."""
    metric, control, holdout, analysis_on = _choices(state, found)
    with shell.told():
        plan = campaign.plan_experiment(
            shell.store(), shell.settings(), state.campaign_id,
            metric=metric, control_weight=control, holdout_weight=holdout,
        )  # fmt: skip
        _power(plan)
        _decide(state, plan, analysis_on, actor)
        _segments(plan)
        reach(reports.audience(shell.store(), state.campaign_id))


def _choices(state: CampaignState, found: reports.Design | None) -> tuple[str, float, float, date]:
    settings, frozen = shell.settings().experiments, found.hypothesis if found else {}
    with st.grid(4, key="choices"):
        metric = st.selectbox(
            "What decides", _METRICS, key="metric", format_func=words.METRIC.__getitem__,
            index=_METRICS.index(frozen.get("metric", state.brief.metric)),
            help="The one number that the verdict rests on. Opens are shown, but mail programs "
            "open mail by themselves, so they never decide.",
        )  # fmt: skip
        control = st.slider(
            "Control text", 5, 60, round(100 * settings.control_weight), 5, format="%d%%",
            key="control", help="Share of each segment that gets the control text.",
        )  # fmt: skip
        holdout = st.slider(
            "No message", 0, 30, round(100 * settings.holdout_weight), 5, format="%d%%",
            key="holdout", help="Share that gets nothing, to see what mailing itself brings.",
        )  # fmt: skip
        analysis_on = st.date_input(
            "Read the results on", state.send_on + timedelta(days=_DAYS), key="analysis_on",
            min_value=state.send_on, format="DD/MM/YYYY",
            help="Looking earlier and stopping at a good moment makes chance look like success.",
        )  # fmt: skip
    return metric, control / 100, holdout / 100, analysis_on


def _power(plan: reports.Plan) -> None:
    st.subheader("What this test could show", anchor=False)
    with st.grid(4, key="power"):
        st.metric("People in the test", words.count(plan.eligible), border=True)
        st.metric(
            "Smallest lift you would notice", words.change(plan.detectable_lift, 0), border=True,
            help=f"Found in {plan.power:.0%} of tests, over all segments.",
        )  # fmt: skip
        st.metric(
            "People an arm needs for +10%", words.count(plan.needed_per_arm), border=True,
            help="Variant against control, looked at by itself.",
        )  # fmt: skip
        st.metric(
            "Chance alone shows +10%", words.chance(plan.noise_share), border=True,
            help="How often at least one variant would look more than 10% better although "
            "nothing works.",
        )  # fmt: skip
    for sentence in plan.sentences:
        st.markdown(plain(words.said(sentence)))
    for warning in plan.warnings:
        st.warning(plain(words.said(warning)), icon=":material/info:")


def _decide(state: CampaignState, plan: reports.Plan, analysis_on: date, actor: str) -> None:
    """Offer the one thing to do next: finish the review, or approve this design."""
    if plan.missing:
        with st.container(border=True, key="missing"):
            st.markdown("**Before the test can be designed**")
            for missing in plan.missing:
                st.markdown(f"- {plain(missing)}")
            shell.link("review", "Go to the review")
        return
    with st.container(border=True, key="freeze"):
        st.markdown(
            "**Approving freezes the design.** What decides, the shares, the date and the exact "
            "texts are written down and can no longer be changed to fit the outcome. Every person "
            "in the test gets an arm."
        )
        if st.button(
            "Approve this design", type="primary", icon=":material/lock:", key="freeze_it"
        ):
            with shell.told():
                store, settings = shell.store(), shell.settings()
                with st.spinner("Freezing the design and giving everybody an arm"):
                    campaign.design_experiment(
                        store, settings, state.campaign_id, plan,
                        analysis_on=analysis_on, actor=actor,
                    )  # fmt: skip
                    assigned = campaign.approve_design(store, state.campaign_id, actor=actor)
                shell.say(f"{words.plural(assigned, 'person has', 'people have')} an arm.")
                st.rerun()


def _segments(plan: reports.Plan) -> None:
    st.subheader("Segment by segment", anchor=False)
    rows = [
        {
            "segment": segment.segment,
            "eligible": segment.eligible,
            **{words.arm(arm): n for arm, n in segment.sizes},
            "lift": words.change(segment.detectable_lift, 0),
            "sentence": words.said(segment.sentence),
        }
        for segment in plan.segments
    ]
    st.dataframe(
        rows, hide_index=True, key="plan", alt="People in each arm of each segment",
        column_config={
            "segment": "Segment",
            "eligible": st.column_config.NumberColumn("People", format="localized"),
            "lift": "Would notice",
            "sentence": st.column_config.TextColumn("In words", width="large"),
        },
    )  # fmt: skip
