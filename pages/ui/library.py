"""The library of approved content: what there is, where it stands, and where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import content as reports

if TYPE_CHECKING:
    from datetime import date

    from personalization.reports.campaigns import CampaignState
    from personalization.reports.content import Document

Colour = Literal["green", "blue", "orange", "gray", "red"]
STATE_COLOURS: Final[list[Colour]] = ["green", "blue", "orange", "gray", "red"]


def show(actor: str, state: CampaignState | None) -> None:
    """Draw the library as it stands on the campaign's send date, or else today."""
    day = state.send_on if state else shell.store().now().date()
    _head(actor, day)
    words_asked, kind, status = _filters()
    found = reports.documents(shell.store(), day, words=words_asked, kind=kind, state=status)
    if not found:
        st.caption("No document fits. Search for fewer words, or choose another status.")
        return
    chosen = _table(found)
    if chosen is not None:
        _document(chosen, actor)


def _head(actor: str, day: date) -> None:
    _numbers(reports.documents(shell.store(), day), day)
    problems = reports.problems(shell.store())
    if problems:
        _show_problems(problems)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Read the content folder again", icon=":material/refresh:", key="reimport"):
            _read_again(actor)
        folder = words.plain(shell.settings().content.corpus)
        st.caption(
            f"Documents are Markdown files in the folder {folder}. "
            "A changed file becomes a new version."
        )


def _numbers(everything: list[Document], day: date) -> None:
    count = {name: sum(each.state == name for each in everything) for name in words.CONTENT_STATE}
    used = sum(each.n_messages > 0 for each in everything)
    with st.grid(4, key="library_totals"):
        st.metric(
            "May be used", count["in_force"], border=True,
            help=f"Approved, and valid on {words.day(day)}.",
        )  # fmt: skip
        st.metric("Used in messages", used, border=True)
        st.metric("Draft or upcoming", count["draft"] + count["upcoming"], border=True)
        st.metric("Expired or retired", count["expired"] + count["retired"], border=True)


def _show_problems(problems: list[dict[str, Any]]) -> None:
    label = f"{words.plural(len(problems), 'problem')} in the content files"
    with st.expander(label, icon=":material/warning:"):
        st.dataframe(
            problems, hide_index=True, alt="What could not be read, by file and line",
            column_config={
                "source": "File", "line": "Line", "field": "Field", "message": "Problem",
            },
        )  # fmt: skip


def _read_again(actor: str) -> None:
    with shell.told():
        read = campaign.import_content(shell.store(), shell.settings(), actor=actor)
        shell.say(f"{words.plural(read.new_versions, 'change')}, {read.unchanged} unchanged.")
        st.rerun()


