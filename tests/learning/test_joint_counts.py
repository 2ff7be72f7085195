from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments.sufficient import fill_statistics
from personalization.learning.joint_counts import (
    MOST_LEVELS,
    JointCounts,
    count_jointly,
    places_of,
)
from personalization.learning.thirds import BOUNDS, third_names
from personalization.statistics.levels import OTHERS, shown_levels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

_CAMPAIGN = """
    INSERT INTO campaigns VALUES ('c', 'C', 'base', NULL, '{}', DATE '2026-12-01', 'en-GB', 's',
                                  $now, 'ada', NULL)
"""
_EXPERIMENT = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by, launched_at, mode)
    VALUES ('e', 'c', '{}', '', 's', 0.95, $now, 'ada', $now, 'export')
"""
# Six hundred people: seven countries and some of whom none is known, ties everywhere.
_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, consent_email, country, tier,
                           favourite_category, last_order_at, orders, total_spent)
    SELECT 'base', concat('c', range), true,
           CASE WHEN range % 8 < 7 THEN concat('L', range % 8) END,
           CASE WHEN range % 3 < 2 THEN 'gold' ELSE 'silver' END, 'tea',
           CASE WHEN range % 10 < 9
                THEN TIMESTAMP '2026-01-01' + to_days(CAST(range % 40 AS INTEGER)) END,
           range % 5, range % 17 * 2.5
    FROM range(600)
"""
_OWN = """
    INSERT INTO customer_attributes
    SELECT 'base', concat('c', range), 'hobby', CASE range % 4 WHEN 0 THEN 'tea' ELSE 'books' END
    FROM range(600) WHERE range % 6 > 0
    UNION ALL
    SELECT 'base', concat('c', range), 'miles', CAST(range % 50 AS VARCHAR) FROM range(600)
    UNION ALL
    SELECT 'base', concat('c', range), 'nickname', concat('n', range) FROM range(600)
"""
_ASSIGNED = """
    INSERT INTO assignments
    SELECT 'e', concat('c', range), concat('s', range % 2),
           CASE WHEN range % 11 < 4 THEN 'control' ELSE 'A' END, 0.5, 'blocked' FROM range(600)
"""
_SENT = """
    INSERT INTO deliveries
    SELECT experiment_id, customer_id, segment, arm, 'v', 1, '', '', false, $now FROM assignments
"""
_DONE = """
    INSERT INTO engagements
    SELECT 'e', concat('c', range), 'click', 0, TIMESTAMP '2026-12-02 10:00:00', false
    FROM range(600) WHERE range % 13 < 4
    UNION ALL
    SELECT 'e', concat('c', range), 'conversion', range % 9 + 0.5, TIMESTAMP '2026-12-02 11:00:00',
           false
    FROM range(600) WHERE range % 26 < 3
"""
_STATISTICS = "SELECT * FROM arm_statistics WHERE attribute <> '' ORDER BY attribute, level, arm"


@pytest.fixture
def measured(store: Store) -> Store:
    for sql in (_CUSTOMERS, _OWN, _ASSIGNED, _DONE):
        store.run(sql)
    for sql in (_CAMPAIGN, _EXPERIMENT, _SENT):
        store.run(sql, now=store.now())
    fill_statistics(store, "e")
    return store


def shown_of(store: Store) -> dict[str, dict[str, str]]:
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in store.records(_STATISTICS):
        sizes[row["attribute"]][row["level"]] += row["n"]
    return {attribute: shown_levels(levels) for attribute, levels in sizes.items()}


def margins(found: JointCounts) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """Add the combinations up to counts by attribute, level and arm."""
    totals: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in found.rows:
        for attribute, level in zip(found.attributes, row["levels"], strict=True):
            _add(totals[attribute, level, row["arm"]], row)
    return {key: tuple(total) for key, total in totals.items()}


def _add(total: list[int], row: Mapping[str, Any]) -> None:
    for at, column in enumerate(("n", "click", "conversion", "buyers")):
        total[at] += row[column]


def test_the_combinations_add_up_to_the_counts_that_the_screen_reads(measured: Store) -> None:
    """The same levels in both statements: known attributes, own columns, thirds, the unknown."""
    shown = shown_of(measured)

    found = count_jointly(measured, "e", "base", shown, n_arms=2, n_customers=600)

    expected: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in measured.records(_STATISTICS):
        level = shown[row["attribute"]][row["level"]]
        _add(expected[row["attribute"], level, row["arm"]], row)
    assert margins(found) == {key: tuple(total) for key, total in expected.items()}
    assert set(found.attributes) == {
        "country", "favourite category", "hobby (your column)", "last order",
        "miles (your column)", "number of orders", "segment", "spend", "tier",
    }  # fmt: skip
    assert {level for attribute, level, _ in expected if attribute == "country"} >= {OTHERS}


