from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.comparison import compare, difference_at
from personalization.statistics.intervals import (
    critical_value,
    fieller_lift,
    koopman_lift,
    newcombe_difference,
    score_difference,
)
from personalization.statistics.samples import Counts, Moments

if TYPE_CHECKING:
    from personalization.statistics.comparison import Comparison

# Hillstrom's e-mail test of 2008: 64,000 customers in three arms; counts and moments of it.
NO_EMAIL, MENS, WOMENS = Counts(21_306, 2_262), Counts(21_307, 3_894), Counts(21_387, 3_238)
SPEND_NO = Moments(21_306, 0.6527893551112363, 134.28637185302105, 122)
SPEND_MENS = Moments(21_307, 1.4226165110057738, 315.21179886555507, 267)
SPEND_WOMENS = Moments(21_387, 1.077201571047833, 228.49667483465936, 189)

counts = st.integers(1, 4_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))
moments = st.builds(
    Moments,
    n=st.integers(2, 5_000),
    mean=st.floats(-50, 50),
    variance=st.floats(1e-3, 1e4),
    n_nonzero=st.just(2),
)


def test_rates_of_hillstrom() -> None:
    """Source: Hillstrom 2008, MineThatData: 10.6 %, 18.3 % and 15.1 % visited."""
    rates = [sample.mean for sample in (NO_EMAIL, MENS, WOMENS)]

    assert rates == pytest.approx([0.1062, 0.1828, 0.1514], abs=5e-5)


@pytest.mark.parametrize(
    ("treatment", "control", "expected"),
    [
        pytest.param(MENS, NO_EMAIL, (0.7214, 0.6404, 0.8065), id="visits, men's e-mail"),
        pytest.param(WOMENS, NO_EMAIL, (0.4261, 0.3562, 0.4996), id="visits, women's e-mail"),
        pytest.param(
            Counts(21_307, 267),
            Counts(21_306, 122),
            (1.1884, 0.7688, 1.7078),
            id="purchases, men's",
        ),
        # Spend: Fieller; Rizzzyyy1/hillstrom-ab-testing-analysis has the difference, +.7698.
        pytest.param(SPEND_MENS, SPEND_NO, (1.1793, 0.6437, 1.9775), id="spend, men's e-mail"),
    ],
)
def test_lift_of_hillstrom(
    treatment: Counts | Moments, control: Counts | Moments, expected: tuple[float, float, float]
) -> None:
    found = compare(treatment, control, 0.95)

    assert found.lift_ci is not None
    assert (found.lift, *found.lift_ci) == pytest.approx(expected, abs=5.1e-5)


def test_spend_of_hillstrom() -> None:
    """Source: Rizzzyyy1/hillstrom-ab-testing-analysis, README; p before Holm is half of .../2."""
    mens, womens = compare(SPEND_MENS, SPEND_NO, 0.95), compare(SPEND_WOMENS, SPEND_NO, 0.95)

    assert (mens.difference, womens.difference) == pytest.approx((0.7698, 0.4244), abs=5e-5)
    assert mens.p == pytest.approx(2.33e-7 / 2, rel=5e-3)
    assert womens.p == pytest.approx(0.00113, rel=5e-3)


def test_pooled_z() -> None:
    """Source: IshanSarkar/Topics-Practice, where hand formula and statsmodels agree."""
    found = compare(Counts(1_000, 50), Counts(500, 30), 0.95)

    assert found.z == pytest.approx(-0.8125338562826986, abs=1e-9)
    assert found.p == pytest.approx(0.4164853677823288, abs=1e-9)


def test_pooled_z_of_real_players() -> None:
    """Source: Cookie Cats, seven-day retention; rates as printed in Anatskevich's report."""
    found = compare(Counts(45_489, 8_279), Counts(44_700, 8_502), 0.95)

    assert (found.mean_control, found.mean_treatment) == pytest.approx((0.1902, 0.1820), abs=5e-5)
    assert found.z == pytest.approx(-3.164358912748191, abs=1e-9)
    assert found.p == pytest.approx(0.001554249975614329, abs=1e-9)


def test_pooled_z_of_small_samples() -> None:
    """Source: e10v/tea-tasting, tests/metrics/test_proportion.py (MIT), norm_no_corr."""
    found = compare(Counts(47, 13), Counts(53, 19), 0.95)

    assert found.p == pytest.approx(0.3809096823118986, abs=1e-9)


@pytest.mark.parametrize(
    ("treatment", "control", "expected"),
    [
        pytest.param(Counts(70, 56), Counts(80, 48), (0.0524, 0.3339), id="Table II (a)"),
        pytest.param(Counts(10, 10), Counts(10, 0), (0.6075, 1.0), id="Table II (h), zero cells"),
    ],
)
def test_newcombe(treatment: Counts, control: Counts, expected: tuple[float, float]) -> None:
    """Source: Newcombe 1998, Statistics in Medicine 17, 873, method 10."""
    assert newcombe_difference(treatment, control, 0.95) == pytest.approx(expected, abs=5e-5)


