"""What is left to do about an incident: release, tell, rewrite, tick off, close."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import incidents as reports

if TYPE_CHECKING:
    from personalization.reports.incidents import IncidentRow


def field(name: str) -> str:
    """Say a field of a message."""
    return name.replace("_", " ").capitalize()


def to_do(row: IncidentRow, actor: str) -> None:
    """Show what is on hold, who was reached, what to rewrite, the tasks, and the end."""
    _holds(row, actor)
    _recipients(row, actor)
    _rewrites(row)
    _tasks(row, actor)
    _ending(row, actor)


def _holds(row: IncidentRow, actor: str) -> None:
    held = reports.holds(shell.store(), row.incident_id)
    for hold in held:
        with st.container(border=True, key=f"hold_{hold['campaign_id']}"):
            st.markdown(
                f":material/pause_circle: **{words.plain(hold['name'])}** is on hold since "
                f"{words.moment(hold['held_at'])} by {words.plain(hold['held_by'])}: "
                f"{words.plain(hold['reason'])}"
            )
            why = st.text_input("Why it may go on", key=f"why_{hold['campaign_id']}")
            if st.button("Release", key=f"release_{hold['campaign_id']}",
                         icon=":material/play_circle:"):  # fmt: skip
                with shell.told():
                    campaign.release_campaign(
                        shell.store(), row.incident_id, hold["campaign_id"], reason=why or "",
                        actor=actor,
                    )  # fmt: skip
                    shell.say(f"{hold['name']} may go on.")
                    st.rerun()
    if not row.is_closed:
        _hold_another(row, {hold["campaign_id"] for hold in held}, actor)


def _hold_another(row: IncidentRow, held: set[str], actor: str) -> None:
    names = {
        key: name for key, name in reports.campaign_names(shell.store()).items() if key not in held
    }
    if not names:
        return
    with st.expander("Put a campaign on hold", icon=":material/pause_circle:"):
        campaign_id = st.selectbox(
            "Campaign", list(names), key="hold_campaign", format_func=names.__getitem__
        )
        why = st.text_input("Why", key="hold_reason")
        if st.button("Hold it", key="hold_now"):
            with shell.told():
                campaign.hold_campaign(
                    shell.store(), row.incident_id, campaign_id, reason=why or "", actor=actor
                )
                shell.say(f"{names[campaign_id]} is on hold.")
                st.rerun()


def _recipients(row: IncidentRow, actor: str) -> None:
    for found in reports.reached(shell.store(), row.incident_id):
        people = words.plural(found["recipients"], "recipient")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{words.plain(found['name'])}: exported for {people}.")
            st.download_button(
                "For whom (CSV)",
                partial(
                    reports.recipients_file, shell.store(), row.incident_id, found["campaign_id"],
                    actor=actor,
                ),
                file_name=f"recipients-{row.incident_id}-{found['campaign_id']}.csv",
                mime="text/csv", on_click="ignore", icon=":material/download:",
                key=f"recipients_{found['campaign_id']}",
                help="Under the pseudonyms of the delivery record; the download is put on record.",
            )  # fmt: skip


def _rewrites(row: IncidentRow) -> None:
    found = reports.rewrites(shell.store(), row.incident_id)
    if not found:
        if row.document_id:
            st.caption("No message cites it in its present wording.")
        return
    label = f"The smallest rewrite: {words.plural(len(found), 'place')}"
    with st.expander(label, icon=":material/edit_note:"):
        st.caption("These sentences cite it. Take them out on the Review page.")
        st.dataframe(
            [
                {
                    "Campaign": one.campaign, "Segment": one.segment,
                    "Message": words.arm(one.arm),
                    "Field": field(one.field),
                    "Take out": " … ".join(one.sentences),
                    "What is left": one.after or "Nothing: write it anew",
                }
                for one in found
            ],
            hide_index=True, key="rewrites", alt="Sentences to take out, by message",
            column_config={
                "Take out": st.column_config.TextColumn(width="large"),
                "What is left": st.column_config.TextColumn(width="large"),
            },
        )  # fmt: skip
        with st.container(horizontal=True, key="to_review"):
            for campaign_id, name in sorted({(one.campaign_id, one.campaign) for one in found}):
                shell.link("review", f"Review {words.plain(name)}", campaign_id)


def _tasks(row: IncidentRow, actor: str) -> None:
    for task in reports.tasks(shell.store(), row.incident_id):
        if task["done_at"]:
            st.markdown(
                f":material/task_alt: ~~{words.plain(task['text'])}~~ "
                f"{words.plain(task['note'])} · {words.plain(task['done_by'])}, "
                f"{words.moment(task['done_at'])}"
            )
            continue
        with st.container(horizontal=True, vertical_alignment="bottom"):
            note = st.text_input(task["text"], key=f"note_{task['task']}",
                                 placeholder="What was done")  # fmt: skip
            if st.button("Done", key=f"done_{task['task']}", icon=":material/check:"):
                with shell.told():
                    campaign.finish_task(
                        shell.store(), row.incident_id, task["task"], note=note or "", actor=actor
                    )
                    st.rerun()


def _ending(row: IncidentRow, actor: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ask = "Why it is open again" if row.is_closed else "How it ended"
        reason = st.text_input(ask, key="ending_reason")
        if row.is_closed:
            if st.button("Reopen", key="reopen", icon=":material/lock_open:"):
                with shell.told():
                    campaign.reopen_incident(
                        shell.store(), row.incident_id, reason=reason or "", actor=actor
                    )
                    st.rerun()
        elif st.button("Close the incident", key="close", icon=":material/lock:"):
            with shell.told():
                campaign.close_incident(
                    shell.store(), row.incident_id, reason=reason or "", actor=actor
                )
                shell.say("The incident is closed.")
                st.rerun()
