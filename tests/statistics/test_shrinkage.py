from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.samples import Counts, Moments, Ratio
from personalization.statistics.shrinkage import (
    DEFAULT_SPREAD,
    ENOUGH_LIFTS,
    SMALLEST_SPREAD,
    error_of_lift,
    posterior_lift,
    spread_of_lifts,
)

lifts = st.floats(-0.9, 5)
errors = st.floats(0.005, 3)


def test_as_uncertain_as_past_lifts_are_wide_keeps_half() -> None:
    """By hand: precision 1/.09 twice, so the mean is half and the error .3 / sqrt 2 = .2121."""
    found = posterior_lift(0.45, 0.3, prior=0.3, confidence=0.95)

    assert found.mean == pytest.approx(0.225)
    assert (found.low, found.high) == pytest.approx((0.225 - 0.41578, 0.225 + 0.41578), abs=1e-5)


def test_the_textbook_posterior_is_the_integral_of_prior_times_likelihood() -> None:
    theta = np.linspace(-6, 6, 400_001)
    density = np.exp(-((theta / 0.2) ** 2) / 2 - ((0.5 - theta) / 0.35) ** 2 / 2)
    density /= np.trapezoid(density, theta)

    found = posterior_lift(0.5, 0.35, prior=0.2, confidence=0.95)

    assert found.mean == pytest.approx(np.trapezoid(theta * density, theta), abs=1e-6)
    above = theta > 0
    assert found.chance_above == pytest.approx(np.trapezoid(density[above], theta[above]), abs=1e-4)
    assert found.risk_of_taking == pytest.approx(
        np.trapezoid(np.maximum(-theta, 0) * density, theta), abs=1e-6
    )
    assert found.risk_of_leaving == pytest.approx(
        np.trapezoid(np.maximum(theta, 0) * density, theta), abs=1e-6
    )


@given(lifts, errors, st.floats(0.01, 2))
def test_a_lift_is_drawn_towards_zero_and_never_past_it(
    lift: float, error: float, prior: float
) -> None:
    found = posterior_lift(lift, error, prior=prior, confidence=0.95)
    flat = posterior_lift(lift, error, prior=inf, confidence=0.95)

    assert abs(found.mean) <= abs(lift)
    assert found.mean * lift >= 0
    assert flat.mean == lift
    assert found.high - found.low <= flat.high - flat.low
    assert (found.chance_above - 0.5) * lift >= 0
    # What taking and what leaving it costs differ by the lift that is believed in.
    assert found.risk_of_leaving - found.risk_of_taking == pytest.approx(found.mean, abs=1e-9)


def test_the_winner_of_three_equal_arms_is_hardly_believed() -> None:
    """1,000 families without effect, 500 customers and 10 % each: the best arm shows +15 %.

    Its lift has an error of about .2; where past lifts spread by .05, a seventeenth is kept.
    """
    chance = np.random.default_rng(4)
    observed, shrunk = [], []
    for _ in range(1_000):
        control, *arms = (Counts(500, int(x)) for x in chance.binomial(500, 0.10, 4))
        best = max(arms, key=lambda arm: arm.successes)
        error = error_of_lift(best, control)
        assert error is not None
        lift = best.successes / control.successes - 1
        observed.append(lift)
        shrunk.append(posterior_lift(lift, error, prior=0.05, confidence=0.95).mean)

    assert np.mean(observed) == pytest.approx(0.15, abs=0.02)
    assert abs(np.mean(shrunk)) < 0.01


def test_the_error_of_a_lift_by_hand() -> None:
    """51 % over 49 % of 100 each: sqrt(.002499 + (51/49)^2 x .002499) / .49 = .14725."""
    assert error_of_lift(Counts(100, 51), Counts(100, 49)) == pytest.approx(0.14725, abs=5e-6)


@given(st.integers(50, 5_000), st.floats(0.5, 9), st.floats(0.5, 9), st.floats(0.1, 20))
def test_the_error_does_not_depend_on_the_currency(
    n: int, mean: float, other: float, variance: float
) -> None:
    def error(rate: float) -> float | None:
        return error_of_lift(
            Moments(n, mean * rate, variance * rate**2, n),
            Ratio(n, other * rate, 1.0, variance * rate**2, 0.0, 0.0, n),
        )

    assert error(1.0) == pytest.approx(error(117.3))


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(Counts(50, 5), Counts(50, 0), id="nothing to relate to"),
        pytest.param(Counts(50, 5), Counts(0, 0), id="nobody"),
        pytest.param(Counts(50, 50), Counts(50, 50), id="nothing varied"),
        pytest.param(Moments(50, 1.0, 4.0, 9), Moments(50, -1.0, 4.0, 9), id="a control of losses"),
        pytest.param(
            Ratio(50, 1, 1, 1, 1, 0, 9), Ratio(50, 0, 0, 0, 0, 0, 0), id="nothing to divide by"
        ),
    ],
)
def test_where_a_lift_has_no_error(
    treatment: Counts | Moments | Ratio, control: Counts | Moments | Ratio
) -> None:
    assert error_of_lift(treatment, control) is None


def test_equal_errors_have_the_spread_that_is_left_over() -> None:
    """By hand: squares of .1 .2 .3 .4 .5 average .11; less an error of .2^2 is .07."""
    found = spread_of_lifts([0.1, -0.2, 0.3, -0.4, 0.5], [0.2] * 5)

    assert found == pytest.approx(sqrt(0.07), abs=1e-9)


def test_the_spread_of_many_planted_lifts_is_found_again() -> None:
    """400 past lifts with a true spread of .15 and errors from .05 to .4, fixed seed."""
    chance = np.random.default_rng(8)
    past = chance.uniform(0.05, 0.4, 400)
    observed = chance.normal(0, 0.15, 400) + chance.normal(0, past)

    assert spread_of_lifts(list(observed), list(past)) == pytest.approx(0.15, abs=0.02)


@given(st.lists(st.tuples(lifts, errors), min_size=ENOUGH_LIFTS, max_size=30))
def test_the_spread_leaves_the_squares_as_large_as_their_number(
    past: list[tuple[float, float]],
) -> None:
    """Paule and Mandel's own condition, wherever the floor does not hold."""
    tau = spread_of_lifts([lift for lift, _ in past], [error for _, error in past])

    standardised = sum(lift**2 / (error**2 + tau**2) for lift, error in past)
    if tau > SMALLEST_SPREAD:
        assert standardised == pytest.approx(len(past), rel=1e-6)
    else:
        assert standardised <= len(past)


def test_a_past_of_noise_keeps_a_little_faith() -> None:
    assert spread_of_lifts([0.01] * 6, [0.3] * 6) == SMALLEST_SPREAD


def test_four_lifts_are_no_past_yet() -> None:
    assert spread_of_lifts([2.0] * 4, [0.1] * 4) == DEFAULT_SPREAD
    assert spread_of_lifts([], []) == DEFAULT_SPREAD


@pytest.mark.parametrize(
    ("lift", "error", "prior"), [(0.1, 0.0, 0.3), (0.1, 0.1, 0.0), (float("nan"), 0.1, 0.3)]
)
def test_what_cannot_be_is_refused(lift: float, error: float, prior: float) -> None:
    with pytest.raises(InputError, match="cannot be shrunk"):
        posterior_lift(lift, error, prior=prior, confidence=0.95)


def test_a_past_lift_needs_its_error() -> None:
    with pytest.raises(InputError, match="standard error"):
        spread_of_lifts([0.1, 0.2], [0.1])
    with pytest.raises(InputError, match="standard error"):
        spread_of_lifts([0.1, 0.2], [0.1, 0.0])
