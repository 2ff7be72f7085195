"""Misread replies: what a person says of one takes the place of what the rules said.

The event keeps both readings.  A correction that asks to be left in peace is heeded at once; none
takes back a suppression or a stop, for to write again to somebody who may have asked us not to is
for a newer consent to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import REPLY_CLASSES
from personalization.errors import InputError
from personalization.outreach import events
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

_READ_AS: Final = """
    SELECT dataset_id, reply_class, is_simulated FROM outreach_events
    WHERE event_id = $event_id AND kind = 'reply'
"""
_CORRECT: Final = """
    UPDATE outreach_events
    SET reply_class = $reply_class,
        reply_rule = concat('by hand, before it: ', reply_class, ' (', reply_rule, ')'),
        returns_on = CASE WHEN $reply_class = 'out_of_office' THEN returns_on END
    WHERE event_id = $event_id
"""


def correct_reply(
    store: Store, event_id: str, reply_class: str, *, actor: str, stops_account: bool
) -> str:
    """Read a reply as a person says; the same correction twice changes nothing more.

    Args:
        store: In a transaction; writes ``outreach_events`` and, for who wants to leave or is the
            wrong person, ``suppressions`` and ``outreach_stops``.
        event_id: The reply.
        reply_class: One of ``domain.REPLY_CLASSES``.
        actor: Who says so.
        stops_account: Whoever leaves, leaves for all of the account.

    Returns:
        The base of prospects that it belongs to.

    Raises:
        InputError: No such reply or meaning, or the reply was simulated.
    """
    if reply_class not in REPLY_CLASSES:
        raise InputError(f"{reply_class!r} is no meaning. Known are {', '.join(REPLY_CLASSES)}.")
    found = store.read_one(_READ_AS, event_id=event_id)
    if found is None:
        raise InputError("This reply is not there any more. Open the page again.")
    dataset_id, before, is_simulated = found
    if is_simulated:
        raise InputError("A simulated reply was written by nobody. Choose one that came back.")
    if before == reply_class:
        return str(dataset_id)
    store.run(_CORRECT, event_id=event_id, reply_class=reply_class)
    events.heed_again(store, dataset_id, event_id, actor=actor, stops_account=stops_account)
    record(
        store, "reply.corrected", event_id, actor=actor, dataset_id=dataset_id, before=before,
        after=reply_class,
    )  # fmt: skip
    return str(dataset_id)
