"""How far a delivery lies from a speaker's, in tolerances: one figure for each measure, and a mean.

One tolerance is about what a listener just notices; a mean of half a tolerance is a close match.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from personalization.voice.profiles import MeasureError, Measures

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLERANCES: Final = {
    "f0_median": 1.0,  # semitones
    "f0_range": 1.0,  # semitones
    "articulation_rate": 0.25,  # syllables a second
    "pause_ratio": 0.03,
    "pause_mean": 0.08,  # seconds
    "intensity_range": 2.0,  # decibels
}
"""Measures that are matched, with what counts as one tolerance of each."""

NAMES: Final = {
    "f0_median": "pitch level",
    "f0_range": "pitch movement",
    "articulation_rate": "pace",
    "pause_ratio": "share of pauses",
    "pause_mean": "length of pauses",
    "intensity_range": "dynamics",
}
"""How a marketer reads them."""


def style_errors(wanted: Measures, reached: Measures) -> tuple[MeasureError, ...]:
    """Return how far each measure lies from the speaker's; pitch levels in semitones.

    Args:
        wanted: The speaker's.
        reached: Those of a rendering, measured by the same instrument.
    """
    return tuple(_error(name, wanted, reached) for name in TOLERANCES)


def _error(name: str, wanted: Measures, reached: Measures) -> MeasureError:
    target, value = float(getattr(wanted, name)), float(getattr(reached, name))
    difference = 12 * math.log2(value / target) if name == "f0_median" else value - target
    return MeasureError(name, target, value, difference, abs(difference) / TOLERANCES[name])


def mean_error(errors: Iterable[MeasureError]) -> float:
    """Return the mean over the measures, in tolerances; those out of reach count like the rest."""
    found = [error.tolerances for error in errors]
    return sum(found) / len(found)


def style_error(wanted: Measures, reached: Measures) -> float:
    """Return the mean distance of a rendering from a speaker, in tolerances."""
    return mean_error(style_errors(wanted, reached))
