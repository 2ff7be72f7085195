from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import Arm
from personalization.experiments.cells import Cells, cells_of
from personalization.experiments.shares import arms_with, reshared


def test_even_shares_are_worth_as_many_as_there_are() -> None:
    cells = Cells(
        {"loyal": {"control": 100, "A": 200}, "new": {"control": 50, "A": 100}},
        {"loyal": 300, "new": 150},
    )

    assert cells.contrast("A") == pytest.approx((300, 150))


def test_uneven_shares_are_worth_fewer() -> None:
    """By hand: halves of the audience rest on 10 and 190 people: 1 / (.25/10 + .25/190) = 38."""
    cells = Cells(
        {"loyal": {"control": 100, "A": 10}, "new": {"control": 100, "A": 190}},
        {"loyal": 200, "new": 200},
    )

    assert cells.contrast("A") == pytest.approx((38.0, 200))


def test_the_control_s_part_of_a_comparison_grows_with_the_variant() -> None:
    """By hand: 100 / (100 + 300) and 150 / (150 + 300)."""
    cells = Cells({"loyal": {"control": 300, "A": 100, "B": 150, "holdout": 9}}, {"loyal": 559})

    assert cells.shared == pytest.approx((0.25, 0.333))


def test_an_arm_is_held_against_the_control_of_its_own_segments() -> None:
    cells = Cells(
        {"loyal": {"control": 100, "A": 100, "B": 100}, "new": {"control": 60, "A": 60}},
        {"loyal": 300, "new": 120},
    )

    assert cells.contrast("B") == pytest.approx((100, 100))
    assert cells.weakest == pytest.approx((100, 100))


def test_an_arm_of_nobody_shows_nothing() -> None:
    cells = Cells({"loyal": {"control": 1, "A": 1, "B": 0}}, {"loyal": 2})

    assert cells.contrast("B") == (0.0, 0.0)
    assert cells.weakest == (0.0, 0.0)
    assert Cells({}, {}).weakest == (0.0, 0.0)


def test_a_segment_of_one_person_does_not_blind_the_whole_test() -> None:
    arms = [Arm(s, a, 0.5) for s in ("loyal", "lone") for a in ("control", "A")]

    cells = cells_of(arms, {"loyal": 7_500, "lone": 1})

    assert cells.contrast("A") == pytest.approx((3_750, 3_750))


def test_a_holdout_is_no_variant() -> None:
    cells = Cells({"loyal": {"control": 5, "A": 5, "holdout": 2}}, {"loyal": 12})

    assert cells.variants == ("A",)
    assert cells.total("holdout") == 2


@given(
    st.dictionaries(st.sampled_from(["s", "t", "u"]), st.integers(200, 3_000), min_size=1),
    st.floats(0.1, 0.8),
)
def test_equal_shares_lose_next_to_nothing_to_rounding(
    eligible: dict[str, int], control: float
) -> None:
    arms = [
        Arm(segment, name, weight)
        for segment in eligible
        for name, weight in (("control", control), ("A", 1 - control))
    ]

    cells = cells_of(arms, eligible)

    n_treatment, n_control = cells.contrast("A")
    assert n_treatment == pytest.approx(cells.total("A"), rel=0.02)
    assert n_control == pytest.approx(cells.total("control"), rel=0.02)
    assert n_treatment <= cells.total("A") * (1 + 1e-9)  # never worth more than there are


@given(st.floats(0.05, 0.6), st.floats(0.0, 0.3), st.sets(st.sampled_from("ABC"), min_size=1))
def test_new_shares_are_shares_again_and_variants_keep_their_ratios(
    control: float, holdout: float, kept: set[str]
) -> None:
    shares = {"control": 0.25, "A": 0.4, "B": 0.2, "C": 0.1, "holdout": 0.05}

    new = reshared(shares, kept=kept, control=control, holdout=holdout)

    assert sum(new.values()) == pytest.approx(1)
    assert new["control"] == control
    factor = (1 - control - holdout) / sum(shares[name] for name in kept)
    assert [new[name] for name in kept] == pytest.approx([shares[name] * factor for name in kept])


def test_a_segment_left_without_a_variant_cannot_be_reshared() -> None:
    arms = [Arm("new", "control", 0.5), Arm("new", "A", 0.5)]

    assert arms_with(arms, {"control": 0.5, "B": 0.5}) == ()
