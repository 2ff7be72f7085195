"""Whatever the numbers: a defined answer or a reason, never NaN, infinity or a crash."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalization.statistics import cuped
from personalization.statistics.bayesian import posterior_grid, posterior_of_best
from personalization.statistics.comparison import compare, deviate, difference_at
from personalization.statistics.multiplicity import adjust_arms
from personalization.statistics.non_inferiority import guard
from personalization.statistics.samples import Counts, Moments, Paired, Ratio, standardised_pair
from personalization.statistics.sequential import always_valid_difference, always_valid_p
from personalization.statistics.settling import needed_more
from personalization.statistics.shrinkage import error_of_lift, posterior_lift, spread_of_lifts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.statistics.samples import Sample

# From nobody to more than any sender has; rates from none to all.
sizes = st.one_of(st.integers(0, 12), st.integers(0, 3_000), st.sampled_from([10**6, 10**8]))
parts = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
counts = st.builds(lambda n, part: Counts(n, round(n * part)), sizes, parts)
levels = st.one_of(st.just(0.0), st.floats(-1e9, 1e9), st.floats(0, 1e-9))
spreads = st.one_of(st.just(0.0), st.floats(0, 1e-12), st.floats(0, 1e18))
moments = st.builds(
    lambda n, mean, variance, part: Moments(
        n, mean if n else 0.0, variance if n > 1 else 0.0, round(n * part)
    ),
    sizes, levels, spreads, parts,
)  # fmt: skip
ratios = st.builds(
    lambda n, over, under, variances, tie, part: Ratio(
        n, over if n else 0.0, under if n else 0.0,
        variances[0] if n > 1 else 0.0, variances[1] if n > 1 else 0.0,
        tie * (variances[0] * variances[1]) ** 0.5 if n > 1 else 0.0, round(n * part),
    ),
    sizes, levels, st.one_of(st.just(0.0), st.floats(0, 1e6)), st.tuples(spreads, spreads),
    st.floats(-1, 1), parts,
)  # fmt: skip
paired = st.builds(
    lambda sample, before, variance, tie: Paired(
        sample.n, sample.mean, sample.variance, sample.n_nonzero, before,
        variance if sample.n > 1 else 0.0,
        tie * (variance * sample.variance) ** 0.5 if sample.n > 1 else 0.0,
    ),
    moments, levels, spreads, st.floats(-1, 1),
)  # fmt: skip

KINDS = [
    pytest.param(counts, id="rates"),
    pytest.param(moments, id="amounts"),
    pytest.param(ratios, id="ratios"),
]


def numbers(found: Any) -> Iterator[float]:  # noqa: ANN401  anything that the functions give
    """Yield every number in a value, however deep."""
    if is_dataclass(found) and not isinstance(found, type):
        yield from numbers(asdict(found))
    elif isinstance(found, dict):
        yield from numbers(list(found.values()))
    elif isinstance(found, list | tuple):
        for part in found:
            yield from numbers(part)
    elif isinstance(found, int | float):
        yield found


def assert_defined(*found: object) -> None:
    for number in numbers(found):
        assert isfinite(number), found


@pytest.mark.parametrize("kind", KINDS)
def test_a_comparison_is_defined_or_gives_a_reason(kind: st.SearchStrategy[Sample]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(kind, kind)
    def holds(treatment: Sample, control: Sample) -> None:
        found = compare(treatment, control, 0.95)

        assert_defined(found)
        missing = (found.difference, found.difference_ci, found.lift, found.lift_ci, found.p)
        assert (None in missing) == bool(found.reason)
        assert deviate(treatment, control) == found.z
        if found.p is not None:
            assert 0 <= found.p <= 1
            low, high = difference_at(treatment, control, 2.2)
            assert isfinite(low)
            assert isfinite(high)
            assert low <= high

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_families_are_defined(kind: st.SearchStrategy[Sample]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(kind, min_size=1, max_size=4))
    def holds(samples: list[Sample]) -> None:
        control, *arms = samples
        pairs = [(arm, control) for arm in arms]
        found = [compare(*pair, 0.95) for pair in pairs]

        for one, adjusted in zip(found, adjust_arms(pairs, found, 0.95), strict=True):
            assert_defined(adjusted)
            assert (adjusted.p_adjusted is None) == (one.p is None)

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_an_early_look_is_defined(kind: st.SearchStrategy[Sample]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(kind, kind)
    def holds(treatment: Sample, control: Sample) -> None:
        found = always_valid_difference(treatment, control, confidence=0.95)

        assert_defined(found)
        if found is not None:
            assert found[0] <= found[1]

    holds()


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), sizes)
def test_an_always_valid_p_is_a_probability(difference: float, error: float, n: int) -> None:
    assert 0 <= always_valid_p(difference, error, n) <= 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_best_is_defined(kind: st.SearchStrategy[Sample], *, is_wanted: bool) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(kind, min_size=0, max_size=4))
    def holds(samples: list[Sample]) -> None:
        found = posterior_of_best(dict(zip("abcd", samples, strict=False)), is_wanted=is_wanted)

        assert_defined(found)
        assert len(found) in {0, len(samples)}
        if found:
            assert sum(best.probability for best in found.values()) == pytest.approx(1)
            assert all(0 <= best.probability <= 1 + 1e-9 for best in found.values())
            assert all(best.expected_loss >= 0 for best in found.values())

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_a_curve_is_defined(kind: st.SearchStrategy[Sample]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(kind)
    def holds(sample: Sample) -> None:
        xs, density = posterior_grid(sample, 30)

        assert_defined(xs, density)
        assert len(xs) == len(density)
        assert xs == sorted(xs)
        assert min(density, default=0) >= 0

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_what_would_settle_it_is_a_number_of_people_or_nothing(
    kind: st.SearchStrategy[Sample],
) -> None:
    @settings(max_examples=60, deadline=None)
    @given(kind, kind, st.floats(0, 1))
    def holds(treatment: Sample, control: Sample, relevant: float) -> None:
        found = needed_more(treatment, control, critical=2.2, relevant_lift=relevant)

        assert found is None or (isinstance(found, int) and 0 <= found <= 10**9)

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_a_shrunken_lift_is_defined_wherever_there_is_an_error(
    kind: st.SearchStrategy[Sample],
) -> None:
    @settings(max_examples=60, deadline=None)
    @given(kind, kind)
    def holds(treatment: Sample, control: Sample) -> None:
        error, lift = error_of_lift(treatment, control), compare(treatment, control, 0.95).lift
        assert_defined(error)
        if error is not None and lift is not None:
            assert_defined(posterior_lift(lift, error, prior=0.3, confidence=0.95))

    holds()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-10, 1e4), st.floats(1e-6, 1e4)), max_size=12))
def test_the_spread_of_past_lifts_is_a_number_above_zero(past: list[tuple[float, float]]) -> None:
    tau = spread_of_lifts([lift for lift, _ in past], [error for _, error in past])

    assert isfinite(tau)
    assert tau > 0


@settings(max_examples=60, deadline=None)
@given(counts, counts, st.floats(0, 0.5), st.floats(0.5, 0.999))
@example(Counts(10, 10), Counts(10, 0), 0.0, 0.95)
@example(Counts(10, 0), Counts(10, 0), 0.0, 0.95)
@example(Counts(10, 10), Counts(10, 10), 0.01, 0.5)
def test_a_guardrail_is_defined(
    treatment: Counts, control: Counts, margin: float, confidence: float
) -> None:
    found = guard(treatment, control, margin=margin, confidence=confidence)

    assert_defined(found)
    assert (found.bound is None) == bool(found.reason)
    assert found.p is None or 0 <= found.p <= 1
    assert found.bound is None or -1 <= found.bound <= 1


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), paired, max_size=4))
def test_an_adjustment_by_the_past_is_defined(samples: dict[str, Paired]) -> None:
    found = cuped.adjusted(samples)

    assert_defined(found)
    assert set(found.samples) == set(samples)
    assert 0 <= found.rho_squared <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_standardised_arm_is_defined(kind: st.SearchStrategy[Sample]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.sampled_from("xyz"), kind, min_size=1), st.floats(1e-3, 1))
    def holds(arm: dict[str, Sample], share: float) -> None:
        whole, _ = standardised_pair(arm, arm, dict.fromkeys(arm, share))

        assert_defined(whole)
        assert_defined(compare(whole, whole, 0.95))

    holds()
