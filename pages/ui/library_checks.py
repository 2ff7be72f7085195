"""What the check over all documents found: as a list above the library, and beside each one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import library as reports

if TYPE_CHECKING:
    from datetime import date

    from personalization.campaign import Finding

ICONS: Final = {
    "error": ":material/error:",
    "warning": ":material/warning:",
    "info": ":material/info:",
}
SEVERITY: Final = {"error": "Error", "warning": "Warning", "info": "Hint"}
MOST: Final = 30
"""Findings that are shown of one document; the check on the command line lists all."""


def findings(on: date, send_on: date | None) -> list[Finding]:
    """Return what is wrong with the library; worked out anew when something changed."""
    with shell.told():
        return _worked_out(reports.mark_of(shell.store()), on, send_on)
    return []


@st.cache_data(show_spinner="Checking the documents against one another", max_entries=8)
def _worked_out(mark: str, on: date, send_on: date | None) -> list[Finding]:  # noqa: ARG001
    return campaign.lint_library(shell.store(), on=on, send_on=send_on)


def panel(found: list[Finding], problems: list[dict[str, Any]]) -> None:
    """List what could not be read from the folder, then all findings, the worst first."""
    if problems:
        label = f"{words.plural(len(problems), 'note')} from the last reading of the folder"
        with st.expander(label, icon=":material/warning:"):
            st.dataframe(
                problems, hide_index=True, alt="What could not be read or kept, by file and line",
                column_config={
                    "source": "File", "line": "Line", "field": "Field",
                    "message": st.column_config.TextColumn("Problem", width="large"),
                },
            )  # fmt: skip
    if found:
        with st.expander(_label(found), icon=":material/rule:", key="library_findings"):
            st.dataframe(
                [_row(each) for each in found], hide_index=True,
                alt="What the check over all documents found, the worst first",
                column_config={
                    "Finding": st.column_config.TextColumn(width="large"),
                    "What to do": st.column_config.TextColumn(width="large"),
                },
            )  # fmt: skip


def _label(found: list[Finding]) -> str:
    count = {name: sum(each.severity == name for each in found) for name in SEVERITY}
    parts = [words.plural(n, SEVERITY[name].lower()) for name, n in count.items() if n]
    return f"The check over all documents: {words.listed(parts)}"


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "Severity": SEVERITY[finding.severity],
        "Document": finding.place.document_id,
        "Field": finding.place.field,
        "Finding": finding.message,
        "What to do": finding.way_out,
    }


def beside(found: list[Finding], document_id: str) -> None:
    """Tell the findings about one document, with both ends of those that have two."""
    if not found:
        st.caption("The check found nothing.")
    for each in found[:MOST]:
        st.markdown(f"{ICONS[each.severity]} {words.plain(each.message)}")
        at = words.plain(each.place.field or "the whole document")
        if each.other and each.other.document_id != document_id:
            at += f", against {words.plain(each.other.document_id)}"
        elif each.other and each.place.document_id != document_id:
            at += f", in {words.plain(each.place.document_id)}"
        st.caption(f"{SEVERITY[each.severity]} at {at}. {words.plain(each.way_out)}")
    if len(found) > MOST:
        st.caption(f"and {len(found) - MOST} more.")
