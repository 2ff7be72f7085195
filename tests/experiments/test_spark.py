"""The statements that touch customers run on Spark as they stand, and say the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments.assignment import _ASSIGN, assign_arms
from personalization.experiments.audience import _ELIGIBLE, _WATERFALL
from personalization.experiments.balance import COVARIATES
from personalization.experiments.sufficient import STATISTICS, statistics_parameters
from personalization.experiments.timeline import DAYS
from personalization.learning.choosing import FOLDS
from personalization.learning.joint_counts import JOINT_COUNTS, count_jointly, places_of
from personalization.learning.thirds import BOUNDS
from personalization.safety import keep_consent_law, read_policy
from personalization.store import open_store

from .conftest import NOW, Shop
from .sparked import on_spark, session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

pyspark_sql = pytest.importorskip("pyspark.sql")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark runs on Java")

TABLES = ("campaigns", "customers", "customer_attributes", "segment_members", "suppressions",
          "consents", "imports", "jurisdictions", "jurisdiction_names", "jurisdiction_rules",
          "global_holdouts", "held_out",
          "transactions", "experiments", "arms", "assignments", "deliveries",
          "engagements", "product_plans", "product_sets")  # fmt: skip
VIEWS = ("mailability", "audience", "participants", "counted_events", "outcomes")
EVENTS = (("open", 20, 0.0), ("click", 9, 0.0), ("conversion", 6, 25.5), ("unsubscribe", 2, 0.0),
          ("complaint", 1, 0.0))  # fmt: skip


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    """A launched campaign with newcomers, an address twice, an objection and a holdout."""
    opened = open_store(clock=lambda: NOW)
    shop = Shop(opened).begun()
    shop.segment("loyal", 120)
    shop.segment("new", 61, arms=("control", "A"))
    opened.run("UPDATE customers SET "
              "country = CASE WHEN customer_id < 'loyal-5' THEN 'France' END, "
              "orders = length(customer_id) + ascii(right(customer_id, 1)) - 48, "
              "total_spent = 10.5 * ascii(right(customer_id, 1)), "
              "last_order_at = CASE WHEN right(customer_id, 1) <> '3' "
              "THEN TIMESTAMP '2026-01-01' + to_days(length(customer_id)) END")  # fmt: skip
    opened.run("UPDATE customers SET email = 'loyal1@example.com' WHERE customer_id = 'loyal-77'")
    opened.run("UPDATE customers SET consent_email = false WHERE customer_id = 'new-7'")
    opened.run("INSERT INTO suppressions VALUES ('base', 'loyal-9', NULL, 'unsubscribed', $now)",
              now=opened.now())  # fmt: skip
    opened.run(
        "INSERT INTO customer_attributes SELECT 'base', customer_id, 'hobby', "
        "CASE WHEN right(customer_id, 1) < '5' THEN 'garden' ELSE 'kitchen' END FROM customers"
    )
    opened.run(
        "INSERT INTO customer_attributes SELECT 'base', customer_id, 'miles', "
        "CAST(7 * length(customer_id) + ascii(right(customer_id, 1)) * 1.5 AS VARCHAR) "
        "FROM customers WHERE right(customer_id, 1) <> '6'"
    )
    opened.run(
        "INSERT INTO transactions SELECT 'base', NULL, customer_id, NULL, NULL, NULL, 1, 1, "
        "11.25 * ascii(right(customer_id, 1)), NULL, TIMESTAMP '2026-11-20 12:00:00' "
        "FROM customers WHERE right(customer_id, 1) > '3'"
    )
    experiment_id = shop.launched(holdout_weight=0.1)
    opened.run("UPDATE experiments SET revenue_cap = 30, pre_days = 60, "
              "analysis_on = DATE '2026-12-15'")  # fmt: skip
    shop.respond("delivered", {"A": 12}, happened_at="2026-12-02 09:59:52")
    shop.respond("click", {"C": 5}, happened_at="2026-12-16 00:00:00")
    for event, n, value in EVENTS:
        shop.respond(event, {"control": n, "A": n + 3, "holdout": n // 3}, value=value)
    shop.respond("click", {"B": 4}, happened_at="2026-11-30 08:00:00")
    shop.newcomers("loyal", "late", 40)
    shop.newcomers("other", "later", 5)
    assert assign_arms(opened, experiment_id, actor="ada") == 40
    shop.newcomers("loyal", "latest", 60)
    agree(opened)
    yield opened
    opened.close()


def agree(store: Store) -> None:
    """Put records of consent of every kind into the register, under the law of the policy."""
    keep_consent_law(store, read_policy())
    store.run("UPDATE customers SET country = 'Germany' WHERE customer_id LIKE 'loyal-1%'")
    store.run("UPDATE customers SET country = 'Canada', consent_email = false "
              "WHERE customer_id LIKE 'loyal-2%'")  # fmt: skip
    store.run(
        """
        INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, confirmed_at, expires_on,
                              imported_by, imported_at)
        SELECT 'base', customer_id,
               ['express', 'double_opt_in', 'implied_purchase', 'implied_enquiry', 'withdrawn',
                'soft_opt_in'][1 + turn],
               TIMESTAMPTZ '2024-10-31 23:30:00+00' + to_days(20 * (turn + length(customer_id))),
               CASE WHEN right(customer_id, 1) < '7'
                    THEN TIMESTAMPTZ '2026-01-01 00:00:00+00' END,
               CASE WHEN right(customer_id, 1) = '2' THEN DATE '2026-11-01' END, 'ada', now()
        FROM customers, unnest([0, 1, 2, 3, 4, 5]) AS turns(turn)
        WHERE customer_id LIKE 'loyal%' AND (ascii(right(customer_id, 1)) + turn) % 3 = 0
        """
    )


MAILABILITY = """
    SELECT customer_id, jurisdiction, basis, recorded_on, expires_on, is_mailable, reason
    FROM mailability WHERE campaign_id = $campaign_id ORDER BY customer_id
