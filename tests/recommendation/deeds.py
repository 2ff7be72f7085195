"""What customers did, put into a store without any file: for the tests of this folder."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.store import Store

DAY = datetime(2026, 6, 1, 12)  # noqa: DTZ001 - events have no zone
Deed = tuple[str, str, str, int]
"""Customer, product, event, and how many days before ``DAY``."""

ADD = """
    INSERT INTO interactions
    SELECT $dataset_id, unnest($customers::VARCHAR[]), unnest($products::VARCHAR[]),
           unnest($events::VARCHAR[]), 1, NULL, unnest($orders::VARCHAR[]),
           unnest($times::TIMESTAMP[]), 'test'
"""
ADD_PEOPLE = """
    INSERT INTO customers (dataset_id, customer_id, country, consent_email)
    SELECT DISTINCT dataset_id, customer_id, $country, true FROM interactions
    WHERE dataset_id = $dataset_id AND customer_id NOT IN (
        SELECT customer_id FROM customers WHERE dataset_id = $dataset_id)
"""
ADD_BASE = "INSERT INTO datasets VALUES ($id, $id, false, $now, 'test', $id)"


def add_deeds(
    store: Store, deeds: Iterable[Deed], dataset_id: str = "shop", country: str | None = None
) -> None:
    """Write deeds down; those of one customer and day are one order."""
    rows = list(deeds)
    store.run(
        ADD,
        dataset_id=dataset_id,
        customers=[row[0] for row in rows],
        products=[row[1] for row in rows],
        events=[row[2] for row in rows],
        orders=[f"{row[0]} {row[3]}" for row in rows],
        times=[DAY - timedelta(days=row[3]) for row in rows],
    )
    if not store.read("SELECT 1 FROM datasets WHERE dataset_id = $id", id=dataset_id):
        store.run(ADD_BASE, id=dataset_id, now=store.now())
    store.run(ADD_PEOPLE, dataset_id=dataset_id, country=country)


def bought(**baskets: str) -> list[Deed]:
    """Return purchases of today: ``bought(ann="xy")`` has ann buy x and y."""
    return [(name, item, "purchase", 0) for name, items in baskets.items() for item in items]


def crowd(customers: int = 80, products: int = 40, *, seed: int = 7) -> list[Deed]:
    """Return a shop whose customers come in four tastes and mostly buy what is to theirs."""
    draw = Random(seed)  # noqa: S311
    rows = []
    for number in range(customers):
        own = range(number % 4, products, 4)
        for _ in range(draw.randint(4, 12)):
            pool = own if draw.random() < 0.8 else range(products)
            item = min(draw.choice(pool) for _ in range(2))
            rows.append((f"c{number:03}", f"p{item:03}", "purchase", draw.randint(0, 300)))
    return rows
