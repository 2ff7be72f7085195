from __future__ import annotations

import pytest

from personalization.generation.wording import (
    absolutes,
    content_stems,
    entities,
    is_negated,
    qualifiers,
    says,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The softest throw, guaranteed.", ["softest", "guaranteed"]),
        ("Warmer than wool.", ["Warmer than"]),
        ("Most popular of them.", ["Most popular"]),
        ("Most of them.", []),
        ("All the best, and feel free to reply.", []),
        ("Only this week.", ["Only"]),
    ],
)
def test_absolutes_are_found_and_courtesies_are_not(text: str, found: list[str]) -> None:
    assert absolutes(text) == found


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("It can't be washed.", True),
        ("It excludes tents.", True),
        ("It is never without a lid.", False),  # two denials
        ("It knots well.", False),
    ],
)
def test_two_denials_make_an_assertion(text: str, *, denies: bool) -> None:
    assert is_negated(text) is denies


def test_qualifiers_are_what_narrows_a_promise() -> None:
    assert qualifiers("Eligible members save up to 10% from £40") == [
        "eligible", "members", "up to", "from",
    ]  # fmt: skip
    assert qualifiers("A parcel from Leeds") == []


def test_names_are_capitals_inside_a_sentence() -> None:
    assert entities("The Hartley throw from York. It is warm.") == ["Hartley", "York"]


@pytest.mark.parametrize(
    ("phrase", "is_said"),
    [("every", True), ("guaranteed", True), ("at most", True), ("softest", False)],
)
def test_a_phrase_is_said_in_the_same_or_kindred_words(phrase: str, *, is_said: bool) -> None:
    text = "All jars carry our guarantee and hold up to 1 litre."

    assert says(text, phrase) is is_said


def test_words_are_compared_by_stems_without_those_that_mean_nothing() -> None:
    assert content_stems("The candles’ flames were our candle's flame") == [
        "candl", "flame", "candl", "flame",
    ]  # fmt: skip
    assert content_stems("Die Kerzen leuchten", "de")[-2:] == ["kerz", "leucht"]
