"""A recording stands for a speaker only if it is long, clean, of one voice, and speech."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.errors import InputError
from personalization.voice.reference import Recording, check_reference, read_recording
from tests.voice.sounds import RATE, syllables, talk, voiced

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.float64]


@cache
def twenty_one_seconds(base: float = 110.0) -> Samples:
    return talk(11, each=8, pause=0.35, base=base)


def recording(samples: Samples, rate: int = RATE) -> Recording:
    return Recording(samples, rate, samples.size / rate, "0" * 64)


def hiss(samples: Samples, below: float) -> Samples:
    """Add a noise so many decibels below the loud parts of the sound."""
    level = np.sqrt(np.mean(samples[np.abs(samples) > 0.05] ** 2)) * 10 ** (-below / 20)
    noise = np.random.default_rng(3).standard_normal(samples.size) * level
    return np.asarray(samples + noise)


def test_a_clean_recording_is_measured_with_a_word_on_its_length() -> None:
    found = check_reference(recording(twenty_one_seconds()))

    assert found.measures.f0_median == pytest.approx(110, abs=1)
    assert found.measures.pauses == 10
    assert len(found.warnings) == 1
    assert "21 seconds long. With 60 seconds" in found.warnings[0]


def test_a_minute_draws_no_warning() -> None:
    said = talk(22, each=8, pause=0.35, movement=2.0, base=160)
    # Played slower, which is a third less to measure.
    slower = recording(said, 11_025)

    assert slower.seconds > 60
    assert check_reference(slower).warnings == ()


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        pytest.param(lambda: twenty_one_seconds()[: 19 * RATE], "19.0 seconds", id="too short"),
        pytest.param(lambda: hiss(twenty_one_seconds(), 12), "too noisy", id="noise at 12 dB"),
        pytest.param(
            lambda: np.clip(twenty_one_seconds() * 6, -0.9, 0.9), "clipped", id="overdriven"
        ),
        pytest.param(lambda: np.append(talk(4), np.zeros(15 * RATE)), "are speech", id="silence"),
        pytest.param(lambda: np.zeros(21 * RATE), "silent", id="nothing"),
    ],
)
def test_what_cannot_stand_for_a_speaker_is_refused_with_its_reason(
    sound: object, reason: str
) -> None:
    assert callable(sound)

    with pytest.raises(InputError, match=reason):
        check_reference(recording(sound()))


def test_some_noise_is_a_warning_and_nineteen_seconds_are_one_too_few() -> None:
    noisy = check_reference(recording(hiss(twenty_one_seconds(), 25)))

    assert any("background" in warning for warning in noisy.warnings)
    assert check_reference(recording(twenty_one_seconds()[: 20 * RATE])).seconds == 20.0


def test_a_flat_robot_is_a_speaker_all_the_same() -> None:
    assert check_reference(recording(talk(11, pause=0.35, movement=0.0))).measures.f0_range < 0.2


def test_music_is_no_speech() -> None:
    notes = np.repeat(np.random.default_rng(4).choice([0, 3, 5, 7, 10], 60), RATE * 7 // 20)
    level = syllables(60, seconds=0.35)

    with pytest.raises(InputError, match="does not sound like speech"):
        check_reference(recording(level * voiced(notes[: level.size].astype(float), 220)))


def test_two_voices_in_turns_are_noticed_and_one_is_not_taken_for_two() -> None:
    from scipy.signal import lfilter

    def turn(base: float, colour: float) -> Samples:
        said = talk(3, each=8, base=base)
        return np.asarray(np.append(lfilter([1.0], [1.0, -colour], said), np.zeros(RATE // 3)))

    one, other = turn(105, 0.3), turn(190, -0.6)
    other *= np.abs(one).max() / np.abs(other).max()

    assert check_reference(recording(np.tile(one, 4))).measures.pauses > 10
    with pytest.raises(InputError, match="Two voices"):
        check_reference(recording(np.concatenate([one, other] * 2)))


def test_files_are_read_in_any_usual_form_and_channels_are_mixed() -> None:
    import soundfile

    stereo = np.column_stack([twenty_one_seconds(), np.zeros(twenty_one_seconds().size)])
    out = io.BytesIO()
    soundfile.write(out, stereo, RATE, format="FLAC")

    found = read_recording(out.getvalue())

    assert (found.rate, found.samples.ndim) == (RATE, 1)
    assert found.seconds == pytest.approx(21.1)
    assert np.abs(found.samples).max() == pytest.approx(np.abs(stereo).max() / 2, abs=0.01)
    assert len(found.sha256) == 64


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 99, b"\0" * 4_000])
def test_what_is_no_sound_file_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read as sound"):
        read_recording(content)


def test_a_telephone_of_six_kilohertz_is_too_little() -> None:
    with pytest.raises(InputError, match="8,000"):
        check_reference(recording(twenty_one_seconds(), 6_000))
