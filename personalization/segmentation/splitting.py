"""Splitting segments by the products that their people would be shown, so that each part reads.

A part is a segment like any other: it has members, words and messages of its own.  What it was
split from is kept, so that the next refresh of the products starts from whole segments again.
Families that few people are shown are one rest in each segment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.segmentation.history import base_of
from personalization.segmentation.membership import KEPT, Count, count_members
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Settings
    from personalization.store import Store

MOST_PARTS: Final = 12
"""Families of all segments together: each part costs texts, and somebody has to read them."""

REST: Final = "other products"
"""Name of the part of a segment that holds whatever is too small to be one."""

ARE_SPLIT: Final = "SELECT count(*) FROM segment_parts WHERE campaign_id = $campaign_id"
"""Counts the parts of a campaign's segments; 0 where they are whole."""

_JOIN_MEMBERS: Final = """
    UPDATE segment_members SET segment = parts.segment
    FROM segment_parts AS parts
    WHERE parts.campaign_id = $campaign_id AND segment_members.campaign_id = $campaign_id
      AND segment_members.segment = parts.part
"""
_DROP_PART_ROWS: Final = """
    DELETE FROM segments
    WHERE campaign_id = $campaign_id
      AND segment IN (SELECT part FROM segment_parts WHERE campaign_id = $campaign_id)
"""
_RESTORE: Final = """
    INSERT OR REPLACE INTO segments
        (campaign_id, segment, position, rule, description, customers, profile)
    SELECT campaign_id, segment, position, rule, description, customers, profile
    FROM split_segments WHERE campaign_id = $campaign_id
"""
_FORGET_PARTS: Final = "DELETE FROM segment_parts WHERE campaign_id = $campaign_id"
_FORGET_WHOLES: Final = "DELETE FROM split_segments WHERE campaign_id = $campaign_id"

# A family is that of the first product; a strategy other than the plan's is the fallback.  What is
# too small, and what stands behind the largest $most, is the rest of its segment.
_FIRST: Final = """
    CREATE OR REPLACE TEMP TABLE first_products AS
    WITH firsts AS (
        SELECT members.customer_id, members.segment, products.strategy,
               nullif(trim(products.category), '') AS family
        FROM segment_members AS members
        LEFT JOIN campaign_products AS products
            ON products.campaign_id = $campaign_id AND products.customer_id = members.customer_id
           AND products.rank = 1
           AND products.arm = (SELECT min(arm) FROM campaign_products
                               WHERE campaign_id = $campaign_id)
        WHERE members.campaign_id = $campaign_id
    ), cells AS (
        SELECT segment, strategy, family,
               row_number() OVER (ORDER BY count(*) DESC, segment, strategy, family) AS place
        FROM firsts WHERE family IS NOT NULL
        GROUP BY segment, strategy, family HAVING count(*) >= $least
    )
    SELECT firsts.customer_id, firsts.segment, cells.strategy, cells.family
    FROM firsts
    LEFT JOIN cells ON cells.segment = firsts.segment AND cells.strategy = firsts.strategy
                   AND cells.family = firsts.family AND cells.place <= $most
"""
_CELLS: Final = """
    SELECT segment, strategy, family FROM first_products
    GROUP BY segment, strategy, family
    ORDER BY segment, family IS NULL, count(*) DESC, strategy, family
"""
_FORGET_FIRST: Final = "DROP TABLE first_products"
_WHOLES: Final = """
    SELECT segment, position, rule, description FROM segments
    WHERE campaign_id = $campaign_id ORDER BY position, segment
"""
_KEEP_WHOLES: Final = """
    INSERT INTO split_segments
    SELECT campaign_id, segment, position, rule, description, customers, profile FROM segments
    WHERE campaign_id = $campaign_id
      AND segment IN (SELECT segment FROM segment_parts WHERE campaign_id = $campaign_id)
"""
_KEEP_PART: Final = """
    INSERT INTO segment_parts VALUES ($campaign_id, $part, $segment, $strategy, $family)
"""
_DROP_WHOLES: Final = """
    DELETE FROM segments
    WHERE campaign_id = $campaign_id
      AND segment IN (SELECT segment FROM split_segments WHERE campaign_id = $campaign_id)
"""
_ADD: Final = """
    INSERT INTO segments
        (campaign_id, segment, position, rule, description, customers, profile)
    VALUES ($campaign_id, $segment, $position, $rule, $description, $customers, $profile)
"""
_MOVE: Final = """
    UPDATE segment_members SET segment = parts.part
    FROM first_products AS firsts, segment_parts AS parts
    WHERE segment_members.campaign_id = $campaign_id
      AND firsts.customer_id = segment_members.customer_id
      AND parts.campaign_id = $campaign_id AND parts.segment = firsts.segment
      AND parts.strategy IS NOT DISTINCT FROM firsts.strategy
      AND parts.family IS NOT DISTINCT FROM firsts.family
"""
_POSITION: Final = """
    UPDATE segments SET position = $position
    WHERE campaign_id = $campaign_id AND segment = $segment
"""
_PLANNED: Final = "SELECT arms FROM product_plans WHERE campaign_id = $campaign_id"
_N_MEMBERS: Final = "SELECT count(*) FROM segment_members WHERE campaign_id = $campaign_id"
_AS_OF: Final = "SELECT as_of FROM segmentations WHERE campaign_id = $campaign_id"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a segment: whom a family of products is shown to first, or the rest."""

    whole: Mapping[str, Any]
    strategy: str | None
    family: str | None
    is_fallback: bool

    @property
    def name(self) -> str:
        """Return the name of the segment that it becomes."""
        told = f"{self.family} (popular)" if self.is_fallback else self.family or REST
        return f"{self.whole['segment']} · {told}"

    @property
    def rule(self) -> str:
        """Return the condition for being in it, in words."""
        if self.family is None:
            first = "is from a smaller family, or there is none for them"
        else:
            first = f"is {'a popular one ' if self.is_fallback else ''}from {self.family}"
        return f"{self.whole['rule']}; the first product for them {first}"

    @property
    def description(self) -> str:
        """Return who they are; what follows a colon is advice and stays behind it."""
        told = str(self.whole["description"])
        if self.family is None:
            return told
        who, colon, advice = told.partition(":")
        return f"{who.rstrip('.')}, shown {self.family}{colon or '.'}{advice}"


def join_segments(store: Store, campaign_id: str, *, actor: str) -> bool:
    """Make the segments of a campaign whole again; inside a transaction.

    Returns:
        Whether anything was split.
    """
    if store.read(ARE_SPLIT, campaign_id=campaign_id) == [(0,)]:
        return False
    for statement in (_JOIN_MEMBERS, _DROP_PART_ROWS, _RESTORE, _FORGET_PARTS, _FORGET_WHOLES):
        store.run(statement, campaign_id=campaign_id)
    record(store, "segments.joined", campaign_id, actor=actor, campaign_id=campaign_id)
    return True


def split_segments(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Split the segments of a campaign by strategy and family of the first product.

    Everybody stays in exactly one segment.  A segment of which nothing is large enough stays whole.
    Inside a transaction; reads ``campaign_products``, writes ``segments``, ``segment_members``,
    ``segment_parts``, ``split_segments`` and the audit row.  Splitting the same products again
    gives the same parts.

    Returns:
        How many segments the campaign has afterwards.
    """
    join_segments(store, campaign_id, actor=actor)
    options = settings.segmentation
    [(n_members,)] = store.read(_N_MEMBERS, campaign_id=campaign_id)
    least = max(options.minimum_customers, int(options.minimum_share * n_members))
    store.run(_FIRST, campaign_id=campaign_id, least=least, most=MOST_PARTS)
    wholes = store.records(_WHOLES, campaign_id=campaign_id)
    parts = _parts(store, campaign_id, wholes)
    for part in (part for own in parts.values() for part in own):
        store.run(
            _KEEP_PART, campaign_id=campaign_id, part=part.name, segment=part.whole["segment"],
            strategy=part.strategy, family=part.family,
        )  # fmt: skip
    store.run(_KEEP_WHOLES, campaign_id=campaign_id)
    store.run(_MOVE, campaign_id=campaign_id)
    store.run(_FORGET_FIRST)
    n_segments = _put_in_place(store, campaign_id, wholes, parts)
    record(
        store, "segments.split", campaign_id, actor=actor, campaign_id=campaign_id,
        segments=n_segments, parts=sum(map(len, parts.values())), smallest=least,
    )  # fmt: skip
    return n_segments


