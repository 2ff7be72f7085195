"""Saying of a reply that it was misread: which one, and what it really means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_result_words, shell, words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEPT = (
    "Replies are read by rules, and their words are not kept: look the reply up in your mailbox. "
    "What you say here counts from now on, in the figures, in what is learnt and for follow-ups. "
    "Whoever was suppressed or stopped stays so; ‘Asks not to be written to’ suppresses at once."
)


def panel(replies: Sequence[dict[str, Any]], actor: str) -> None:
    """Let a person put a misread reply right; nothing is shown before there is a reply."""
    if not replies:
        return
    with st.expander("A reply was misread?", icon=":material/edit_note:"), shell.told():
        st.caption(_KEPT)
        reply = st.selectbox("Reply", replies, format_func=_said, key="misread_reply")
        meant = st.selectbox(
            "It means", list(outreach_result_words.REPLY), key="reply_meant", index=None,
            format_func=outreach_result_words.REPLY.__getitem__, placeholder="Choose its meaning",
        )  # fmt: skip
        is_new = meant is not None and meant != reply["reply_class"]
        if st.button("Correct this reply", key="correct_reply", disabled=not is_new):
            campaign.correct_reply(
                shell.store(), shell.settings(), reply["event_id"], str(meant), actor=actor
            )
            shell.say("Corrected. Work out the figures again to see what changes.")
            st.rerun()


def _said(reply: dict[str, Any]) -> str:
    who = ", ".join(part for part in (reply["name"], reply["company"]) if part)
    read = outreach_result_words.REPLY.get(reply["reply_class"], "Unclear").lower()
    by = " (corrected by hand)" if reply["is_by_hand"] else ""
    return f"{who} · {words.moment(reply['happened_at'])} · read as: {read}{by}"
