"""Numbers in two spellings, and numbers that name no product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization import recommendation
from tests.recommendation.shops import SHOP, TODAY, lists, open_shop, product, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

ORDERED = """
    INSERT INTO transactions BY NAME
    SELECT 'shop' AS dataset_id, concat('o', n) AS order_id, concat('b', n) AS customer_id,
           product_id, product_name, 1 AS quantity, 5.0 AS unit_price, 5.0 AS amount,
           'GBP' AS currency, $today::TIMESTAMP AS ordered_at
    FROM range(4) AS buyers(n), (SELECT unnest($ids::VARCHAR[]) AS product_id,
                                        unnest($names::VARCHAR[]) AS product_name)
"""


def test_a_product_that_the_catalogue_has_in_two_spellings_is_one_to_the_rules(
    store: Store,
) -> None:
    shelf = [product("85123A"), product("85123a"), product("22", category="bags"),
             product("23", category="pens")]  # fmt: skip
    others = [(f"b{n}", item, "purchase", 10) for n in range(3) for item in ("85123a", "22", "23")]
    done = [("ann", "85123A", "purchase", 50), ("ben", "85123A", "purchase", 60),
            ("ben", "85123A", "return", 50), ("eve", "23", "view", 1)]  # fmt: skip
    open_shop(store, shelf, [*others, *done])
    use_policy(store, "[customers]\nskip_siblings = false\n")

    found = lists(store, "popular", wanted=4)

    assert found["ann"] == found["ben"] == ["22", "23"]
    assert recommendation.why_not(store, SHOP, "ann", "85123a") == ("bought already",)
    assert recommendation.why_not(store, SHOP, "ben", "85123a") == ("sent back",)
    assert len({one.upper() for one in found["eve"]}) == len(found["eve"]) == 3


def test_postage_and_corrections_are_no_products_where_orders_stand_for_a_catalogue(
    store: Store,
) -> None:
    open_shop(store, [], [], {"ann": (None, None)} | {f"b{n}": (None, None) for n in range(4)})
    names = {
        "22423": "Mug",
        "POST": "POSTAGE",
        "M": "Manual",
        "C2": "CARRIAGE",
        "22386": "Manual drill",
    }
    store.run(ORDERED, ids=list(names), names=list(names.values()), today=TODAY)
    store.run("DELETE FROM transactions WHERE customer_id = 'b3' AND product_id LIKE '22___'")

    assert set(lists(store, "popular", wanted=9)["ann"]) == {"22423", "22386"}
    use_policy(store, "[ranking]\npopular_fills = false\n")
    assert "b3" not in lists(store, "for_you", wanted=9)
