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
    from collections.abc import Sequence

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
_STRETCH: Final = 512  # samples looked at together
_BLOCK: Final = 0.4  # seconds: a gating block
_LOOKAHEAD: Final = 0.0015  # seconds
_SILENT: Final = -70.0  # LUFS: the absolute gate
_NEAR: Final = 0.1  # LU: what nobody hears


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


def block_levels(samples: NDArray[Any], rate: int) -> tuple[float, ...]:
    """Return the loudness of each gating block of 400 ms, LUFS; four in a second and a half more.

    What is shorter than a block is repeated until it fills one, so that a name has a loudness too.

    Raises:
        MissingVoiceError: What measures it is not installed.
    """
    import numpy as np  # noqa: PLC0415

    try:
        import pyloudnorm  # noqa: PLC0415
    except ImportError as error:
        raise MissingVoiceError(MISSING_SOUND) from error
    if not len(samples) or not np.any(samples):
        return ()
    least = math.ceil(_BLOCK * rate) + 1
    whole = np.tile(samples, math.ceil(least / len(samples))) if len(samples) < least else samples
    meter = pyloudnorm.Meter(rate)
    with np.errstate(all="ignore"):
        meter.integrated_loudness(whole.astype(np.float64))
    return tuple(float(level) for level in meter.blockwise_loudness if np.isfinite(level))


def gated(blocks: Sequence[float]) -> float:
    """Return the integrated loudness of blocks, LUFS; minus infinity where all of it is silent.

    Blocks of several pieces may be put together: what lies between pieces is what the gates leave
    out, so that a spliced file need not be measured as a whole.

    References:
        ITU-R BS.1770-4, equations 4 to 7.
    """
    heard = [_power(level) for level in blocks if level >= _SILENT]
    if not heard:
        return -math.inf
    relative = _level(sum(heard) / len(heard)) - 10.0
    kept = [power for power in heard if _level(power) > relative]
    return _level(sum(kept) / len(kept)) if kept else -math.inf


def _power(level: float) -> float:
    return math.pow(10.0, (level + 0.691) / 10.0)


def _level(power: float) -> float:
    return -0.691 + 10.0 * math.log10(power)


def loudness(samples: NDArray[Any], rate: int) -> float:
    """Return the integrated loudness of one channel, LUFS; minus infinity for silence."""
    return gated(block_levels(samples, rate))


def true_peak(samples: NDArray[Any]) -> float:
    """Return the highest peak between the samples, dBTP, at four times their rate.

    Only stretches with a sample of half the highest one or more are looked at between the samples.
    """
    import numpy as np  # noqa: PLC0415

    highest = float(np.max(np.abs(samples), initial=0.0))
    if not highest:
        return -math.inf
    return 20.0 * math.log10(float(_peaks(samples, 0.5 * highest).max()))


def _peaks(samples: NDArray[Any], least: float) -> NDArray[Any]:
    """Return, for each sample, the highest of it and the three values that lie after it.

    Stretches without a sample of ``least`` are taken as they are.
    """
    import numpy as np  # noqa: PLC0415

    short = -len(samples) % _STRETCH
    padded = np.pad(samples, (_HALF, _HALF + short)).astype(np.float32)
    rows = np.abs(padded[_HALF:-_HALF]).reshape(-1, _STRETCH)
    loud = np.flatnonzero(rows.max(axis=1) >= least)
    around = np.arange(_STRETCH + 2 * _HALF) + loud[:, None] * _STRETCH
    edge = _HALF * _OVERSAMPLING  # what lies there has neighbours on one side only
    fine = _fine(padded[around])[:, edge:-edge].reshape(len(loud), _STRETCH, _OVERSAMPLING)
    rows[loud] = np.maximum(rows[loud], fine.max(axis=2))
    return rows.reshape(-1)[: len(samples)]


def _fine(samples: NDArray[Any]) -> NDArray[Any]:
    """Return the sizes of the signal at four times the rate, along the last axis."""
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    fine = signal.upfirdn(_taps(), samples, _OVERSAMPLING)
    delay = _HALF * _OVERSAMPLING
    out: NDArray[Any] = np.abs(fine[..., delay : delay + _OVERSAMPLING * samples.shape[-1]])
    return out


@lru_cache(maxsize=1)
def _taps() -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    taps = signal.firwin(2 * _HALF * _OVERSAMPLING + 1, 1 / _OVERSAMPLING)
    return (taps * _OVERSAMPLING).astype(np.float32)


def levelled(samples: NDArray[Any], now: float, target: Level) -> NDArray[Any]:
    """Return speech as loud as the target, with no true peak above its ceiling.

    Silence stays silence.

    Args:
        samples: One channel at the target's rate.
        now: How loud it is, LUFS.
        target: How loud it is to be.
    """
    if not math.isfinite(now):
        return samples
    raised = samples * _gain(target.loudness - now)
    out = _limited(raised, target)
    if out is raised:
        return out
    shortfall = target.loudness - loudness(out, target.rate)
    if shortfall < _NEAR:
        return out
    # What the limiter took off is given back once, within the same ceiling.
    return _limited(out * _gain(shortfall), target)


def _gain(decibels: float) -> float:
    return math.pow(10.0, decibels / 20.0)


def _limited(samples: NDArray[Any], target: Level) -> NDArray[Any]:
    """Turn down what would come out above the ceiling, beginning a moment before."""
    import numpy as np  # noqa: PLC0415
    from scipy import ndimage  # noqa: PLC0415

    ceiling = _gain(target.most_peak - 0.05)
    peaks = _peaks(samples, 0.5 * ceiling)
    if float(peaks.max(initial=0.0)) <= ceiling:
        return samples
    wide = max(3, int(_LOOKAHEAD * target.rate) | 1)
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    lowest = ndimage.minimum_filter1d(wanted, 2 * wide + 1)
    gain = ndimage.uniform_filter1d(ndimage.uniform_filter1d(lowest, wide), wide)
    out = samples * gain
    over = float(_peaks(out, 0.5 * ceiling).max()) / ceiling
    return out / over if over > 1.0 else out
