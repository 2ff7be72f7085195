"""What the statistics promise, held by simulation: fixed seeds, few draws.

``tests/benchmarks/coverage.py`` does the same with 50,000 draws and prints the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
