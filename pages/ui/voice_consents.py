"""The Consent register: who agreed that their delivery is used, for what, and taking it back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, voice_words, words
from pages.ui.outreach_words import LANGUAGE
from personalization import campaign
from personalization.reports.voice import EVERYTHING, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.campaign import SpeakerConsent
    from personalization.reports.voice import Speaker

_STATE: Final = {"stands": "Stands", "expired": "Expired", "revoked": "Revoked"}


def show(
    consents: list[dict[str, Any]],
    speakers: list[Speaker],
    to_call_back: list[dict[str, Any]],
    actor: str,
) -> None:
    """Show the register, what is to be called back, and the forms that add to it and take back."""
    people = {each.speaker_id: each.name for each in speakers if each.is_person}
    if consents:
        st.dataframe(
            [{"Speaker": row["speaker"], "State": _STATE[row["state"]],
              "Agreed by": row["subject"], "For": voice_words.scope(row["scope"], EVERYTHING),
              "Given": words.short_day(row["recorded_at"]), "Checked by": row["verifier"],
              "Until": words.short_day(row["expires_on"]) if row["expires_on"] else "revoked",
              "Why it ended": row["reason"] or ""}
             for row in consents],
            hide_index=True, alt="Register of speakers' consents",
        )  # fmt: skip
    else:
        st.caption("No consent is on file. Synthetic voices need none; a person's delivery does.")
    for each in to_call_back:
        st.warning(
            f"{words.plain(each['speaker'])} took the consent back. Have whoever got them delete "
            f"{words.plural(each['assets'], 'file')} of {words.plain(each['campaign'])}, handed "
            f"over for {voice_words.PURPOSE[each['purpose']].lower()} on "
            f"{words.moment(each['made_at'])} by {words.plain(each['made_by'])}: "
            f"{words.plain(each['file_name'])}.",
            icon=":material/undo:",
        )
    if not people:
        st.caption("Measure a person's recording first; then the consent is entered here.")
        return
    _add(people, actor)
    standing = {row["speaker_id"] for row in consents if row["state"] == "stands"}
    if standing:
        _revoke({key: name for key, name in people.items() if key in standing}, actor)


def _add(people: dict[str, str], actor: str) -> None:
    with st.expander("Enter a consent", icon=":material/how_to_reg:"):
        speaker = str(st.selectbox("Speaker", list(people), format_func=people.__getitem__,
                                   key="consent_speaker", width=420))  # fmt: skip
        with st.form(f"consent_form_{speaker}", border=False):
            consent = _form(speaker, people[speaker])
            if not st.form_submit_button("Enter the consent", icon=":material/add:",
                                         key="consent_enter"):  # fmt: skip
                return
        with shell.told():
            campaign.keep_speaker_consent(shell.store(), consent(), actor=actor)
            shell.say("The consent is on file.")
            st.rerun()


def _form(speaker: str, name: str) -> Callable[[], SpeakerConsent]:
    """Draw what a consent says, and return what makes one of it, which may refuse it.

    Each speaker has fields of their own: what one said and signed is no evidence of another.
    """
    languages = {each: LANGUAGE[each] for each in ("en", "de", "fr", "es")}
    left, right = st.columns(2, gap="large")
    with left:
        subject = st.text_input("Who agreed", value=name, max_chars=120,
                                key=f"consent_subject_{speaker}")  # fmt: skip
        contact = st.text_input("How the person is reached", max_chars=160,
                                key=f"consent_contact_{speaker}")  # fmt: skip
        verifier = st.text_input("Who checked that it was this person", key="consent_verifier",
                                 max_chars=120)  # fmt: skip
        given = st.date_input("Given on", value="today", key=f"consent_day_{speaker}",
                              format="DD/MM/YYYY")  # fmt: skip
        until = st.date_input("Last day", value=None, key=f"consent_until_{speaker}",
                              format="DD/MM/YYYY", help="Empty: until it is revoked.")  # fmt: skip
    with right:
        channels = st.multiselect("What may be spoken", list(voice_words.CHANNEL),
                                  format_func=voice_words.CHANNEL.__getitem__,
                                  key=f"consent_channels_{speaker}")  # fmt: skip
        spoken = st.multiselect("Languages of scripts", list(languages),
                                key=f"consent_languages_{speaker}",
                                format_func=languages.__getitem__)  # fmt: skip
        language = st.selectbox("Language of the statement", list(languages),
                                key=f"consent_language_{speaker}",
                                format_func=languages.__getitem__)  # fmt: skip
        file = st.file_uploader("Recording or signed form", key=f"consent_file_{speaker}",
                                help="Only its fingerprint is kept.")  # fmt: skip
    statement = st.text_area(
        "Statement, word for word", key=f"consent_statement_{speaker}",
        value=STATEMENT.format(name=name, company=shell.settings().brand.name),
    )  # fmt: skip

    def consent() -> SpeakerConsent:
        content = file.getvalue() if file else b""
        return campaign.SpeakerConsent(
            speaker, subject, contact, statement, str(language),
            hashlib.sha256(content).hexdigest() if content else "",
            min(shell.store().now(), datetime.combine(given, time(12), UTC)), verifier,
            campaign.Scope(tuple(channels), (EVERYTHING,), tuple(spoken)), expires_on=until,
        )  # fmt: skip

    return consent


def _revoke(people: dict[str, str], actor: str) -> None:
    with (
        st.expander("Revoke a speaker's consents", icon=":material/block:"),
        st.form("revoke_form", border=False),
    ):
        st.caption("Every file in this delivery is held at once, also of runs going on.")
        speaker = st.selectbox("Speaker", list(people), format_func=people.__getitem__,
                               key="revoke_speaker", width=420)  # fmt: skip
        reason = st.text_input("Why", key="revoke_reason", max_chars=300)
        if st.form_submit_button("Revoke all consents of this speaker", icon=":material/block:"):
            with shell.told():
                shell.say(campaign.revoke_speaker(
                    shell.store(), str(speaker), reason=reason or "", actor=actor
                ))  # fmt: skip
                st.rerun()
