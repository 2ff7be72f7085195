"""A file known by its pieces is what all of its samples say; levels beside another meter."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from personalization.errors import ProviderError
from personalization.voice import encoding
from personalization.voice.checking import clipped, silences
from personalization.voice.encoding import as_integers, encoded, wav_file, wav_parts
from personalization.voice.loudness import RATE, Level, limited, loudness, true_peak
from personalization.voice.splicing import Sound
from personalization.voice.stretches import QUIET, SHORTEST_GAP, Stretch, stretch_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[Any]

# Runs of one value: silence, faint noise, speech, and full scale; lengths around a hop and a gap.
RUNS = st.lists(
    st.tuples(
        st.sampled_from([0, 8, 103, 104, -104, 5_000, 32_766, -32_767]),
        st.one_of(st.integers(1, 4), st.integers(470, 490), st.integers(950, 2_500)),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def samples_of(runs: list[tuple[int, int]]) -> Samples:
    return np.concatenate([np.full(n, value, "<i2") for value, n in runs])


def sound_of(parts: list[Samples]) -> Sound:
    return Sound(tuple(stretch_of(part) for part in parts), (), (), -19.0, -1.0)


def plain_silences(samples: Samples) -> tuple[int, int, int]:
    """Look at every sample of a whole file."""
    heard = np.flatnonzero(np.abs(samples.astype(int)) > QUIET)
    if not len(heard):
        return (len(samples),) * 3
    longest = int((np.diff(heard) - 1).max(initial=0))
    after = len(samples) - 1 - int(heard[-1])
    return int(heard[0]), after, longest if longest >= SHORTEST_GAP else 0


def plain_clipped(samples: Samples) -> int:
    """Count runs of three and more at full scale, one after the other."""
    runs, count = 0, 0
    for is_full in np.abs(samples.astype(int)) >= 32_766:
        count = count + 1 if is_full else 0
        runs += count == 3
    return runs


@settings(max_examples=60)
@given(RUNS, st.lists(st.integers(0, 12_000), max_size=4))
def test_a_file_in_pieces_is_held_to_what_all_of_its_samples_say(
    runs: list[tuple[int, int]], cuts: list[int]
) -> None:
    whole = samples_of(runs)

    sound = sound_of(np.split(whole, sorted(min(cut, len(whole)) for cut in cuts)))

    assert np.array_equal(sound.integers, whole)
    assert silences(sound) == tuple(each / RATE for each in plain_silences(whole))
    assert clipped(sound) == plain_clipped(whole)


def test_the_longest_silence_is_found_where_fewer_whole_hops_are_silent() -> None:
    samples = np.zeros(4_000, "<i2")
    samples[[479, 1_920, 3_839]] = 5_000  # four hops apart by 1,440 samples, three by 1,918

    assert stretch_of(samples).gap == 1_918


def test_nobody_writes_to_samples_that_were_measured() -> None:
    stretch = stretch_of(np.ones(10, "<i2"))

    assert isinstance(stretch, Stretch)
    with pytest.raises(ValueError, match="read-only"):
        stretch.integers[0] = 9


@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_file_in_parts_is_the_file_of_the_whole(channels: int) -> None:
    sound = as_integers(np.sin(np.arange(5_001)))
    tags = {"title": "Spoken message", "artist": "Shop"}

    parts = wav_parts(np.split(sound, [7, 7, 1_000]), tags, channels=channels)

    assert b"".join(parts) == wav_file(sound, tags, channels=channels)


def noise(seed: int, seconds: float) -> Samples:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 0.1


def buzz(seed: int, seconds: float) -> Samples:
    """Flat tops at a pitch of a voice, louder and softer as syllables are."""
    time = np.arange(round(seconds * RATE)) / RATE
    pulses = np.tanh(3 * np.sin(2 * np.pi * (90 + seed) * time))
    return np.asarray(pulses * 0.3 * (1.2 + np.sin(2 * np.pi * 4 * time)) / 2)


def alternating(seed: int, seconds: float) -> Samples:
    """Signs drawn by lot, for which a peak between samples lies farthest above them."""
    return np.random.default_rng(seed).choice([-0.4, 0.4], round(seconds * RATE))


SOUNDS = st.builds(
    lambda kind, seed, seconds: kind(seed, seconds),
    st.sampled_from([noise, buzz, alternating]), st.integers(0, 99), st.floats(0.001, 1.2),
)  # fmt: skip


TAPS = signal.firwin(49, 1 / 4) * 4


def plain_peak(samples: Samples) -> float:
    """Look between all samples."""
    return 20 * math.log10(np.abs(signal.upfirdn(TAPS, np.pad(samples, 12), 4)).max())


@settings(max_examples=40)
@given(SOUNDS)
def test_the_true_peak_is_that_of_the_whole_signal_at_four_times_the_rate(samples: Samples) -> None:
    assert true_peak(samples) == pytest.approx(plain_peak(samples), abs=0.001)


@pytest.mark.parametrize("place", [122, 123, 250, 251])
@pytest.mark.parametrize("halved", [slice(0, 6), slice(5, 12)])
def test_a_peak_after_quiet_samples_is_found_beside_loud_ones(place: int, halved: slice) -> None:
    samples = np.zeros(512)
    signs = np.sign(TAPS[2::4])
    signs[halved] *= 0.5
    samples[place : place + 12] = signs

    assert plain_peak(samples) > 0.3
    assert true_peak(samples) == pytest.approx(plain_peak(samples), abs=0.001)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("seconds", [0.41, 0.449, 0.46, 1.0, 3.37])
def test_loudness_is_what_another_meter_reads(rate: int, seconds: float) -> None:
    samples = noise(3, seconds * rate / RATE) * np.linspace(0.05, 1, round(seconds * rate))

    assert loudness(samples, rate) == pytest.approx(
        pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.001
    )


@settings(max_examples=30)
@given(SOUNDS, st.floats(-9.0, -0.1), st.floats(0.5, 8.0))
def test_nothing_that_was_limited_peaks_above_what_was_asked(
    samples: Samples, most_peak: float, louder: float
) -> None:
    out, _ = limited(samples * louder, Level(most_peak=most_peak))

    assert true_peak(as_integers(out) / 32_767.0) <= most_peak
    assert len(out) == len(samples)


def test_the_limiter_leaves_alone_what_lies_farther_than_a_moment_away() -> None:
    samples = noise(5, 1.0)
    samples[24_000] = 2.0

    out, _ = limited(samples, Level(loudness=loudness(samples, RATE) - 5))

    assert out[24_000] < 0.9
    assert np.array_equal(out[:23_000], samples[:23_000])
    assert np.array_equal(out[25_000:], samples[25_000:])


@pytest.mark.parametrize("form", ["mp3", "opus"])
@settings(max_examples=12)
@given(SOUNDS, st.floats(-6.0, -0.1), st.integers(1, 2))
def test_what_is_encoded_holds_its_peak_when_it_is_read_back(
    form: str, samples: Samples, most_peak: float, channels: int
) -> None:
    loud, _ = limited(samples * 6, Level(most_peak=most_peak))

    content = encoded(as_integers(loud), form, {}, channels=channels, most_peak=most_peak)

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        heard = file.read(always_2d=True)
    assert max(true_peak(channel) for channel in heard.T) <= most_peak


def test_a_file_that_cannot_be_kept_below_the_peak_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoding, "true_peak", lambda _: 0.0)

    with pytest.raises(ProviderError, match=r"mp3 file peaks 1\.00 dB above -1 dBTP"):
        encoded(as_integers(noise(1, 0.2)), "mp3", {}, most_peak=-1.0)
    assert encoded(as_integers(noise(1, 0.2)), "flac", {}, most_peak=-1.0)
