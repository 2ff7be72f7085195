"""Whoever answers gets no further step, whatever the answer was read as."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from personalization.domain import REPLY_CLASSES
from personalization.outreach.sequences import sequence_of
from personalization.outreach.states import move_on
from tests.outreach.people import CAMPAIGN, NOW, add_message, add_prospect, did, open_base

if TYPE_CHECKING:
    from personalization.store import Store

_SENT = """
    INSERT INTO outreach_sends (handover_id, message_id, campaign_id, dataset_id, prospect_id,
        account, step, channel, role, tone, angle, length, variant_id, version, content_sha256,
        is_default, is_simulated, sent_at)
    SELECT 'h1', message_id, campaign_id, dataset_id, prospect_id, prospect_id || '.example', step,
           channel, 'marketing', 'direct', 'proof', 'short', 'v1', 1, 'x', false, false, $sent_at
    FROM outreach_messages
"""
_ENTERED = """
    INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step, reason,
                                  changed_at, changed_by)
    SELECT campaign_id, dataset_id, prospect_id, 'active', 1, 'handed over', sent_at, 'ida'
    FROM outreach_sends
"""
# An absence only waits, and a machine that says the mail came in is no answer.
EXPECTED = dict.fromkeys(REPLY_CLASSES, "replied") | {
    "unsubscribe": "opted out", "out_of_office": "out of office", "auto_reply": "handed over",
}  # fmt: skip


def test_any_answer_of_a_person_ends_the_sequence(store: Store) -> None:
    open_base(store)
    for reply_class in REPLY_CLASSES:
        add_prospect(store, reply_class, account=f"{reply_class}.example")
        add_message(store, reply_class)
    store.run(_SENT, sent_at=NOW - timedelta(days=5))
    store.run(_ENTERED)
    for reply_class in REPLY_CLASSES:
        did(store, reply_class, "reply", reply_class, happened_at=NOW - timedelta(hours=2))

    move_on(store, sequence_of(store, CAMPAIGN), now=NOW, actor="ida")

    stands = store.read("SELECT prospect_id, reason FROM sequence_states ORDER BY prospect_id")
    assert dict(stands) == EXPECTED
