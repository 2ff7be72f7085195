"""Silences are resized and loudness is moved, and nothing else of what was said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.providers.speech import Dials, Speech, Utterance
from personalization.voice.prosody import measure
from personalization.voice.shaping import resized, shape
from tests.voice.sounds import Obedient

TEXT = "We wrap each gift by hand, and we send it with a card, so that your team can rest, really."


@cache
def said() -> Speech:
    return Obedient().speak(Utterance(TEXT, "en"))


def test_dials_that_change_nothing_leave_every_byte() -> None:
    assert shape(said(), Dials()) is said()


@pytest.mark.parametrize("factor", [0.8, 1.5, 3.0])
def test_a_factor_on_pauses_resizes_each_of_them_and_nothing_else(factor: float) -> None:
    before = measure(said().samples(), said().rate)

    after = measure((out := shape(said(), Dials(pauses=factor))).samples(), out.rate)

    assert (after.pauses, after.syllables) == (before.pauses, before.syllables) == (3, 20)
    assert after.pause_mean == pytest.approx(before.pause_mean * factor, abs=0.03)
    assert after.f0_median == pytest.approx(before.f0_median, abs=0.3)
    assert after.articulation_rate == pytest.approx(before.articulation_rate, abs=0.15)


def test_a_contrast_lengthens_long_pauses_and_shortens_short_ones() -> None:
    assert resized(0.15, 1.0, 2.0) < 0.15
    assert resized(0.6, 1.0, 2.0) > 0.6
    assert resized(0.3, 1.4, 3.0) == pytest.approx(0.42)
    assert resized(2.0, 10.0, 1.0) == 3.0


@settings(max_examples=15)
@given(factor=st.floats(0.2, 6.0), contrast=st.sampled_from([0.6, 1.0, 2.0]))
def test_words_stay_in_their_order_and_within_the_sound(factor: float, contrast: float) -> None:
    out = shape(said(), Dials(pauses=factor, pause_contrast=contrast))

    times = [time for word in out.words for time in (word.begins, word.ends)]
    assert times == sorted(times)
    assert times[-1] <= out.seconds + 0.01
    assert [word.text for word in out.words] == [word.text for word in said().words]


def test_a_word_begins_in_the_resized_sound_where_it_is_heard() -> None:
    out = shape(said(), Dials(pauses=3.0))

    after_pause = next(word for word in out.words if word.text == "and")
    level = np.abs(out.samples())
    at = round((after_pause.begins + 0.05) * out.rate)
    before = round((after_pause.begins - 0.05) * out.rate)
    assert level[before - 200 : before].max() < 0.01
    assert level[at : at + 1_500].max() > 0.1


def test_an_exponent_moves_dynamics_and_never_clips() -> None:
    loud = replace(said(), pcm=(said().samples() * 1.9 * 32_767).clip(-32_767, 32_767)
                   .astype("<i2").tobytes())  # fmt: skip
    before = measure(loud.samples(), loud.rate).intensity_range

    livelier, flatter = (shape(loud, Dials(dynamics=exponent)) for exponent in (1.4, 0.6))

    assert measure(flatter.samples(), flatter.rate).intensity_range < before - 1
    assert measure(livelier.samples(), livelier.rate).intensity_range > before + 0.5
    assert np.abs(livelier.samples()).max() <= np.abs(loud.samples()).max() + 1e-4
    assert len(flatter.pcm) == len(loud.pcm)


def test_without_timed_words_long_silences_are_resized_all_the_same() -> None:
    bare = replace(said(), words=())

    out = shape(bare, Dials(pauses=2.0))

    assert out.seconds > bare.seconds + 0.7
    assert out.words == ()


def test_the_same_speech_and_dials_give_the_same_bytes() -> None:
    dials = Dials(pauses=1.7, pause_contrast=1.5, dynamics=0.8)

    assert shape(said(), dials).pcm == shape(said(), dials).pcm
