"""Which way each dial is turned when a rendering lies beside the speaker's figures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.providers.speech import DIAL_LIMITS, Dials

if TYPE_CHECKING:
    from personalization.voice.profiles import MeasureError, Measures

# What one unit of a dial of the embedded engine does, measured from one end to the other.
_SEMITONES_PER_PITCH: Final = 0.163
_SEMITONES_PER_RANGE: Final = 0.105
_SEMITONES_PER_DECLINATION: Final = 0.2
_RANGE_ENDS: Final = 78.0  # beyond it the engine's range does nothing, and falling phrases go on
_DAMPING: Final = 0.8
_LEAST_DYNAMICS, _MOST_DYNAMICS = 0.5, 2.0
_OPENAI_SPEEDS: Final = (0.25, 1.5)  # what its current service takes
_NOTICED: Final = 1.0  # tolerances


def turned(dials: Dials, reached: Measures, wanted: Measures) -> Dials:
    """Turn the dials of the embedded engine by most of what is missing."""
    level = 12 * math.log2(wanted.f0_median / reached.f0_median)
    movement, falling = _movement(dials, wanted.f0_range - reached.f0_range)
    return replace(
        dials,
        pitch=_held("pitch", dials.pitch + _DAMPING * level / _SEMITONES_PER_PITCH),
        range=movement,
        declination=falling,
        rate=_held("rate", dials.rate * _part(wanted.articulation_rate, reached.articulation_rate)),
        dynamics=_dynamics(dials, reached, wanted),
    )


def hosted_turned(dials: Dials, reached: Measures, wanted: Measures) -> Dials:
    """Turn the dials of a hosted engine, whose answers are taken to be in proportion."""
    level = 12 * math.log2(wanted.f0_median / reached.f0_median)
    pace = wanted.articulation_rate / max(reached.articulation_rate, 0.1)
    movement = wanted.f0_range / max(reached.f0_range, 0.1)
    least, most = _OPENAI_SPEEDS
    return replace(
        dials,
        speed=min(max(dials.speed * pace, least), most),
        pitch_shift=_held("pitch_shift", dials.pitch_shift + level),
        range_factor=_held("range_factor", dials.range_factor * movement),
        dynamics=_dynamics(dials, reached, wanted),
    )


def explained(error: MeasureError, dials: Dials, *, is_embedded: bool) -> MeasureError:
    """Say why a measure lies more than one tolerance away, where a dial is at its end."""
    if error.tolerances <= _NOTICED:
        return error
    way = "higher" if error.difference < 0 else "lower"
    pace = "faster" if error.difference < 0 else "slower"
    reasons = {
        "f0_median": f"this voice goes no {way}",
        "f0_range": "the engine moves its pitch no more and no less than that",
        "articulation_rate": f"the engine speaks no {pace}",
        "pause_ratio": _PAUSES[error.difference < 0],
        "pause_mean": _PAUSES[error.difference < 0],
        "intensity_range": "loudness is not moved further than that, or it would be heard",
    }
    if not is_embedded or not _at_its_end(error.measure, dials):
        return replace(error, out_of_reach="this is the nearest that was found")
    return replace(error, out_of_reach=reasons[error.measure])


_PAUSES: Final = {
    True: "the text offers too few places to pause at",
    False: "the sentences of the text end more often than the speaker pauses",
}


def _movement(dials: Dials, semitones: float) -> tuple[float, float]:
    """Return range and declination with that many semitones more movement."""
    missing = _DAMPING * semitones
    falling = dials.declination + missing / _SEMITONES_PER_DECLINATION
    if dials.declination and falling > 0:
        return dials.range, _held("declination", falling)
    rest = falling * _SEMITONES_PER_DECLINATION if dials.declination else missing
    moved = min(dials.range, _RANGE_ENDS) + rest / _SEMITONES_PER_RANGE
    beyond = max(moved - _RANGE_ENDS, 0.0) * _SEMITONES_PER_RANGE / _SEMITONES_PER_DECLINATION
    return min(max(moved, 0.0), _RANGE_ENDS), _held("declination", beyond)


def _dynamics(dials: Dials, reached: Measures, wanted: Measures) -> float:
    moved = dials.dynamics * _part(wanted.intensity_range, reached.intensity_range)
    return round(min(max(moved, _LEAST_DYNAMICS), _MOST_DYNAMICS), 3)


def _part(wanted: float, reached: float) -> float:
    """Return most of the factor between two figures."""
    return float((max(wanted, 0.1) / max(reached, 0.1)) ** _DAMPING)


def _held(name: str, value: float) -> float:
    least, most = DIAL_LIMITS[name]
    return round(min(max(value, least), most), 3)


def _at_its_end(measure: str, dials: Dials) -> bool:
    ends = {
        "f0_median": dials.pitch in DIAL_LIMITS["pitch"],
        "f0_range": dials.range == 0 or dials.declination == DIAL_LIMITS["declination"][1],
        "articulation_rate": dials.rate in DIAL_LIMITS["rate"],
        "intensity_range": dials.dynamics in (_LEAST_DYNAMICS, _MOST_DYNAMICS),
    }
    return ends.get(measure, True)
