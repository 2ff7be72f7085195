from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.safety.figures import figures_of, unsupported_number, values_of
from personalization.statistics.number_words import number_words
from tests.safety.scripted import CONTEXT, POLICY


def unsupported(text: str, *sources: str) -> list[str]:
    rule = POLICY.rules["claims.unsupported_number"]
    hits = unsupported_number(text, rule, replace(CONTEXT, sources=sources))
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("It holds 1,000 ml.", "Capacity: 1 litre.", id="another unit"),
        pytest.param("Now £1,299.00.", "GBP 1299", id="another writing of a price"),
        pytest.param("A 2,5 kg bag.", "2500 g", id="a decimal comma"),
        pytest.param("Save 25%.", "25 per cent off", id="percent in words"),
        pytest.param("Half price.", "50% off", id="half is fifty percent"),
        pytest.param("Trusted by 20k walkers.", "Twenty thousand walkers.", id="thousands"),
        pytest.param("Just 99p.", "£0.99", id="pence"),
        pytest.param("Open until 6.30pm.", "18:30", id="a time of day"),
        pytest.param("Ends on December 24th.", "until 24 December", id="a date"),
        pytest.param("A two-year promise.", "24 months", id="years in months"),
        pytest.param("Ready in 90 seconds.", "1.5 minutes", id="seconds in minutes"),
        pytest.param("A 30 cm board.", "300 mm", id="centimetres"),
        pytest.param("On 24-12-2026.", "2026-12-24", id="a date the other way round"),
    ],
)
def test_a_figure_that_a_source_states_in_other_words_is_borne_out(text: str, source: str) -> None:
    assert unsupported(text, source) == []


@pytest.mark.parametrize(
    ("text", "source", "found"),
    [
        pytest.param("Save 40%.", "A 40 litre pack.", ["40%"], id="a percentage is no volume"),
        pytest.param("Only £40.", "Only €40.", ["£40"], id="another currency"),
        pytest.param("Only £40.", "It weighs 40 g.", ["£40"], id="a price is no weight"),
        pytest.param("In 2 minutes.", "In 2 hours.", ["2 minutes"], id="another unit"),
        pytest.param("On 3 May.", "On 3 June.", ["3 May"], id="another month"),
        pytest.param("Use SAVE10.", "Use SAVE20.", ["SAVE10"], id="another code"),
        pytest.param("Dozens of colours.", "Three colours.", ["Dozens"], id="a vague number"),
        pytest.param("Three for £10.", "£10 each.", ["Three"], id="one of two figures"),
    ],
)
def test_a_figure_that_no_source_states_is_pointed_at(
    text: str, source: str, found: list[str]
) -> None:
    assert unsupported(text, source) == found


def test_without_sources_every_figure_is_pointed_at() -> None:
    assert unsupported("Save 20% on 14 lamps from £9.99.") == ["20%", "14", "£9.99"]


def test_the_sender_s_own_numbers_need_no_source() -> None:
    assert unsupported("Visit us: 12 Mill Lane, York YO1 7AB.") == []


def test_a_private_number_is_left_to_the_rule_that_masks_it() -> None:
    assert unsupported("Card 4111 1111 1111 1111, or ring 07700 900461.") == []


@pytest.mark.parametrize(
    ("number", "values"),
    [
        pytest.param("1,299.00", {1299.0}, id="British"),
        pytest.param("1.299,00", {1299.0}, id="Continental"),
        pytest.param("1.299", {1.299, 1299.0}, id="told apart by nobody"),
        pytest.param("1,000,000", {1_000_000.0}, id="a million"),
        pytest.param("2,5", {2.5}, id="a decimal comma"),
        pytest.param("42 500", {42500.0}, id="a space between thousands"),
    ],
)
def test_what_a_written_number_amounts_to(number: str, values: set[float]) -> None:
    assert values_of(number) == values


@given(st.integers(2, 10**7))
def test_grouping_does_not_change_a_number(number: int) -> None:
    assert values_of(f"{number:,}") == {float(number)}


@given(st.integers(2, 5000), st.sampled_from(["%", " ml", " kg", " days", " points"]))
def test_a_source_bears_itself_out(number: int, unit: str) -> None:
    text = f"It comes to {number}{unit}."

    assert unsupported(text, text) == []
    assert len(figures_of(text)) == 1


@given(st.integers(2, 5000), st.integers(2, 5000))
def test_another_number_is_never_borne_out(said: int, stated: int) -> None:
    found = unsupported(f"Save {said}% today.", f"Save {stated}% today.")

    assert bool(found) == (said != stated)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("three hundred and sixty-five", 365, id="hundreds"),
        pytest.param("twenty-five thousand", 25_000, id="thousands"),
        pytest.param("two million", 2_000_000, id="millions"),
        pytest.param("three dozen", 36, id="dozens"),
    ],
)
def test_numbers_in_words(text: str, value: int) -> None:
    [(_, _, found, _)] = number_words(text)

    assert found == value
