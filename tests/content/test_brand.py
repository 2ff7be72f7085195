from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content import (
    doubts_of,
    faults_of,
    judge_samples,
    profile_in_force,
    profile_of_version,
    read_profile,
    read_profile_file,
    save_profile,
    told_of,
    try_text,
)
from personalization.content.voice import Range, measures_of, ranges_of
from personalization.domain import BrandProfile
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from personalization.store import Store

SHIPPED = read_profile_file(Path(__file__).parents[2] / "content_corpus" / "brand.toml")
ON_BRAND = (
    "Have a look when it suits you.",
    "You choose the card, and we will see to the ribbon.",
    "The kettle is on, and the tins are full.",
)
PROFILE = BrandProfile(
    forbidden=("cheap",), vocabulary=(("basket", "shopping cart"),), on_brand=ON_BRAND,
    off_brand=("The cheapest of all!",),
)  # fmt: skip


# Measured ------------------------------------------------------------------------------------


def test_a_text_is_measured_by_counting() -> None:
    found = measures_of("Hey, you’ll love our stuff! We shall inform you.")

    # 9 words in 2 sentences; you'll, you against our, we; hey and stuff against shall, inform;
    # one exclamation mark and one contraction
    assert found.sentence_words == pytest.approx(9 / 2)
    assert found.you_share == pytest.approx(2 / 4)
    assert found.formality == pytest.approx(0)
    assert found.exclamations == pytest.approx(1 / 2)
    assert found.contractions == pytest.approx(100 / 9)


def test_a_genitive_is_no_contraction_and_a_field_counts_with_its_fallback() -> None:
    assert measures_of("Anna's basket").contractions == 0
    assert measures_of("It's here").contractions == 50
    assert measures_of("{{first_name|you}} and we").you_share == pytest.approx(1 / 2)


def test_formality_is_counted_in_english_only() -> None:
    assert measures_of("Herewith wir informieren", "de-DE").formality is None
    assert measures_of("Wir warten auf Sie und Ihre Gäste.", "de-DE").you_share == 0.5


@given(st.integers(-50, 50), st.integers(0, 20), st.integers(-80, 80))
def test_within_the_range_nothing_is_far(low: int, width: int, value: int) -> None:
    known = Range(low, low + width)

    assert (known.distance(value, 2.0) == 0) == (low <= value <= low + width)


def test_fewer_than_three_examples_measure_nothing() -> None:
    assert ranges_of(ON_BRAND[:2]) == {}
    assert ranges_of(ON_BRAND)["sentence_words"].high == 11


# Tried on a text -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("Have a look in your own time.", "fits", ""),
        ("The cheapest tins.", "breaks", "never says ‘cheap’; here it stands as ‘cheapest’"),
        ("Your shopping cart is full.", "words", "The house says ‘basket’ for ‘shopping cart’."),
        ("Look! Look! Look!", "tone", "1 exclamation marks a sentence; the brand has 0."),
        ("Kindly be informed that we shall subsequently notify esteemed customers.", "tone",
         "formal words"),
        (" ".join(["and tins"] * 15), "tone", "Sentences of 30 words; the brand's have 7 to 11."),
    ],
)  # fmt: skip
def test_each_line_has_a_verdict_with_its_reason(text: str, verdict: str, reason: str) -> None:
    found = try_text(PROFILE, text)

    assert found.verdict == verdict
    assert reason in " ".join(found.lines[0].reasons)


def test_the_worst_line_decides_and_empty_ones_do_not_count() -> None:
    found = try_text(PROFILE, "Have a look.\n\nThe cheapest tins.")

    assert [line.verdict for line in found.lines] == ["fits", "breaks"]
    assert (found.verdict, found.reason) == (
        "breaks", "1 of 2 lines holds words that may not be said.",
    )  # fmt: skip
    assert try_text(PROFILE, " \n").lines == ()


# Held against itself -------------------------------------------------------------------------


