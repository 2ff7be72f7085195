"""Opening an incident: which source, what rests on it, and what would be held."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import incident_views, shell, words
from personalization import campaign
from personalization.reports import content as library
from personalization.reports import incidents as reports

if TYPE_CHECKING:
    from datetime import date

    from personalization.reports.campaigns import CampaignState
    from personalization.reports.content import Document

NOW: Final = "It must not be said any more"
EARLIER: Final = "It ends earlier than it says"


def choose(form: str) -> None:
    """Open the form to withdraw a source, or the one to report an incident."""
    st.session_state["incident_form"] = form


def withdraw(actor: str) -> None:
    """Choose a source, look at all that rests on it, and take it back."""
    today = shell.store().now().date()
    everything = library.documents(shell.store(), today)
    sources = [each for each in everything if each.state not in ("retired", "withdrawn")]
    with st.container(border=True, key="withdraw_form"):
        st.subheader("Withdraw a source", anchor=False)
        if not sources:
            st.info("There is no source that could be withdrawn. Import the content first.")
            return
        sources.sort(key=lambda each: (-each.n_messages, each.title))
        document = st.selectbox(
            "Source", sources, key="withdraw_source",
            format_func=lambda each: f"{each.title} ({words.plural(each.n_messages, 'message')})",
        )  # fmt: skip
        what = st.radio("What happened", [NOW, EARLIER], key="withdraw_what", horizontal=True)
        ends_on = None
        if what == EARLIER:
            ends_on = st.date_input(
                "Its last day is", today + timedelta(7), key="withdraw_day", format="DD/MM/YYYY",
                help="From the day after, nothing may go out that cites it.",
            )  # fmt: skip
        radius = campaign.blast_radius(shell.store(), document.document_id, ends_on=ends_on)
        st.markdown(f"**What rests on it** · version {radius.version}")
        incident_views.figures(radius.figures, key="preview")
        incident_views.messages(
            [asdict(message) for message in radius.messages], key="preview_messages"
        )
        _confirm(document, ends_on, radius.figures["held"], actor)


def _confirm(document: Document, ends_on: date | None, held: int, actor: str) -> None:
    reason = st.text_area(
        "Why", key="withdraw_reason", height=80,
        placeholder="The price was never agreed with the supplier.",
    )  # fmt: skip
    what = "Withdraw it" if ends_on is None else "Bring its end forward"
    label = f"{what} and hold {words.plural(held, 'message')}" if held else what
    with st.container(horizontal=True):
        if st.button(label, type="primary", key="withdraw_now"):
            _withdraw(document, ends_on, reason or "", actor)
        _cancel("withdraw_cancel")


def _withdraw(document: Document, ends_on: date | None, reason: str, actor: str) -> None:
    request = shell.request_id("incident", document.document_id)
    with shell.told():
        if ends_on is None:
            opened = campaign.withdraw_document(
                shell.store(), document.document_id, reason=reason, actor=actor, request_id=request
            )
        else:
            opened = campaign.expire_document(
                shell.store(), document.document_id, ends_on, reason=reason, actor=actor,
                request_id=request,
            )  # fmt: skip
        held = campaign.blast_radius(shell.store(), document.document_id).figures["messages"]
        _opened(opened, document.document_id, _source_held(held, ends_on))


def report(actor: str, state: CampaignState | None) -> None:
    """Report something wrong with a campaign, and hold it."""
    names = reports.campaign_names(shell.store())
    with st.container(border=True, key="report_form"):
        st.subheader("Report an incident", anchor=False)
        if not names:
            st.info("There is no campaign yet.")
            return
        ids = list(names)
        campaign_id = st.selectbox(
            "Campaign", ids, key="report_campaign", format_func=names.__getitem__,
            index=ids.index(state.campaign_id) if state and state.campaign_id in names else 0,
        )  # fmt: skip
        title = st.text_input("What went wrong", key="report_title", placeholder="Price error")
        reason = st.text_area("What is known", key="report_reason", height=80)
        with st.container(horizontal=True):
            if st.button("Report it and hold the campaign", type="primary", key="report_now"):
                with shell.told():
                    opened = campaign.report_incident(
                        shell.store(), title or "", campaign_id=campaign_id, reason=reason or "",
                        actor=actor, request_id=shell.request_id("incident", campaign_id),
                    )  # fmt: skip
                    _opened(opened, campaign_id, f"{names[campaign_id]} is on hold.")
            _cancel("report_cancel")


def _cancel(key: str) -> None:
    if st.button("Cancel", key=key):
        st.session_state.pop("incident_form", None)
        st.rerun()


def _source_held(cite: int, ends_on: date | None) -> str:
    if not cite:
        return "No message cites the source, so there was nothing to hold."
    messages = words.plural(cite, "message")
    if ends_on is None:
        return f"The source may not be said any more: {messages} that cite it cannot be sent."
    return f"{messages} that cite it have to be screened again before they can be sent."


def _opened(incident_id: str, of: str, held: str) -> None:
    shell.fulfilled("incident", of)
    st.session_state.pop("incident_form", None)
    st.session_state["incident"] = incident_id
    st.session_state.pop("incident_view", None)
    shell.say(f"The incident is open. {held}")
    st.rerun()
