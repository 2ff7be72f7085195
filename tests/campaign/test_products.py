from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from personalization import campaign
from personalization.campaign.products import inherit_products
from personalization.domain import ProductPlan
from personalization.errors import InputError, StateError
from personalization.settings import Brand, Segmentation, Settings

if TYPE_CHECKING:
    from personalization.store import Store

SETTINGS = Settings(
    brand=Brand(shop_url="https://shop.example/", allowed_domains=("shop.example",)),
    segmentation=Segmentation(minimum_customers=2),
)
DAY = datetime(2026, 11, 1)  # noqa: DTZ001 - as events are stored
PRODUCTS = (
    ("cup", "Tea  cup ", "tea", 1234.5, "GBP", "https://shop.example/cup"),
    ("pot", "Tea pot", "tea", 20.0, None, "https://evil.example/pot"),
    ("bear", "Bear", "toys", 5.0, "EUR", None),
    ("gone", "Unpriced", "toys", None, "GBP", None),
)


@pytest.fixture
def shop(store: Store) -> Store:
    """A made-up shop with four customers in one segment of a campaign."""
    with store.transaction():
        store.run("INSERT INTO datasets VALUES ('d', 'Shop', false, now(), 'ann', NULL)")
        store.run(
            "INSERT INTO campaigns VALUES ('c', 'Autumn', 'd', NULL, '{}', DATE '2026-12-01', "
            "'en-GB', 'c', now(), 'ann', 'r')"
        )
        store.run(
            "INSERT INTO segments VALUES ('c', 'All', 1, 'everybody', 'They are here.', 4, '{}')"
        )
        for product_id, name, category, price, currency, url in PRODUCTS:
            store.run(
                "INSERT INTO products (dataset_id, product_id, name, category, price, currency, "
                "url) VALUES ('d', $product_id, $name, $category, $price, $currency, $url)",
                product_id=product_id, name=name, category=category, price=price,
                currency=currency, url=url,
            )  # fmt: skip
        for name in ("ann", "bob", "cat", "dan"):
            store.run(
                "INSERT INTO customers (dataset_id, customer_id, consent_email) "
                "VALUES ('d', $name, true)",
                name=name,
            )
            store.run("INSERT INTO segment_members VALUES ('c', 'All', $name)", name=name)
    return store


def did(store: Store, customer_id: str, product_id: str, event: str) -> None:
    store.run(
        "INSERT INTO interactions VALUES ('d', $c, $p, $event, 1, 1, NULL, $day, 'i')",
        c=customer_id, p=product_id, event=event, day=DAY,
    )  # fmt: skip


def recommended(
    store: Store, *rows: tuple[str, int, str, str, str | None], strategy: str = "for_you"
) -> dict[str, str]:
    """Write a run of the recommender: (customer, rank, product, strategy, source)."""
    run_id = f"run-{strategy}"
    store.run(
        "INSERT INTO recommendation_runs VALUES ($run, 'd', 'c', 'A', $strategy, 1, $day, '', "
        "'[]', 4, 4, 0, now(), 'ann')",
        run=run_id, strategy=strategy, day=DAY,
    )  # fmt: skip
    for customer_id, rank, product_id, own, source in rows:
        store.run(
            "INSERT INTO recommendations VALUES ($run, $c, $rank, $p, 1, $own, $source, 1, 2, "
            "NULL, $own <> $strategy)",
            run=run_id, c=customer_id, rank=rank, p=product_id, own=own, source=source,
            strategy=strategy,
        )  # fmt: skip
    return {strategy: run_id}


def said(store: Store) -> dict[str, tuple[str, ...]]:
    rows = store.read(
        "SELECT customer_id, name, price, reason, category, link FROM campaign_products "
        "WHERE arm = 'A' ORDER BY customer_id, rank"
    )
    return {row[0]: row[1:] for row in rows}


