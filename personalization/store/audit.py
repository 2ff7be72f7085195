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
    from collections.abc import Iterable, Mapping

    from personalization.store.database import Store

_SEPARATOR: Final = "\x1f"

_HEAD = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"
_APPEND = """
    INSERT INTO audit_log
        (seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash)
    SELECT unnest($seqs::BIGINT[]), unnest($happened_at::VARCHAR[]), $kind,
           unnest($refs::VARCHAR[]), $campaign_id, $actor, unnest($payloads::VARCHAR[]),
           unnest($previous::VARCHAR[]), unnest($hashes::VARCHAR[])
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
    return record_each(store, kind, [(ref, payload)], actor=actor, campaign_id=campaign_id)


def record_each(
    store: Store,
    kind: str,
    happened: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    actor: str,
    campaign_id: str = "",
) -> int:
    """Append one row for each thing to which the same happened, and return the last number.

    The rows, their order and their chain are those of as many calls of ``record``.

    Args:
        store: Has to be in a transaction: the one of the changes that are recorded.
        kind: What happened, as noun.verb.
        happened: Key of each thing and the facts of it, in their order; at least one.
        actor: Who did it.
        campaign_id: The campaign they belong to, or empty.

    Raises:
        StateError: As for ``record``.
    """
    if getattr(store.local, "cursor", None) is None:
        raise StateError(f"Audit row {kind!r} was written outside a transaction.")
    store.anchor.refuse_unless_ready()
    last = store.read_one(_HEAD)
    seq, digest = (int(last[0]), str(last[1])) if last else (0, GENESIS)
    rows: list[tuple[int, str, str, str, str, str]] = []
    for ref, payload in happened:
        seq, previous, happened_at = seq + 1, digest, store.now().isoformat(timespec="microseconds")
        body = json.dumps(
            payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
        )
        digest = row_hash((str(seq), happened_at, kind, ref, campaign_id, actor, body, previous))
        rows.append((seq, happened_at, ref, body, previous, digest))
    seqs, times, refs, payloads, before, hashes = map(list, zip(*rows, strict=True))
    store.run(
        _APPEND, kind=kind, campaign_id=campaign_id, actor=actor, seqs=seqs, happened_at=times,
        refs=refs, payloads=payloads, previous=before, hashes=hashes,
    )  # fmt: skip
    store.local.head = rows[-1][0], rows[-1][5], rows[-1][1]
    return seq


def row_hash(fields: tuple[str, ...]) -> str:
    """Return SHA-256 of the row's fields, joined by the unit separator, as hex."""
    return hashlib.sha256(_SEPARATOR.join(("v1", *fields)).encode()).hexdigest()
