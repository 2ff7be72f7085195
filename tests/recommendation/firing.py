"""A small shop at half past nine on 1 December 2026, with one campaign that triggers may send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from personalization.recommendation.trigger_keeping import save_trigger
from personalization.recommendation.trigger_values import USUAL, Trigger

if TYPE_CHECKING:
    from personalization.store import Store

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
BASE = "shop"

_DATASET = "INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'ida', NULL)"
_CUSTOMER = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, country, consent_email,
                           signup_on, last_order_at)
    VALUES ('shop', $customer_id, $email, $first_name, $country, $consent_email, $signup_on,
            $last_order_at)
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ($campaign_id, 'Welcome', 'shop', NULL, '{"metric": "click"}',
                                  $send_on, 'en-GB', 'seed', $now, 'ida', NULL)
"""
_MEMBER = "INSERT INTO segment_members VALUES ($campaign_id, 'Everybody', $customer_id)"
_PRODUCT = """
    INSERT INTO products (dataset_id, product_id, name, category, price, currency, stock, is_active)
    VALUES ('shop', $product_id, $name, $category, $price, 'GBP', $stock, $is_active)
"""
_EVENT = """
    INSERT INTO interactions
    VALUES ('shop', $customer_id, $product_id, $event, 1, $price, $order_id, $happened_at, 'i1')
"""
_CHANGE = """
    INSERT INTO product_changes
    VALUES ('shop', $product_id, $field, $old_value, $new_value, $changed_at, 'i1')
"""


def at(day: int, hour: int = 9, month: int = 11) -> datetime:
    """A moment of the weeks before NOW."""
    return datetime(2026, month, day, hour)  # noqa: DTZ001 - as tables hold it


def add_customer(store: Store, customer_id: str, **values: Any) -> None:  # noqa: ANN401
    given: dict[str, Any] = {
        "email": f"{customer_id}@example.com", "first_name": "Ann", "country": "United Kingdom",
        "consent_email": True, "signup_on": None, "last_order_at": None,
    }  # fmt: skip
    store.run(_CUSTOMER, customer_id=customer_id, **(given | values))
    store.run(_MEMBER, campaign_id="spring", customer_id=customer_id)


def add_product(store: Store, product_id: str, **values: Any) -> None:  # noqa: ANN401
    given: dict[str, Any] = {
        "name": f"Candle {product_id}", "category": "candles", "price": 4.5, "stock": 10,
        "is_active": True,
    }  # fmt: skip
    store.run(_PRODUCT, product_id=product_id, **(given | values))


def did(
    store: Store,
    customer_id: str,
    event: str,
    product_id: str,
    happened_at: datetime,
    *,
    order: str | None = None,
) -> None:
    store.run(
        _EVENT, customer_id=customer_id, event=event, product_id=product_id, price=4.5,
        happened_at=happened_at, order_id=order,
    )  # fmt: skip


def changed(store: Store, product_id: str, field: str, values: tuple[float | None, float]) -> None:
    """Change a product's price or stock on the evening before NOW."""
    old, new = values
    store.run(
        _CHANGE, product_id=product_id, field=field, old_value=old, new_value=new,
        changed_at=at(30, 20),
    )  # fmt: skip


def open_shop(store: Store, *, send_on: date = date(2027, 3, 1)) -> Store:
    """A base with two candles in stock and a campaign for its customers; nobody in it yet."""
    store.run(_DATASET, now=NOW)
    store.run(_CAMPAIGN, campaign_id="spring", send_on=send_on, now=NOW)
    add_product(store, "P1")
    add_product(store, "P2")
    return store


def add_trigger(store: Store, event: str, **changes: Any) -> Trigger:  # noqa: ANN401
    """Switch a trigger on, with what is usual for its event unless it is said otherwise."""
    plan = replace(USUAL[event], campaign_id="spring", **changes)
    return save_trigger(store, BASE, f"On {event}", event, plan, is_on=True, actor="ida")


_OUTCOMES = """
    SELECT customer_id, outcome FROM trigger_firings ORDER BY customer_id, event_key, trigger_id
"""


def outcomes(store: Store) -> list[tuple[str, str]]:
    return [(customer, outcome) for customer, outcome in store.read(_OUTCOMES)]
