from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.comparison import compare, compare_ratios, difference_at
from personalization.statistics.samples import Counts, Moments, Paired, Ratio, standardised_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.statistics.samples import Sample

# What four customers spent and how often they clicked.
SPENT, CLICKED = (0.0, 6.0, 0.0, 10.0), (0.0, 1.0, 1.0, 2.0)

pairs = st.lists(
    st.tuples(st.floats(-1e3, 1e3), st.floats(0, 50)), min_size=2, max_size=30
)  # fmt: skip


def ratio_of(values: Sequence[tuple[float, float]]) -> Ratio:
    over, under = np.array(values, dtype=float).T
    table = np.cov(over, under) if len(values) > 1 else np.zeros((2, 2))
    return Ratio(
        len(values), float(over.mean()), float(under.mean()),
        float(table[0, 0]), float(table[1, 1]), float(table[0, 1]), int((over != 0).sum()),
    )  # fmt: skip


def paired_of(values: Sequence[tuple[float, float]]) -> Paired:
    found = ratio_of(values)
    return Paired(
        found.n, found.mean_numerator, found.variance_numerator, found.n_nonzero or 0,
        found.mean_denominator, found.variance_denominator, found.covariance,
    )  # fmt: skip


def numbers_of(sample: Ratio | Paired) -> list[float]:
    return [getattr(sample, name) or 0 for name in sample.__dataclass_fields__]


def test_revenue_per_click_and_its_error_by_hand() -> None:
    """16 over 4 clicks is 4; each customer's 'spent - 4 clicks' is 0, 2, -4, 2, per 1 click.

    Their sample variance is (0 + 4 + 16 + 4) / 3 = 8, and the mean of clicks is 1.
    """
    line = ratio_of(list(zip(SPENT, CLICKED, strict=True))).linearised

    assert (line.n, line.mean, line.variance) == pytest.approx((4, 4.0, 8.0))


def test_a_ratio_leans_on_the_few_who_clicked() -> None:
    """Three of 1,000 clicked: that is what the ratio is worth, however many had revenue."""
    clicks = Ratio(1_000, 0.5, 0.003, 4.0, 0.003 * 0.997 * 1_000 / 999, 0.01, 40)

    found = compare(clicks, clicks, 0.95)

    assert clicks.linearised.n_nonzero == 3
    assert found.p is None
    assert "fewer than 5" in found.reason


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        pytest.param(Ratio(50, 0, 0, 0, 0, 0, 0), "nothing to divide by", id="nobody clicked"),
        pytest.param(Ratio(0, 0, 0, 0, 0, 0, 0), "nobody in it", id="nobody was sent it"),
    ],
)
def test_a_ratio_of_nothing_has_a_reason(control: Ratio, reason: str) -> None:
    found = compare(Ratio(50, 2.0, 0.5, 9.0, 0.25, 0.5, 20), control, 0.95)

    assert (found.mean_treatment, found.mean_control) == (4.0, None)
    assert (found.difference, found.lift, found.p) == (None, None, None)
    assert reason in found.reason


def test_a_ratio_over_ones_is_a_mean() -> None:
    amounts = Moments(400, 3.0, 25.0, 90), Moments(380, 2.5, 16.0, 80)
    ratios = [Ratio(m.n, m.mean, 1.0, m.variance, 0.0, 0.0, m.n_nonzero) for m in amounts]

    there, here = compare(*amounts, 0.95), compare_ratios(ratios[0], ratios[1], 0.95)

    assert here.p == pytest.approx(there.p)
    assert here.lift_ci == pytest.approx(there.lift_ci)
    expected = difference_at(amounts[0], amounts[1], 2.2)
    assert difference_at(ratios[0], ratios[1], 2.2) == pytest.approx(expected)


def test_a_ratio_is_not_compared_with_an_amount() -> None:
    line = ratio_of(list(zip(SPENT, CLICKED, strict=True)))

    with pytest.raises(InputError, match="cannot be compared"):
        compare(line, line.linearised, 0.95)
    with pytest.raises(InputError, match="cannot be compared"):
        difference_at(line, line.linearised, 1.96)


@settings(deadline=None)
@given(pairs, pairs)
def test_ratios_of_parts_add_up_to_the_ratio_of_all(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    whole = numbers_of(ratio_of(one) + ratio_of(other))

    assert whole == pytest.approx(numbers_of(ratio_of(one + other)), rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(pairs, pairs)
def test_before_and_after_of_parts_add_up_to_those_of_all(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    whole = numbers_of(paired_of(one) + paired_of(other))

    assert whole == pytest.approx(numbers_of(paired_of(one + other)), rel=1e-6, abs=1e-6)


def test_nobody_adds_nothing() -> None:
    some = ratio_of([(1.0, 2.0), (3.0, 1.0)])
    nobody = Ratio(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)

    assert nobody + some == some
    assert some + nobody == some
    assert nobody + nobody == nobody
    assert (some + Ratio(1, 1.0, 1.0, 0.0, 0.0, 0.0)).n_nonzero is None


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda: Ratio(5, float("nan"), 1, 1, 1, 0), id="no number"),
        pytest.param(lambda: Ratio(5, 1, -1, 1, 1, 0), id="clicks below zero"),
        pytest.param(lambda: Ratio(5, 1, 1, 1, 1, 0, 6), id="more buyers than customers"),
        pytest.param(lambda: Paired(5, 1, -1, 2, 1, 1, 0), id="a variance below zero"),
        pytest.param(lambda: Paired(5, 1, 1, 2, 1, -1, 0), id="likewise before"),
        pytest.param(lambda: Paired(5, 1, 1, 2, 1, 1, float("inf")), id="no covariance"),
        pytest.param(lambda: Moments(5, 1, 1, 6), id="more amounts than customers"),
    ],
)
def test_what_cannot_be_is_refused(broken: type) -> None:
    with pytest.raises(InputError, match="cannot be"):
        broken()


