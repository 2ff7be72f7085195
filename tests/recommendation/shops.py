"""Catalogues, customers and orders put into a store without any file: for this folder's tests."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from personalization import recommendation
from personalization.settings import Settings
from tests.recommendation.deeds import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

TODAY = DAY
SHOP = "shop"

ADD_BASE = "INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'test', 'shop')"
ADD_PRODUCTS = """
    INSERT INTO products
    SELECT 'shop', unnest(row, recursive := false) FROM (
        SELECT unnest(CAST($rows AS STRUCT(
            product_id VARCHAR, name VARCHAR, description VARCHAR, category VARCHAR, price DOUBLE,
            currency VARCHAR, category_path VARCHAR, attributes VARCHAR, margin DOUBLE,
            stock DOUBLE, tags VARCHAR, is_replenishable BOOLEAN, variant_group VARCHAR,
            is_active BOOLEAN, gate VARCHAR, url VARCHAR)[])) AS row)
"""
ADD_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, country, age, consent_email)
    SELECT 'shop', unnest($ids::VARCHAR[]), unnest($countries::VARCHAR[]),
           unnest($ages::INTEGER[]), true
"""
ADD_EVENTS = """
    INSERT INTO interactions
    SELECT 'shop', unnest($customers::VARCHAR[]), unnest($products::VARCHAR[]),
           unnest($events::VARCHAR[]), 1, unnest($prices::DOUBLE[]), unnest($orders::VARCHAR[]),
           unnest($times::TIMESTAMP[]), 'test'
"""
FACTS: Mapping[str, Any] = {
    "description": None, "category": "mugs", "price": 10.0, "currency": "GBP",
    "category_path": None, "attributes": None, "margin": None, "stock": None, "tags": None,
    "is_replenishable": None, "variant_group": None, "is_active": True, "gate": None, "url": None,
}  # fmt: skip


def product(product_id: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a product as the catalogue has it: a mug at 10 pounds, but for what is said."""
    return {"product_id": product_id, "name": f"The {product_id}", **FACTS, **facts}


def open_shop(
    store: Store,
    products: Iterable[Mapping[str, Any]],
    events: Iterable[tuple[str, str, str, int]],
    people: Mapping[str, tuple[str | None, int | None]] | None = None,
) -> None:
    """Write down a catalogue, what customers did so many days before TODAY, and who they are.

    What a customer does on one day is one order, and a piece costs what the catalogue says.
    """
    listed, done = list(products), list(events)
    price = {row["product_id"]: row["price"] for row in listed}
    known = people or {customer: ("United Kingdom", 40) for customer, *_ in done}
    store.run(ADD_BASE, now=store.now())
    if listed:
        store.run(ADD_PRODUCTS, rows=listed)
    store.run(
        ADD_CUSTOMERS, ids=list(known), countries=[one[0] for one in known.values()],
        ages=[one[1] for one in known.values()],
    )  # fmt: skip
    store.run(
        ADD_EVENTS, customers=[row[0] for row in done], products=[row[1] for row in done],
        events=[row[2] for row in done], prices=[price.get(row[1]) for row in done],
        orders=[f"{row[0]} {row[3]}" for row in done],
        times=[TODAY - timedelta(days=row[3]) for row in done],
    )  # fmt: skip


LISTS = """
    SELECT customer_id, list(product_id ORDER BY rank) FROM recommendations
    WHERE run_id = $run_id GROUP BY customer_id ORDER BY customer_id
"""


def lists(
    store: Store,
    strategy: str,
    *,
    wanted: int = 2,
    **said: Any,  # noqa: ANN401
) -> dict[str, list[str]]:
    """Run a strategy over the shop, and return what each customer gets."""
    run_id = recommendation.recommend(
        store, Settings(), SHOP, strategy=strategy, wanted=wanted, actor="mia", **said
    )
    return dict(store.read(LISTS, run_id=run_id))


def use_policy(store: Store, overlay: str) -> None:
    """Put a policy in force for the shop."""
    recommendation.save_policy(
        store, SHOP, overlay, actor="mia", note="for a test",
        based_on=recommendation.policy_of(store, SHOP).overlay,
    )  # fmt: skip


def busy_shop(store: Store, *, customers: int = 120, products: int = 40, seed: int = 3) -> None:
    """Open a shop of four families whose customers have tastes, carts, habits and returns."""
    draw = Random(seed)  # noqa: S311
    families = ("mugs", "candles", "bags", "cards")
    listed = [
        product(
            f"p{n:02}", category=families[n % 4], category_path=f"Home > {families[n % 4]}",
            price=float(draw.choice((4, 5, 6, 8))), is_replenishable=n % 4 == 1,
            attributes=json.dumps({"colour": draw.choice(("red", "blue")), "set": n % 3}),
            variant_group=f"g{n}" if n < 2 else None,
        )
        for n in range(products)
    ]  # fmt: skip
    events: list[tuple[str, str, str, int]] = []
    for number in range(customers):
        name = f"c{number:03}"
        for _ in range(draw.randint(2, 4)):
            item, day = draw.randrange(products) // 4 * 4 + number % 4, draw.randint(0, 200)
            beside = item ^ 1 if number // 4 % 2 else item  # of the family that goes with it
            events += [(name, f"p{one:02}", "purchase", day) for one in {item, beside}]
            if item % 4 == 1:
                events += [(name, f"p{item:02}", "purchase", day + 30 * n) for n in (1, 2)]
        if number % 5 == 0:
            events.append((name, f"p{draw.randrange(products):02}", "cart", draw.randint(0, 20)))
        if number % 7 == 0:
            events.append((name, events[-1][1], "return", 0))
    open_shop(store, listed, events)
