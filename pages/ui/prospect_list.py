"""The prospects of a base as a list: in figures, searched, filtered, by motion and role."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import prospect_words, shell, words
from personalization.reports import prospects as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN: Final = 500
_TICKED: Final = "prospect_ticked"
_SHOWN_COLUMNS: Final = (
    "Name", "Title", "Company", "Country", "Role", "Level", "Sales motion", "How sure",
)  # fmt: skip
"""What fits beside each other; the rest stands on the card of who is chosen."""


def numbers(dataset_id: str, *, is_sample: bool) -> None:
    """Show what the base comes to."""
    totals = reports.prospect_totals(shell.store(), dataset_id)
    with st.grid(4, key="prospect_numbers"):
        st.metric(
            "Prospects", words.count(totals.prospects), border=True,
            help=f"At {words.plural(totals.accounts, 'company', 'companies')}. People belong "
            "together by the website, else the e-mail domain, else the name.",
        )  # fmt: skip
        st.metric(
            "Something to cite", words.count(totals.with_facts), border=True,
            help="A fact with its source, such as a new shop. Others are not told any news.",
        )  # fmt: skip
        st.metric(
            "Unknown role or level", words.count(totals.unread), border=True,
            help="The title does not say it, and nothing is guessed.",
        )  # fmt: skip
        st.metric(
            "Must not be written to", words.count(totals.suppressed), border=True,
            help="They objected, bounced, or are competitors.",
        )  # fmt: skip
    if is_sample:
        st.caption("Every person, company and fact of the sample is made up.")


def prospects(dataset_id: str) -> str:
    """Draw the list with its filters, and return the number of the prospect that is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="prospect_filters"):
        text = st.text_input(
            "Search", key="prospect_search", width=260, icon=":material/search:",
            placeholder="Name, company, title or city", persist_state="session",
        )  # fmt: skip
        roles = st.multiselect(
            "Role", list(prospect_words.ROLE), key="prospect_roles", width=240,
            format_func=prospect_words.ROLE.__getitem__, placeholder="All roles",
        )  # fmt: skip
        motions = st.multiselect(
            "Sales motion", list(prospect_words.MOTION), key="prospect_motions", width=240,
            format_func=prospect_words.MOTION.__getitem__, placeholder="All motions",
        )  # fmt: skip
        is_unsure = st.checkbox("Only unsure readings", key="prospect_unsure")
    found = reports.list_prospects(
        shell.store(), dataset_id, text=text or "", roles=tuple(roles), motions=tuple(motions),
        is_unsure=is_unsure, limit=SHOWN,
    )  # fmt: skip
    if not found:
        st.info("No prospect fits. Search for less, or take a filter off.")
        return ""
    told = f"The first {SHOWN}" if len(found) == SHOWN else words.plural(len(found), "prospect")
    st.caption(f"{told}; the readings that are least sure come first. Choose one to see why.")
    ids = [str(row["prospect_id"]) for row in found]
    shown = st.session_state.get(_TICKED, "")
    event = st.dataframe(
        [_row(row) for row in found], hide_index=True, height=360, key=rows_key(ids),
        selection_default={"selection": {"rows": [ids.index(shown)] if shown in ids else []}},
        on_select="rerun", selection_mode="single-row", alt="Prospects of the base",
        placeholder="unknown",
        column_order=_SHOWN_COLUMNS,
        column_config={
            "Title": st.column_config.TextColumn(width=170),
            "Company": st.column_config.TextColumn(width=170),
            "How sure": st.column_config.ProgressColumn(
                min_value=0, max_value=1, format="percent", width=90
            ),
        },
    )  # fmt: skip
    rows = event.selection.rows
    st.session_state[_TICKED] = ids[rows[0]] if rows and rows[0] < len(ids) else ""
    return str(st.session_state[_TICKED])


def rows_key(ids: Sequence[str]) -> str:
    """Return the key of a list of people: a tick stands for a person, not for a row of any list."""
    return f"prospect_rows_{sha256(' '.join(ids).encode()).hexdigest()[:12]}"


def _row(row: dict[str, object]) -> dict[str, object]:
    return {
        "Number": row["prospect_id"],
        "Name": row["name"],
        "Title": row["title"] or "unknown",
        "Company": row["company"] or "unknown",
        "Country": row["country"] or "unknown",
        "Employees": row["employees"],
        "Role": prospect_words.ROLE[str(row["role"])],
        "Level": prospect_words.SENIORITY[str(row["seniority"])],
        "Sales motion": prospect_words.MOTION[str(row["motion"])],
        "Campaign": row["campaign"],
        "Queue": row["queue"],
        "How sure": row["confidence"],
    }


def motions(dataset_id: str) -> None:
    """Count prospects by how they are worked and what they do."""
    found = reports.motions_by_role(shell.store(), dataset_id)
    table: dict[str, dict[str, object]] = {
        prospect_words.ROLE[role]: {"Role": prospect_words.ROLE[role]}
        for role in prospect_words.ROLE
        if any(row["role"] == role for row in found)
    }
    for row in found:
        table[prospect_words.ROLE[row["role"]]][prospect_words.MOTION[row["motion"]]] = row[
            "prospects"
        ]
    order = ["Role", *(prospect_words.MOTION[m] for m in prospect_words.MOTION)]
    st.dataframe(
        list(table.values()), hide_index=True, placeholder="0",
        alt="Prospects by role and by how they are worked",
        column_order=[name for name in order if any(name in row for row in table.values())],
    )  # fmt: skip
    st.caption(
        "The first rule that holds decides: not written to, partner, nurture, enterprise, "
        "sales-assisted, self-service. Choose a prospect in the list to see which one it was."
    )