def _parts(
    store: Store, campaign_id: str, wholes: list[dict[str, Any]]
) -> dict[str, list[Part]]:  # fmt: skip
    """Return the parts of each segment that has any, the largest first and the rest last."""
    planned = set(json.loads(store.read(_PLANNED, campaign_id=campaign_id)[0][0]).values())
    by_name = {whole["segment"]: whole for whole in wholes}
    found: dict[str, list[Part]] = {}
    for segment, strategy, family in store.read(_CELLS):
        is_fallback = strategy is not None and strategy not in planned
        part = Part(by_name[segment], strategy, family, is_fallback)
        found.setdefault(segment, []).append(part)
    return {
        segment: own
        for segment, own in found.items()
        if any(part.family is not None for part in own)
    }


def _put_in_place(
    store: Store, campaign_id: str, wholes: list[dict[str, Any]], parts: dict[str, list[Part]]
) -> int:
    """Write the parts where their segments stood; return how many segments there are."""
    counts = counted_members(store, campaign_id)
    store.run(_DROP_WHOLES, campaign_id=campaign_id)
    position = 0
    for whole in wholes:
        name = whole["segment"]
        for part in parts.get(name, ()):
            position += 1
            found = counts[part.name]
            profile = dict(found.profile)
            if part.family is not None:
                profile["top_categories"] = part.family
            store.run(
                _ADD, campaign_id=campaign_id, segment=part.name, position=position,
                rule=part.rule, description=part.description, customers=found.customers,
                profile=json.dumps(profile, sort_keys=True, ensure_ascii=False),
            )  # fmt: skip
        if name not in parts:
            position += 1
            store.run(_POSITION, campaign_id=campaign_id, segment=name, position=position)
    return position


def counted_members(store: Store, campaign_id: str) -> dict[str, Count]:
    """Count and profile the members that each segment of a campaign has now."""
    base = base_of(store, campaign_id)
    if row := store.read_one(_AS_OF, campaign_id=campaign_id):
        base = replace(base, as_of=row[0])
    return count_members(store, base, KEPT, {"campaign_id": campaign_id})[0]