def test_the_profile_that_ships_is_told_by_its_own_examples() -> None:
    assert faults_of(SHIPPED) == doubts_of(SHIPPED) == []
    assert all(sample.is_told for sample in judge_samples(SHIPPED))
    assert len(SHIPPED.on_brand) >= 3 <= len(SHIPPED.off_brand)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"on_brand": (*ON_BRAND, "Cheap and cheerful.")}, "the profile is against it"),
        ({"vocabulary": (("cheap tins", "tins"),)}, "the profile forbids it"),
        ({"vocabulary": (("basket", "cart"), ("cart", "basket"))}, "says ‘cart’ for it"),
        ({"vocabulary": (("basket", "Basket"),)}, "by itself"),
    ],
)
def test_a_profile_that_contradicts_itself_is_not_kept(
    store: Store, change: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InputError, match=fault):
        save_profile(store, replace(PROFILE, **change), based_on=0, actor="ann", note="x")
    assert profile_in_force(store).version == 0


def test_an_example_that_the_profile_cannot_tell_is_asked_about() -> None:
    [doubt] = doubts_of(replace(PROFILE, off_brand=("A shiny tin for you.",)))

    assert "nothing in the profile tells it apart" in doubt


# Kept by version -----------------------------------------------------------------------------


def test_each_save_is_a_version_and_earlier_ones_stay(store: Store) -> None:
    first = save_profile(store, PROFILE, based_on=0, actor="ann", note="Ours.")
    second = save_profile(
        store, replace(PROFILE, forbidden=("crazy",)), based_on=first, actor="bea", note="Less."
    )

    assert (first, second) == (1, 2)
    assert profile_in_force(store).forbidden == ("crazy",)
    assert profile_of_version(store, 1) == replace(PROFILE, version=1)
    with pytest.raises(InputError, match="no version 7"):
        profile_of_version(store, 7)


def test_the_trail_names_the_version_and_none_of_its_words(store: Store) -> None:
    save_profile(store, PROFILE, based_on=0, actor="ann", note="Ours.")

    [(actor, payload)] = store.read(
        "SELECT actor, payload FROM audit_log WHERE kind = 'brand.saved'"
    )
    assert actor == "ann"
    assert '"version":1' in payload
    assert "cheap" not in payload


def test_a_change_that_was_begun_from_an_older_version_is_refused(store: Store) -> None:
    save_profile(store, PROFILE, based_on=0, actor="ann", note="Ours.")

    with pytest.raises(StateError, match="Somebody else saved version 1"):
        save_profile(store, replace(PROFILE, do=("x",)), based_on=0, actor="bea", note="Mine.")


@pytest.mark.parametrize(("change", "note", "told"), [
    ({"do": ("Smile.",)}, " ", "Say in a note"),
    ({}, "Nothing.", "Nothing was changed"),
])  # fmt: skip
def test_a_version_needs_a_change_and_a_note(
    store: Store, change: dict[str, Any], note: str, told: str
) -> None:
    save_profile(store, PROFILE, based_on=0, actor="ann", note="Ours.")

    with pytest.raises(InputError, match=told):
        save_profile(store, replace(PROFILE, **change), based_on=1, actor="ann", note=note)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"colours": {}}, "has no 'colours'"),
        ({"forbidden": "cheap"}, "forbidden has to be a list"),
        ({"vocabulary": [["basket"]]}, "no line of the vocabulary"),
        ({"design": {"akcent": "#000000"}}, "has no 'akcent'"),
        ({"do": ["x" * 401]}, "longer than 400"),
        ({"personality": 7}, "personality has to be a text"),
    ],
)
def test_a_profile_that_cannot_be_read_says_where(told: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        read_profile(told)


def test_what_is_read_is_what_was_told() -> None:
    told = tomllib.loads('forbidden = ["cheap", " cheap "]\nvocabulary = [["basket", "cart"]]')

    found = read_profile(told)

    assert found.forbidden == ("cheap",)
    assert read_profile(told_of(found)) == found
