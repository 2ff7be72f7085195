from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
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


@pytest.fixture
def launched(store: Store) -> Store:
    """A launched experiment of two arms in one segment, without anybody in it."""
    store.run(_CAMPAIGN, now=store.now())
    store.run(_EXPERIMENT, now=store.now())
    for arm in ("control", "A"):
        store.run(_ARM, segment="loyal", arm=arm)
    return store


def group(store: Store, country: str, arm: str, n: int, x: int) -> None:
    """Send ``n`` people of a country an arm's message; ``x`` of them click."""
    key = {"prefix": f"{country}-{arm}"}
    store.run(_CUSTOMERS, country=country, n=n, **key)
    store.run(_ASSIGNED, segment="loyal", arm=arm, n=n, **key)
    store.run(_SENT, segment="loyal", arm=arm, n=n, now=store.now(), **key)
    store.run(_CLICKED, x=x, **key)


def effect_of(store: Store, attribute: str, metric: str = "click") -> list[dict[str, Any]]:
    return store.records(
        "SELECT * FROM attribute_effects WHERE attribute = $attribute AND metric = $metric "
        "ORDER BY level",
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

    attribute_effects(launched, "e", actor="ada")

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

    attribute_effects(launched, "e", actor="ada")

    verdicts = {row["level"]: row["verdict"] for row in effect_of(launched, "country")}
    assert verdicts == {
        "France": "no_evidence", "Malta": "not_enough_data", "Spain": "no_evidence",
    }  # fmt: skip


def test_equal_values_share_a_third(launched: Store) -> None:
    """Orders run from 1 to 9, a ninth each; thirds by rank are 1 to 3, 4 to 6 and 7 to 9."""
    group(launched, "France", "control", 90, 20)
    group(launched, "France", "A", 90, 30)

    attribute_effects(launched, "e", actor="ada")

    levels = {row["level"]: row["n_treatment"] for row in effect_of(launched, "number of orders")}
    assert levels == {"fewest": 30, "middle": 30, "most": 30}


def test_what_is_not_known_is_a_level_of_its_own(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "France", "A", 60, 30)
    launched.run("UPDATE customers SET orders = NULL WHERE orders > 5")

    attribute_effects(launched, "e", actor="ada")

    levels = [row["level"] for row in effect_of(launched, "number of orders")]
    assert levels == ["fewest", "middle", "most", "not known"]
    assert effect_of(launched, "tier") == []  # known of nobody: nothing to compare


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

    attribute_effects(launched, "e", actor="ada")

    attributes = {a for (a,) in launched.read("SELECT DISTINCT attribute FROM attribute_effects")}
    assert "hobby (your column)" in attributes
    assert "nickname (your column)" not in attributes


def test_an_arm_that_not_every_segment_has_is_left_out(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "Spain", "A", 60, 30)
    launched.run(_ARM, segment="loyal", arm="B")
    launched.run(_ARM, segment="new", arm="control")
    launched.run(_ARM, segment="new", arm="A")
    group(launched, "Italy", "B", 60, 30)

    attribute_effects(launched, "e", actor="ada")

    assert launched.read("SELECT DISTINCT arm FROM attribute_effects") == [("A",)]


def test_learning_again_replaces_what_was_learned(launched: Store) -> None:
    group(launched, "France", "control", 60, 20)
    group(launched, "Spain", "A", 60, 30)

    first = attribute_effects(launched, "e", actor="ada")

    assert attribute_effects(launched, "e", actor="ada") == first
    assert launched.read("SELECT count(*) FROM attribute_effects") == [(first,)]
    assert launched.read("SELECT count(*) FROM audit_log WHERE kind = 'experiment.learned'") == [
        (2,)
    ]


def test_nothing_is_learned_before_the_launch(launched: Store) -> None:
    launched.run("UPDATE experiments SET launched_at = NULL")

    with pytest.raises(StateError, match="was not launched"):
        attribute_effects(launched, "e", actor="ada")
