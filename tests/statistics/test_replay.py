"""The analysis in arrays says of every test what the analysis of one test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.domain import CONTROL
from personalization.experiments.analysis import analyse
from personalization.statistics.multiplicity import dunnett_p
from personalization.statistics.noise import draw_tables
from personalization.statistics.non_inferiority import guard
from personalization.statistics.replay import (
    _smooth_ps,
    are_shown,
    cell_pairs,
    deviates,
    hold,
    whole_pairs,
)
from personalization.statistics.sample_size import Amount, Rate
from personalization.statistics.samples import Counts, Moments

if TYPE_CHECKING:
    from personalization.statistics.noise import Table
    from personalization.statistics.sample_size import Expected
    from personalization.statistics.samples import Sample

ARMS = (CONTROL, "A", "B", "C")
EVEN = [[200] * 4, [100] * 4]
UNEVEN = [[300, 500, 100, 200], [300, 100, 500, 200]]
HOLES = [[200, 200, 200, 200], [100, 100, 0, 100]]


def samples_of(table: Table, run: int) -> dict[tuple[str, str], Sample]:
    """Write one of the tests down as the analysis of one test wants it."""
    cells: dict[tuple[str, str], Sample] = {}
    for segment in range(table.n.shape[0]):
        for place, arm in enumerate(ARMS):
            if n := int(table.n[segment, place]):
                at = (run, segment, place)
                sample: Sample = (
                    Counts(n, int(table.answers[at]))
                    if table.is_binary
                    else Moments(
                        n, float(table.mean[at]), float(table.variance[at]), int(table.answers[at])
                    )
                )
                cells[f"s{segment}", arm] = sample
    for arm in ARMS:
        parts = [sample for (_, name), sample in cells.items() if name == arm]
        whole = parts[0]
        for part in parts[1:]:
            whole = whole + part  # type: ignore[operator]
        cells["", arm] = whole
    return cells


@pytest.mark.parametrize(
    ("sizes", "expected", "lifts"),
    [
        pytest.param(EVEN, Rate(0.10), (0, 0.6, 0.3, 0), id="a rate"),
        pytest.param(EVEN, Rate(0.02), (0, 2.0, 1.0, 0), id="a rare rate, often too few to test"),
        pytest.param(UNEVEN, Rate(0.10), (0, 0.6, 0.3, 0), id="shares that differ by segment"),
        pytest.param(HOLES, Rate(0.10), (0, 0.6, 0.5, 0), id="a segment without one of the arms"),
        pytest.param(EVEN, Amount(0.2, 48.0), (0, 0.8, 0.4, 0), id="amounts"),
        pytest.param(UNEVEN, Amount(0.2, 48.0, 20.0), (0, 0.8, 0.4, 0), id="amounts, uneven"),
    ],
)
def test_the_verdicts_in_arrays_are_those_of_one_test_after_another(
    sizes: list[list[int]], expected: Expected, lifts: tuple[float, ...]
) -> None:
    runs = 150
    table = draw_tables(sizes, expected, lifts, runs=runs, seed=11)
    weights = {
        (f"s{i}", arm): n / sum(row)
        for i, row in enumerate(sizes)
        for arm, n in zip(ARMS, row, strict=True)
        if n
    }

    shown = are_shown(whole_pairs(table), 0.95)
    in_cells = deviates(cell_pairs(table))

    cells = [(f"s{i}", ARMS[j]) for i, row in enumerate(sizes) for j in (1, 2, 3) if row[j]]
    for run in range(runs):
        found = {
            (one.segment, one.arm): one
            for one in analyse(
                samples_of(table, run), control=CONTROL, confidence=0.95, weights=weights
            )
        }
        ps = [found["", arm].adjustment.p_adjusted for arm in ARMS[1:]]
        zs = [found[cell].comparison.z for cell in cells]
        assert [p is not None and p < 0.05 for p in ps] == shown[run].tolist()
        assert in_cells[run].tolist() == pytest.approx(
            [float("nan") if z is None else z for z in zs], rel=1e-9, nan_ok=True
        )
    assert 0.02 < shown.mean() < 0.9  # both verdicts occur


@pytest.mark.parametrize("expected", [Rate(0.1), Amount(0.2, 48.0)], ids=["rate", "amount"])
def test_the_deviates_are_those_of_one_test(expected: Expected) -> None:
    table = draw_tables(EVEN, expected, (0, 0.3, 0, 0), runs=20, seed=3)

    z = deviates(whole_pairs(table))

    for run in range(20):
        found = analyse(samples_of(table, run), control=CONTROL, confidence=0.95)
        wanted = [one.comparison.z for one in found if not one.segment]
        assert z[run].tolist() == pytest.approx(wanted, rel=1e-9)


def test_the_correction_in_arrays_is_dunnetts() -> None:
    draws = np.random.default_rng(2)
    shared = draws.uniform(0.05, 0.9, (40, 3))
    z = draws.uniform(1.8, 3.0, 40)

    found = _smooth_ps(z, shared, np.ones((40, 3), dtype=bool))

    assert found.tolist() == pytest.approx(
        [dunnett_p(one, row.tolist()) for one, row in zip(z, shared, strict=True)], abs=1e-9
    )


def test_a_control_that_is_nearly_all_of_the_variance_is_corrected_as_exactly() -> None:
    table = draw_tables([[40, 40_000, 40_000, 40_000]], Rate(0.3), (0, 0.6, 0.6, 0.6), runs=60,
                        seed=5)  # fmt: skip

    shown = are_shown(whole_pairs(table), 0.95)

    wanted = []
    for run in range(60):
        found = analyse(samples_of(table, run), control=CONTROL, confidence=0.95)
        wanted.append([(one.adjustment.p_adjusted or 1) < 0.05 for one in found if not one.segment])
    assert shown.tolist() == wanted
    assert 0 < shown.mean() < 1


@pytest.mark.parametrize("margin", [0.01, 0.03])
def test_a_guardrail_holds_in_arrays_where_it_holds_in_one_test(margin: float) -> None:
    draws = np.random.default_rng(4)
    own, other = draws.binomial(400, 0.01, 80), draws.binomial(500, 0.01, 80)

    found = hold(own, other, (400, 500), margin=margin, confidence=0.95)

    wanted = [
        guard(Counts(400, int(a)), Counts(500, int(b)), margin=margin, confidence=0.95).state
        == "holds"
        for a, b in zip(own, other, strict=True)
    ]
    assert found.tolist() == wanted
    assert 0 < found.mean() < 1


def test_a_guardrail_without_anybody_does_not_hold() -> None:
    nobody = np.zeros(3, dtype=int)

    assert not hold(nobody, nobody, (0, 10), margin=0.01, confidence=0.95).any()


def test_nobody_in_an_arm_shows_nothing() -> None:
    table = draw_tables([[100, 0, 100]], Rate(0.3), (0, 0, 0), runs=10, seed=1)

    assert not are_shown(whole_pairs(table), 0.95)[:, 0].any()