def _filters() -> tuple[str, str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(
            "Search", key="library_search", type="search", live="300ms", icon=":material/search:",
            placeholder="Words in the title or text",
        )  # fmt: skip
        kind = st.selectbox(
            "Kind", ["", *words.KIND], key="library_kind", width=200,
            format_func=lambda name: words.KIND.get(name, "All kinds"),
        )  # fmt: skip
        state = st.selectbox(
            "Status", ["", *words.CONTENT_STATE], key="library_state", width=200,
            format_func=lambda name: words.CONTENT_STATE.get(name, "Any status"),
        )  # fmt: skip
    return asked or "", kind or "", state or ""


def _table(found: list[Document]) -> Document | None:
    rows = [
        {
            "Title": each.title,
            "Kind": words.KIND.get(each.kind, each.kind),
            "Status": [words.CONTENT_STATE[each.state]],
            "Valid": validity(each),
            "Messages": each.n_messages,
        }
        for each in found
    ]
    event = st.dataframe(
        rows, key="library", hide_index=True, on_select="rerun", selection_mode="single-row",
        alt="The content library: choose a row to read the document",
        height=min(420, 38 + 35 * len(rows)),
        column_config={
            "Title": st.column_config.TextColumn(width="large"),
            "Status": st.column_config.MultiselectColumn(
                options=list(words.CONTENT_STATE.values()), color=STATE_COLOURS, width="small"
            ),
            "Messages": st.column_config.NumberColumn(width="small", help="How many cite it"),
        },
    )  # fmt: skip
    chosen = event.selection.rows
    if not chosen or chosen[0] >= len(found):
        st.caption("Choose a row to read the document.")
        return None
    return found[chosen[0]]


def validity(document: Document) -> str:
    """Say from when until when a document holds."""
    since, until = document.valid_from, document.valid_until
    if since and until:
        return f"{words.short_day(since)} to {words.short_day(until)}"
    if until:
        return f"until {words.short_day(until)}"
    return f"from {words.short_day(since)}" if since else "always"


def _document(document: Document, actor: str) -> None:
    with st.container(border=True, key="document"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(words.plain(document.title), anchor=False, width="content")
            st.badge(words.CONTENT_STATE[document.state], color=colour(document.state))
        who = f", approved by {words.plain(document.approved_by)}" if document.approved_by else ""
        st.caption(f"Version {document.version}{who}. Valid {validity(document)}.")
        text, uses = st.columns([3, 2], gap="large")
        with text:
            st.markdown(words.without_images(document.body))
            _statements(document)
        with uses:
            cited = reports.uses_of(shell.store(), document.document_id)
            _uses(cited)
            _decide(document, len(cited), actor)


def colour(state: str) -> Colour:
    """Return the badge colour of a document's state."""
    return STATE_COLOURS[list(words.CONTENT_STATE).index(state)]


def _statements(document: Document) -> None:
    found = reports.statements_of(shell.store(), document.document_id, document.version)
    if found:
        st.markdown("**What messages may cite**")
        st.markdown("\n".join(f"- {words.plain(row['text'])}" for row in found))


def _uses(cited: list[dict[str, Any]]) -> None:
    st.markdown("**Where it is used**")
    if not cited:
        st.caption("No message cites it.")
    for row in cited[:10]:
        message = f"{row['name']} · {row['segment']} · {words.arm(row['arm'])}: {row['subject']}"
        st.caption(words.plain(message))
    if len(cited) > 10:  # noqa: PLR2004
        st.caption(f"and {len(cited) - 10} more")


def _ask(document_id: str | None = None) -> None:
    """Ask about a document until it is answered or the question is put away."""
    st.session_state["library_asks"] = document_id


def _decide(document: Document, n_cited: int, actor: str) -> None:
    is_asked = st.session_state.get("library_asks") == document.document_id
    if campaign.withdrawal_of(shell.store(), document.document_id):
        st.button(
            "Put back", icon=":material/undo:", key="put_back_document", on_click=_ask,
            args=(document.document_id,),
            help="It was withdrawn. Once its incident is closed, somebody else than who withdrew "
            "it may put it back.",
        )  # fmt: skip
        if is_asked:
            confirm_return(document, actor)
    elif document.state in ("draft", "retired"):
        if st.button("Approve", icon=":material/check:", key="approve_document"):
            _approve(document, actor)
    else:
        st.button(
            "Retire", icon=":material/archive:", key="retire_document", on_click=_ask,
            args=(document.document_id,),
            help="It is no longer found, and messages that cite it cannot be sent.",
        )  # fmt: skip
        if is_asked:
            confirm_retiring(document, n_cited, actor)


@st.dialog("Retire this document?", icon=":material/archive:", on_dismiss=_ask)
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


@st.dialog("Put this document back?", icon=":material/undo:", on_dismiss=_ask)
def confirm_return(document: Document, actor: str) -> None:
    """Ask why a withdrawn document may be said again."""
    st.markdown(
        f"**{words.plain(document.title)}** was withdrawn. Put back, it is approved and may be "
        "cited again; the incident keeps who did so and why."
    )
    reason = st.text_area("Why it may be said again", key="put_back_reason", height=80)
    if st.button("Put it back", type="primary", key="confirm_put_back"):
        with shell.told():
            campaign.put_document_back(
                shell.store(), document.document_id, reason=reason or "", actor=actor
            )
            _done(f"{document.title} is approved again.")


def _approve(document: Document, actor: str) -> None:
    with shell.told():
        campaign.set_document_status(shell.store(), document.document_id, "approved", actor=actor)
        _done(f"{document.title} is now approved.")


def _done(text: str) -> None:
    _ask()
    shell.say(text)
    st.rerun()
