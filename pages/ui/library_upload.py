"""Uploading Markdown files: what each would come to, and only then the taking in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.campaign import Examined

OUTCOME: Final = {
    "new": "New",
    "changed": "New version",
    "unchanged": "Unchanged",
    "refused": "Refused",
}
COLOURS: Final = ["green", "blue", "gray", "red"]


def show(actor: str) -> None:
    """Ask for files, say of each what would become of it, and take them in."""
    with st.container(border=True, key="upload_form"):
        st.subheader("Upload documents", anchor=False)
        st.caption(
            "Markdown files as in the content folder. Nothing is stored until you say so, and "
            "whatever a file says of its approval, it comes in as a draft that somebody approves "
            "here."
        )
        uploaded = st.file_uploader(
            "Markdown files", type=["md", "markdown"], accept_multiple_files=True,
            key="library_files",
        )  # fmt: skip
        files = [(each.name, each.getvalue()) for each in uploaded or ()]
        found = campaign.examine_files(shell.store(), files)
        if found:
            _told(found)
        n_new = sum(each.outcome in ("new", "changed") for each in found)
        with st.container(horizontal=True):
            if st.button(
                f"Take in {words.plural(n_new, 'document')}" if n_new else "Take in", key="take_in",
                type="primary", disabled=not n_new,
            ):  # fmt: skip
                _take_in(files, actor)
            if st.button("Close", key="close_upload"):
                _close()


def _told(found: Sequence[Examined]) -> None:
    st.dataframe(
        [_row(each) for each in found], hide_index=True, key="upload_outcomes",
        alt="What each file would come to",
        column_config={
            "Outcome": st.column_config.MultiselectColumn(
                options=list(OUTCOME.values()), color=COLOURS, width="small"
            ),
        },
    )  # fmt: skip
    for each in found:
        for problem in each.problems:
            at = f", line {problem.line}" if problem.line else ""
            field = f" ({words.plain(problem.field)})" if problem.field else ""
            st.error(
                f"{words.plain(each.name)}{at}{field}: {words.plain(problem.message)}",
                icon=":material/error:",
            )


def _row(each: Examined) -> dict[str, Any]:
    document = each.document
    return {
        "File": each.name,
        "Outcome": [OUTCOME[each.outcome]],
        "Document": document.title if document else "",
        "Id": document.document_id if document else "",
        "Before": f"version {each.before}, {each.status}" if each.before else "",
        "Statements": len(document.sentences) if document else None,
    }


def _take_in(files: list[tuple[str, bytes]], actor: str) -> None:
    with shell.told():
        found = campaign.upload_documents(shell.store(), shell.settings(), files, actor=actor)
        n_new = sum(each.outcome in ("new", "changed") for each in found)
        n_refused = sum(each.outcome == "refused" for each in found)
        refused = f", {n_refused} refused" if n_refused else ""
        shell.say(f"{words.plural(n_new, 'document')} came in as drafts{refused}.")
        _close()


def _close() -> None:
    st.session_state["library_form"] = ("", "")
    st.rerun()
