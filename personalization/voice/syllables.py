"""Loudness over time, and the syllables that its voiced peaks are.

References:
    De Jong and Wempe (2009), Praat script to detect syllable nuclei and measure speech rate
    automatically.  Behavior Research Methods 41, 385-390: a syllable is a peak of loudness that
    is voiced, within 25 dB of the loudest, with dips of 2 dB or more on its sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    import numpy.typing as npt

    from personalization.voice.pitch import PitchTrack

    Samples = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

STEP: Final = 0.01  # seconds between values
# Shorter windows see the single pulses of a low voice as peaks: 64 ms count a third too many.
_WINDOW: Final = 0.128
_KAISER: Final = 20.24  # Praat's
_QUIETEST: Final = 1e-10  # of a power: what digital silence is taken for, -100 dB
BELOW_LOUDEST: Final = 25.0  # decibels under the 99th percentile that still sound
_DIP: Final = 2.0  # decibels
# A creaking voice drops out for a period or two: asking for a pitch at the very peak loses one
# syllable in four of a voice of 70 Hz, and one in twenty of a reader's.
_NEAR: Final = 0.03  # seconds


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness over time.

    Attributes:
        times: Seconds, of the middles of the windows.
        decibels: Of full scale, never below -100.
    """

    times: Samples
    decibels: Samples

    @property
    def threshold(self) -> float:
        """Return the level in decibels above which something sounds."""
        return float(np.quantile(self.decibels, 0.99)) - BELOW_LOUDEST

    @property
    def is_sounding(self) -> npt.NDArray[np.bool_]:
        """Return at which steps something sounds, however short."""
        return self.decibels > self.threshold


def loudness(samples: Samples, rate: int) -> Loudness:
    """Measure the power of each 128 ms, weighted towards their middle, every 10 ms.

    The ends count as if silence came before and after, so there is a value for every step.
    """
    width = int(_WINDOW * rate) | 1
    window = np.kaiser(width, _KAISER)
    padded = np.pad((samples - samples.mean()) ** 2, width // 2)
    starts = np.arange(0, samples.size, STEP * rate).astype(np.intp)
    power = sliding_window_view(padded, width)[starts] @ (window / window.sum())
    return Loudness(starts / rate, 10 * np.log10(np.maximum(power, _QUIETEST)))


def find_syllables(found: Loudness, pitch: PitchTrack) -> Samples:
    """Return the times in seconds at which syllables are loudest, in their order."""
    peaks = _peaks(found)
    if not peaks.size or not pitch.times.size:
        return np.empty(0)
    times = found.times[peaks]
    voiced = pitch.times[pitch.is_voiced]
    after = np.searchsorted(voiced, times)
    edges = np.concatenate([[-np.inf], voiced, [np.inf]])
    nearest = np.minimum(times - edges[after], edges[after + 1] - times)
    return np.asarray(times[nearest <= _NEAR])


def _peaks(found: Loudness) -> Places:
    """Return the peaks above the threshold that are followed by a dip of 2 dB or more."""
    level = found.decibels
    inner = level[1:-1]
    places = np.flatnonzero((inner > level[:-2]) & (inner >= level[2:])) + 1
    places = places[level[places] > found.threshold]
    if not places.size:
        return places
    dips = np.minimum.reduceat(level, np.append(places, level.size - 1))[:-1]
    dips[-1] = level[places[-1] :].min()
    return places[level[places] - dips > _DIP]
