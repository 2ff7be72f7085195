from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.statistics.bayesian import (
    Best,
    Beta,
    Normal,
    posterior_grid,
    posterior_of,
    posterior_of_best,
)
from personalization.statistics.samples import Counts, Moments, Ratio

if TYPE_CHECKING:
    from personalization.statistics.samples import Sample

counts = st.integers(0, 400).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


def best_of(*samples: Sample, is_wanted: bool = True) -> list[Best]:
    found = posterior_of_best(
        {str(i): sample for i, sample in enumerate(samples)}, is_wanted=is_wanted
    )
    return list(found.values())


def closed_form(a: Counts, b: Counts) -> float:
    """Return P(b > a): Cook (2005), Exact Calculation of Beta Inequalities, as a finite sum.

    sum over i < alpha_b of B(alpha_a + i, beta_a + beta_b) / ((beta_b + i) B(1 + i, beta_b)
    B(alpha_a, beta_a)); with whole numbers each Beta function is a binomial coefficient.
    """
    total = 0.0
    alpha_a, beta_a = a.successes + 1, a.n - a.successes + 1
    alpha_b, beta_b = b.successes + 1, b.n - b.successes + 1
    for i in range(alpha_b):
        total += whole_beta(alpha_a + i, beta_a + beta_b) / (
            (beta_b + i) * whole_beta(1 + i, beta_b) * whole_beta(alpha_a, beta_a)
        )
    return total


def whole_beta(a: int, b: int) -> float:
    return (a + b) / (a * b * comb(a + b, a))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(Counts(1, 0), Counts(1, 1), id="one customer each"),
        pytest.param(Counts(0, 0), Counts(7, 2), id="nobody in the control"),
        pytest.param(Counts(40, 0), Counts(40, 3), id="zero in the control"),
        pytest.param(Counts(50, 50), Counts(50, 49), id="all of them"),
        pytest.param(Counts(125, 14), Counts(125, 21), id="a common segment"),
        pytest.param(Counts(300, 20), Counts(60, 9), id="unlike sizes"),
    ],
)
def test_the_chance_to_beat_the_control_in_closed_form(a: Counts, b: Counts) -> None:
    found = best_of(a, b)

    assert found[1].probability == pytest.approx(closed_form(a, b), abs=1e-9)


def test_loss_in_closed_form() -> None:
    """Uniform against uniform: E max(x - y, 0) is 1/6, and each is the better half of the time."""
    for found in best_of(Counts(0, 0), Counts(0, 0)):
        assert found.probability == pytest.approx(1 / 2, abs=1e-12)
        assert found.expected_loss == pytest.approx(1 / 6, abs=1e-12)


def test_amounts_in_closed_form() -> None:
    """Normal means 1 apart with errors .6 and .8: the difference has error 1, so P = Phi(1).

    The loss of the better is phi(1) - Phi(-1) = .24197 - .15866; of the worse, that plus 1.
    """
    control, treatment = Moments(100, 5.0, 36.0, 90), Moments(100, 6.0, 64.0, 90)

    found = best_of(control, treatment)

    assert found[1].probability == pytest.approx(0.8413447460685429, abs=1e-9)
    assert found[1].expected_loss == pytest.approx(0.08331547058768627, abs=1e-9)
    assert found[0].expected_loss == pytest.approx(1.08331547058768627, abs=1e-9)


def test_four_arms_as_draws_say() -> None:
    """400,000 draws of a fixed seed from the same posteriors."""
    arms = [Counts(2_000, 200), Counts(1_800, 205), Counts(300, 36), Counts(5_000, 540)]
    chance = np.random.default_rng(1)
    draws = np.array([chance.beta(a.successes + 1, a.n - a.successes + 1, 400_000) for a in arms])

    found = best_of(*arms)

    for i, arm in enumerate(found):
        assert arm.probability == pytest.approx((draws.argmax(axis=0) == i).mean(), abs=3e-3)
        assert arm.expected_loss == pytest.approx((draws.max(axis=0) - draws[i]).mean(), rel=0.02)


