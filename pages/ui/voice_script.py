"""The Script view: choose approved words and a speaker, check names, listen, make the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import charts, shell, voice_charts, voice_names, voice_words, words, writing
from personalization import campaign
from personalization.errors import PersonalizationError
from personalization.reports import campaigns

if TYPE_CHECKING:
    from personalization.campaign import AssetOptions, VoicePreview
    from personalization.reports.voice import SpeakableScript, Speaker

_HOUSE: Final = "house"


def show(scripts: list[SpeakableScript], speakers: list[Speaker], actor: str) -> None:
    """Show the view, from the choice of words to the button that makes the files."""
    if not scripts:
        shell.empty(
            "No approved script yet",
            "Only approved words are spoken. Plan an outreach campaign with video scripts or call "
            "snippets, or approve a campaign's messages, and they are here.",
            page="outreach",
            label="Go to Outreach",
        )
    script = _script(scripts)
    speaker_id = _speaker(speakers)
    left, right = st.columns((3, 2), gap="large")
    with left:
        _words(script)
        _hear(script, speaker_id, actor)
    with right:
        voice_names.show(script, actor)
    _make(script, speaker_id, actor)


def _script(scripts: list[SpeakableScript]) -> SpeakableScript:
    def label(script: SpeakableScript) -> str:
        kind = voice_words.CHANNEL[script.channel]
        about = script.segment.replace("_", " ")
        people = words.plural(script.people, "person", "people")
        return f"{kind} · {script.campaign} · {about} · {script.arm} · {people}"

    known = {script.variant_id: script for script in scripts}
    chosen = st.selectbox(
        "Script", list(known), format_func=lambda one: label(known[one]), key="voice_script"
    )
    return known[chosen]


def _speaker(speakers: list[Speaker]) -> str:
    names = {_HOUSE: "House voice (synthetic)"} | {
        each.speaker_id: each.name + ("" if each.may_speak else " (no consent stands)")
        for each in speakers
        if each.speaker_id != _HOUSE
    }
    chosen = st.selectbox(
        "Delivery", list(names), format_func=names.__getitem__, width=420,
        key="voice_speaker",
        help="How it is said. A person's delivery needs that person's consent.",
    )  # fmt: skip
    return str(chosen)


def _words(script: SpeakableScript) -> None:
    with st.container(border=True):
        st.caption(f"Approved words, version {script.version}, {script.locale}")
        st.markdown(words.plain(script.body).replace("\n", "  \n"))


def options_of(actor: str) -> AssetOptions:
    """Draw how files are made, and return it; what may not be is told when it is asked for."""
    del actor
    voice = shell.settings().voice
    with st.expander("How files are made", icon=":material/tune:"):
        channels = st.segmented_control(
            "Channels", [1, 2], default=1, required=True, key="voice_channels",
            format_func={1: "Mono, −19 LUFS", 2: "Stereo, −16 LUFS"}.__getitem__,
        )  # fmt: skip
        forms = st.pills(
            "Beside WAV", ["mp3", "opus"], selection_mode="multi", default=list(voice.formats),
            key="voice_forms",
        )  # fmt: skip
        is_spliced = st.toggle(
            "Say only what is personal anew", value=True, key="voice_spliced",
            help="The rest is the same sound in every file, so it is heard and checked once.",
        )  # fmt: skip
        has_line = st.toggle(
            "The voice says that it is AI-generated", value=True, key="voice_line",
            help="Captions, tags and the manifest say so in any case.",
        )  # fmt: skip
        why = ""
        if not has_line:
            why = st.text_input(
                "Why listeners are told otherwise", key="voice_why", max_chars=300,
                help="It stands in the record. Only those may leave the sentence out whom the "
                "settings name as compliance officers.",
            )  # fmt: skip
    return campaign.AssetOptions.of(
        voice, channels=int(channels or 1), forms=("wav", *(forms or ())), is_spliced=is_spliced,
        has_disclosure=has_line, why_not=why or "",
    )  # fmt: skip


def _hear(script: SpeakableScript, speaker_id: str, actor: str) -> None:
    person = st.text_input(
        "As heard by", key="voice_person", placeholder="Empty: the first person", width=280,
        help="The number of a prospect or customer whom this script is for.",
    )  # fmt: skip
    if st.button("Listen", icon=":material/play_arrow:", key="voice_listen",
                 disabled=not script.people):  # fmt: skip
        with shell.told(), st.spinner("Speaking"):
            st.session_state["voice_heard"] = campaign.preview_voice(
                shell.store(), shell.settings(), script.campaign_id,
                variant_id=script.variant_id, person_id=(person or "").strip(),
                speaker_id=speaker_id, actor=actor,
            )  # fmt: skip
            st.session_state["voice_heard_of"] = (script.variant_id, script.version, speaker_id)
    heard = st.session_state.get("voice_heard")
    is_of_this = st.session_state.get("voice_heard_of") == (
        script.variant_id, script.version, speaker_id,
    )  # fmt: skip
    if heard is not None and is_of_this:
        heard_sound(heard)


def heard_sound(heard: VoicePreview) -> None:
    """Show what one person hears: the player, what it looks like, and the checks."""
    if heard.fault:
        st.warning(words.plain(heard.fault), icon=":material/pause_circle:",
                   title=f"No file is made for {words.plain(heard.person_id)}")  # fmt: skip
    if not heard.wav:
        return
    st.audio(heard.wav, format="audio/wav")
    st.caption(f"Said to {words.plain(heard.person_id)}: “{words.plain(heard.spoken)}”")
    figure = voice_charts.sound(heard.loudness, heard.pitch, heard.seconds, charts.palette())
    charts.show(figure, key="voice_plot", alt="Waveform and pitch of what is heard")
    with st.expander("Checks and delivery", icon=":material/checklist:"):
        st.dataframe(voice_words.check_rows(heard.checks), hide_index=True,
                     alt="Checks of this sound")  # fmt: skip
        if heard.errors:
            st.dataframe(
                [{"Measure": voice_words.MEASURE.get(name, (name, ""))[0], "Tolerances away": off}
                 for name, off in heard.errors],
                hide_index=True, alt="Difference from the recording",
            )  # fmt: skip


def _make(script: SpeakableScript, speaker_id: str, actor: str) -> None:
    job = campaigns.job_of(shell.store(), script.campaign_id)
    if job is not None and job.is_active and job.kind != "voice":
        st.info("Another job of this campaign is running. Files can be made when it has ended.",
                icon=":material/hourglass_top:")  # fmt: skip
        return
    if job is not None and job.is_active:
        with st.container(border=True, key="voice_work"):
            writing.progress(job)
        return
    if job is not None and job.kind == "voice":
        if job.state == "done":
            st.success(words.plain(job.message), icon=":material/check:")
        else:
            writing.ended(job)
    try:
        options = options_of(actor)
    except PersonalizationError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    if not script.people:
        st.info("This script is for nobody yet. Choose messages on the Outreach page first.",
                icon=":material/person_search:")  # fmt: skip
        return
    if st.button(f"Make {words.plural(script.people, 'file')}", type="primary",
                 icon=":material/graphic_eq:", key="voice_make"):  # fmt: skip
        with shell.told():
            campaign.start_making_voice(
                shell.jobs(), shell.store(), shell.settings(), script.campaign_id,
                variant_id=script.variant_id, speaker_id=speaker_id, options=options, actor=actor,
            )  # fmt: skip
            st.rerun()
