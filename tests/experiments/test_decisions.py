from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments.beside import Prior
from personalization.experiments.decisions import Decision, decide
from personalization.experiments.readings import Frame, read_metrics

from .counted import declared, row, twice

if TYPE_CHECKING:
    from collections.abc import Mapping

EVEN = {("s", "control"): 0.5, ("s", "A"): 0.5}
THIRDS = {("s", "control"): 1 / 3, ("s", "A"): 1 / 3, ("s", "B"): 1 / 3}


def decided(
    rows: list[dict[str, Any]],
    *,
    weights: Mapping[tuple[str, str], float] = EVEN,
    prior: Prior = Prior(0.3),  # noqa: B008  a value that never changes
    red: str = "",
    is_early: bool = False,
    margin: float = 0.01,
) -> dict[tuple[str, str], Decision]:
    metrics = [{"name": "click", "role": "primary"},
               {"name": "unsubscribe", "role": "guardrail", "margin": margin}]  # fmt: skip
    what = declared(hypothesis={"metrics": metrics})
    frame = Frame(what, weights, prior, red=red, is_early=is_early)
    return {(one.segment, one.arm): one for one in decide(frame, read_metrics(frame, rows))}


@pytest.mark.parametrize(
    ("clicks", "leaving", "state", "reason"),
    [
        pytest.param(600, 20, "ship", "the interval is above 0 and every guardrail holds",
                     id="better, and nobody is driven out"),
        pytest.param(600, 60, "not_enough_data",
                     "the guardrail unsubscribes is not shown to hold", id="better, harm unclear"),
        pytest.param(600, 200, "stop", "the guardrail unsubscribes is breached",
                     id="better, and harmful"),
        pytest.param(500, 200, "stop", "the guardrail unsubscribes is breached",
                     id="no better, and harmful"),
        pytest.param(400, 20, "stop", "the interval is below 0", id="worse"),
        pytest.param(520, 20, "not_enough_data",
                     "the interval includes 0 and a lift that would matter", id="unclear"),
    ],
)  # fmt: skip
def test_the_frozen_rule_decides(clicks: int, leaving: int, state: str, reason: str) -> None:
    """Of 4,000 in each arm the control has 500 clicks and 20 who leave."""
    rows = [
        *twice("control", 4_000, click=500, unsubscribe=20),
        *twice("A", 4_000, click=clicks, unsubscribe=leaving),
    ]

    found = decided(rows)

    assert (found["", "A"].state, found["", "A"].reason) == (state, reason)
    assert found["", ""].state == state
    assert found["", ""].reason == f"Variant A: {reason}"


def test_too_few_responses_are_told_from_an_unclear_result() -> None:
    rows = [*twice("control", 50, click=3), *twice("A", 50, click=1)]

    found = decided(rows)["", "A"]

    assert (found.state, found.reason) == (
        "not_enough_data", "there are too few responses for a test",
    )  # fmt: skip


def test_no_difference_that_matters_is_said_so() -> None:
    rows = [*twice("control", 100_000, click=20_000), *twice("A", 100_000, click=20_100)]

    assert decided(rows)["", "A"].state == "no_difference"


def test_a_block_names_the_harm_and_the_margin() -> None:
    rows = [
        *twice("control", 4_000, click=500, unsubscribe=20),
        *twice("A", 4_000, click=600, unsubscribe=35),
    ]

    found = decided(rows, margin=0.005)["", "A"]

    assert found.state == "not_enough_data"
    assert found.sentence.endswith(
        "but 'ship' is blocked: unsubscribes may be up to 0.7 points higher and the margin is 0.5 "
        "points."
    )


def test_what_past_campaigns_suggest_stands_beside_what_was_seen() -> None:
    rows = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=600)]

    sentence = decided(rows, prior=Prior(0.1, n_campaigns=7))["", "A"].sentence

    assert sentence == (
        "Variant A lifts clicks by 20 % (7.5 % to 34 %); allowing for luck, expect 14 %, as "
        "past campaigns' lifts were about ±10 %."
    )


def test_the_test_as_a_whole_ships_its_best_variant_and_not_the_loudest_segment() -> None:
    rows = [
        *twice("control", 4_000, click=500), *twice("A", 4_000, click=620),
        *twice("B", 4_000, click=700),
    ]  # fmt: skip

    found = decided(rows, weights=THIRDS)

    assert found["", ""].state == "ship"
    assert found["", ""].sentence == found["", "B"].sentence


def test_one_harmful_variant_does_not_stop_another_that_may_still_win() -> None:
    rows = [
        *twice("control", 4_000, click=500), *twice("A", 4_000, click=300),
        *twice("B", 4_000, click=520),
    ]  # fmt: skip

    found = decided(rows, weights=THIRDS)

    assert found["", "A"].state == "stop"
    assert found["", ""].state == "not_enough_data"


def test_a_segment_ships_by_its_own_clicks_and_the_guardrail_of_all() -> None:
    """In the segment of 150 nobody left, which proves nothing; over all 8,150 it does."""
    weights = {("big", "control"): 0.5, ("big", "A"): 0.5, ("small", "control"): 0.5,
               ("small", "A"): 0.5}  # fmt: skip
    rows = [
        row("", "control", 4_075, click=520, unsubscribe=4),
        row("", "A", 4_075, click=560, unsubscribe=4),
        row("big", "control", 4_000, click=510, unsubscribe=4),
        row("big", "A", 4_000, click=520, unsubscribe=4),
        row("small", "control", 75, click=10), row("small", "A", 75, click=40),
    ]  # fmt: skip

    found = decided(rows, weights=weights)

    assert found["small", "A"].state == "ship"
    assert found["small", "A"].sentence.startswith("small: Variant A lifts clicks by 300 %")


