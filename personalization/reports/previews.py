"""What was looked at before a decision: who read a message as whom, as the record has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalization.store import Store

_PREVIEWS = """
    SELECT CAST(happened_at AS TIMESTAMPTZ) AS happened_at, actor,
           CAST(json_extract(payload, '$.ways') AS BIGINT) AS ways,
           CAST(json_extract(payload, '$.ways_shown') AS BIGINT) AS ways_shown,
           CAST(json_extract(payload, '$.customers') AS BIGINT) AS customers
    FROM audit_log
    WHERE kind = 'variant.previewed' AND ref = concat($variant_id, '@', $version)
    ORDER BY seq DESC
"""


def previews_of(store: Store, variant_id: str, version: int) -> list[dict[str, Any]]:
    """List who noted to have read this version as several customers, newest first.

    Returns:
        happened_at, actor, ``ways`` in which it could be read then, ``ways_shown`` that were
        looked at, and the number of ``customers`` whose eyes it was read with.
    """
    return store.records(_PREVIEWS, variant_id=variant_id, version=version)
