"""Voice studio: hear approved scripts, check names, make files for people, hand them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import (
    shell,
    voice_consents,
    voice_files,
    voice_names,
    voice_script,
    voice_speakers,
)
from personalization.reports import voice as reports

if TYPE_CHECKING:
    from personalization.reports.voice import Speaker

ctx = shell.enter("voice")

VIEWS: Final = {
    "script": "Scripts",
    "names": "Names to check",
    "files": "Files",
    "speakers": "Speakers",
    "consents": "Consent register",
}
HOUSE: Final = "house"


def delivery(speakers: list[Speaker]) -> tuple[str, str]:
    """Ask in whose delivery scripts are spoken; return who it is, and who of them may not speak."""
    names = {HOUSE: "House voice (synthetic)"} | {
        each.speaker_id: each.name + ("" if each.may_speak else " (no consent stands)")
        for each in speakers
        if each.speaker_id != HOUSE
    }
    chosen = str(st.selectbox(
        "Delivery", list(names), format_func=names.__getitem__, width=360, key="voice_speaker",
        help="How it is said. A person's delivery needs that person's consent.",
    ))  # fmt: skip
    silent = {each.speaker_id: each.name for each in speakers if not each.may_speak}
    return chosen, silent.get(chosen, "")


def campaign_of(known: dict[str, str]) -> str:
    """Ask for the campaign, the one of the menu first."""
    if ctx.campaign and st.session_state.get("voice_campaign") not in known:
        wanted = ctx.campaign.campaign_id
        if wanted in known:
            st.session_state["voice_campaign"] = wanted
    return str(st.selectbox(
        "Campaign", list(known), format_func=known.__getitem__, width=420, key="voice_campaign"
    ))  # fmt: skip


store = shell.store()
st.caption(
    "Approved words, spoken for each person: only what is personal is said anew. Every file says "
    "in its tags, its captions and, unless somebody entitled leaves it out, by itself that the "
    "voice is AI-generated."
)
view = st.segmented_control(
    "What to look at", list(VIEWS), default="script", required=True,
    format_func=VIEWS.__getitem__, key="voice_view", label_visibility="collapsed",
)  # fmt: skip
if view == "files":
    voice_files.show(reports.runs(store), ctx.actor)
elif view == "speakers":
    voice_speakers.show(reports.speakers(store), ctx.actor)
elif view == "consents":
    voice_consents.show(
        reports.consents(store), reports.speakers(store), reports.to_call_back(store), ctx.actor
    )
else:
    campaigns = reports.campaigns(store)
    if not campaigns:
        voice_script.nothing_yet()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        campaign_id = campaign_of(campaigns)
        speaker_id, silent = HOUSE, ""
        if view == "script":
            speaker_id, silent = delivery(reports.speakers(store))
    if view == "names":
        voice_names.show(campaign_id, ctx.actor)
    else:
        voice_script.show(
            reports.scripts(store, campaign_id, speaker_id=speaker_id), speaker_id, ctx.actor,
            silent=silent,
        )  # fmt: skip
