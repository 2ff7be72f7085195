from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from personalization import recommendation
from personalization.domain import STRATEGIES
from personalization.errors import InputError
from personalization.recommendation import running
from personalization.recommendation.content_similarity import (
    content_model,
    pairs_of,
    traits_in_common,
    traits_of,
)
from personalization.recommendation.strategies import find_candidates
from personalization.settings import Settings
from personalization.store import open_store
from tests.recommendation.shops import (
    SHOP,
    TODAY,
    busy_shop,
    lists,
    open_shop,
    product,
    use_policy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from personalization.store import Store

FORBIDDEN = """
    SELECT count(*), count(*) FILTER (
        WHERE product_id NOT IN (SELECT product_id FROM allowed_products)
           OR (customer_id, product_id) IN (SELECT (customer_id, product_id) FROM blocked_products))
    FROM candidates
"""


@pytest.fixture(scope="module")
def busy() -> Iterator[Store]:
    """A shop with a run of every strategy over all its customers."""
    opened = open_store()
    busy_shop(opened)
    for strategy in STRATEGIES:
        recommendation.recommend(
            opened, Settings(), SHOP, strategy=strategy, wanted=3, actor="mia", as_of=TODAY
        )
    yield opened
    opened.close()


def run_of(store: Store, strategy: str) -> str:
    return str(store.read("SELECT run_id FROM recommendation_runs WHERE strategy = $strategy",
                          strategy=strategy)[0][0])  # fmt: skip


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_counts_of_every_reason_follow_from_the_events(busy: Store, strategy: str) -> None:
    recount = recommendation.recount_run(busy, run_of(busy, strategy))

    own = busy.read(
        "SELECT count(*) FROM recommendations WHERE run_id = $run_id AND strategy = $strategy",
        run_id=run_of(busy, strategy), strategy=strategy,
    )[0][0]  # fmt: skip
    assert own > 0
    assert recount.checked > 0
    assert recount.differing == ()


def test_a_reason_that_was_made_up_is_found_out(store: Store) -> None:
    busy_shop(store, customers=40)
    run_id = recommendation.recommend(
        store, Settings(), SHOP, strategy="for_you", wanted=2, actor="mia"
    )
    store.run("UPDATE recommendations SET together = together + 1 WHERE strategy = 'for_you'")

    recount = recommendation.recount_run(store, run_id)

    assert recount.differing
    assert all(said != counted for *_, said, counted in recount.differing)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_so_much_as_considers_what_a_rule_keeps_out(busy: Store, strategy: str) -> None:
    policy = recommendation.read_policy(
        '[products]\nnever_categories = ["bags"]\nnever = ["p02", "p07"]'
    )
    with busy.transaction():
        search, _ = running.open_run(
            busy, SHOP, policy, recommendation.EVERYBODY, strategy=strategy, wanted=3, as_of=TODAY,
            actor="mia",
        )  # fmt: skip
        for _ in running.batches(busy, search):
            find_candidates(busy, strategy, search)
            candidates, forbidden = busy.read(FORBIDDEN)[0]

    assert candidates > 0
    assert forbidden == 0


def test_a_shelf_shows_a_customer_what_a_run_would_give(busy: Store) -> None:
    found = recommendation.explain_customer(busy, SHOP, "c010", wanted=3, as_of=TODAY)

    for shelf in found.shelves:
        given = busy.read(
            "SELECT product_id FROM recommendations WHERE run_id = $run_id "
            "AND customer_id = 'c010' ORDER BY rank", run_id=run_of(busy, shelf.strategy),
        )  # fmt: skip
        assert [card.product_id for card in shelf.cards] == [one for (one,) in given]
        assert all(card.reason.endswith(".") for card in shelf.cards)
        assert bool(shelf.shortfall) == (len(shelf.cards) < 3)
    assert found.history[0]["last_at"] == max(row["last_at"] for row in found.history)


def test_what_they_buy_again_stands_on_no_other_shelf(store: Store) -> None:
    """No product is marked as used up, so that the habit alone lifts the rule, for one shelf."""
    habit = [("ann", "tea", "purchase", day) for day in (31, 61, 91)]
    done = [(f"x{n:02}", item, "purchase", 1) for n in range(30) for item in ("tea", "mug")]
    open_shop(store, [product("tea"), product("mug")], [*habit, ("ann", "tea", "cart", 2), *done])

    found = recommendation.explain_customer(store, SHOP, "ann", wanted=2)

    shown = {shelf.strategy: [card.product_id for card in shelf.cards] for shelf in found.shelves}
    assert shown == {name: lists(store, name).get("ann", []) for name in STRATEGIES}
    assert [name for name, items in shown.items() if "tea" in items] == ["buy_again"]
    assert recommendation.why_not(store, SHOP, "ann", "tea") == ("bought already",)


def test_a_shelf_without_anything_of_its_own_says_why(store: Store) -> None:
    done = [(f"x{n:02}", "tea", "purchase", 1) for n in range(30)]
    people = dict.fromkeys([name for name, *_ in done] + ["ann", "ben", "cat"], ("Italy", 40))
    own = [("ann", "mug", "purchase", 40), ("ben", "mug", "view", 40)]
    open_shop(store, [product("tea"), product("mug")], [*done, *own], people)

    said = {
        name: {shelf.strategy: (shelf.nothing, shelf.has_own) for shelf in
               recommendation.explain_customer(store, SHOP, name, wanted=1).shelves}
        for name in ("ann", "ben", "cat")
    }  # fmt: skip

    assert said["ann"]["buy_again"] == ("Nothing that they buy again and again is due.", False)
    assert said["ben"]["buy_again"] == ("They have bought nothing yet.", False)
    assert {words for words, _ in said["cat"].values()} == {
        "Nothing is known of what they bought or looked at.", "",
    }  # fmt: skip
    assert {told["popular"] for told in said.values()} == {("", True)}


def test_where_nobody_bought_anything_no_reason_says_so(store: Store) -> None:
    looks = [(f"x{n:02}", item, "view", 10) for n in range(40) for item in ("tea", "mug", "jug")]
    open_shop(store, [product("tea"), product("mug"), product("jug")],
              [*looks, ("ann", "jug", "view", 0)])  # fmt: skip
    use_policy(store, '[customers]\nowned = "allowed"\n')

    found = recommendation.explain_customer(store, SHOP, "ann", wanted=2)
    shelf = recommendation.shelf_for(store, SHOP, strategy="popular", wanted=2)

    cards = [card for each in (*found.shelves, shelf) for card in each.cards]
    reasons = {card.strategy: card.reason for card in cards}
    assert {"for_you", "popular"} <= reasons.keys()
    assert "looked at" in reasons["for_you"]
    assert "in their country looked at it in the last 90 days" in reasons["popular"]
    assert not [
        card.reason for card in cards if "bought it" in card.reason or "have" in card.reason
    ]


def test_a_group_is_shown_what_falls_to_most_of_it(busy: Store) -> None:
    shelf = recommendation.shelf_for(busy, SHOP, strategy="for_you", wanted=3, as_of=TODAY)

    counted = busy.read(
        "SELECT product_id, count(*) AS n FROM recommendations WHERE run_id = $run_id "
        "GROUP BY product_id ORDER BY n DESC, product_id LIMIT 12", run_id=run_of(busy, "for_you"),
    )  # fmt: skip
    assert [(card.product_id, card.customers) for card in shelf.cards] == counted
    assert (shelf.customers, shelf.filled) == (120, 120)


def test_what_a_rule_keeps_from_a_customer_is_named_with_the_rule(store: Store) -> None:
    shelf = [product("mug"), product("cup", stock=0.0), product("gin", gate="age_18"),
             product("red", variant_group="g"), product("tin", variant_group="g")]  # fmt: skip
    done = [(name, row["product_id"], "purchase", 1) for name in "bcde" for row in shelf]
    open_shop(store, shelf, [*done, ("a", "mug", "purchase", 30), ("a", "red", "purchase", 20)],
              dict.fromkeys("bcde", ("France", 40)) | {"a": ("France", None)})  # fmt: skip

    found = recommendation.explain_customer(store, SHOP, "a", shown=("for_you", "popular"))

    assert {one.product_id: one.rules for one in found.excluded} == {
        "cup": ("out_of_stock",), "gin": ("gate",), "tin": ("sibling",), "mug": ("owned",),
        "red": ("owned",),
    }  # fmt: skip
    assert found.shelves[0].cards == ()
    assert "bought already" in found.shelves[0].shortfall
    assert recommendation.why_not(store, SHOP, "a", "gin") == (
        "behind a gate that this customer is not known to meet",
    )
    assert recommendation.why_not(store, SHOP, "b", "gin") == (
        "bought a few days ago",
        "bought already",
    )
    assert any("margin" not in note and "used up" in note for note in found.notes)


@pytest.mark.parametrize(
    ("customer_id", "product_id", "words"),
    [
        pytest.param("zoe", "mug", "'zoe' is not in this customer base", id="a stranger"),
        pytest.param("ann", "jug", "no product 'jug'", id="an unknown product"),
    ],
)
def test_what_is_unknown_cannot_be_explained(
    store: Store, customer_id: str, product_id: str, words: str
) -> None:
    open_shop(store, [product("mug")], [("ann", "mug", "view", 1)])

    with pytest.raises(InputError, match=words):
        recommendation.why_not(store, SHOP, customer_id, product_id)


def test_a_draft_of_the_rules_shows_whom_and_what_it_changes(busy: Store) -> None:
    draft = '[products]\nnever_categories = ["mugs"]'

    trial = recommendation.try_policy(busy, SHOP, draft, wanted=3, sample=50, actor="mia")

    assert (trial.products, trial.allowed_now, trial.allowed_then) == (40, 40, 30)
    assert (trial.out_now, trial.out_then) == ({}, {"never_category": 10})
    assert trial.newly_out[0] == ("p00", "The p00")
    assert trial.newly_in == ()
    assert trial.customers == 50
    assert 0 < trial.changed <= 50
    assert recommendation.policy_of(busy, SHOP).overlay == ""


def test_nothing_changes_under_the_same_rules(busy: Store) -> None:
    trial = recommendation.try_policy(busy, SHOP, "[products]", wanted=3, sample=30, actor="mia")

    assert trial.changed == 0
    assert trial.short_now == trial.short_then


def test_neither_the_order_of_the_rows_nor_a_stranger_changes_anything(store: Store) -> None:
    busy_shop(store, customers=25)
    before = {name: lists(store, name, as_of=TODAY) for name in ("similar", "upsell", "abandoned")}
    with store.transaction():
        for table in ("interactions", "products", "item_similarities"):
            store.run(f"CREATE TEMP TABLE shuffled AS FROM {table} ORDER BY md5({table}::VARCHAR)")
            store.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            store.run(f"INSERT INTO {table} FROM shuffled")
            store.run("DROP TABLE shuffled")
    store.run("INSERT INTO customers (dataset_id, customer_id, consent_email) "
              "VALUES ('shop', 'stranger', true)")  # fmt: skip

    after = {name: lists(store, name, as_of=TODAY) for name in before}

    for name in before:
        after[name].pop("stranger", None)
    assert after == before


class Tongue:
    """An encoder for whom a mug and a cup are the same thing."""

    model_id = "tongue"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one axis for drinking vessels and one for the rest."""
        return np.array(
            [[1, 0] if "mug" in text or "cup" in text else [0, 1] for text in texts],
            dtype=np.float32,
        )


def catalogue(**facts: list[object]) -> pd.DataFrame:
    n = len(facts["name"])
    none = {"product_id": [f"p{i}" for i in range(n)], "description": [""] * n, "path": [""] * n,
            "attributes": ["{}"] * n, "tags": [""] * n, "price": [np.nan] * n}  # fmt: skip
    return pd.DataFrame(none | facts)


def likeness(frame: pd.DataFrame, **said: object) -> dict[tuple[str, str], float]:
    pairs = pairs_of(traits_of(frame, said.get("encoder")))  # type: ignore[arg-type]
    rows = pairs[["source_id", "target_id", "score"]].itertuples(index=False, name=None)
    return {(str(source), str(target)): round(float(score), 3) for source, target, score in rows}


def test_likeness_is_the_weighted_mean_of_what_both_products_tell() -> None:
    """By hand: words .4 of 1, family .3 of 2/3, traits .2 of 1/3, price .1 of 5/10: .717 of 1."""
    told = {"colour": "red", "set": 2}
    frame = catalogue(
        name=["a mug", "a cup"], path=["Home > Drink > Mugs", "Home > Drink > Cups"],
        attributes=[json.dumps(told), json.dumps(told | {"set": 3})],
        price=[5.0, 10.0],
    )  # fmt: skip

    found = likeness(frame, encoder=Tongue())

    assert found["p0", "p1"] == round(0.4 + 0.3 * 2 / 3 + 0.2 / 3 + 0.1 * 0.5, 3)
    assert found["p0", "p1"] == found["p1", "p0"]


def test_what_a_product_does_not_tell_does_not_count_against_it() -> None:
    found = likeness(catalogue(name=["mug", "cup"]), encoder=Tongue())

    assert found["p0", "p1"] == 1.0


def test_without_an_encoder_words_are_compared_by_their_terms() -> None:
    found = likeness(catalogue(name=["tin mug", "tin mug red", "spade"]))

    assert found["p0", "p1"] > 0.5
    assert ("p2", "p0") not in found


def test_the_meaning_of_words_is_kept_until_the_catalogue_changes(store: Store) -> None:
    open_shop(store, [product("mug"), product("cup")], [("ann", "mug", "view", 1)])
    by_meaning = content_model(store, SHOP, encoder=Tongue(), actor="mia")

    assert content_model(store, SHOP, actor="mia") == by_meaning
    store.run("UPDATE products SET price = 11 WHERE product_id = 'cup'")
    assert content_model(store, SHOP, actor="mia") != by_meaning
    assert traits_in_common(store, SHOP, [("mug", "cup")]) == {("mug", "cup"): (1, 1)}


@pytest.mark.parametrize(
    ("strategy", "told", "words"),
    [
        pytest.param("for_you", {"together": 31, "base": 88},
                     "31 of 88 customers with Tea have it too.", id="for you"),
        pytest.param("for_you", {"together": 0, "base": 8},
                     "Goes with Tea, by what customers have beside it.", id="never together"),
        pytest.param("bought_together", {"together": 3, "base": 9, "detail": {"lift": 2.5}},
                     "3 of 9 orders with Tea had it too: 2.5 times as often as by chance.",
                     id="bought together"),
        pytest.param("upsell",
                     {"together": 3, "base": 9, "detail": {"more": 1.5}, "currency": "GBP"},
                     "A step up from Tea, £1.50 more; 3 of 9 buyers of the family bought it.",
                     id="upsell"),
        pytest.param("upsell",
                     {"together": 3, "base": 9, "detail": {"more": 1500.0}, "currency": "SEK"},
                     "A step up from Tea, SEK 1,500.00 more; 3 of 9 buyers of the family bought "
                     "it.", id="upsell in a currency without a sign"),
        pytest.param("upsell", {"together": 3, "base": 9, "detail": {"more": 0.13}},
                     "A step up from Tea, 0.13 more; 3 of 9 buyers of the family bought it.",
                     id="upsell in no known currency"),
        pytest.param("buy_again",
                     {"together": 4, "detail": {"interval_days": 1, "days_since": 45}},
                     "Bought on 4 days, every day as a rule; the last time was 45 days ago.",
                     id="buy again"),
        pytest.param("abandoned", {"together": 1, "detail": {"event": "cart", "on": "2026-05-03"}},
                     "Put in the cart, last on 3 May 2026, and not bought.", id="abandoned"),
        pytest.param("popular",
                     {"together": 9, "base": 120, "detail": {"level": "country", "days": 90}},
                     "Popular: 9 of 120 customers in their country bought it in the last 90 days.",
                     id="popular"),
    ],
)  # fmt: skip
def test_a_reason_is_told_in_one_sentence(
    strategy: str, told: dict[str, object], words: str
) -> None:
    assert recommendation.reason_words(strategy, source_name="Tea", **told) == words  # type: ignore[arg-type]


def test_what_is_popular_is_looked_for_in_the_segment_first(store: Store) -> None:
    """Thirty buyers make a shelf: those of the segment had pens, all others mugs."""
    shelf = [product("mug"), product("pen", category="office")]
    done = [(f"s{n:02}", "pen", "purchase", 9) for n in range(30)]
    done += [(f"o{n:02}", "mug", "purchase", 9) for n in range(40)]
    open_shop(store, shelf, [*done, ("ann", "mug", "view", 1), ("ben", "mug", "view", 1)])
    store.run("INSERT INTO campaigns VALUES ('k', 'K', 'shop', NULL, '{}', DATE '2026-06-01', "
              "'en-GB', 's', $now, 'mia', 'k')", now=store.now())  # fmt: skip
    store.run("INSERT INTO segmentations VALUES ('k', 'rfm', '{}', '{}', DATE '2026-06-01', $now)",
              now=store.now())  # fmt: skip
    store.run("INSERT INTO segment_members SELECT 'k', 'loyal', customer_id FROM customers "
              "WHERE customer_id < 'b' OR customer_id LIKE 's%'")  # fmt: skip

    found = lists(store, "popular", wanted=1)

    assert (found["ann"], found["ben"]) == (["pen"], ["mug"])
    ((run_id, ground),) = store.read("SELECT run_id, model_ids FROM recommendation_runs")
    assert json.loads(ground) == {"segments": "k"}
    assert recommendation.recount_run(store, run_id).differing == ()
