from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalization import experiments
from personalization.errors import InputError, StateError
from personalization.experiments.assignment import cell_sizes
from personalization.store import open_store

from .conftest import Shop

if TYPE_CHECKING:
    from personalization.store import Store

_ARM = """
    INSERT INTO arms (experiment_id, segment, arm, position, weight)
    VALUES ('e', $segment, $arm, $position, $weight)
"""
_EXPERIMENT = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by, approved_at)
    VALUES ('e', 'spring', '{}', '', 'salt', 0.95, $now, 'ada', $now)
"""
_CELLS = """
    SELECT segment, arm, count(*) FROM assignments WHERE experiment_id = $experiment_id
    GROUP BY segment, arm ORDER BY segment, arm
"""


def arms_of(store: Store) -> dict[str, str]:
    return dict(store.read("SELECT customer_id, arm FROM assignments"))


def test_everybody_who_may_be_written_to_gets_one_arm(shop: Shop) -> None:
    shop.segment("loyal", 200)
    shop.segment("new", 103)

    experiment_id = shop.assigned()

    assert shop.store.read("SELECT count(*), count(DISTINCT customer_id) FROM assignments") == [
        (303, 303)
    ]
    assert experiments.assign_arms(shop.store, experiment_id, actor="ada") == 0


def test_every_cell_is_exact_to_one(shop: Shop) -> None:
    shop.segment("loyal", 61)
    shop.segment("new", 103)

    experiment_id = shop.assigned(control_weight=0.4, holdout_weight=0.1)

    cells = shop.store.read(_CELLS, experiment_id=experiment_id)
    for segment, arm, n in cells:
        weight = {"control": 0.4, "holdout": 0.1}.get(arm, 0.5 / 3)
        assert abs(n - weight * {"loyal": 61, "new": 103}[segment]) < 1
    assert len(cells) == 10


def test_the_propensity_is_the_planned_weight(shop: Shop) -> None:
    shop.segment("loyal", 50)

    shop.assigned(control_weight=0.4)

    found = shop.store.read("SELECT DISTINCT arm, propensity, method FROM assignments ORDER BY arm")
    assert found == [
        (arm, pytest.approx(weight), "blocked")
        for arm, weight in (("A", 0.2), ("B", 0.2), ("C", 0.2), ("control", 0.4))
    ]


def test_a_second_run_moves_nobody_and_takes_in_newcomers(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.assigned()
    before = arms_of(shop.store)
    shop.newcomers("loyal", "late", 400)

    assert experiments.assign_arms(shop.store, experiment_id, actor="ada") == 400

    after = arms_of(shop.store)
    assert {c: a for c, a in after.items() if c in before} == before
    assert len(after) == 500


def test_a_newcomer_gets_the_arm_that_md5_gives(shop: Shop) -> None:
    """Known answer: anyone can work the draw out again with any md5."""
    shop.segment("loyal", 40, arms=("control", "A"))
    experiment_id = shop.assigned(control_weight=0.3)
    shop.newcomers("loyal", "late", 60)

    experiments.assign_arms(shop.store, experiment_id, actor="ada")

    late = shop.store.read("SELECT customer_id, arm FROM assignments WHERE method = 'hash'")
    assert len(late) == 60
    for customer, arm in late:
        digest = hashlib.md5(f"seed:arms:{customer}".encode(), usedforsecurity=False).hexdigest()
        assert arm == ("control" if int(digest[:8], 16) / 2**32 < 0.3 else "A")


def test_the_hash_is_md5() -> None:
    """Source: RFC 1321, test suite."""
    assert open_store().read_one("SELECT substr(md5('abc'), 1, 8)") == ("90015098",)


def test_the_share_of_newcomers_comes_close_to_the_weights(shop: Shop) -> None:
    shop.segment("loyal", 10, arms=("control", "A"))
    experiment_id = shop.assigned(control_weight=0.2)
    shop.newcomers("loyal", "late", 20_000)

    experiments.assign_arms(shop.store, experiment_id, actor="ada")

    share = shop.store.read_one("SELECT avg((arm = 'control')::INT) FROM assignments")
    assert share is not None
    assert share[0] == pytest.approx(0.2, abs=0.012)  # four standard errors


def test_one_address_never_enters_twice_whatever_its_id(shop: Shop) -> None:
    shop.segment("loyal", 4)
    experiment_id = shop.assigned()
    shop.store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
        "VALUES ('base', 'a-lower-id', 'loyal1@example.com', true)"
    )
    shop.store.run("INSERT INTO segment_members VALUES ('spring', 'loyal', 'a-lower-id')")

    assert experiments.assign_arms(shop.store, experiment_id, actor="ada") == 0


def test_another_salt_is_another_draw(shop: Shop) -> None:
    shop.segment("loyal", 200)
    shop.assigned()
    first = arms_of(shop.store)
    shop.store.run("DELETE FROM assignments")
    shop.store.run("UPDATE experiments SET salt = 'another'")

    experiments.assign_arms(shop.store, "spring-experiment", actor="ada")

    moved = sum(first[customer] != arm for customer, arm in arms_of(shop.store).items())
    assert 100 < moved < 190  # three in four by chance


def test_nobody_is_assigned_before_the_design_is_approved(shop: Shop) -> None:
    shop.segment("loyal", 20)
    experiment_id = shop.designed()

    with pytest.raises(StateError, match="once the design is approved"):
        experiments.assign_arms(shop.store, experiment_id, actor="ada")


def test_an_assignment_is_on_the_record(shop: Shop) -> None:
    shop.segment("loyal", 20)

    shop.assigned()

    row = shop.store.read_one(
        "SELECT actor, payload FROM audit_log WHERE kind = 'experiment.assigned'"
    )
    assert row == ("ben", '{"customers":20}')


weights_of_arms = st.lists(st.integers(1, 50), min_size=1, max_size=6).map(
    lambda parts: [part / sum(parts) for part in parts]
)


@given(st.integers(0, 5_000), weights_of_arms)
def test_cells_tile_the_segment_and_are_exact_to_one(customers: int, weights: list[float]) -> None:
    sizes = cell_sizes(customers, weights)

    assert sum(sizes) == customers
    assert all(
        abs(size - weight * customers) <= 1 + 1e-6
        for size, weight in zip(sizes, weights, strict=True)
    )


@settings(max_examples=10)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=3), weights_of_arms, st.integers(0, 40))
@example([58], [part / 116 for part in (1, 6, 40, 50, 19)], 0)  # 24.5 of 58 stand at a bound
def test_every_eligible_customer_is_assigned_once_to_the_planned_cells(
    customers: list[int], weights: list[float], late: int
) -> None:
    store = open_store()
    shop = Shop(store)
    store.run(_EXPERIMENT, now=store.now())
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'S', 'base', NULL, '{}', DATE '2026-12-01', "
        "'en-GB', 'seed', $now, 'ada', NULL)",
        now=store.now(),
    )
    for i, n in enumerate(customers):
        shop.segment(f"s{i}", n, arms=())
        for position, weight in enumerate(weights):
            store.run(_ARM, segment=f"s{i}", arm=f"arm{position}", position=position, weight=weight)

    assigned = experiments.assign_arms(store, "e", actor="ada")
    cells = {(s, a): n for s, a, n in store.read(_CELLS, experiment_id="e")}
    shop.newcomers("s0", "late", late)
    again = experiments.assign_arms(store, "e", actor="ada")
    distinct = store.read_one("SELECT count(DISTINCT customer_id) FROM assignments")
    store.close()

    assert (assigned, again) == (sum(customers), late)
    assert distinct == (sum(customers) + late,)
    for i, n in enumerate(customers):
        expected = cell_sizes(n, weights)
        assert [cells.get((f"s{i}", f"arm{p}"), 0) for p in range(len(weights))] == expected


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param([], id="no arms"),
        pytest.param([0.5, 0.4], id="too little"),
        pytest.param([1.5, -0.5], id="one below zero"),
        pytest.param([1.0, 0.0], id="one of nothing"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weights: list[float]) -> None:
    with pytest.raises(InputError, match="their sum 1"):
        cell_sizes(10, weights)
