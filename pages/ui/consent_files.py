"""Adding a file of consents or of objections to a customer base, checked before it counts."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import intake_form, shell, words
from personalization import campaign

FILES: Final = {
    "consents": (
        "Add records of consent",
        (
            "One row per consent: customer number or e-mail, basis, day; better with the wording, "
            "where it was given, and the day of confirmation."
        ),
        "record",
    ),
    "suppressions": (
        "Add a tool's list of objections",
        (
            "One row per person: customer number or e-mail, the day and the reason if known. They "
            "are not written to from then on, in any customer base."
        ),
        "objection",
    ),
}


def add(dataset_id: str, target: str, actor: str) -> None:
    """Ask for a file, show what would come in, and add it once it is asked for."""
    title, text, noun = FILES[target]
    given = intake_form.upload(target, title, text)
    if given is None:
        return
    intake = intake_form.show(given, target)
    if intake is None:
        return
    label = f"Add {words.plural(intake.accepted, noun)}"
    is_open = bool(intake.ask) or not intake.accepted
    if st.button(label, type="primary", key=f"add_{target}", disabled=is_open):
        with shell.told():
            campaign.add_files(
                shell.store(), dataset_id, [intake], actor=actor,
                request_id=f"{given.file_id}:{dataset_id}",
            )  # fmt: skip
            shell.say(f"{words.plural(intake.accepted, noun)} added.")
            st.rerun()
