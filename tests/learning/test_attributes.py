from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
from personalization.experiments.sufficient import fill_statistics
from personalization.learning import attribute_effects

if TYPE_CHECKING:
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
_ARM = "INSERT INTO arms VALUES ('e', $segment, $arm, 0, 0.3, NULL, NULL, NULL)"
_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, consent_email, country, orders)
    SELECT 'base', concat($prefix, '-', range), true, $country, 1 + range % 9
    FROM range($n)
"""
_ASSIGNED = """
    INSERT INTO assignments
    SELECT 'e', concat($prefix, '-', range), $segment, $arm, 0.3, 'blocked' FROM range($n)
"""
_SENT = """
    INSERT INTO deliveries
    SELECT 'e', concat($prefix, '-', range), $segment, $arm, 'v', 1, '', '', false, $now
    FROM range($n)
"""
_CLICKED = """
    INSERT INTO engagements
    SELECT 'e', concat($prefix, '-', range), 'click', 0, TIMESTAMP '2026-12-02 10:00:00', false
    FROM range($x)
"""
_BOUGHT = """
    INSERT INTO engagements
    SELECT experiment_id, customer_id, 'conversion', 25.0, happened_at, false FROM engagements
    WHERE event = 'click'
"""


@pytest.fixture
def launched(store: Store) -> Store:
    """A launched experiment of two arms in one segment, without anybody in it."""
    store.run(_CAMPAIGN, now=store.now())
    store.run(_EXPERIMENT, now=store.now())
    for arm in ("control", "A"):
        store.run(_ARM, segment="loyal", arm=arm)
    return store


def group(store: Store, country: str, arm: str, n: int, x: int, *, segment: str = "loyal") -> None:
    """Send ``n`` people of a country an arm's message; ``x`` of them click."""
    key = {"prefix": f"{segment}-{country}-{arm}"}
    store.run(_CUSTOMERS, country=country, n=n, **key)
    store.run(_ASSIGNED, segment=segment, arm=arm, n=n, **key)
    store.run(_SENT, segment=segment, arm=arm, n=n, now=store.now(), **key)
    store.run(_CLICKED, x=x, **key)


def learn(store: Store) -> int:
    """Count as the measurement does, and learn from it."""
    fill_statistics(store, "e")
    return attribute_effects(store, "e", actor="ada")


def effect_of(store: Store, attribute: str, metric: str = "click") -> list[dict[str, Any]]:
    return store.records(
        "SELECT * FROM attribute_effects WHERE attribute = $attribute AND metric = $metric "
        "ORDER BY position",
        attribute=attribute,
        metric=metric,
    )


def test_an_attribute_that_moves_the_lift_is_found_and_one_that_does_not_is_not(
    launched: Store,
) -> None:
    group(launched, "France", "control", 400, 40)
    group(launched, "France", "A", 400, 160)
    group(launched, "Spain", "control", 400, 120)
    group(launched, "Spain", "A", 400, 120)

    learn(launched)

    france, spain = effect_of(launched, "country")
    assert (france["level"], spain["level"]) == ("France", "Spain")
    assert (france["difference"], spain["difference"]) == (pytest.approx(0.3), pytest.approx(0.0))
    assert france["difference_low"] < 0.3 < france["difference_high"]
    assert (france["n_treatment"], france["n_control"]) == (400, 400)
    assert {row["verdict"] for row in (france, spain)} == {"moderates"}
    assert {row["verdict"] for row in effect_of(launched, "number of orders")} == {"no_evidence"}
    assert {row["verdict"] for row in effect_of(launched, "country", "conversion")} == {
        "not_enough_data"
    }


def test_a_level_with_too_few_people_says_so_and_does_not_count(launched: Store) -> None:
    for country in ("France", "Spain"):
        group(launched, country, "control", 200, 40)
        group(launched, country, "A", 200, 60)
    group(launched, "Malta", "control", 4, 0)
    group(launched, "Malta", "A", 4, 4)

    learn(launched)

    found = effect_of(launched, "country")
    assert {row["level"]: row["level_reason"] for row in found} == {
        "France": "", "Spain": "",
        "Malta": "fewer than 30 customers in the arm or in the control",
    }  # fmt: skip
    assert {(row["verdict"], row["df"]) for row in found} == {("no_evidence", 1)}


def test_equal_values_share_a_third(launched: Store) -> None:
    """Orders run from 1 to 9, a ninth each; thirds by rank are 1 to 3, 4 to 6 and 7 to 9."""
    group(launched, "France", "control", 90, 20)
    group(launched, "France", "A", 90, 30)

    learn(launched)

    levels = {row["level"]: row["n_treatment"] for row in effect_of(launched, "number of orders")}
    assert levels == {"fewest (1 to 3)": 30, "middle (4 to 6)": 30, "most (7 to 9)": 30}


