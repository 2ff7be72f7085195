from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.levels import (
    OTHERS,
    Cell,
    cells_of,
    nobody_like,
    shown_levels,
    together,
)
from personalization.statistics.samples import Counts, Moments, Ratio

AMOUNTS = Moments(40, 3.0, 4.0, 20)
RATIO = Ratio(40, 1.0, 0.5, 4.0, 0.25, 0.2, 20)


@pytest.mark.parametrize(
    ("treatment", "control", "reason"),
    [
        pytest.param(Counts(30, 9), Counts(30, 9), "", id="thirty people"),
        pytest.param(Counts(29, 9), Counts(3_000, 900), "fewer than 30 customers", id="few people"),
        pytest.param(
            Counts(300, 2), Counts(300, 1), "fewer than 5 responses expected", id="few responses"
        ),
        pytest.param(Counts(50, 5), Counts(50, 5), "", id="five responses exactly"),
        pytest.param(
            Counts(300, 300), Counts(300, 299), "fewer than 5 responses expected", id="nearly all"
        ),
        pytest.param(Counts(300, 0), Counts(300, 40), "", id="nobody on one side"),
        pytest.param(AMOUNTS, AMOUNTS, "", id="amounts"),
        pytest.param(
            AMOUNTS, Moments(40, 1.0, 4.0, 4), "fewer than 5 amounts", id="four amounts"
        ),
        pytest.param(
            Moments(40, 3.0, 0.0, 40), Moments(40, 3.0, 0.0, 40), "all amounts are the same",
            id="one amount",
        ),
        pytest.param(
            Moments(40, 3.0, 1e-30, 40), Moments(40, 3.0, 0.0, 40), "all amounts are the same",
            id="one amount but for rounding",
        ),
        pytest.param(RATIO, RATIO, "", id="a ratio"),
        pytest.param(
            RATIO, Ratio(40, 0.0, 0.0, 0.0, 0.0, 0.0, 0), "fewer than 5 amounts", id="no clicks"
        ),
    ],
)  # fmt: skip
def test_what_a_level_needs_to_be_read(treatment: Counts, control: Counts, reason: str) -> None:
    cell = Cell("x", treatment, control)

    assert cell.reason.startswith(reason)
    assert bool(cell.reason) == bool(reason) == (not cell.is_enough)


def test_a_level_without_response_is_not_taken_for_certain() -> None:
    """By hand: half a response of 100 is .005 x .995 / 100, and 20 of 100 are .2 x .8 / 100."""
    cell = Cell("x", Counts(100, 0), Counts(100, 20))

    assert cell.variance == pytest.approx(4.975e-5 + 1.6e-3)


def test_a_difference_of_rates_has_newcombes_interval() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table II, method 10: 56/70 against 48/80."""
    interval = Cell("x", Counts(70, 56), Counts(80, 48)).difference_ci(0.95)

    assert interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_difference_of_amounts_has_welchs_interval() -> None:
    """By hand: 1 +- 1.9908 x sqrt(4 / 40 + 4 / 40), with 78 degrees of freedom."""
    cell = Cell("x", Moments(40, 4.0, 4.0, 40), Moments(40, 3.0, 4.0, 40))

    assert cell.difference == 1.0
    assert cell.difference_ci(0.95) == pytest.approx((0.10969, 1.89031), abs=1e-4)


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(Counts(0, 0), Counts(9, 3), id="nobody in the arm"),
        pytest.param(Moments(9, 1.0, 1.0, 9), Moments(0, 0.0, 0.0, 0), id="nobody in the control"),
        pytest.param(RATIO, Ratio(40, 0.0, 0.0, 0.0, 0.0, 0.0, 0), id="a ratio over nothing"),
    ],
)
def test_against_nobody_there_is_no_difference(treatment: Counts, control: Counts) -> None:
    cell = Cell("x", treatment, control)

    assert cell.difference is None
    assert cell.difference_ci(0.95) is None


def test_one_customer_a_side_has_a_difference_without_an_interval() -> None:
    cell = Cell("x", Moments(1, 4.0, 0.0, 1), Moments(1, 3.0, 0.0, 1))

    assert (cell.difference, cell.difference_ci(0.95)) == (1.0, None)


def test_what_is_not_of_one_metric_is_refused() -> None:
    with pytest.raises(InputError, match="one metric"):
        together(Counts(9, 3), AMOUNTS)
    with pytest.raises(InputError, match="cannot be compared with an amount"):
        _ = Cell("x", Counts(90, 30), AMOUNTS).reason


@pytest.mark.parametrize("sample", [Counts(9, 3), AMOUNTS, RATIO], ids=["rate", "mean", "ratio"])
def test_nobody_changes_nothing(sample: Counts) -> None:
    assert together(sample, nobody_like(sample)) == sample
    assert nobody_like(sample).n == 0


def test_a_long_list_of_levels_is_cut_and_nobody_is_lost() -> None:
    many = {f"c{i}": Counts(10 + i, 1) for i in range(20)}
    shown = shown_levels({name: 2 * side.n for name, side in many.items()})

    kept = cells_of(many, many, shown)

    assert [cell.level for cell in kept] == ["c19", "c18", "c17", "c16", "c15", OTHERS]
    assert sum(cell.treatment.n for cell in kept) == sum(side.n for side in many.values())


def test_six_levels_are_no_long_list() -> None:
    sizes = dict.fromkeys("abcdef", 10)

    assert shown_levels(sizes) == {name: name for name in "abcdef"}
    assert shown_levels(sizes | {"g": 9})["f"] == OTHERS


def test_a_level_that_one_side_lacks_has_nobody_there() -> None:
    shown = {"a": "a", "b": "b", "c": "c"}

    cells = cells_of({"a": AMOUNTS}, {"a": AMOUNTS, "b": AMOUNTS}, shown)

    assert [(cell.level, cell.treatment.n, cell.control.n) for cell in cells] == [
        ("a", 40, 40), ("b", 0, 40),
    ]  # fmt: skip


counts = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(
    lambda pair: Counts(max(pair), min(pair))
)


@given(st.dictionaries(st.text(max_size=2), st.tuples(counts, counts), max_size=12))
def test_shown_levels_hold_everybody(found: dict[str, tuple[Counts, Counts]]) -> None:
    treatment = {level: own for level, (own, _) in found.items()}
    control = {level: other for level, (_, other) in found.items()}

    cells = cells_of(
        treatment, control, shown_levels({k: t.n + c.n for k, (t, c) in found.items()})
    )

    assert sum(cell.n for cell in cells) == sum(t.n + c.n for t, c in found.values())
    assert len(cells) == min(len(found), 6)
