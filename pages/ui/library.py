"""The library of approved content: what there is, where it stands, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import (
    library_bulk,
    library_checks,
    library_document,
    library_form,
    library_upload,
    shell,
    words,
)
from personalization import campaign
from personalization.reports import content as reports

if TYPE_CHECKING:
    from datetime import date

    from personalization.campaign import Finding
    from personalization.reports.campaigns import CampaignState
    from personalization.reports.content import Document


def show(actor: str, state: CampaignState | None) -> None:
    """Draw the library as it stands on the campaign's send date, or else today."""
    today = shell.store().now().date()
    day = state.send_on if state else today
    found = library_checks.findings(today, state.send_on if state else None)
    _numbers(reports.documents(shell.store(), day), day)
    _actions(actor)
    if _form(actor):
        return
    library_checks.panel(found, reports.problems(shell.store()))
    chosen = _choose(day, found)
    if len(chosen) == 1:
        library_document.show(chosen[0], actor, [f for f in found if _is_about(f, chosen[0])])
    elif chosen:
        library_bulk.show(chosen, actor)


def _is_about(finding: Finding, document: Document) -> bool:
    return document.document_id in finding.document_ids


def _numbers(everything: list[Document], day: date) -> None:
    count = Counter(each.state for each in everything)
    n_gone = sum(count[name] for name in ("expired", "retired", "withdrawn", "held"))
    with st.grid(4, key="library_totals"):
        st.metric(
            "May be used", count["in_force"] + count["ends_soon"], border=True,
            help=f"Approved, and valid on {words.day(day)}. {count['ends_soon']} of them for no "
            "more than two weeks.",
        )  # fmt: skip
        st.metric("Used in messages", sum(e.n_messages > 0 for e in everything), border=True)
        st.metric("Draft or upcoming", count["draft"] + count["upcoming"], border=True)
        st.metric(
            "Expired or retired", n_gone, border=True,
            help="With what was withdrawn by an incident and what screening holds back.",
        )  # fmt: skip


def _actions(actor: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Write a document", icon=":material/edit_note:", key="write_document",
            on_click=open_form, args=("new",),
        )  # fmt: skip
        st.button(
            "Upload files", icon=":material/upload:", key="upload_documents",
            on_click=open_form, args=("upload",),
        )  # fmt: skip
        st.download_button(
            "Download the library", icon=":material/download:", key="download_library",
            data=lambda: campaign.export_library(shell.store(), actor=actor),
            file_name="content_library.zip", mime="application/zip", on_click="ignore",
            help="Every document as the Markdown file that says it as it stands, to bring the "
            "content folder up to date.",
        )  # fmt: skip
        if st.button("Read the content folder again", icon=":material/refresh:", key="reimport"):
            _read_again(actor)
    folder = words.plain(shell.settings().content.corpus)
    st.caption(
        f"Files in the folder {folder} and documents written here live side by side. A changed "
        "file is a new version; what was written here stands until its file has a higher version "
        "or a later approval. No file brings back what was retired."
    )


def open_form(what: str = "", document_id: str = "") -> None:
    """Open the form to write, edit or upload; without a word, close it."""
    st.session_state["library_form"] = (what, document_id)


def _form(actor: str) -> bool:
    """Draw the form that is open, if one is; it takes the place of the list."""
    what, document_id = st.session_state.get("library_form", ("", ""))
    if what == "upload":
        library_upload.show(actor)
    elif what:
        library_form.show(actor, document_id)
    return bool(what)


def _read_again(actor: str) -> None:
    with shell.told():
        read = campaign.import_content(shell.store(), shell.settings(), actor=actor)
        problems = f" {words.plural(len(read.problems), 'problem')}." if read.problems else ""
        shell.say(
            f"{words.plural(read.new_versions, 'change')}, {read.unchanged} as before.{problems}"
        )
        st.rerun()


def _choose(day: date, found: list[Finding]) -> list[Document]:
    asked = _filters()
    documents = reports.documents(shell.store(), day, **asked)
    if any(asked.values()):
        with st.container(horizontal=True, vertical_alignment="center"):
            fits = words.plural(len(documents), "document") if documents else "No document"
            st.caption(f"{fits} {'fit' if len(documents) > 1 else 'fits'}. A filter is set.")
            st.button(
                "Clear the filters", icon=":material/filter_alt_off:", key="clear_filters",
                on_click=_clear_filters,
            )  # fmt: skip
    if not documents:
        return []
    return _table(documents, found)


def _clear_filters() -> None:
    for name in ("search", "kind", "state", "locale"):
        st.session_state[f"library_{name}"] = ""


def _filters() -> dict[str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(
            "Search", key="library_search", persist_state="session", type="search", live="300ms",
            icon=":material/search:", placeholder="Words in the title, the text or a statement",
        )  # fmt: skip
        kind = st.selectbox(
            "Kind", ["", *words.KIND], key="library_kind", persist_state="session", width=190,
            format_func=lambda name: words.KIND.get(name, "All kinds"),
        )  # fmt: skip
        state = st.selectbox(
            "Status", ["", *words.CONTENT_STATE], key="library_state", persist_state="session",
            width=170, format_func=lambda name: words.CONTENT_STATE.get(name, "Any status"),
        )  # fmt: skip
        locale = st.selectbox(
            "Language", ["", *reports.locales(shell.store())], key="library_locale",
            persist_state="session", width=170,
            format_func=lambda name: words.LOCALE.get(name, name) or "All languages",
        )  # fmt: skip
    return {"words": asked or "", "kind": kind or "", "state": state or "", "locale": locale or ""}


def _table(documents: list[Document], found: list[Finding]) -> list[Document]:
    event = st.dataframe(
        [_row(each, found) for each in documents], key="library", hide_index=True,
        on_select="rerun", selection_mode="multi-row",
        alt="The content library: choose a row to read the document, several to act on them",
        height=min(420, 38 + 35 * len(documents)),
        column_config={
            "Title": st.column_config.TextColumn(width=300),
            "Status": st.column_config.MultiselectColumn(
                options=list(words.CONTENT_STATE.values()),
                color=library_document.STATE_COLOURS, width="small",
            ),
            "For": st.column_config.TextColumn(
                width="small",
                help="Language, and the country whose law it was written for, if there is one",
            ),
            "Messages": st.column_config.NumberColumn(width="small", help="How many quote it"),
            "To mend": st.column_config.NumberColumn(
                width="small", help="Errors and warnings of the check"
            ),
        },
    )  # fmt: skip
    chosen = [documents[row] for row in event.selection.rows if row < len(documents)]
    if not chosen:
        st.caption("Choose a row to read the document, or several to approve or retire them.")
    return chosen


def _row(document: Document, found: list[Finding]) -> dict[str, Any]:
    wrong = [each for each in found if each.severity != "info" and _is_about(each, document)]
    return {
        "Title": document.title,
        "Kind": words.KIND.get(document.kind, document.kind),
        "Status": [words.CONTENT_STATE[document.state]],
        "For": " · ".join(filter(None, (document.locale, document.jurisdiction))),
        "Valid": library_document.validity(document),
        "Messages": document.n_messages,
        "To mend": len(wrong),
    }
