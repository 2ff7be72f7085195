"""Outreach results: what came back from prospects, what choosing brings, and what was learnt."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    outreach_corrections,
    outreach_figures,
    outreach_replies,
    outreach_result_words,
    outreach_words,
    shell,
    words,
    writing,
)
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import campaigns
from personalization.reports import outreach_results as reports

ctx = shell.enter("outreach_results")
store = shell.store()


def going_on(campaign_id: str) -> bool:
    """Say whether a job of the campaign is still going on: its figures are of a part then."""
    job = campaigns.job_of(store, campaign_id)
    if job is None or not job.is_active:
        return False
    with st.container(border=True, key="outreach_results_work"):
        st.markdown("**The figures below are not final.** They grow until this is done:")
        writing.progress(job)
    return True


def came_back(chosen: reports.OutreachCampaign, *, is_simulated: bool) -> None:
    rows = reports.came_back(store, chosen.campaign_id, is_simulated=is_simulated)
    if not rows:
        st.caption("Nothing has come back yet.")
    else:
        st.dataframe(
            [
                {
                    "What came back": outreach_result_words.REPLY.get(row["reply_class"])
                    or outreach_result_words.EVENT[row["kind"]],
                    "How often": row["events"],
                    "From people": row["people"],
                }
                for row in sorted(rows, key=outreach_result_words.place)
            ],
            hide_index=True, key="came_back", alt="What came back, by kind",
        )  # fmt: skip
    if loose := reports.untied(store, chosen.dataset_id, is_simulated=is_simulated):
        st.caption(
            f"{words.plural(loose, 'event')} of this base came too late for any message, or "
            "before the first one: known to the history, and counted for no text."
        )


def taken_out(found: reports.Learnt) -> None:
    for row in found.vetoes:
        tone = outreach_words.TONE[row["tone"]].lower()
        angle = outreach_words.ANGLE[row["angle"]].lower()
        st.warning(
            f"Not offered any more to {outreach_words.READER[row['role']].lower()} "
            f"({outreach_words.CHANNEL[row['channel']]}): {tone} texts that lead with "
            f"‘{angle}’. "
            f"{row['harms']:,.0f} of {row['trials']:,.0f} messages drew a refusal, an unsubscribe "
            "or a complaint; the chance that this is above the cap is "
            f"{words.chance(row['harm_chance'])}.", icon=":material/block:",
        )  # fmt: skip
    st.caption(
        f"Learnt from {words.plural(found.events, 'event')}, as of {words.moment(found.made_at)} "
        f"(version {found.version}). The same events give the same version again."
    )


def picked(chosen: reports.OutreachCampaign) -> bool:
    """Tell whether simulated answers are looked at; real ones come first and are never mixed."""
    if not chosen.simulated:
        return False
    if not chosen.sent:
        return True
    kinds = {"real": "What really came back", "simulated": "The simulation"}
    kind = st.segmented_control(
        "What to look at", list(kinds), default="real", required=True,
        format_func=kinds.__getitem__, key="outreach_kind", label_visibility="collapsed",
    )  # fmt: skip
    return kind == "simulated"


found = reports.campaigns(store)
if not found:
    shell.empty(
        "No outreach yet",
        "Results begin with a campaign that writes to prospects. Plan one first.",
        page="outreach", label="Go to Outreach",
    )  # fmt: skip
one = st.selectbox(
    "Outreach campaign", found, format_func=lambda row: row.name, key="outreach_campaign", width=420
)
is_simulated = picked(one)
if is_simulated:
    st.warning(
        "All figures below are of simulated answers. They say how the page works and nothing of "
        "your prospects.", icon=":material/science:", title="Simulation",
    )  # fmt: skip
is_going_on = going_on(one.campaign_id)
n = one.simulated if is_simulated else one.sent
done = "simulated so far; no file was made of them" if is_simulated else "handed over so far"
if n or not is_going_on:
    st.caption(f"{words.plural(n, 'message')} of {plain(one.name)} {done}.")
st.subheader("What came back", anchor=False)
if n:
    outreach_figures.drawn(reports.answers(store, one.campaign_id, is_simulated=is_simulated))
came_back(one, is_simulated=is_simulated)
if st.button(
    "Work out the figures", type="primary", key="measure_outreach", disabled=is_going_on,
    help="It opens when the work is done." if is_going_on else None,
):  # fmt: skip
    with shell.told(), st.spinner("Working out what came of it"):
        campaign.measure_outreach(
            store, shell.settings(), one.campaign_id, actor=ctx.actor, is_simulated=is_simulated
        )
        st.rerun()
figures = reports.figures(store, one.campaign_id, is_simulated=is_simulated)
if figures:
    outreach_figures.made(figures)
    outreach_figures.effect(figures)
    st.subheader("What was learnt", anchor=False)
    if rows := reports.arms(figures):
        outreach_figures.ways(rows)
    else:
        st.caption("No message was handed over yet, so nothing could be learnt.")
if learnt := reports.learnt(store, one.dataset_id, is_simulated=is_simulated):
    taken_out(learnt)
if not is_simulated:
    outreach_corrections.panel(reports.replies(store, one.campaign_id), ctx.actor)
outreach_replies.panel(one.dataset_id, ctx.actor)
