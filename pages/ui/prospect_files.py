"""Files of prospects: checked before anything is kept, then added to a base; and the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import intake_form, shell, words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.prospects import ProspectBase

NEW = ""
WANTED = "prospect_base_wanted"
"""Base that the page opens next: the box of bases is drawn by then and takes nothing more."""


def sample(actor: str) -> None:
    """Offer the prospects of the sample shop."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**Try it with sample prospects.** About 400 fictional people in six languages, whom "
            "the sample shop could offer gifts for clients and staff, or goods for their shelves."
        )
        if st.button("Load sample prospects", key="load_sample_prospects", type="primary"):
            with shell.told():
                base = campaign.load_sample_prospects(shell.store(), actor=actor)
            st.session_state[WANTED] = base
            shell.say("The sample prospects are here, and each was read and routed.")
            st.rerun()


def add(bases: Mapping[str, ProspectBase], actor: str) -> None:
    """Take a file, show what would come in, and import it on a click."""
    given = intake_form.upload(
        "prospects", "File of prospects",
        "An export of your CRM as CSV: one row per person with title, company, country. Facts such "
        "as news need a source column. Nothing is stored before you import.",
    )  # fmt: skip
    if given is None:
        if bases and not any(base.is_sample for base in bases.values()):
            sample(actor)
        return
    intake = intake_form.show(given, "prospects")
    if intake is None or intake.ask:
        st.info("Answer what is asked above, or upload another file, to go on.")
        return
    into = st.selectbox(
        "Into", [NEW, *bases], key="prospects_into", width=420,
        format_func=lambda base: bases[base].name if base else "A new base",
    )  # fmt: skip
    name = "" if into else st.text_input("Name", value=intake.file_name, width=420)
    if st.button(
        f"Import {words.plural(intake.accepted, 'prospect')}", type="primary",
        key="import_prospects",
    ):  # fmt: skip
        with shell.told():
            base = campaign.import_prospects(
                shell.store(), intake, name=name, dataset_id=into, actor=actor,
                request_id=shell.request_id("prospects", given.file_id),
            )  # fmt: skip
        shell.fulfilled("prospects", given.file_id)
        st.session_state[WANTED] = base
        shell.say("The prospects are here, and each was read and routed.")
        st.rerun()
