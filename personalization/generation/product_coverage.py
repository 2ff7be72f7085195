"""Who has a full set of products for a campaign's messages, and so can be written to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.generation.product_plans import product_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from personalization.store import Store

_COVERAGE: Final = """
    WITH sets AS (
        SELECT arm, customer_id, count(*) AS given,
               bool_or(strategy <> $strategy_json::JSON->>arm) AS has_fallback
        FROM campaign_products
        WHERE campaign_id = $campaign_id
        GROUP BY arm, customer_id
    ), arms AS (
        SELECT unnest($arms::VARCHAR[]) AS arm
    )
    SELECT arms.arm, count(customer_id) FILTER (given >= $items) AS complete,
           count(customer_id) FILTER (given >= $items AND has_fallback) AS with_fallback,
           (SELECT count(DISTINCT product_id) FROM campaign_products
            WHERE campaign_id = $campaign_id AND campaign_products.arm = arms.arm) AS products
    FROM arms LEFT JOIN sets ON sets.arm = arms.arm
    GROUP BY arms.arm ORDER BY arms.arm
"""
_FULL: Final = "SELECT count(*) FROM product_sets WHERE campaign_id = $campaign_id"
_FILLED_UP: Final = """
    SELECT min(filled) FROM (
        SELECT max_by(filled, made_at) AS filled FROM recommendation_runs
        WHERE campaign_id = $campaign_id AND list_contains($strategies::VARCHAR[], strategy)
          AND wanted = $items
        GROUP BY strategy)
"""
_MEMBERS: Final = "SELECT count(*) FROM segment_members WHERE campaign_id = $campaign_id"
_LAST: Final = """
    SELECT max(ran_at) FROM campaign_steps
    WHERE campaign_id = $campaign_id AND step = 'products'
"""
_AS_OF: Final = """
    SELECT max(as_of) FROM recommendation_runs
    WHERE run_id IN (SELECT run_id FROM campaign_products WHERE campaign_id = $campaign_id)
"""
_PARTS: Final = "SELECT count(*) FROM segment_parts WHERE campaign_id = $campaign_id"


@dataclass(frozen=True, slots=True)
class ArmCoverage:
    """Who would be shown what in one arm.

    Attributes:
        complete: Customers with a full set of products.
        with_fallback: Those of them for whom popular products fill it up.
        products: Different products that are shown.
    """

    arm: str
    strategy: str
    complete: int
    with_fallback: int
    products: int


@dataclass(frozen=True, slots=True)
class ProductCoverage:
    """Who has a full set of products, and so can be written to.

    Attributes:
        items: Products in each message.
        members: Customers in the campaign's segments.
        full: Those with a full set in every arm; the others get no message.
        is_worked_out: Whether products were worked out for this plan at all.
        is_split_due: Whether segments are to be split and are whole: they were chosen anew.
        worked_out_at: When; None before.
        as_of: Events up to here counted; None before.
        filled_up: Customers who would have a full set if popular products filled it up, at most.
    """

    items: int
    members: int
    full: int
    arms: tuple[ArmCoverage, ...]
    is_worked_out: bool
    is_split_due: bool
    worked_out_at: datetime | None = None
    filled_up: int = 0
    as_of: datetime | None = None

    @property
    def sentence(self) -> str:
        """Say how many of how many have a full set: 2,310 of 2,500 customers have two products."""
        number = ("no", "one", "two", "three", "four")[self.items]
        noun = "product" if self.items == 1 else "products"
        return (
            f"{self.full:,} of {self.members:,} customers have {number} {noun}"
            f"{' in every arm' if len(self.arms) > 1 else ''}."
        )


def product_coverage(store: Store, campaign_id: str) -> ProductCoverage:
    """Count who has a full set of products.

    Raises:
        StateError: The campaign has no plan.
    """
    plan = product_plan(store, campaign_id)
    if plan is None:
        raise StateError("The campaign's messages name no products. Plan them first.")
    [(members,)] = store.read(_MEMBERS, campaign_id=campaign_id)
    [(full,)] = store.read(_FULL, campaign_id=campaign_id)
    [(filled_up,)] = store.read(
        _FILLED_UP, campaign_id=campaign_id, strategies=list(plan.strategies), items=plan.items
    )
    rows = store.read(
        _COVERAGE, campaign_id=campaign_id, items=plan.items, arms=[arm for arm, _ in plan.arms],
        strategy_json=json.dumps(dict(plan.arms)),
    )  # fmt: skip
    [(as_of,)] = store.read(_AS_OF, campaign_id=campaign_id)
    is_whole = store.read(_PARTS, campaign_id=campaign_id) == [(0,)]
    last = store.read_one(_LAST, campaign_id=campaign_id)
    return ProductCoverage(
        plan.items, members, full, tuple(_arms(rows, dict(plan.arms))),
        bool(plan.fields_sha256), plan.is_split and bool(plan.fields_sha256) and is_whole,
        last[0] if last and plan.fields_sha256 else None, filled_up or 0, as_of,
    )  # fmt: skip


def _arms(
    rows: list[tuple[Any, ...]], strategies: Mapping[str, str]
) -> Iterable[ArmCoverage]:  # fmt: skip
    return (ArmCoverage(arm, strategies[arm], *counts) for arm, *counts in rows)
