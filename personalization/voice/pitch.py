"""The course of the voice's pitch: autocorrelation of short frames, and the cheapest path.

The method is that of Praat, so that its figures can be compared with published ones: the
autocorrelation of a windowed frame is divided by that of the window, its maxima are candidates,
and a path through them pays for octave jumps and for changes between voiced and unvoiced.

References:
    Boersma (1993), Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound.  IFA Proceedings 17, 97-110.
    De Looze and Hirst (2008), Detecting changes in key and range: two passes, the second within
    bounds taken from the first one's quartiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

STEP: Final = 0.01  # seconds between frames
WIDEST: Final = (50.0, 600.0)  # Hertz: no voice that speaks lies outside
_FLOOR_OF_QUARTILE, _CEILING_OF_QUARTILE = 0.75, 2.0
_PERIODS: Final = 3.0  # of the floor that a frame holds
_CANDIDATES: Final = 6
# Praat's own settings.
_SILENCE, _VOICING = 0.03, 0.45
_OCTAVE_COST, _OCTAVE_JUMP_COST, _VOICING_CHANGE_COST = 0.01, 0.35, 0.14
_FRAMES_AT_ONCE: Final = 512


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """The pitch at each step.

    Attributes:
        times: Seconds, of the middles of the frames.
        hertz: Not a number where nothing is voiced.
    """

    times: Samples
    hertz: Samples

    @property
    def is_voiced(self) -> npt.NDArray[np.bool_]:
        """Return at which steps there is a pitch."""
        return ~np.isnan(self.hertz)

    @property
    def voiced(self) -> Samples:
        """Return the pitches in Hertz, without the steps that have none."""
        return self.hertz[self.is_voiced]


def track_pitch(samples: Samples, rate: int) -> PitchTrack:
    """Follow the pitch in two passes, the second one in the range of the first one's quartiles.

    Args:
        samples: From -1 to 1.
        rate: Samples a second; 16 kHz are plenty.
    """
    found = track_within(samples, rate, *WIDEST, step=2 * STEP)
    if not found.voiced.size:
        return found
    low, high = np.quantile(found.voiced, [0.25, 0.75])
    floor = max(float(low) * _FLOOR_OF_QUARTILE, WIDEST[0])
    return track_within(samples, rate, floor, min(float(high) * _CEILING_OF_QUARTILE, WIDEST[1]))


def track_within(
    samples: Samples, rate: int, floor: float, ceiling: float, *, step: float = STEP
) -> PitchTrack:
    """Follow the pitch between ``floor`` and ``ceiling`` Hertz; both ends are left out by a frame.

    A recording shorter than three periods of the floor has no frame; ``step`` is in seconds.
    """
    width = int(rate * _PERIODS / floor) // 2 * 2
    hop = step * rate
    count = int((samples.size - width) / hop) + 1 if samples.size >= width else 0
    if not count:
        return PitchTrack(np.empty(0), np.empty(0))
    offset = (samples.size - width - (count - 1) * hop) / 2
    starts = (offset + hop * np.arange(count)).astype(np.intp)
    parts = [
        _candidates(samples, starts[first : first + _FRAMES_AT_ONCE], width, (rate, floor, ceiling))
        for first in range(0, count, _FRAMES_AT_ONCE)
    ]
    hertz, strength = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return PitchTrack((starts + width / 2) / rate, _cheapest_path(hertz, strength, ceiling, step))


def _candidates(
    samples: Samples, starts: Places, width: int, bounds: tuple[float, float, float]
) -> tuple[Samples, Samples]:
    """Return pitches and strengths of each frame; the first is the unvoiced one, at 0 Hertz."""
    rate, floor, ceiling = bounds
    window = np.hanning(width)
    frames = sliding_window_view(samples, width)[starts]
    middle = slice(width // 2 - width // 6, width // 2 + width // 6)
    frames = frames - frames[:, middle].mean(axis=1, keepdims=True)
    loudest = float(np.abs(samples - samples.mean()).max()) or 1.0
    loudness = np.minimum(np.abs(frames[:, middle]).max(axis=1) / loudest, 1.0)
    unvoiced = _VOICING + np.maximum(0.0, 2.0 - loudness * (1 + _VOICING) / _SILENCE)

    last = min(int(rate / floor) + 2, width - 1)
    size = _fast_size(width + last)
    alike = _autocorrelation(frames * window, size, last) / _autocorrelation(window, size, last)
    hertz, strength = _maxima(alike, rate, floor, ceiling)
    strength = np.where(
        hertz > 0, strength - _OCTAVE_COST * np.log2(ceiling / np.maximum(hertz, 1.0)), -np.inf
    )
    return (
        np.column_stack([np.zeros(len(starts)), hertz]),
        np.column_stack([unvoiced, strength]),
    )


def _fast_size(least: int) -> int:
    """Return a size of at least so many samples whose transform is fast: 5, 6 or 8 times 2**n."""
    power = 1 << max((least - 1).bit_length() - 3, 0)
    return next(power * part for part in (5, 6, 8) if power * part >= least)


def _autocorrelation(frames: Samples, size: int, last: int) -> Samples:
    """Return the autocorrelation up to the lag ``last``, 1 at the lag 0."""
    power = np.abs(np.fft.rfft(frames, size)) ** 2
    found = np.fft.irfft(power, size)[..., : last + 1]
    whole = found[..., :1]
    return np.divide(found, whole, out=np.zeros_like(found), where=whole > 0)


def _maxima(alike: Samples, rate: float, floor: float, ceiling: float) -> tuple[Samples, Samples]:
    """Return pitch and height of the highest maxima of each row; 0 Hertz where there are fewer."""
    before, at, after = alike[:, :-2], alike[:, 1:-1], alike[:, 2:]
    curve = before - 2 * at + after
    shift = np.divide(before - after, 2 * curve, out=np.zeros_like(at), where=curve < 0)
    hertz = rate / (np.arange(1, alike.shape[1] - 1) + shift)
    is_peak = (at > before) & (at >= after) & (at > _VOICING / 2)
    is_peak &= (hertz >= floor) & (hertz <= ceiling)
    height = np.minimum(at - (before - after) * shift / 4, 1.0)
    # An octave down is always as alike; what counts is the height less what a low pitch costs.
    worth = np.where(is_peak, height + _OCTAVE_COST * np.log2(np.maximum(hertz, 1.0)), -np.inf)
    best = np.argpartition(-worth, _CANDIDATES - 2, axis=1)[:, : _CANDIDATES - 1]
    is_found = np.take_along_axis(is_peak, best, axis=1)
    return (
        np.where(is_found, np.take_along_axis(hertz, best, axis=1), 0.0),
        np.take_along_axis(height, best, axis=1),
    )


def _cheapest_path(hertz: Samples, strength: Samples, ceiling: float, step: float) -> Samples:
    """Return the pitch of each frame along the path of the best strengths less its changes."""
    is_voiced = hertz > 0
    octaves = np.log2(np.where(is_voiced, hertz, ceiling))
    both = is_voiced[:-1, :, None] & is_voiced[1:, None, :]
    jump = np.abs(octaves[:-1, :, None] - octaves[1:, None, :])
    changes = is_voiced[:-1, :, None] != is_voiced[1:, None, :]
    cost = (0.01 / step) * (
        np.where(both, _OCTAVE_JUMP_COST * jump, 0.0) + _VOICING_CHANGE_COST * changes
    )
    came_from = np.empty(cost.shape[::2], dtype=np.intp)
    columns = np.arange(hertz.shape[1])
    reached = strength[0]
    for frame, costs in enumerate(cost):
        ways = reached[:, None] - costs
        came_from[frame] = ways.argmax(axis=0)
        reached = ways[came_from[frame], columns] + strength[frame + 1]
    place = int(reached.argmax())
    path = np.empty(len(hertz), dtype=np.intp)
    path[-1] = place
    for frame in range(len(cost) - 1, -1, -1):
        place = int(came_from[frame, place])
        path[frame] = place
    chosen = hertz[np.arange(len(hertz)), path]
    return np.where(chosen > 0, chosen, np.nan)
