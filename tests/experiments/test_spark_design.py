"""What a plan and a holdout read of customers runs on Spark as it stands, and says the same."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments import start_holdout
from personalization.experiments.assignment import _ASSIGN, _HOLD_OUT
from personalization.experiments.audience import _WATERFALL
from personalization.experiments.expectations import _FORESIGHT, _ORDERS, _windows
from personalization.experiments.holdout_effect import _OUTCOMES
from personalization.store import open_store

from .conftest import NOW, Shop
from .sparked import on_spark, session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

pyspark_sql = pytest.importorskip("pyspark.sql")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")

TABLES = ("campaigns", "customers", "segment_members", "suppressions", "global_holdouts",
          "consents", "imports", "jurisdictions", "jurisdiction_names", "jurisdiction_rules",
          "held_out", "transactions", "experiments", "arms", "assignments",
          "engagements", "product_plans", "product_sets")  # fmt: skip
KEY = {"experiment_id": "spring-experiment", "campaign_id": "spring", "dataset_id": "base"}
_ORDERED = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT 'base', CASE WHEN range % 9 <> 0 THEN concat('o', range) END,
           concat('loyal-', range * 7 % 110), CASE WHEN range % 11 = 0 THEN -1 ELSE 1 END,
           20 + range % 31, CASE WHEN range % 11 = 0 THEN -5 ELSE 20 + range % 31 END,
           TIMESTAMP '2026-12-20 08:00:00' - to_hours(CAST(range * 29 % 2400 AS INTEGER))
    FROM range(400)
"""


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    """A campaign launched under a holdout, with orders before and after, and late comers."""
    opened = open_store(clock=lambda: NOW)
    shop = Shop(opened).begun()
    shop.segment("loyal", 120)
    shop.segment("new", 61, arms=("control", "A"))
    start_holdout(opened, share=0.2, actor="ada", reason="To see.", salt="pepper")
    shop.launched()
    shop.respond("conversion", {"control": 9, "A": 12}, value=25.5)
    opened.run(_ORDERED)
    opened.run("INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
               "SELECT 'newer', customer_id, email, true FROM customers")  # fmt: skip
    opened.run("INSERT INTO transactions SELECT 'newer', * EXCLUDE dataset_id FROM transactions "
               "WHERE order_id IS NOT NULL")  # fmt: skip
    shop.newcomers("loyal", "late", 40)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spark(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One local session, with the tables as Parquet and the view as the schema states it."""
    folder = tmp_path_factory.mktemp("tables")
    with session_of(filled, folder, tables=TABLES, views=("mailability", "audience")) as session:
        yield session


def on_both(filled: Store, spark: Any, sql: str, **key: object) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    """Run the statement's own text on either."""
    return filled.read(sql, **key), on_spark(spark, sql, **key)


def test_the_same_people_are_kept_out(filled: Store, spark: Any) -> None:  # noqa: ANN401
    ours, theirs = on_both(filled, spark, _WATERFALL, campaign_id="spring")

    assert theirs == ours
    assert dict(ours)["global holdout"] > 20


@pytest.mark.parametrize("statement", [_ASSIGN, _HOLD_OUT], ids=["assigned", "held out"])
@pytest.mark.parametrize("before", [" WHERE false", ""], ids=["everybody", "late comers"])
def test_the_same_people_get_an_arm_and_are_noted_as_held_out(
    filled: Store,
    spark: Any,  # noqa: ANN401
    statement: str,
    before: str,
) -> None:
    text = statement[statement.index("WITH ") :].replace("held_out AS before", "held_out")
    text = text.replace("before.", "held_out.")
    for table in ("assignments", "held_out"):
        known = f"FROM (SELECT * FROM {table}{before}) AS {table}"  # noqa: S608
        text = text.replace(f"FROM {table}\n", f"{known}\n")
    own = {"salt": "seed:arms"} if statement is _ASSIGN else {"holdout_id": "holdout-1"}

    ours, theirs = on_both(filled, spark, text, **KEY, **own)

    assert sorted(row[:4] for row in theirs) == sorted(row[:4] for row in ours)
    least = {_ASSIGN: (20, 100), _HOLD_OUT: (5, 25)}[statement][bool(before)]
    assert len(ours) >= least


@pytest.mark.parametrize("cap", [1e300, 35.0], ids=["as they are", "capped"])
def test_order_values_are_the_same(filled: Store, spark: Any, cap: float) -> None:  # noqa: ANN401
    ours, theirs = on_both(filled, spark, _ORDERS, dataset_id="base", cap=cap)

    assert theirs[0] == pytest.approx(ours[0], rel=1e-12)
    assert ours[0][0] > 200


def test_foresight_is_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    windows = _windows(
        datetime.fromisoformat("2026-12-20T08:00:00"), date(2026, 12, 1),
        timedelta(days=15), timedelta(days=60),
    )  # fmt: skip
    ours, theirs = on_both(
        filled, spark, _FORESIGHT, campaign_id="spring", dataset_id="base", cap=100.0, **windows
    )

    assert theirs[0] == pytest.approx(ours[0], rel=1e-9)
    assert ours[0][0] > 10


def test_what_mailing_brings_is_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    ours, theirs = on_both(filled, spark, _OUTCOMES, holdout_id="holdout-1")

    assert [row[0] for row in ours] == ["held out", "mailed"]
    for own, other in zip(ours, theirs, strict=True):
        assert other[0] == own[0]
        assert other[1:] == pytest.approx(own[1:], rel=1e-9)
    assert ours[1][2] > 0
