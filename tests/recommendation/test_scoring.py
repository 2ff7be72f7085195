from __future__ import annotations

import json
from math import sqrt
from typing import TYPE_CHECKING, Any

import pytest

from personalization.recommendation import scoring
from personalization.recommendation.histories import find_sent_back
from personalization.recommendation.pairs import Similarity
from personalization.recommendation.similarity import build_model
from tests.recommendation.deeds import DAY, add_deeds, bought, crowd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.store import Store

EVERY_PAIR = Similarity(least_together=1, shrinkage=0)
ASK = """
    CREATE OR REPLACE TEMP TABLE asked_customers AS
    SELECT customer_id, $segment AS segment, country FROM customers
    WHERE dataset_id = 'shop' AND ($only = '' OR customer_id = $only)
"""
DEEDS = """
    CREATE OR REPLACE TEMP TABLE asked_events AS
    SELECT events.* FROM product_events AS events
    SEMI JOIN asked_customers ON asked_customers.customer_id = events.customer_id
"""
ALLOW = """
    CREATE OR REPLACE TEMP TABLE allowed_products AS
    SELECT DISTINCT product_id FROM product_events
    WHERE NOT list_contains($banned::VARCHAR[], product_id)
"""
BLOCK = """
    CREATE OR REPLACE TEMP TABLE blocked_products AS
    SELECT DISTINCT customer_id, product_id, 'owned' AS rule FROM asked_events
    WHERE event = 'purchase' AND $is_owned
"""
FOUND = """
    SELECT customer_id, product_id, score, source_id, together, base, detail, is_fallback
    FROM candidates ORDER BY customer_id, score DESC, product_id
"""


def lay_out(
    store: Store, *, only: str = "", banned: Iterable[str] = (), is_owned: bool = True
) -> None:
    store.run(ASK, only=only, segment=None)
    store.run(DEEDS)
    store.run(ALLOW, banned=list(banned))
    store.run(BLOCK, is_owned=is_owned)
    scoring.open_candidates(store)


def for_you(
    store: Store,
    model_id: str,
    *,
    kept: int = 30,
    **rules: Any,  # noqa: ANN401
) -> list[tuple[Any, ...]]:
    with store.transaction():
        lay_out(store, **rules)
        find_sent_back(store)
        scoring.gather_histories(store, as_of=DAY)
        scoring.for_you(store, model_id, kept=kept)
        return store.read(FOUND)


def popular(store: Store, *, kept: int = 2, **rules: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    with store.transaction():
        lay_out(store, **rules)
        store.run("CREATE OR REPLACE TEMP TABLE wanting_customers AS FROM asked_customers")
        scoring.popular(store, "shop", kept=kept, as_of=DAY, is_fallback=True)
        return store.read(FOUND)


def model(store: Store, parameters: Similarity = EVERY_PAIR) -> str:
    return build_model(store, "shop", as_of=DAY, actor="mia", parameters=parameters)


def test_a_score_adds_up_what_the_customer_has_and_names_what_gave_most_of_it(
    store: Store,
) -> None:
    """By hand: half of x's (2 / sqrt(2) + 1 / sqrt(3)) / 4, and y's, which is more."""
    add_deeds(store, bought(ann="xz", ben="yz", cat="xyz", dan="xz"))
    add_deeds(store, [("eve", "x", "purchase", 180), ("eve", "y", "purchase", 0)])
    of_x = (2 / sqrt(2) + 1 / sqrt(3)) / sqrt(4 * 4)
    of_y = (1 / sqrt(2) + 1 / sqrt(3)) / sqrt(3 * 4)

    found = [row for row in for_you(store, model(store)) if row[0] == "eve"]

    assert [row[1:6] for row in found] == [
        ("z", pytest.approx(0.5 * of_x + of_y, abs=1e-5), "y", 2, 3)
    ]


def test_what_is_blocked_or_not_allowed_is_never_a_candidate(store: Store) -> None:
    rows = crowd()
    add_deeds(store, rows)
    owned = {(customer, product) for customer, product, *_ in rows}

    found = for_you(store, model(store, Similarity()), banned=["p001", "p002"])

    assert len(found) > 500
    assert not {row[:2] for row in found} & owned
    assert not {row[1] for row in found} & {"p001", "p002"}
    assert {row[1] for row in for_you(store, model(store, Similarity()))} & {"p001", "p002"}


def test_as_many_candidates_are_kept_as_may_be_the_best_ones(store: Store) -> None:
    add_deeds(store, crowd())
    model_id = model(store)
    every = [row[1] for row in for_you(store, model_id, only="c003", kept=100)]

    found = [row[1] for row in for_you(store, model_id, only="c003", kept=6)]

    assert len(every) > 6
    assert found == every[:6]


def test_one_customer_alone_is_given_what_all_together_are(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_deeds(store, crowd())
    model_id = model(store)
    together = for_you(store, model_id)

    alone = for_you(store, model_id, only="c011")
    monkeypatch.setattr(scoring, "_ROWS_AT_ONCE", 1_000)
    in_parts = for_you(store, model_id)

    assert alone == [row for row in together if row[0] == "c011"]
    assert in_parts == together


def test_a_product_that_was_sent_back_whole_leads_to_nothing(store: Store) -> None:
    add_deeds(store, bought(ann="xz", ben="xz", cat="x", dan="x"))
    add_deeds(store, [("dan", "x", "return", 0)])

    found = for_you(store, model(store))

    assert {row[0] for row in found} == {"cat"}


def test_a_view_counts_less_than_a_cart_and_that_less_than_a_purchase(store: Store) -> None:
    add_deeds(store, bought(ann="xz", ben="xz", cat="x"))
    add_deeds(store, [("dan", "x", "cart", 0), ("eve", "x", "view", 0)])

    found = {row[0]: row[2] for row in for_you(store, model(store))}

    assert found["dan"] == pytest.approx(0.6 * found["cat"])
    assert found["eve"] == pytest.approx(0.3 * found["cat"])


def test_what_is_popular_is_looked_for_in_the_country_and_then_everywhere(store: Store) -> None:
    """30 buyers make a country's shelf; in France most buy y, elsewhere x."""
    french = {f"f{number}": "y" for number in range(30)}
    british = {f"b{number}": "x" for number in range(40)}
    add_deeds(store, bought(**french), country="France")
    add_deeds(store, bought(**british), country="United Kingdom")
    add_deeds(store, bought(nina="z"), country="France")
    add_deeds(store, bought(olaf="z"), country="Norway")

    found = popular(store)

    of = {name: [row for row in found if row[0] == name] for name in ("nina", "olaf")}
    assert [(row[1], row[4], row[5], json.loads(row[6])["level"]) for row in of["nina"]] == [
        ("y", 30, 31, "country"), ("x", 40, 72, "all"),
    ]  # fmt: skip
    assert [(row[1], json.loads(row[6])["level"]) for row in of["olaf"]] == [
        ("x", "all"), ("y", "all"),
    ]  # fmt: skip
    assert all(row[7] for row in found)


def test_what_was_popular_a_year_ago_counts_only_where_nothing_was_since(store: Store) -> None:
    old = [(f"o{number}", "x", "purchase", 200) for number in range(9)]
    add_deeds(store, [*old, ("new", "y", "purchase", 3), ("late", "q", "view", 0)])

    assert [row[1] for row in popular(store, only="late")] == ["y"]

    store.run("DELETE FROM interactions WHERE customer_id IN ('new', 'late')")
    assert {row[1] for row in popular(store, is_owned=False)} == {"x"}