def test_what_is_not_known_is_a_level_of_its_own(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "France", "A", 60, 30)
    launched.run("UPDATE customers SET orders = NULL WHERE orders > 5")

    learn(launched)

    levels = [row["level"] for row in effect_of(launched, "number of orders")]
    assert levels == ["fewest (1 to 2)", "middle (3 to 4)", "most (5)", "not known"]
    assert effect_of(launched, "tier") == []  # known of nobody: nothing to compare


def test_thirds_say_the_values_that_bound_them(launched: Store) -> None:
    group(launched, "France", "control", 90, 20)
    group(launched, "France", "A", 90, 30)
    launched.run("UPDATE customers SET total_spent = orders * 150.5 - 160, "
                 "last_order_at = TIMESTAMP '2026-01-28 12:00:00' + to_days(orders)")  # fmt: skip
    launched.run(
        "INSERT INTO customer_attributes SELECT 'base', customer_id, 'miles', "
        "CAST(length(customer_id) * 100 + row_number() OVER (ORDER BY customer_id) AS VARCHAR) "
        "FROM customers"
    )

    learn(launched)

    def levels(attribute: str) -> list[str]:
        return [row["level"] for row in effect_of(launched, attribute)]

    assert levels("spend") == [
        "lowest (−9.50 to 291.50)", "middle (442 to 743)", "highest (893.50 to 1,194.50)",
    ]  # fmt: skip
    assert levels("last order") == [
        "longest ago (29 January 2026 to 31 January 2026)",
        "middle (1 February 2026 to 3 February 2026)",
        "most recent (4 February 2026 to 6 February 2026)",
    ]
    assert [level.split()[0] for level in levels("miles (your column)")] == [
        "lowest", "middle", "highest",
    ]  # fmt: skip


def test_columns_of_the_team_count_if_they_have_few_levels(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "France", "A", 60, 30)
    launched.run(
        "INSERT INTO customer_attributes SELECT 'base', customer_id, 'hobby', "
        "CASE WHEN orders > 4 THEN 'garden' ELSE 'kitchen' END FROM customers"
    )
    launched.run(
        "INSERT INTO customer_attributes SELECT 'base', customer_id, 'nickname', customer_id "
        "FROM customers"
    )

    learn(launched)

    attributes = {a for (a,) in launched.read("SELECT DISTINCT attribute FROM attribute_effects")}
    assert "hobby (your column)" in attributes
    assert "nickname (your column)" not in attributes


