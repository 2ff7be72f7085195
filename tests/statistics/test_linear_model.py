"""The joint model from counted cells says what least squares on the customers says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.statistics.linear_model import JointCell, Wald, joint_model
from personalization.statistics.samples import Counts, Moments, Ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Levels = NDArray[np.int64]

ATTRIBUTES = ("country", "tier", "tenure")


def customers(n: int, *, levels: Sequence[int] = (3, 2, 4), seed: int = 7) -> tuple[Levels, Levels]:
    """Draw ``n`` customers: an arm (0 is the control) and a level of each attribute."""
    draws = np.random.default_rng(seed)
    arms = draws.integers(0, 2, n)
    return arms, np.column_stack([draws.integers(0, k, n) for k in levels])


def counted(arms: Levels, levels: Levels, outcome: NDArray[np.float64]) -> list[JointCell]:
    """Put customers together who share everything, as the query does."""
    keys, cell_of = np.unique(np.column_stack([arms, levels]), axis=0, return_inverse=True)
    cells = []
    for cell, (arm, *codes) in enumerate(keys):
        found = outcome[cell_of.ravel() == cell]
        spread = float(found.var(ddof=1)) if len(found) > 1 else 0.0
        is_rate = set(np.unique(outcome)) <= {0.0, 1.0}
        sample = (
            Counts(len(found), int(found.sum()))
            if is_rate
            else Moments(len(found), float(found.mean()), spread, int((found != 0).sum()))
        )
        name = "control" if arm == 0 else "A"
        cells.append(JointCell(name, tuple(map(str, codes)), sample))
    return cells


def by_statsmodels(
    arms: Levels, levels: Levels, outcome: NDArray[np.float64]
) -> list[tuple[int, float, float]]:
    """Return df, statistic and p of each attribute's interactions, from the customers."""
    from statsmodels.regression.linear_model import OLS

    dummies = [
        (place, levels[:, place] == level)
        for place in range(levels.shape[1])
        for level in np.unique(levels[:, place])[1:]
    ]
    main = np.column_stack([np.ones(len(arms)), *(column for _, column in dummies)]).astype(float)
    fit = OLS(outcome, np.hstack([main, main * arms[:, None]])).fit(cov_type="HC1")
    found = []
    for place in range(levels.shape[1]):
        tested = [1 + at for at, (of, _) in enumerate(dummies) if of == place]
        restriction = np.zeros((len(tested), 2 * main.shape[1]))
        for row, column in enumerate(tested):
            restriction[row, main.shape[1] + column] = 1.0
        wald = fit.wald_test(restriction, use_f=False, scalar=True)
        found.append((len(tested), float(wald.statistic), float(wald.pvalue)))
    return found


