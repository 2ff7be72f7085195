"""The segments that were kept, who is in them, and who of them may be written to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import experiments, segmentation
from personalization.domain import Segment

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.store import Store


Segmentation = segmentation.Segmentation
METHODS = segmentation.METHODS
people_of = segmentation.sample_members
why_here = segmentation.explain_member
audience = experiments.audience_waterfall


@dataclass(frozen=True, slots=True)
class KeptSegmentation:
    """How the kept segments were made.

    Attributes:
        method: rfm, kmeans, rules or inherited.
        parameters: Saved cut points, centroids or rules.
        quality: Silhouette, bootstrap agreement, coverage: by name.
        as_of: The day on which recency was judged.
    """

    method: str
    parameters: dict[str, Any]
    quality: dict[str, Any]
    as_of: date
    made_at: datetime


_KEPT = """
    SELECT method, parameters, quality, as_of, made_at FROM segmentations
    WHERE campaign_id = $campaign_id
"""
_SEGMENTS = """
    SELECT segment, rule, description, customers, profile FROM segments
    WHERE campaign_id = $campaign_id
    ORDER BY position, segment
"""
_FIND = """
    SELECT customers.customer_id, customers.first_name, customers.email, members.segment
    FROM campaigns
    JOIN customers ON customers.dataset_id = campaigns.dataset_id
    LEFT JOIN segment_members AS members
        ON members.campaign_id = campaigns.campaign_id
       AND members.customer_id = customers.customer_id
    WHERE campaigns.campaign_id = $campaign_id
      AND (lower(customers.customer_id) = lower($words) OR customers.email = lower($words)
           OR (length($words) >= 3 AND (starts_with(customers.email, lower($words))
                                     OR starts_with(lower(customers.full_name), lower($words)))))
    ORDER BY customers.customer_id
    LIMIT $limit
"""


def segmentation_of(store: Store, campaign_id: str) -> KeptSegmentation | None:
    """Return how the campaign's segments were made, or None where none were kept."""
    row = store.read_one(_KEPT, campaign_id=campaign_id)
    if row is None:
        return None
    method, parameters, quality, as_of, made_at = row
    return KeptSegmentation(method, json.loads(parameters), json.loads(quality), as_of, made_at)


def segments_of(store: Store, campaign_id: str) -> list[Segment]:
    """List the campaign's segments in their order, with profile."""
    return [
        Segment(name, rule, description, customers, tuple(json.loads(profile).items()))
        for name, rule, description, customers, profile in store.read(
            _SEGMENTS, campaign_id=campaign_id
        )
    ]


def find_customers(
    store: Store, campaign_id: str, words: str, *, limit: int = 10
) -> list[dict[str, Any]]:
    """Find customers by their number or address, or by how their name or address begins.

    Args:
        store: Reads ``customers`` of the campaign's base.
        campaign_id: Whose customers are searched.
        words: The whole number or address in any case of letters, or its first three letters.
        limit: How many to return at most, by customer number.
    """
    asked = words.strip()
    if not asked:
        return []
    return store.records(_FIND, campaign_id=campaign_id, words=asked, limit=limit)
