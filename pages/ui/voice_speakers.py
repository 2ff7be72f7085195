"""The Speakers view: measure a recording, and compare what the voice does with it."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell, voice_words, words
from personalization import campaign
from personalization.reports import voice as reports
from personalization.reports.voice import WHAT_IS_MATCHED, Speaker

_WARNED = "speaker_warnings"


def show(speakers: list[Speaker], actor: str) -> None:
    """Show each speaker's measured dials, and the form that measures a new recording."""
    st.info(WHAT_IS_MATCHED, icon=":material/graphic_eq:")
    measured = [each for each in speakers if each.version is not None]
    for speaker in measured:
        with st.container(border=True):
            _speaker(speaker)
    if not measured:
        st.caption("Nobody was measured yet: scripts are spoken by the house voice as it is.")
    _form(speakers, actor)


def _speaker(speaker: Speaker) -> None:
    st.subheader(words.plain(speaker.name), anchor=False)
    told = "Synthetic" if not speaker.is_person else (
        f"Consent stands{f' until {words.day(speaker.until)}' if speaker.until else ''}"
        if speaker.may_speak
        else "No consent stands, so nothing is spoken in this delivery"
    )  # fmt: skip
    st.caption(
        f"{told} · measured on {speaker.reference_seconds or 0:.0f} s · version "
        f"{speaker.version} · {words.plain(speaker.engine or '')} · mean difference "
        f"{speaker.error or 0:.2f} tolerances (1 is about what a listener notices)"
    )
    rows = reports.compared(speaker)
    st.dataframe(
        [{"Measure": voice_words.measure(row["measure"]), "Recording": row["wanted"],
          "Voice": row["reached"], "Tolerances away": row["tolerances"]} for row in rows],
        hide_index=True, alt=f"What {speaker.name} measures, and what the voice reaches",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f", width=90)
            for name in ("Recording", "Voice", "Tolerances away")
        },
    )  # fmt: skip
    for row in rows:
        if row["out_of_reach"]:
            st.caption(f"{voice_words.measure(row['measure'])}: {words.plain(row['out_of_reach'])}")
    with st.expander("Dials of the voice", icon=":material/tune:"):
        st.dataframe(
            [{"Dial": voice_words.DIAL.get(name, name), "Set to": voice_words.dial(value)}
             for name, value in speaker.dials.items() if value not in ("", None)],
            hide_index=True, alt=f"Dials of {speaker.name}",
        )  # fmt: skip


def _form(speakers: list[Speaker], actor: str) -> None:
    with st.expander("Measure a recording", expanded=False, icon=":material/mic:"):
        known = {"": "Somebody new"} | {
            each.speaker_id: each.name for each in speakers if each.speaker_id != "house"
        }
        whose = st.selectbox("Speaker", list(known), format_func=known.__getitem__,
                             key="speaker_whose", width=320)  # fmt: skip
        name = "" if whose else st.text_input("Name", key="speaker_name", max_chars=80, width=320)
        is_person = bool(whose) or st.checkbox(
            "A person, whose consent is needed", value=True, key="speaker_is_person"
        )
        language = st.selectbox("Language", list(words.LOCALE), key="speaker_language", width=320,
                                format_func=words.LOCALE.__getitem__)  # fmt: skip
        file = st.file_uploader(
            "Recording", type=["wav", "flac", "mp3", "ogg", "opus"], key="speaker_file",
            help="20 seconds or more of one person speaking, better 60. It is measured and not "
            "kept; its fingerprint and the figures are.",
        )  # fmt: skip
        if st.button("Measure and fit", icon=":material/tune:", key="speaker_fit",
                     disabled=file is None or not (whose or name)):  # fmt: skip
            with shell.told(), st.spinner("Measuring, and turning the voice's dials"):
                _, profile, warnings = campaign.fit_speaker(
                    shell.store(), shell.settings(), file.getvalue() if file else b"",
                    speaker_id=whose, name=name or "", is_person=is_person,
                    language=language, actor=actor,
                )  # fmt: skip
                shell.say(f"Fitted: on average {profile.error:.2f} tolerances from the recording.")
                st.session_state[_WARNED] = warnings
                st.rerun()
    for warning in st.session_state.pop(_WARNED, ()):
        st.warning(words.plain(warning), icon=":material/mic:")
