"""What may be decided of a document: approve, edit, retire, bring back, put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import library as reports

if TYPE_CHECKING:
    from personalization.reports.content import Document


def ask(what: str = "", document_id: str = "") -> None:
    """Ask about a document until it is answered or the question is put away."""
    st.session_state["library_asks"] = (what, document_id)


def _is_asked(what: str, document: Document) -> bool:
    return bool(st.session_state.get("library_asks") == (what, document.document_id))


def buttons(
    document: Document, uses: list[dict[str, Any]], actor: str, *, n_wrong: int = 0
) -> None:
    """Draw what can be done with the document as it stands, and the question that is open."""
    name = document.document_id
    with st.container(horizontal=True):
        if document.state == "withdrawn":
            st.button(
                "Put back", icon=":material/undo:", key="put_back_document", on_click=ask,
                args=("return", name),
                help="It was withdrawn. Once its incident is closed, somebody else than who "
                "withdrew it may put it back.",
            )  # fmt: skip
        elif document.state == "retired":
            st.button(
                "Bring back as a draft", icon=":material/unarchive:", key="reopen_document",
                on_click=ask, args=("reopen", name),
                help="It can then be edited and approved again.",
            )  # fmt: skip
        else:
            if document.state == "draft":
                st.button(
                    "Approve", icon=":material/check:", key="approve_document", on_click=ask,
                    args=("approve", name), type="primary",
                )  # fmt: skip
            st.button(
                "Edit", icon=":material/edit:", key="edit_document", on_click=_edit, args=(name,),
                help="A change is a new version and waits for an approval.",
            )  # fmt: skip
            st.button(
                "Retire", icon=":material/archive:", key="retire_document", on_click=ask,
                args=("retire", name),
                help="It is no longer found, and messages that cite it cannot be sent.",
            )  # fmt: skip
    n_current = sum(row["is_current"] for row in uses)
    if _is_asked("return", document):
        confirm_return(document, actor)
    elif _is_asked("reopen", document):
        confirm_reopening(document, actor)
    elif _is_asked("approve", document):
        confirm_approval(document, n_wrong, actor)
    elif _is_asked("retire", document):
        confirm_retiring(document, n_current, actor)


def _edit(document_id: str) -> None:
    st.session_state["library_form"] = ("edit", document_id)


@st.dialog("Approve this document", width="large", icon=":material/check:", on_dismiss=ask)
def confirm_approval(document: Document, n_wrong: int, actor: str) -> None:
    """Show what is approved, word for word, and ask for the name, the day and the evidence."""
    st.markdown(
        f"**{words.plain(document.title)}**, version {document.version}. Once it is approved, "
        "messages may say these words to the customers they are meant for:"
    )
    _words_of(document)
    if n_wrong:
        st.warning(
            f"The check found {words.plural(n_wrong, 'thing')} to mend in it. Read them under "
            "Check before you approve it.",
            icon=":material/warning:",
        )
    with st.container(horizontal=True):
        name = st.text_input(
            "Approved by", actor, key="approve_name", max_chars=120,
            help="Where somebody else gave the approval, both names are kept.",
        )  # fmt: skip
        day = st.date_input(
            "On", "today", key="approve_day", format="DD/MM/YYYY", max_value="today"
        )  # fmt: skip
    evidence = st.text_input(
        "What it rests on", document.evidence or "", key="approve_evidence",
        placeholder="Price list of 1 October 2026, promotions calendar line 4 …",
        help="Other evidence than before makes a new version.",
    )  # fmt: skip
    if st.button("Approve it", type="primary", key="confirm_approve"):
        with shell.told():
            campaign.approve_document(
                shell.store(), shell.settings(), document.document_id, version=document.version,
                approved_by=name or "", approved_on=day, actor=actor, evidence=evidence or "",
            )  # fmt: skip
            _done(f"{document.title} is now approved.")


def _words_of(document: Document) -> None:
    """Show all that messages could say of a document's newest version, word for word."""
    with st.container(border=True, height=240):
        for row in reports.statements_of(shell.store(), document.document_id, document.version):
            for text in (row["text"], *row["alternates"]):
                st.markdown(f"- {words.plain(text)}")
        for line in reports.subject_lines_of(shell.store(), document.document_id):
            st.markdown(f"- Subject: {words.plain(line)}")


@st.dialog("Retire this document?", icon=":material/archive:", on_dismiss=ask)
def confirm_retiring(document: Document, n_cited: int, actor: str) -> None:
    """Ask why, with the number of messages that can then not be sent; it opens an incident."""
    st.markdown(
        f"**{words.plain(document.title)}** will no longer be found for any segment. "
        + (
            f"{words.plural(n_cited, 'message')} that cite it can no longer be sent until they "
            "are written again."
            if n_cited
            else "No message cites it now."
        )
        + " An incident keeps what rests on it, and who was reached."
    )
    reason = st.text_area("Why it may not be said any more", key="retire_reason", height=80)
    if st.button("Retire it", type="primary", key="confirm_retire"):
        with shell.told():
            campaign.withdraw_document(
                shell.store(), document.document_id, reason=reason or "", actor=actor,
                request_id=shell.request_id("incident", document.document_id),
            )  # fmt: skip
            shell.fulfilled("incident", document.document_id)
            _done(f"{document.title} is retired. See the Incidents page for what rests on it.")


@st.dialog("Put this document back?", width="large", icon=":material/undo:", on_dismiss=ask)
def confirm_return(document: Document, actor: str) -> None:
    """Show the words of a withdrawn document, and ask why they may be said again."""
    withdrawn = campaign.withdrawn_version(shell.store(), document.document_id)
    is_same = withdrawn == document.version
    title = words.plain(document.title)
    st.markdown(
        f"**{title}**, version {document.version}, was withdrawn. Put back, it is approved and "
        "messages may say these words again; the incident keeps who did so and why:"
        if is_same
        else f"Version {withdrawn} of **{title}** was withdrawn, and version {document.version} "
        "was written since. Put back, it is a draft: no message says these words until somebody "
        "approves them."
    )
    _words_of(document)
    reason = st.text_area("Why it may be said again", key="put_back_reason", height=80)
    if st.button("Put it back", type="primary", key="confirm_put_back"):
        with shell.told():
            status = campaign.put_document_back(
                shell.store(), document.document_id, version=document.version,
                reason=reason or "", actor=actor,
            )  # fmt: skip
            now = "approved again" if status == "approved" else "a draft, and waits for approval"
            _done(f"{document.title} is {now}.")


@st.dialog("Bring this document back?", icon=":material/unarchive:", on_dismiss=ask)
def confirm_reopening(document: Document, actor: str) -> None:
    """Ask why a retired document is wanted again; it comes back as a draft."""
    st.markdown(
        f"**{words.plain(document.title)}** comes back as a draft. No message says it until "
        "somebody approves it."
    )
    reason = st.text_area("Why it is wanted again", key="reopen_reason", height=80)
    if st.button("Bring it back", type="primary", key="confirm_reopen"):
        with shell.told():
            campaign.reopen_document(
                shell.store(), document.document_id, reason=reason or "", actor=actor
            )
            _done(f"{document.title} is a draft again.")


def _done(text: str) -> None:
    ask()
    shell.say(text)
    st.rerun()
