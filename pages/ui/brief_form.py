"""What a campaign is for: the form that every way into a campaign ends in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import streamlit as st

from pages.ui import shell, words
from personalization.domain import Brief
from personalization.reports import content

METRICS: Final = ("click", "conversion", "revenue")
DEFAULT_LOCALE: Final = "en-GB"


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent."""

    name: str
    brief: Brief
    send_on: date
    locale: str


def ask() -> Asked | None:
    """Draw the form; None until it is sent with a name."""
    with shell.told():
        shell.read_content()
    st.subheader("What is the campaign for?", anchor=False)
    with st.form("brief"):
        left, right = st.columns(2, gap="large")
        with left:
            name, goal, message, offer = _wishes()
        with right:
            tone, metric = _manner()
            send_on, locale = _send_on(), _locale()
        sent = st.form_submit_button(
            "Create campaign", type="primary", icon=":material/check:", key="create"
        )
    if not sent:
        return None
    if not name.strip():
        st.error("The campaign has no name. Give it one that the team will recognise.")
        return None
    return Asked(name.strip(), Brief(goal, message, offer, tone, metric), send_on, locale)


def _wishes() -> tuple[str, str, str, str]:
    name = st.text_input(
        "Campaign name", key="name", max_chars=80, placeholder="For example: Winter gifts"
    )
    goal = st.text_input("Goal", value=Brief().goal, key="goal", max_chars=200)
    message = st.text_area(
        "Key message", key="key_message", max_chars=300, height=108,
        placeholder="The one thing that every message says",
    )  # fmt: skip
    return name or "", goal or "", message or "", _offer()


def _manner() -> tuple[str, str]:
    tone = st.selectbox("Tone", list(words.TONE), format_func=words.TONE.__getitem__, key="tone")
    metric = st.selectbox(
        "What counts as success", METRICS, format_func=words.METRIC.__getitem__, key="metric",
        help="The test is planned for this, and the verdict is about it.",
    )  # fmt: skip
    return tone, metric


def _offer() -> str:
    today = shell.store().now().date()
    offers = {row["document_id"]: row for row in content.offers(shell.store(), today)}

    def label(key: str) -> str:
        if not key:
            return "No offer"
        until = offers[key]["valid_until"]
        return f"{offers[key]['title']}" + (f" (until {words.short_day(until)})" if until else "")

    return str(st.selectbox("Offer to promote", ["", *offers], format_func=label, key="offer"))


def _send_on() -> date:
    today = shell.store().now().date()
    chosen = st.date_input(
        "Send date", value=today + timedelta(days=11), min_value=today, format="DD/MM/YYYY",
        key="send_on", help="Content and offers are judged on this day.",
    )  # fmt: skip
    return chosen if isinstance(chosen, date) else today


def _locale() -> str:
    locales = content.locales(shell.store()) or [DEFAULT_LOCALE]
    place = locales.index(DEFAULT_LOCALE) if DEFAULT_LOCALE in locales else 0
    return str(
        st.selectbox(
            "Language",
            locales,
            index=place,
            key="locale",
            format_func=lambda key: words.LOCALE.get(key, key),
        )
    )
