"""Whether the products that messages name are still what the catalogue says, before they go out.

Their words were frozen when they were worked out, and were reviewed so; a price that has changed
since, or a product that is sold out, must not be promised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.delivery.product_words import places_of
from personalization.domain import PRODUCT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.delivery.launch import Launch
    from personalization.domain import Message
    from personalization.settings import Brand
    from personalization.store import Store

FAULTS: Final[Mapping[str, str]] = {
    "gone": "no longer in the catalogue",
    "inactive": "no longer sold",
    "stock": "out of stock",
    "price": "at another price now",
    "name": "called otherwise now",
    "category": "in another category now",
    "facts": "whose age limit, currency, margin, tags or family changed, so that your rules may "
    "no longer let it through",
    "bought": "bought meanwhile by somebody who would be shown it",
    "unfit": "with words that no message may show",
    "link": "with a link that does not lead to your own pages",
}
"""What may have become of a product, in words; in the order in which it is told."""

_PLAN = """
    SELECT items, arms, fields_sha256 FROM product_plans WHERE campaign_id = $campaign_id
"""
# What the recipients' messages name; before anybody has an arm, all that was worked out.
_STATE = """
    WITH given AS (
        SELECT customer_id, arm FROM assignments WHERE experiment_id = $experiment_id
    ), shown AS MATERIALIZED (
        SELECT product_id, name, price, reason, category, link, list_price, run_id
        FROM campaign_products AS named
        LEFT JOIN given ON given.customer_id = named.customer_id AND given.arm = named.arm
        WHERE named.campaign_id = $campaign_id AND named.rank BETWEEN 1 AND $items
          AND (given.customer_id IS NOT NULL OR NOT EXISTS (FROM given))
        GROUP BY ALL
    ), told AS (
        SELECT DISTINCT product_id, name, category, list_price FROM shown
    ), bought AS (
        SELECT DISTINCT named.product_id
        FROM product_events AS events
        JOIN campaign_products AS named
            ON named.campaign_id = $campaign_id AND named.customer_id = events.customer_id
           AND named.product_id = events.product_id AND named.rank BETWEEN 1 AND $items
        JOIN recommendation_runs AS runs ON runs.run_id = named.run_id
        JOIN products AS known
            ON known.dataset_id = events.dataset_id AND known.product_id = named.product_id
        LEFT JOIN given
            ON given.customer_id = named.customer_id AND given.arm = named.arm
        WHERE events.dataset_id = $dataset_id AND events.event = 'purchase'
          AND events.happened_at > runs.as_of AND named.strategy <> 'buy_again'
          AND NOT coalesce(known.is_replenishable, false)
          AND (given.customer_id IS NOT NULL OR NOT EXISTS (FROM given))
    ), compared AS (
        SELECT told.product_id, unnest(list_filter([
            CASE WHEN known.product_id IS NULL THEN 'gone' END,
            CASE WHEN NOT coalesce(known.is_active, true) THEN 'inactive' END,
            CASE WHEN known.stock <= 0 THEN 'stock' END,
            CASE WHEN known.product_id IS NOT NULL
                  AND known.price IS DISTINCT FROM told.list_price THEN 'price' END,
            CASE WHEN visible_value(known.name) <> told.name THEN 'name' END,
            CASE WHEN $has_category AND told.category <> ''
                  AND visible_value(known.category) IS DISTINCT FROM told.category
                 THEN 'category' END,
            CASE WHEN known.product_id IS NOT NULL AND kept.facts IS DISTINCT FROM rule_facts(
                          known.currency, known.gate, known.margin, known.tags,
                          known.variant_group, known.is_replenishable, known.category_path)
                 THEN 'facts' END], lambda fault: fault IS NOT NULL)) AS fault
        FROM told
        LEFT JOIN products AS known
            ON known.dataset_id = $dataset_id AND known.product_id = told.product_id
        LEFT JOIN campaign_product_facts AS kept
            ON kept.campaign_id = $campaign_id AND kept.product_id = told.product_id
        UNION ALL
        SELECT product_id, 'bought' FROM bought
        UNION ALL
        SELECT product_id, 'unfit' FROM shown
        WHERE product_value(name) <> name OR price_value(price) <> price
           OR product_value(reason) <> reason OR link_value(link) <> link
           OR ($has_category AND product_value(category) <> category)
    ), others AS (
        SELECT runs.run_id FROM (SELECT DISTINCT run_id FROM shown) AS used
        JOIN recommendation_runs AS runs ON runs.run_id = used.run_id
        WHERE trim(runs.policy) <> trim(coalesce(
            (SELECT max_by(policy, number) FROM recommendation_policies
             WHERE dataset_id = $dataset_id), ''))
    )
    SELECT 'fault' AS what, fault AS kind, count(DISTINCT product_id) AS products,
           min(product_id) AS example
    FROM compared GROUP BY fault
    UNION ALL
    SELECT 'origin', regexp_extract(link, '^[^/]*//[^/?#]*'), count(DISTINCT product_id),
           min(product_id)
    FROM shown WHERE $has_link GROUP BY ALL
    UNION ALL
    SELECT 'all', '', count(DISTINCT product_id), NULL FROM shown
    UNION ALL
    SELECT 'rules', '', count(*), NULL FROM others
    ORDER BY what, kind
