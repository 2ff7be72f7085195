"""Queue: what waits for a sign-off, the riskiest first, and the packet that is signed."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import packet, shell, words
from personalization.reports import queue as reports

ctx = shell.enter("queue")
store = shell.store()

RISK: Final = {
    "override": "Finding to overrule",
    "new_offer": "New offer",
    "self_approved": "Self-approved",
    "first_source": "First use of a source",
    "void": "Changed since sign-off",
    "sign_off": "Waits for sign-off",
}


def choose(items: list[reports.Item]) -> str | None:
    """Draw the list, and return the campaign whose packet is asked for."""
    event = st.dataframe(
        [
            {
                "Why": RISK[item.risk],
                "Campaign": item.campaign,
                "What": reports.in_words(item.items),
                "Waiting since": item.since,
                "Age (days)": (store.now() - item.since).days,
                "Policy": item.policy_version,
            }
            for item in items
        ],
        key="queue", hide_index=True, on_select="rerun", selection_mode="single-row",
        alt="What waits for a sign-off",
        column_config={
            "Why": st.column_config.TextColumn(width=150),
            "Campaign": st.column_config.TextColumn(width=140),
            "What": st.column_config.TextColumn(width=300),
            "Waiting since": st.column_config.DatetimeColumn(format="D MMM YYYY", width=90),
            "Age (days)": st.column_config.NumberColumn(width=70),
            "Policy": st.column_config.TextColumn(width=130),
        },
    )  # fmt: skip
    rows = event.selection.rows
    if rows and rows[0] < len(items):
        return items[rows[0]].campaign_id
    return ctx.campaign.campaign_id if ctx.campaign else None


items = reports.queue(store)
if items:
    n = len({item.campaign_id for item in items})
    st.caption(
        f"{words.plural(len(items), 'thing')} in {words.plural(n, 'campaign')} to look at, the "
        "riskiest first. Select a line to open its review packet."
    )
    chosen = choose(items)
else:
    shell.empty_card(
        "Nothing waits for you",
        "Every campaign that was submitted and not launched yet is signed off as it stands. "
        "Whatever changes before the launch comes back here with what changed.",
    )
    chosen = ctx.campaign.campaign_id if ctx.campaign else None
if chosen:
    with shell.told():
        packet.show(chosen, ctx.actor)
