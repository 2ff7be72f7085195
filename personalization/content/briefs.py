"""Briefs: what finding has to know of a campaign, and what each segment is asked about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.content.eligibility import Audience
from personalization.domain import Brief
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.store import Store

QUIET_DAYS: Final = 60
"""From this median number of days since the last order on, a segment is asked back."""

REGULAR_ORDERS: Final = 4
"""From this median number of orders on, a segment is spoken to as regulars."""

TOPIC_WEIGHT: Final = 3
"""How often what a segment buys stands in its query, so that it outweighs who they are."""

LARGE_SHARE: Final = 1.5
"""A segment that spends this many times its share of customers is asked about large orders."""

_CAMPAIGN = "SELECT brief, send_on, locale FROM campaigns WHERE campaign_id = $campaign_id"
_SEGMENTS = """
    SELECT segment, description, profile FROM segments
    WHERE campaign_id = $campaign_id ORDER BY position, segment
"""
# Segments that were inherited were merged in the campaign that they come from.
_MERGES = """
    WITH RECURSIVE line AS (
        SELECT parameters FROM segmentations WHERE campaign_id = $campaign_id
        UNION
        SELECT parents.parameters
        FROM segmentations AS parents
        JOIN line ON parents.campaign_id = line.parameters->>'$.parent_id'
    )
    SELECT parameters->'$.merges' AS merges FROM line
    WHERE merges IS NOT NULL ORDER BY merges
"""
_PARTS = "SELECT part, segment FROM segment_parts WHERE campaign_id = $campaign_id"


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What finding has to know of a campaign.

    Attributes:
        segments: Description and profile of each segment by its name, in their order.
        merges: Groups that were put into a segment, small name to large name.
        wholes: The segment that each part was split from by products, by the part's name.
    """

    campaign_id: str
    brief: Brief
    send_on: date
    locale: str
    segments: Mapping[str, tuple[str, Mapping[str, Any]]]
    merges: tuple[tuple[str, str], ...]
    wholes: Mapping[str, str] = field(default_factory=dict)

    def audience(self, segment: str) -> Audience:
        """Return whom a message to ``segment`` reaches; what was merged into it counts.

        A part of a segment reaches nobody else than the whole of it.
        """
        segment = self.wholes.get(segment, segment)
        merged = (small for small, into in self.merges if into == segment)
        return Audience(self.send_on, self.locale, (segment, *merged))


def campaign_facts(store: Store, campaign_id: str) -> CampaignFacts:
    """Read what finding has to know of a campaign.

    Raises:
        StateError: There is no such campaign, or it has no segments.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise StateError(f"There is no campaign {campaign_id!r}.")
    brief, send_on, locale = row
    segments = store.read(_SEGMENTS, campaign_id=campaign_id)
    if not segments:
        raise StateError("The campaign has no segments yet. Group its customers first.")
    merges = [json.loads(text) for (text,) in store.read(_MERGES, campaign_id=campaign_id)]
    return CampaignFacts(
        campaign_id,
        Brief(**json.loads(brief)),
        send_on,
        locale,
        {name: (description, json.loads(profile)) for name, description, profile in segments},
        tuple(sorted(pair for found in merges for pair in found.items())),
        dict(store.read(_PARTS, campaign_id=campaign_id)),
    )


def segment_query(
    description: str, profile: Mapping[str, Any], brief: Brief, offer_title: str = ""
) -> str:
    """Say in plain words what a segment is to be told about.

    Args:
        description: One sentence on the segment; what follows a colon is advice and not asked for.
        profile: Its medians and shares, with the ``top_categories`` in words.
        brief: What the campaign is for.
        offer_title: Title of the offer that the brief names, if there is one.

    Example:
        >>> segment_query("Went quiet: write.", {"median_recency_days": 120.0}, Brief())
        'Went quiet has not ordered for a while'
    """
    is_quiet = _number(profile, "median_recency_days") >= QUIET_DAYS
    orders = _number(profile, "median_orders")
    is_regular = orders >= REGULAR_ORDERS and not is_quiet
    share = _number(profile, "share")
    is_large = share > 0 and _number(profile, "spent_share") / share >= LARGE_SHARE
    who, _, _advice = description.partition(":")
    parts = (
        who,
        *[profile.get("top_categories")] * TOPIC_WEIGHT,
        "has not ordered for a while" if is_quiet else "",
        "regular customers who order often" if is_regular else "",
        "new customers after a first order" if orders == 1 and not is_quiet else "",
        "large quantities" if is_large else "",
        brief.key_message,
        offer_title,
        brief.goal if brief.goal != Brief().goal else "",
    )
    return " ".join(str(part) for part in parts if part)


def _number(profile: Mapping[str, Any], name: str) -> float:
    value = profile.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
