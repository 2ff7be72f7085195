from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.learning.allocation import allocate
from personalization.learning.effects import Cell, Effects, fit_effects
from tests.learning.worlds import TRAITS, cells_of, planted

LEARNT = fit_effects(cells_of(planted(2)))
MESSAGES = {arm: dict(TRAITS[k]) for arm, k in (("A", 0), ("B", 4), ("C", 8))}
SHORT, LONG = {"length": "short"}, {"length": "long"}


def known(short: float, long: float, error: float) -> Effects:
    """Return effects of two lengths that are known with an error each."""
    return Effects(
        (("length", "long", ""), ("length", "short", "")), np.array([long, short]),
        np.eye(2) * error**2, {"length": 0.01}, (2, 2), 4,
    )  # fmt: skip


def test_the_chance_to_be_best_is_that_of_the_posterior() -> None:
    # Two independent normals: P(one beats the other) = Phi(difference / sqrt(2) error).
    shares = allocate(
        known(0.01, 0.0, 0.01), "loyal", {"A": SHORT, "B": LONG}, floor=0.02, seed="s"
    )

    expected = NormalDist().cdf(1 / 2**0.5)
    assert shares["A"].probability_best == pytest.approx(expected, abs=0.01)
    assert shares["A"].weight == pytest.approx(0.02 + 0.96 * shares["A"].probability_best)
    assert shares["A"].gain == pytest.approx(0.005)


def test_a_sure_winner_leaves_the_others_their_floor() -> None:
    shares = allocate(
        known(0.05, 0.0, 1e-6), "loyal", {"A": SHORT, "B": LONG}, floor=0.02, seed="s"
    )

    assert shares["B"].weight == pytest.approx(0.02)
    assert shares["A"].weight == pytest.approx(0.98)


@given(
    st.sampled_from(["s0", "s1", "s2", "never seen"]), st.floats(0.001, 0.3), st.text(max_size=5)
)
def test_shares_sum_to_one_and_none_falls_below_the_floor(
    segment: str, floor: float, seed: str
) -> None:
    shares = allocate(LEARNT, segment, MESSAGES, floor=floor, seed=seed)

    assert sum(share.weight for share in shares.values()) == pytest.approx(1, abs=1e-12)
    assert min(share.weight for share in shares.values()) >= floor - 1e-12


def test_a_floor_beyond_equal_shares_makes_them_equal() -> None:
    shares = allocate(LEARNT, "s0", MESSAGES, floor=0.5, seed="s")

    assert [share.weight for share in shares.values()] == pytest.approx([1 / 3] * 3)


@given(st.permutations(["A", "B", "C"]))
def test_other_names_for_the_arms_only_rename_the_shares(names: list[str]) -> None:
    renamed = dict(zip(names, MESSAGES.values(), strict=True))

    before = allocate(LEARNT, "s1", MESSAGES, floor=0.02, seed="s")
    after = allocate(LEARNT, "s1", renamed, floor=0.02, seed="s")

    assert list(after.values()) == list(before.values())


def test_the_same_seed_gives_the_same_shares_and_another_one_nearly_so() -> None:
    first = allocate(LEARNT, "s1", MESSAGES, floor=0.02, seed="one")

    assert allocate(LEARNT, "s1", MESSAGES, floor=0.02, seed="one") == first
    other = allocate(LEARNT, "s1", MESSAGES, floor=0.02, seed="two")
    assert other != first
    assert other["A"].weight == pytest.approx(first["A"].weight, abs=0.02)


def test_messages_that_no_trait_tells_apart_share_their_chance() -> None:
    twins = {"A": dict(TRAITS[4]), "B": dict(TRAITS[4]), "C": dict(TRAITS[8])}

    shares = allocate(LEARNT, "s3", twins, floor=0.02, seed="s")

    assert shares["A"].probability_best == pytest.approx(shares["B"].probability_best, abs=1e-12)
    assert 0 < shares["A"].probability_best < 0.5


def test_without_anything_learnt_all_get_the_same() -> None:
    shares = allocate(fit_effects([]), "s1", MESSAGES, floor=0.02, seed="s")

    assert [share.weight for share in shares.values()] == pytest.approx([1 / 3] * 3)


def test_a_new_message_inherits_what_its_traits_are_known_for() -> None:
    """Cold start: warm and short were never sent together, and warm did well, and so did short."""
    cells = [
        Cell("spring", segment, (("tone", tone), ("length", length)), mean, 1e6)
        for segment in ("loyal", "new")
        for tone, length, mean in (("warm", "long", 0.12), ("plain", "short", 0.11),
                                   ("plain", "long", 0.08))
    ]  # fmt: skip
    messages = {"A": {"tone": "warm", "length": "short"}, "B": {"tone": "plain", "length": "long"}}

    shares = allocate(fit_effects(cells), "loyal", messages, floor=0.02, seed="s")

    assert shares["A"].weight > 0.9


def test_a_tone_that_nobody_tried_is_given_the_chance_it_may_deserve() -> None:
    messages = {"A": SHORT, "B": LONG, "C": {"length": "tiny"}}

    shares = allocate(known(0.002, 0.0, 0.001), "loyal", messages, floor=0.02, seed="s")

    assert 0.3 < shares["C"].probability_best < 0.5  # its prior is wide: it may be far better
    assert shares["B"].probability_best < 0.1
