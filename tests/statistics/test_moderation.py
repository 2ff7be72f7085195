from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.statistics.levels import Cell, cells_of, shown_levels
from personalization.statistics.moderation import Effect, cochran_q, judge_effects
from personalization.statistics.samples import Counts


def rates(level: str, n_treatment: int, x_treatment: int, n_control: int, x_control: int) -> Cell:
    return Cell(level, Counts(n_treatment, x_treatment), Counts(n_control, x_control))


# Hillstrom's e-mail test of 2008, as counts: level, then people and visitors of the e-mail and
# of no e-mail.  Women's e-mail by whether somebody had bought women's products before ...
WOMENS_BOUGHT = (rates("yes", 11_765, 2_171, 11_668, 1_300), rates("no", 9_622, 1_067, 9_638, 962))
# ... by what was bought before, for both e-mails ...
WOMENS_BY_CATEGORY = (
    rates("womens only", 9_647, 1_638, 9_519, 912),
    rates("mens only", 9_622, 1_067, 9_638, 962),
    rates("both", 2_118, 533, 2_149, 388),
)
MENS_BY_CATEGORY = (
    rates("womens only", 9_568, 1_592, 9_519, 912),
    rates("mens only", 9_558, 1_615, 9_638, 962),
    rates("both", 2_181, 687, 2_149, 388),
)
# ... and by whether the customer was new.
MENS_BY_NEWBIE = (
    rates("no", 10_621, 2_247, 10_611, 1_419),
    rates("yes", 10_686, 1_647, 10_695, 843),
)

cells = st.builds(
    lambda level, n_t, n_c, x_t, x_c: rates(str(level), n_t, min(x_t, n_t), n_c, min(x_c, n_c)),
    st.integers(0, 99),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 400),
)


@pytest.mark.parametrize(
    ("found", "q", "p"),
    [
        pytest.param(WOMENS_BOUGHT, 94.2, 2.8e-22, id="women's e-mail by women's products"),
        pytest.param(WOMENS_BY_CATEGORY, 97.3, 7e-22, id="women's e-mail by category"),
        pytest.param(MENS_BY_CATEGORY, 23.2, 9e-6, id="men's e-mail by category"),
    ],
)
def test_what_moved_the_lift_of_hillstrom(found: tuple[Cell, ...], q: float, p: float) -> None:
    found_q, _, found_p = cochran_q(found)

    assert found_q == pytest.approx(q, abs=0.05)
    assert found_p == pytest.approx(p, rel=0.06)


def test_a_higher_base_rate_alone_moves_no_lift() -> None:
    """New customers visit half as often, and gain the same points: +7.53 against +7.78."""
    q, _, p = cochran_q(MENS_BY_NEWBIE)

    differences = [100 * (cell.difference or 0) for cell in MENS_BY_NEWBIE]
    assert differences == pytest.approx([7.78, 7.53], abs=5e-3)
    assert q is not None
    assert q < 1
    assert p is not None
    assert p > 0.5


def test_attributes_are_judged_as_a_family() -> None:
    effects = [
        Effect("click", "Womens", "womens bought", WOMENS_BOUGHT),
        Effect("click", "Mens", "newbie", MENS_BY_NEWBIE),
        Effect("click", "Mens", "tiny", (rates("a", 9, 1, 9, 2), rates("b", 9, 1, 9, 2))),
    ]

    bought, newbie, tiny = judge_effects(effects, 0.95)

    assert (bought.verdict, newbie.verdict, tiny.verdict) == (
        "moderates",
        "no_evidence",
        "not_enough_data",
    )
    assert bought.p is not None
    assert bought.p_holm == pytest.approx(2 * bought.p)
    assert (tiny.q, tiny.p, tiny.p_holm) == (None, None, None)


def test_one_level_with_enough_people_is_not_enough() -> None:
    few = rates("few", 29, 10, 400, 100)

    assert not few.is_enough
    assert cochran_q([rates("many", 400, 100, 400, 80), few]) == (None, None, None)


@pytest.mark.parametrize(
    ("cell", "is_enough"),
    [
        pytest.param(rates("x", 30, 9, 30, 9), True, id="thirty people"),
        pytest.param(rates("x", 29, 9, 3_000, 900), False, id="too few in the arm"),
        pytest.param(rates("x", 300, 2, 300, 1), False, id="too few responses"),
        pytest.param(rates("x", 300, 300, 300, 299), False, id="nearly everybody"),
    ],
)
def test_the_smallest_cell(cell: Cell, *, is_enough: bool) -> None:
    assert cell.is_enough == is_enough


def test_a_level_without_response_is_not_taken_for_certain() -> None:
    """By hand: half a response of 100 is .005 x .995 / 100, and 20 of 100 are .2 x .8 / 100."""
    assert rates("x", 100, 0, 100, 20).variance == pytest.approx(4.975e-5 + 1.6e-3)


def test_a_long_list_of_levels_is_cut_and_nobody_is_lost() -> None:
    many = {f"c{i}": Counts(10 + i, 1) for i in range(20)}

    kept = cells_of(many, many, shown_levels({name: 2 * side.n for name, side in many.items()}))

    assert [cell.level for cell in kept] == ["c19", "c18", "c17", "c16", "c15", "(all others)"]
    assert sum(cell.treatment.n for cell in kept) == sum(side.n for side in many.values())


def test_without_any_effect_q_is_significant_one_time_in_twenty() -> None:
    """1,500 draws of a fixed seed: three levels of unlike base rates, the same lift in points."""
    draws = np.random.default_rng(13)
    base = np.array([0.10, 0.20, 0.35])
    treated = draws.binomial(600, base + 0.05, (1_500, 3))
    untreated = draws.binomial(600, base, (1_500, 3))

    rejected = 0
    for own, other in zip(treated, untreated, strict=True):
        _, _, p = cochran_q(
            [rates("l", 600, int(x), 600, int(y)) for x, y in zip(own, other, strict=True)]
        )
        rejected += p is not None and p < 0.05

    assert rejected / 1_500 == pytest.approx(0.05, abs=0.02)


@given(st.lists(cells, max_size=5))
def test_q_is_a_number_or_nothing(found: list[Cell]) -> None:
    q, _, p = cochran_q(found)

    assert (q is None) == (p is None)
    if q is not None and p is not None:
        assert q >= 0
        assert 0 <= p <= 1


@given(st.lists(cells, min_size=2, max_size=5))
def test_the_order_of_levels_does_not_matter(found: list[Cell]) -> None:
    there, back = cochran_q(found), cochran_q(found[::-1])

    assert there == pytest.approx(back) if there[0] is not None else back == (None, None, None)