@settings(max_examples=50, deadline=None)
@given(st.lists(counts, min_size=2, max_size=4))
def test_what_is_unwanted_is_best_where_its_mirror_is(samples: list[Counts]) -> None:
    mirrored = [Counts(sample.n, sample.n - sample.successes) for sample in samples]

    there, here = best_of(*samples, is_wanted=False), best_of(*mirrored)

    for a, b in zip(there, here, strict=True):
        assert a.probability == pytest.approx(b.probability, abs=1e-8)
        assert a.expected_loss == pytest.approx(b.expected_loss, abs=1e-8)


@settings(max_examples=50, deadline=None)
@given(counts, counts)
def test_the_losses_of_two_arms_differ_by_the_gap_of_their_means(a: Counts, b: Counts) -> None:
    means = [(sample.successes + 1) / (sample.n + 2) for sample in (a, b)]

    first, second = best_of(a, b)

    assert first.expected_loss - second.expected_loss == pytest.approx(
        means[1] - means[0], abs=1e-9
    )


def test_a_sender_of_many_millions_gets_a_number() -> None:
    """z = 3.54 between the two arms: the chance of the worse is .0002 by the normal."""
    found = best_of(Counts(10**8, 10**7), Counts(10**8, 10**7 + 15_000))

    assert found[0].probability == pytest.approx(2.04e-4, rel=0.01)


def test_one_arm_alone_is_the_best_of_nothing() -> None:
    assert posterior_of_best({"control": Counts(10, 1)}) == {}
    assert posterior_of_best({}) == {}


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(Moments(400, 0.0, 0.0, 0), id="nobody bought"),
        pytest.param(Moments(400, 0.1, 4.0, 1), id="one order"),
        pytest.param(Moments(3, 5.0, 1.0, 3), id="three customers"),
        pytest.param(Moments(50, 9.99, 1e-30, 50), id="all spent the same"),
        pytest.param(Moments(0, 0.0, 0.0, 0), id="nobody at all"),
    ],
)
def test_an_arm_whose_error_is_unknown_leaves_the_question_open(unknown: Moments) -> None:
    assert posterior_of(unknown) is None
    assert posterior_of_best({"control": Moments(400, 2.0, 9.0, 80), "A": unknown}) == {}
    assert posterior_grid(unknown) == ([], [])


def test_a_standardised_rate_stands_beside_a_plain_one() -> None:
    """The same counts as a mean: much the same posterior, but 0 is no wall to it."""
    plain, other = Counts(900, 90), Counts(900, 75)
    mean = Moments(900, 0.1, 0.09 * 900 / 899, 90)
    near_zero = Moments(20, 0.01, 0.01, 5)

    assert best_of(other, mean)[1].probability == pytest.approx(
        best_of(other, plain)[1].probability, abs=0.02
    )
    chance = np.random.default_rng(2)
    draws = chance.beta(1, 21, 400_000) > chance.normal(0.01, 0.0005**0.5, 400_000)
    assert best_of(Counts(20, 0), near_zero)[0].probability == pytest.approx(draws.mean(), abs=3e-3)


def test_posteriors() -> None:
    assert posterior_of(Counts(10, 3)) == Beta(4.0, 8.0)
    assert posterior_of(Moments(100, 5.0, 36.0, 90)) == Normal(5.0, 0.6)
    assert posterior_of(Ratio(100, 5.0, 1.0, 36.0, 0.0, 0.0, 90)) == Normal(5.0, 0.6)


@pytest.mark.parametrize(
    ("sample", "mean"),
    [
        pytest.param(Counts(0, 0), 1 / 2, id="any rate is as likely"),
        pytest.param(Counts(40, 0), 1 / 42, id="nobody"),
        pytest.param(Counts(40, 40), 41 / 42, id="everybody"),
        pytest.param(Counts(10**6, 123), 124 / (10**6 + 2), id="a million"),
        pytest.param(Moments(400, 3.0, 16.0, 70), 3.0, id="amounts"),
    ],
)
def test_a_curve_holds_all_but_a_hair_of_the_posterior(sample: Sample, mean: float) -> None:
    xs, density = posterior_grid(sample, 2_001)

    mass = np.trapezoid(density, xs)
    assert mass == pytest.approx(1, abs=1e-3)
    assert np.trapezoid(np.array(xs) * density, xs) / mass == pytest.approx(mean, rel=2e-3)
    assert (len(xs), len(density)) == (2_001, 2_001)
