"""What left the house: every file on record to the byte, so that a changed one can be told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store


def handed_out(
    store: Store, campaign_id: str, files: dict[str, bytes], *, actor: str, **facts: object
) -> None:
    """Put on record that files left the house: who took them, and what was in them to the byte."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    with store.transaction():
        record(store, "audit.exported", campaign_id, actor=actor, campaign_id=campaign_id,
               files=digests, **facts)  # fmt: skip


_KNOWN = """
    SELECT seq, happened_at, actor, campaign_id FROM audit_log
    WHERE kind = 'audit.exported' AND contains(payload, $sha256)
    ORDER BY seq LIMIT 1
"""


def handed_out_as(store: Store, content: bytes) -> dict[str, Any] | None:
    """Return when and to whom these very bytes were handed out, or None where they never were."""
    found = store.records(_KNOWN, sha256=hashlib.sha256(content).hexdigest())
    return found[0] if found else None