@given(counts, counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_newcombe_is_the_interval_of_statsmodels(a: Counts, b: Counts, confidence: float) -> None:
    """Written out in six lines, since the library takes most of a second to be imported."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    expected = confint_proportions_2indep(
        a.successes, a.n, b.successes, b.n, method="newcomb", compare="diff", alpha=1 - confidence
    )

    assert newcombe_difference(a, b, confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_welch() -> None:
    """Source: growthbook packages/stats, test_two_sided_ttest_absolute (MIT)."""
    treatment = from_sums(3_461, 2_422.7, 134_698.29)
    control = from_sums(3_407, 1_396.87, 52_377.9767)

    found = compare(treatment, control, 0.95)

    assert found.difference_ci is not None
    assert (found.difference, *found.difference_ci) == pytest.approx(
        (0.29, 0.04538, 0.53462), abs=5e-6
    )
    # On the relative scale growthbook gets .062: we give one p, of the absolute scale.
    assert found.p == pytest.approx(0.02016, abs=5e-6)


def from_sums(n: int, total: float, squares: float) -> Moments:
    return Moments(n, total / n, (squares - total * total / n) / (n - 1), n)


def test_the_tail_of_an_overwhelming_result_is_not_rounded_to_zero() -> None:
    found = compare(MENS, NO_EMAIL, 0.95)

    assert found.p is not None
    assert 0 < found.p < 1e-100


@pytest.mark.parametrize(
    ("treatment", "control", "reason"),
    [
        pytest.param(Counts(0, 0), Counts(10, 1), "nobody in it", id="nobody was sent it"),
        pytest.param(Counts(500, 0), Counts(500, 0), "fewer than 5", id="nobody responded"),
        pytest.param(Counts(40, 1), Counts(40, 2), "fewer than 5", id="tiny arms"),
        pytest.param(Counts(50, 50), Counts(50, 50), "fewer than 5", id="everybody did"),
        pytest.param(Moments(0, 0, 0, 0), Moments(5, 1, 1, 5), "nobody", id="no spenders at all"),
        pytest.param(Moments(1, 2, 0, 1), Moments(1, 3, 0, 1), "too few", id="one amount each"),
        pytest.param(Moments(90, 0, 0, 0), Moments(90, 0, 0, 0), "too few", id="nobody spent"),
        pytest.param(Moments(90, 1, 90, 2), Moments(90, 1, 90, 3), "fewer than 5", id="two buyers"),
    ],
)
def test_too_little_is_said_in_words_and_has_no_p(
    treatment: Counts | Moments, control: Counts | Moments, reason: str
) -> None:
    found = compare(treatment, control, 0.95)

    assert found.p is None
    assert found.z is None
    assert reason in found.reason


def test_a_control_without_success_has_a_difference_and_no_lift() -> None:
    found = compare(Counts(100, 20), Counts(100, 0), 0.95)

    assert found.lift is None
    assert found.lift_ci is None
    assert found.p is not None
    assert found.p < 0.001
    assert "nothing to relate to" in found.reason


def test_an_uncertain_control_mean_bounds_no_lift() -> None:
    """g = t^2 s^2 / (n m^2) = 3.9 x 100 / (100 x 1) is above 1: Fieller's set is no interval."""
    found = compare(Moments(100, 2.0, 100.0, 50), Moments(100, 1.0, 100.0, 50), 0.95)

    assert found.lift == pytest.approx(1.0)
    assert found.lift_ci is None
    assert "too uncertain" in found.reason


@pytest.mark.parametrize("mean", [0.0, -3.0])
def test_a_control_that_is_not_above_zero_is_not_called_uncertain(mean: float) -> None:
    """-3 ± .2 is as certain as can be; a lift over it just means nothing."""
    found = compare(Moments(100, 2.0, 1.0, 50), Moments(100, mean, 1.0, 50), 0.95)

    assert (found.lift, found.lift_ci) == (None, None)
    assert found.reason == "the control's mean is not above 0"


def test_a_rate_is_not_compared_with_an_amount() -> None:
    with pytest.raises(InputError, match="cannot be compared"):
        compare(Counts(10, 1), SPEND_NO, 0.95)


@given(counts, counts)
def test_nothing_is_ever_infinite_or_no_number(treatment: Counts, control: Counts) -> None:
    assert_defined(compare(treatment, control, 0.95))


@given(moments, moments)
def test_amounts_are_never_infinite_or_no_number(treatment: Moments, control: Moments) -> None:
    assert_defined(compare(treatment, control, 0.95))


def assert_defined(found: Comparison) -> None:
    for name, value in asdict(found).items():
        numbers = value if isinstance(value, tuple) else (value,)
        assert all(isfinite(x) for x in numbers if isinstance(x, int | float)), name
    if found.difference_ci and found.difference is not None:
        assert found.difference_ci[0] - 1e-6 <= found.difference <= found.difference_ci[1] + 1e-6
    if found.lift_ci and found.lift is not None:
        assert found.lift_ci[0] - 1e-6 <= found.lift <= found.lift_ci[1] + 1e-6


@given(counts, counts)
def test_the_lift_interval_leaves_out_zero_exactly_where_the_test_rejects(
    treatment: Counts, control: Counts
) -> None:
    found = compare(treatment, control, 0.95)
    assume(found.p is not None and found.lift_ci is not None and abs(found.p - 0.05) > 1e-6)
    assert found.p is not None
    assert found.lift_ci is not None

    low, high = found.lift_ci

    assert (found.p < 0.05) == (not low < 0 < high)


@given(counts, counts, st.floats(1.0, 4.0))
def test_the_score_interval_agrees_with_the_test_at_any_critical_value(
    treatment: Counts, control: Counts, critical: float
) -> None:
    found = compare(treatment, control, 0.95)
    assume(found.z is not None and abs(abs(found.z) - critical) > 1e-6)
    assert found.z is not None

    low, high = difference_at(treatment, control, critical)

    assert (abs(found.z) > critical) == (not low < 0 < high)


@given(counts, counts)
def test_swapping_the_arms_turns_the_interval_over(a: Counts, b: Counts) -> None:
    there, back = score_difference(a, b, 1.96), score_difference(b, a, 1.96)

    assert there == pytest.approx((-back[1], -back[0]), abs=1e-6)


@given(counts, counts)
def test_koopman_is_the_interval_of_statsmodels_where_that_has_one(a: Counts, b: Counts) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    assume(0 < a.successes < a.n and 0 < b.successes < b.n)

    low, high = confint_proportions_2indep(
        a.successes, a.n, b.successes, b.n, method="score", compare="ratio", correction=False
    )

    assert koopman_lift(a, b, 0.95) == pytest.approx((low - 1, high - 1), rel=1e-4, abs=1e-6)


@given(counts, counts)
def test_swapping_the_arms_inverts_the_ratio(a: Counts, b: Counts) -> None:
    assume(a.successes and b.successes)
    there, back = koopman_lift(a, b, 0.95), koopman_lift(b, a, 0.95)
    assert there is not None
    assert back is not None

    assert (1 + there[0]) * (1 + back[1]) == pytest.approx(1, rel=1e-4)


@given(moments, moments)
def test_fieller_leaves_out_zero_exactly_where_welch_rejects(
    treatment: Moments, control: Moments
) -> None:
    lift = fieller_lift(treatment, control, 0.95)
    assume(lift is not None)
    assert lift is not None
    low, high = difference_at(treatment, control, critical_value(0.95))
    assume(min(abs(low), abs(high)) > 1e-6)

    assert (lift[0] < 0 < lift[1]) == (low < 0 < high)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40), st.integers(0, 38))
