"""When the next messages of a sequence are due, and what their files would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import outreach_words as told
from pages.ui import shell, words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_MOMENTS: Final = 24


def show(campaign_id: str) -> None:
    """Say when working hours begin for those who wait for them, and what is due then."""
    rows = campaign.sequence_openings(shell.store(), shell.settings(), campaign_id)
    if not rows:
        return
    st.info(
        f"{_first(rows)} Files are made when messages are due, not before: whoever objects or "
        "answers till then gets none. Come back then; ‘Make the files’ opens by itself.",
        icon=":material/schedule:", title="The next messages",
    )  # fmt: skip
    with st.expander("When, and what the files would hold", icon=":material/visibility:"):
        moments = list(dict.fromkeys(row["opens_at"] for row in rows))[:_MOMENTS]
        moment = st.selectbox(
            "At", moments, format_func=lambda at: _opens(at, rows), key="due_then_at", width=520
        )
        with shell.told():
            _look(campaign_id, moment)


def _first(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say of each channel when the first of its people can be written to, and when most can."""
    parts = []
    for channel in dict.fromkeys(row["channel"] for row in rows):
        own = [row for row in rows if row["channel"] == channel]
        most = max(own, key=lambda row: int(row["people"]))
        said = f"**{told.CHANNEL.get(channel, words.plain(channel))}** from {_at(own[0])}"
        if most is not own[0]:
            said += f", most of them from {_at(most)}"
        parts.append(said)
    return f"{'; '.join(parts)}."


def _at(row: Mapping[str, Any]) -> str:
    return f"{moment(row['opens_at'])} ({words.plural(row['people'], 'person', 'people')})"


def moment(at: datetime) -> str:
    """Say a moment with its day of the week: Monday, 23 Nov 2026, 09:00 UTC."""
    return f"{at:%A}, {words.moment(at)} UTC"


def _opens(at: datetime, rows: Sequence[Mapping[str, Any]]) -> str:
    people = sum(int(row["people"]) for row in rows if row["opens_at"] == at)
    whose = words.plural(people, "person", "people")
    return f"{moment(at)}: working hours begin for {whose}"


def _look(campaign_id: str, at: datetime) -> None:
    found = campaign.due_then(shell.store(), shell.settings(), campaign_id, at)
    if not found.channels:
        st.caption("Nothing would be due: limits, or what has changed, hold everybody then.")
        return
    counts = ", ".join(f"{told.CHANNEL[via]} {n:,}" for via, n in found.channels.items())
    st.markdown(
        f"**The files would hold:** {counts}. That is by hours and limits as they stand now; "
        "nothing is made or sent by looking."
    )
    st.dataframe(
        [
            {
                "Name": row["name"] or row["prospect_id"], "Company": row["company"],
                "Country": row["country"], "Gets": told.CHANNEL[row["channel"]],
                "Message": row["step"], "Subject": row["subject"], "Text": row["body"],
            }
            for row in found.messages
        ],
        hide_index=True, key="due_then", alt="What the files would hold",
    )  # fmt: skip
    if sum(found.channels.values()) > len(found.messages):
        st.caption(f"The first {len(found.messages):,} of them.")
