"""What a program tells of a message that it sent."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.engine import ACTOR, note_sent
from personalization.campaign.outreach_feedback import record_outreach_events, update_posterior
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Settings
    from personalization.store import Store

_MESSAGE: Final = """
    SELECT message_id, dataset_id, prospect_id, channel, made_at FROM outreach_messages
    WHERE message_id = $message_id
"""


def take_feedback(
    store: Store,
    settings: Settings,
    message: object,
    told: Any,  # noqa: ANN401 - of a program
) -> dict[str, Any]:
    """Note what happened with a message, and learn from it; see ``FeedbackLoop.update_model``."""
    row = _message_row(store, message)
    rows = [dict(one) for one in (told if isinstance(told, list | tuple) else [told])]
    moments = [one["happened_at"] for one in rows if one.get("happened_at")]
    sent_at = min([row["made_at"], *moments])
    note_sent(store, row["message_id"], sent_at=sent_at, actor=ACTOR)
    events = [_event(one, row) for one in rows if _kind(one) != "sent"]
    counts: dict[str, Any] = {}
    if events:
        found = record_outreach_events(
            store, settings, row["dataset_id"], events, actor=ACTOR
        )  # fmt: skip
        counts = asdict(found) if is_dataclass(found) else {}
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


def _kind(one: Mapping[str, Any]) -> str:
    return str(one.get("event") or one.get("kind") or one.get("type") or "")


def _event(one: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("message_id", "prospect_id", "channel")}
    return {**one, "event": _kind(one), **kept}
