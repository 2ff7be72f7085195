"""An incident on the screen: the list, what was hit, what happened, and what is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import incident_tasks, shell, words
from personalization import campaign
from personalization.reports import incidents as reports

if TYPE_CHECKING:
    from personalization.reports.incidents import IncidentRow

KIND: Final = {"withdrawn": "Source withdrawn", "expired": "Source ended early",
               "reported": "Reported"}  # fmt: skip
EVENT: Final = {
    "opened": ":material/flag: Opened",
    "note": ":material/notes: Note",
    "task": ":material/checklist: To do",
    "done": ":material/task_alt: Done",
    "held": ":material/pause_circle: Campaign held",
    "released": ":material/play_circle: Campaign released",
    "closed": ":material/lock: Closed",
    "reopened": ":material/lock_open: Reopened",
}


def table(rows: list[IncidentRow]) -> IncidentRow | None:
    """Show the list and return the incident that is to be looked at."""
    open_ones = sum(not row.is_closed for row in rows)
    st.subheader(f"{words.plural(open_ones, 'open incident')}, {len(rows)} in all", anchor=False)
    st.dataframe(
        [
            {
                "State": "Closed" if row.is_closed else "Open",
                "What": row.title,
                "Kind": KIND[row.kind],
                "Opened": words.moment(row.opened_at),
                "By": row.opened_by,
                "Exported for": row.figures["recipients"],
                "To do": row.n_open_tasks,
                "On hold": _on_hold(row),
            }
            for row in rows
        ],
        placeholder=words.NOTHING,
        hide_index=True, key="incidents", alt="Incidents, open ones first",
        height=min(300, 38 + 35 * len(rows)),
        column_config={
            "What": st.column_config.TextColumn(width="medium"),
            "Exported for": st.column_config.NumberColumn(width="small", help="People"),
            "To do": st.column_config.NumberColumn(width="small"),
        },
    )  # fmt: skip
    ids = [row.incident_id for row in rows]
    if st.session_state.get("incident") not in ids:
        st.session_state["incident"] = ids[0]
    chosen = st.selectbox(
        "Look at", ids, key="incident",
        format_func=lambda one: next(row.title for row in rows if row.incident_id == one),
    )  # fmt: skip
    return next((row for row in rows if row.incident_id == chosen), None)


def _on_hold(row: IncidentRow) -> str:
    """Say what an incident holds: campaigns as a whole, or the messages that cite its source."""
    whole = words.plural(row.n_held, "campaign") if row.n_held else ""
    cite = row.figures["messages"] if row.document_id else 0
    held = words.plural(cite, "message") if cite else ""
    return " and ".join(filter(None, (whole, held))) or words.NOTHING


def incident(row: IncidentRow, actor: str) -> None:
    """Show one incident: what it reached, what happened, what is left."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.plain(row.title), anchor=False)
        if row.is_closed:
            st.badge("Closed", color="gray", icon=":material/lock:")
        else:
            st.badge("Open", color="orange", icon=":material/flag:")
    st.caption(
        f"{KIND[row.kind]} by {words.plain(row.opened_by)} on {words.moment(row.opened_at)} UTC · "
        f"`{row.incident_id}`"
    )
    if row.document_id:
        figures(row.figures, key="frozen")
    view = st.segmented_control(
        "View", ["To do", "What it reached", "Timeline"], default="To do", required=True,
        key="incident_view", label_visibility="collapsed",
    )  # fmt: skip
    if view == "To do":
        incident_tasks.to_do(row, actor)
    elif view == "What it reached":
        _reach(row)
    else:
        _timeline(row, actor)


