"""The recogniser finds the script in its own sound, and no other script in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.errors import InputError
from personalization.providers.espeak import Espeak
from personalization.providers.speech import Dials, Speech, Utterance
from personalization.voice.listening import align, word_error_rate
from personalization.voice.shaping import shape

SAID = "We pack, address and send them, and you only tell us who starts when."
OTHER = "The weather is fine today, and my brother went to see the green mountains."


@pytest.fixture(scope="module")
def spoken() -> Speech:
    dials = Dials(pauses=1.6, dynamics=0.8)
    return shape(Espeak(workers=1).speak(Utterance(SAID, "en-US", "klatt4", dials)), dials)


def test_words_are_found_where_the_engine_and_the_shaping_put_them(spoken: Speech) -> None:
    found = align(spoken, SAID)

    assert found.is_right
    assert found.median is not None
    assert found.median < 0.03
    assert len(found.begins) == len(SAID.split())


def test_another_script_is_not_in_the_sound(spoken: Speech) -> None:
    assert not align(spoken, OTHER).is_right
    assert not align(replace(spoken, words=()), OTHER).is_right


@pytest.mark.parametrize("late_by", [0.2, 0.6])
def test_words_timed_a_fifth_of_a_second_off_are_noticed(spoken: Speech, late_by: float) -> None:
    late = tuple(replace(word, begins=word.begins + late_by) for word in spoken.words)

    assert not align(replace(spoken, words=late), SAID).is_right


def test_a_name_that_no_dictionary_has_is_spelled_out(spoken: Speech) -> None:
    assert align(spoken, SAID.replace("starts", "stahtz")).unknown == ("stahtz",)


def test_a_text_without_an_english_word_cannot_be_listened_for(spoken: Speech) -> None:
    with pytest.raises(InputError, match="no English word"):
        align(spoken, "你好")


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        pytest.param("a b c d", "a b c d", 0.0, id="all heard"),
        pytest.param("a b c d", "", 1.0, id="nothing heard"),
        pytest.param("a b c d", "a x c d", 0.25, id="one changed"),
        pytest.param("a b c d", "a b c d e", 0.25, id="one added"),
        pytest.param("a b c d", "b c d", 0.25, id="one left out"),
    ],
)
def test_the_word_error_rate_counts_edits(said: str, heard: str, rate: float) -> None:
    assert word_error_rate(said, heard) == rate
