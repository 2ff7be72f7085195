from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.statistics.comparison import compare, difference_at
from personalization.statistics.intervals import critical_value
from personalization.statistics.samples import Counts, Moments, Ratio, Sample
from personalization.statistics.settling import needed_more

if TYPE_CHECKING:
    from collections.abc import Callable

Z = critical_value(0.95)


def rates(n: int, more: float, rate: float, deviate: float) -> tuple[Sample, Sample]:
    """Return two rates that lie so many standard errors apart, of unlike sizes."""
    n_c = round(n * more)
    gap = deviate * (rate * (1 - rate) * (1 / n + 1 / n_c)) ** 0.5
    return Counts(n, round(n * (rate + gap))), Counts(n_c, round(n_c * rate))


def amounts(n: int, more: float, rate: float, deviate: float) -> tuple[Sample, Sample]:
    """Return two amounts likewise; most customers spend nothing, which makes them spread wide."""
    n_c, spread = round(n * more), (400.0 / rate, 300.0 / rate)
    gap = deviate * (spread[0] / n + spread[1] / n_c) ** 0.5
    treatment = Moments(n, 20.0 + gap, spread[0], round(n * rate))
    return treatment, Moments(n_c, 20.0, spread[1], round(n_c * rate))


def grown(sample: Sample, more: int) -> Sample:
    """Return the sample as it would be with so many more customers who do just the same."""
    n = sample.n + more
    if isinstance(sample, Counts):
        return Counts(n, round(sample.successes / sample.n * n))
    return replace(sample, n=n)


def is_settled(treatment: Sample, control: Sample, relevant_lift: float, slack: float) -> bool:
    low, high = difference_at(treatment, control, Z)
    relevant = relevant_lift * (control.mean or 0)
    return low > -slack or high < slack or (-relevant - slack < low and high < relevant + slack)


def test_people_until_twelve_percent_more_show_by_hand() -> None:
    """1,000 each, 112 and 100: pooled .106 x .894; 2 x .094764 x (1.96 / .012)^2 = 5,056 each."""
    found = needed_more(Counts(1_000, 112), Counts(1_000, 100), critical=Z, relevant_lift=0.0)

    assert found == pytest.approx(5_056 - 1_000, abs=2)


def test_people_until_no_difference_is_shown_by_hand() -> None:
    """Equal rates of .1: .01 must be 1.96 errors, 2 x .09 x (1.96 / .01)^2 = 6,915 each."""
    found = needed_more(Counts(1_000, 100), Counts(1_000, 100), critical=Z, relevant_lift=0.10)

    assert found == pytest.approx(6_915 - 1_000, abs=2)


def test_unlike_groups_by_hand() -> None:
    """Variances 100 and 50 over 400 + m and 900 + m must be (1 / 1.96)^2: m = 65.07."""
    found = needed_more(
        Moments(400, 11.0, 100.0, 400), Moments(900, 10.0, 50.0, 900),
        critical=1.96, relevant_lift=0.0,
    )  # fmt: skip

    assert found is not None
    assert 100 / (400 + found) + 50 / (900 + found) <= (1 / 1.96) ** 2
    assert 100 / (399 + found) + 50 / (899 + found) > (1 / 1.96) ** 2


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(Counts(5_000, 700), Counts(5_000, 500), id="clearly better"),
        pytest.param(Counts(5_000, 400), Counts(5_000, 500), id="clearly worse"),
        pytest.param(Counts(90_000, 9_000), Counts(90_000, 9_010), id="clearly no difference"),
    ],
)
def test_what_is_settled_needs_nobody(treatment: Counts, control: Counts) -> None:
    assert needed_more(treatment, control, critical=Z, relevant_lift=0.10) == 0


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(Counts(0, 0), Counts(500, 50), id="nobody was sent it"),
        pytest.param(Counts(500, 0), Counts(500, 0), id="nobody responded"),
        pytest.param(Counts(500, 500), Counts(500, 500), id="everybody responded"),
        pytest.param(Moments(500, 0.0, 0.0, 0), Moments(500, 0.0, 0.0, 0), id="nobody bought"),
        pytest.param(
            Ratio(500, 0, 0, 0, 0, 0, 0), Ratio(500, 1, 1, 1, 1, 0, 90), id="nothing to divide by"
        ),
    ],
)
def test_where_nothing_is_known_no_number_is_made_up(treatment: Sample, control: Sample) -> None:
    assert needed_more(treatment, control, critical=Z, relevant_lift=0.10) is None


def test_equal_arms_whose_difference_matters_at_any_size_never_settle() -> None:
    same = Counts(1_000, 100)

    assert needed_more(same, same, critical=Z, relevant_lift=0.0) is None


def test_a_promising_rarity_waits_for_responses_enough_for_a_test() -> None:
    """4 of 100 against 0 of 100: 2 % respond, so a test wants 250 in the smaller group."""
    found = needed_more(Counts(100, 4), Counts(100, 0), critical=Z, relevant_lift=0.10)

    assert found == 150


@pytest.mark.parametrize("kind", [rates, amounts])
@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1_000, 20_000), more=st.floats(0.5, 3), rate=st.floats(0.05, 0.5),
    deviate=st.floats(-1.8, 1.8), relevant=st.sampled_from([0.0, 0.05, 0.10]),
)  # fmt: skip
def test_so_many_more_do_settle_it_and_far_fewer_do_not(
    kind: Callable[[int, float, float, float], tuple[Sample, Sample]],
    *, n: int, more: float, rate: float, deviate: float, relevant: float,
) -> None:  # fmt: skip
    treatment, control = kind(n, more, rate, deviate)
    needed = needed_more(treatment, control, critical=Z, relevant_lift=relevant)
    assume(needed)
    assert needed is not None
    assert treatment.mean is not None
    assert control.mean is not None
    # The formula is symmetrical and in whole people; the score interval is not quite.
    slack = 0.05 * max(abs(treatment.mean - control.mean), relevant * control.mean)

    enough = grown(treatment, needed), grown(control, needed)

    assert compare(*enough, 0.95).p is not None
    assert is_settled(*enough, relevant, slack)
    if needed > n:
        few = grown(treatment, needed // 3), grown(control, needed // 3)
        assert not is_settled(*few, relevant, -slack)


def test_two_orders_wait_for_orders_enough_for_a_test() -> None:
    """2 of 100 spent something, and five have to: 250 customers, that is 150 more."""
    found = needed_more(
        Moments(100, 4.0, 10.0, 2), Moments(100, 1.0, 10.0, 9), critical=Z, relevant_lift=0.0
    )

    assert found == 150


def test_an_interval_that_is_half_inside_what_matters_is_not_settled() -> None:
    """-2 points, -4.5 to +0.5, where 1 point matters: it may yet be clearly worse."""
    treatment, control = Counts(1_000, 80), Counts(1_000, 100)

    found = needed_more(treatment, control, critical=Z, relevant_lift=0.10)

    assert difference_at(treatment, control, Z) == pytest.approx((-0.045, 0.005), abs=5e-4)
    assert found is not None
    assert found > 500


@pytest.mark.parametrize(("critical", "relevant"), [(0.0, 0.1), (1.96, -0.1)])
def test_what_cannot_be_is_refused(critical: float, relevant: float) -> None:
    with pytest.raises(InputError, match="critical value"):
        needed_more(Counts(9, 1), Counts(9, 1), critical=critical, relevant_lift=relevant)
