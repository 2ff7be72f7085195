from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.comparison import compare
from personalization.statistics.multiplicity import (
    adjust_arms,
    adjust_cells,
    adjusted_ps,
    dunnett_critical,
    dunnett_p,
    shared_parts,
)
from personalization.statistics.samples import Counts, Moments, Ratio, Sample

NO_EMAIL, MENS, WOMENS = Counts(21_306, 2_262), Counts(21_307, 3_894), Counts(21_387, 3_238)

rates = st.integers(20, 3_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))
amounts = st.builds(
    Moments,
    n=st.integers(10, 3_000),
    mean=st.floats(0.1, 5),
    variance=st.floats(0.1, 100),
    n_nonzero=st.just(10),
)


def test_critical_values_of_dunnett() -> None:
    """Source: Dunnett 1964, Biometrics 20, 482, two-sided 5 %, infinite degrees of freedom."""
    found = [dunnett_critical([0.5] * k, 0.95) for k in range(1, 6)]

    assert found == pytest.approx([1.96, 2.21, 2.35, 2.44, 2.51], abs=5e-3)


def test_hillstrom_with_both_arms_at_once() -> None:
    """Worked out from the counts: critical value 2.221, men's arm 6.91 to 8.41 points."""
    pairs: list[tuple[Sample, Sample]] = [(MENS, NO_EMAIL), (WOMENS, NO_EMAIL)]
    found = [compare(*pair, 0.95) for pair in pairs]

    mens, womens = adjust_arms(pairs, found, 0.95)

    assert dunnett_critical(shared_parts(pairs), 0.95) == pytest.approx(2.221, abs=5e-4)
    assert mens.difference_ci_adjusted == pytest.approx((0.0691, 0.0841), abs=5e-5)
    assert (mens.family_size, womens.family_size) == (2, 2)


def test_an_arm_with_a_part_of_the_control_shares_less_of_it() -> None:
    """By hand: rates of .1 have variances .09 / n; the whole control's is 9e-5 of 1.8e-4 and 9e-4.

    The product of both roots, .224, is the correlation of the two differences.
    """
    whole, part = Counts(1_000, 100), Counts(200, 20)

    shared = shared_parts([(Counts(1_000, 100), whole), (Counts(200, 20), part)])

    assert shared == pytest.approx([0.5, 0.1])


def test_one_arm_needs_no_correction() -> None:
    found = compare(Counts(1_000, 70), Counts(1_000, 50), 0.95)

    (alone,) = adjust_arms([(Counts(1_000, 70), Counts(1_000, 50))], [found], 0.95)

    assert alone.p_adjusted == pytest.approx(found.p, abs=1e-9)


def test_the_largest_of_three_deviates_is_as_likely_as_draws_say() -> None:
    """Against 200,000 draws of the very model: three arms, each twice the control's size."""
    draws = np.random.default_rng(7)
    control = draws.normal(0, 1, 200_000)
    arms = draws.normal(0, np.sqrt(0.5), (3, 200_000))
    largest = np.abs((arms - control) / np.sqrt(1.5)).max(axis=0)

    assert dunnett_p(2.3, [2 / 3] * 3) == pytest.approx((largest > 2.3).mean(), abs=2e-3)


def test_a_vanishing_p_is_not_rounded_to_zero() -> None:
    tail = 2 * NormalDist().cdf(-8.0)

    assert dunnett_p(8.0, [0.5]) == pytest.approx(tail, rel=1e-2)
    assert 0 < dunnett_p(30.0, [0.5, 0.5]) < 1e-150


@pytest.mark.parametrize(
    "kind", [pytest.param(rates, id="rates"), pytest.param(amounts, id="amounts")]
)
def test_p_and_interval_never_disagree(kind: st.SearchStrategy[Sample]) -> None:
    @given(st.lists(kind, min_size=2, max_size=5))
    def holds(samples: list[Sample]) -> None:
        control, *arms = samples
        pairs = [(arm, control) for arm in arms]
        found = [compare(*pair, 0.95) for pair in pairs]

        for adjusted in adjust_arms(pairs, found, 0.95):
            p, interval = adjusted.p_adjusted, adjusted.difference_ci_adjusted
            if p is None or interval is None:
                assert p is None
                assert interval is None
                continue
            assume(abs(p - 0.05) > 1e-6)
            assert (p < 0.05) == (not interval[0] < 0 < interval[1])

    holds()


@given(st.lists(rates, min_size=3, max_size=5))
def test_a_correction_never_makes_a_result_more_certain(samples: list[Counts]) -> None:
    control, *arms = samples
    pairs: list[tuple[Sample, Sample]] = [(arm, control) for arm in arms]
    found = [compare(*pair, 0.95) for pair in pairs]

    for one, adjusted in zip(found, adjust_arms(pairs, found, 0.95), strict=True):
        if one.p is not None and adjusted.p_adjusted is not None:
            assert adjusted.p_adjusted >= one.p - 1e-9


