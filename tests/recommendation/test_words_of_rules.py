"""Rules are written by people: their words hold however the catalogue writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.recommendation import asking, rules
from personalization.recommendation.policy import read_policy
from tests.recommendation.shops import SHOP, lists, open_shop, product, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

BUYERS = [
    *((f"x{n}", "p1", "purchase", 10) for n in range(40)),
    *((f"x{n}", "p2", "purchase", 10) for n in range(5)),
]
ASKED = [*BUYERS, ("c1", "p3", "view", 1)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('never_categories = ["Süßwaren"]', ["p2"]),
        ('never_categories = [" süßwaren "]', ["p2"]),
        ('only_categories = ["Süßwaren"]', ["p1"]),
        ('never_tags = ["Fußball"]', ["p2"]),
        ('never = ["straße 1"]', ["p1", "p2"]),
        ('only = ["P1"]', ["p1"]),
    ],
)
def test_a_word_of_a_rule_is_read_as_the_catalogue_is(
    store: Store, rule: str, expected: list[str]
) -> None:
    products = [
        product("p1", category="Süßwaren", tags="neu, Fußball"),
        product("p2", category="mugs"),
        product("Straße 1", category="mugs"),
    ]
    bought = [(f"x{n}", "Straße 1", "purchase", 10) for n in range(10)]
    open_shop(store, products, [*ASKED, *bought])
    keep_out = "" if rule.startswith(("never = ", "only = ")) else 'never = ["STRAßE 1"]\n'
    use_policy(store, f"[products]\n{keep_out}{rule}\n")

    assert lists(store, "popular", wanted=3)["c1"] == expected


@pytest.mark.parametrize(("where", "expected"), [("not_in", ["p2"]), ("only_in", ["p1"])])
def test_a_gate_reads_a_country_as_the_customer_file_writes_it(
    store: Store, where: str, expected: list[str]
) -> None:
    people = {"c1": ("Weißrussland", 40)} | {f"x{n}": ("Frankreich", 40) for n in range(40)}
    open_shop(store, [product("p1", gate="knife"), product("p2")], ASKED, people=people)
    use_policy(store, f'[gates.knife]\n{where} = ["Weißrussland"]\n')

    assert lists(store, "popular", wanted=1)["c1"] == expected


def test_a_stock_that_is_no_number_is_no_stock(store: Store) -> None:
    open_shop(store, [product("p1", stock=float("nan")), product("p2", stock=3)], ASKED)

    assert lists(store, "popular")["c1"] == ["p2"]


NAMES = {
    "bad": ("[[FNAME]]", "Mug ${x}", "Mug {$name}", "#{name}", "Mug\u202egum", "Mug\u200b",
            "Mug\u2028x", "www.evil.example/buy", "WWW.evil.example", "ｈttp://evil", "HTTP://x"),
    "good": ("Mug & co", "Mug (set of 2), $5 off", "Becher, 30 % größer", "茶（緑）",
             "Chai #2 [red]"),
}  # fmt: skip


def test_a_name_that_a_tool_could_read_as_a_tag_or_a_link_is_not_shown(store: Store) -> None:
    named = [*NAMES["bad"], *NAMES["good"]]
    products = [product(f"p{n}", category=f"f{n}") | {"name": name} for n, name in enumerate(named)]
    open_shop(store, products, [("x", f"p{n}", "purchase", 10) for n in range(len(named))])
    with store.transaction():
        asking.open_catalogue(store, SHOP)
        rules.exclude_products(store, read_policy())
        found = store.read("SELECT product_id FROM excluded_products WHERE rule = 'name'")

    assert {row[0] for row in found} == {f"p{n}" for n in range(len(NAMES["bad"]))}
