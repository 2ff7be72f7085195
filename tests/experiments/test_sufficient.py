from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments.arm_samples import sample_of
from personalization.experiments.metrics import METRICS
from personalization.experiments.sufficient import (
    outcomes_at_hand,
    pre_period,
    statistics_of,
    statistics_parameters,
)

if TYPE_CHECKING:
    from .conftest import Shop

LAUNCH = datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001  as the store gives a TIMESTAMP

_BOUGHT = """
    INSERT INTO transactions
    SELECT 'base', NULL, customer_id, NULL, NULL, NULL, $quantity, $price, $amount, NULL, $at
    FROM customers WHERE customer_id LIKE $who
"""


def rows(shop: Shop, attribute: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = statistics_of(shop.store, "spring-experiment")
    return {(row["level"], row["arm"]): row for row in found if row["attribute"] == attribute}


def bought(
    shop: Shop, who: str, amount: float, when: str, *, quantity: float = 1, price: float = 1
) -> None:
    shop.store.run(_BOUGHT, who=who, amount=amount, at=when, quantity=quantity, price=price)


def prepared(shop: Shop, days: int) -> None:
    shop.store.run("UPDATE experiments SET pre_days = $days", days=days)


@pytest.mark.parametrize("attribute", ["segment", "country", "last order", "hobby (your column)"])
def test_the_levels_of_an_attribute_add_up_to_the_whole(shop: Shop, attribute: str) -> None:
    shop.segment("loyal", 240)
    shop.segment("new", 97)
    shop.store.run("UPDATE customers SET country = left(customer_id, 1), last_order_at = "
                   "TIMESTAMP '2026-01-01' + to_days(ascii(right(customer_id, 1)))")  # fmt: skip
    shop.store.run("INSERT INTO customer_attributes SELECT 'base', customer_id, 'hobby', "
                   "right(customer_id, 1) FROM customers WHERE customer_id LIKE '%1_'")  # fmt: skip
    shop.launched()
    shop.respond("click", {"control": 9, "A": 20})
    shop.respond("conversion", {"control": 9, "A": 5}, value=30.0)
    shop.measured()

    whole, parts = rows(shop, ""), rows(shop, attribute)

    for (_, arm), row in whole.items():
        levels = [part for (_, own), part in parts.items() if own == arm]
        for column in ("n", "open", "click", "conversion", "unsubscribe", "complaint", "buyers"):
            assert sum(level[column] for level in levels) == row[column]
        for metric in (METRICS["revenue"], METRICS["revenue_per_click"]):
            samples: list[Any] = [sample_of(metric, level) for level in levels]
            together, own = reduce(add, samples), sample_of(metric, row)
            assert together.mean == pytest.approx(own.mean)
            assert together.variance_of_mean == pytest.approx(own.variance_of_mean)


def test_own_columns_of_few_values_are_levels_and_of_many_numbers_are_thirds(shop: Shop) -> None:
    shop.segment("loyal", 300)
    add = "INSERT INTO customer_attributes SELECT 'base', customer_id, $name, {} FROM customers"
    for name, value in (
        ("hobby", "CASE WHEN right(customer_id, 1) < '5' THEN 'garden' ELSE 'kitchen' END"),
        ("miles", "substr(customer_id, 7)"),
        ("motto", "concat('I am ', customer_id)"),
        ("always", "'the same'"),
    ):
        shop.store.run(add.format(value), name=name)
    shop.launched()
    shop.measured()

    found = statistics_of(shop.store, "spring-experiment")

    own = {row["attribute"] for row in found if row["attribute"].endswith("(your column)")}
    assert own == {"hobby (your column)", "miles (your column)"}
    miles: dict[str, int] = {}
    for (level, _), row in rows(shop, "miles (your column)").items():
        miles[level] = miles.get(level, 0) + row["n"]
    assert miles == {"lowest": 100, "middle": 100, "highest": 100}


def test_no_more_than_eight_own_columns_are_read(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.store.run("INSERT INTO customer_attributes SELECT 'base', customer_id, "
                   "concat('column ', chr(97 + range::INTEGER)), right(customer_id, 1) "
                   "FROM customers, range(10)")  # fmt: skip
    shop.launched()
    shop.measured()

    found = statistics_of(shop.store, "spring-experiment")

    own = {row["attribute"] for row in found if row["attribute"].startswith("column")}
    assert own == {f"column {letter} (your column)" for letter in "abcdefgh"}


def test_the_pre_period_ends_with_the_launch_or_with_the_last_order_on_file() -> None:
    at = {"launched_at": LAUNCH, "pre_days": 90}

    recent = pre_period({**at, "last_order_at": datetime(2026, 12, 5, 8)})  # noqa: DTZ001
    old = pre_period({**at, "last_order_at": datetime(2011, 12, 9, 12, 50)})  # noqa: DTZ001

    assert recent == (datetime(2026, 9, 2, 9, 30), LAUNCH)  # noqa: DTZ001
    assert old == (datetime(2011, 9, 11), datetime(2011, 12, 10))  # noqa: DTZ001
    assert pre_period({**at, "last_order_at": None}) == (None, None)
    assert pre_period({**at, "pre_days": 0, "last_order_at": LAUNCH}) == (None, None)


def test_what_was_bought_before_counts_as_the_history_counts_it(shop: Shop) -> None:
    """Two bought, for 30 and 10; no refund, no sample, no old order and none after the launch."""
    shop.segment("loyal", 40, arms=("control", "A"))
    shop.launched(control_weight=0.5)
    prepared(shop, 30)
    bought(shop, "loyal-1", 30.0, "2026-11-20 10:00:00")
    bought(shop, "loyal-2", 10.0, "2026-11-01 10:00:00")
    bought(shop, "loyal-3", -30.0, "2026-11-20 10:00:00", quantity=-1)
    bought(shop, "loyal-4", 5.0, "2026-11-20 10:00:00", price=0)
    bought(shop, "loyal-5", 99.0, "2026-10-20 10:00:00")
    bought(shop, "loyal-6", 99.0, "2026-12-01 09:30:00")
    shop.measured()

    found = rows(shop, "").values()

    assert sum(row["n"] * row["pre_revenue"] for row in found) == pytest.approx(40.0)
    assert sum(row["n"] * row["pre_conversion"] for row in found) == pytest.approx(2.0)


def test_without_a_declared_pre_period_nothing_is_known_of_before(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    bought(shop, "loyal-1", 30.0, "2026-11-20 10:00:00")
    shop.measured()

    columns = ("pre_conversion", "pre_revenue", "conversion_pre", "revenue_pre", "capped_pre")
    assert {row[name] for row in rows(shop, "").values() for name in columns} == {None}


def test_amounts_keep_their_variance_however_large_they_are(shop: Shop) -> None:
    """Sums of squares at a mean of a billion would say 35,567 where the variance is below 1."""
    shop.segment("loyal", 40, arms=("control", "A"))
    shop.launched(control_weight=0.5)
    shop.store.run("INSERT INTO engagements SELECT experiment_id, customer_id, 'conversion', "
                   "1e9 + ascii(right(customer_id, 1)) / 10.0, TIMESTAMP '2026-12-02 10:00:00', "
                   "false FROM assignments")  # fmt: skip
    shop.measured()

    row = rows(shop, "")["", "A"]
    values = shop.store.read(
        "SELECT var_samp(ascii(right(customer_id, 1)) / 10.0) FROM assignments WHERE arm = 'A'"
    )
    assert row["revenue_variance"] == pytest.approx(values[0][0], rel=1e-6)
    assert row["click_revenue"] == 0.0


def test_capped_revenue_stands_beside_revenue_as_it_is(shop: Shop) -> None:
    shop.segment("loyal", 40, arms=("control", "A"))
    shop.launched(control_weight=0.5)
    shop.store.run("UPDATE experiments SET revenue_cap = 50")
    shop.respond("conversion", {"A": 2}, value=40.0)
    shop.respond("conversion", {"A": 1}, value=1_000.0, happened_at="2026-12-03 10:00:00")
    shop.measured()

    row = rows(shop, "")["", "A"]
    assert row["revenue"] == pytest.approx((40 + 1_040) / 20)
    assert row["revenue_capped"] == pytest.approx((40 + 50) / 20)
    assert row["buyers"] == 2
    assert "revenue_capped" in {m for (m,) in shop.store.read("SELECT metric FROM results")}


def test_the_parameters_of_the_statement_are_plain_values(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    prepared(shop, 30)

    assert statistics_parameters(shop.store, "spring-experiment") == {
        "experiment_id": "spring-experiment", "dataset_id": "base", "most_levels": 12,
        "pre_from": None, "pre_until": None,
    }  # fmt: skip


def test_outcomes_that_are_at_hand_are_those_of_the_view(shop: Shop) -> None:
    shop.segment("loyal", 60)
    experiment_id = shop.launched()
    shop.respond("click", {"control": 3, "A": 5})
    wanted = shop.store.read("SELECT * FROM outcomes ORDER BY customer_id")

    with shop.store.transaction(), outcomes_at_hand(shop.store, experiment_id):
        found = shop.store.read("SELECT * FROM outcomes ORDER BY customer_id")
        temporary = shop.store.read(
            "SELECT temporary FROM duckdb_tables() WHERE table_name = 'outcomes'"
        )

    assert found == wanted
    assert temporary == [(True,)]
    assert shop.store.read("SELECT * FROM outcomes ORDER BY customer_id") == wanted