"""


@dataclass(frozen=True, slots=True)
class ProductState:
    """What stands against the products of a campaign.

    Attributes:
        items: Products in each message.
        arms: Those of the plan.
        is_worked_out: Whether they were worked out since the plan was made.
        products: Different products that recipients' messages name.
        faults: (key of FAULTS, products, id of one of them), in their order.
        has_other_rules: Whether the rules of recommendations were changed since.
    """

    items: int
    arms: tuple[str, ...]
    is_worked_out: bool
    products: int = 0
    faults: tuple[tuple[str, int, str], ...] = ()
    has_other_rules: bool = False


def product_state(
    store: Store, brand: Brand, launch: Launch, messages: Iterable[Message]
) -> ProductState | None:
    """Hold what the messages name to the catalogue; None where the campaign names no products.

    Args:
        store: Reads ``product_plans``, ``campaign_products``, ``assignments``, ``products`` and
            the policies of recommendations.
        brand: Whose pages links may lead to.
        launch: The campaign and its experiment.
        messages: What is to go out: only fields that it says are looked at.
    """
    plan = store.read_one(_PLAN, campaign_id=launch.campaign_id)
    if plan is None:
        return None
    items, arms, worked_out = plan
    said = {field for message in messages for field in _fields_of(message)}
    found: dict[str, dict[str, tuple[int, str]]] = {
        "fault": {},
        "origin": {},
        "all": {},
        "rules": {},
    }
    for what, kind, products, example in store.read(
        _STATE, campaign_id=launch.campaign_id, experiment_id=launch.experiment_id, items=items,
        dataset_id=launch.dataset_id, has_category="category" in said, has_link="link" in said,
    ):  # fmt: skip
        found[what][kind] = (int(products), str(example))
    faults = found["fault"]
    for origin, told in found["origin"].items():
        if not is_allowed(f"{origin}/", brand.allowed_domains):
            faults["link"] = told
    return ProductState(
        int(items), tuple(json.loads(arms)), bool(worked_out), found["all"][""][0],
        tuple((fault, *faults[fault]) for fault in FAULTS if fault in faults),
        bool(found["rules"][""][0]),
    )  # fmt: skip


def _fields_of(message: Message) -> set[str]:
    return {PRODUCT_FIELDS[place % len(PRODUCT_FIELDS)] for place in _places_of(message)}


def _places_of(message: Message) -> tuple[int, ...]:
    return places_of("\n".join(text for _, text in message.fields()))


def highest_rank(message: Message) -> int:
    """Return the highest number of a product that a message names; 0 where it names none."""
    return max((place // len(PRODUCT_FIELDS) + 1 for place in _places_of(message)), default=0)