"""
REASONS = """
    SELECT customer_id, bucket, reason, also FROM audience WHERE campaign_id = $campaign_id
    ORDER BY customer_id
"""


@pytest.fixture(scope="module")
def spark(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One local session, with the tables as Parquet and the views as the schema states them."""
    folder = tmp_path_factory.mktemp("tables")
    with session_of(filled, folder, tables=TABLES, views=VIEWS) as session:
        yield session


@pytest.mark.parametrize("sql", [_WATERFALL, _ELIGIBLE], ids=["waterfall", "eligible"])
def test_the_audience_is_the_same(filled: Store, spark: Any, sql: str) -> None:  # noqa: ANN401
    expected = filled.read(sql, campaign_id="spring")

    assert on_spark(spark, sql, campaign_id="spring") == expected
    assert len(expected) > 1


@pytest.mark.parametrize("sql", [MAILABILITY, REASONS], ids=["consent", "reasons"])
def test_who_may_be_written_to_and_why_is_the_same(filled: Store, spark: Any, sql: str) -> None:  # noqa: ANN401
    expected = filled.read(sql, campaign_id="spring")

    assert on_spark(spark, sql, campaign_id="spring") == expected
    assert len({row[-2] if sql == REASONS else row[-1] for row in expected}) > 5


def test_everybody_gets_the_same_arm(filled: Store, spark: Any) -> None:  # noqa: ANN401
    """The newcomers by their hash; then, with no assignments yet, everybody by their place."""
    key = {"experiment_id": "spring-experiment", "campaign_id": "spring", "dataset_id": "base",
           "salt": "seed:arms"}  # fmt: skip
    select = _ASSIGN[_ASSIGN.index("WITH entered") :]

    for table in ("assignments", "(SELECT * FROM assignments WHERE false)"):
        text = select.replace("FROM assignments", f"FROM {table} AS assignments")
        expected = sorted(filled.read(text, **key))
        found = sorted(on_spark(spark, text, **key))
        assert [row[:4] + row[5:] for row in found] == [row[:4] + row[5:] for row in expected]
        assert [row[4] for row in found] == pytest.approx([row[4] for row in expected])
        assert len(expected) >= 60


