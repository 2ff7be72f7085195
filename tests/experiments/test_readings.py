from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.experiments.beside import Prior
from personalization.experiments.readings import Frame, Reading, read_metrics
from personalization.settings import Experiments
from personalization.statistics.intervals import critical_value
from personalization.statistics.samples import Counts
from personalization.statistics.sequential import always_valid_critical
from personalization.statistics.settling import needed_more

from .counted import declared, row, twice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.experiments.declared import Declared

EVEN = {("s", "control"): 0.5, ("s", "A"): 0.5}


def read(
    rows: list[dict[str, Any]],
    what: Declared,
    *,
    weights: Mapping[tuple[str, str], float] = EVEN,
    red: str = "",
    is_early: bool = False,
) -> dict[tuple[str, str, str], Reading]:
    frame = Frame(what, weights, Prior(0.3), red=red, is_early=is_early)
    return {
        (one.metric.name, one.result.segment, one.result.arm): one
        for one in read_metrics(frame, rows)
    }


def test_a_cap_makes_capped_revenue_decide_and_shows_revenue_beside_it() -> None:
    found = declared("revenue", revenue_cap=200.0)

    assert found.primary == "revenue_capped"
    assert (found.roles["revenue_capped"], found.roles["revenue"]) == ("primary", "secondary")


def test_an_older_design_guards_against_unsubscribes_with_the_usual_margin() -> None:
    found = declared()

    assert found.roles == {
        "open": "diagnostic", "click": "primary", "conversion": "exploratory",
        "revenue": "exploratory", "revenue_per_click": "exploratory", "unsubscribe": "guardrail",
        "complaint": "exploratory",
    }  # fmt: skip
    assert found.margins == {"unsubscribe": Experiments().unsubscribe_margin}


def test_declared_roles_and_margins_are_taken_as_they_stand() -> None:
    metrics = [
        {"name": "conversion", "role": "primary"},
        {"name": "click", "role": "secondary"},
        {"name": "complaint", "role": "guardrail", "margin": 0.002},
    ]

    found = declared("conversion", hypothesis={"metrics": metrics, "relevant_lift": 0.2})

    assert (found.primary, found.roles["click"]) == ("conversion", "secondary")
    assert found.roles["unsubscribe"] == "exploratory"
    assert (found.margins, found.relevant_lift) == ({"complaint": 0.002}, 0.2)


def test_read_early_it_is_the_wider_interval_that_has_to_settle() -> None:
    """The critical value of 8,000 people on any day is 3.05 for 1.96 on the day itself."""
    rows = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=540)]
    sides = Counts(4_000, 540), Counts(4_000, 500)

    needed = {
        is_early: read(rows, declared(), is_early=is_early)["click", "", "A"].beside.needed_more
        for is_early in (False, True)
    }

    relevant = declared().relevant_lift
    any_day = always_valid_critical(8_000, confidence=0.95)
    assert needed == {
        False: needed_more(*sides, critical=critical_value(0.95), relevant_lift=relevant),
        True: needed_more(*sides, critical=any_day, relevant_lift=relevant),
    }
    assert (needed[True] or 0) > 2 * (needed[False] or 0) > 0


def test_the_pre_period_narrows_the_interval_by_its_share_of_the_variance() -> None:
    """By hand: theta = 24 / 16, rho squared = 24 ** 2 / (16 * 100) = .36, so the width is .8."""
    before = {"pre_revenue": 8.0, "pre_revenue_variance": 16.0, "revenue_pre": 24.0,
              "pre_conversion": 0.5, "pre_conversion_variance": 0.25, "conversion_pre": 0.0,
              "capped_pre": 24.0}  # fmt: skip
    rows = [
        *twice("control", 5_000, revenue=10.0, revenue_variance=100.0, buyers=4_000, **before),
        *twice("A", 5_000, revenue=10.0, revenue_variance=100.0, buyers=4_000, **before),
    ]

    one = read(rows, declared("revenue", pre_days=90))["revenue", "", "A"]

    unadjusted = one.beside.unadjusted
    assert unadjusted is not None
    assert unadjusted.rho_squared == pytest.approx(0.36, abs=1e-6)
    wide, narrow = unadjusted.comparison.difference_ci, one.result.comparison.difference_ci
    assert wide is not None
    assert narrow is not None
    assert (narrow[1] - narrow[0]) / (wide[1] - wide[0]) == pytest.approx(0.8, abs=1e-4)


def test_who_spent_more_before_is_expected_to_spend_more_after() -> None:
    """A spent 2 more before; theta is 1.5 by hand, so 3 of its 3 more after are no effect."""
    past = {"pre_revenue_variance": 16.0, "revenue_pre": 24.0, "pre_conversion": 0.5,
            "pre_conversion_variance": 0.25, "conversion_pre": 0.0, "capped_pre": 0.0}  # fmt: skip
    amount = {"revenue_variance": 100.0, "buyers": 4_000}
    rows = [
        *twice("control", 5_000, revenue=10.0, pre_revenue=8.0, **amount, **past),
        *twice("A", 5_000, revenue=13.0, pre_revenue=10.0, **amount, **past),
    ]

    one = read(rows, declared("revenue", pre_days=90))["revenue", "", "A"]

    assert one.result.comparison.difference == pytest.approx(0.0, abs=0.01)
    assert one.beside.unadjusted is not None
    assert one.beside.unadjusted.comparison.difference == pytest.approx(3.0)
    assert one.verdict != "better"


