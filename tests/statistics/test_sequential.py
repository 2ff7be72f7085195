from __future__ import annotations

from math import log, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.comparison import compare
from personalization.statistics.intervals import critical_value
from personalization.statistics.samples import Counts, Moments
from personalization.statistics.sequential import (
    TUNING,
    always_valid,
    always_valid_difference,
    always_valid_p,
)

errors = st.floats(1e-4, 10)
sizes = st.integers(10, 10**7)


def half_width(n: int, tuning: float = TUNING, confidence: float = 0.95) -> float:
    found = always_valid(0.0, 1 / sqrt(n), n, confidence=confidence, tuning=tuning)
    assert found is not None
    return found[1]


def test_the_formula_of_the_paper() -> None:
    """Theorem 2.2 as printed: sd x sqrt(2 (n r + 1) / (n^2 r) log(sqrt(n r + 1) / alpha)), r=rho^2.

    With n = 1,000, alpha = .05 and an N* of 5,000, r is (5.99146 + log 6.99146) / 5,000.
    """
    r = (-2 * log(0.05) + log(-2 * log(0.05) + 1)) / 5_000
    expected = sqrt(2 * (1_000 * r + 1) / (1_000**2 * r) * log(sqrt(1_000 * r + 1) / 0.05))

    assert r == pytest.approx(0.00158724, abs=1e-7)
    assert half_width(1_000) == pytest.approx(expected, rel=1e-12)


def test_peeking_costs_about_half_again_the_width() -> None:
    """Measured over 14 days of an e-mail test: 1.55 to 1.62 times the ordinary interval."""
    ordinary = critical_value(0.95) / sqrt(5_000)

    assert half_width(5_000) / ordinary == pytest.approx(1.6, abs=0.1)


def test_it_is_narrowest_where_it_was_tuned_to_be() -> None:
    widths = {tuning: half_width(20_000, tuning) for tuning in (1_000, 5_000, 20_000, 80_000)}

    assert min(widths, key=lambda tuning: widths[tuning]) == 20_000


@given(st.floats(-5, 5), errors, sizes, st.sampled_from([0.9, 0.95, 0.99]))
def test_p_and_interval_never_disagree(
    difference: float, error: float, n: int, confidence: float
) -> None:
    p = always_valid_p(difference, error, n, confidence=confidence)
    found = always_valid(difference, error, n, confidence=confidence)
    assume(abs(p - (1 - confidence)) > 1e-9)
    assert found is not None

    assert (p < 1 - confidence) == (not found[0] <= 0 <= found[1])


@given(errors, sizes)
def test_more_confidence_and_less_data_make_it_wider(error: float, n: int) -> None:
    plain = always_valid(0.0, error, n, confidence=0.95)
    surer = always_valid(0.0, error, n, confidence=1 - 0.05 / 3)
    assert plain is not None
    assert surer is not None

    assert plain[1] < surer[1]
    assert plain[1] > critical_value(0.95) * error


def test_without_any_spread_nothing_is_said() -> None:
    assert always_valid(0.5, 0.0, 100, confidence=0.95) is None
    assert always_valid_p(0.5, 0.0, 100) == 1
    assert always_valid(0.5, 0.1, 0, confidence=0.95) is None
    assert always_valid_p(0.5, 0.1, 0) == 1


def test_beyond_all_doubt_p_is_zero_and_no_overflow() -> None:
    assert always_valid_p(-1.0, 1e-280, 100) == 0


@pytest.mark.parametrize(
    ("error", "confidence", "tuning"),
    [(-0.1, 0.95, 5_000), (0.1, 1.0, 5_000), (0.1, 0.95, 0), (float("nan"), 0.95, 5_000)],
)
def test_what_cannot_be_is_refused(error: float, confidence: float, tuning: float) -> None:
    with pytest.raises(InputError, match="No always-valid interval"):
        always_valid(0.1, error, 100, confidence=confidence, tuning=tuning)


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(Counts(20, 1), Counts(20, 0), id="a single click on the first day"),
        pytest.param(Counts(20, 0), Counts(20, 0), id="nobody yet"),
        pytest.param(Moments(20, 3.0, 180.0, 1), Moments(20, 0, 0, 0), id="one order"),
    ],
)
def test_a_first_day_without_enough_responses_says_nothing(
    treatment: Counts | Moments, control: Counts | Moments
) -> None:
    assert always_valid_difference(treatment, control, confidence=0.95) is None


def test_it_is_about_the_difference_and_wider_than_the_ordinary_interval() -> None:
    treatment, control = Counts(3_000, 360), Counts(3_000, 300)

    found = always_valid_difference(treatment, control, confidence=0.95)
    plain = compare(treatment, control, 0.95)

    assert found is not None
    assert plain.difference_ci is not None
    assert (found[0] + found[1]) / 2 == pytest.approx(plain.difference)
    assert found[0] < plain.difference_ci[0] < plain.difference_ci[1] < found[1]
