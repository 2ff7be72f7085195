from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from personalization.errors import InputError
from personalization.statistics.noise import (
    draw_holds,
    draw_tables,
    noise_share,
    play,
    sharpened,
)
from personalization.statistics.sample_size import Amount, Mean, Rate, guardrail_power

NOTHING = (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("customers", "shares"),
    [
        pytest.param(100, (0.62, 0.66, 0.68), id="100 people"),
        pytest.param(300, (0.68, 0.69, 0.63), id="300 people"),
        pytest.param(500, (0.69, 0.63, 0.59), id="500 people"),
        pytest.param(2_000, (0.60, 0.53, 0.42), id="2,000 people"),
        pytest.param(10_000, (0.41, 0.27, 0.11), id="10,000 people"),
    ],
)
def test_how_often_noise_looks_like_ten_percent(
    customers: int, shares: tuple[float, float, float]
) -> None:
    """Source: simulated A/A tests of four equal arms at base rates of 5, 10 and 20 %."""
    n = customers // 4

    exact = [noise_share(base, n, [n] * 3, lift=0.10) for base in (0.05, 0.10, 0.20)]
    played = [
        play(
            draw_tables([[n] * 4], Rate(base), NOTHING, runs=20_000, seed=1),
            confidence=0.95, hoped_for=0.10,
        ).over_share
        for base in (0.05, 0.10, 0.20)
    ]  # fmt: skip

    assert exact == pytest.approx(shares, abs=0.012)
    assert played == pytest.approx(exact, abs=0.014)  # four standard errors of the draws


