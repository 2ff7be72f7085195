from __future__ import annotations

import pytest

from personalization.experiments.sample_ratio import sample_ratio, sample_ratio_finding


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


def test_segments_with_other_arms_are_held_to_their_own_weights() -> None:
    sizes = {("big", "control"): 100, ("big", "A"): 100, ("big", "B"): 100,
             ("small", "control"): 50, ("small", "A"): 50,
             ("", "control"): 150, ("", "A"): 150, ("", "B"): 100}  # fmt: skip
    weights = {("big", "control"): 1 / 3, ("big", "A"): 1 / 3, ("big", "B"): 1 / 3,
               ("small", "control"): 0.5, ("small", "A"): 0.5}  # fmt: skip

    found = sample_ratio_finding(sizes, weights, alert=0.001)

    assert found.state == "good"
    assert found.detail["chi2"] == pytest.approx(0.0)


def test_a_mismatch_in_one_segment_is_found_although_the_whole_fits() -> None:
    sizes = {("one", "control"): 600, ("one", "A"): 400, ("two", "control"): 400,
             ("two", "A"): 600, ("", "control"): 1_000, ("", "A"): 1_000}  # fmt: skip
    weights = dict.fromkeys([(s, a) for s in ("one", "two") for a in ("control", "A")], 0.5)

    found = sample_ratio_finding(sizes, weights, alert=0.001)

    assert found.state == "bad"
    assert found.detail["segments_off"] == ["one", "two"]
