"""What the statistics promise, held by simulation: fixed seeds, few draws.

``tests/benchmarks/coverage.py`` does the same with 50,000 draws and prints the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.statistics.comparison import compare
from personalization.statistics.samples import Counts, standardised_pair
from tests.benchmarks.coverage import (
    SETTINGS,
    coverage_of_means,
    coverage_of_rates,
    distance_from_uniform,
    families,
    peeking,
    ps_of_means,
    ps_of_rates,
)

if TYPE_CHECKING:
    from tests.benchmarks.coverage import Setting


@pytest.mark.parametrize("setting", [pytest.param(s, id=str(s)) for s in SETTINGS])
def test_the_interval_of_the_lift_of_rates_covers_as_often_as_it_says(setting: Setting) -> None:
    found = coverage_of_rates(setting, 3_000)

    assert 0.94 <= found.covered <= 0.965
    assert found.missing < 0.01


@pytest.mark.parametrize("setting", [pytest.param(s, id=str(s)) for s in SETTINGS])
def test_the_interval_of_the_lift_of_amounts_covers_as_often_as_it_says(setting: Setting) -> None:
    """With five buyers expected in a control of 50, half of the draws bound nothing and say so.

    Those that do are the draws whose control did well: they cover more, never less.
    """
    found = coverage_of_means(setting, 3_000)

    is_tiny = setting.n_control * setting.rate < 10
    assert 0.94 <= found.covered <= (0.99 if is_tiny else 0.965)
    assert found.missing < (0.5 if is_tiny else 0.06)


def test_without_effect_every_p_is_as_likely() -> None:
    for ps in (ps_of_rates(4_000), ps_of_means(4_000)):
        _, p = distance_from_uniform(ps)

        assert p > 0.05
        assert (ps < 0.05).mean() == pytest.approx(0.05, abs=0.0105)  # three standard errors


def test_a_family_of_arms_errs_once_in_twenty_and_never_contradicts_itself() -> None:
    """Three arms; 200 families without effect have a standard error of 1.5 %."""
    found = families(400)

    assert found.disagreements == 0
    assert found.false_alarms == pytest.approx(0.05, abs=0.046)


def test_looking_every_day_ships_nothing_that_does_nothing() -> None:
    """14 looks at three arms: the ordinary test 'finds' a better message one time in five."""
    found = peeking(250)

    assert found.always_valid <= 0.05
    assert found.naive > 0.15
    assert found.once < 0.05


@pytest.mark.parametrize(("people", "rate"), [(1_000, 0.10), (5_000, 0.02), (5_000, 0.05)])
def test_learnt_shares_call_nothing_a_difference_that_is_none(people: int, rate: float) -> None:
    """Two segments, a quarter control, and a variant that has two in a hundred of one of them."""
    draws, shares = np.random.default_rng(5), (0.25, 0.72, 0.03)
    n = [round(people * share) for share in shares]
    sent = {"new": dict(zip(("control", "A", "B"), n, strict=True)),
            "loyal": dict(zip(("control", "B", "A"), n, strict=True))}  # fmt: skip
    called, covered = 0, 0
    for _ in range(700):
        arm, control = (
            {s: Counts(of[name], int(draws.binomial(of[name], rate))) for s, of in sent.items()}
            for name in ("A", "control")
        )
        pair = standardised_pair(arm, control, {"new": 1, "loyal": 1})
        found = compare(*pair, 0.95)
        called += found.p is not None and found.p < 0.05
        covered += (
            found.difference_ci is None or found.difference_ci[0] <= 0 <= found.difference_ci[1]
        )

    assert called / 700 < 0.067  # two standard errors above one in twenty
    assert covered / 700 > 0.933
