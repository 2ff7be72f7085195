"""A script as one real person hears it: the personal words marked and named, and the sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import charts, shell, voice_charts, voice_words, words
from personalization import campaign
from personalization.reports import voice_readings as reports

if TYPE_CHECKING:
    from personalization.campaign import VoicePreview
    from personalization.reports.voice import SpeakableScript
    from personalization.reports.voice_readings import Reading


def show(script: SpeakableScript, speaker_id: str, actor: str, *, may_make: bool) -> bool:
    """Draw the words for one person, and let them be listened to; tell whether files are asked for.

    Args:
        script: Which.
        speaker_id: In whose delivery.
        actor: Who looks.
        may_make: Whether files of this script alone can be asked for.
    """
    with shell.told():
        people = {row["person_id"]: row for row in reports.listeners_of(shell.store(), script)}
        person = st.selectbox(
            "As heard by", list(people), key=f"voice_person_{script.variant_id}", width=420,
            format_func=lambda one: _named(people[one]) if one in people else one,
            accept_new_options=True,
            help="Somebody this script was chosen for. Not listed? Type the number.",
        )  # fmt: skip
        reading = reports.reading_of(
            shell.store(), script.campaign_id, script.variant_id, str(person or "")
        )
        if reading is None:
            st.info(
                f"This script is not for {words.plain(str(person))}. Choose somebody in the list.",
                icon=":material/person_search:",
            )
            return False
        _words(reading)
        with st.container(horizontal=True):
            is_to_speak = st.button("Listen", icon=":material/play_arrow:", key="voice_listen")
            is_wanted = may_make and st.button(
                f"Make only the {words.plural(script.people, 'file')} of this script",
                icon=":material/graphic_eq:", key="voice_make_one",
            )  # fmt: skip
        _hear(script, speaker_id, reading.person_id, actor, is_to_speak=is_to_speak)
        return bool(is_wanted)
    return False


def _named(row: dict[str, str]) -> str:
    parts = (row["name"] or row["person_id"], row["title"], row["company"])
    return ", ".join(part for part in parts if part)


def _words(reading: Reading) -> None:
    """Show what is said, the person's own words marked, and below where each comes from."""
    with st.container(border=True, key="voice_words"):
        st.markdown("".join(
            f":blue-background[{words.plain(text)}]" if field else words.plain(text)
            for text, field in reading.parts
        ))  # fmt: skip
        if own := [
            f":blue-background[{words.plain(text)}] {_field(field).lower()}"
            for field, text in reading.values
        ]:
            st.caption(f"Personal words: {' · '.join(own)}")
        for field, said in reading.stand_ins:
            st.caption(f"No {_field(field).lower()} is known, so it says “{words.plain(said)}”.")
        if not own and not reading.stand_ins:
            st.caption("Nothing in it is personal: everybody hears the same words.")
    if reading.fault:
        st.warning(words.plain(reading.fault), icon=":material/pause_circle:")


def _field(name: str) -> str:
    return voice_words.FIELD.get(name, name.rpartition(".")[2].replace("_", " "))


def _hear(
    script: SpeakableScript, speaker_id: str, person_id: str, actor: str, *, is_to_speak: bool
) -> None:
    of_this = (script.variant_id, script.version, speaker_id, person_id)
    if is_to_speak:
        with shell.told(), st.spinner("Speaking"):
            st.session_state["voice_heard"] = campaign.preview_voice(
                shell.store(), shell.settings(), script.campaign_id,
                variant_id=script.variant_id, person_id=person_id, speaker_id=speaker_id,
                actor=actor,
            )  # fmt: skip
            st.session_state["voice_heard_of"] = of_this
    heard = st.session_state.get("voice_heard")
    if heard is not None and st.session_state.get("voice_heard_of") == of_this:
        _heard(heard)


def _heard(heard: VoicePreview) -> None:
    """Show what one person hears: the player, what it looks like, and the checks."""
    if heard.fault:
        st.warning(words.plain(heard.fault), icon=":material/pause_circle:",
                   title="No file is made for this person")  # fmt: skip
    if not heard.wav:
        return
    st.audio(heard.wav, format="audio/wav")
    st.caption(f"As it is said: “{words.plain(heard.spoken)}”")
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
