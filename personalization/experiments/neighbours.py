"""Which segment is most like another one, by what its people did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from personalization.store import Store

_MEDIANS: Final = ("median_recency_days", "median_orders", "median_spent")

_SEGMENTS = """
    SELECT segments.segment, segments.profile
    FROM segments JOIN segmentations ON segmentations.campaign_id = segments.campaign_id
    WHERE segments.campaign_id = $campaign_id AND segmentations.method <> 'inherited'
    ORDER BY segments.position, segments.segment
"""
# A part of a segment that was split by products can only join another part of it.
_SIBLINGS = """
    SELECT part FROM segment_parts
    WHERE campaign_id = $campaign_id
      AND segment = (SELECT segment FROM segment_parts
                     WHERE campaign_id = $campaign_id AND part = $part)
"""


def nearest_segment(
    store: Store, campaign_id: str, segment: str, *, among: Collection[str]
) -> str | None:
    """Name the segment that another one could join.

    Args:
        store: Reads ``segments`` and ``segmentations``.
        campaign_id: Whose segments.
        segment: The one that is to join.
        among: Names that it may join; itself does not count.

    Returns:
        Its name, or None where there is no other, or the segments are a follow-up's, which are
        those of the campaign before.  A part of a segment joins no other segment's.
    """
    siblings = {name for (name,) in store.read(_SIBLINGS, campaign_id=campaign_id, part=segment)}
    rows = store.read(_SEGMENTS, campaign_id=campaign_id)
    among = siblings.intersection(among) if siblings else among
    profiles = {name: json.loads(text) for name, text in rows if name in among}
    if segment not in profiles or len(profiles) == 1:
        return None
    return nearest(segment, profiles)


def nearest(segment: str, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the other segment with the closest medians of recency, orders and money spent.

    Each median counts on a log scale and in units of its spread over the segments; one that is
    not known counts as the middle.  Of two that are as close it is the first by name.
    """
    import numpy as np  # noqa: PLC0415

    names = list(profiles)
    values = [[_number(profiles[name].get(key)) for key in _MEDIANS] for name in names]
    logs = np.log1p(np.abs(np.array(values, dtype=float)))
    known = ~np.isnan(logs)
    middle = np.where(known, logs, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    gaps = np.where(known, logs - middle, 0.0)
    spread = np.sqrt((gaps**2).mean(axis=0))
    scaled = gaps / np.where(spread > 0, spread, 1.0)
    distances = ((scaled - scaled[names.index(segment)]) ** 2).sum(axis=1)
    others = {name: float(d) for name, d in zip(names, distances, strict=True) if name != segment}
    return min(others, key=lambda name: (others[name], name))


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
