"""The audit trail: one hash-chained row for each change that matters.

``record`` is called inside the transaction that makes the change, so neither can exist
without the other.  Each row's hash covers its own content and the hash before it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.store.database import Store

GENESIS: Final = "0" * 64
_SEPARATOR: Final = "\x1f"

_HEAD = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"
_APPEND = """
    INSERT INTO audit_log
        (seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash)
    VALUES ($seq, $happened_at, $kind, $ref, $campaign_id, $actor, $payload, $prev_hash, $hash)
"""


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a verification of the chain came to.

    Attributes:
        n_rows: How many rows the trail has.
        head: Hash of the last row; the genesis hash where there is none.
        first_broken: Sequence number of the first row that does not fit, or None.
    """

    n_rows: int
    head: str
    first_broken: int | None

    @property
    def is_whole(self) -> bool:
        """Tell whether every row fits the one before it."""
        return self.first_broken is None


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
        StateError: No transaction is open.
    """
    if getattr(store.local, "cursor", None) is None:
        raise StateError(f"Audit row {kind!r} was written outside a transaction.")
    last = store.read_one(_HEAD)
    seq, previous = (int(last[0]) + 1, str(last[1])) if last else (1, GENESIS)
    happened_at = store.now().isoformat(timespec="microseconds")
    body = json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    fields = (str(seq), happened_at, kind, ref, campaign_id, actor, body, previous)
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
        hash=row_hash(fields),
    )
    return seq


def row_hash(fields: tuple[str, ...]) -> str:
    """Return SHA-256 of the row's fields, joined by the unit separator, as hex."""
    return hashlib.sha256(_SEPARATOR.join(("v1", *fields)).encode()).hexdigest()


_CHECK = """
    WITH chained AS (
        SELECT seq, hash, prev_hash,
               coalesce(lag(hash) OVER (ORDER BY seq), repeat('0', 64)) AS expected_prev,
               row_number() OVER (ORDER BY seq) AS expected_seq,
               sha256(concat_ws(chr(31), 'v1', seq::VARCHAR, happened_at, kind, ref, campaign_id,
                                actor, payload, prev_hash)) AS expected_hash
        FROM audit_log
    )
    SELECT count(*), max_by(hash, seq),
           min(CASE WHEN hash <> expected_hash OR prev_hash <> expected_prev
                      OR seq <> expected_seq THEN seq END)
    FROM chained
"""


def verify_chain(store: Store) -> AuditCheck:
    """Work out every hash of ``audit_log`` again, in one statement, and compare."""
    row = store.read_one(_CHECK)
    n_rows, head, first_broken = row or (0, None, None)
    return AuditCheck(int(n_rows), str(head or GENESIS), first_broken)