def mixed(arm: Mapping[str, Sample], shares: Mapping[str, float]) -> Moments:
    return standardised_pair(arm, arm, shares)[0]


def test_an_arm_in_the_mix_of_the_audience() -> None:
    """By hand: .6 x 10 % + .4 x 50 % is 26 %; .36 x .09 / 100 + .16 x .25 / 400 is .000424."""
    arm: dict[str, Sample] = {"new": Counts(100, 10), "loyal": Counts(400, 200)}

    whole = mixed(arm, {"new": 0.6, "loyal": 0.4})

    assert whole.n == 500
    assert whole.mean == pytest.approx(0.26)
    assert whole.variance_of_mean == pytest.approx(0.000424)
    assert whole.n_nonzero == 65  # 26 % of 1 / (.36 / 100 + .16 / 400) = 250


def test_where_nearly_everybody_did_it_those_who_did_not_carry_the_test() -> None:
    whole = mixed({"new": Counts(400, 398), "loyal": Counts(400, 399)}, {"new": 1, "loyal": 1})

    found = compare(whole, whole, 0.95)

    assert whole.n_nonzero == 3
    assert found.p is None


def test_arms_that_differ_by_their_mix_only_do_not_differ() -> None:
    """Both arms do 10 % and 50 %, but one was sent to the better segment more often."""
    here: dict[str, Sample] = {"new": Counts(1_000, 100), "loyal": Counts(4_000, 2_000)}
    there: dict[str, Sample] = {"new": Counts(4_000, 400), "loyal": Counts(1_000, 500)}
    shares = {"new": 5_000, "loyal": 5_000}

    crude = compare(Counts(5_000, 2_100), Counts(5_000, 900), 0.95)
    fair = compare(*standardised_pair(here, there, shares), 0.95)

    assert crude.p is not None
    assert crude.p < 1e-100
    assert fair.difference == pytest.approx(0, abs=1e-12)
    assert fair.p == pytest.approx(1)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param((Moments(90, 2.0, 9.0, 50), Moments(10, 4.0, 1.0, 9)), id="amounts"),
        pytest.param(
            (Ratio(90, 2.0, 1.0, 9.0, 0.0, 0.0, 50), Ratio(10, 4.0, 1.0, 1.0, 0.0, 0.0, 9)),
            id="ratios",
        ),
    ],
)
def test_shares_weigh_means_and_their_squares_the_errors(kind: tuple[Sample, Sample]) -> None:
    """By hand: (2 + 4) / 2 = 3, and (9 / 90 + 1 / 10) / 4 = .05."""
    whole = mixed(dict(zip("ab", kind, strict=True)), {"a": 1, "b": 1, "c": 0})

    assert (whole.n, whole.n_nonzero) == (100, 26)  # 72.8 % of 1 / (.25 / 90 + .25 / 10) = 36
    assert whole.mean == pytest.approx(3.0)
    assert whole.variance_of_mean == pytest.approx(0.05)


def test_a_few_people_without_a_response_are_not_certain() -> None:
    """0 of 15 weigh as much as 72 of 720: by hand the error is .041 at 10 %, and z about -1.2."""
    arm: dict[str, Sample] = {"new": Counts(15, 0), "loyal": Counts(720, 72)}
    control: dict[str, Sample] = {"new": Counts(250, 25), "loyal": Counts(250, 25)}

    found = compare(*standardised_pair(arm, control, {"new": 1, "loyal": 1}), 0.95)

    assert found.z == pytest.approx(-1.2, abs=0.1)


def test_an_arm_without_anybody_in_a_segment_is_not_guessed() -> None:
    known: dict[str, Sample] = {"new": Counts(100, 10), "loyal": Counts(0, 0)}

    for arm in (known, {"new": Counts(100, 10)}):
        whole = mixed(arm, {"new": 0.5, "loyal": 0.5})

        assert whole.n == 0
        assert "nobody" in compare(whole, whole, 0.95).reason


@pytest.mark.parametrize("shares", [{}, {"new": 0.0}, {"new": 1.0, "loyal": -0.5}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InputError, match="shares"):
        mixed({"new": Counts(10, 1), "loyal": Counts(10, 1)}, shares)


def test_equal_amounts_do_not_vary_by_their_rounding() -> None:
    """var_samp of 0.1, 0.1, ... gives 1e-34 and not 0: no test may be made of that."""
    same = Moments(200, 0.1, 1e-34, 200)

    found = compare(Moments(200, 0.1 + 1e-16, 1e-34, 200), same, 0.95)

    assert found.p is None
    assert "too few different amounts" in found.reason