def test_a_combination_has_the_moments_of_its_customers(measured: Store) -> None:
    found = count_jointly(
        measured, "e", "base", {"tier": shown_of(measured)["tier"]}, n_arms=2, n_customers=600
    )

    expected = measured.records(
        "SELECT arm, n, revenue, revenue_variance, click_revenue FROM arm_statistics "
        "WHERE attribute = 'tier' ORDER BY level, arm"
    )
    rows = sorted(found.rows, key=lambda row: (row["levels"], row["arm"]))
    for row, own in zip(rows, expected, strict=True):
        assert (row["arm"], row["n"]) == (own["arm"], own["n"])
        for name in ("revenue", "revenue_variance", "click_revenue"):
            assert row[name] == pytest.approx(own[name], rel=1e-12)


def test_attributes_that_would_make_too_many_combinations_are_left_out() -> None:
    """There is room for 33,333: 6^5 are 7,776 and 6^6 46,656; with four levels more 31,104."""
    shown = {name: {level: level for level in "uvwxyz"} for name in "abcdef"}
    shown["small"] = {level: level for level in "wxyz"}

    places = places_of(shown, 100_000 // 3)

    assert {attribute for attribute, _, _ in places} == {"a", "b", "c", "d", "e", "small"}
    assert [step for attribute, _, step in places if attribute == "b"] == [0, 6, 12, 18, 24, 30]


@pytest.mark.parametrize(
    ("n_customers", "attributes"),
    [
        pytest.param(600, 9, id="no more combinations than customers"),
        pytest.param(100_001, 8, id="too many"),
    ],
)
def test_few_customers_leave_room_for_every_attribute(
    measured: Store, n_customers: int, attributes: int
) -> None:
    """Nine attributes make 6 x 6 x 4 x 3^4 x 2^2 combinations at most, each for six arms."""
    shown = shown_of(measured)

    found = count_jointly(measured, "e", "base", shown, n_arms=30, n_customers=n_customers)

    assert len(found.attributes) == attributes


def test_who_is_not_known_adds_no_step() -> None:
    shown = {"tier": {"gold": "gold", "not known": OTHERS, "tin": OTHERS}}

    assert places_of(shown, 100) == [
        ("tier", "gold", 1), ("tier", "not known", 0), ("tier", "tin", 0),
    ]  # fmt: skip


def test_without_attributes_there_is_one_combination_an_arm(measured: Store) -> None:
    found = count_jointly(measured, "e", "base", {}, n_arms=2, n_customers=600)

    assert [(row["arm"], row["levels"]) for row in found.rows] == [("A", ()), ("control", ())]
    assert sum(row["n"] for row in found.rows) == 600


@pytest.mark.parametrize(
    ("attribute", "column"), [("number of orders", "orders"), ("spend", "total_spent")]
)
def test_the_bounds_of_a_third_hold_its_customers_and_nobody_else(
    measured: Store, attribute: str, column: str
) -> None:
    """Five values of orders and 17 of spend: ties run across where a third would end."""
    bounds = [
        row
        for row in measured.records(BOUNDS, experiment_id="e", dataset_id="base", most_levels=12)
        if row["attribute"] == attribute
    ]
    expected = measured.read(
        "SELECT sum(n) FROM arm_statistics WHERE attribute = $attribute GROUP BY level "
        "ORDER BY CASE level WHEN 'fewest' THEN 1 WHEN 'lowest' THEN 1 WHEN 'middle' THEN 2 "
        "ELSE 3 END",
        attribute=attribute,
    )

    inside = [
        measured.read("SELECT count(*) FROM customers "  # noqa: S608  a name of ours
                      f"WHERE {column} BETWEEN $low AND $high", low=row["low"], high=row["high"])
        for row in bounds
    ]  # fmt: skip

    assert [n for ((n,),) in inside] == [n for (n,) in expected]


def test_every_third_has_a_name_with_its_bounds(measured: Store) -> None:
    names = third_names(measured, "e", "base", most_levels=MOST_LEVELS)

    thirds = {"lowest", "fewest", "longest ago", "middle", "highest", "most", "most recent"}
    assert set(names) == {
        (row["attribute"], row["level"])
        for row in measured.records(_STATISTICS)
        if row["level"] in thirds
    }
    assert names["miles (your column)", "highest"] == "highest (34 to 49)"