@pytest.mark.parametrize(("customers", "reported"), [(500, 0.45), (2_000, 0.24), (10_000, 0.16)])
def test_the_best_of_three_is_reported_far_above_its_true_ten_percent(
    customers: int, reported: float
) -> None:
    """Source: the same simulations, with +10 % in all three arms at a base of 10 %."""
    table = draw_tables([[customers // 4] * 4], Rate(0.10), (0, 0.1, 0.1, 0.1), runs=20_000, seed=2)

    world = play(table, confidence=0.95, hoped_for=0.10, best=0)

    assert world.shipped_lift is not None
    assert world.best_lift is not None
    assert world.best_lift == pytest.approx(reported, abs=0.012)
    assert world.shipped_lift > world.best_lift  # what passes the bar is exaggerated more


@pytest.mark.parametrize("expected", [Rate(0.1), Amount(0.1, 48.0)], ids=["rate", "amount"])
def test_the_rule_ships_what_does_nothing_in_half_of_five_percent(
    expected: Rate | Amount,
) -> None:
    table = draw_tables([[1_000] * 4], expected, NOTHING, runs=20_000, seed=3)

    world = play(table, confidence=0.95, hoped_for=0.10)

    assert world.ship_share == pytest.approx(0.025, abs=0.005)
    assert world.power is None
    assert world.looks_wrong is None


def test_the_power_is_the_one_that_was_planned() -> None:
    """One variant at 14,749 per arm: 80 % for +10 % at a base of 10 %; see sample sizes."""
    table = draw_tables([[14_749] * 2], Rate(0.10), (0, 0.1), runs=10_000, seed=4)

    world = play(table, confidence=0.95, hoped_for=0.10, best=0)

    assert world.power == pytest.approx(0.80, abs=0.016)
    assert world.wrong_sign == pytest.approx(0.0026, abs=0.002)  # normal: 2.8 errors below
    assert world.ships_other == 0
    assert world.looks_wrong == 0


def test_a_guardrail_keeps_back_what_was_shown_to_be_better() -> None:
    table = draw_tables([[2_000] * 3], Rate(0.10), (0, 0.5, 0), runs=2_000, seed=5)
    holds = draw_holds(
        [[2_000] * 3], 0.004, margin=0.004, confidence=0.95, runs=2_000, seed=6
    )  # fmt: skip

    free = play(table, confidence=0.95, hoped_for=0.10, best=0)
    guarded = play(table, confidence=0.95, hoped_for=0.10, best=0, holds=holds)

    assert 0.3 < holds.mean() < 0.8
    assert guarded.shown_share == free.shown_share
    assert guarded.ships_best == pytest.approx(
        (free.ships_best or 0) * holds[:, 0].mean(), abs=0.04
    )


def test_a_guardrail_is_shown_to_hold_as_often_as_was_planned_for() -> None:
    """By hand: .01 / sqrt(2 x .01 x .99 / 1,050) - 1.644854 = .6579, which is .7447."""
    planned = guardrail_power(0.01, 0.01, 1_050, 1_050, confidence=0.95)
    holds = draw_holds([[1_050] * 2], 0.01, margin=0.01, confidence=0.95, runs=5_000, seed=7)

    assert planned == pytest.approx(0.7447, abs=2e-4)
    assert holds.mean() == pytest.approx(planned, abs=0.06)  # the score test knows the skew


def test_the_same_seed_plays_the_same_tests_and_another_one_others() -> None:
    first, again, other = (
        draw_tables([[300] * 4], Amount(0.1, 48.0), NOTHING, runs=50, seed=seed)
        for seed in (1, 1, 2)
    )

    assert np.array_equal(first.mean, again.mean)
    assert np.array_equal(first.variance, again.variance)
    assert not np.array_equal(first.mean, other.mean)


@pytest.mark.parametrize("spread", [20.0, 48.0, 90.0])
def test_what_buyers_spend_has_the_mean_and_the_spread_that_are_expected(spread: float) -> None:
    expected = Amount(0.05, 48.0, spread)

    table = draw_tables([[4_000, 4_000]], expected, (0, 0), runs=4_000, seed=8)

    assert table.mean.mean() == pytest.approx(expected.mean, rel=0.01)
    assert table.variance.mean() == pytest.approx(expected.variance(0), rel=0.02)
    assert table.mean.var() * 4_000 == pytest.approx(expected.variance(0), rel=0.05)


def test_the_sum_of_squares_is_drawn_like_that_of_single_orders() -> None:
    """Against 20,000 tests in which every one of 30 buyers' gamma orders is drawn."""
    draws = np.random.default_rng(9)
    orders = draws.gamma(0.25, 4 * 48.0, (20_000, 30))
    wanted = np.quantile(orders.var(axis=1), [0.1, 0.5, 0.9])

    table = draw_tables([[30, 30]], Amount(0.999999, 48.0, 96.0), (0, 0), runs=20_000, seed=9)

    found = np.quantile(table.variance[:, 0, 0] * 29 / 30, [0.1, 0.5, 0.9])
    assert found.tolist() == pytest.approx(wanted.tolist(), rel=0.12)


def test_orders_that_never_differ_spread_by_who_buys_alone() -> None:
    table = draw_tables([[1_000, 1_000]], Amount(0.1, 50.0, 0.0), (0, 0), runs=200, seed=1)

    share = table.answers / 1_000
    assert np.allclose(table.mean, 50 * share)
    assert np.allclose(table.variance, 2_500 * share * (1 - share) * 1_000 / 999)


def test_an_adjustment_takes_noise_away_and_leaves_the_truth() -> None:
    lifts = (0.0, 0.4)
    table = draw_tables([[500] * 2], Rate(0.2), lifts, runs=20_000, seed=10)

    sharp = sharpened(table, Rate(0.2), lifts, 0.25)

    assert sharp.mean.mean(axis=0) == pytest.approx(table.mean.mean(axis=0), abs=1e-3)
    assert sharp.mean.std() < table.mean.std()
    assert sharp.mean[:, 0, 0].std() == pytest.approx(table.mean[:, 0, 0].std() / 2, rel=1e-6)
    before, after = (play(one, confidence=0.95, hoped_for=0.1, best=0) for one in (table, sharp))
    assert (after.power or 0) > (before.power or 0) + 0.05


def test_in_many_small_segments_some_cell_nearly_always_looks_good() -> None:
    table = draw_tables([[60] * 4] * 6, Rate(0.1), NOTHING, runs=1_000, seed=11)

    world = play(table, confidence=0.95, hoped_for=0.10)

    assert world.cell_over_share > 0.99
    assert world.over_share < 0.8


def test_where_nobody_does_anything_there_is_no_lift_to_see() -> None:
    table = draw_tables([[20] * 2], Rate(1e-9), (0, 0), runs=50, seed=1)

    world = play(table, confidence=0.95, hoped_for=0.10, best=0)

    assert (world.best_lift, world.shipped_lift) == (None, None)
    assert world.over_share == world.ship_share == 0
    assert not len(world.best_lifts)


def test_anything_against_nothing_counts_as_more_than_ten_percent() -> None:
    table = draw_tables([[20] * 2], Rate(0.5), (0, 0), runs=20, seed=1)
    table = replace(table, mean=np.tile([[[0.0, 0.05]]], (20, 1, 1)))

    assert play(table, confidence=0.95, hoped_for=0.10).over_share == 1


def test_noise_in_unequal_arms_is_as_draws_say() -> None:
    draws = np.random.default_rng(5)
    control = draws.binomial(150, 0.08, 200_000) / 150
    arms = draws.binomial([[400], [250]], 0.08, (2, 200_000)) / [[400], [250]]
    seen = (arms > 1.1 * control + 1e-12).any(axis=0).mean()

    assert noise_share(0.08, 150, [400, 250], lift=0.10) == pytest.approx(seen, abs=4e-3)


@pytest.mark.parametrize(
    ("expected", "lifts", "runs"),
    [
        pytest.param(Mean(5.0, 20.0), (0, 0), 10, id="a mean says nothing of buyers"),
        pytest.param(Rate(0.1), (0, 0, 0), 10, id="a lift for an arm that is not there"),
        pytest.param(Rate(0.1), (0, 0), 0, id="no tests"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    expected: Rate | Mean, lifts: tuple[float, ...], runs: int
) -> None:
    with pytest.raises(InputError, match="of a rate or of buyers"):
        draw_tables([[10, 10]], expected, lifts, runs=runs, seed=1)
