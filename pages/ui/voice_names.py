"""Names to check: those that nobody can be sure of, each with a box to say it like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import outreach_words, shell, voice_words, words
from personalization.campaign import scripts

if TYPE_CHECKING:
    from personalization.campaign.scripts import SpokenName

_MOST: Final = 8
_MOST_KEPT: Final = 50
_KINDS: Final = {
    "respelling": "In other letters",
    "language": "As in a language",
    "phonemes": "In phonemes",
}
_EXAMPLE: Final = {"respelling": "voy-check", "language": "pl", "phonemes": "v'OItSEx"}


def show(campaign_id: str, actor: str) -> None:
    """List the names of a campaign that are held, and keep how the team says them."""
    with shell.told():
        held = scripts.held_names(shell.store(), campaign_id)
        if held:
            people = sum(name.people for name in held)
            st.markdown(
                f"**{words.plural(len(held), 'name')} cannot be said for sure, so "
                f"{words.plural(people, 'person gets', 'people get')} no file yet.** Nobody hears "
                "a name said wrong: say how it is said, and the file can be made."
            )
        else:
            st.success("Every name in this campaign's scripts can be said.",
                       icon=":material/check:")  # fmt: skip
        for number, name in enumerate(held[:_MOST]):
            with st.container(border=True, key=f"voice_name_{number}"):
                _name(name, number, actor)
        if len(held) > _MOST:
            st.caption(f"And {len(held) - _MOST:,} more after these.")
        with st.expander("Say another word or name otherwise", icon=":material/add:"):
            _entry("", "other", "", actor)
        _kept(actor)


def _kept(actor: str) -> None:
    """List how the team says names, each with a way to leave it to the rules again."""
    kept = scripts.pronunciations(shell.store())
    if not kept:
        return
    with st.expander(f"As the team says them ({len(kept):,})", icon=":material/menu_book:"):
        for number, entry in enumerate(kept[:_MOST_KEPT]):
            with st.container(horizontal=True, vertical_alignment="center"):
                language = outreach_words.LANGUAGE.get(entry.language, entry.language)
                st.markdown(
                    f"**{words.plain(entry.written)}** · {_KINDS[entry.kind].lower()}: "
                    f"{words.plain(entry.said)} · scripts in {language or 'any language'}"
                )
                if st.button("Forget", icon=":material/undo:", key=f"say_forget_{number}"):
                    with shell.told():
                        scripts.keep_pronunciation(
                            shell.store(), replace(entry, kind="withdrawn", said=""), actor=actor
                        )
                        shell.say(f"‘{entry.written}’ is left to the rules again.")
                        st.rerun()


def _name(name: SpokenName, number: int, actor: str) -> None:
    language = outreach_words.LOCALE.get(name.locale, name.locale)
    st.markdown(
        f"**{words.plain(name.written)}** · "
        f"{voice_words.FIELD.get(name.field, name.field).lower()} of "
        f"{words.plural(name.people, 'person', 'people')}, "
        f"{words.plain(name.country) or 'country unknown'} · script in {language}"
    )
    st.caption(words.plain(name.reading.held))
    _entry(name.written, str(number), name.locale, actor)


def _entry(written: str, key: str, locale: str, actor: str) -> None:
    """Draw a box for how a name is said, with a button to hear it before it is kept."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = written or st.text_input("Word or name", key=f"say_word_{key}", max_chars=120,
                                        width=220)  # fmt: skip
        kind = st.selectbox(
            "How", list(_KINDS), format_func=_KINDS.__getitem__, key=f"say_kind_{key}", width=190,
            help="Other letters (voy-check), a language (pl), or phonemes of espeak-ng (v'OItSEx).",
        )  # fmt: skip
        said = st.text_input("Say it like", key=f"say_like_{key}", max_chars=120, width=240,
                             placeholder=_EXAMPLE[str(kind)])  # fmt: skip
        entry = scripts.Pronunciation(
            str(name or ""), locale.split("-", 1)[0], str(kind), str(said or "")
        )
        if st.button("Hear it", icon=":material/play_arrow:", key=f"say_hear_{key}"):
            _hear(entry, key, locale)
        if st.button("Keep", icon=":material/record_voice_over:", key=f"say_keep_{key}"):
            with shell.told():
                scripts.keep_pronunciation(shell.store(), entry, actor=actor)
                shell.say(f"‘{name}’ is said like that from now on.")
                st.rerun()
    heard = st.session_state.get("say_heard")
    if heard and heard[0] == (key, entry):
        st.audio(heard[1], sample_rate=heard[2])


def _hear(entry: scripts.Pronunciation, key: str, locale: str) -> None:
    with shell.told():
        sound = scripts.hear_name(shell.settings(), entry, language=locale or "en-GB")
        st.session_state["say_heard"] = ((key, entry), sound.samples(), sound.rate)
