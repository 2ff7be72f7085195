"""The audit trail: one hash-chained row for each change that matters.

``record`` is called inside the transaction that makes the change, so neither can exist
without the other.  Each row's hash covers its own content and the hash before it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.store.anchor import GENESIS

if TYPE_CHECKING:
    from personalization.store.database import Store

_SEPARATOR: Final = "\x1f"

_HEAD = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"
_APPEND = """
    INSERT INTO audit_log
        (seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash)
    VALUES ($seq, $happened_at, $kind, $ref, $campaign_id, $actor, $payload, $prev_hash, $hash)
"""


def record(
    store: Store,
    kind: str,
    ref: str,
    *,
    actor: str,
    campaign_id: str = "",
    **payload: Any,  # noqa: ANN401
) -> int:
    """Append one row to ``audit_log``, and return its sequence number.

    Args:
        store: Has to be in a transaction: the one of the change that is recorded.
        kind: What happened, as noun.verb: ``variant.screened``, ``campaign.launched``.
        ref: The key of the thing it happened to.
        actor: Who did it; ``system`` where nobody did.
        campaign_id: The campaign it belongs to, or empty.
        payload: Facts for the officer: hashes, counts, reasons; never a name or a text.

    Raises:
        StateError: No transaction is open, or the trail does not fit its heads, or the last head
            could not be kept.
    """
    if getattr(store.local, "cursor", None) is None:
        raise StateError(f"Audit row {kind!r} was written outside a transaction.")
    store.anchor.refuse_unless_ready()
    last = store.read_one(_HEAD)
    seq, previous = (int(last[0]) + 1, str(last[1])) if last else (1, GENESIS)
    happened_at = store.now().isoformat(timespec="microseconds")
    body = json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    fields = (str(seq), happened_at, kind, ref, campaign_id, actor, body, previous)
    digest = row_hash(fields)
    store.run(
        _APPEND,
        seq=seq,
        happened_at=happened_at,
        kind=kind,
        ref=ref,
        campaign_id=campaign_id,
        actor=actor,
        payload=body,
        prev_hash=previous,
        hash=digest,
    )
    store.local.head = (seq, digest, happened_at)
    return seq


def row_hash(fields: tuple[str, ...]) -> str:
    """Return SHA-256 of the row's fields, joined by the unit separator, as hex."""
    return hashlib.sha256(_SEPARATOR.join(("v1", *fields)).encode()).hexdigest()