def outcomes(arms: Levels, levels: Levels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw who responds and what they spend; the tier moves the lift."""
    draws = np.random.default_rng(11)
    rate = 0.1 + 0.05 * levels[:, 0] + arms * (0.04 + 0.05 * (levels[:, 1] == 1))
    responded = (draws.random(len(arms)) < rate).astype(float)
    return responded, responded * np.round(np.exp(draws.normal(3, 1, len(arms))), 2)


@pytest.mark.parametrize("kind", [0, 1], ids=["yes or no", "amounts"])
def test_it_equals_least_squares_on_the_customers(kind: int) -> None:
    """statsmodels: OLS(...).fit(cov_type="HC1").wald_test, on 4,000 customers drawn by seed."""
    arms, levels = customers(4_000)
    outcome = outcomes(arms, levels)[kind]

    found = joint_model(counted(arms, levels, outcome), ATTRIBUTES, control="control")

    expected = by_statsmodels(arms, levels, outcome)
    assert [wald.df for wald in found.values()] == [df for df, _, _ in expected]
    assert [wald.statistic for wald in found.values()] == pytest.approx(
        [statistic for _, statistic, _ in expected], rel=1e-8
    )
    assert [wald.p for wald in found.values()] == pytest.approx(
        [p for _, _, p in expected], rel=1e-8
    )


def test_large_amounts_lose_no_digits() -> None:
    """A thousand million more for everybody moves no lift: only rounding of the amounts is left."""
    arms, levels = customers(4_000)
    amounts = outcomes(arms, levels)[1]

    found = joint_model(counted(arms, levels, amounts + 1e9), ATTRIBUTES, control="control")

    assert [wald.statistic for wald in found.values()] == pytest.approx(
        [statistic for _, statistic, _ in by_statsmodels(arms, levels, amounts)], rel=2e-6
    )


def test_it_finds_the_attribute_that_moves_the_lift_and_not_what_goes_with_it() -> None:
    """Two attributes that agree for four customers of five; the lift hangs on the first."""
    draws = np.random.default_rng(3)
    first = draws.integers(0, 2, 20_000)
    second = np.where(draws.random(20_000) < 0.8, first, 1 - first)
    arms = draws.integers(0, 2, 20_000)
    outcome = (draws.random(20_000) < 0.2 + 0.08 * arms * first).astype(float)

    found = joint_model(
        counted(arms, np.column_stack([first, second]), outcome), ("a", "b"), control="control"
    )

    assert (found["A", "a"].p or 1) < 1e-4
    assert (found["A", "b"].p or 0) > 0.05


def test_an_attribute_made_of_another_loses_its_degrees_of_freedom() -> None:
    """Region follows from country, so it adds nothing, and country only what region leaves."""
    arms, levels = customers(4_000, levels=(4, 2))
    region = levels[:, 0] // 2
    outcome = (np.random.default_rng(5).random(4_000) < 0.3).astype(float)
    with_region = np.column_stack([levels, region])
    alone = joint_model(counted(arms, levels, outcome), ("country", "tier"), control="control")

    found = joint_model(
        counted(arms, with_region, outcome), ("country", "tier", "region"), control="control"
    )

    assert found["A", "region"] == Wald(0, None, None, "the other attributes together say the same")
    assert found["A", "country"].df == 2
    assert found["A", "tier"].p == pytest.approx(alone["A", "tier"].p, rel=1e-9)


def test_what_no_combination_of_holds_anybody_is_left_out() -> None:
    """Nobody is at once in level 0 of the first and in level 1 of the second attribute."""
    arms, levels = customers(6_000, levels=(2, 2))
    is_there = ~((levels[:, 0] == 0) & (levels[:, 1] == 1))
    arms, levels = arms[is_there], levels[is_there]
    outcome = (np.random.default_rng(5).random(len(arms)) < 0.3).astype(float)

    found = joint_model(counted(arms, levels, outcome), ("a", "b"), control="control")

    expected = by_statsmodels(arms, levels, outcome)
    assert [wald.statistic for wald in found.values()] == pytest.approx([s for _, s, _ in expected])


def test_a_level_of_few_customers_does_not_look_certain() -> None:
    """One customer would be fitted without a rest, and its coefficient be beyond doubt."""
    cells = [
        *(JointCell(arm, ("many",), Counts(500, x)) for arm, x in (("A", 120), ("control", 100))),
        *(JointCell(arm, ("some",), Counts(400, x)) for arm, x in (("A", 90), ("control", 80))),
        JointCell("A", ("one",), Counts(1, 1)),
        JointCell("control", ("one",), Counts(1, 0)),
    ]

    wald = joint_model(cells, ("country",), control="control")["A", "country"]

    assert wald.df == 1
    assert (wald.p or 0) > 0.5


def test_levels_of_few_customers_count_together_if_they_are_enough() -> None:
    small = [
        JointCell(arm, (f"small {at}",), Counts(20, x))
        for arm, x in (("A", 8), ("control", 4))
        for at in range(4)
    ]
    large = [JointCell(arm, ("large",), Counts(400, 100)) for arm in ("A", "control")]

    found = joint_model([*small, *large], ("town",), control="control")["A", "town"]

    put_together = [JointCell("A", ("others",), Counts(80, 32)),
                    JointCell("control", ("others",), Counts(80, 16)), *large]  # fmt: skip
    expected = joint_model(put_together, ("town",), control="control")["A", "town"]
    assert found.df == 1
    assert found.statistic == pytest.approx(expected.statistic)
    # By hand: .2 squared over .4 x .6 / 80 + .2 x .8 / 80 + 2 x .25 x .75 / 400, times 956 / 960.
    assert expected.statistic == pytest.approx(6.709, abs=1e-3)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        pytest.param(
            [("A", ("x",), 20, 9), ("A", ("y",), 20, 9), ("control", ("x",), 20, 9)],
            "fewer than two levels have enough customers",
            id="too few customers",
        ),
        pytest.param(
            [("A", ("x",), 900, 90), ("A", ("y",), 900, 90)],
            "fewer than two levels have enough customers",
            id="nobody in the control",
        ),
        pytest.param(
            [("A", ("x",), 900, 90), ("control", ("x",), 900, 90)],
            "fewer than two levels have enough customers",
            id="one level only",
        ),
    ],
)
def test_what_cannot_be_said_has_a_reason(
    cells: list[tuple[str, tuple[str, ...], int, int]], reason: str
) -> None:
    found = [JointCell(arm, levels, Counts(n, x)) for arm, levels, n, x in cells]

    wald = joint_model(found, ("country",), control="control")["A", "country"]

    assert wald == Wald(0, None, None, reason)


def test_many_attributes_need_many_customers() -> None:
    """Ten attributes of two levels are eleven coefficients an arm: 110 customers each."""
    arms, levels = customers(200, levels=(2,) * 10)
    outcome = (np.random.default_rng(2).random(200) < 0.5).astype(float)
    names = tuple("abcdefghij")

    found = joint_model(counted(arms, levels, outcome), names, control="control")

    assert {(wald.p, wald.reason) for wald in found.values()} == {
        (None, "too few customers for so many attributes side by side")
    }


def test_a_ratio_has_no_joint_model() -> None:
    side = Ratio(900, 1.0, 0.5, 4.0, 0.25, 0.1, 300)
    cells = [JointCell(arm, (level,), side) for arm in ("A", "control") for level in "xy"]

    assert joint_model(cells, ("tier",), control="control") == {
        ("A", "tier"): Wald(0, None, None, "a ratio has no joint model")
    }


def test_each_arm_is_held_against_the_control_alone() -> None:
    arms, levels = customers(3_000)
    outcome = (np.random.default_rng(2).random(3_000) < 0.3).astype(float)
    both = counted(arms, levels, outcome)
    third = [JointCell("B", cell.levels, Counts(200, 150)) for cell in both if cell.arm == "A"]

    found = joint_model([*both, *third], ATTRIBUTES, control="control")

    alone = joint_model(both, ATTRIBUTES, control="control")
    assert {key: wald for key, wald in found.items() if key[0] == "A"} == alone
    assert {arm for arm, _ in found} == {"A", "B"}


rows = st.tuples(
    st.sampled_from(("A", "control")), st.sampled_from("xyz"), st.sampled_from("pq"),
    st.integers(1, 300), st.integers(0, 300),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(rows, min_size=1, max_size=12), st.permutations("xyz"))
def test_names_of_levels_do_not_matter_and_p_is_a_number_or_nothing(
    found: list[tuple[str, str, str, int, int]], names: list[str]
) -> None:
    renamed = dict(zip("xyz", names, strict=True))
    cells = [JointCell(arm, (a, b), Counts(n, min(n, x))) for arm, a, b, n, x in found]
    others = [JointCell(c.arm, (renamed[c.levels[0]], c.levels[1]), c.sample) for c in cells]

    one = joint_model(cells, ("a", "b"), control="control")
    other = joint_model(others, ("a", "b"), control="control")

    for key, wald in one.items():
        assert (wald.p is None) == bool(wald.reason)
        assert wald.p is None or 0 <= wald.p <= 1
        assert wald.df == other[key].df
        assert (wald.p or 0.0) == pytest.approx(other[key].p or 0.0, rel=1e-6, abs=1e-12)


def test_without_any_effect_joint_p_is_below_five_percent_one_time_in_twenty() -> None:
    """300 draws by seed: base rates run from 7 to 35 %, everybody gains four points."""
    draws = np.random.default_rng(17)
    arms, levels = customers(700, levels=(3, 3), seed=19)
    base = 0.07 + 0.07 * levels.sum(axis=1)

    ps = [
        wald.p
        for _ in range(300)
        for wald in joint_model(
            counted(arms, levels, (draws.random(700) < base + 0.04 * arms).astype(float)),
            ("a", "b"),
            control="control",
        ).values()
    ]

    assert np.mean([p is not None and p < 0.05 for p in ps]) == pytest.approx(0.05, abs=0.025)
