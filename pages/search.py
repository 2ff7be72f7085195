"""Search: what the library can say on a subject, why each hit is there, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import search_figures, search_hits, shell, words
from personalization import campaign
from personalization.reports import content as library
from personalization.reports import search as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

ctx = shell.enter("search")


def asked(state: CampaignState | None) -> search_hits.Asked:
    """Draw the search box, and return what is asked."""
    query = st.text_input(
        "What are you looking for?", key="query", type="search", icon=":material/search:",
        placeholder="Such as: something cosy for cold evenings", max_chars=600,
    )  # fmt: skip
    locales = library.locales(shell.store()) or ["en-GB"]
    home = state.locale if state and state.locale in locales else locales[0]
    if state is None and "en-GB" in locales:
        home = "en-GB"
    segments = reports.segments_to_ask_for(shell.store(), state.campaign_id if state else "")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "Sent on", state.send_on if state else shell.store().now().date(), key="search_day",
            format="DD/MM/YYYY", width=170,
            help="Whether a document may be used is judged on this day.",
        )  # fmt: skip
        locale = st.selectbox(
            "Readers", locales, index=locales.index(home), key="search_locale", width=190,
            format_func=lambda name: words.LOCALE.get(name, name),
        )  # fmt: skip
        segment = st.selectbox(
            "Segment", ["", *segments], key="search_segment", width=220,
            format_func=lambda name: name or "Everybody",
            help="Documents that are written for some segments are found for these only.",
        )  # fmt: skip
        limit = st.number_input("Show", 1, 50, 10, key="search_k", width=130)
    return search_hits.Asked(query or "", day, locale, segment or "", int(limit))


def search(state: CampaignState | None) -> None:
    """Draw the box and what came of it."""
    told = asked(state)
    if not told.query.strip():
        st.caption(
            "Both the words and their meaning are looked for, in everything that may be said to "
            "these readers on that day. Nothing that is unapproved, ended or held is ever found; "
            "it is listed apart, with the reason."
        )
        return
    with shell.told():
        with st.spinner("Searching the library"):
            found = campaign.search_library(
                shell.store(), shell.settings(), told.query, send_on=told.day,
                locale=told.locale, segment=told.segment, limit=told.limit,
            )  # fmt: skip
        search_hits.show(found, told)
        search_hits.why_not(told)


with shell.told():
    shell.read_content()
of_search, of_figures = st.tabs(
    ["Search the library", "How well it finds"], key="search_tab", on_change="rerun"
)
if of_search.open:
    with of_search:
        search(ctx.campaign)
if of_figures.open:
    with of_figures:
        search_figures.panel()
