from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlogy

from personalization.errors import InputError
from personalization.statistics.intervals import score_deviate, score_difference
from personalization.statistics.non_inferiority import guard
from personalization.statistics.samples import Counts

counts = st.integers(1, 3_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


@settings(max_examples=50, deadline=None)
@given(counts, counts, st.floats(-0.2, 0.2))
def test_the_error_is_that_of_the_likeliest_rates(a: Counts, b: Counts, margin: float) -> None:
    """Held against the likelihood itself: statsmodels 0.15 (test_proportions_2indep, score, diff)
    has count0 * diff in its cubic where Miettinen and Nurminen (1985) have nobs0 * diff.
    """
    assume(0 < a.successes < a.n and 0 < b.successes < b.n)

    def unlikely(p: float) -> float:
        return -float(
            xlogy(a.successes, p) + xlogy(a.n - a.successes, 1 - p)
            + xlogy(b.successes, p - margin) + xlogy(b.n - b.successes, 1 - p + margin)
        )  # fmt: skip

    ends = max(margin, 0.0), min(1.0, 1 + margin)
    p_t = float(
        minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-10}).x
    )
    p_c = p_t - margin
    error = (p_t * (1 - p_t) / a.n + p_c * (1 - p_c) / b.n) ** 0.5
    gap = a.successes / a.n - b.successes / b.n - margin

    assert score_deviate(a, b, margin) == pytest.approx(gap / error, rel=1e-4, abs=1e-6)


def test_alike_groups_lie_half_a_margin_to_each_side() -> None:
    """1 of 2 and 1 of 2 at a margin of .125: rates .5625 and .4375, -.125 / sqrt(.24609375)."""
    found = score_deviate(Counts(2, 1), Counts(2, 1), 0.125)

    assert found == pytest.approx(-0.125 / 0.24609375**0.5, rel=1e-9)


def test_a_harmless_message_holds() -> None:
    """4 of 10,000 leave in both arms; half a point more would be bearable."""
    found = guard(Counts(10_000, 4), Counts(10_000, 4), margin=0.005, confidence=0.95)

    assert found.state == "holds"
    assert found.difference == 0
    assert found.bound == pytest.approx(0.0005, abs=2e-4)
    assert found.p is not None
    assert found.p < 1e-6


def test_one_more_in_a_hundred_by_hand() -> None:
    """With rates near .5 the likeliest ones hardly move: z = (.01 - .05) / sqrt(2 x .25 / 2000)."""
    found = guard(Counts(2_000, 1_010), Counts(2_000, 990), margin=0.05, confidence=0.95)

    assert found.p == pytest.approx(0.0057, abs=1e-4)
    assert found.bound == pytest.approx(0.01 + 1.645 * 0.01581, abs=1e-4)
    assert found.state == "holds"


@pytest.mark.parametrize(
    ("treatment", "control", "state"),
    [
        pytest.param(Counts(5_000, 250), Counts(5_000, 50), "breached", id="far too many leave"),
        pytest.param(Counts(5_000, 110), Counts(5_000, 50), "not_shown", id="more, yet unproven"),
        pytest.param(Counts(40, 0), Counts(40, 0), "not_shown", id="nobody left, but who knows"),
        pytest.param(Counts(4_000, 0), Counts(4_000, 0), "holds", id="nobody of thousands left"),
        pytest.param(Counts(0, 0), Counts(40, 0), "not_shown", id="nobody was sent it"),
        pytest.param(Counts(50, 50), Counts(50, 0), "breached", id="everybody left"),
        pytest.param(Counts(900, 0), Counts(900, 90), "holds", id="it even keeps people"),
    ],
)
def test_what_a_guardrail_says(treatment: Counts, control: Counts, state: str) -> None:
    found = guard(treatment, control, margin=0.01, confidence=0.95)

    assert found.state == state
    assert (found.bound is None) == bool(found.reason)


@given(counts, counts, st.floats(0.001, 0.5), st.sampled_from([0.9, 0.95, 0.975]))
def test_p_and_bound_never_disagree(
    treatment: Counts, control: Counts, margin: float, confidence: float
) -> None:
    found = guard(treatment, control, margin=margin, confidence=confidence)
    assert found.p is not None
    assert found.bound is not None
    assume(abs(found.p - (1 - confidence)) > 1e-6)

    assert (found.p < 1 - confidence) == (found.bound < margin)
    assert (found.state == "holds") == (found.bound < margin)


def test_its_bound_is_the_interval_of_twice_the_error() -> None:
    """One-sided at 95 % is the upper end of the score interval at 90 %: 1.645."""
    treatment, control = Counts(800, 24), Counts(700, 14)

    found = guard(treatment, control, margin=0.02, confidence=0.95)

    assert found.bound == pytest.approx(score_difference(treatment, control, 1.6448536)[1])


@given(counts, counts)
def test_a_wider_margin_never_blocks_what_a_narrower_let_pass(
    treatment: Counts, control: Counts
) -> None:
    order = {"breached": 0, "not_shown": 1, "holds": 2}

    states = [
        order[guard(treatment, control, margin=margin, confidence=0.95).state]
        for margin in (0.001, 0.01, 0.1, 0.5)
    ]

    assert states == sorted(states)


def test_harm_at_the_margin_passes_one_time_in_twenty() -> None:
    """2,000 tests of a fixed seed, the true harm just at the margin; three errors are 1.5 %."""
    chance = np.random.default_rng(6)
    passed = sum(
        guard(Counts(1_500, int(x)), Counts(1_500, int(y)), margin=0.01, confidence=0.95).state
        == "holds"
        for x, y in zip(
            chance.binomial(1_500, 0.03, 2_000), chance.binomial(1_500, 0.02, 2_000), strict=True
        )
    )

    assert passed / 2_000 == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(
    ("margin", "confidence"), [(-0.01, 0.95), (1.0, 0.95), (0.01, 0.4), (0.01, 1.0)]
)
def test_what_guards_nothing_is_refused(margin: float, confidence: float) -> None:
    with pytest.raises(InputError, match="cannot guard"):
        guard(Counts(10, 1), Counts(10, 1), margin=margin, confidence=confidence)
