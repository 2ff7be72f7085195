from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
from personalization.recommendation import measuring, similarity
from personalization.recommendation.evaluating import evaluate, keep_evaluation
from tests.recommendation.deeds import DAY, add_deeds, bought, crowd
from tests.recommendation.shops import busy_shop, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

LISTS = """
    INSERT INTO lists VALUES
        ('new', 'for_you', 'ann', 'a', 1), ('new', 'for_you', 'ann', 'b', 2),
        ('new', 'for_you', 'ann', 'c', 3),
        ('new', 'popular', 'ann', 'c', 1), ('new', 'popular', 'ben', 'c', 1)
"""
HELD_OUT = """
    CREATE TEMP TABLE held_out AS
    SELECT * FROM (VALUES ('new', 'ann', 'b'), ('new', 'ann', 'd'), ('new', 'ben', 'c'))
        AS bought(target, customer_id, product_id)
"""
PRODUCTS = """
    CREATE TEMP TABLE allowed_products AS
    SELECT * FROM (VALUES ('a', 1), ('b', 2), ('c', 4), ('d', 1)) AS known(product_id, buyers)
"""
MOST_OF_A_FAMILY = """
    SELECT max(n) FROM (
        SELECT count(*) AS n FROM lists JOIN catalogue_products AS known USING (product_id)
        WHERE method = 'for_you' GROUP BY target, customer_id, known.category) AS counted
"""
ALIKE = """
    INSERT INTO item_similarities VALUES ('m', 'a', 'b', 0.1, 1, 1, 4, NULL)
"""


def test_every_measure_is_the_one_worked_by_hand(store: Store) -> None:
    """Ann bought b and d and was shown a, b, c; Ben bought c and was shown nothing by for_you."""
    with store.transaction():
        measuring.open_lists(store)
        for sql in (LISTS, HELD_OUT, PRODUCTS, ALIKE):
            store.run(sql)
        rows = measuring.measure(store, wanted=3, model_id="m", buyers=8)
    found = {(row.method, row.measure): row for row in rows}

    ideal = 1 + 1 / log2(3)
    assert found["for_you", "ndcg"].value == pytest.approx((1 / log2(3)) / ideal / 2)
    assert found["for_you", "precision"].value == pytest.approx(1 / 3 / 2)
    assert found["for_you", "recall"].value == pytest.approx(1 / 2 / 2)
    assert found["for_you", "hit_rate"].value == pytest.approx(1 / 2)
    assert found["popular", "ndcg"].value == pytest.approx(1 / 2)
    over = found["for_you", "over_popular"]
    assert over.value == pytest.approx(found["for_you", "ndcg"].value - 1 / 2)
    assert over.low < over.value < over.high
    assert over.customers == 2
    assert found["for_you", "coverage"].value == pytest.approx(3 / 4)
    # Bits of a, b and c: one, two and four of eight buyers.
    assert found["for_you", "novelty"].value == pytest.approx((3 + 2 + 1) / 3)
    # a and b are alike by 1 / sqrt(1 * 4); the two other pairs are not.
    assert found["for_you", "diversity"].value == pytest.approx((0.5 + 1 + 1) / 3)
    assert found["for_you", "popularity_share"].value == pytest.approx(1 / 3)
    assert ("popular", "over_popular") not in found


def test_tastes_are_found_again_in_the_weeks_that_were_held_out(store: Store) -> None:
    add_deeds(store, crowd(120, 60))

    found = evaluate(store, "shop", wanted=5)

    assert (DAY - found.split_at).days == pytest.approx(75, abs=3)  # a quarter of 300 days
    assert found.customers > 60
    assert found.value("new", "for_you", "ndcg") > 1.3 * found.value("new", "popular", "ndcg")
    assert found.value("all", "buy_again", "coverage") > 0.9
    assert 0 < found.value("new", "for_you", "hit_rate") < 1
    assert store.read("SELECT count(*) FROM similarity_models") == [(0,)]


@pytest.mark.parametrize("kind", ["cosine", "ease"])
def test_what_is_measured_goes_by_the_table_that_customers_get(
    store: Store, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Nobody has built ease, so that lists go by customers in common until the policy says else."""
    busy_shop(store, customers=120)
    if kind == "ease":
        use_policy(store, '[for_you]\ntable = "ease"\n')
    asked: list[str] = []
    build = similarity.build_model

    def look(copy: Store, dataset_id: str, **said: Any) -> str:  # noqa: ANN401
        asked.append(said["kind"])
        return build(copy, dataset_id, **said)

    monkeypatch.setattr(similarity, "build_model", look)

    evaluate(store, "shop", wanted=3)

    assert asked == [kind]


def test_what_is_measured_is_held_to_the_cap_on_families(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_shop(store, customers=120)
    use_policy(store, "[ranking]\ncategory_cap = 1\n")
    most: list[int] = []
    measured = measuring.measure

    def look(copy: Store, **said: Any) -> Any:  # noqa: ANN401
        most.append(copy.read(MOST_OF_A_FAMILY)[0][0])
        return measured(copy, **said)

    monkeypatch.setattr(measuring, "measure", look)

    evaluate(store, "shop", wanted=4)

    assert most == [1]


def test_an_evaluation_is_kept_whole(store: Store) -> None:
    add_deeds(store, crowd(120, 30))
    found = evaluate(store, "shop")

    evaluation_id = keep_evaluation(store, found, actor="mia")

    kept = store.read(
        "SELECT target, method, measure, value, low, high, customers FROM recommendation_measures "
        "WHERE evaluation_id = $id",
        id=evaluation_id,
    )
    assert sorted(kept) == sorted(
        (row.target, row.method, row.measure, row.value, row.low, row.high, row.customers)
        for row in found.measures
    )


def test_too_few_customers_say_nothing_of_a_strategy(store: Store) -> None:
    add_deeds(store, crowd(10, 20))

    with pytest.raises(StateError, match="customers bought both before and after"):
        evaluate(store, "shop")


def test_where_nothing_was_bought_nothing_can_be_measured(store: Store) -> None:
    add_deeds(store, [(who, item, "view", 0) for who, item, *_ in bought(ann="xy")])

    with pytest.raises(StateError, match="Nobody has bought anything"):
        evaluate(store, "shop")
