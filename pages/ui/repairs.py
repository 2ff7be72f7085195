"""What would make a planned test see more: each way as a card, with its button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import plan_form, plan_views, shell, words
from pages.ui.words import plain
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.campaigns import CampaignState
    from personalization.reports.experiment import Plan, Repair

_ICON: Final[Mapping[str, str]] = {
    "fewer_variants": "filter_list",
    "other_metric": "ads_click",
    "control_share": "balance",
    "no_holdout": "mark_email_read",
    "cap": "vertical_align_top",
    "adjust": "tune",
    "guardrail": "shield",
    "merge_segments": "merge",
    "more_customers": "group_add",
}


def panel(state: CampaignState, plan: Plan, actor: str) -> None:
    """Offer every way to a test that sees more; a click changes the form, or leads there."""
    found = campaign.repairs_of(shell.store(), shell.settings(), state.campaign_id, plan)
    shown = [
        repair for repair in found if repair.passes or _in_short(repair)[0] != _in_short(repair)[1]
    ]
    if not shown:
        return
    st.subheader("What would make it better", anchor=False)
    with st.grid(3, min_column_width=260, key="repairs"):
        for repair in shown:
            with st.container(border=True, height="stretch"):
                _card(state, repair, actor)


def _in_short(repair: Repair) -> tuple[str, str]:
    """Say the smallest lift that is noticed, or how often a guardrail lets pass, then and now."""
    if repair.passes is not None:
        now, then = repair.passes
        return words.chance(now), words.chance(then)
    return plan_views.lift(repair.detectable_before), plan_views.lift(repair.detectable_after)


def _card(state: CampaignState, repair: Repair, actor: str) -> None:
    # By its label: the next run offers other repairs, and none may take over this one's click.
    key = f"repair_{repair.kind}_{repair.label}"
    before, after = _in_short(repair)
    is_seen = "The smallest lift that would be noticed, now and then."
    passes = "Chance that a variant that does no harm passes the guardrail, now and then."
    st.markdown(
        f":material/{_ICON.get(repair.kind, 'build')}: {_of(repair)}**{before} → {after}**",
        help=is_seen if repair.passes is None else passes,
    )
    st.caption(plain(words.said(repair.sentence)))
    if repair.kind == "more_customers":
        shell.link("upload", "Upload more customers")
        return
    label = plain(words.said(repair.label))
    if repair.merges:
        if st.button(label, key=key):
            confirm_merge(state, repair, actor)
        return
    st.button(
        label, key=key, on_click=plan_form.change, args=(plan_form.fields_of(repair.arguments),)
    )


def _of(repair: Repair) -> str:
    """Name the segment that a merge is about; the rest is about the whole audience."""
    if repair.passes is not None:
        return "Passes: "
    return "".join(f"{plain(name)}: " for name, _ in repair.merges)


@st.dialog("Merge these segments?", icon=":material/merge:")
def confirm_merge(state: CampaignState, repair: Repair, actor: str) -> None:
    """Say what a merge means, and do it."""
    st.markdown(plain(words.said(repair.sentence)))
    if st.button("Merge", type="primary", icon=":material/merge:", key="confirm_merge"):
        with shell.told():
            campaign.merge_segments(
                shell.store(), shell.settings(), state.campaign_id, dict(repair.merges), actor=actor
            )
            shell.say("The segments were merged.")
            st.rerun()