def figures(found: dict[str, int], *, key: str) -> None:
    """Show the counts of a blast radius."""
    with st.grid(4, key=f"{key}_figures"):
        st.metric(
            "People it was exported for",
            found["recipients"],
            border=True,
            help="Recipients of exported messages that cite it, in any version. They got it once "
            "the files were sent: stop them in your e-mail tool.",
        )
        st.metric(
            "Messages not exported",
            found["not_exported"],
            border=True,
            help=f"Of {words.plural(found['messages'], 'message')} that cite it.",
        )
        st.metric(
            "Approved messages held",
            found["held"],
            border=True,
            help="They could go out when the incident was opened, to newcomers too where they were "
            "exported, and cannot now. The others were not cleared, and cannot be either.",
        )
        st.metric(
            "Campaigns",
            found["campaigns"],
            border=True,
            help=f"{found['scheduled_campaigns']} of them with a designed test, and "
            f"{words.plural(found['arms'], 'arm')} that carry it.",
        )
    sentences = words.plural(found["statements"], "approved sentence")
    st.caption(f"{sentences} of it stand in messages, as {words.plural(found['claims'], 'claim')}.")


def messages(rows: list[dict[str, Any]], *, key: str) -> None:
    """List the messages that rest on a source."""
    if not rows:
        st.caption("No message rests on it.")
        return
    st.dataframe(
        [
            {
                "Campaign": row["campaign"],
                "Send date": words.short_day(row["send_on"]),
                "Segment": row["segment"],
                "Message": words.arm(row["arm"]),
                "Version": row["version"],
                "State": _state(row),
                "In the test for": row["planned"],
                "Exported for": row["recipients"],
            }
            for row in rows
        ],
        placeholder=words.NOTHING,
        hide_index=True, key=key, alt="Messages that rest on the source",
        height=min(320, 38 + 35 * len(rows)),
    )  # fmt: skip


def _state(row: dict[str, Any]) -> str:
    if row["recipients"]:
        return "Exported" if row["is_current"] else "Exported, edited since"
    if row["is_held"]:
        return "Held" if row["is_over"] else "Held until screened again"
    return "Simulated" if row["simulated"] else "Not cleared yet"


def _reach(row: IncidentRow) -> None:
    blast = reports.blast_of(shell.store(), row.incident_id)
    if not row.document_id:
        st.caption(f"It was reported of the campaign {words.plain(row.campaign)} as a whole.")
        return
    st.caption("As it was when the incident was opened; it is never worked out anew.")
    st.markdown("**Messages**")
    messages(blast["messages"], key="frozen_messages")
    st.markdown("**Sentences that cite it**")
    st.dataframe(
        [
            {
                "Campaign": claim["campaign"], "Segment": claim["segment"],
                "Message": words.arm(claim["arm"]),
                "Field": incident_tasks.field(claim["field"]),
                "Sentence": claim["text"], "Rests on": claim["statement_id"],
            }
            for claim in blast["claims"]
        ],
        placeholder=words.NOTHING,
        hide_index=True, key="frozen_claims", alt="Sentences of messages that cite the source",
        height=min(320, 38 + 35 * max(len(blast["claims"]), 1)),
        column_config={"Sentence": st.column_config.TextColumn(width="large")},
    )  # fmt: skip
    st.markdown("**What the source says**")
    for statement in blast["statements"]:
        if statement["messages"]:
            used = words.plural(statement["messages"], "message")
            st.markdown(f"- {words.plain(statement['text'])} · {used}")


def _timeline(row: IncidentRow, actor: str) -> None:
    for event in reports.timeline(shell.store(), row.incident_id):
        about = f" · {words.plain(event['campaign'])}" if event["campaign"] else ""
        when = words.moment(event["happened_at"])
        st.markdown(
            f"{EVENT[event['kind']]}{about} · {words.plain(event['actor'])}, {when}  \n"
            f"{words.plain(event['text'])}"
        )
    note = st.text_area("Note", key="incident_note", height=80)
    if st.button("Add the note", key="add_note", icon=":material/add:"):
        with shell.told():
            campaign.add_incident_note(shell.store(), row.incident_id, note or "", actor=actor)
            st.session_state.pop("incident_note", None)
            st.rerun()