def test_what_readers_see_is_worded_from_catalogue_and_events(shop: Store) -> None:
    did(shop, "ann", "bear", "purchase")
    did(shop, "bob", "bear", "view")
    campaign.plan_products(shop, "c", arms={"A": "for_you", "B": "for_you"}, items=1, actor="ann")
    runs = recommended(
        shop, ("ann", 1, "cup", "for_you", "bear"), ("bob", 1, "pot", "for_you", "bear"),
        ("cat", 1, "bear", "for_you", None), ("dan", 1, "gone", "for_you", None),
    )  # fmt: skip

    found = campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")

    assert said(shop) == {
        "ann": ("Tea cup", "£1,234.50", "Because you bought ‘Bear’", "tea",
                "https://shop.example/cup"),
        "bob": ("Tea pot", "£20.00", "Because you looked at ‘Bear’", "tea", "https://shop.example/"),
        "cat": ("Bear", "€5.00", "Chosen by what you have bought before", "toys",
                "https://shop.example/"),
    }  # fmt: skip
    assert found.sentence == "3 of 4 customers have one product in every arm."
    assert [(arm.arm, arm.complete, arm.products) for arm in found.arms] == [
        ("A", 3, 3), ("B", 3, 3),
    ]  # fmt: skip


def test_a_german_campaign_writes_prices_and_reasons_in_german(shop: Store) -> None:
    shop.run("UPDATE campaigns SET locale = 'de-DE'")
    did(shop, "ann", "cup", "cart")
    campaign.plan_products(shop, "c", arms={"A": "abandoned"}, items=1, actor="ann")
    runs = recommended(shop, ("ann", 1, "cup", "abandoned", "cup"), strategy="abandoned")

    campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")

    assert said(shop)["ann"][1:3] == ("1.234,50 £", "Das liegt noch in Ihrem Warenkorb")


def test_popular_products_fill_up_only_where_the_plan_says_so(shop: Store) -> None:
    runs = recommended(
        shop, ("ann", 1, "cup", "for_you", None), ("bob", 1, "cup", "popular", None)
    )  # fmt: skip
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, actor="ann")
    strict = campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, fills_up=True, actor="ann")

    filled = campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")

    assert (strict.full, strict.filled_up) == (1, 4)
    assert filled.full == 2
    assert filled.arms[0].with_fallback == 1
    assert said(shop)["bob"][2] == "Popular with our customers"


def test_a_plan_that_changes_retires_the_messages_of_the_arms_it_changes(shop: Store) -> None:
    campaign.plan_products(shop, "c", arms={"A": "for_you", "B": "for_you"}, actor="ann")
    for arm in ("A", "B", "control"):
        shop.run(
            "INSERT INTO variants VALUES ($arm, 1, 'c', 'All', $arm, 's', 'p', 'b', 'c', 'l', "
            "'f', 'en-GB', '{}', 'composer', '{}', 'x', now(), 'ann')",
            arm=arm,
        )

    campaign.plan_products(shop, "c", arms={"A": "for_you", "B": "similar"}, actor="ann")

    assert shop.read("SELECT variant_id FROM current_variants ORDER BY 1") == [
        ("A",), ("control",),
    ]  # fmt: skip


def test_the_same_plan_again_keeps_what_was_worked_out(shop: Store) -> None:
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, actor="ann")
    runs = recommended(shop, ("ann", 1, "cup", "for_you", None))
    campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")
    before = campaign.product_plan(shop, "c")

    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, actor="ann")

    assert before is not None
    assert before.fields_sha256
    assert campaign.product_plan(shop, "c") == before
    assert said(shop)


def test_the_fingerprint_changes_with_a_word(shop: Store) -> None:
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, actor="ann")
    runs = recommended(
        shop, ("ann", 1, "cup", "for_you", None), ("bob", 1, "pot", "for_you", None)
    )  # fmt: skip
    prints = []
    for price in (20.0, 21.0):
        shop.run("UPDATE products SET price = $price WHERE product_id = 'pot'", price=price)
        campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")
        plan = campaign.product_plan(shop, "c")
        prints.append(plan.fields_sha256 if plan else "")

    assert "" not in prints
    assert prints[0] != prints[1]


