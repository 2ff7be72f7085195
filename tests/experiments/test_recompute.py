from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import StateError
from personalization.experiments import recompute
from personalization.settings import Settings

if TYPE_CHECKING:
    from .conftest import Shop

TABLES = ("arm_statistics", "results", "verdicts", "result_days", "health_findings")


def filled(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 97)
    shop.store.run("UPDATE customers SET country = left(customer_id, 1), orders = 3, "
                   "total_spent = ascii(right(customer_id, 1)) / 7.0")  # fmt: skip
    shop.launched(holdout_weight=0.1)
    shop.respond("click", {"control": 20, "A": 22, "B": 60})
    shop.respond("conversion", {"control": 9, "A": 7, "holdout": 3}, value=12.34)


@pytest.mark.parametrize("days", [5, 15])
def test_every_stored_number_comes_out_again(shop: Shop, days: int) -> None:
    filled(shop)
    shop.measured(days=days)
    before = contents(shop)

    found = recompute(shop.later(40), Settings(), "spring-experiment")

    assert found.is_same
    assert found.n_rows > 100
    assert found.n_numbers > 3_000
    assert contents(shop) == before


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param("UPDATE results SET lift = lift + 0.001 WHERE metric = 'click' "
                     "AND segment = 'new' AND arm = 'B'", "results: click, new, B: lift",
                     id="a prettier lift"),
        pytest.param("UPDATE verdicts SET state = 'ship' WHERE segment = '' AND arm = 'A'",
                     "verdicts: A: state", id="another verdict"),
        pytest.param("UPDATE arm_statistics SET click = click + 1 WHERE attribute = 'country' "
                     "AND level = 'l' AND arm = 'A'", "arm_statistics: country, l, A: click",
                     id="one click more"),
        pytest.param("DELETE FROM result_days WHERE arm = 'C'",
                     "result_days: click, C, 2026-12-02", id="a day that is gone"),
    ],
)  # fmt: skip
def test_a_changed_number_is_named(shop: Shop, change: str, name: str) -> None:
    filled(shop)
    shop.measured()
    shop.store.run(change)

    found = recompute(shop.later(), Settings(), "spring-experiment")

    assert [one.name for one in found.differing] == [name]
    assert found.differing[0].stored != found.differing[0].found


def test_what_came_in_since_shows_as_a_difference(shop: Shop) -> None:
    filled(shop)
    shop.measured()
    shop.respond("click", {"A": 30}, happened_at="2026-12-03 10:00:00")

    found = recompute(shop.later(), Settings(), "spring-experiment")

    assert "results: click, A: mean_treatment" in {one.name for one in found.differing}


def test_before_a_measurement_there_is_nothing_to_compare_with(shop: Shop) -> None:
    filled(shop)

    with pytest.raises(StateError, match="measure the campaign first"):
        recompute(shop.store, Settings(), "spring-experiment")


def test_measuring_twice_writes_the_same_rows(shop: Shop) -> None:
    filled(shop)
    shop.measured()
    first = contents(shop)

    shop.measured()

    assert contents(shop) == first


def contents(shop: Shop) -> list[list[dict[str, object]]]:
    return [
        shop.store.records(f"SELECT * FROM {table} ORDER BY ALL")  # noqa: S608
        for table in TABLES
    ]
