"""What a campaign is for: the brief, with its open questions where they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.domain import Brief
from personalization.reports import content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlit.delta_generator import DeltaGenerator

    from personalization.campaign import Gap

METRICS: Final = ("click", "conversion", "revenue")
DEFAULT_LOCALE: Final = "en-GB"
_MOST_CHARS: Final = 600
_FIELDS: Final = (
    "goal", "audience", "key_message", "offer", "must_say", "must_not_say", "call_to_action",
    "tone", "metric", "send_on", "locale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent."""

    name: str
    brief: Brief
    send_on: date
    locale: str


class Slots:
    """Places below the fields of a brief, where their questions are put once they are known."""

    def __init__(self) -> None:
        self._places: dict[str, DeltaGenerator] = {}

    def below(self, field: str) -> None:
        """Keep a place for the questions of a field."""
        self._places[field] = st.container()

    def fill(self, gaps: Iterable[Gap]) -> None:
        """Put each question, with its reason, below the field that answers it."""
        for gap in gaps:
            with self._places[gap.field]:
                icon = ":material/block:" if gap.is_blocking else ":material/help:"
                colour = "red" if gap.is_blocking else "orange"
                effect = "Blocks the writing" if gap.is_blocking else "Asks"
                st.badge(effect, icon=icon, color=colour)  # type: ignore[arg-type]
                st.markdown(f"**{words.plain(gap.question)}**")
                st.caption(words.plain(gap.reason))


def ask() -> Asked | None:
    """Draw the form of a new campaign; None until it is sent, named, and nothing blocks it."""
    with shell.told():
        shell.read_content()
    st.subheader("What is the campaign for?", anchor=False)
    slots = Slots()
    with st.form("brief"):
        name = st.text_input(
            "Campaign name", key="name", max_chars=80, placeholder="For example: Winter gifts"
        )
        today = shell.store().now().date()
        told, send_on, locale = fields(Brief(), today + timedelta(days=11), slots)
        open_questions = st.container()
        sent = st.form_submit_button(
            "Create campaign", type="primary", icon=":material/check:", key="create"
        )
    if not sent:
        return None
    if not (name or "").strip():
        st.error("The campaign has no name. Give it one that the team will recognise.")
        return None
    with shell.told():
        asked = Asked((name or "").strip(), campaign.brief_from(told), send_on, locale)
        return asked if _may_go_on(asked, slots, open_questions) else None
    return None


def _may_go_on(asked: Asked, slots: Slots, below: DeltaGenerator) -> bool:
    """Show what blocks the writing; it is answered here, or later if somebody says so."""
    gaps = campaign.brief_gaps(
        shell.store(), shell.settings(), asked.brief, send_on=asked.send_on, locale=asked.locale
    )
    blocking = [gap for gap in gaps if gap.is_blocking]
    if not blocking or st.session_state.get("open_questions"):
        return True
    slots.fill(gaps)
    with below:
        st.error(
            f"{words.plural(len(blocking), 'question')} above "
            f"{'has' if len(blocking) == 1 else 'have'} to be answered before messages are written."
        )
        st.checkbox("Create it all the same, and answer on the Content page", key="open_questions")
    return False


def fields(
    brief: Brief, send_on: date, slots: Slots, *, key: str = "", locale: str | None = None
) -> tuple[dict[str, Any], date, str]:
    """Draw the fields of a brief, filled with what is known.

    Args:
        brief: What the fields begin with.
        send_on: Likewise.
        slots: Where questions are put.
        key: Stands before the widgets' keys.
        locale: Of a campaign that has one, which stays; None lets the user choose.

    Returns:
        The brief as ``campaign.brief_from`` takes it, send date and locale.
    """
    told: dict[str, Any] = {}
    left, right = st.columns(2, gap="large")
    with left:
        told |= _wishes(brief, slots, key)
    with right:
        told |= _manner(brief, slots, key)
        day = _send_on(send_on, key)
        slots.below("send_on")
        language = locale or _locale(key)
        slots.below("locale")
    return told, day, language


def _wishes(brief: Brief, slots: Slots, key: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    told["goal"] = _line("Goal", brief.goal, f"{key}goal", "What readers are to do")
    slots.below("goal")
    told["audience"] = _line(
        "Audience", brief.audience, f"{key}audience", "For example: people who gave gifts last year"
    )
    slots.below("audience")
    told["key_message"] = st.text_area(
        "Key message", value=brief.key_message, key=f"{key}key_message", max_chars=300, height=80,
        placeholder="The one thing that every message says",
    ) or ""  # fmt: skip
    slots.below("key_message")
    told["offer"] = _offer(brief.offer, key)
    slots.below("offer")
    told["call_to_action"] = _line(
        "Button", brief.call_to_action, f"{key}call_to_action", "For example: See the gift list"
    )
    slots.below("call_to_action")
    return told


def _line(label: str, value: str, key: str, placeholder: str) -> str:
    found = st.text_input(label, value=value, key=key, max_chars=200, placeholder=placeholder)
    return found or ""


def _manner(brief: Brief, slots: Slots, key: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, label, help_text in (
        ("must_say", "Must say, one a line",
         "Word for word, in every message but the control text; a message without it is blocked."),
        ("must_not_say", "Must not say, one a line",
         "In any inflection, in every message; a message with it is blocked."),
    ):  # fmt: skip
        found = st.text_area(
            label, value="\n".join(getattr(brief, name)), key=f"{key}{name}", height=80,
            max_chars=_MOST_CHARS, help=help_text,
        )  # fmt: skip
        told[name] = (found or "").splitlines()
        slots.below(name)
    tones = list(words.TONE)
    told["tone"] = st.selectbox(
        "Tone", tones, format_func=words.TONE.__getitem__, key=f"{key}tone",
        index=tones.index(brief.tone) if brief.tone in tones else 0,
    )  # fmt: skip
    slots.below("tone")
    told["metric"] = st.selectbox(
        "What counts as success", METRICS, format_func=words.METRIC.__getitem__,
        key=f"{key}metric", index=METRICS.index(brief.metric) if brief.metric in METRICS else 0,
        help="The test is planned for this, and the verdict is about it.",
    )  # fmt: skip
    return told


def _offer(chosen: str, key: str) -> str:
    today = shell.store().now().date()
    offers = {row["document_id"]: row for row in content.offers(shell.store(), today)}

    def label(name: str) -> str:
        if not name:
            return "No offer"
        if name not in offers:
            return f"{name} (not approved, or ended)"
        until = offers[name]["valid_until"]
        return f"{offers[name]['title']}" + (f" (until {words.short_day(until)})" if until else "")

    names = ["", *offers, *([chosen] if chosen and chosen not in offers else [])]
    return str(
        st.selectbox(
            "Offer to promote", names, format_func=label, key=f"{key}offer",
            index=names.index(chosen),
        )
    )  # fmt: skip


def _send_on(begin: date, key: str) -> date:
    today = shell.store().now().date()
    chosen = st.date_input(
        "Send date", value=begin, min_value=min(today, begin), format="DD/MM/YYYY",
        key=f"{key}send_on", help="Content and offers are judged on this day.",
    )  # fmt: skip
    return chosen if isinstance(chosen, date) else begin


def _locale(key: str) -> str:
    locales = content.locales(shell.store()) or [DEFAULT_LOCALE]
    place = locales.index(DEFAULT_LOCALE) if DEFAULT_LOCALE in locales else 0
    return str(
        st.selectbox(
            "Language",
            locales,
            index=place,
            key=f"{key}locale",
            format_func=lambda name: words.LOCALE.get(name, name),
        )
    )
