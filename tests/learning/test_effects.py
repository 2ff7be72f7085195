from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.learning.effects import Cell, Effects, fit_effects
from tests.learning.worlds import N_SEGMENTS, TRAITS, World, cells_of, planted


def cell(
    level: str, mean: float, *, campaign: str = "spring", segment: str = "loyal",
    precision: float = 1e4, factor: str = "length",
) -> Cell:  # fmt: skip
    return Cell(campaign, segment, ((factor, level),), mean, precision)


def learnt(world: World) -> np.ndarray:
    """Return what was learnt of each creative in each segment."""
    effects = fit_effects(cells_of(world))
    messages = [(f"s{s}", dict(traits)) for s in range(N_SEGMENTS) for traits in TRAITS]
    return effects.joint(messages)[0].reshape(N_SEGMENTS, len(TRAITS))


def by_key(effects: Effects) -> dict[tuple[str, str, str], float]:
    return dict(zip(effects.keys, map(float, effects.means), strict=True))


def test_three_messages_of_one_segment_are_shrunken_as_by_hand() -> None:
    # Means .10, .12, .17 with a variance of .0001 each.  Sample variance of the means:
    # ((-.03)² + (-.01)² + .04²) / 2 = .0013, so by REML tau² = .0013 - .0001 = .0012, and each
    # mean keeps 12/13 of its distance (as in Morris 1983, JASA 78, 47-55, with tau² known).
    effects = fit_effects([cell("short", 0.10), cell("medium", 0.12), cell("long", 0.17)])

    assert effects.taus == {"length": pytest.approx(0.0012**0.5, rel=2e-3)}
    assert by_key(effects) == {
        ("length", "short", ""): pytest.approx(-0.03 * 12 / 13, rel=1e-3),
        ("length", "medium", ""): pytest.approx(-0.01 * 12 / 13, rel=1e-3),
        ("length", "long", ""): pytest.approx(0.04 * 12 / 13, rel=1e-3),
    }


def test_the_learnt_choice_earns_most_of_what_an_oracle_would() -> None:
    """Forty planted worlds; raw pooled click rates beside it earn far less."""
    worlds = [planted(seed) for seed in range(40)]
    oracle = sum(world.gain(world.truth) for world in worlds)

    learned = sum(world.gain(learnt(world)) for world in worlds) / oracle

    raw = sum(world.gain(world.pooled(by_segment=True)) for world in worlds) / oracle
    raw_creative = sum(world.gain(world.pooled(by_segment=False)) for world in worlds) / oracle
    assert learned >= 0.85
    assert raw < 0.70
    assert raw_creative < 0.60


def test_where_segments_do_not_differ_personalisation_switches_itself_off() -> None:
    """A variance of 0 is found to be 0 in about half of all samples, and near 0 in the others."""
    taus = [fit_effects(cells_of(planted(seed, main=0.03, own=0.0))).taus for seed in range(20)]

    own = [tau[f"{factor} by segment"] for tau in taus for factor in ("tone", "plan")]
    assert np.mean([tau == 0.0 for tau in own]) > 0.4
    assert np.mean(own) < 0.005
    assert np.mean([tau["tone"] for tau in taus]) > 0.015


def test_a_good_season_is_no_preference() -> None:
    """Each campaign sent one tone in two lengths: warm in a good season, plain in a bad one."""
    cells = [
        Cell(campaign, "loyal", (("tone", tone), ("length", length)), mean, 1e5)
        for campaign, tone, level in (("a", "warm", 0.2), ("b", "plain", 0.05))
        for length, mean in (("short", level), ("long", level + 0.01))
    ]

    effects = by_key(fit_effects(cells))

    assert effects["tone", "warm", ""] == pytest.approx(0, abs=1e-9)
    assert effects["length", "long", ""] > effects["length", "short", ""]


def test_a_message_that_stood_alone_teaches_nothing() -> None:
    effects = fit_effects([cell("short", 0.1), cell("long", 0.2, campaign="autumn")])

    assert effects.keys == ()
    assert effects.joint([("loyal", {"length": "short"})])[0].tolist() == [0.0]


def test_campaigns_too_old_to_weigh_anything_change_nothing() -> None:
    cells = cells_of(planted(3))
    old = [replace(c, campaign=f"old {c.campaign}", precision=0.0) for c in cells]

    both, alone = fit_effects(cells + old), fit_effects(cells)

    assert both.keys == alone.keys
    assert both.campaigns == alone.campaigns
    assert both.means.tolist() == alone.means.tolist()


def test_the_order_of_the_evidence_changes_nothing() -> None:
    cells = cells_of(planted(4))

    assert fit_effects(cells[::-1]).means.tolist() == fit_effects(cells).means.tolist()


@given(st.integers(0, 20), st.permutations(["c0", "c1", "c2", "c3"]))
def test_other_names_for_campaigns_and_levels_only_rename_the_effects(
    seed: int, names: list[str]
) -> None:
    cells = cells_of(planted(seed, campaigns=4))
    new = dict(zip(["c0", "c1", "c2", "c3"], names, strict=True))
    renamed = [
        replace(c, campaign=new[c.campaign], traits=tuple((f, f"z{lv}") for f, lv in c.traits))
        for c in cells
    ]

    effects = by_key(fit_effects(cells))

    assert by_key(fit_effects(renamed)) == {
        (factor, f"z{level}", segment): pytest.approx(effect, abs=1e-6)
        for (factor, level, segment), effect in effects.items()
    }


@given(st.floats(-0.05, 0.05), st.sampled_from(["c0", "c3"]))
def test_only_differences_within_campaign_and_segment_count(shift: float, campaign: str) -> None:
    cells = cells_of(planted(7))
    shifted = [
        replace(c, mean=c.mean + shift) if (c.campaign, c.segment) == (campaign, "s1") else c
        for c in cells
    ]

    before, after = fit_effects(cells), fit_effects(shifted)

    assert after.means == pytest.approx(before.means, abs=1e-7)


def test_more_evidence_makes_an_effect_surer() -> None:
    few = fit_effects(cells_of(planted(1, n=250)))
    many = fit_effects(cells_of(planted(1, n=2500)))

    place = few.keys.index(("tone", "tone0", ""))
    assert many.covariance[place, place] < few.covariance[place, place]


def test_a_level_nobody_has_tried_may_add_what_its_group_allows() -> None:
    effects = fit_effects([cell("short", 0.10), cell("medium", 0.12), cell("long", 0.17)])

    means, covariance = effects.joint(
        [("loyal", {"length": "tiny"}), ("new", {"length": "tiny"}), ("new", {"length": "long"})]
    )

    tau2 = effects.taus["length"] ** 2
    assert means[:2].tolist() == [0.0, 0.0]
    assert covariance[0, 1] == covariance[0, 0] == pytest.approx(tau2)  # one level, one effect
    assert covariance[0, 2] == 0.0


def test_an_effect_names_the_campaigns_in_which_its_level_stood_against_another() -> None:
    cells = [
        cell("warm", 0.10, factor="tone"), cell("plain", 0.12, factor="tone"),
        cell("warm", 0.11, factor="tone", campaign="autumn"),
        cell("cool", 0.12, factor="tone", campaign="autumn"),
        cell("warm", 0.11, factor="tone", campaign="winter"),
        cell("warm", 0.13, factor="tone", campaign="winter"),
    ]  # fmt: skip

    effects = fit_effects(cells)

    seen = dict(zip(effects.keys, effects.campaigns, strict=True))
    assert seen["tone", "warm", ""] == 2
    assert seen["tone", "plain", "loyal"] == 1
