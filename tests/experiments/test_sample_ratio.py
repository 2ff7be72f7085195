from __future__ import annotations

import pytest

from personalization.experiments.sample_ratio import sample_ratio_finding


def test_segments_with_other_arms_are_held_to_their_own_weights() -> None:
    sizes = {("big", "control"): 100, ("big", "A"): 100, ("big", "B"): 100,
             ("small", "control"): 50, ("small", "A"): 50,
             ("", "control"): 150, ("", "A"): 150, ("", "B"): 100}  # fmt: skip
    weights = {("big", "control"): 1 / 3, ("big", "A"): 1 / 3, ("big", "B"): 1 / 3,
               ("small", "control"): 0.5, ("small", "A"): 0.5}  # fmt: skip

    found = sample_ratio_finding(sizes, weights, alert=0.001)

    assert found.state == "good"
    assert found.detail["chi2"] == pytest.approx(0.0)


def test_segments_share_the_alert() -> None:
    """554 of 1,000 in one of five segments has p = .0006: below .001, not below a fifth of it."""
    sizes = {(s, a): 500 for s in "abcde" for a in ("control", "A")}
    sizes |= {("a", "control"): 446, ("a", "A"): 554, ("", "control"): 2_446, ("", "A"): 2_554}
    alone = {cell: n for cell, n in sizes.items() if cell[0] == "a"}
    alone |= {("", arm): n for (_, arm), n in alone.items()}

    states = [
        sample_ratio_finding(found, {cell: 0.5 for cell in found if cell[0]}, alert=0.001).state
        for found in (sizes, alone)
    ]

    assert states == ["good", "bad"]


def test_a_mismatch_in_one_segment_is_found_although_the_whole_fits() -> None:
    sizes = {("one", "control"): 600, ("one", "A"): 400, ("two", "control"): 400,
             ("two", "A"): 600, ("", "control"): 1_000, ("", "A"): 1_000}  # fmt: skip
    weights = dict.fromkeys([(s, a) for s in ("one", "two") for a in ("control", "A")], 0.5)

    found = sample_ratio_finding(sizes, weights, alert=0.001)

    assert found.state == "bad"
    assert found.detail["segments_off"] == ["one", "two"]
