from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
from personalization.learning import value_choices
from personalization.learning.choosing import FOLDS
from personalization.settings import Settings
from tests.learning import past

if TYPE_CHECKING:
    from personalization.store import Store

_PEOPLE = """
    INSERT INTO customers (dataset_id, customer_id, consent_email, country)
    SELECT 'base', concat($prefix, range), true, $country FROM range($n)
"""
_ASSIGNED = """
    INSERT INTO assignments
    SELECT 'spring-experiment', concat($prefix, range), $segment, $arm, $propensity, 'blocked'
    FROM range($n)
"""
_SENT = """
    INSERT INTO deliveries
    SELECT 'spring-experiment', concat($prefix, range), $segment, $arm, 'v', 1, '', '', false,
           TIMESTAMPTZ '2026-10-01 09:00:00+00' FROM range($n)
"""
_CLICKED = """
    INSERT INTO engagements
    SELECT 'spring-experiment', concat($prefix, range), 'click', 0,
           TIMESTAMP '2026-10-02 10:00:00', false
    FROM range($click)
"""


def group(
    store: Store, segment: str, arm: str, n: int, click: int, *, propensity: float = 0.5,
    country: str = "France",
) -> None:  # fmt: skip
    """Send ``n`` people of a segment an arm's message; ``click`` of them click."""
    key = {"prefix": f"{segment}-{arm}-{country}-", "n": n}
    store.run(_PEOPLE, country=country, **key)
    store.run(_ASSIGNED, segment=segment, arm=arm, propensity=propensity, **key)
    if arm != "holdout":
        store.run(_SENT, segment=segment, arm=arm, **key)
    store.run(_CLICKED, prefix=key["prefix"], click=click)


@pytest.fixture
def spring(store: Store) -> Store:
    """A launched experiment with nobody in it."""
    past.begin(store, "spring")
    past.launch(store, "spring")
    return store


def valued(store: Store) -> dict[str, dict[str, Any]]:
    value_choices(store, Settings(), "spring-experiment", actor="ada")
    rows = store.records("SELECT * FROM policy_values WHERE metric = 'click' ORDER BY attribute")
    return {row["attribute"]: row for row in rows}


def test_where_segments_want_different_arms_choosing_by_segment_is_offered(spring: Store) -> None:
    for segment, a, b in (("loyal", 460, 200), ("new", 200, 400)):
        group(spring, segment, "A", 2000, a)
        group(spring, segment, "B", 2000, b)

    found = valued(spring)["segment"]

    assert found["state"] == "offered"
    assert json.loads(found["policy"]) == {"loyal": "A", "new": "B"}
    assert found["dr"] == pytest.approx(0.215, abs=0.002)
    assert found["single_arm"] == "A"
    assert found["difference"] == pytest.approx(0.05, abs=0.002)
    assert found["sent"] == pytest.approx(0.1575)
    assert found["sentence"].startswith(
        "Choosing the arm by segment would have paid: by this comparison it brings 5.0 points more "
        "clicks than variant A for everybody ("
    )


def test_where_one_arm_is_best_for_all_a_choice_is_not_shown_to_pay(spring: Store) -> None:
    for segment in ("loyal", "new"):
        group(spring, segment, "A", 2000, 400)
        group(spring, segment, "control", 2000, 200)

    found = valued(spring)["segment"]

    assert found["state"] == "best_single"
    assert found["sentence"].startswith(
        "Choosing the arm by segment is not shown to pay: by this comparison it brings 0.0 points "
        "more clicks than variant A for everybody (0.0 to 0.0)"
    )


def test_too_few_customers_are_not_judged(spring: Store) -> None:
    for segment, a, b in (("loyal", 20, 5), ("new", 5, 20)):
        group(spring, segment, "A", 40, a)
        group(spring, segment, "B", 40, b)

    found = valued(spring)["segment"]

    assert found["state"] == "refused"
    assert found["effective_sample"] < 200
    assert f"worth {found['effective_sample']:.0f} customers" in found["sentence"]


def test_a_rare_arm_is_not_judged(spring: Store) -> None:
    for segment in ("loyal", "new"):
        group(spring, segment, "A", 3000, 300, propensity=0.995)
        group(spring, segment, "B", 15, 3, propensity=0.005)

    assert valued(spring)["segment"]["state"] == "refused"


def test_the_holdout_is_no_choice_but_part_of_everybody(spring: Store) -> None:
    for segment in ("loyal", "new"):
        group(spring, segment, "A", 1000, 100, propensity=0.4)
        group(spring, segment, "B", 1000, 90, propensity=0.4)
        group(spring, segment, "holdout", 500, 400, propensity=0.2)

    found = valued(spring)["segment"]

    assert found["n"] == 5000
    assert set(json.loads(found["policy"]).values()) <= {"A", "B"}
    assert found["single_dr"] == pytest.approx(0.1, abs=0.02)


def test_other_attributes_are_judged_beside_with_wider_intervals(spring: Store) -> None:
    """The arm that suits a country is found, though both segments are alike."""
    for segment in ("loyal", "new"):
        for country, a, b in (("France", 400, 200), ("Spain", 200, 400)):
            group(spring, segment, "A", 1000, a, country=country)
            group(spring, segment, "B", 1000, b, country=country)

    found = valued(spring)

    assert set(found) == {"segment", "country"}  # of the others everybody has the same level
    assert found["country"]["state"] == "offered"
    assert json.loads(found["country"]["policy"]) == {"France": "A", "Spain": "B"}
    assert found["segment"]["state"] == "best_single"


def test_attributes_that_are_judged_beside_share_one_confidence(spring: Store) -> None:
    """Alone an attribute has an interval of 95 %; of two each has one of 97.5 %."""
    for segment in ("loyal", "new"):
        for country, a, b in (("France", 400, 200), ("Spain", 200, 400)):
            group(spring, segment, "A", 1000, a, country=country)
            group(spring, segment, "B", 1000, b, country=country)
    alone = valued(spring)["country"]
    spring.run("UPDATE customers SET tier = CASE WHEN customer_id LIKE '%1' THEN 'x' ELSE 'y' END")

    beside = valued(spring)["country"]

    def width(row: dict[str, Any]) -> float:
        return float(row["difference_high"] - row["difference_low"])

    assert width(beside) / width(alone) == pytest.approx(2.241403 / 1.959964, rel=1e-6)


def test_every_fold_holds_about_a_fifth_and_everybody_is_in_one(spring: Store) -> None:
    group(spring, "loyal", "A", 2000, 10)
    group(spring, "new", "B", 2000, 10)

    rows = spring.records(FOLDS, experiment_id="spring-experiment", dataset_id="base", salt="any")

    sizes = [sum(r["n"] for r in rows if r["attribute"] == "segment" and r["fold"] == fold)
             for fold in range(5)]  # fmt: skip
    assert sum(sizes) == 4000
    assert all(700 < size < 900 for size in sizes)


def test_valuing_again_replaces_what_was_there(spring: Store) -> None:
    for segment in ("loyal", "new"):
        group(spring, segment, "A", 500, 60)
        group(spring, segment, "B", 500, 50)
    first = valued(spring)

    assert valued(spring) == first


def test_what_was_not_launched_is_not_judged(store: Store) -> None:
    with pytest.raises(StateError, match="not launched"):
        value_choices(store, Settings(), "nothing", actor="ada")
