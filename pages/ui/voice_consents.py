"""The Consent register: who agreed that their delivery is used, for what, and taking it back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, voice_words, words
from personalization import campaign
from personalization.reports.voice import EVERYTHING, STATEMENT

if TYPE_CHECKING:
    from personalization.reports.voice import Speaker

_STATE: Final = {"stands": "Stands", "expired": "Expired", "revoked": "Revoked"}


def show(consents: list[dict[str, Any]], speakers: list[Speaker], actor: str) -> None:
    """Show the register, and the forms that add to it and take back."""
    people = {each.speaker_id: each.name for each in speakers if each.is_person}
    if consents:
        st.dataframe(
            [{"Speaker": row["speaker"], "State": _STATE[row["state"]],
              "Agreed by": row["subject"], "For": voice_words.scope(row["scope"], EVERYTHING),
              "Given": words.moment(row["recorded_at"]), "Checked by": row["verifier"],
              "Until": words.day(row["expires_on"]) if row["expires_on"] else "It is revoked",
              "Why it ended": row["reason"] or ""}
             for row in consents],
            hide_index=True, alt="Register of speakers' consents",
        )  # fmt: skip
    else:
        st.caption("No consent is on file. Synthetic voices need none; a person's delivery does.")
    if not people:
        st.caption("Measure a person's recording first; then the consent is entered here.")
        return
    _add(people, actor)
    standing = {row["speaker_id"] for row in consents if row["state"] == "stands"}
    if standing:
        _revoke({key: name for key, name in people.items() if key in standing}, actor)


def _add(people: dict[str, str], actor: str) -> None:
    with st.expander("Enter a consent", icon=":material/how_to_reg:"), st.form("consent_form"):
        speaker = st.selectbox("Speaker", list(people), format_func=people.__getitem__,
                               key="consent_speaker")  # fmt: skip
        subject = st.text_input("Who agreed", key="consent_subject", max_chars=120)
        contact = st.text_input("How the person is reached", key="consent_contact", max_chars=160)
        brand = shell.settings().brand.name
        statement = st.text_area(
            "Statement, word for word", key="consent_statement",
            value=STATEMENT.format(name="…", company=brand),
        )  # fmt: skip
        language = st.selectbox("Language of the statement", ["en", "de", "fr", "es"],
                                key="consent_language")  # fmt: skip
        channels = st.multiselect("Channels", list(voice_words.CHANNEL), key="consent_channels",
                                  format_func=voice_words.CHANNEL.__getitem__)  # fmt: skip
        languages = st.multiselect("Languages of scripts", ["en", "de", "fr", "es"],
                                   key="consent_languages")  # fmt: skip
        given = st.date_input("Given on", value="today", key="consent_day")
        until = st.date_input("Last day", value=None, key="consent_until",
                              help="Empty: until it is revoked.")  # fmt: skip
        verifier = st.text_input("Who checked that it was this person", key="consent_verifier",
                                 max_chars=120)  # fmt: skip
        file = st.file_uploader("Recording or signed form", key="consent_file",
                                help="Only its fingerprint is kept.")  # fmt: skip
        if not st.form_submit_button("Enter", icon=":material/add:"):
            return
        with shell.told():
            content = file.getvalue() if file else b""
            now = shell.store().now()
            campaign.keep_speaker_consent(
                shell.store(),
                campaign.SpeakerConsent(
                    speaker, subject, contact, statement, language,
                    hashlib.sha256(content).hexdigest() if content else "",
                    min(now, datetime.combine(given, time(12), UTC)), verifier,
                    campaign.Scope(tuple(channels), (EVERYTHING,), tuple(languages)),
                    expires_on=until,
                ),
                actor=actor,
            )  # fmt: skip
            shell.say("The consent is on file.")
            st.rerun()


def _revoke(people: dict[str, str], actor: str) -> None:
    with st.expander("Revoke", icon=":material/block:"), st.form("revoke_form"):
        st.caption("Every file in this delivery is held at once, also of runs going on.")
        speaker = st.selectbox("Speaker", list(people), format_func=people.__getitem__,
                               key="revoke_speaker")  # fmt: skip
        reason = st.text_input("Why", key="revoke_reason", max_chars=300)
        if st.form_submit_button("Revoke all consents of this speaker", icon=":material/block:"):
            with shell.told():
                told = campaign.revoke_speaker(
                    shell.store(), speaker, reason=reason or "", actor=actor
                )
                shell.say(told)
                st.rerun()
