"""How large an effect is, in words that agree with its verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.experiments.beside import Prior
from personalization.experiments.metrics import METRICS, percent, points_apart
from personalization.experiments.readings import Frame, Reading, read_metrics
from personalization.experiments.sizes import amount, deciding_interval, size_of

from .counted import declared, twice

EVEN = {("s", "control"): 0.5, ("s", "A"): 0.5}
FOURTHS = {("s", name): 0.25 for name in ("control", "A", "B", "C")}


def read(
    rows: list[dict[str, Any]],
    primary: str = "click",
    *,
    weights: dict[tuple[str, str], float] = EVEN,
    is_early: bool = False,
) -> Reading:
    frame = Frame(declared(primary), weights, Prior(0.3), red="", is_early=is_early)
    return next(
        one
        for one in read_metrics(frame, rows)
        if (one.metric.name, one.result.segment, one.result.arm) == (primary, "", "A")
    )


def test_a_control_too_small_to_relate_to_leaves_the_difference() -> None:
    """1 click of 4,000 against 400 is a lift of 39,900 %, and 10 points."""
    found = read([*twice("control", 4_000, click=1), *twice("A", 4_000, click=400)])

    assert found.sentence.startswith("Variant A lifts clicks by 10 points (9.1 to 11)")
    assert found.sentence.endswith("; the control is too small to relate it to.")


def test_an_amount_is_expected_in_the_unit_that_it_was_seen_in() -> None:
    """With 12 buyers the control could be nearly 0, so the lift has no interval."""
    rows = [
        *twice("control", 4_000, revenue=1.0, revenue_variance=4_000.0, buyers=12),
        *twice("A", 4_000, revenue=6.0, revenue_variance=4_000.0, buyers=60),
    ]

    found = read(rows, "revenue")

    assert found.result.comparison.lift == pytest.approx(5.0)
    assert found.result.comparison.lift_ci is None or "%" not in found.sentence.split(";")[0]
    assert found.sentence.startswith("Variant A lifts revenue per person by 5.00 (2.")
    assert "; allowing for luck, expect 0.0" in found.sentence
    assert "the observation alone is weak" in found.sentence


def test_a_control_without_a_buyer_is_given_no_number_that_would_settle_it() -> None:
    rows = [
        *twice("control", 40, revenue=0.0, revenue_variance=0.0, buyers=0),
        *twice("A", 40, revenue=2.0, revenue_variance=20.0, buyers=8),
    ]

    found = read(rows, "revenue")

    assert found.verdict == "not_enough_data"
    assert found.beside.needed_more is None
    assert "would settle it" not in found.sentence
    assert "fewer than 5 in a group have an amount" in found.sentence


def test_where_nearly_everybody_responds_it_is_the_others_who_are_missing() -> None:
    found = read([*twice("control", 190, click=190), *twice("A", 191, click=190)])

    assert "nearly everybody has clicks, and of those without fewer than 5" in found.sentence
    assert "a metric that fewer reach" in found.sentence


@given(st.integers(40, 3_000), st.data())
def test_the_interval_beside_a_verdict_says_what_the_deciding_one_says(
    n: int, data: st.DataObject
) -> None:
    arms = {name: data.draw(st.integers(0, n)) for name in ("control", "A", "B", "C")}
    rows = [entry for name, x in arms.items() for entry in twice(name, n, click=x)]
    for is_early in (False, True):
        found = read(rows, weights=FOURTHS, is_early=is_early).result
        deciding = deciding_interval(found, is_early=is_early)
        size = size_of(found, is_early=is_early, is_signed=True)
        if size is None or deciding is None:
            continue
        low, high = size.interval
        assert (low <= 0 <= high) == (deciding[0] <= 0 <= deciding[1])


@given(st.floats(-30, 30))
def test_nothing_is_written_as_minus_zero(value: float) -> None:
    for text in (percent(value), percent(value, signed=True), amount(value)):
        is_zero = not text.strip("+−0., %")
        assert not is_zero or text[0] not in "+−"


@given(st.floats(0.0001, 0.05), st.floats(0.0001, 0.05))
def test_what_is_held_against_each_other_reads_apart(one: float, other: float) -> None:
    first, second = points_apart(one, other)
    if abs(one - other) > 1e-5:
        assert first != second


def test_one_of_a_thing_is_said_as_one() -> None:
    from personalization.experiments.verdicts import _more

    assert _more(1) == "; 1 more customer per arm would settle it"
    assert _more(2) == "; 2 more customers per arm would settle it"
    assert METRICS["click"].count(1) == "1 click"
