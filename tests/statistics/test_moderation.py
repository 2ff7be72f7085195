from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personalization.statistics.levels import Cell
from personalization.statistics.linear_model import Wald
from personalization.statistics.moderation import (
    MODERATES,
    NO_EVIDENCE,
    NOT_ENOUGH_DATA,
    Effect,
    cochran_q,
    judge_effects,
)
from personalization.statistics.moderation_words import sentence_of
from personalization.statistics.samples import Counts, Moments, Ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rates(level: str, n_treatment: int, x_treatment: int, n_control: int, x_control: int) -> Cell:
    return Cell(level, Counts(n_treatment, x_treatment), Counts(n_control, x_control))


CLEAR = (rates("yes", 1_000, 250, 1_000, 100), rates("no", 1_000, 100, 1_000, 100))
FLAT = (rates("yes", 1_000, 250, 1_000, 200), rates("no", 1_000, 155, 1_000, 100))
TINY = (rates("yes", 9, 1, 9, 2), rates("no", 9, 1, 9, 2))


def moderating(seed: int, attributes: int, base: NDArray[np.float64], lift: float) -> list[Effect]:
    """Judge attributes of three levels with unlike base rates; ``lift`` goes to the first level.

    Everybody else gains five points.
    """
    draws = np.random.default_rng(seed)
    gain = np.array([lift, 0.05, 0.05])
    return judge_effects(
        [
            Effect("click", "A", f"attribute {at}", tuple(
                rates(str(level), 600, int(draws.binomial(600, base[level] + gain[level])),
                      600, int(draws.binomial(600, base[level])))
                for level in range(3)
            ))
            for at in range(attributes)
        ],
        0.95,
    )  # fmt: skip


BASE = np.array([0.10, 0.20, 0.35])


def test_q_by_hand() -> None:
    """Differences .15 and 0; variances .25 x .75 / 1000 + .1 x .9 / 1000 and twice the latter.

    Weights 3603.6 and 5555.6 have their mean at .05902, so Q = 3603.6 x .09098^2 + 5555.6 x
    .05902^2 = 49.18.
    """
    q, df, p = cochran_q(CLEAR)

    assert q == pytest.approx(49.18, abs=0.01)
    assert df == 1
    assert p == pytest.approx(2.3e-12, rel=0.03)


def test_attributes_are_judged_as_a_family() -> None:
    effects = [
        Effect("click", "A", "product", CLEAR),
        Effect("click", "A", "tenure", FLAT),
        Effect("click", "B", "town", TINY),
    ]

    product, tenure, town = judge_effects(effects, 0.95)

    assert [e.verdict for e in (product, tenure, town)] == [
        MODERATES, NO_EVIDENCE, NOT_ENOUGH_DATA,
    ]  # fmt: skip
    assert product.p is not None
    assert product.p_holm == pytest.approx(2 * product.p)  # what was not tested is no part of it
    assert (town.q, town.df, town.p, town.p_holm) == (None, None, None, None)
    assert town.reason == "fewer than two levels have enough customers"


def test_the_joint_model_is_a_family_of_its_own_and_does_not_change_the_verdict() -> None:
    effects = [Effect("click", "A", "product", CLEAR), Effect("click", "A", "tenure", FLAT)]
    joint = {("A", "product"): Wald(1, 0.2, 0.6), ("A", "tenure"): Wald(1, 9.0, 0.003)}

    product, tenure = judge_effects(effects, 0.95, joint=joint)

    assert (product.joint_p, product.joint_p_holm) == (0.6, 0.6)
    assert tenure.joint_p_holm == pytest.approx(0.006)
    assert (product.verdict, tenure.verdict) == (MODERATES, NO_EVIDENCE)


def test_amounts_are_compared_by_their_own_variances() -> None:
    """By hand: 1 +- .2 against 0 +- .2 (variances 2 x 10 / 500), so Q = 1 / .08 = 12.5."""
    level = Moments(500, 4.0, 10.0, 400)
    higher = Moments(500, 5.0, 10.0, 400)

    q, df, _ = cochran_q([Cell("a", higher, level), Cell("b", level, level)])

    assert q == pytest.approx(12.5)
    assert df == 1


def test_a_ratio_is_compared_by_the_delta_method() -> None:
    """Revenue per click: its linearised variance stands for the amount's."""
    low = Ratio(500, 1.0, 0.5, 4.0, 0.25, 0.2, 250)
    high = Ratio(500, 1.5, 0.5, 4.0, 0.25, 0.2, 250)
    cells = [Cell("a", high, low), Cell("b", low, low)]

    q, _, _ = cochran_q(cells)

    a, b = (high.variance_of_mean + low.variance_of_mean, 2 * low.variance_of_mean)
    assert q == pytest.approx((3.0 - 2.0) ** 2 / (a + b))


def test_without_heterogeneity_one_family_in_twenty_sees_some_at_most() -> None:
    """400 families of eight attributes by seed; base rates of 10, 20 and 35 %, all gain 5 points.

    On odds these levels differ by far: .10 to .15 is a ratio of 1.6, .35 to .40 one of 1.2.
    """
    seen = [
        any(effect.verdict == MODERATES for effect in moderating(seed, 8, BASE, 0.05))
        for seed in range(400)
    ]

    assert np.mean(seen) <= 0.05 + 0.02  # two standard errors of 400 draws


