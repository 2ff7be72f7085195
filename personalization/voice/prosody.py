"""What is measured of a recording: pitch, pace, pausing and dynamics, by one instrument for all.

The reference and every rendering go through the same function at the same rate, so that what the
instrument gets slightly wrong (a syllable in twelve goes uncounted) cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from personalization.errors import InputError
from personalization.voice.pauses import Stretch, find_pauses
from personalization.voice.pitch import PitchTrack, track_pitch
from personalization.voice.profiles import Measures
from personalization.voice.syllables import Loudness, find_syllables, loudness

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.float64]

RATE: Final = 16_000
"""Samples a second at which everything is measured: pitch and loudness need no more."""

_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Courses:
    """What runs over time in a recording; the measures are its summary, and pages plot it.

    Attributes:
        loudness: Over time.
        pitch: Over time.
        whole: From the first sound to the last.
        pauses: Within it.
        syllables: Seconds at which each is loudest.
    """

    loudness: Loudness
    pitch: PitchTrack
    whole: Stretch
    pauses: tuple[Stretch, ...]
    syllables: Samples


def measure(samples: Samples, rate: int) -> Measures:
    """Measure a recording.

    Args:
        samples: One channel, from -1 to 1.
        rate: Samples a second.

    Raises:
        InputError: Nothing sounds in it, or nothing in it is voiced.
    """
    return measures_of(courses(samples, rate))


def courses(samples: Samples, rate: int) -> Courses:
    """Follow loudness and pitch through a recording, and find its pauses and syllables.

    Raises:
        InputError: Nothing sounds in it, or nothing in it is voiced.
    """
    heard = at_rate(samples, rate)
    level = loudness(heard, RATE) if heard.size else None
    if level is None or level.decibels.max() <= _SILENT:
        raise InputError("The recording is silent. Check that the right channel was recorded.")
    whole, pauses = find_pauses(level)
    pitch = track_pitch(heard, RATE)
    if whole is None or not pitch.voiced.size:
        raise InputError("Nothing in the recording is voiced: it holds no speech to measure.")
    return Courses(level, pitch, whole, pauses, find_syllables(level, pitch))


_SILENT: Final = -90.0  # decibels of full scale


def measures_of(found: Courses) -> Measures:
    """Sum the courses of a recording up in figures."""
    paused = sum(pause.seconds for pause in found.pauses)
    seconds = found.whole.seconds
    spoken = max(seconds - paused, found.loudness.times[1] - found.loudness.times[0])
    semitones = 12 * np.log2(found.pitch.voiced)
    low, high = np.quantile(semitones, [_LOW, _HIGH])
    quiet, loud = np.quantile(found.loudness.decibels[found.loudness.is_sounding], [_LOW, _HIGH])
    sounding = np.interp(found.pitch.times, found.loudness.times, found.loudness.is_sounding) > 0
    return Measures(
        f0_median=float(np.median(found.pitch.voiced)),
        f0_range=float(high - low),
        f0_sd=float(semitones.std()),
        articulation_rate=found.syllables.size / float(spoken),
        speech_rate=found.syllables.size / seconds,
        pause_ratio=paused / seconds,
        pause_mean=paused / len(found.pauses) if found.pauses else 0.0,
        intensity_range=float(loud - quiet),
        seconds=seconds,
        syllables=int(found.syllables.size),
        pauses=len(found.pauses),
        voiced_share=float(found.pitch.is_voiced[sounding].mean()) if sounding.any() else 0.0,
    )


def at_rate(samples: Samples, rate: int) -> Samples:
    """Return the samples at 16 kHz."""
    if rate == RATE or not samples.size:
        return samples
    from scipy.signal import resample_poly  # noqa: PLC0415

    common = int(np.gcd(rate, RATE))
    return np.asarray(resample_poly(samples, RATE // common, rate // common))
