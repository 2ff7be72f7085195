"""How loud speech is, and making it as loud as it should be without clipping.

Integrated loudness is that of ITU-R BS.1770-4 with its gates; targets are those of AES TD1004 for
speech that is streamed: -16 LUFS in two channels, which one channel alone carries as -19.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.providers.speech import MissingVoiceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGETS: Final = {"mono": -19.0, "stereo": -16.0, "broadcast": -23.0}
"""Integrated loudness by use, LUFS; what measures -19 in one channel measures -16 in two."""

MOST_TRUE_PEAK: Final = -1.0
"""The highest peak between samples that a file may have, dBTP."""

MISSING_SOUND: Final = "Sound files need the voice parts. Install them: pip install '.[voice]'."
"""What is said where the optional parts are not installed."""

RATE: Final = 48_000
"""Samples a second of every file: what video is cut at."""

_LOUDNESS: Final = (-36.0, -10.0)  # LUFS that can be asked for
_PEAKS: Final = (-9.0, -0.1)  # dBTP
_OVERSAMPLING: Final = 4  # as BS.1770-4, annex 2, asks for at 48 kHz
_HALF: Final = 6  # samples that the filter between samples looks to either side
_STRETCH: Final = 128  # samples that are looked at together
_TOGETHER: Final = 128  # stretches that fit into a fast memory
_BLOCK: Final = 0.4  # seconds: a gating block
_STEPS: Final = 4  # a block is, each step of which another one begins
_LOOKAHEAD: Final = 0.0015  # seconds
_SILENT: Final = 10 ** ((-70.0 + 0.691) / 10)  # power of -70 LUFS: the absolute gate
_NEAR: Final = 0.1  # LU: what nobody hears
_IN_HAND: Final = 0.05  # dB


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a file is to be.

    Attributes:
        loudness: Integrated loudness of one channel, LUFS.
        most_peak: True peak at most, dBTP.
        rate: Samples a second.
    """

    loudness: float = TARGETS["mono"]
    most_peak: float = MOST_TRUE_PEAK
    rate: int = RATE

    def __post_init__(self) -> None:
        if not _LOUDNESS[0] <= self.loudness <= _LOUDNESS[1]:
            raise InputError(
                f"A loudness of {self.loudness:g} LUFS cannot be asked for. Choose -19 for one "
                "channel, -16 for two, -23 for broadcast, or a value from -36 to -10."
            )
        if not _PEAKS[0] <= self.most_peak <= _PEAKS[1]:
            raise InputError(
                f"A true peak of {self.most_peak:g} dBTP cannot be asked for. Choose one from -9 "
                "to -0.1; -1 is usual."
            )

    @property
    def ceiling(self) -> float:
        """Return the true peak that the limiter leaves, dBTP: a little is kept in hand."""
        return self.most_peak - _IN_HAND


def block_powers(samples: NDArray[Any], rate: int) -> NDArray[Any]:
    """Return the weighted mean square of each gating block: 400 ms from each tenth of a second on.

    What is shorter than a block is repeated until it fills one, so that a name has a loudness too.

    References:
        ITU-R BS.1770-4, equation 3.

    Raises:
        MissingVoiceError: What knows the weighting is not installed.
    """
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    weighting = _weighting(rate)
    if not len(samples):
        return np.zeros(0)
    least = math.ceil(_BLOCK * rate) + 1
    whole = np.tile(samples, math.ceil(least / len(samples))) if len(samples) < least else samples
    squares = np.square(signal.sosfilt(weighting, whole.astype(np.float64)))
    n_blocks = round((len(whole) / rate - _BLOCK) / (_BLOCK / _STEPS)) + 1
    edges = np.arange(n_blocks + _STEPS) * round(_BLOCK / _STEPS * rate)
    if edges[-1] > len(squares):  # the last block is the next whole one
        squares = np.pad(squares, (0, edges[-1] - len(squares)))
    steps = np.add.reduceat(squares[: edges[-1]], edges[:-1])
    blocks: NDArray[Any] = np.convolve(steps, np.ones(_STEPS), "valid") / (_BLOCK * rate)
    return blocks


@lru_cache(maxsize=8)
def _weighting(rate: int) -> NDArray[Any]:
    """Return the two filters that weight frequencies as they are heard, as second-order sections.

    Raises:
        MissingVoiceError: What knows them is not installed.
    """
    import numpy as np  # noqa: PLC0415

    try:
        from pyloudnorm import IIRfilter  # noqa: PLC0415
    except ImportError as error:
        raise MissingVoiceError(MISSING_SOUND) from error
    # BS.1770-4, tables 1 and 2, at any rate: as pyloudnorm's own meter has them.
    filters = (
        IIRfilter(4.0, 1 / math.sqrt(2), 1500.0, rate, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, rate, "high_pass"),
    )
    return np.array([[*each.b, *each.a] for each in filters])


def gated(powers: NDArray[Any]) -> float:
    """Return the integrated loudness of blocks, LUFS; minus infinity where all of it is silent.

    Blocks of several pieces may be put together: what lies between pieces is what the gates leave
    out, so that a spliced file need not be measured as a whole.

    References:
        ITU-R BS.1770-4, equations 4 to 7; ten units below the mean are a tenth of its power.
    """
    heard = powers[powers >= _SILENT]
    if not len(heard):
        return -math.inf
    kept = heard[heard > 0.1 * heard.mean()]
    return -0.691 + 10.0 * math.log10(float(kept.mean()))


