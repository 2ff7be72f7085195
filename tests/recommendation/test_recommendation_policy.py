from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import recommendation
from personalization.errors import InputError, StateError
from personalization.recommendation.policy import Gate, default_policy, read_policy

if TYPE_CHECKING:
    from personalization.store import Store


def test_a_teams_own_policy_changes_what_it_names_and_nothing_else() -> None:
    policy, shipped = read_policy("[products]\nmargin_floor = 0.2"), read_policy()

    assert policy.products.margin_floor == 0.2
    assert policy.customers == shipped.customers
    assert policy.gates == shipped.gates


def test_the_default_written_out_is_the_default() -> None:
    written, shipped = read_policy(default_policy()), read_policy()

    assert [getattr(written, name) for name in ("products", "customers", "ranking", "gates")] == [
        getattr(shipped, name) for name in ("products", "customers", "ranking", "gates")
    ]


def test_a_gate_of_ones_own_asks_for_what_is_said_alone() -> None:
    policy = read_policy('[gates.club]\nonly_in = ["GB"]\n[gates.age_18]\nleast_age = 20')

    assert policy.gates["club"] == Gate(0, (), ("GB",))
    assert policy.gates["age_18"].least_age == 20
    assert policy.gates["age_16"].least_age == 16


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        pytest.param("[products]\nmargn = 1", "no 'margn'. It knows: active_only", id="a typo"),
        pytest.param("[shelves]", "no 'shelves'", id="an unknown section"),
        pytest.param("[products", "cannot be read as TOML", id="no TOML"),
        pytest.param('[products]\nnever = "x"', "is no tuple", id="a text for a list"),
        pytest.param("[products]\nmargin_floor = 2", "between 0 and 1", id="a margin above 1"),
        pytest.param("[ranking]\ncategory_cap = -1", "below 0", id="a cap below 0"),
        pytest.param('[customers]\nowned = "maybe"', "unless_replenishable", id="an unknown word"),
        pytest.param("[upsell]\nleast_step = 3", "nothing fits", id="steps the wrong way round"),
        pytest.param("[buy_again]\ndue_from = 9", "nothing is ever due", id="due after it is over"),
        pytest.param("[for_you]\nhalf_life_days = 0", "above 0", id="no half-life"),
        pytest.param("[products]\nleast_stock = nan", "no number up to", id="stock no number"),
        pytest.param("[upsell]\nmost_step = inf", "no number up to", id="a step without an end"),
        pytest.param("[abandoned]\nwindow_days = 9999999999", "up to 36,500", id="days for ever"),
        pytest.param("[gates.x]\nleast_age = 99999999", "up to", id="an age for ever"),
        pytest.param("gates = 1", "is no section", id="gates as a number"),
        pytest.param("[gates.x]\nage = 1", "no 'age'", id="an unknown part of a gate"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(overlay: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_policy(overlay)


def test_a_policy_is_saved_beside_the_earlier_ones_with_its_reason(store: Store) -> None:
    for overlay, before in (
        ("[products]\nleast_stock = 3", ""),
        ("", "[products]\nleast_stock = 3"),
    ):
        recommendation.save_policy(
            store, "shop", overlay, actor="mia", note="few left", based_on=before
        )

    assert recommendation.policy_of(store, "shop").products.least_stock == 1
    assert recommendation.policy_of(store, "other").overlay == ""
    history = recommendation.policy_history(store, "shop")
    assert [row["policy"] for row in history] == ["", "[products]\nleast_stock = 3"]
    assert {row["saved_by"] for row in history} == {"mia"}


@pytest.mark.parametrize(
    ("overlay", "note", "based_on", "error"),
    [
        pytest.param("[products]\nleast_stock = 3", " ", "", InputError, id="without a reason"),
        pytest.param("", "none", "", StateError, id="without a change"),
        pytest.param("[ranking]", "late", "[products]", StateError, id="on another one"),
        pytest.param("[x]", "typo", "", InputError, id="that is none"),
    ],
)
def test_a_policy_is_not_saved(
    store: Store, overlay: str, note: str, based_on: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        recommendation.save_policy(
            store, "shop", overlay, actor="mia", note=note, based_on=based_on
        )

    assert recommendation.policy_history(store, "shop") == []
