from __future__ import annotations

import pytest

from personalization.statistics.sample_ratio import sample_ratio


def test_a_published_sample_ratio() -> None:
    """Source: Rizzzyyy1/hillstrom README: chi-squared .2025, p .9037."""
    found = sample_ratio(
        {"none": 21_306, "mens": 21_307, "womens": 21_387},
        {"none": 1, "mens": 1, "womens": 1},
        alert=0.001,
    )

    assert found.chi2 == pytest.approx(0.2025, abs=5e-5)
    assert found.p == pytest.approx(0.9037, abs=5e-5)
    assert not found.is_alert


def test_a_published_mismatch() -> None:
    """Source: Wikipedia, "Sample ratio mismatch": 600 against 400 has p = 2.54e-10."""
    found = sample_ratio({"a": 600, "b": 400}, {"a": 0.5, "b": 0.5}, alert=0.001)

    assert found.p == pytest.approx(2.54e-10, rel=5e-3)
    assert found.is_alert


@pytest.mark.parametrize(
    ("observed", "weights", "is_alert", "is_leak"),
    [
        # growthbook/growthbook #4427: an arm with weight but without anybody has to alert.
        pytest.param({"b": 500, "c": 500}, {"a": 1, "b": 1, "c": 1}, True, False, id="empty arm"),
        pytest.param({"a": 100, "b": 100, "c": 1}, {"a": 1, "b": 1, "c": 0}, True, True, id="leak"),
        pytest.param({"a": 100, "b": 100, "x": 1}, {"a": 1, "b": 1}, True, True, id="unplanned"),
        pytest.param({"a": 900, "b": 100}, {"a": 0.9, "b": 0.1}, False, False, id="9 to 1"),
        pytest.param({"a": 3, "b": 9}, {"a": 0.3, "b": 0.7}, False, False, id="too few to tell"),
        pytest.param({}, {"a": 0.5, "b": 0.5}, False, False, id="nobody yet"),
    ],
)  # fmt: skip
def test_when_it_alerts(
    observed: dict[str, int], weights: dict[str, float], *, is_alert: bool, is_leak: bool
) -> None:
    found = sample_ratio(observed, weights, alert=0.001)

    assert (found.is_alert, found.is_leak) == (is_alert, is_leak)


def test_an_arm_of_weight_zero_takes_no_degree_of_freedom() -> None:
    """Two arms of 540 to 460 have chi-squared 6.4, and p = .0114 with one degree, not two."""
    found = sample_ratio({"a": 540, "b": 460}, {"a": 1, "b": 1, "c": 0}, alert=0.001)

    assert found.df == 1
    assert found.p == pytest.approx(0.0114, abs=5e-5)