def loudness(samples: NDArray[Any], rate: int) -> float:
    """Return the integrated loudness of one channel, LUFS; minus infinity for silence."""
    return gated(block_powers(samples, rate))


def true_peak(samples: NDArray[Any]) -> float:
    """Return the highest peak between the samples, dBTP, at four times their rate."""
    highest = float(_peaks(samples).max(initial=0.0))
    return 20.0 * math.log10(highest) if highest else -math.inf


def _peaks(samples: NDArray[Any], least: float | None = None) -> NDArray[Any]:
    """Return, for each sample, the highest of it and the three values that lie after it.

    They are worked out where they can reach ``least``, or the highest sample where that is None;
    elsewhere samples are taken as they are.
    """
    import numpy as np  # noqa: PLC0415

    taps = _taps()
    n_rows = -(-len(samples) // _STRETCH)
    padded = np.zeros(n_rows * _STRETCH + 2 * _HALF, np.float32)
    padded[_HALF : _HALF + len(samples)] = samples
    sizes = np.abs(padded[_HALF:-_HALF])
    rows = sizes.reshape(-1, _STRETCH)
    around = rows.max(axis=1)
    least = float(around.max(initial=0.0)) if least is None else least
    edges = rows[:, :_HALF].max(axis=1), rows[:, -_HALF:].max(axis=1)
    around[:-1] = np.maximum(around[:-1], edges[0][1:])
    around[1:] = np.maximum(around[1:], edges[1][:-1])
    most_gain = 1.001 * float(np.abs(taps).sum(axis=1).max())
    loud = np.flatnonzero(around >= least / most_gain)
    wide = _STRETCH + 2 * _HALF
    for start in range(0, len(loud), _TOGETHER):
        few = loud[start : start + _TOGETHER]
        windows = padded[np.arange(wide) + few[:, None] * _STRETCH]
        rows[few] = _between(windows.reshape(-1), taps).reshape(-1, wide)[:, _HALF:-_HALF]
    return sizes[: len(samples)]


def _between(samples: NDArray[Any], taps: NDArray[Any]) -> NDArray[Any]:
    """Return the highest of each sample and the three values after it; none at the two ends."""
    import numpy as np  # noqa: PLC0415

    inner = len(samples) - 2 * _HALF
    highest = np.zeros_like(samples)
    found = highest[_HALF:-_HALF]
    np.abs(samples[_HALF:-_HALF] * taps[0, _HALF], out=found)
    value, term = np.empty(inner, np.float32), np.empty(inner, np.float32)
    for phase in taps[1:]:
        value[:] = 0.0
        for place, tap in enumerate(phase[:-1]):
            np.multiply(samples[2 * _HALF - place : 2 * _HALF - place + inner], tap, out=term)
            value += term
        np.maximum(found, np.abs(value, out=value), out=found)
    return highest


@lru_cache(maxsize=1)
def _taps() -> NDArray[Any]:
    """Return the filter between samples, one row for each of the four places."""
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    taps = signal.firwin(2 * _HALF * _OVERSAMPLING + 1, 1 / _OVERSAMPLING) * _OVERSAMPLING
    return np.pad(taps, (0, _OVERSAMPLING - 1)).reshape(-1, _OVERSAMPLING).T.astype(np.float32)


def levelled(samples: NDArray[Any], now: float, target: Level) -> NDArray[Any]:
    """Return speech as loud as the target, with no true peak above its ceiling.

    Silence stays silence.

    Args:
        samples: One channel at the target's rate.
        now: How loud it is, LUFS.
        target: How loud it is to be.
    """
    loud = raised(samples, now, target)
    return limited(loud, target)[0] if true_peak(loud) > target.ceiling else loud


def raised(samples: NDArray[Any], now: float, target: Level) -> NDArray[Any]:
    """Return speech as loud as the target, however high it peaks; silence stays silence."""
    return samples * _gain(target.loudness - now) if math.isfinite(now) else samples


def limited(samples: NDArray[Any], target: Level) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return speech with no true peak above the target's ceiling, and the powers of its blocks.

    It is nearly as loud as before: what the limiter takes off is given back once.
    """
    out = _limited(samples, target)
    powers = block_powers(out, target.rate)
    shortfall = target.loudness - gated(powers)
    if shortfall < _NEAR:
        return out, powers
    out = _limited(out * _gain(shortfall), target)
    return out, block_powers(out, target.rate)


def _gain(decibels: float) -> float:
    return math.pow(10.0, decibels / 20.0)


def _limited(samples: NDArray[Any], target: Level) -> NDArray[Any]:
    """Turn down what would come out above the ceiling, beginning a moment before."""
    import numpy as np  # noqa: PLC0415
    from scipy import ndimage  # noqa: PLC0415

    ceiling = _gain(target.ceiling)
    peaks = _peaks(samples, ceiling)
    high = np.flatnonzero(peaks > ceiling)
    if not len(high):
        return samples
    wide = max(3, int(_LOOKAHEAD * target.rate) | 1)
    reach = 3 * wide  # farther than that nothing is turned down
    around = slice(max(0, high[0] - reach), high[-1] + reach)
    lowest = ndimage.minimum_filter1d(ceiling / np.maximum(peaks[around], ceiling), 2 * wide + 1)
    out = samples.copy()
    out[around] *= ndimage.uniform_filter1d(ndimage.uniform_filter1d(lowest, wide), wide)
    over = float(_peaks(out[around], ceiling).max()) / ceiling
    return out / over if over > 1.0 else out