def test_sufficient_statistics_are_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    """Counts to the customer, means and variances to the ninth digit, in every row."""
    parameters = statistics_parameters(filled, "spring-experiment")
    expected = filled.read(STATISTICS, **parameters)

    found = on_spark(spark, STATISTICS, **parameters)

    assert [row[:9] for row in found] == [row[:9] for row in expected]
    for ours, theirs in zip(expected, found, strict=True):
        assert [value is None for value in theirs] == [value is None for value in ours]
        known = [value for value in theirs[9:] if value is not None]
        assert known == pytest.approx([v for v in ours[9:] if v is not None], rel=1e-9, abs=1e-12)
    assert {row[0] for row in expected} == {
        "", "country", "favourite category", "hobby (your column)", "last order",
        "miles (your column)", "number of orders", "segment", "spend", "tier",
    }  # fmt: skip
    assert all(row[-1] is not None for row in expected if row[3] > 1)


def test_what_was_known_before_the_launch_is_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    key = {"experiment_id": "spring-experiment", "dataset_id": "base"}
    expected = filled.read(COVARIATES, **key)

    found = on_spark(spark, COVARIATES, **key)

    for ours, theirs in zip(expected, found, strict=True):
        assert theirs[:5] == ours[:5]
        assert theirs[5:] == pytest.approx(ours[5:], rel=1e-9)
    assert sum(row[3] - row[2] for row in expected if not row[0]) > 0  # some clicks are machines'


def test_counts_by_all_attributes_at_once_are_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    parameters = statistics_parameters(filled, "spring-experiment")
    shown: dict[str, dict[str, str]] = {}
    for attribute, level, *_ in filled.read(STATISTICS, **parameters):
        if attribute:
            shown.setdefault(attribute, {})[level] = level
    key = {"experiment_id": "spring-experiment", "dataset_id": "base"}
    expected = count_jointly(
        filled, key["experiment_id"], key["dataset_id"], shown, n_arms=5, n_customers=281
    ).rows

    places = places_of(shown, 2**62)
    spark.createDataFrame(
        places, "attribute string, level string, step bigint"
    ).createOrReplaceTempView("joint_places")
    found = on_spark(spark, JOINT_COUNTS, **key, most_levels=12)

    assert [row[:5] for row in found] == [
        (row["combination"], row["arm"], row["n"], row["click"], row["conversion"])
        for row in expected
    ]
    assert [row[5] for row in found] == pytest.approx([row["revenue"] for row in expected])
    assert len({attribute for attribute, _, _ in places}) == 9


def test_the_bounds_of_thirds_are_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    key = {"experiment_id": "spring-experiment", "dataset_id": "base", "most_levels": 12}

    expected = filled.read(BOUNDS, **key)

    assert on_spark(spark, BOUNDS, **key) == expected
    assert {row[0] for row in expected} == {
        "last order", "miles (your column)", "number of orders", "spend",
    }  # fmt: skip


def test_folds_for_judging_a_choice_of_arms_are_the_same(filled: Store, spark: Any) -> None:  # noqa: ANN401
    key = {"experiment_id": "spring-experiment", "dataset_id": "base", "salt": "seed:arms"}
    expected = filled.read(FOLDS, **key)

    found = on_spark(spark, FOLDS, **key)

    assert [row[:4] + row[5:6] for row in found] == [row[:4] + row[5:6] for row in expected]
    for ours, theirs in zip(expected, found, strict=True):
        assert [value is None for value in theirs[6:]] == [value is None for value in ours[6:]]
        known = [value for value in (theirs[4], *theirs[6:]) if value is not None]
        assert known == pytest.approx(
            [value for value in (ours[4], *ours[6:]) if value is not None], rel=1e-9, abs=1e-12
        )
    assert {row[1] for row in expected} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("event", "is_amount", "cap"), [("click", False, None), ("conversion", True, 40.0)]
)
def test_the_days_are_the_same(
    filled: Store,
    spark: Any,  # noqa: ANN401
    event: str,
    *,
    is_amount: bool,
    cap: float | None,
) -> None:
    key = {"experiment_id": "spring-experiment", "event": event, "is_amount": is_amount,
           "cap": cap}  # fmt: skip
    expected = filled.read(DAYS, **key)

    found = on_spark(spark, DAYS, **key)

    assert [row[:4] for row in found] == [row[:4] for row in expected]
    for ours, theirs in zip(expected, found, strict=True):
        assert theirs[4] == pytest.approx(ours[4], rel=1e-9)
        assert (theirs[5] or 0.0) == pytest.approx(ours[5] or 0.0, abs=1e-9)
    assert len(expected) > 3
