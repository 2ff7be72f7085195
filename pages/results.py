"""What came of it: health before lift, the verdict, what it rests on, and what to do next."""

from __future__ import annotations

from datetime import date

import streamlit as st

from pages.ui import (
    consent_views,
    early,
    engagement,
    evidence,
    lift_views,
    other_metrics,
    outcome,
    product_plan,
    proof,
    shell,
    words,
)
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import drivers, intake, posteriors
from personalization.reports import experiment as designs
from personalization.reports import results as reports

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
with shell.told(), st.spinner("Working out the results"):
    campaign.measure_if_due(store, shell.settings(), state.campaign_id, actor=ctx.actor)
experiment_id = found.experiment_id
reading = reports.reading(store, experiment_id)


@st.dialog("Scale the winner?", icon=":material/rocket_launch:")
def confirm_scaling() -> None:
    """Say who gets what, and create the follow-up campaign."""
    best = reports.winner(store, experiment_id)
    st.write(plain(words.said(best.reason)))
    if reading.is_simulated:
        st.warning("This winner is simulated, so the follow-up can be simulated and never sent.",
                   icon=":material/science:")  # fmt: skip
    if reading.is_early:
        st.warning("The day of reading has not come: this is an early verdict.",
                   icon=":material/hourglass_top:")  # fmt: skip
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


def actions(*, is_valid: bool) -> None:
    """Offer the one thing to do next, and beside it the files and the proof."""
    with st.container(horizontal=True, key="actions"):
        if is_valid and reports.winner(store, experiment_id).arms:
            if st.button(
                "Scale the winner…", type="primary", icon=":material/rocket_launch:", key="scale",
                help="A simulated winner is an assumption: its follow-up can be simulated, not "
                "sent." if reading.is_simulated else None,
            ):  # fmt: skip
                confirm_scaling()
        elif is_valid and not reading.is_early and st.button(
            "Start the next campaign", type="primary", icon=":material/add:", key="next",
            help="No message has been shown to win, so there is none to scale.",
        ):  # fmt: skip
            shell.begin("upload")
        proof.downloads(state.campaign_id, experiment_id)
        proof.recompute(state.campaign_id)
    proof.recomputed(state.campaign_id, ctx.actor)
    consent_views.erased_note(experiment_id)


if reading.is_simulated:
    outcome.watermark()
measured = reports.metrics(store, experiment_id)
if not measured:
    shell.empty_card(
        "Waiting for responses",
        "Send the exported files with your e-mail tool, then upload here what it recorded.",
    )
    engagement.panel(state, ctx.actor)
    st.stop()

if reading.is_early:
    early.opened(state, reading)
is_valid = outcome.health(reports.health(store, experiment_id))
if reading.is_locked:
    early.locked(state, reading, reports.progress(store, experiment_id), ctx.actor)
    engagement.panel(state, ctx.actor)
    st.stop()

rows = reports.rows(store, experiment_id)
verdicts = reports.verdicts(store, experiment_id)
with st.container(border=True, key="verdict"):
    guardrails = [row for row in rows if row["role"] == "guardrail" and not row["segment"]]
    outcome.verdict(verdicts, reports.leader(rows, verdicts), guardrails, found)
    actions(is_valid=is_valid)

product_plan.legend(state.campaign_id)
if not is_valid:
    st.caption("The numbers below are for finding the fault, not for a decision.")
metric = lift_views.choose(measured, reading)
name, kind = metric["metric"], metric["kind"]
currency = intake.currency_of(store, state.dataset_id)
shown = [row for row in rows if row["metric"] == name]
overall = [row for row in shown if not row["segment"]]
counts = [row for row in reports.counts(store, experiment_id, name) if not row["segment"]]
scale = lift_views.by_arm(overall, counts, metric, reading, currency)
lift_views.by_segment([row for row in shown if row["segment"]], metric, scale, reading)
other_metrics.show(rows, reading, currency)
evidence.over_time(reports.days(store, experiment_id, name), kind, reading)
chances = posteriors.chances(overall)
curves = posteriors.curves(store, experiment_id, name, [each.arm for each in chances])
evidence.posterior(chances, curves, kind, reading)
moved = [] if reading.is_early else drivers.attributes(store, experiment_id, name)
if reading.is_early:
    st.caption("Which attributes drive performance is told on the day of reading.")
else:
    evidence.attributes(moved, overall, reading)
    evidence.policy(drivers.policies(store, experiment_id, name), reading)
lift_views.heading("How to hold it against the data", reading)
proof.method(found, rows, reading, has_attributes=bool(moved))
if not reading.is_simulated:
    engagement.panel(state, ctx.actor)
