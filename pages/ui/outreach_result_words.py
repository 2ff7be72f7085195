"""What answers say and what may be said of a way to write, as marketers read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLY: Final[Mapping[str, str]] = {
    "interested": "Interested",
    "question": "Asks a question",
    "not_interested": "Not interested",
    "not_now": "Not now",
    "wrong_person": "Wrong person",
    "out_of_office": "Out of office",
    "auto_reply": "Automatic reply",
    "unsubscribe": "Asks not to be written to",
    "unclear": "Unclear",
}
EVENT: Final[Mapping[str, str]] = {
    "delivered": "Delivered",
    "open": "Opened",
    "click": "Clicked",
    "reply": "Replied",
    "meeting": "Agreed to meet",
    "unsubscribe": "Unsubscribed",
    "complaint": "Complained",
    "bounce": "Bounced",
}
STANDING: Final[Mapping[str, str]] = {
    "no messages": "No messages yet",
    "too early": "Too early to say",
    "leading": "Leads here",
    "even": "Not told apart",
    "trailing": "Trails here",
}


def place(row: Mapping[str, Any]) -> tuple[int, int]:
    """Return where a kind of event stands in a list: as it happens, replies by their meaning."""
    replies = ("", *REPLY)
    return list(EVENT).index(row["kind"]), replies.index(row["reply_class"])