def test_a_planted_difference_is_found_as_often_as_theory_says() -> None:
    """Fifteen points for one level against five, 600 customers a side: non-central chi-squared.

    Cochran's Q has then a non-centrality of sum w (d - mean)^2 with the true variances.
    """
    from scipy.stats import chi2, ncx2

    gained = BASE + np.array([0.15, 0.05, 0.05])
    weights = 600 / (BASE * (1 - BASE) + gained * (1 - gained))
    differences = gained - BASE
    spread = weights @ (differences - weights @ differences / weights.sum()) ** 2
    expected = ncx2.sf(chi2.isf(0.05, 2), 2, spread)

    found = [moderating(seed, 1, BASE, 0.15)[0].verdict == MODERATES for seed in range(500)]

    assert expected == pytest.approx(0.90, abs=0.01)
    assert np.mean(found) == pytest.approx(expected, abs=0.03)


def test_without_any_effect_p_is_uniform() -> None:
    """1,500 draws by seed: who got the arm is shuffled among the customers of each level."""
    from scipy.stats import kstest

    draws = np.random.default_rng(13)
    responses = np.array([240, 480, 840])  # of 2,400 customers a level
    shuffled = draws.hypergeometric(responses, 2_400 - responses, 1_200, (1_500, 3))

    ps = [
        cochran_q([rates(str(at), 1_200, int(x), 1_200, int(responses[at] - x))
                   for at, x in enumerate(own)])[2]
        for own in shuffled
    ]  # fmt: skip

    assert kstest([p for p in ps if p is not None], "uniform").pvalue > 0.01
    assert len(ps) == 1_500


cells = st.builds(
    lambda level, n_t, n_c, x_t, x_c: rates(str(level), n_t, min(x_t, n_t), n_c, min(x_c, n_c)),
    st.integers(0, 99),
    *[st.integers(0, 400)] * 4,
)
amounts = st.builds(
    Moments, st.integers(0, 400), st.floats(-100, 100), st.floats(0, 1e4), st.just(0)
).map(lambda m: Moments(m.n, m.mean, m.variance, m.n))


@given(st.lists(cells, max_size=5) | st.lists(st.builds(Cell, st.just("x"), amounts, amounts)))
def test_q_is_a_number_or_nothing(found: list[Cell]) -> None:
    q, df, p = cochran_q(found)

    assert (q is None) == (df is None) == (p is None)
    if q is not None and df is not None and p is not None:
        assert q >= 0
        assert 1 <= df < len(found)
        assert 0 <= p <= 1


@given(st.lists(cells, min_size=2, max_size=5), st.randoms())
def test_neither_names_nor_order_of_levels_matter(
    found: list[Cell], random: np.random.Generator
) -> None:
    renamed = [Cell(f"other {at}", c.treatment, c.control) for at, c in enumerate(found)]
    random.shuffle(renamed)

    there, back = cochran_q(found), cochran_q(renamed)

    assert there == pytest.approx(back) if there[0] is not None else back == (None, None, None)


@given(st.lists(cells, min_size=1, max_size=4), cells)
def test_two_equal_levels_put_together_raise_q_by_nothing(found: list[Cell], twin: Cell) -> None:
    """A side without a response is left out: half a response is more beside few customers."""
    sides = [side for side in (twin.treatment, twin.control) if isinstance(side, Counts)]
    assume(twin.is_enough and all(0 < side.successes < side.n for side in sides))

    apart, _, _ = cochran_q([*found, twin, twin])
    put_together, _, _ = cochran_q([*found, twin + twin])

    assert apart is not None
    assert put_together is None or put_together <= apart + 1e-9


def test_words_say_what_was_found() -> None:
    joint = {("A", "product"): Wald(1, 9.0, 0.003), ("A", "tenure"): Wald(1, 0.1, 0.7)}
    effects = [
        Effect("click", "A", "product", CLEAR),
        Effect("click", "A", "tenure", FLAT),
        Effect("click", "A", "town", TINY),
    ]

    said = [
        sentence_of(e, 0.95, arm="variant A") for e in judge_effects(effects, 0.95, joint=joint)
    ]

    moderates, no_evidence, not_enough = said
    assert moderates == (
        "Product moves the lift of variant A: +15.0 points (+11.7 to +18.3) for 'yes', "
        "0.0 points (−2.6 to +2.6) for 'no'. It does so beside all other attributes too "
        "(p = 0.006)."
    )
    assert no_evidence == (
        "No evidence that tenure moves the lift of variant A: its levels differ by no more than "
        "luck explains (p = 0.83 after correction)."
    )
    assert not_enough == (
        "Not enough data to say whether town moves the lift of variant A: two levels need 30 "
        "customers and 5 responses each, in it and in the control."
    )


@pytest.mark.parametrize(
    ("wald", "words"),
    [
        pytest.param(
            Wald(1, 0.1, 0.97),
            "Beside all other attributes there is no evidence of its own (p = 0.97): one that "
            "goes with it may be what counts.",
            id="another counts",
        ),
        pytest.param(
            Wald(0, None, None, "the other attributes together say the same"),
            "Beside the other attributes it cannot be told: the other attributes together say "
            "the same.",
            id="made of others",
        ),
        pytest.param(None, "for 'b'.", id="no joint model"),
    ],
)
def test_words_say_what_is_left_beside_the_others(wald: Wald | None, words: str) -> None:
    """Amounts are said in the unit of the data."""
    level = Moments(900, 4.0, 10.0, 400)
    cells = (Cell("a", Moments(900, 6.5, 10.0, 400), level), Cell("b", level, level))
    joint = {("A", "spend"): wald} if wald else None

    (effect,) = judge_effects([Effect("revenue", "A", "spend", cells)], 0.95, joint=joint)

    said = sentence_of(effect, 0.95, arm="variant A", is_rate=False)
    assert said.startswith("Spend moves the lift of variant A: +2.50 (+2.21 to +2.79) for 'a', ")
    assert said.endswith(words)
