"""What came of it: health before lift, the verdict, and what to do next."""

from __future__ import annotations

from datetime import date

import streamlit as st

from pages.ui import engagement, outcome, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as designs
from personalization.reports import results as reports
from personalization.reports.report import campaign_report

ctx = shell.enter("results")
state = ctx.need_campaign()
store = shell.store()
found = designs.design_of(store, state.campaign_id)

if found is None or found.launched_at is None:
    shell.empty(
        "Nothing has been sent yet",
        "Results appear here once the campaign was exported and its responses were uploaded, or "
        "after a simulation.",
        page="experiment",
        label="Go to the test",
    )
is_simulated, experiment_id = found.mode == "simulation", found.experiment_id
read_on = date.fromisoformat(str(found.hypothesis["analysis_on"]))
is_early = not is_simulated and store.now().date() < read_on
EARLY = (
    f"The design says to read the results on {words.day(read_on)}. Until then a good moment is "
    "easily taken for success: look, but do not decide."
)


def actions(*, has_winner: bool) -> None:
    """Offer what to do with the results: scale, download, work out again."""
    with st.container(horizontal=True, key="actions"):
        if st.button(
            "Scale the winner…", type="primary", icon=":material/rocket_launch:", key="scale",
            disabled=not has_winner,
            help="A simulated winner is an assumption: its follow-up can be simulated, not sent."
            if is_simulated else None,
        ):  # fmt: skip
            confirm_scaling()
        st.download_button(
            "Download report (HTML)", lambda: campaign_report(store, state.campaign_id),
            file_name=f"report-{state.campaign_id}.html", mime="text/html", on_click="ignore",
            icon=":material/description:", key="report_html",
        )  # fmt: skip
        st.download_button(
            "Download numbers (CSV)", lambda: reports.results_csv(store, experiment_id),
            file_name=f"results-{state.campaign_id}.csv", mime="text/csv", on_click="ignore",
            icon=":material/download:", key="results_csv",
        )  # fmt: skip
        if st.button("Work out again", icon=":material/refresh:", key="recompute"):
            with shell.told():
                campaign.measure(store, shell.settings(), state.campaign_id, actor=ctx.actor)
                shell.say("Worked out again from the recorded responses.")
                st.rerun()


@st.dialog("Scale the winner?", icon=":material/rocket_launch:")
def confirm_scaling() -> None:
    """Say who gets what, and create the follow-up campaign."""
    best = reports.winner(store, experiment_id)
    st.write(plain(words.said(best.reason)))
    if is_simulated:
        st.warning("This winner is simulated, so the follow-up can be simulated and never sent.",
                   icon=":material/science:")  # fmt: skip
    if is_early:
        st.warning(EARLY, icon=":material/hourglass_top:")
    st.write(
        "The follow-up addresses everybody in these segments who has not had the winning message. "
        "It starts in review: its messages are screened and approved anew, with a control again."
    )
    send_on = st.date_input("Send on", max(state.send_on, date.today()), format="DD/MM/YYYY")  # noqa: DTZ011
    if st.button("Create the follow-up", type="primary", key="confirm_scale"):
        with shell.told():
            follow_up = campaign.scale_winner(
                store, shell.settings(), state.campaign_id, send_on=send_on, actor=ctx.actor,
                request_id=shell.request_id("scale", state.campaign_id),
            )  # fmt: skip
            shell.fulfilled("scale", state.campaign_id)
            shell.say("The follow-up campaign is ready for review.")
            shell.go("review", follow_up)


if is_simulated:
    outcome.watermark()
measured = reports.metrics(store, experiment_id)
if not measured:
    shell.empty_card(
        "Waiting for responses",
        "Send the exported files with your e-mail tool, then upload here what it recorded.",
    )
    engagement.panel(state, ctx.actor)
    st.stop()

rows = outcome.health(reports.health(store, experiment_id))
primary = str(found.hypothesis["metric"])
if is_early:
    st.warning(EARLY, icon=":material/hourglass_top:", title="Too early to decide")
metric = st.segmented_control(
    "Metric", measured, default=primary if primary in measured else measured[0], required=True,
    key="metric", format_func=lambda m: words.METRIC[m] + (" (decides)" if m == primary else ""),
)  # fmt: skip
outcome.verdict(reports.rows(store, experiment_id, metric), is_valid=rows)
actions(has_winner=bool(reports.winner(store, experiment_id).arms))
outcome.lift(reports.rows(store, experiment_id, metric), metric, is_simulated=is_simulated)
outcome.attributes(reports.attributes(store, experiment_id, metric), is_simulated=is_simulated)
outcome.method(found, metric)
if not is_simulated:
    engagement.panel(state, ctx.actor)
