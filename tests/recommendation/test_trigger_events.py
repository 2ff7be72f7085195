"""Which events a trigger answers, by hand-made histories around 9:30 on 1 December 2026."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.recommendation.triggers import as_of, rehearse
from personalization.store import Store, open_store
from tests.recommendation.firing import (
    BASE,
    NOW,
    add_customer,
    add_product,
    add_trigger,
    at,
    changed,
    did,
    open_shop,
)
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator


def fires(store: Store, now: datetime = NOW) -> dict[str, str]:
    """Return by customer the key of the event that would fire."""
    found = rehearse(store, BASE, now=now)
    return {one.customer_id: one.event_key for one in found.examples if one.outcome == "fired"}


def evidence(store: Store, now: datetime = NOW) -> dict[str, object]:
    [one] = rehearse(store, BASE, now=now).examples
    return dict(json.loads(one.evidence))


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    """The shop with one customer, Ann."""
    store = open_shop(open_store(clock=lambda: NOW))
    add_customer(store, "ann")
    yield store
    store.close()


@pytest.fixture
def shop(opened: Store) -> Iterator[Store]:
    """The same for each test: what a test writes is rolled back."""
    with rolled_back(opened):
        yield opened


def test_a_cart_is_abandoned_four_hours_after_the_last_product_went_in(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart")
    did(shop, "ann", "cart", "P1", at(1, 3, month=12))
    did(shop, "ann", "cart", "P2", at(1, 5, month=12))

    assert fires(shop, NOW - timedelta(minutes=31)) == {}
    assert fires(shop) == {"ann": "abandoned_cart:2026-12-01 05:00:00"}
    assert evidence(shop) == {"carted_at": "2026-12-01 05:00:00", "products": 2}


def test_who_bought_after_the_cart_abandoned_nothing(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart")
    did(shop, "ann", "cart", "P1", at(30))
    did(shop, "ann", "purchase", "P2", at(30, 10))

    assert fires(shop) == {}


def test_a_cart_before_the_last_order_is_forgotten_and_a_later_one_is_not(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart")
    did(shop, "ann", "cart", "P1", at(29))
    did(shop, "ann", "purchase", "P1", at(29, 10))
    did(shop, "ann", "cart", "P2", at(30))

    assert evidence(shop) == {"carted_at": "2026-11-30 09:00:00", "products": 1}


def test_nobody_is_reminded_of_what_cannot_be_had(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart")
    add_product(shop, "gone", stock=0)
    add_product(shop, "old", is_active=False)
    add_product(shop, "free", price=None)
    for product in ("gone", "old", "free", "P1"):
        add_customer(shop, f"has {product}")
        did(shop, f"has {product}", "cart", product, at(30))

    assert set(fires(shop)) == {"has P1"}


def test_an_event_that_is_too_old_never_fires(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart", window_hours=24)
    did(shop, "ann", "cart", "P1", at(30, 5))

    assert fires(shop, NOW - timedelta(minutes=31)) == {"ann": "abandoned_cart:2026-11-30 05:00:00"}
    assert fires(shop) == {}


def test_what_lies_ahead_of_the_moment_is_not_known(shop: Store) -> None:
    add_trigger(shop, "abandoned_cart", wait_hours=0)
    did(shop, "ann", "cart", "P1", at(1, 10, month=12))

    assert fires(shop) == {}


def test_an_order_is_answered_once_however_many_lines_it_has(shop: Store) -> None:
    add_trigger(shop, "purchase", wait_hours=24)
    for product in ("P1", "P2", "POST"):
        did(shop, "ann", "purchase", product, at(29, 8), order="o1")

    assert fires(shop) == {"ann": "purchase:o1"}
    assert evidence(shop)["products"] == 2  # postage is no product of the catalogue
    assert evidence(shop)["amount"] == 9.0


def test_a_purchase_can_be_of_one_family_only(shop: Store) -> None:
    add_trigger(shop, "purchase", wait_hours=24, category="lamps")
    add_product(shop, "L1", category="lamps")
    add_customer(shop, "bea")
    did(shop, "ann", "purchase", "P1", at(29, 8), order="o1")
    did(shop, "bea", "purchase", "L1", at(29, 8), order="o2")
    did(shop, "bea", "purchase", "P1", at(29, 8), order="o2")

    assert fires(shop) == {"bea": "purchase:o2"}
    assert evidence(shop)["products"] == 2  # of the whole order, not of the family


def test_who_signed_up_yesterday_is_welcomed_and_an_old_customer_is_not(shop: Store) -> None:
    add_trigger(shop, "sign_up")
    add_customer(shop, "bea", signup_on=date(2026, 11, 30))
    add_customer(shop, "cleo", signup_on=date(2026, 10, 30))

    assert fires(shop) == {"bea": "sign_up:2026-11-30"}


def test_who_only_looks_around_is_not_inactive(shop: Store) -> None:
    add_trigger(shop, "inactivity", idle_days=90)
    add_customer(shop, "bea")
    for who in ("ann", "bea"):
        did(shop, who, "purchase", "P1", at(30, month=8))
    did(shop, "bea", "view", "P1", at(1))

    assert fires(shop) == {"ann": "inactivity:2026-08-30 09:00:00"}
    assert evidence(shop)["days"] == 93


def test_a_base_without_events_goes_by_the_last_order_of_its_customers(shop: Store) -> None:
    add_trigger(shop, "inactivity", idle_days=90)
    add_customer(shop, "bea", last_order_at=at(31, month=8))

    assert fires(shop) == {"bea": "inactivity:2026-08-31 09:00:00"}


def test_a_return_is_no_sign_of_life(shop: Store) -> None:
    add_trigger(shop, "inactivity", idle_days=90)
    did(shop, "ann", "purchase", "P1", at(30, month=8))
    did(shop, "ann", "return", "P1", at(20))

    assert fires(shop) == {"ann": "inactivity:2026-08-30 09:00:00"}


def test_back_in_stock_is_told_to_who_looked_and_not_to_who_bought_it_since(shop: Store) -> None:
    add_trigger(shop, "back_in_stock")
    for who in ("bea", "cleo"):
        add_customer(shop, who)
    did(shop, "ann", "wishlist", "P1", at(20))
    did(shop, "bea", "view", "P1", at(20))
    did(shop, "bea", "purchase", "P1", at(30, 21))
    did(shop, "cleo", "view", "P2", at(20))
    changed(shop, "P1", "stock", (0, 12))

    assert fires(shop) == {"ann": "back_in_stock:P1:2026-11-30 20:00:00"}


def test_no_other_change_of_stock_is_a_return(shop: Store) -> None:
    add_trigger(shop, "back_in_stock")
    changes = {"unknown": (None, 12), "more": (3, 12), "sold out": (3, 0), "back": (0, 12)}
    for product, values in changes.items():
        add_product(shop, product)
        add_customer(shop, product)
        did(shop, product, "wishlist", product, at(20))
        changed(shop, product, "stock", values)

    assert set(fires(shop)) == {"back"}


def test_a_price_drop_counts_from_its_least_share(shop: Store) -> None:
    add_trigger(shop, "price_drop", least_drop=0.10)
    for product, old in {"10 % off": 5.0, "4 % off": 4.7, "dearer": 4.0}.items():
        add_product(shop, product)
        add_customer(shop, product)
        did(shop, product, "view", product, at(20))
        changed(shop, product, "price", (old, 4.5))

    assert set(fires(shop)) == {"10 % off"}


def test_a_price_that_has_risen_again_is_no_news(shop: Store) -> None:
    add_trigger(shop, "price_drop")
    did(shop, "ann", "view", "P1", at(20))
    changed(shop, "P1", "price", (6.0, 3.0))  # the catalogue says 4.50 by now

    assert fires(shop) == {}


def test_interest_that_is_too_long_ago_is_none(shop: Store) -> None:
    add_trigger(shop, "price_drop", interest_days=10)
    did(shop, "ann", "view", "P1", at(20, 19))
    changed(shop, "P1", "price", (9.0, 4.5))

    assert fires(shop) == {}


def test_the_sample_shop_takes_the_day_after_its_newest_event_for_today(shop: Store) -> None:
    did(shop, "ann", "view", "P1", at(9, 17))
    assert as_of(shop, BASE) == NOW

    shop.run("UPDATE datasets SET is_sample = true")

    assert as_of(shop, BASE) == datetime(2026, 11, 10, 12, tzinfo=UTC)
