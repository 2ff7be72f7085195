"""What products a campaign's messages name: which strategy in which arm, and how many products."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from personalization.domain import ProductPlan
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

_PLAN = """
    SELECT items, arms, is_split, fields_sha256 FROM product_plans WHERE campaign_id = $campaign_id
"""
_PART = """
    SELECT segment, family FROM segment_parts WHERE campaign_id = $campaign_id AND part = $part
"""
_KEEP = """
    INSERT OR REPLACE INTO product_plans
        (campaign_id, items, is_split, arms, fields_sha256, planned_at, planned_by)
    VALUES ($campaign_id, $items, $is_split, $arms, $fields_sha256, $planned_at, $planned_by)
"""
_DROP = "DELETE FROM product_plans WHERE campaign_id = $campaign_id"
_DROP_PRODUCTS = "DELETE FROM campaign_products WHERE campaign_id = $campaign_id"
# Arms whose texts were written for other products than the new plan has.
_RETIRE = """
    INSERT INTO retired_variants (variant_id, reason, retired_at)
    SELECT variant_id, 'Which products its arm names was planned anew.', $retired_at
    FROM current_variants
    WHERE campaign_id = $campaign_id AND list_contains($arms::VARCHAR[], arm)
"""


def product_plan(store: Store, campaign_id: str) -> ProductPlan | None:
    """Return what products the messages of a campaign name; None where they name none."""
    row = store.read_one(_PLAN, campaign_id=campaign_id)
    if row is None:
        return None
    items, arms, is_split, fields_sha256 = row
    return ProductPlan(items, tuple(json.loads(arms).items()), is_split, fields_sha256)


def whole_of(store: Store, campaign_id: str, segment: str) -> str:
    """Return the segment that a part was split from; one that is whole is its own."""
    row = store.read_one(_PART, campaign_id=campaign_id, part=segment)
    return str(row[0]) if row else segment


def family_of(store: Store, campaign_id: str, segment: str) -> str:
    """Return the family of the first product of a segment's people; empty where it differs."""
    row = store.read_one(_PART, campaign_id=campaign_id, part=segment)
    return str(row[1]) if row and row[1] else ""


def keep_product_plan(store: Store, campaign_id: str, plan: ProductPlan, *, actor: str) -> None:
    """Write a plan down in place of the one before; the same plan again changes nothing.

    What was worked out for another plan goes, and the messages of arms that name other products
    now are retired.  Inside a transaction; writes ``product_plans``, ``campaign_products``,
    ``retired_variants`` and the audit row.
    """
    before = product_plan(store, campaign_id)
    if before and (before.items, before.arms, before.is_split) == (
        plan.items, plan.arms, plan.is_split,
    ):  # fmt: skip
        return
    store.run(_DROP_PRODUCTS, campaign_id=campaign_id)
    store.run(
        _KEEP, campaign_id=campaign_id, items=plan.items, is_split=plan.is_split,
        arms=json.dumps(dict(plan.arms)), fields_sha256="", planned_at=store.now(),
        planned_by=actor,
    )  # fmt: skip
    retired = _retire(store, campaign_id, before, plan)
    record(
        store, "products.planned", campaign_id, actor=actor, campaign_id=campaign_id,
        items=plan.items, is_split=plan.is_split, arms=dict(plan.arms), variants_retired=retired,
    )  # fmt: skip


def drop_product_plan(store: Store, campaign_id: str, *, actor: str) -> None:
    """Let a campaign's messages name no products any more; inside a transaction."""
    before = product_plan(store, campaign_id)
    if before is None:
        return
    store.run(_DROP, campaign_id=campaign_id)
    store.run(_DROP_PRODUCTS, campaign_id=campaign_id)
    retired = _retire(store, campaign_id, before, None)
    record(
        store, "products.dropped", campaign_id, actor=actor, campaign_id=campaign_id,
        variants_retired=retired,
    )  # fmt: skip


def _retire(
    store: Store, campaign_id: str, before: ProductPlan | None, after: ProductPlan | None
) -> int:
    """Retire the messages of arms whose products are others now; return how many."""
    told = {
        name: (plan.items, dict(plan.arms)) if plan else (0, {})
        for name, plan in (("before", before), ("after", after))
    }
    arms = sorted({*told["before"][1], *told["after"][1]})
    changed = [arm for arm in arms if _of(told["before"], arm) != _of(told["after"], arm)]
    return store.run(_RETIRE, campaign_id=campaign_id, arms=changed, retired_at=store.now())


def _of(told: tuple[int, dict[str, str]], arm: str) -> tuple[int, str]:
    """Return how many products of which strategy an arm names; (0, '') for none."""
    items, arms = told
    return (items, arms[arm]) if arm in arms else (0, "")