def test_an_arm_is_held_against_the_control_of_its_own_segments(launched: Store) -> None:
    """B is not in the segment 'new', whose control clicks five times as often."""
    launched.run(_ARM, segment="loyal", arm="B")
    launched.run(_ARM, segment="new", arm="control")
    launched.run(_ARM, segment="new", arm="A")
    for country, n_new in (("France", 300), ("Spain", 60)):
        for arm, x in (("control", 30), ("A", 30), ("B", 30)):
            group(launched, country, arm, 300, x)
        for arm in ("control", "A"):
            group(launched, country, arm, n_new, n_new // 2, segment="new")

    learn(launched)

    found = {(row["arm"], row["level"]): row for row in effect_of(launched, "country")}
    assert [row["difference"] for row in found.values()] == pytest.approx([0.0] * 4)
    assert found["B", "France"]["n_control"] == 300
    assert found["A", "France"]["n_control"] == 600
    assert all(row["joint_p"] > 0.9 for row in found.values())


def test_shares_that_differ_between_segments_fake_no_lift(launched: Store) -> None:
    """Three of four loyal customers get A, but one of four new ones; nobody is moved by it."""
    launched.run("UPDATE arms SET weight = CASE arm WHEN 'A' THEN 0.75 ELSE 0.25 END")
    launched.run(_ARM, segment="new", arm="control")
    launched.run(_ARM, segment="new", arm="A")
    launched.run("UPDATE arms SET weight = CASE arm WHEN 'A' THEN 0.25 ELSE 0.75 END "
                 "WHERE segment = 'new'")  # fmt: skip
    for country, n_new in (("France", 400), ("Spain", 40)):
        for arm, share in (("control", 1), ("A", 3)):
            group(launched, country, arm, 100 * share, 40 * share)
            group(launched, country, arm, n_new * (4 - share) // 4, n_new * (4 - share) // 40,
                  segment="new")  # fmt: skip

    learn(launched)

    found = effect_of(launched, "country")
    assert [row["difference"] for row in found] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert {row["verdict"] for row in found} == {"no_evidence"}
    assert all(row["joint_p"] > 0.9 for row in found)


def test_the_joint_model_tells_an_attribute_from_what_goes_with_it(launched: Store) -> None:
    """The lift hangs on the country; who buys often mostly lives there."""
    for country, x in (("France", 300), ("Spain", 100)):
        group(launched, country, "control", 1_000, 100)
        group(launched, country, "A", 1_000, x)
    launched.run(
        "UPDATE customers SET orders = CASE WHEN (country = 'France') "
        "= (CAST(string_split(customer_id, '-')[4] AS INTEGER) % 5 > 0) THEN 9 ELSE 1 END"
    )

    learn(launched)

    place, orders = (effect_of(launched, name)[0] for name in ("country", "number of orders"))
    assert place["verdict"] == orders["verdict"] == "moderates"
    assert place["joint_p_holm"] < 1e-6
    assert orders["joint_p"] > 0.05
    assert place["sentence"].startswith("Country moves the lift of variant A: +20.0 points (")
    assert place["sentence"].endswith("It does so beside all other attributes too (p < 0.001).")
    assert "no evidence of its own" in orders["sentence"]


def test_segments_are_screened_but_take_no_part_in_the_joint_model(launched: Store) -> None:
    for arm in ("control", "A"):
        launched.run(_ARM, segment="new", arm=arm)
        group(launched, "France", arm, 300, 60)
        group(launched, "Spain", arm, 300, 60, segment="new")

    learn(launched)

    segment, country = (effect_of(launched, name)[0] for name in ("segment", "country"))
    assert segment["p"] is not None
    assert (segment["joint_p"], segment["joint_reason"]) == (
        None, "segments are made of the other attributes",
    )  # fmt: skip
    assert country["joint_p"] is not None
    assert country["joint_reason"] == ""


@pytest.mark.parametrize(
    ("declared", "cap", "looked_at"),
    [
        pytest.param("click", None, {"click", "conversion"}, id="clicks"),
        pytest.param("revenue", None, {"click", "conversion", "revenue"}, id="revenue"),
        pytest.param(
            "revenue", 20.0, {"click", "conversion", "revenue_capped"}, id="revenue with a cap"
        ),
        pytest.param(
            "revenue_per_click", None, {"click", "conversion", "revenue_per_click"}, id="a ratio"
        ),
        pytest.param("open", None, {"click", "conversion"}, id="what never decides"),
    ],
)
def test_the_declared_metric_is_looked_at_too(
    launched: Store, declared: str, cap: float | None, looked_at: set[str]
) -> None:
    launched.run("UPDATE experiments SET hypothesis = $hypothesis, revenue_cap = $cap",
                 hypothesis=f'{{"metric": "{declared}"}}', cap=cap)  # fmt: skip
    for country, x in (("France", 60), ("Spain", 20)):
        group(launched, country, "control", 100, 20)
        group(launched, country, "A", 100, x)
    launched.run(_BOUGHT)

    learn(launched)

    found = {metric for (metric,) in launched.read("SELECT DISTINCT metric FROM attribute_effects")}
    assert found == looked_at
    if declared == "revenue":
        france = effect_of(launched, "country", max(found))[0]
        assert (france["kind"], france["level"]) == ("mean", "France")
        paid = cap or 25.0
        assert france["difference"] == pytest.approx(0.4 * paid)  # 60 of 100 buy against 20
        # Welch by hand: 1.9725 x sqrt((.24 + .16) / 99), times what each pays.
        half = (france["difference_high"] - france["difference_low"]) / 2
        assert half == pytest.approx(0.12538 * paid, rel=1e-4)


def test_learning_again_replaces_what_was_learned(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "Spain", "A", 60, 30)

    first = learn(launched)

    assert learn(launched) == first
    assert launched.read("SELECT count(*) FROM attribute_effects") == [(first,)]
    assert launched.read("SELECT count(*) FROM audit_log WHERE kind = 'experiment.learned'") == [
        (2,)
    ]


def test_nothing_is_learned_before_the_launch(launched: Store) -> None:
    launched.run("UPDATE experiments SET launched_at = NULL")

    with pytest.raises(StateError, match="was not launched"):
        attribute_effects(launched, "e", actor="ada")


@pytest.mark.parametrize(
    ("analysis_on", "mode", "is_told"),
    [
        pytest.param("2026-11-30", "export", True, id="after its day"),
        pytest.param("2026-12-01", "export", False, id="on its day"),
        pytest.param("2026-12-01", "simulation", True, id="a simulation"),
    ],
)
def test_the_audit_trail_is_silent_about_what_was_found_before_its_day(
    launched: Store,
    analysis_on: str,
    mode: str,
    is_told: bool,  # noqa: FBT001
) -> None:
    launched.run(
        "UPDATE experiments SET analysis_on = CAST($day AS DATE), mode = $mode",
        day=analysis_on, mode=mode,
    )  # fmt: skip
    group(launched, "GB", "A", 50, 10)

    learn(launched)

    told = launched.read_one("SELECT payload FROM audit_log WHERE kind = 'experiment.learned'")
    assert told is not None
    assert ("moderating" in json.loads(told[0])) is is_told
