"""Merging parts of a segment that was split by products, where one is too small for a result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.segmentation.keeping import refuse_frozen
from personalization.segmentation.splitting import ARE_SPLIT, counted_members
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

_PART_WHOLES: Final = """
    SELECT part, segment FROM segment_parts WHERE campaign_id = $campaign_id ORDER BY part
"""
_MERGE_MEMBERS: Final = """
    UPDATE segment_members SET segment = $into
    WHERE campaign_id = $campaign_id AND segment = $segment
"""
_RESIZE: Final = """
    UPDATE segments SET customers = $customers, profile = $profile
    WHERE campaign_id = $campaign_id AND segment = $segment
"""
_DROP: Final = "DELETE FROM segments WHERE campaign_id = $campaign_id AND segment = $segment"
_RETIRE: Final = """
    INSERT INTO retired_variants (variant_id, reason, retired_at)
    SELECT variant_id, 'Segment ''' || segment || ''' is no longer part of the campaign.',
           $retired_at
    FROM current_variants WHERE campaign_id = $campaign_id AND segment = $segment
"""


def merge_parts(store: Store, campaign_id: str, merges: Mapping[str, str], *, actor: str) -> int:
    """Let segments that were split by products join others, until the next refresh of these.

    Inside a transaction.

    Returns:
        How many customers are in a segment; 0 where the campaign's segments are not split, and
        then nothing was done.

    Raises:
        InputError: Two are no parts of one segment, or one that joins is joined as well.
        StateError: The design is approved, which freezes the segments.
    """
    if store.read(ARE_SPLIT, campaign_id=campaign_id) == [(0,)]:
        return 0
    refuse_frozen(store, campaign_id)
    wholes = dict(store.read(_PART_WHOLES, campaign_id=campaign_id))
    for segment, into in merges.items():
        if wholes.get(segment) is None or wholes.get(segment) != wholes.get(into):
            raise InputError(
                f"Segment {segment!r} cannot join {into!r}: the segments are split by products, "
                "and only parts of one segment can be merged. Make them whole on the Content page "
                "first."
            )
    if both := sorted(set(merges) & set(merges.values())):
        raise InputError(f"Segment {both[0]!r} cannot join another and be joined. Do one first.")
    for segment, into in merges.items():
        store.run(_MERGE_MEMBERS, campaign_id=campaign_id, segment=segment, into=into)
        store.run(_RETIRE, campaign_id=campaign_id, segment=segment, retired_at=store.now())
        store.run(_DROP, campaign_id=campaign_id, segment=segment)
    counts = counted_members(store, campaign_id)
    for into in sorted(set(merges.values())):
        profile = json.dumps(dict(counts[into].profile), sort_keys=True, ensure_ascii=False)
        store.run(
            _RESIZE, campaign_id=campaign_id, segment=into, customers=counts[into].customers,
            profile=profile,
        )  # fmt: skip
    record(
        store, "segments.merged", campaign_id, actor=actor, campaign_id=campaign_id,
        merges=len(merges),
    )  # fmt: skip
    return sum(count.customers for count in counts.values())
