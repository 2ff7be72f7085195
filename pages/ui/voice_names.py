"""Names to check: those that nobody can be sure of, each with a box to say it like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization.campaign import scripts

if TYPE_CHECKING:
    from personalization.reports.voice import SpeakableScript

_MOST: Final = 8
_KINDS: Final = {
    "respelling": "In other letters",
    "language": "As in a language",
    "phonemes": "In phonemes",
}


def show(script: SpeakableScript, actor: str) -> None:
    """List the names that are held, and keep how the team says them."""
    st.subheader("Names to check", anchor=False)
    with shell.told():
        found = scripts.names_in_script(shell.store(), script.campaign_id, script.variant_id)
        held = [name for name in found if name.reading.held]
        if not held:
            st.caption("Every name in this script can be said." if found
                       else "This script says no names.")  # fmt: skip
            _entry("", "", script.locale, actor)
            return
        people = sum(name.people for name in held)
        st.caption(
            f"{words.plural(len(held), 'name')} of {words.plural(people, 'person', 'people')} "
            "cannot be said for sure. Nobody gets a file with a name said wrong: say how, and "
            "they do."
        )
        for number, name in enumerate(held[:_MOST]):
            with st.container(border=True):
                st.markdown(f"**{words.plain(name.written)}** · {words.plain(name.country or '?')}")
                st.caption(words.plain(name.reading.held))
                _entry(name.written, str(number), script.locale, actor)
        if len(held) > _MOST:
            st.caption(f"And {len(held) - _MOST} more after these.")


def _entry(written: str, key: str, locale: str, actor: str) -> None:
    with st.form(f"say_{key or 'other'}", border=False):
        name = written or st.text_input("Word or name", key=f"say_word_{key}", max_chars=120)
        kind = st.selectbox(
            "How", list(_KINDS), format_func=_KINDS.__getitem__, key=f"say_kind_{key}",
            help="Other letters (voy-check), a language (pl), or phonemes of espeak-ng (v'OItSEx).",
        )  # fmt: skip
        said = st.text_input("Say it like", key=f"say_like_{key}", max_chars=120)
        if st.form_submit_button("Keep", icon=":material/record_voice_over:"):
            entry = scripts.Pronunciation(name, locale.split("-", 1)[0], kind, said)
            with shell.told():
                scripts.keep_pronunciation(shell.store(), entry, actor=actor)
                shell.say(f"‘{name}’ is said like that from now on.")
                st.rerun()
