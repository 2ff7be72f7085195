from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.learning.policy_value import (
    Comparison,
    LoggedCell,
    best_by_level,
    best_single,
    compare_policies,
    value_of_policy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DATA = Path(__file__).parents[1] / "data"
MENS, WOMENS, NOTHING = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


def compared(cells: Sequence[LoggedCell], choices: Sequence[str] = (), **guards: Any) -> Comparison:  # noqa: ANN401
    found = compare_policies(
        cells, choices or sorted({cell.arm for cell in cells}),
        **{"confidence": 0.95, "least_effective_sample": 200, "least_propensity": 0.01, **guards},
    )  # fmt: skip
    assert found is not None
    return found


# Open Bandit ------------------------------------------------------------------------------


def bandit_log(name: str) -> list[LoggedCell]:
    """Return the log as cells of position x item x propensity, all in one fold."""
    log = pd.read_csv(DATA / "open_bandit" / f"{name}.csv.gz")
    log["position"] = log["position"].rank(method="dense").astype(int)
    cells = log.groupby(["position", "item_id", "propensity_score"])["click"]
    drawn: list[Any] = list(cells.groups)
    return [
        LoggedCell(0, str(position), str(item), propensity, int(n), mean, 0.0)
        for (position, item, propensity), n, mean in zip(
            drawn, cells.size(), cells.mean(), strict=True)
    ]  # fmt: skip


def thompson() -> dict[str, dict[str, float]]:
    """Return the policy whose value the pipeline's own page prints."""
    shares = pd.read_csv(DATA / "open_bandit" / "obd_bts_action_dist.csv")
    return {
        str(place): dict(zip(shares["item_id"].astype(str), shares[f"pos{place}"], strict=True))
        for place in (1, 2, 3)
    }


def test_ips_of_the_thompson_policy_is_that_of_the_open_bandit_pipeline() -> None:
    # Its README prints 1.198126 for the value relative to the behaviour policy's mean of .0038.
    log = bandit_log("obd_small_random_all")
    sent = sum(cell.n * cell.mean for cell in log) / sum(cell.n for cell in log)

    value = value_of_policy(log, thompson())

    assert sent == pytest.approx(0.0038, abs=1e-12)
    assert value.ips == pytest.approx(0.00455288, abs=1e-8)
    assert value.ips / sent == pytest.approx(1.198126, abs=1e-6)


def test_ten_thousand_rows_of_a_greedy_log_are_worth_a_few_hundred_for_another_policy() -> None:
    """Why arms keep a floor: .00236 against a true .0038, from an effective sample of 340."""
    items = {str(item): 1 / 80 for item in range(80)}

    value = value_of_policy(bandit_log("obd_small_bts_all"), dict.fromkeys(("1", "2", "3"), items))

    assert value.effective_sample == pytest.approx(340, abs=1)
    assert value.ips == pytest.approx(0.00236, abs=5e-6)


# Hillstrom --------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def hillstrom(metric: str, columns: tuple[str, ...]) -> tuple[LoggedCell, ...]:
    """Return cells of the e-mail test of 2008, whose arms were drawn with a third each."""
    found = pd.read_csv(DATA / "policy_value" / "hillstrom_cells.csv")
    cells = []
    for row in found.to_dict("records"):
        level = " / ".join(str(row[column]) for column in columns)
        n, rate = int(row["n"]), row["visits"] / row["n"]
        mean = rate if metric == "visit" else row["spend"]
        variance = n * rate * (1 - rate) / (n - 1) if metric == "visit" else row["spend_variance"]
        cells.append(LoggedCell(int(row["fold"]), level, row["arm"], 1 / 3, n, mean, variance))
    return tuple(cells)


BY_CATEGORY, BY_ALL = ("category",), ("category", "newbie", "channel")


def test_the_hillstrom_log_is_whole() -> None:
    cells = hillstrom("visit", BY_ALL)

    assert sum(cell.n for cell in cells) == 64_000
    assert len({cell.level for cell in cells}) == 18


@pytest.mark.parametrize(
    ("metric", "arm", "expected"),
    [
        pytest.param("visit", MENS, 0.1828, id="visits under the mens e-mail"),
        pytest.param("visit", WOMENS, 0.1514, id="visits under the womens e-mail"),
        pytest.param("spend", MENS, 1.4226, id="spend under the mens e-mail"),
        pytest.param("spend", WOMENS, 1.0772, id="spend under the womens e-mail"),
    ],
)
def test_one_arm_for_everybody_is_worth_its_own_mean(
    metric: str, arm: str, expected: float
) -> None:
    """The published means of the arms: Hillstrom 2008, as in Rizzzyyy1's analysis of it."""
    cells = hillstrom(metric, BY_CATEGORY)

    value = value_of_policy(cells, {cell.level: {arm: 1.0} for cell in cells})

    assert value.dr == pytest.approx(expected, rel=0.005)
    assert value.snips == pytest.approx(expected, abs=6e-5)
    assert value.effective_sample == pytest.approx(21_333, rel=0.01)


def test_scored_on_its_own_customers_a_fine_grained_choice_looks_like_a_gain() -> None:
    # 18 cells, spend: 1.56 and "+.14" against always sending the mens e-mail.
    cells = hillstrom("spend", BY_ALL)
    single = value_of_policy(cells, best_single(cells))

    value = value_of_policy(cells, best_by_level(cells))

    assert value.dr == pytest.approx(1.56, abs=0.01)
    assert value.dr - single.dr == pytest.approx(0.14, abs=0.005)


def test_on_customers_it_was_not_made_on_the_same_choice_is_a_loss() -> None:
    found = compared(hillstrom("spend", BY_ALL))

    assert found.difference == pytest.approx(-0.15, abs=0.01)
    assert found.low < found.difference < found.high < 0.14
    assert found.state == "best_single"
    assert found.single_arm == MENS


@pytest.mark.parametrize("columns", [BY_CATEGORY, BY_ALL], ids=["3 cells", "18 cells"])
def test_visits_do_not_gain_by_choosing_either(columns: tuple[str, ...]) -> None:
    """Though past category moderates the lift beyond doubt, the best single e-mail is as good."""
    found = compared(hillstrom("visit", columns))

    assert found.state == "best_single"
    assert found.difference == pytest.approx(0, abs=0.002)
    assert found.low < 0 < found.high


# By hand ----------------------------------------------------------------------------------


def small_log() -> list[LoggedCell]:
    """Two levels, two arms: A drawn with 1/4 among the loyal, with 1/2 among the new."""
    return [
        LoggedCell(0, "loyal", "A", 0.25, 100, 0.20, 0.16),
        LoggedCell(0, "loyal", "B", 0.75, 300, 0.10, 0.09),
        LoggedCell(0, "new", "A", 0.5, 200, 0.05, 0.05),
        LoggedCell(0, "new", "B", 0.5, 200, 0.15, 0.13),
    ]


def test_three_estimators_by_hand() -> None:
    # A for the loyal: weight 4 for 100; B for the new: weight 2 for 200.
    # IPS = (100 * 4 * .2 + 200 * 2 * .15) / 800 = 140 / 800 = .175; the weights sum to 800, so
    # SNIPS is the same; DR = half .2 + half .15 = .175; ESS = 800² / (100 * 16 + 200 * 4).
    value = value_of_policy(small_log(), best_by_level(small_log()))

    assert (value.ips, value.snips, value.dr) == pytest.approx((0.175, 0.175, 0.175))
    assert value.effective_sample == pytest.approx(800**2 / 2400)


def test_the_best_single_arm_counts_every_level_with_its_own_customers() -> None:
    # By raw means B: .12 against .10 for A.  By levels A: (.2 + .05) / 2 = .125 = B, a tie
    # that a little more for the loyal decides.
    cells = [
        replace(c, mean=0.21) if (c.level, c.arm) == ("loyal", "A") else c for c in small_log()
    ]

    assert best_single(cells) == {"loyal": {"A": 1.0}, "new": {"A": 1.0}}


def in_folds(cells: Sequence[LoggedCell]) -> list[LoggedCell]:
    return [replace(cell, fold=fold) for fold in range(5) for cell in cells]


def test_a_choice_that_really_pays_is_offered() -> None:
    found = compared(in_folds([replace(cell, n=cell.n * 20) for cell in small_log()]))

    assert found.state == "offered"
    assert dict(found.policy) == {"loyal": "A", "new": "B"}
    assert found.difference == pytest.approx(0.05, abs=1e-9)  # .175 against .125
    assert found.low > 0


def test_the_interval_is_that_of_the_paired_scores() -> None:
    """Every fold alike, so scores differ by cell only: (w - w')² s² within, means between.

    s² is that of the level and arm over all folds, and at least that of the level; the folds learn
    from each other, which makes the error 1.5 times as large (Nadeau and Bengio).
    """
    cells = in_folds([replace(cell, n=cell.n * 20) for cell in small_log()])
    found = compared(cells)

    other = "new" if found.single_arm == "A" else "loyal"
    n, n_other = sum(c.n for c in cells), sum(c.n for c in cells if c.level == other)
    spread = {
        arm: np.var(values_of(c for c in cells if c.level == other and arm in ("", c.arm)))
        for arm in ("", "A", "B")
    }
    squares: Any = sum(
        (c.n - 1) / c.propensity**2 * max(spread[c.arm], spread[""])
        for c in cells
        if c.level == other
    )
    squares += n * 0.05**2  # scores are .1 in one half and 0 in the other
    assert n_other * 2 == n
    assert found.high - found.difference == pytest.approx(
        1.5 * 1.959964 * (squares / (n - 1) / n) ** 0.5, rel=1e-3
    )


def values_of(cells: Iterable[LoggedCell]) -> list[float]:
    """Return customers' amounts with the mean and variance that each cell says."""
    return [
        cell.mean + side * cell.variance**0.5
        for cell in cells
        for side in (-1, 1)
        for _ in range(cell.n // 2)
    ]


EVENLY = ({"control": 0.25, "A": 0.25, "B": 0.25, "C": 0.25},)
ALONE = ({"control": 0.5, "A": 0.5},)
LEARNT = (
    {"control": 0.25, "A": 0.72, "B": 0.015, "C": 0.015},
    {"control": 0.25, "A": 0.015, "B": 0.72, "C": 0.015},
)


def flat_world(
    rng: np.random.Generator, n: int, rate: float, propensities: Sequence[dict[str, float]]
) -> list[LoggedCell]:
    """Return a log of four levels in which every arm does as well as any other."""
    cells = []
    for level in range(4):
        drawn = propensities[level % len(propensities)]
        for arm, propensity in drawn.items():
            sizes = rng.multinomial(round(n / 4 * propensity), [0.2] * 5)
            for fold, size in enumerate(sizes.tolist()):
                mean = rng.binomial(size, rate) / max(size, 1)
                variance = mean * (1 - mean) * size / (size - 1) if size > 1 else 0.0
                cells.append(LoggedCell(fold, str(level), arm, propensity, size, mean, variance))
    return [cell for cell in cells if cell.n]


@pytest.mark.parametrize(
    ("n", "rate", "propensities"),
    [
        pytest.param(20_000, 0.1, EVENLY, id="even shares"),
        pytest.param(20_000, 0.1, ALONE, id="two arms"),
        pytest.param(20_000, 0.05, LEARNT, id="learnt shares"),
        pytest.param(20_000, 0.005, LEARNT, id="learnt shares and few responses"),
    ],
)
def test_where_no_choice_pays_hardly_any_is_offered(
    n: int, rate: float, propensities: Sequence[dict[str, float]]
) -> None:
    """One in forty is what 95 % promises; folds taken as independent offer one in 13, or in 6."""
    rng, runs = np.random.default_rng(11), 300

    offered = sum(
        compared(flat_world(rng, n, rate, propensities)).state == "offered" for _ in range(runs)
    )

    assert offered <= 0.04 * runs


@pytest.mark.parametrize(
    ("cells", "guards"),
    [
        pytest.param([replace(c, n=c.n // 10) for c in small_log()], {}, id="too few customers"),
        pytest.param(
            [*small_log(), LoggedCell(0, "new", "C", 0.005, 5, 0.1, 0.1)], {}, id="a rare arm"
        ),
        pytest.param(small_log(), {"least_effective_sample": 5000}, id="a higher bar"),
    ],
)
def test_it_is_not_judged_where_the_log_does_not_bear_it(
    cells: list[LoggedCell], guards: dict[str, Any]
) -> None:
    assert compared(in_folds(cells), **guards).state == "refused"


def test_an_arm_that_may_not_be_chosen_is_never_chosen_but_counts_as_customers() -> None:
    best = LoggedCell(0, "new", "holdout", 0.2, 100, 0.9, 0.09)

    found = compared(in_folds([*small_log(), best]), ["A", "B"])

    assert "holdout" not in dict(found.policy).values()
    assert found.n == 5 * 900


def test_with_one_arm_there_is_no_choice() -> None:
    cells = in_folds([cell for cell in small_log() if cell.arm == "A"])

    assert compare_policies(
        cells, ["A"], confidence=0.95, least_effective_sample=1, least_propensity=0.01
    ) is None  # fmt: skip


def test_a_level_that_only_one_fold_knows_gets_the_best_single_arm() -> None:
    rare = LoggedCell(3, "rare", "A", 0.5, 4, 0.5, 0.3)

    found = compared([*in_folds(small_log()), rare])

    assert found.value.dr == pytest.approx(0.175, abs=0.01)


@given(st.lists(st.tuples(st.integers(2, 500), st.floats(0, 1)), min_size=4, max_size=4))
def test_the_policy_that_was_logged_is_worth_what_it_brought(
    found: list[tuple[int, float]],
) -> None:
    """In a log whose counts follow its propensities."""
    sizes = {level: found[place][0] + found[place + 1][0] for place, level in ((0, "x"), (2, "y"))}
    cells = [
        LoggedCell(0, level, arm, n / sizes[level], n, mean, 0.1)
        for (n, mean), level, arm in zip(found, "xxyy", "ABAB", strict=True)
    ]
    logged = {level: {c.arm: c.propensity for c in cells if c.level == level} for level in "xy"}
    sent = sum(cell.n * cell.mean for cell in cells) / sum(cell.n for cell in cells)

    value = value_of_policy(cells, logged)

    assert (value.ips, value.snips, value.dr) == pytest.approx((sent, sent, sent))
    assert value.effective_sample == pytest.approx(sum(sizes.values()))


@given(st.sampled_from([("A", "B"), ("X", "A"), ("B", "C")]))
def test_other_names_for_the_arms_change_no_figure(names: tuple[str, str]) -> None:
    new = dict(zip(("A", "B"), names, strict=True))
    cells = in_folds([replace(c, mean=0.3) if c.propensity == 0.25 else c for c in small_log()])

    before = compared(cells)
    after = compared([replace(cell, arm=new[cell.arm]) for cell in cells])

    assert after.single_arm == new[before.single_arm]
    assert after.value == before.value
    assert (after.difference, after.low) == (before.difference, before.low)
