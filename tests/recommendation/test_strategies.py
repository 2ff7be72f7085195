from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization import recommendation
from personalization.domain import STRATEGIES
from personalization.errors import InputError, StateError
from personalization.settings import Settings
from tests.recommendation.shops import SHOP, TODAY, lists, open_shop, product, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

ONLY_OWN = "[ranking]\npopular_fills = false\n"
ROWS = """
    SELECT customer_id, product_id, source_id, together, base, detail, strategy, is_fallback
    FROM recommendations WHERE run_id = $run_id ORDER BY customer_id, rank
"""


def rows(store: Store, strategy: str, **said: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    run_id = recommendation.recommend(
        store,
        Settings(),
        SHOP,
        strategy=strategy,
        wanted=said.pop("wanted", 2),
        actor="mia",
        **said,
    )
    return store.records(ROWS, run_id=run_id)


def test_what_is_in_the_same_orders_is_a_complement_of_another_family(store: Store) -> None:
    """By hand: 6 of 6 orders with tea have a mug, of 12 in all with 6 mugs: twice as by chance."""
    shelf = [product("tea", category="drinks"), product("milk", category="drinks"),
             product("mug"), product("pen", category="office")]  # fmt: skip
    orders = [(f"a{n}", item, "purchase", n) for n in range(6) for item in ("tea", "milk", "mug")]
    orders += [(f"b{n}", "pen", "purchase", n) for n in range(6)]
    open_shop(store, shelf, [*orders, ("cat", "tea", "purchase", 1), ("cat", "tea", "view", 0)])
    use_policy(store, ONLY_OWN)

    found = [row for row in rows(store, "bought_together") if row["customer_id"] == "cat"]

    assert [(row["product_id"], row["source_id"]) for row in found] == [("mug", "tea")]
    assert (found[0]["together"], found[0]["base"]) == (6, 7)
    assert json.loads(found[0]["detail"])["lift"] == round(6 * 13 / (7 * 6), 1)


def test_a_product_that_nobody_bought_is_found_by_what_the_catalogue_says(store: Store) -> None:
    red, blue = '{"colour": "red"}', '{"colour": "blue"}'
    shelf = [
        product("old", name="Red tin mug", attributes=red),
        product("cold", name="Red tin cup", attributes=red),
        product("odd", name="Garden spade", category="garden", attributes=blue, price=90.0),
    ]
    open_shop(store, shelf, [("ann", "old", "purchase", 3)])  # fmt: skip
    use_policy(store, ONLY_OWN)

    (found,) = rows(store, "similar")

    assert (found["product_id"], found["source_id"]) == ("cold", "old")
    assert (found["together"], found["base"]) == (2, 2)  # the family and the colour


def test_an_upsell_is_a_step_dearer_in_the_family_and_within_their_means(store: Store) -> None:
    """Steps from 10 go from 11 to 16; ann never paid more than 15 for one piece."""
    shelf = [product("own"), product("step", price=14.0), product("far", price=18.0),
             product("dear", price=15.5), product("near", price=10.5),
             product("book", category="books", price=15.0)]  # fmt: skip
    bought = [("ann", "own", "purchase", 3), ("ann", "book", "purchase", 9)]
    bought += [("ben", item, "purchase", 1) for item in ("step", "far", "dear", "near")]
    open_shop(store, shelf, bought)
    use_policy(store, ONLY_OWN + "[upsell]\nceiling = 1.0\nleast_likeness = 0.0\n")

    found = [row for row in rows(store, "upsell") if row["customer_id"] == "ann"]

    assert [row["product_id"] for row in found] == ["step"]
    assert (found[0]["together"], found[0]["base"]) == (1, 2)  # ben, of ann and ben
    assert json.loads(found[0]["detail"]) == {"step": 1.4, "more": 4.0}


def test_a_step_up_is_in_the_same_currency(store: Store) -> None:
    """Twelve yen are no step up from ten pounds, nor is a price whose currency nobody tells."""
    shelf = [product("own", currency="GBP"), product("step", price=12.0, currency="gbp"),
             product("yen", price=12.0, currency="JPY"), product("bare", price=12.0, currency=None),
             product("book", category="books", price=15.0)]  # fmt: skip
    bought = [("ben", item, "purchase", 1) for item in ("step", "yen", "bare")]
    own = [("ann", "own", "purchase", 3), ("ann", "book", "purchase", 9)]
    open_shop(store, shelf, [*own, *bought])
    use_policy(store, ONLY_OWN + "[upsell]\nceiling = 1.0\nleast_likeness = 0.0\n")

    found = [row["product_id"] for row in rows(store, "upsell") if row["customer_id"] == "ann"]

    assert found == ["step"]


def test_a_cross_sell_is_of_a_family_they_never_bought_from(store: Store) -> None:
    shelf = [product("mug"), product("bag", category="bags"), product("box", category="bags"),
             product("pen", category="office")]  # fmt: skip
    both = [(f"a{n:02}", item, "purchase", 1) for n in range(20) for item in ("mug", "bag")]
    others = [(f"b{n:02}", "pen", "purchase", 1) for n in range(20)]
    open_shop(store, shelf, [*both, *others, ("ann", "mug", "purchase", 2)])
    use_policy(store, ONLY_OWN)

    (found,) = [row for row in rows(store, "cross_sell") if row["customer_id"] == "ann"]

    assert (found["product_id"], found["source_id"]) == ("bag", "mug")
    assert (found["together"], found["base"]) == (20, 21)
    assert json.loads(found["detail"])["family"] == "bags"


def test_what_is_used_up_is_bought_again_when_it_is_due(store: Store) -> None:
    """The interval is thirty days: due from 24 days after the last purchase, up to 120."""
    cases = {"due": (70, 40), "too soon": (50, 20), "given up": (230, 200), "once": (40,),
             "not used up": (70, 40), "not told": (70, 40)}  # fmt: skip
    marks = {"not used up": False, "not told": None}
    shelf = [product(name, is_replenishable=marks.get(name, True)) for name in cases]
    open_shop(store, shelf, [
        (f"buyer of {name}", name, "purchase", day) for name, days in cases.items() for day in days
    ] + [("eve", "due", "view", 0)])  # fmt: skip
    use_policy(store, ONLY_OWN)

    (found,) = rows(store, "buy_again")

    assert (found["product_id"], found["together"]) == ("due", 2)
    assert json.loads(found["detail"]) == {"interval_days": 30, "days_since": 40}


def test_where_no_product_is_marked_three_purchases_make_a_habit(store: Store) -> None:
    days = {"ann": (100, 70, 40), "ben": (70, 40)}
    open_shop(store, [product("soap")], [
        (name, "soap", "purchase", day) for name, own in days.items() for day in own
    ] + [("cat", "soap", "view", 0)])  # fmt: skip
    use_policy(store, ONLY_OWN)

    assert lists(store, "buy_again") == {"ann": ["soap"]}
    assert lists(store, "popular") == {"cat": ["soap"]}


def test_who_buys_two_sizes_again_and_again_is_recommended_one_of_them(store: Store) -> None:
    shelf = [product("small", is_replenishable=True, variant_group="coffee"),
             product("large", is_replenishable=True, variant_group="coffee"),
             product("bean", is_replenishable=True, variant_group="coffee")]  # fmt: skip
    habit = [("ann", size, "purchase", day) for size in ("small", "large") for day in (31, 61, 91)]
    open_shop(store, shelf, [*habit, ("ann", "large", "purchase", 121), ("eve", "bean", "view", 0)])
    use_policy(store, ONLY_OWN)

    assert lists(store, "buy_again") == {"ann": ["large"]}
    assert lists(store, "popular")["eve"] == ["large"]


def test_carts_come_before_wishes_before_looks_and_end_with_the_purchase(store: Store) -> None:
    shelf = [product(name, category=name) for name in ("cart", "wish", "seen", "once", "had")]
    done = [("ann", "seen", "view", 1), ("ann", "seen", "click", 1), ("ann", "once", "view", 0),
            ("ann", "wish", "wishlist", 2), ("ann", "cart", "cart", 3), ("ann", "cart", "view", 3),
            ("ann", "had", "cart", 5), ("ann", "had", "purchase", 4),
            ("ben", "cart", "cart", 31)]  # fmt: skip
    open_shop(store, shelf, done)
    use_policy(store, ONLY_OWN)

    assert lists(store, "abandoned", wanted=4) == {"ann": ["cart", "wish", "seen"]}


def test_the_day_of_a_cart_is_that_of_the_cart_and_not_of_a_later_look(store: Store) -> None:
    """The cart is 20 days old, the wish 18, and both were looked at since."""
    done = [("ann", "mug", "cart", 20), ("ann", "mug", "view", 1), ("ann", "jug", "wishlist", 18),
            ("ann", "jug", "view", 2)]  # fmt: skip
    open_shop(store, [product("mug"), product("jug")], [*done, ("eve", "mug", "view", 0)])
    use_policy(store, ONLY_OWN)
    before = TODAY.date()

    found = {row["product_id"]: json.loads(row["detail"]) for row in rows(store, "abandoned")}

    assert found == {
        "mug": {"event": "cart", "on": str(before - timedelta(days=20))},
        "jug": {"event": "wishlist", "on": str(before - timedelta(days=18))},
    }
    ((run_id,),) = store.read("SELECT run_id FROM recommendation_runs")
    assert recommendation.recount_run(store, run_id).differing == ()


def test_popular_products_fill_the_rest_and_bear_their_own_name(store: Store) -> None:
    shelf = [product(name, category=name) for name in ("cart", "hit")]
    open_shop(store, shelf, [("ann", "cart", "cart", 1), ("ben", "hit", "purchase", 1)])

    found = [row for row in rows(store, "abandoned") if row["customer_id"] == "ann"]

    assert [(row["product_id"], row["strategy"], row["is_fallback"]) for row in found] == [
        ("cart", "abandoned", False),
        ("hit", "popular", True),
    ]


def test_a_base_without_a_catalogue_goes_by_its_orders(store: Store) -> None:
    open_shop(store, [], [(name, item, "purchase", 1) for name in "abcd" for item in ("x", "y")]
              + [("eve", "x", "purchase", 1)])  # fmt: skip
    use_policy(store, ONLY_OWN + "[products]\npriced_only = false")

    assert lists(store, "for_you") == {"eve": ["y"]}


def test_what_happened_later_counts_for_nothing(store: Store) -> None:
    open_shop(store, [product("mug"), product("cup")],
              [("ann", "mug", "cart", 10), ("ann", "cup", "cart", 1)])  # fmt: skip
    use_policy(store, ONLY_OWN)

    earlier = TODAY - timedelta(days=5)

    assert lists(store, "abandoned", as_of=earlier) == {"ann": ["mug"]}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param({"strategy": "magic"}, "no strategy 'magic'", id="an unknown strategy"),
        pytest.param({"wanted": 0}, "Ask for 1 to", id="no products"),
        pytest.param({"dataset_id": "gone"}, "no customer base 'gone'", id="an unknown base"),
        pytest.param({"campaign_id": "gone"}, "no campaign 'gone'", id="an unknown campaign"),
        pytest.param(
            {"customers": recommendation.Asked(segment="x")}, "no segment 'x'", id="no such segment"
        ),
    ],
)
def test_what_cannot_be_recommended_for_is_refused(
    store: Store, said: dict[str, Any], words: str
) -> None:
    open_shop(store, [product("mug")], [("ann", "mug", "view", 1)])
    asked: dict[str, Any] = {"dataset_id": SHOP, "strategy": "popular", "wanted": 2}
    asked |= {"actor": "mia"} | said

    with pytest.raises(InputError, match=words):
        recommendation.recommend(store, Settings(), **asked)


def test_a_base_without_events_is_told_what_to_do(store: Store) -> None:
    open_shop(store, [product("mug")], [], {"ann": (None, None)})

    with pytest.raises(StateError, match="Import their orders"):
        lists(store, "popular")


def test_every_strategy_of_the_domain_can_be_asked_for() -> None:
    assert set(recommendation.strategies.FINDERS) == set(STRATEGIES)


def test_what_was_bought_after_it_was_in_the_cart_is_not_waiting(store: Store) -> None:
    refill = [product("soap", is_replenishable=True), product("bag")]
    deeds = [("ann", "soap", "cart", 20), ("ann", "soap", "purchase", 10),
             ("ben", "soap", "purchase", 20), ("ben", "soap", "cart", 10),
             ("cat", "bag", "purchase", 0)]  # fmt: skip
    open_shop(store, refill, deeds)
    use_policy(store, "[ranking]\npopular_fills = false")

    assert lists(store, "abandoned") == {"ben": ["soap"]}
