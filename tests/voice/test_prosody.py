"""What the instrument reads off sounds whose pitch, syllables and pauses are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.voice.profiles import Measures
from personalization.voice.prosody import courses, measure
from personalization.voice.style_error import TOLERANCES, mean_error, style_error, style_errors
from tests.voice.sounds import RATE, syllables, talk, voiced


@pytest.mark.parametrize("hertz", [62.0, 100.0, 181.0, 330.0])
def test_the_pitch_of_a_buzz_is_read_to_a_fifth_of_a_hertz(hertz: float) -> None:
    level = syllables(10)

    found = measure(level * voiced(np.zeros(level.size), hertz), RATE)

    assert found.f0_median == pytest.approx(hertz, abs=0.2)
    assert found.f0_range < 0.1


def test_a_pitch_that_falls_evenly_by_an_octave_ranges_over_nine_tenths_of_it() -> None:
    level = syllables(16)

    found = measure(level * voiced(np.linspace(6, -6, level.size)), RATE)

    # From the 5th to the 95th percentile of what is spread evenly.
    assert found.f0_range == pytest.approx(0.9 * 12, abs=0.3)
    # Its standard deviation is the range of the whole divided by the root of twelve.
    assert found.f0_sd == pytest.approx(12 / 12**0.5, abs=0.15)


def test_syllables_and_pauses_are_counted_and_timed() -> None:
    found = measure(talk(6, each=8, seconds=0.2, pause=0.5), RATE)

    assert found.syllables == 48
    assert found.pauses == 5
    # The quiet ends of a phrase, 20 dB down, still sound; the window blurs their edges.
    assert found.pause_mean == pytest.approx(0.5, abs=0.06)
    assert found.pause_ratio == pytest.approx(2.5 / (2.5 + 9.6), abs=0.03)
    assert found.articulation_rate == pytest.approx(5.0, abs=0.2)
    assert found.speech_rate == pytest.approx(48 / 12.1, abs=0.1)


def test_a_dip_of_one_decibel_parts_no_syllables() -> None:
    level = syllables(8, depth=1.0)

    found = measure(level * voiced(np.zeros(level.size)), RATE)

    assert found.syllables == 1


def test_what_is_not_voiced_is_no_syllable() -> None:
    level = syllables(8)
    hiss = np.random.default_rng(1).standard_normal(level.size) * level * 0.1
    said = np.concatenate([level * voiced(np.zeros(level.size)), hiss])

    found = courses(said, RATE)

    assert found.syllables.size == 8
    assert found.syllables.max() < 1.7


def test_a_rest_below_a_fifth_of_a_second_is_no_pause() -> None:
    assert measure(talk(4, pause=0.12), RATE).pauses == 0
    assert measure(talk(4, pause=0.35), RATE).pauses == 3


def test_loudness_between_syllables_makes_the_dynamics() -> None:
    flat, deep = (
        measure(level * voiced(np.zeros(level.size)), RATE).intensity_range
        for level in (syllables(12, depth=6.0), syllables(12, depth=18.0))
    )

    assert 2 < flat < 6
    assert deep > flat + 3


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_the_rate_of_a_recording_moves_its_figures_hardly(rate: int) -> None:
    from scipy.signal import resample_poly

    said = talk(4)
    common = int(np.gcd(rate, RATE))
    other = resample_poly(said, rate // common, RATE // common)

    assert style_error(measure(said, RATE), measure(other, rate)) < 0.15


@settings(max_examples=8)
@given(gain=st.floats(0.01, 1.5))
def test_how_loud_a_recording_is_moves_no_figure(gain: float) -> None:
    said = talk(3)

    assert style_error(measure(said, RATE), measure(said * gain, RATE)) < 0.02


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        pytest.param(np.zeros(RATE), "silent", id="digital silence"),
        pytest.param(np.empty(0), "silent", id="no sample"),
        pytest.param(np.random.default_rng(2).standard_normal(RATE) / 9, "voiced", id="a hiss"),
    ],
)
def test_what_holds_no_speech_is_refused(sound: np.ndarray, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        measure(sound, RATE)


def figures(**changed: float) -> Measures:
    usual = {"f0_median": 100.0, "f0_range": 8.0, "f0_sd": 2.5, "articulation_rate": 4.5,
             "speech_rate": 4.0, "pause_ratio": 0.1, "pause_mean": 0.4, "intensity_range": 20.0,
             "seconds": 60.0, "syllables": 240, "pauses": 15, "voiced_share": 0.7}  # fmt: skip
    return Measures.of_json(usual | changed)


def test_one_tolerance_of_each_measure_is_an_error_of_one() -> None:
    wanted = figures()
    off = figures(
        f0_median=100 * 2 ** (1 / 12), f0_range=7.0, articulation_rate=4.75, pause_ratio=0.07,
        pause_mean=0.48, intensity_range=22.0,
    )  # fmt: skip

    errors = style_errors(wanted, off)

    assert [error.measure for error in errors] == list(TOLERANCES)
    assert [error.tolerances for error in errors] == pytest.approx([1.0] * 6)
    assert mean_error(errors) == pytest.approx(1.0)
    assert [error.difference > 0 for error in errors] == [True, False, True, False, True, True]


def test_an_octave_is_twelve_tolerances_of_pitch_level_up_and_down() -> None:
    up, down = (style_errors(figures(), figures(f0_median=hertz))[0] for hertz in (200.0, 50.0))

    assert (up.tolerances, down.tolerances) == pytest.approx((12.0, 12.0))
    assert style_error(figures(), figures(f0_median=200.0)) == pytest.approx(2.0)


def test_figures_that_lack_one_are_refused_by_its_name() -> None:
    kept = figures().as_json()
    del kept["pauses"]

    with pytest.raises(InputError, match="pauses"):
        Measures.of_json(kept)
