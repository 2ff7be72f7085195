"""What the stage hands around: the base it works on, a group in words, a finished segmentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.domain import Segment

METHODS: Final[Mapping[str, str]] = {
    "rfm": "RFM: how recently and how often people bought",
    "kmeans": "k-means: groups that the data itself suggests",
    "rules": "Rules: conditions that you write yourself",
}
"""The methods that a marketer may choose, with their labels; ``inherited`` is for follow-ups."""

NO_PURCHASE: Final = "No purchase"
"""The segment of everybody without a dated order, whom no history can tell apart."""


@dataclass(frozen=True, slots=True)
class Base:
    """The customers that a campaign is about, and the day from which recency is counted.

    Attributes:
        as_of: The day after the dataset's last order; the send date where there is no order.
    """

    campaign_id: str
    dataset_id: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Group:
    """A group as its method makes it, before anybody is counted or merged.

    Attributes:
        name: Unique within the segmentation.
        rule: The condition for being in it, in words.
        description: One sentence for a marketer.
        neighbours: Names of the groups it resembles, most similar first.
    """

    name: str
    rule: str
    description: str
    neighbours: tuple[str, ...] = ()


def no_purchase(*neighbours: str) -> Group:
    """Return the group of everybody without a dated order."""
    return Group(
        NO_PURCHASE,
        "no dated order on record",
        "Known to you but without an order yet: introduce the shop and make a first order easy.",
        neighbours,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A method's own result: all that its membership statement needs, and its groups in order.

    Attributes:
        parameters: Cut points, centroids or rules; ``segmentations.parameters`` keeps them.
        silhouette: Mean silhouette in [-1, 1]; None where the method has none.
        bootstrap_agreement: Mean adjusted Rand index under resampling; None for fixed rules.
        notes: What a marketer should know about the fit, in sentences.
    """

    method: str
    parameters: Mapping[str, Any]
    groups: tuple[Group, ...]
    silhouette: float | None = None
    bootstrap_agreement: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A proposal: who would be grouped how. Nothing of it is written until it is kept.

    Attributes:
        method: rfm, kmeans, rules or inherited.
        parameters: Everything that the membership statement is bound to, ready for JSON.
        quality: ``coverage`` (share of customers in a segment), ``overlap`` (customers in more
            than one), ``silhouette``, ``bootstrap_agreement``, ``smallest_share``; None where
            the method has no such figure.
        as_of: The day from which recency is counted.
        segments: In the order in which they are shown; none of them is empty.
        small: Proposed merges, small segment to its neighbour; pass it back as ``merges``.
        notes: What a marketer should know, in sentences.
    """

    method: str
    parameters: Mapping[str, Any]
    quality: Mapping[str, float | None]
    as_of: date
    segments: tuple[Segment, ...]
    small: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
