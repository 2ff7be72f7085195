"""Who of a customer base takes part, and why the rest does not.

The rule itself is the view ``audience``: every customer in exactly one bucket, by the first
reason that holds.  Assignment reads its eligible rows; the counts here add up to the base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.store import Store

BUCKETS: Final = (
    "no segment",
    "no consent",
    "no valid e-mail",
    "no products",
    "duplicate address",
    "suppressed",
    "global holdout",
    "eligible",
)
"""The buckets in the order in which their reasons are looked at."""

_WATERFALL = """
    SELECT bucket, count(*) AS customers FROM audience
    WHERE campaign_id = $campaign_id
    GROUP BY bucket ORDER BY bucket
"""


def audience_waterfall(store: Store, campaign_id: str) -> list[tuple[str, int]]:
    """Count the customers of the campaign's dataset by bucket, empty ones included.

    Returns:
        Each of BUCKETS with its customers, in that order; the sum is the dataset.
    """
    found = dict(store.read(_WATERFALL, campaign_id=campaign_id))
    return [(bucket, int(found.get(bucket, 0))) for bucket in BUCKETS]


_ELIGIBLE = """
    SELECT segment, count(*) AS customers FROM audience
    WHERE campaign_id = $campaign_id AND bucket = 'eligible'
    GROUP BY segment ORDER BY segment
"""


def eligible_by_segment(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the eligible customers of each segment that has any."""
    return {segment: int(n) for segment, n in store.read(_ELIGIBLE, campaign_id=campaign_id)}
