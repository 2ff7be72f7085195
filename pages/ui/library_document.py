"""One document of the library: its words, where they are used, its versions, its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from pages.ui import library_checks, library_decisions, message, shell, words
from personalization.reports import library as reports

if TYPE_CHECKING:
    from personalization.campaign import Finding
    from personalization.reports.content import Document

Colour = Literal["green", "blue", "orange", "gray", "red", "violet", "yellow"]
STATE_COLOURS: Final[list[Colour]] = [
    "green", "yellow", "blue", "orange", "violet", "gray", "gray", "red",
]  # fmt: skip
"""Of words.CONTENT_STATE, in its order."""

EVENT: Final = {
    "imported": "read from the content folder",
    "uploaded": "uploaded",
    "written": "written in the app",
    "approved": "approved",
    "retired": "retired",
    "reopened": "brought back as a draft",
    "ended": "brought to an earlier end",
}
MOST: Final = 8
"""Messages of a campaign that are named one by one."""


def show(document: Document, actor: str, found: list[Finding]) -> None:
    """Draw the document with what may be done about it."""
    uses = reports.uses_of(shell.store(), document.document_id)
    n_wrong = sum(each.severity != "info" for each in found)
    with st.container(border=True, key="document"):
        _head(document)
        library_decisions.buttons(document, uses, actor, n_wrong=n_wrong)
        text, used, versions, checks = st.tabs(
            [
                "Text",
                f"Where it is used ({len(uses)})",
                "Versions",
                f"Check ({n_wrong})" if n_wrong else "Check",
            ]
        )
        with text:
            _text(document)
        with used:
            _uses(uses)
        with versions:
            _versions(document)
        with checks:
            library_checks.beside(found, document.document_id)


def _head(document: Document) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.plain(document.title), anchor=False, width="content")
        st.badge(words.CONTENT_STATE[document.state], color=colour(document.state))
    signed = ""
    if document.approved_by and document.state != "draft":
        day = words.plain(str(document.approved_at or "")[:10])
        signed = f", approved by {words.plain(document.approved_by)} on {day}"
    country = f" for {document.jurisdiction} only" if document.jurisdiction else ""
    st.caption(
        f"{words.KIND.get(document.kind, document.kind)} · {words.plain(document.document_id)} · "
        f"version {document.version}{signed} · valid {validity(document)}{country} · "
        f"{words.plain(words.LOCALE.get(document.locale, document.locale))}"
    )


def _text(document: Document) -> None:
    body, said = st.columns([2, 3], gap="large")
    with said:
        st.markdown("**What messages may cite**")
        for row in reports.statements_of(
            shell.store(), document.document_id, document.version
        ):  # fmt: skip
            needs = f", only with {', '.join(row['requires'])}" if row["requires"] else ""
            name = row["statement_id"].partition("#")[2]
            st.markdown(f"{words.plain(row['text'])}  \n:gray[{words.plain(name)} · "
                        f"{words.plain(row['role'].replace('_', ' ') + needs)}]")  # fmt: skip
            for other in row["alternates"]:
                st.caption(f"or: {words.plain(other)}")
    with body:
        st.markdown("**What the search reads**")
        st.markdown(words.without_images(words.plain(document.body)))
        st.markdown("**What it rests on**")
        st.caption(words.plain(document.evidence or "No evidence is named."))
        st.caption(f"From {words.plain(document.source)}")


def _uses(uses: list[dict[str, Any]]) -> None:
    if not uses:
        st.caption("No message cites it.")
    names = {row["campaign_id"]: row["name"] for row in uses}
    for campaign_id, name in names.items():
        own = [row for row in uses if row["campaign_id"] == campaign_id]
        n_sent = sum(row["recipients"] for row in own if not row["is_simulated"])
        is_sent = words.is_over(own[0]["send_on"], shell.store().now())
        goes = "sent to" if is_sent else "goes to"
        sent = f"{goes} {words.plural(n_sent, 'customer')}" if n_sent else "not sent"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{words.plain(name)}** · {words.plural(len(own), 'message')} · {sent}")
            shell.link("review", "Read them", campaign_id)
        for row in own[:MOST]:
            st.caption(words.plain(_use(row, is_sent=is_sent)))
        if len(own) > MOST:
            st.caption(f"and {len(own) - MOST} more")


def _use(row: dict[str, Any], *, is_sent: bool) -> str:
    told = f"{row['segment']} · {words.arm(row['arm'])}: {row['subject']}"
    if not row["is_current"]:
        told += " (an earlier wording)"
    if row["recipients"]:
        how = "sent to" if is_sent else "goes to"
        how = "in a simulation to" if row["is_simulated"] else how
        told += f" · {how} {words.plural(row['recipients'], 'customer')}"
    return f"{told} · from version {row['of_version']}"


def _versions(document: Document) -> None:
    history, compared = st.columns([2, 3], gap="large")
    with history:
        for row in reports.history_of(shell.store(), document.document_id):
            by = f" by {words.plain(row['actor'])}" if row["actor"] else ""
            st.markdown(f"**Version {row['version']}** {EVENT[row['kind']]}{by}")
            reason = f" · {words.plain(row['reason'])}" if row["reason"] else ""
            st.caption(f"{words.moment(row['happened_at'])}{reason}")
    with compared:
        _compare(document)


def _compare(document: Document) -> None:
    rows = {row["version"]: row for row in reports.versions_of(
        shell.store(), document.document_id
    )}  # fmt: skip
    newest, *earlier = rows
    if not earlier:
        st.caption("There is one version, so there is nothing to compare.")
        return
    with st.container(horizontal=True):
        now = st.selectbox("Version", [newest, *earlier[:-1]], key="compare_now", width=120)
        before = st.selectbox(
            "Compared with", [each for each in rows if each < now], key="compare_before", width=150
        )  # fmt: skip
    old = reports.texts_of(shell.store(), document.document_id, rows[before])
    new = reports.texts_of(shell.store(), document.document_id, rows[now])
    changed = [name for name in {**old, **new} if old.get(name, "") != new.get(name, "")]
    if not changed:
        st.caption("The words are the same; only the approval differs.")
    for name in changed:
        st.caption(words.plain(name))
        st.markdown(message.difference(old.get(name, ""), new.get(name, "")))


def validity(document: Document) -> str:
    """Say from when until when a document holds."""
    since, until = document.valid_from, document.valid_until
    if since and until:
        return f"{words.short_day(since)} to {words.short_day(until)}"
    if until:
        return f"until {words.short_day(until)}"
    return f"from {words.short_day(since)}" if since else "always"


def colour(state: str) -> Colour:
    """Return the badge colour of a document's state."""
    return STATE_COLOURS[list(words.CONTENT_STATE).index(state)]
