"""Uploading what prospects answered: checked, tried, and only then taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import intake_form, outreach_result_words, shell, words
from pages.ui.words import plain
from personalization import campaign

if TYPE_CHECKING:
    from personalization.campaign import EventCounts

_NOT_COUNTED = {
    "duplicates": "were there already",
    "unknown_prospects": "are from people who are not in the base",
    "unknown_events": "are of an event that means nothing here",
    "in_future": "are told to have happened later than now",
}


def panel(dataset_id: str, actor: str) -> None:
    """Ask for a file of answers and events, show what it would come to, and take it in."""
    outcome()
    given = intake_form.upload(
        "outreach_events", "Upload what came back",
        "One row per event: prospect id or e-mail, event (delivered, open, click, reply, meeting, "
        "unsubscribe, complaint, bounce), time, and the text of a reply. A row with a text and no "
        "event is a reply. Answers are read here and not kept.",
    )  # fmt: skip
    if given is None:
        return
    intake = intake_form.show(given, "outreach_events")
    if intake is None or intake.ask or not intake.accepted:
        return
    with shell.told():
        tried = campaign.check_outreach_events(shell.store(), dataset_id, intake)
        st.info(f"This file would add {_said(tried)}", icon=":material/fact_check:")
        label = f"Take in {words.plural(tried.accepted, 'event')}"
        if st.button(label, type="primary", key="add_outreach_events"):
            st.session_state["outreach_added"] = campaign.import_outreach_events(
                shell.store(), shell.settings(), dataset_id, intake, actor=actor,
                request_id=f"{given.file_id}:{dataset_id}",
            )  # fmt: skip
            st.rerun()


def outcome() -> None:
    """Say what came of the last upload, and whom its answers name instead."""
    added: EventCounts | None = st.session_state.get("outreach_added")
    if added is None:
        return
    st.success(f"Taken in: {_said(added)}", icon=":material/check:")
    if added.suppressed:
        people = words.plural(added.suppressed, "person asks", "people ask")
        st.info(f"{people} not to be written to, and will not be any more, on any channel.")
    if added.referrals:
        named = "; ".join(
            f"{plain(prospect)} names {plain(person)}" for prospect, person in added.referrals
        )
        st.info(f"Somebody else to ask: {named}. These names are not kept; note what you need.")


def _said(counts: EventCounts) -> str:
    """Say what was accepted by its meaning, and what was not and why."""
    names = {**outreach_result_words.EVENT, **outreach_result_words.REPLY}
    classes = [f"{n:,} × {names[name].lower()}" for name, n in counts.classes]
    read = words.listed(classes) if classes else "nothing"
    told = [
        f"{getattr(counts, name):,} {text}"
        for name, text in _NOT_COUNTED.items()
        if getattr(counts, name)
    ]
    return f"{read}." + (f" Not counted: {'; '.join(told)}." if told else "")