def test_a_guardrail_that_is_breached_in_a_segment_stops_it_there() -> None:
    """Over all 102,000 people an arm it holds; of the 2,000 in 'small' 6 % leave for .4 %."""
    weights = {("big", "control"): 0.5, ("big", "A"): 0.5, ("small", "control"): 0.5,
               ("small", "A"): 0.5}  # fmt: skip
    cells = {("big", "control"): (100_000, 10_000, 400), ("big", "A"): (100_000, 11_000, 400),
             ("small", "control"): (2_000, 200, 8), ("small", "A"): (2_000, 320, 120),
             ("", "control"): (102_000, 10_200, 408),
             ("", "A"): (102_000, 11_320, 520)}  # fmt: skip
    rows = [row(s, a, n, click=x, unsubscribe=y) for (s, a), (n, x, y) in cells.items()]

    found = decided(rows, weights=weights)

    assert (found["small", "A"].state, found["small", "A"].reason) == (
        "stop", "the guardrail unsubscribes is breached",
    )  # fmt: skip
    assert found["big", "A"].state == found["", "A"].state == "ship"


@pytest.mark.parametrize(
    ("leaving", "state"),
    [
        pytest.param((0, 0), "holds", id="nobody left"),
        pytest.param((36, 8), "not_shown", id="more in each segment, as may be luck"),
        pytest.param((150, 50), "breached", id="far more in each segment"),
    ],
)
def test_a_guardrail_holds_for_arms_with_other_shares_in_each_segment(
    leaving: tuple[int, int], state: str
) -> None:
    """'keen' is three quarters A, 'cold' three quarters control; 10 of each control leave."""
    weights = {("keen", "control"): 0.25, ("keen", "A"): 0.75, ("cold", "control"): 0.75,
               ("cold", "A"): 0.25}  # fmt: skip
    control = 0 if state == "holds" else 10
    cells = {("keen", "control"): (1_000, control), ("keen", "A"): (3_000, leaving[0]),
             ("cold", "control"): (3_000, control), ("cold", "A"): (1_000, leaving[1])}  # fmt: skip
    rows = [row(s, a, n, click=n // 10, unsubscribe=x) for (s, a), (n, x) in cells.items()]
    rows += [row("", "control", 4_000, click=400, unsubscribe=2 * control),
             row("", "A", 4_000, click=400, unsubscribe=sum(leaving))]  # fmt: skip
    metrics = [{"name": "click", "role": "primary"},
               {"name": "unsubscribe", "role": "guardrail", "margin": 0.005}]  # fmt: skip
    frame = Frame(declared(hypothesis={"metrics": metrics}), weights, Prior(0.3), red="",
                  is_early=False)  # fmt: skip

    found = read_metrics(frame, rows)

    guards = {one.result.segment: one.verdict for one in found if one.role == "guardrail"}
    assert guards[""] == state
    assert decide(frame, found)[0].state != "ship"


def test_a_red_health_check_replaces_every_verdict() -> None:
    rows = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=700)]

    found = decided(rows, red="The groups are mixed up.")

    assert {one.state for one in found.values()} == {"invalid"}
    assert found["", ""].sentence == "Not valid: The groups are mixed up."


def test_an_early_look_ships_only_what_holds_on_any_day() -> None:
    close = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=590)]
    clear = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=700)]

    assert decided(close)["", "A"].state == "ship"
    assert decided(close, is_early=True)["", "A"].state == "not_enough_data"
    assert decided(clear, is_early=True)["", "A"].state == "ship"
    assert decided(clear, is_early=True)["", "A"].sentence.startswith("Read early. Variant A lifts")


def test_a_guardrail_read_early_needs_a_bound_that_holds_on_any_day() -> None:
    """On its day .5 points more are ruled out by 4,000 people an arm, early they are not."""
    rows = [
        *twice("control", 4_000, click=500, unsubscribe=16),
        *twice("A", 4_000, click=700, unsubscribe=19),
    ]

    assert decided(rows, margin=0.005)["", "A"].state == "ship"
    early = decided(rows, margin=0.005, is_early=True)["", "A"]
    assert early.state == "not_enough_data"
    assert "'ship' is blocked" in early.sentence


def test_only_the_best_of_several_is_said_to_flatter() -> None:
    rows = [
        *twice("control", 4_000, click=500), *twice("A", 4_000, click=620),
        *twice("B", 4_000, click=700),
    ]  # fmt: skip

    found = decided(rows, weights=THIRDS)

    flatters = {key: "flatters" in one.sentence for key, one in found.items() if key[1]}
    assert flatters == {("", "A"): False, ("", "B"): True, ("s", "A"): False, ("s", "B"): True}
    assert "about ±30 % assumed until five campaigns are known" in found["", "A"].sentence


def test_bound_and_margin_that_round_alike_get_more_digits() -> None:
    rows = [
        *twice("control", 4_000, click=500, unsubscribe=20),
        *twice("A", 4_000, click=600, unsubscribe=35),
    ]

    found = decided(rows, margin=0.0067)["", "A"]

    assert "up to 0.69 points higher and the margin is 0.67 points" in found.sentence


def test_where_no_guardrail_was_declared_none_is_said_to_hold() -> None:
    rows = [*twice("control", 4_000, click=500), *twice("A", 4_000, click=700)]
    what = declared(hypothesis={"metrics": [{"name": "click", "role": "primary"}]})
    frame = Frame(what, EVEN, Prior(0.3), red="", is_early=False)

    found = {(one.segment, one.arm): one for one in decide(frame, read_metrics(frame, rows))}

    assert found["", "A"].state == "ship"
    assert found["", "A"].reason == "the interval is above 0, and no guardrail was declared"
