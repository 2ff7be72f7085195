from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from personalization.errors import InputError, StateError
from personalization.recommendation import ease
from personalization.recommendation.pairs import Similarity
from personalization.recommendation.similarity import (
    best_kind,
    build_model,
    model_for,
    newest_event,
    newest_model,
)
from tests.recommendation.deeds import DAY, add_deeds, bought, crowd
from tests.recommendation.shops import ADD_PRODUCTS, product

if TYPE_CHECKING:
    from personalization.store import Store

EVERY_PAIR = Similarity(least_together=1, shrinkage=0)
PAIRS = """
    SELECT source_id, target_id, score, together, source_count, target_count, lift
    FROM item_similarities WHERE model_id = $model_id ORDER BY source_id, target_id
"""


def built(store: Store, kind: str = "cosine", parameters: Similarity = EVERY_PAIR) -> str:
    return build_model(store, "shop", kind=kind, as_of=DAY, actor="mia", parameters=parameters)


def pairs(store: Store, model_id: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {row[:2]: row[2:] for row in store.read(PAIRS, model_id=model_id)}


def test_long_histories_count_less_and_products_are_held_to_how_many_have_them(
    store: Store,
) -> None:
    """By hand: x and y are together at ann (of two) and ben (of three); 3 have x, 2 have y."""
    add_deeds(store, bought(ann="xy", ben="xyz", cat="x"))

    found = pairs(store, built(store))

    assert found["x", "y"][:4] == (
        pytest.approx((1 / sqrt(2) + 1 / sqrt(3)) / sqrt(3 * 2), abs=1e-6), 2, 3, 2,
    )  # fmt: skip
    assert found["y", "x"][0] == found["x", "y"][0]
    assert found["z", "x"][:4] == (pytest.approx(1 / sqrt(3) / sqrt(3), abs=1e-6), 1, 1, 3)


def test_baskets_are_counted_by_order_and_lift_by_chance(store: Store) -> None:
    """By hand: 4 orders, x in 3, y in 2, both in 2: Jaccard 2/3, lift 2 * 4 / (3 * 2)."""
    add_deeds(store, bought(ann="xy", ben="xyz", cat="xz", dan="z"))

    found = pairs(store, built(store, "basket"))

    assert found["x", "y"] == (pytest.approx(2 / 3), 2, 3, 2, pytest.approx(8 / 6))


def test_lines_of_two_orders_are_no_basket(store: Store) -> None:
    add_deeds(store, [("ann", "x", "purchase", 0), ("ann", "y", "purchase", 5)])

    assert pairs(store, built(store, "basket")) == {}
    assert ("x", "y") in pairs(store, built(store))


def test_each_product_keeps_its_best_sources_and_no_source_leads_to_more_than_it_may(
    store: Store,
) -> None:
    add_deeds(store, crowd())
    full = pairs(store, built(store, parameters=Similarity(least_together=1)))
    few = Similarity(least_together=1, kept_per_target=3, kept_per_source=4)

    cut = pairs(store, built(store, parameters=few))

    for target in {pair[1] for pair in full}:
        best = sorted(
            (-row[0], -row[1], pair[0]) for pair, row in full.items() if pair[1] == target
        )
        kept = {pair[0] for pair in cut if pair[1] == target}
        assert kept <= {source for *_, source in best[:3]}
    sources = [pair[0] for pair in cut]
    assert max(map(sources.count, sources)) == 4
    assert 1.5 * 40 < len(cut) <= 3 * 40


def test_what_was_sent_back_or_looked_at_is_no_purchase(store: Store) -> None:
    add_deeds(store, bought(ann="xy"))
    add_deeds(store, [("ann", "z", "view", 0), ("ann", "q", "return", 0)])

    assert set(pairs(store, built(store))) == {("x", "y"), ("y", "x")}


def test_a_base_without_purchases_goes_by_what_else_was_done(store: Store) -> None:
    add_deeds(store, [("ann", "x", "view", 0), ("ann", "y", "cart", 0)])

    model_id = built(store)

    assert ("x", "y") in pairs(store, model_id)
    told = store.read(
        "SELECT json_extract_string(parameters, '$.is_bought') FROM similarity_models"
    )
    assert told == [("false",)]


def test_what_is_not_in_the_catalogue_leads_to_nothing(store: Store) -> None:
    store.run(
        "INSERT INTO products (dataset_id, product_id, name) VALUES ('shop', 'x', 'X'), "
        "('shop', 'y', 'Y')"
    )
    add_deeds(store, bought(ann=["x", "y", "POSTAGE"]))  # type: ignore[arg-type]

    assert set(pairs(store, built(store))) == {("x", "y"), ("y", "x")}


def test_what_happened_later_does_not_count(store: Store) -> None:
    add_deeds(store, bought(ann="xy"))
    add_deeds(store, [("ann", "z", "purchase", -1)])

    assert set(pairs(store, built(store))) == {("x", "y"), ("y", "x")}


def test_a_model_is_kept_until_an_event_comes_and_then_takes_the_place_of_the_old_one(
    store: Store,
) -> None:
    add_deeds(store, bought(ann="xy"))
    first = model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)
    again = model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)

    add_deeds(store, bought(ben="xy"))
    second = model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)

    assert again == first != second == newest_model(store, "shop", "cosine")
    assert store.read("SELECT DISTINCT model_id FROM item_similarities") == [(second,)]


def test_a_catalogue_that_comes_later_brings_two_spellings_together_in_a_new_model(
    store: Store,
) -> None:
    add_deeds(store, [(name, item, "purchase", 0) for name in ("ann", "ben")
                      for item in ("85123a" if name == "ann" else "85123A", "mug")])  # fmt: skip
    first = model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)
    store.run(ADD_PRODUCTS, rows=[product("85123A"), product("mug")])

    second = model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)

    assert first != second
    assert pairs(store, second)["mug", "85123A"][1] == 2
    assert model_for(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR) == second


def test_a_base_without_events_says_what_to_do(store: Store) -> None:
    with pytest.raises(StateError, match="Import their orders or interactions first"):
        newest_event(store, "shop")


def test_an_unknown_kind_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="cosine, basket, ease"):
        built(store, "lift")


def test_the_weights_are_those_of_a_ridge_regression_of_each_product_on_the_others() -> None:
    held = np.random.default_rng(3).integers(0, 2, (50, 6)).astype(float)
    gram = held.T @ held
    penalty = 10 + ease.DROPOUT / (1 - ease.DROPOUT) * np.diag(gram)

    weights = ease.regression(gram, ridge=10)

    for target in range(6):
        others = [column for column in range(6) if column != target]
        system = gram[np.ix_(others, others)] + np.diag(penalty[others])
        assert weights[others, target] == pytest.approx(
            np.linalg.solve(system, gram[others, target])
        )
        assert weights[target, target] == 0


def test_solved_similarities_carry_the_counts_of_the_customers(store: Store) -> None:
    rows = crowd()
    add_deeds(store, rows)
    owners: dict[str, set[str]] = {}
    for customer, item, *_ in rows:
        owners.setdefault(item, set()).add(customer)

    found = pairs(store, built(store, "ease"))

    assert best_kind(store, "shop") == "ease"
    for (source, target), (_, together, of_source, of_target, _) in found.items():
        assert together == len(owners[source] & owners[target])
        assert (of_source, of_target) == (len(owners[source]), len(owners[target]))


def test_a_catalogue_that_cannot_be_solved_is_refused_before_the_work() -> None:
    with pytest.raises(StateError, match="5,001 products are too many"):
        ease.refuse_if_large(5001)
