"""The first page: what needs somebody now, and every campaign with its next step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.domain import Brief
from personalization.reports import campaigns as reports

ctx = shell.enter("home")

CARDS: Final = 6
Colour = Literal["gray", "orange", "blue", "violet", "green"]
PER_PAGE: Final = 10
HEADINGS: Final = ("Campaign", "Status", "Customers", "Send date", "Next step")
WIDTHS: Final = (5, 2, 2, 2, 3)
SAMPLE_SEND_ON: Final = date(2026, 12, 1)  # within the dates of the sample shop's offers
SAMPLE_BRIEF: Final = Brief(
    goal="Bring customers back to the shop before Christmas.",
    key_message="Thoughtful gifts for the home, wrapped and ready to give.",
)
HOW_IT_WORKS: Final = (
    ("upload_file", "Upload", "Customers and orders from a file. Every row is accounted for."),
    ("group_work", "Group", "Segments in plain words, and why each person is where they are."),
    ("edit_note", "Write and review", "Every claim cites approved content. You decide what goes."),
    ("query_stats", "Test and learn", "Against a control text, with honest intervals."),
)
STATUS_COLOUR: Final[dict[str, Colour]] = {
    "draft": "gray",
    "in_review": "orange",
    "approved": "blue",
    "running": "violet",
    "finished": "green",
}

JOB_OF: Final[dict[str, str]] = {
    "recommend": "Recommendations",
    "evaluate": "Quality of recommendations",
    "build recommendations": "Recommendations",
    "product texts": "Product texts",
}
"""What work is about that belongs to a whole customer base."""


def try_the_sample() -> None:
    """Load the sample shop, create a campaign on it, and go on to its segments."""
    with shell.told():
        with st.spinner("Loading the sample shop: half a million order lines take some seconds"):
            campaign_id = campaign.create_campaign(
                shell.store(),
                name="Christmas at Hearth & Ribbon",
                dataset_id=campaign.load_sample(shell.store(), actor=ctx.actor),
                brief=SAMPLE_BRIEF,
                send_on=max(SAMPLE_SEND_ON, date.today() + timedelta(days=7)),  # noqa: DTZ011
                locale="en-GB",
                actor=ctx.actor,
                request_id=shell.request_id("sample"),
            )
        shell.fulfilled("sample")
        shell.say("The sample shop is ready.")
        shell.go("segments", campaign_id)


def welcome() -> None:
    with st.container(border=True, key="welcome"):
        st.subheader("Send messages that fit, and prove what they gained", anchor=False)
        with st.container(horizontal=True):
            if st.button("Start a campaign", type="primary", icon=":material/add:", key="start"):
                shell.begin("upload")
            if st.button("Try it with sample data", icon=":material/science:", key="try_sample"):
                try_the_sample()
        st.caption(
            "The sample is a real online shop: 4,300 customers and their orders, with invented "
            "names and addresses. No message leaves this computer."
        )
    with st.grid(4, border=True, key="how_it_works"):
        for icon, title, text in HOW_IT_WORKS:
            with st.container():
                st.markdown(f":material/{icon}: **{title}**")
                st.caption(text)


def asks(state: reports.CampaignState) -> tuple[str, str, str, str] | None:
    """Say what a campaign wants of a person: badge, sentence, page and link; None if nothing."""
    if state.n_to_review:
        messages = words.plural(state.n_variants, "message")
        of_all = "All" if state.n_to_review == state.n_variants else f"{state.n_to_review} of"
        text = f"{of_all} {messages} wait for a decision."
        return "To review", text, "review", "Review messages"
    if state.status == "approved":
        return "Ready", "The test is approved and can be launched.", "experiment", "Launch"
    if state.opens_on is not None and state.measured_at is not None:
        opens = words.short_day(state.opens_on)
        text = f"Responses are coming in; results open on {opens}."
        return _sent(state), text, "results", "Add responses"
    if state.status == "running":
        return _sent(state), "Upload what readers did to see the lift.", "results", "Add responses"
    if state.status == "finished":
        mark = "Simulated. " if state.mode == "simulation" else ""
        text = f"{mark}Measured on {words.short_day(state.measured_at)}."
        return "Results ready", text, "results", "Read the results"
    return None


def _sent(state: reports.CampaignState) -> str:
    return "Sent" if words.is_over(state.send_on, shell.store().now()) else "Exported"


def needs_you(states: list[reports.CampaignState], working: list[reports.Job]) -> None:
    st.subheader("What needs you now", anchor=False)
    busy = {job.campaign_id for job in working}
    waiting = [(state, asks(state)) for state in states if state.campaign_id not in busy]
    cards = [(state, asked) for state, asked in waiting if asked is not None][:CARDS]
    if not cards and not working:
        st.caption("Nothing is waiting. Go on with a campaign below, or start another one.")
        return
    names = {state.campaign_id: state.name for state in states}
    grid = st.grid(3, border=True, key="needs_you")
    for job in working:
        with grid.cell():
            progress(job, names.get(job.campaign_id, JOB_OF.get(job.kind, "All campaigns")))
    for state, (badge, text, page, label) in cards:
        with grid.cell():
            st.badge(badge, color=STATUS_COLOUR[state.status])
            st.markdown(f"**{words.plain(state.name)}**  \n{text}")
            shell.link(page, label, state.campaign_id)


@st.fragment(run_every=1)
def progress(job: reports.Job, name: str) -> None:
    now = reports.job_of(shell.store(), job.campaign_id)
    if now is None or not now.is_active:
        st.rerun()
    st.badge("Working", color="blue")
    st.markdown(f"**{words.plain(name)}**")
    st.progress(now.share, text=words.plain(now.message))
    if job.kind in JOB_OF:
        page = "texts" if job.kind == "product texts" else "recommendations"
        shell.link(page, "See progress")
        return
    shell.link("content" if job.campaign_id else "policies", "See progress", job.campaign_id)


def table(states: list[reports.CampaignState]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("All campaigns", anchor=False)
        if st.button("Start a campaign", type="primary", icon=":material/add:", key="start"):
            shell.begin("upload")
    with st.container(border=True, key="campaigns"):
        for column, text in zip(st.columns(WIDTHS), HEADINGS, strict=True):
            column.caption(text)
        pages = -(-len(states) // PER_PAGE)
        shown = st.session_state.get("campaigns_page", 1) - 1
        for state in states[shown * PER_PAGE : (shown + 1) * PER_PAGE]:
            row(state)
    if pages > 1:
        st.pagination(pages, key="campaigns_page")


def row(state: reports.CampaignState) -> None:
    name, status, customers, send_on, then = st.columns(WIDTHS, vertical_alignment="center")
    name.markdown(f"**{words.plain(state.name)}**")
    if reports.holds_of(shell.store(), state.campaign_id):
        status.badge("On hold", icon=":material/pause_circle:", color="red")
    else:
        status.badge(words.STATUS[state.status], color=STATUS_COLOUR[state.status])
    customers.markdown(words.count(state.n_customers))
    send_on.markdown(words.short_day(state.send_on))
    with then:
        label = words.NEXT_STEP[state.next_page]
        is_waiting = state.next_page == "results" and state.status == "running"
        shell.link(state.next_page, "Add responses" if is_waiting else label, state.campaign_id)


with shell.told():
    campaign.measure_due(shell.store(), shell.settings(), actor=ctx.actor)
found = reports.campaigns(shell.store())
if found:
    needs_you(found, reports.active_jobs(shell.store()))
    table(found)
else:
    welcome()
