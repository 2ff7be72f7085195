from __future__ import annotations

import numpy as np
import pytest

from personalization.statistics import cuped
from personalization.statistics.comparison import compare
from personalization.statistics.samples import Moments, Paired


def paired(after: np.ndarray, before: np.ndarray) -> Paired:
    table = np.cov(after, before)
    return Paired(
        len(after), float(after.mean()), float(table[0, 0]), int((after != 0).sum()),
        float(before.mean()), float(table[1, 1]), float(table[0, 1]),
    )  # fmt: skip


def arms(tie: float, effect: float = 0.0, n: int = 4_000) -> dict[str, Paired]:
    """Two arms whose customers' past goes with ``tie`` into what they do."""
    chance = np.random.default_rng(5)
    found = {}
    for arm, gain in (("control", 0.0), ("A", effect)):
        before = chance.normal(10, 3, n)
        found[arm] = paired(gain + tie * before + chance.normal(0, 2, n), before)
    return found


def test_the_adjusted_values_are_what_the_customers_rows_would_give() -> None:
    """y - theta (x - mean of x) for every customer, with theta by least squares.

    The slope is that of all customers together: the convention of tea-tasting (cuped-01).
    """
    chance = np.random.default_rng(9)
    before = chance.gamma(2, 5, 300)
    after = 0.7 * before + chance.normal(0, 4, 300)
    theta = np.polyfit(before, after, 1)[0]
    values = after - theta * (before - before.mean())

    found = cuped.adjusted(
        {"control": paired(after[:120], before[:120]), "A": paired(after[120:], before[120:])}
    )

    assert found.theta == pytest.approx(theta, rel=1e-9)
    for arm, rows in (("control", values[:120]), ("A", values[120:])):
        sample = found.samples[arm]
        assert (sample.mean, sample.variance) == pytest.approx((rows.mean(), rows.var(ddof=1)))


def test_the_variance_falls_by_rho_squared() -> None:
    """A tie of .9 to a past of variance 9 beside noise of variance 4 has rho^2 = 7.29 / 11.29."""
    past = arms(0.9)

    found = cuped.adjusted(past)

    assert found.rho_squared == pytest.approx(7.29 / 11.29, abs=0.02)
    for arm, sample in found.samples.items():
        kept = sample.variance / past[arm].variance
        assert kept == pytest.approx(1 - found.rho_squared, abs=0.02)


def test_the_effect_stays_and_its_interval_becomes_narrower() -> None:
    past = arms(0.9, effect=0.3)
    plain = compare(past["A"].outcome, past["control"].outcome, 0.95)

    samples = cuped.adjusted(past).samples
    found = compare(samples["A"], samples["control"], 0.95)

    assert found.difference == pytest.approx(0.3, abs=0.1)
    assert plain.difference_ci is not None
    assert found.difference_ci is not None
    narrow, wide = (ci[1] - ci[0] for ci in (found.difference_ci, plain.difference_ci))
    assert narrow / wide == pytest.approx((4 / 11.29) ** 0.5, abs=0.03)


def test_chance_that_the_past_shows_is_taken_out() -> None:
    """A had spent 2 more on average before anything was sent, at a theta of 1: so much is luck."""
    before = {"control": 10.0, "A": 12.0}
    lucky = {
        arm: Paired(500, 20.0 + mean, 5.0, 500, mean, 5.0, 5.0) for arm, mean in before.items()
    }

    samples = cuped.adjusted(lucky).samples

    assert samples["A"].mean == pytest.approx(samples["control"].mean)
    assert samples["A"].mean == pytest.approx(31.0)


@pytest.mark.parametrize(
    ("same", "rounding"),
    [
        pytest.param(0.0, 0.0, id="nobody had bought before"),
        pytest.param(3.3, 0.0, id="everybody had spent the same"),
        pytest.param(0.1, 1e-34, id="likewise, as a double has it"),
    ],
)
def test_a_past_without_differences_changes_nothing(same: float, rounding: float) -> None:
    found = cuped.adjusted(
        {"control": Paired(50, 1.0, 2.0, 20, same, rounding, 1e8 * rounding),
         "A": Paired(60, 1.5, 3.0, 30, same, rounding, 1e8 * rounding)}
    )  # fmt: skip

    assert (found.theta, found.rho_squared) == (0.0, 0.0)
    assert found.samples["A"] == Moments(60, 1.5, 3.0, 30)


def test_no_arms_need_no_adjustment() -> None:
    assert cuped.adjusted({}).samples == {}


def test_an_adjustment_does_not_make_false_alarms() -> None:
    """600 A/A tests with a strong past, fixed seed: 5 % within three standard errors (2.7 %)."""
    chance = np.random.default_rng(3)
    false = 0
    for _ in range(600):
        past = {}
        for arm in ("control", "A"):
            before = chance.gamma(2, 5, 120)
            past[arm] = paired(0.8 * before + chance.normal(0, 4, 120), before)
        samples = cuped.adjusted(past).samples
        p = compare(samples["A"], samples["control"], 0.95).p
        false += p is not None and p < 0.05

    assert false / 600 == pytest.approx(0.05, abs=0.027)