def test_arms_with_other_shares_in_each_segment_are_read_at_the_audiences_mix() -> None:
    """Nothing works: 'keen' clicks 40 %, 'cold' 4 %; pooled, A would win by having the keen."""
    weights = {("keen", "control"): 0.25, ("keen", "A"): 0.75, ("cold", "control"): 0.75,
               ("cold", "A"): 0.25}  # fmt: skip
    cells = {("keen", "control"): (1_000, 400), ("keen", "A"): (3_000, 1_200),
             ("cold", "control"): (3_000, 120), ("cold", "A"): (1_000, 40)}  # fmt: skip
    rows = [row(s, a, n, click=x) for (s, a), (n, x) in cells.items()]
    rows += [row("", "control", 4_000, click=520), row("", "A", 4_000, click=1_240)]

    one = read(rows, declared(), weights=weights)["click", "", "A"]

    assert one.result.comparison.mean_treatment == pytest.approx(0.22)
    assert one.result.comparison.difference == pytest.approx(0.0)
    assert one.verdict == "no_difference"


def test_a_difference_that_cannot_matter_is_no_difference() -> None:
    rows = [*twice("control", 100_000, click=20_000), *twice("A", 100_000, click=20_100)]

    one = read(rows, declared())["click", "", "A"]

    assert one.verdict == "no_difference"
    assert one.sentence == (
        "Variant A makes no difference to clicks that would matter: +0.5 % (−1.2 % to +2.3 %), all "
        "within 10 % either way."
    )


def test_a_ratio_is_revenue_over_clicks() -> None:
    """By hand: 5 a customer over half a click each is 10 a click, against 8."""
    amounts = {"revenue_variance": 90.0, "click_revenue": 2.0, "buyers": 300}
    rows = [
        *twice("control", 1_000, click=500, revenue=4.0, **amounts),
        *twice("A", 1_000, click=500, revenue=5.0, **amounts),
    ]

    one = read(rows, declared())["revenue_per_click", "", "A"]

    found = one.result.comparison
    assert (found.mean_treatment, found.mean_control) == (10.0, 8.0)
    assert found.lift == pytest.approx(0.25)
    assert one.role == "exploratory"


def test_a_red_health_check_takes_every_verdict_away() -> None:
    rows = [*twice("control", 1_000, click=100), *twice("A", 1_000, click=200)]

    found = read(rows, declared(), red="The groups are mixed up.")

    assert {one.verdict for one in found.values()} == {"invalid"}
    assert found["click", "", "A"].sentence == "Not valid: The groups are mixed up."


counts = st.integers(20, 2_000).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
)


@settings(max_examples=50)
@given(counts, counts)
def test_exchanging_the_labels_turns_the_difference_round(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    def readings(
        treatment: tuple[int, int, int], control: tuple[int, int, int]
    ) -> dict[tuple[str, str, str], Reading]:
        rows = [
            entry
            for arm, (n, click, buyers) in (("A", treatment), ("control", control))
            for entry in twice(
                arm,
                n,
                click=click,
                buyers=buyers,
                revenue=buyers / n * 7.0,
                revenue_variance=buyers / n * (1 - buyers / n) * 49.0 * n / (n - 1),
            )
        ]
        return read(rows, declared())

    there, back = readings(one, other), readings(other, one)

    for metric in ("click", "revenue"):
        here, turned = there[metric, "", "A"].result, back[metric, "", "A"].result
        assert here.comparison.difference == pytest.approx(-(turned.comparison.difference or 0))
        assert here.comparison.p == pytest.approx(turned.comparison.p)
        pairs = [
            (here.comparison.difference_ci, turned.comparison.difference_ci),
            (here.adjustment.difference_ci_adjusted, turned.adjustment.difference_ci_adjusted),
            (here.sequence, turned.sequence),
        ]
        for interval, mirrored in pairs:
            if interval is None or mirrored is None:
                assert interval is mirrored
            else:
                assert interval == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-7)


@settings(max_examples=40)
@given(st.lists(counts, min_size=2, max_size=4))
def test_no_counts_whatever_break_a_sentence(arms: list[tuple[int, int, int]]) -> None:
    names = ["control", "A", "B", "C"][: len(arms)]
    weights = {("s", name): 1 / len(arms) for name in names}
    rows = [
        entry
        for name, (n, click, leaving) in zip(names, arms, strict=True)
        for entry in twice(name, n, click=click, unsubscribe=leaving)
    ]

    for is_early in (False, True):
        for one in read(rows, declared(), weights=weights, is_early=is_early).values():
            assert one.sentence.endswith(".")
            assert "nan" not in one.sentence
            assert "None" not in one.sentence
