"""Objections: recording one, the clock that runs, and handing the list to the sending tools."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import consent as reports

STATE: Final = {
    "overdue": "Overdue",
    "open": "Open",
    "late": "Done, too late",
    "in time": "Done in time",
}
DAY: Final = "D MMM YYYY"


def record(actor: str, dataset_id: str) -> None:
    """Record that somebody objected; it counts at once, everywhere.

    Args:
        actor: Who records it.
        dataset_id: The customer base that a number is meant in; an address is the same in all.
    """
    st.subheader("Record an objection", anchor=False)
    now = shell.store().now()
    with st.form("objection", clear_on_submit=True, border=True):
        with st.grid(3, key="objection_fields"):
            who = st.text_input(
                "E-mail address or customer number", key="objector", placeholder="anna@example.com"
            )
            reason = st.selectbox(
                "How", reports.OBJECTION_REASONS, format_func=str.capitalize,
                key="objection_reason",
            )  # fmt: skip
            day = st.date_input(
                "Came in on", now.date(), max_value=now.date(), format="DD/MM/YYYY",
                key="objected_on", help="The deadline counts from this day.",
            )  # fmt: skip
        sent = st.form_submit_button("Record it", type="primary", icon=":material/block:")
    if not sent:
        return
    received = min(datetime.combine(day, time(12), UTC), now)
    named = {"email": who} if "@" in who else {"customer_id": who, "dataset_id": dataset_id}
    with shell.told():
        found = campaign.object_to_mailing(
            shell.store(), reason=reason, actor=actor, received_at=received, **named
        )
        here = "" if found.bases else "Nobody has this address yet; kept for later imports. "
        shell.say(
            f"{here}Nothing is sent to {words.plain(who.strip())} from now on. Every sending tool "
            f"has to know by {words.day(found.due_on)}."
        )
        st.rerun()


def clock(actor: str) -> None:
    """List the objections with the day they are due, and hand the list over."""
    rows = reports.objections(shell.store())
    n = reports.suppressed(shell.store())
    states = list(rows["state"])
    overdue, waiting = states.count("overdue"), states.count("overdue") + states.count("open")
    with st.grid(3, key="objection_totals"):
        st.metric("Never written to", words.plural(n, "person", "people"), border=True)
        st.metric("Sending tools not told yet", words.count(waiting), border=True)
        st.metric("Overdue", words.count(overdue), border=True)
    if overdue:
        st.error(
            "The sending tools should have had the suppression list by now. Files that were "
            "exported before may still lie there: give them the list today.",
            icon=":material/alarm:", title=words.plural(overdue, "objection is", "objections are")
            + " overdue",
        )  # fmt: skip
    if n:
        _hand_over(actor, waiting)
    if rows.empty:
        st.caption("Nobody has objected by hand yet. Unsubscribes in response files count too.")
        return
    rows["state"] = rows["state"].map(STATE)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="objections", alt="Objections, the most urgent first",
        column_order=("state", "customer_id", "customer_base", "country", "reason", "received_at",
                      "due_on", "told_at", "recorded_by"),
        column_config={
            "state": "State", "customer_id": "Customer", "customer_base": "Customer base",
            "country": "Law of", "reason": "How",
            "received_at": st.column_config.DatetimeColumn("Came in", format=DAY),
            "due_on": st.column_config.DateColumn("Due", format=DAY),
            "told_at": st.column_config.DatetimeColumn("Tools told", format=DAY),
            "recorded_by": "Recorded by",
        },
    )  # fmt: skip


def _hand_over(actor: str, waiting: int) -> None:
    store = shell.store()
    with st.container(border=True, key="handover"):
        st.markdown("**Tell the sending tools**")
        st.caption(
            "Download the whole list, upload it in each tool that still holds an exported file, "
            "then say so here: objections recorded before the download are done with. A new "
            "export brings the list along by itself."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.download_button(
                "Suppression list (CSV)", lambda: reports.suppression_csv(store, actor=actor),
                file_name="suppressed.csv", mime="text/csv", on_click="ignore",
                icon=":material/download:", key="suppression_csv",
            )  # fmt: skip
            note = st.text_input(
                "Which tools have it now", key="handover_note", width=320,
                placeholder="Mailing tool, newsletter tool",
            )  # fmt: skip
            if st.button("They have it", key="hand_over", disabled=not waiting):
                with shell.told():
                    campaign.hand_over(shell.store(), actor=actor, note=note or "")
                    shell.say("Noted: the sending tools have the list.")
                    st.rerun()
