"""What a program tells of a message that it sent, in the words that sending tools use."""

from __future__ import annotations

import re
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.engine import ACTOR, note_sent
from personalization.campaign.outreach_feedback import record_outreach_events, update_posterior
from personalization.domain import OUTREACH_EVENTS
from personalization.errors import InputError
from personalization.outreach.replies import classify_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Settings
    from personalization.store import Store

_SENT: Final = "sent"
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    _SENT: ("send", "processed"),
    "delivered": ("delivery", "deliver"),
    "open": ("opened", "opens", "email_open", "email_opened"),
    "click": ("clicked", "clicks", "link_clicked", "email_click"),
    "reply": ("replied", "replies", "answer", "answered", "response", "email_reply"),
    "meeting": ("meeting_booked", "booked", "meeting_scheduled"),
    "unsubscribe": (
        "unsubscribed", "unsub", "opt_out", "optout", "opted_out", "list_unsubscribe",
        "group_unsubscribe", "email_unsubscribed", "do_not_contact", "stop",
    ),
    "complaint": (
        "complained", "complain", "spam", "spam_complaint", "spam_report", "spamreport",
        "marked_as_spam", "abuse",
    ),
    "bounce": ("bounced", "hard_bounce", "hardbounce", "permanent_bounce"),
}  # fmt: skip
"""Words of sending tools for each event.  A soft bounce is none: the tool tries again."""
_KINDS: Final = {one: one for one in (_SENT, *OUTREACH_EVENTS)} | {
    alias: kind for kind, aliases in _ALIASES.items() for alias in aliases
}
_LEAVING: Final = ("unsubscribe", "complaint")

_MESSAGE: Final = """
    SELECT message_id, dataset_id, prospect_id, channel, made_at,
           status = 'ready' AND EXISTS (
               FROM approvals
               WHERE approvals.variant_id = messages.variant_id
                 AND approvals.version = messages.version
                 AND approvals.content_sha256 = messages.skeleton_sha256
                 AND approvals.decision = 'approved')
           OR message_id IN (SELECT message_id FROM outreach_sends) AS may_have_gone
    FROM outreach_messages AS messages WHERE message_id = $message_id
"""


def take_feedback(
    store: Store,
    settings: Settings,
    message: object,
    told: Any,  # noqa: ANN401 - of a program
) -> dict[str, Any]:
    """Note what happened with a message, and learn from it; see ``FeedbackLoop.update_model``."""
    row = _message_row(store, message)
    events = [_event(one, row) for one in (told if isinstance(told, list | tuple) else [told])]
    if row["may_have_gone"]:
        moments = [one["happened_at"] for one in events if one["happened_at"]]
        note_sent(
            store, row["message_id"], sent_at=min([row["made_at"], *moments]), actor=ACTOR
        )  # fmt: skip
        heard = [one for one in events if one["event"] != _SENT]
    else:
        heard = [one for one in events if _is_leaving(one)]
    counts: dict[str, Any] = {}
    if heard:
        found = record_outreach_events(store, settings, row["dataset_id"], heard, actor=ACTOR)
        counts = asdict(found) if is_dataclass(found) else {}
    if not row["may_have_gone"] and len(heard) < len(events):
        raise InputError(
            f"Message {row['message_id']!r} was held or never approved, so it cannot have been "
            "sent. Send messages whose is_sendable is true, and tell what came back from those."
        )
    version = update_posterior(store, settings, row["dataset_id"], actor=ACTOR)
    return {"message_id": row["message_id"], "posterior": version, **counts}


def _message_row(store: Store, message: object) -> dict[str, Any]:
    told: Any = message
    if isinstance(told, dict):
        told = told.get("final_message") or told
        told = told.get("message_id") if isinstance(told, dict) else told
    rows = store.records(_MESSAGE, message_id=str(told))
    if not rows:
        raise InputError(
            f"There is no message {str(told)!r}. Give a result of personalize_message, or its id."
        )
    return rows[0]


def _event(told: Any, row: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - of a program
    """Read one event; nothing is written before all of them could be read."""
    if not hasattr(told, "keys"):
        raise InputError(f"An event is a mapping with 'event', and not {type(told).__name__}.")
    one = dict(told)
    kept = {name: row[name] for name in ("message_id", "prospect_id", "channel")}
    event = {**one, **kept, "event": _kind(one)}
    try:
        event["happened_at"] = _moment(one.get("happened_at"))
    except InputError:
        if not _is_leaving(event):
            raise
        event["happened_at"] = None
    return event


def _kind(one: Mapping[str, Any]) -> str:
    told = str(one.get("event") or one.get("kind") or one.get("type") or "")
    kind = _KINDS.get(re.sub(r"[\s._-]+", "_", told.strip().casefold()))
    if kind is None:
        known = ", ".join((*OUTREACH_EVENTS, _SENT))
        raise InputError(f"{told!r} is no event. Use one of: {known}.")
    return kind


def _is_leaving(event: Mapping[str, Any]) -> bool:
    """Tell whether somebody asks to be left in peace, which is heeded whatever else is wrong."""
    if event["event"] != "reply":
        return event["event"] in _LEAVING
    text, subject = (str(event.get(name) or "") for name in ("text", "subject"))
    return classify_reply(text, subject=subject).reply_class == "unsubscribe"


def _moment(told: object) -> datetime | None:
    """Read when it happened: a moment or its ISO text; without a zone it is in UTC."""
    if told in (None, ""):
        return None
    try:
        moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told).strip())
    except ValueError as error:
        raise InputError(
            f"happened_at = {told!r} is no moment. Write it as 2026-12-01T10:00:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
