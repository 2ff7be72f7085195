from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.noise import noise_share
from personalization.statistics.power import power
from personalization.statistics.sample_size import (
    Amount,
    Rate,
    detectable_lift,
    needed_per_arm,
    power_of,
)

Z = 1.959964


@pytest.mark.parametrize(
    ("base", "needed"), [(0.02, 80_679), (0.05, 31_231), (0.10, 14_749), (0.20, 6_507)]
)
def test_people_that_ten_percent_more_takes(base: float, needed: int) -> None:
    """By hand at 10 %: 2.8016^2 x (.1 x .9 + .11 x .89) / .01^2 = 14,748.04."""
    assert needed_per_arm(Rate(base), 0.10, power=0.80, critical=Z) == needed


@pytest.mark.parametrize(
    ("customers", "percents"),
    [
        (100, (585, 324, 179)),
        (500, (212, 129, 78)),
        (2_000, (92, 59, 38)),
        (10_000, (37, 25, 16)),
    ],
)
def test_lift_that_four_equal_arms_would_show(
    customers: int, percents: tuple[int, int, int]
) -> None:
    found = [
        detectable_lift(Rate(base), customers / 4, customers / 4, power=0.80, critical=Z)
        for base in (0.05, 0.10, 0.20)
    ]

    assert [round(100 * (lift or 0)) for lift in found] == list(percents)


def test_a_published_detectable_lift() -> None:
    """Source: Rizzzyyy1/hillstrom README: visits +0.850 points (by the arcsine; ours .851)."""
    base = 0.10616727682343002
    found = detectable_lift(Rate(base), 21_306, 21_306, power=0.80, critical=Z)

    assert found is not None
    assert 100 * found * base == pytest.approx(0.85, abs=1e-3)


def test_power_of_r() -> None:
    """Source: R, ?power.prop.test: n = 50, p1 = .50, p2 = .75 gives power = .740."""
    assert power_of(Rate(0.5), 0.5, 50, 50, confidence=0.95) == pytest.approx(0.74, abs=5e-4)


@given(
    st.floats(0.005, 0.5), st.floats(0.02, 0.9), st.floats(0.5, 3.0), st.sampled_from([0.8, 0.9])
)
def test_the_needed_people_are_the_ones_that_show_the_lift(
    base: float, lift: float, ratio: float, wanted: float
) -> None:
    n = needed_per_arm(Rate(base), lift, power=wanted, critical=Z, ratio=ratio)

    found = detectable_lift(Rate(base), n, n * ratio, power=wanted, critical=Z)

    assert found is not None
    assert found <= lift + 1e-9
    fewer = detectable_lift(Rate(base), 0.9 * n, 0.9 * n * ratio, power=wanted, critical=Z)
    assert fewer is None or fewer > lift


def test_revenue_takes_more_people_than_purchases() -> None:
    buyers = needed_per_arm(Rate(0.02), 0.10, power=0.8, critical=Z)
    revenue = needed_per_arm(Amount(0.02, 48.0), 0.10, power=0.8, critical=Z)

    assert revenue > 1.5 * buyers


def test_revenue_varies_as_draws_say() -> None:
    """Against a million customers, 2 % of whom spend an exponential amount of mean 48."""
    draws = np.random.default_rng(3)
    spent = (draws.random(1_000_000) < 0.02) * draws.exponential(48.0, 1_000_000)

    assert Amount(0.02, 48.0).variance(0.0) == pytest.approx(spent.var(), rel=0.03)


def test_a_handful_of_people_show_nothing() -> None:
    assert detectable_lift(Rate(0.4), 3, 3, power=0.8, critical=Z) is None
    assert detectable_lift(Rate(0.4), 0, 100, power=0.8, critical=Z) is None


@pytest.mark.parametrize(
    ("customers", "shares"),
    [
        pytest.param(100, (0.62, 0.66, 0.68), id="100 people"),
        pytest.param(500, (0.69, 0.63, 0.59), id="500 people"),
        pytest.param(2_000, (0.60, 0.53, 0.42), id="2,000 people"),
        pytest.param(10_000, (0.41, 0.27, 0.11), id="10,000 people"),
    ],
)
def test_how_often_noise_looks_like_ten_percent(
    customers: int, shares: tuple[float, float, float]
) -> None:
    """Against simulated tests of four equal arms at base rates of 5, 10 and 20 %."""
    n = customers // 4

    found = [noise_share(base, n, [n] * 3, lift=0.10) for base in (0.05, 0.10, 0.20)]

    assert found == pytest.approx(shares, abs=0.011)


def test_noise_in_unequal_arms_is_as_draws_say() -> None:
    draws = np.random.default_rng(5)
    control = draws.binomial(150, 0.08, 200_000) / 150
    arms = draws.binomial([[400], [250]], 0.08, (2, 200_000)) / [[400], [250]]
    seen = (arms > 1.1 * control + 1e-12).any(axis=0).mean()

    assert noise_share(0.08, 150, [400, 250], lift=0.10) == pytest.approx(seen, abs=4e-3)


def test_power_says_what_a_test_can_show() -> None:
    said = power(base_rate=0.10, lift=0.10, n_per_arm=14_749, variants=3)

    assert said["needed_per_arm"] == 14_749
    assert said["needed_for_winner"] == 19_128  # (2.34897 + .84162)^2 for (1.95996 + .84162)^2
    assert said["detectable_lift"] == pytest.approx(0.10, abs=1e-4)
    assert said["power"] == pytest.approx(0.80, abs=1e-3)


@pytest.mark.parametrize(
    ("base_rate", "lift", "words"),
    [
        pytest.param(0.0, 0.1, "base rate of 0", id="nobody does it"),
        pytest.param(1.2, 0.1, "base rate of 1.2", id="more than everybody"),
        pytest.param(0.6, 0.9, r"lift of \+90%", id="beyond everybody"),
        pytest.param(0.6, 0.0, r"lift of \+0%", id="no lift to look for"),
    ],
)
def test_what_cannot_be_is_refused(base_rate: float, lift: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        power(base_rate=base_rate, lift=lift)