def test_no_effect_in_three_arms_is_called_an_effect_one_time_in_twenty() -> None:
    """1,000 A/A/A/A tests of a fixed seed; three and a half standard errors are 2.4 %."""
    draws = np.random.default_rng(11)
    false = 0
    for responses in draws.binomial(800, 0.10, (1_000, 4)):
        control, *arms = (Counts(800, int(x)) for x in responses)
        pairs: list[tuple[Sample, Sample]] = [(arm, control) for arm in arms]
        shared = shared_parts(pairs)
        deviates = [compare(*pair, 0.95).z for pair in pairs]
        false += dunnett_p(max(abs(z) for z in deviates if z is not None), shared) < 0.05

    assert false / 1_000 == pytest.approx(0.05, abs=0.024)


@pytest.mark.parametrize(
    ("method", "ps", "expected"),
    [
        pytest.param(
            "fdr_bh", [0.005, 0.06, 0.007, 0.04, 0.01, 0.03],
            [0.02, 0.06, 0.02, 0.048, 0.02, 0.045], id="Benjamini-Hochberg",
        ),
        pytest.param(
            "holm", [0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02], id="Holm"
        ),
        pytest.param(
            "fdr_by", [0.005, 0.06, 0.007, 0.04, 0.01, 0.03],
            [0.049, 0.147, 0.049, 0.1176, 0.049, 0.11025], id="Benjamini-Yekutieli",
        ),
    ],
)  # fmt: skip
def test_adjusted_ps(method: str, ps: list[float | None], expected: list[float]) -> None:
    """Sources: e10v/tea-tasting, tests/test_multiplicity.py (MIT); Holm from Wikipedia."""
    assert adjusted_ps(ps, method=method) == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12),
    st.sampled_from(["fdr_bh", "fdr_by", "holm"]),
)
def test_corrections_are_those_of_statsmodels(ps: list[float | None], method: str) -> None:
    from statsmodels.stats.multitest import multipletests

    known = [p for p in ps if p is not None]
    expected = multipletests(known, method=method)[1] if known else []

    found = adjusted_ps(ps, method=method)

    assert [p is None for p in found] == [p is None for p in ps]
    assert [p for p in found if p is not None] == pytest.approx(list(expected), abs=1e-12)


def test_a_correction_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="It knows: holm"):
        adjusted_ps([0.1], method="sidak")


def test_ratios_are_corrected_like_amounts() -> None:
    control, *arms = (
        Ratio(900, mean, 0.2, 40.0, 0.16, 0.5, 120) for mean in (2.0, 2.6, 3.6)
    )  # fmt: skip
    pairs: list[tuple[Sample, Sample]] = [(arm, control) for arm in arms]
    lines: list[tuple[Sample, Sample]] = [(arm.linearised, control.linearised) for arm in arms]

    found = adjust_arms(pairs, [compare(*pair, 0.95) for pair in pairs], 0.95)

    assert found == adjust_arms(lines, [compare(*pair, 0.95) for pair in lines], 0.95)
    assert [one.p_adjusted is not None for one in found] == [True, True]


def test_cells_without_enough_data_do_not_cost_the_others() -> None:
    pairs: list[tuple[Sample, Sample]] = [
        (Counts(900, 150), Counts(900, 100)), (Counts(9, 0), Counts(9, 1)),
        (Counts(900, 130), Counts(900, 100)),
    ]  # fmt: skip
    found = [compare(*pair, 0.95) for pair in pairs]

    cells = adjust_cells(pairs, found, 0.95)

    first, last = found[0].p, found[2].p
    assert first is not None
    assert last is not None
    assert [cell.p_adjusted for cell in cells] == [
        pytest.approx(2 * first), None, pytest.approx(last)
    ]  # fmt: skip
    assert {cell.family_size for cell in cells} == {2}
    assert cells[1].difference_ci_adjusted is None


def test_intervals_of_cells_hold_for_those_that_were_found() -> None:
    """By hand: 1 of 4 is found, so each interval is one at 1 - .05 / 4, and 2.498 deviates wide."""
    pairs: list[tuple[Sample, Sample]] = [
        (Moments(1_000, mean, 1.0, 900), Moments(1_000, 0.0, 1.0, 900))
        for mean in (0.2, 0.02, 0.01, -0.03)
    ]

    cells = adjust_cells(pairs, [compare(*pair, 0.95) for pair in pairs], 0.95)

    found = cells[0].difference_ci_adjusted
    assert found is not None
    assert found[1] - 0.2 == pytest.approx(2.498 * (2 / 1_000) ** 0.5, rel=2e-3)


@given(st.lists(st.one_of(st.tuples(rates, rates), st.tuples(amounts, amounts)), max_size=8))
def test_a_cell_is_found_exactly_where_its_interval_leaves_out_0(
    pairs: list[tuple[Sample, Sample]],
) -> None:
    for cell in adjust_cells(pairs, [compare(*pair, 0.95) for pair in pairs], 0.95):
        if cell.p_adjusted is None or cell.difference_ci_adjusted is None:
            assert cell.p_adjusted is None
            continue
        low, high = cell.difference_ci_adjusted
        if abs(cell.p_adjusted - 0.05) > 1e-9:
            assert (low > 0 or high < 0) == (cell.p_adjusted < 0.05)
