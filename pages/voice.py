"""Voice studio: hear an approved script, check names, make files for its people, hand them over."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import shell, voice_consents, voice_files, voice_script, voice_speakers
from personalization.reports import voice as reports

ctx = shell.enter("voice")

VIEWS: Final = {
    "script": "Script",
    "files": "Files",
    "speakers": "Speakers",
    "consents": "Consent register",
}

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
if view == "script":
    voice_script.show(reports.scripts(store), reports.speakers(store), ctx.actor)
elif view == "files":
    voice_files.show(reports.runs(store), ctx.actor)
elif view == "speakers":
    voice_speakers.show(reports.speakers(store), ctx.actor)
else:
    voice_consents.show(reports.consents(store), reports.speakers(store), ctx.actor)
