"""What products a campaign's messages name: which strategy in which arm, and how many products."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import ProductPlan
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

_PLAN = """
    SELECT items, arms, is_split, fields_sha256, fills_up
    FROM product_plans WHERE campaign_id = $campaign_id
"""
_PART = """
    SELECT segment, family FROM segment_parts WHERE campaign_id = $campaign_id AND part = $part
"""
_KEEP = """
    INSERT OR REPLACE INTO product_plans
        (campaign_id, items, is_split, fills_up, arms, fields_sha256, planned_at, planned_by)
    VALUES ($campaign_id, $items, $is_split, $fills_up, $arms, $fields_sha256, $planned_at,
            $planned_by)
"""
_DROP = "DELETE FROM product_plans WHERE campaign_id = $campaign_id"
_DROP_PRODUCTS = "DELETE FROM campaign_products WHERE campaign_id = $campaign_id"
_DROP_FACTS = "DELETE FROM campaign_product_facts WHERE campaign_id = $campaign_id"
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
    items, arms, is_split, fields_sha256, fills_up = row
    return ProductPlan(
        items, tuple(json.loads(arms).items()), is_split, fields_sha256, fills_up
    )  # fmt: skip


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
    if before and replace(before, fields_sha256="") == plan:
        return
    store.run(_DROP_PRODUCTS, campaign_id=campaign_id)
    store.run(_DROP_FACTS, campaign_id=campaign_id)
    store.run(
        _KEEP, campaign_id=campaign_id, items=plan.items, is_split=plan.is_split,
        fills_up=plan.fills_up, arms=json.dumps(dict(plan.arms)), fields_sha256="",
        planned_at=store.now(), planned_by=actor,
    )  # fmt: skip
    retired = _retire(store, campaign_id, before, plan)
    record(
        store, "products.planned", campaign_id, actor=actor, campaign_id=campaign_id,
        items=plan.items, is_split=plan.is_split, fills_up=plan.fills_up, arms=dict(plan.arms),
        variants_retired=retired,
    )  # fmt: skip


def drop_product_plan(store: Store, campaign_id: str, *, actor: str) -> None:
    """Let a campaign's messages name no products any more; inside a transaction."""
    before = product_plan(store, campaign_id)
    if before is None:
        return
    store.run(_DROP, campaign_id=campaign_id)
    store.run(_DROP_PRODUCTS, campaign_id=campaign_id)
    store.run(_DROP_FACTS, campaign_id=campaign_id)
    retired = _retire(store, campaign_id, before, None)
    record(
        store, "products.dropped", campaign_id, actor=actor, campaign_id=campaign_id,
        variants_retired=retired,
    )  # fmt: skip


def _retire(
    store: Store, campaign_id: str, before: ProductPlan | None, after: ProductPlan | None
) -> int:
    """Retire the messages of arms whose products are others now; return how many."""
    arms = sorted({arm for plan in (before, after) if plan for arm, _ in plan.arms})
    changed = [arm for arm in arms if _shown(before, arm) != _shown(after, arm)]
    return store.run(_RETIRE, campaign_id=campaign_id, arms=changed, retired_at=store.now())


def _shown(plan: ProductPlan | None, arm: str) -> tuple[int, str, bool]:
    """Return what the messages of an arm are written around; (0, '', False) for no products."""
    if plan is None or not plan.strategy_of(arm):
        return 0, "", False
    return plan.items, plan.strategy_of(arm), plan.fills_up