def test_moments_of_parts_add_up_to_the_moments_of_all(values: list[float], place: int) -> None:
    cut = 1 + place % (len(values) - 1)

    whole = moments_of(values[:cut]) + moments_of(values[cut:])

    assert whole.n == len(values)
    assert whole.mean == pytest.approx(moments_of(values).mean, abs=1e-6)
    assert whole.variance == pytest.approx(moments_of(values).variance, rel=1e-6, abs=1e-6)


def moments_of(values: list[float]) -> Moments:
    n, mean = len(values), sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    return Moments(n, mean, squares / (n - 1) if n > 1 else 0.0, sum(v != 0 for v in values))


def test_more_successes_than_customers_are_refused() -> None:
    with pytest.raises(InputError, match="7 of 5 customers"):
        Counts(5, 7)


@pytest.mark.parametrize(
    ("n", "rate", "lift"),
    [
        pytest.param(100, 0.10, 0.30, id="small and lifted"),
        pytest.param(125, 0.20, 0.15, id="a common segment"),
        pytest.param(500, 0.02, 0.50, id="rare"),
        pytest.param(500, 0.08, 0.00, id="no effect"),
    ],
)
def test_the_lift_interval_covers_as_often_as_it_says(n: int, rate: float, lift: float) -> None:
    """Koopman (1984) is a little above nominal in small samples; 1,500 draws of a fixed seed."""
    draws = np.random.default_rng(20_261_201)
    treated = draws.binomial(n, rate * (1 + lift), 1_500)
    untreated = draws.binomial(n, rate, 1_500)
    intervals = [
        koopman_lift(Counts(n, int(x)), Counts(n, int(y)), 0.95)
        for x, y in zip(treated, untreated, strict=True)
    ]

    covered = sum(i is None or i[0] <= lift <= i[1] for i in intervals) / len(intervals)

    assert covered == pytest.approx(0.955, abs=0.017)  # three standard errors
