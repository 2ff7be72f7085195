"""Dials are turned until the rendering measures as wanted; what cannot be reached is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, ProviderError
from personalization.providers.espeak import Espeak
from personalization.providers.speech import Dials, Utterance
from personalization.voice.fitting import calibration_text, fit_speaker, nearest_voice
from personalization.voice.instructions import in_words
from personalization.voice.profiles import MeasureError
from personalization.voice.prosody import measure
from personalization.voice.shaping import shape
from personalization.voice.style_error import style_error
from personalization.voice.turning import explained, hosted_turned, turned
from tests.voice.sounds import Obedient, talk
from tests.voice.test_prosody import figures

if TYPE_CHECKING:
    from personalization.voice.profiles import Measures

TEXT = "We wrap each gift by hand, and we send it with a card, so that your team can rest, really."


def wanted_of(dials: Dials) -> Measures:
    """Measure the obedient engine under dials that the fit has to find again."""
    out = shape(Obedient().speak(Utterance(TEXT, "en", "", dials)), dials)
    return measure(out.samples(), out.rate)


def test_dials_that_made_a_speaker_are_found_again() -> None:
    wanted = wanted_of(Dials(rate=210, pitch=58, range=30, pauses=1.6))

    profile = fit_speaker(Obedient(), wanted, language="en", text=TEXT)

    assert profile.before > 1.5
    assert profile.error < 0.25
    assert profile.dials.rate == pytest.approx(210, rel=0.03)
    assert profile.dials.pitch == pytest.approx(58, abs=1.5)
    assert not [error.out_of_reach for error in profile.errors if error.out_of_reach]


def test_a_fit_is_the_same_each_time_and_tells_how_far_it_is() -> None:
    wanted, told = wanted_of(Dials(rate=190, pitch=45)), []

    first = fit_speaker(
        Obedient(), wanted, language="en", text=TEXT, progress=lambda *turn: told.append(turn)
    )

    assert fit_speaker(Obedient(), wanted, language="en", text=TEXT) == first
    assert [error for _, error in told] == sorted((error for _, error in told), reverse=True)
    assert told[-1][0] <= first.iterations


def test_what_no_dial_can_reach_is_said_and_the_nearest_is_kept() -> None:
    wanted = replace(wanted_of(Dials()), f0_median=28.0)

    profile = fit_speaker(Obedient(), wanted, language="en", text=TEXT)

    level = profile.errors[0]
    assert level.measure == "f0_median"
    assert level.tolerances > 2
    assert profile.dials.pitch < 5
    assert level.out_of_reach


@pytest.mark.parametrize(
    ("measure_name", "dials", "difference", "words"),
    [
        pytest.param("f0_median", Dials(pitch=0), 2.0, "no lower", id="lowest pitch"),
        pytest.param("f0_median", Dials(pitch=99), -2.0, "no higher", id="highest pitch"),
        pytest.param("articulation_rate", Dials(rate=450), -1.0, "no faster", id="fastest"),
        pytest.param("pause_ratio", Dials(), -0.2, "too few places", id="long pauses"),
        pytest.param("pause_mean", Dials(), 0.3, "end more often", id="no pauses"),
        pytest.param("f0_median", Dials(pitch=50), 2.0, "nearest", id="a dial in its middle"),
    ],
)
def test_each_end_of_a_dial_has_its_words(
    measure_name: str, dials: Dials, difference: float, words: str
) -> None:
    error = MeasureError(measure_name, 1.0, 1.0, difference, 2.0)

    assert words in explained(error, dials, is_embedded=True).out_of_reach
    assert explained(replace(error, tolerances=0.9), dials, is_embedded=True).out_of_reach == ""


def test_movement_beyond_the_range_dial_becomes_falling_phrases_and_comes_back() -> None:
    flat, lively = figures(f0_range=8.0), figures(f0_range=14.0)

    beyond = turned(Dials(range=78), flat, lively)
    back = turned(beyond, lively, flat)

    assert (beyond.range, beyond.declination > 15) == (78, True)
    assert back.declination == pytest.approx(0, abs=0.01)
    assert turned(back, lively, flat).range < 78


def test_dials_never_leave_their_limits() -> None:
    low, high = figures(f0_median=60.0, articulation_rate=1.0), figures(f0_median=400.0)

    assert turned(Dials(pitch=98, rate=449), low, high).pitch == 99
    assert turned(Dials(rate=440), low, high).rate == 450
    assert hosted_turned(Dials(), low, high).speed == 1.5
    assert hosted_turned(Dials(), low, high).pitch_shift == 12


def test_a_hosted_engine_is_asked_three_times_at_most_and_told_in_words() -> None:
    engine = Obedient(name="azure")
    wanted = wanted_of(Dials(speed=1.2, pitch_shift=3, range_factor=1.4))

    profile = fit_speaker(engine, wanted, language="en", text=TEXT)

    assert len(engine.told) == 3
    assert profile.error < profile.before / 3
    assert profile.dials.speed == pytest.approx(1.2, rel=0.05)
    assert profile.dials.pitch_shift == pytest.approx(3, abs=0.3)
    assert (profile.dials.pitch, profile.dials.rate) == (Dials().pitch, Dials().rate)
    assert profile.dials.instructions == in_words(wanted)


def test_a_slow_low_speaker_with_long_pauses_is_described_as_one() -> None:
    said = in_words(figures(f0_median=80, articulation_rate=3.0, pause_ratio=0.3, pause_mean=0.9))

    assert "very low-pitched" in said
    assert "slowly" in said
    assert "long pauses between phrases (about 0.9 seconds)" in said


@pytest.mark.parametrize("call", [1, 3, 5])
def test_an_engine_that_breaks_off_leaves_no_half_fitted_profile(call: int) -> None:
    with pytest.raises(ProviderError, match="broke off"):
        fit_speaker(Obedient(fails_at=call), wanted_of(Dials(rate=230)), language="en", text=TEXT)


def test_voices_are_chosen_by_pitch_and_texts_by_language() -> None:
    assert (nearest_voice(figures(f0_median=149)), nearest_voice(figures(f0_median=151))) == (
        "klatt4", "f2",
    )  # fmt: skip
    assert calibration_text("de-AT").startswith("Guten Tag")
    with pytest.raises(InputError, match="en, de, fr, es, it, nl"):
        calibration_text("ja")


def test_calibration_texts_need_no_writing_out() -> None:
    for language in ("en", "de", "fr", "es", "it", "nl"):
        text = calibration_text(language)

        assert not any(sign.isdigit() for sign in text)
        assert 90 < len(text.split()) < 160


def test_the_embedded_voice_comes_near_a_speaker_of_another_kind() -> None:
    wanted = measure(talk(5, each=9, seconds=0.19, pause=0.45, base=120, movement=7), 16_000)

    engine = Espeak(workers=1)

    profile = fit_speaker(engine, wanted, language="en-US", text=TEXT)

    assert profile.voice == "klatt4"
    assert profile.before > 1
    assert profile.error < 0.6
    said = engine.speak(Utterance(TEXT, "en-US", profile.voice, profile.dials))
    out = shape(said, profile.dials)
    assert style_error(wanted, measure(out.samples(), out.rate)) == pytest.approx(profile.error)
