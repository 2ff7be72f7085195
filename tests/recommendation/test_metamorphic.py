"""What may not change a recommendation: the order of the rows, other names, or a stranger."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from personalization.recommendation import recommend
from personalization.settings import Settings
from tests.recommendation.deeds import DAY, add_deeds, crowd

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store
    from tests.recommendation.deeds import Deed

GIVEN = """
    SELECT customer_id, rank, product_id, score, strategy, source_id, together, base
    FROM recommendations WHERE run_id = $run_id ORDER BY customer_id, rank
"""
RULES = """
    INSERT INTO recommendation_policies (dataset_id, policy, note, saved_at, saved_by)
    VALUES ($dataset_id, $policy, 'for the test', now(), 'test')
"""


def given(
    store: Store, deeds: list[Deed], base: str, *, strategy: str, table: str = "cosine"
) -> list[tuple[Any, ...]]:
    add_deeds(store, deeds, base)
    policy = f'[products]\npriced_only = false\n[for_you]\ntable = "{table}"\n'
    store.run(RULES, dataset_id=base, policy=policy)
    run_id = recommend(store, Settings(), base, strategy=strategy, wanted=3, as_of=DAY, actor="mia")
    return store.read(GIVEN, run_id=run_id)


def shuffled(rows: list[Deed]) -> list[Deed]:
    return Random(1).sample(rows, len(rows))  # noqa: S311


def renamed(rows: list[Deed]) -> list[Deed]:
    """Other names in the same order, of another length."""
    return [(f"person-{c}", f"thing-{p}-1", event, days) for c, p, event, days in rows]


def with_strangers(rows: list[Deed]) -> list[Deed]:
    """Two customers who have nothing that anybody else has."""
    own = [(who, f"own{n}", "purchase", n) for who in ("aa", "zz") for n in range(5)]
    return rows + own


CHANGES: dict[str, Callable[[list[Deed]], list[Deed]]] = {
    "shuffled": shuffled, "renamed": renamed, "strangers": with_strangers,
}  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "table"), [("for_you", "cosine"), ("for_you", "ease"), ("bought_together", "")]
)
def test_order_names_and_strangers_change_nothing(store: Store, strategy: str, table: str) -> None:
    rows = crowd(48, 20)
    table = table or "cosine"
    plain = given(store, rows, "plain", strategy=strategy, table=table)

    found = {
        name: given(store, change(rows), name, strategy=strategy, table=table)
        for name, change in CHANGES.items()
    }

    assert len(plain) > 100
    assert found["shuffled"] == plain
    names = ("person-", "thing-", "-1")
    told = [tuple(_without(value, names) for value in row) for row in found["renamed"]]
    assert told == plain
    if table == "cosine" and strategy == "for_you":
        known = {customer for customer, *_ in rows}
        kept = [row for row in found["strangers"] if row[0] in known and row[4] == "for_you"]
        assert kept == [row for row in plain if row[4] == "for_you"]


def _without(value: object, parts: tuple[str, ...]) -> object:
    if isinstance(value, str):
        for part in parts:
            value = value.replace(part, "")
    return value


def test_one_file_or_two_come_to_the_same(store: Store) -> None:
    rows = crowd(48, 20)
    whole = given(store, rows, "whole", strategy="for_you")

    add_deeds(store, rows[100:], "halves")
    halves = given(store, rows[:100], "halves", strategy="for_you")

    assert halves == whole
