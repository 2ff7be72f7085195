"""One person's place in a sequence, and the buttons that pause, resume or end it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import shell, words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping


def place(campaign_id: str, row: Mapping[str, Any], actor: str) -> None:
    """Say where a person stands in the sequence, and let somebody decide otherwise.

    Args:
        campaign_id: An outreach campaign that was not played through.
        row: Of ``reports.chosen_for``.
        actor: Who decides.
    """
    # A click is for the person who was shown, also where the list is in another order by now.
    who = row["prospect_id"]
    why = campaign.SEQUENCE_REASONS.get(row["state_reason"], "")
    said = f"Sequence: {row['state']}" + (f"; {why}" if why else "")
    with st.container(horizontal=True, vertical_alignment="center", key="person_sequence"):
        st.caption(words.plain(f"{said}."), width="stretch")
        if row["state"] == "paused":
            if st.button("Resume", icon=":material/play_arrow:", key=f"person_resume_{who}"):
                _put(campaign_id, row, "active", actor)
        elif row["state"] in {"pending", "active"}:
            with st.popover("Pause", icon=":material/pause:", key=f"person_pause_asked_{who}"):
                _pause(campaign_id, row, actor)
        if row["state"] in {"pending", "active", "paused"}:
            with st.popover("End", icon=":material/stop:", key=f"person_end_asked_{who}"):
                st.write(
                    "This person gets nothing more of this campaign, and is not put back into it. "
                    "Other campaigns may write."
                )
                if st.button("End it for this person", key=f"person_end_{who}"):
                    _put(campaign_id, row, "finished", actor)


def _pause(campaign_id: str, row: Mapping[str, Any], actor: str) -> None:
    until = st.date_input(
        "Until", None, min_value="today", key=f"person_pause_until_{row['prospect_id']}",
        help="Empty: until somebody resumes it.",
    )  # fmt: skip
    if st.button("Pause for this person", key=f"person_pause_{row['prospect_id']}"):
        moment = datetime.combine(until, time(), UTC) if until else None
        _put(campaign_id, row, "paused", actor, until=moment)


def _put(
    campaign_id: str,
    row: Mapping[str, Any],
    state: str,
    actor: str,
    *,
    until: datetime | None = None,
) -> None:
    with shell.told():
        campaign.set_sequence_state(
            shell.store(), campaign_id, row["prospect_id"], state, until=until, actor=actor
        )
        done = {"paused": "paused", "active": "resumed", "finished": "ended"}[state]
        shell.say(f"The sequence is {done} for {words.plain(row['name'] or row['prospect_id'])}.")
        st.rerun()