def test_segments_are_split_by_the_first_product_and_joined_when_the_plan_goes(
    shop: Store,
) -> None:
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, is_split=True, actor="ann")
    runs = recommended(
        shop, ("ann", 1, "cup", "for_you", None), ("bob", 1, "pot", "for_you", None),
        ("cat", 1, "bear", "for_you", None),
    )  # fmt: skip
    names = "SELECT segment, customers FROM segments ORDER BY position"

    campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")
    split = shop.read(names)
    campaign.drop_products(shop, "c", actor="ann")

    assert split == [("All · tea", 2), ("All · other products", 2)]
    assert shop.read(names) == [("All", 4)]
    assert campaign.product_plan(shop, "c") is None


def test_nothing_is_written_for_segments_that_are_still_to_be_split(shop: Store) -> None:
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, is_split=True, actor="ann")

    with pytest.raises(StateError, match="not worked out yet"):
        campaign.write_messages(shop, SETTINGS, "c", actor="ann")


def test_a_follow_up_names_products_in_the_arms_that_it_carries_on(shop: Store) -> None:
    arms = {"A": "for_you", "B": "similar"}
    campaign.plan_products(shop, "c", arms=arms, items=3, fills_up=True, actor="ann")

    with shop.transaction():
        names_products = inherit_products(shop, "c2", parent_id="c", arms={"B"}, actor="ann")
        without = inherit_products(shop, "c3", parent_id="c", arms={"C"}, actor="ann")

    assert names_products
    assert not without
    plan = ProductPlan(3, (("B", "similar"),), fills_up=True)
    assert campaign.product_plan(shop, "c2") == plan
    assert campaign.product_plan(shop, "c3") is None


def test_a_full_stop_at_the_end_of_a_name_does_not_end_the_reason(shop: Store) -> None:
    shop.run("UPDATE products SET name = 'Bear.' WHERE product_id = 'bear'")
    did(shop, "ann", "bear", "purchase")
    campaign.plan_products(shop, "c", arms={"A": "similar"}, items=1, actor="ann")
    runs = recommended(shop, ("ann", 1, "cup", "similar", "bear"), strategy="similar")

    campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")

    assert said(shop)["ann"][2] == "Similar to ‘Bear’, which you bought"


def test_a_name_that_may_not_be_said_is_in_no_reason(shop: Store) -> None:
    shop.run("UPDATE products SET name = 'Buy at evil.example' WHERE product_id = 'bear'")
    did(shop, "ann", "bear", "purchase")
    campaign.plan_products(shop, "c", arms={"A": "for_you"}, items=1, actor="ann")
    runs = recommended(shop, ("ann", 1, "cup", "for_you", "bear"))

    campaign.keep_products(shop, SETTINGS, "c", runs, actor="ann")

    assert said(shop)["ann"][2] == "Chosen by what you have bought before"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"arms": {"A": "magic"}}, "no strategy 'magic'", id="unknown strategy"),
        pytest.param({"arms": {"control": "for_you"}}, "control names no", id="the control"),
        pytest.param({"arms": {}}, "No arm has a strategy", id="no arm"),
        pytest.param({"arms": {"A": "for_you"}, "items": 5}, "1 to 4 products", id="too many"),
        pytest.param(
            {"arms": {"A": "for_you", "B": "similar"}, "is_split": True}, "has to have the same",
            id="a split of several strategies",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused(
    shop: Store, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        campaign.plan_products(shop, "c", actor="ann", **changes)  # type: ignore[arg-type]


def test_nothing_is_worked_out_without_a_plan(shop: Store) -> None:
    with pytest.raises(StateError, match="name no products yet"):
        campaign.refresh_products(shop, SETTINGS, "c", actor="ann")
