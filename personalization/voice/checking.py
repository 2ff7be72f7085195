"""What every file is held to before it is ready; a check that fails holds the file back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.voice import stretches
from personalization.voice.loudness import RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.voice.loudness import Level
    from personalization.voice.splicing import Sound

MOST_CLIPPED: Final = 0
"""Runs of three and more samples at full scale."""

LONGEST_EDGE: Final = (0.5, 1.0)
"""Seconds of silence before the first and after the last word."""

LONGEST_SILENCE: Final = 2.0
"""Seconds of silence within; a longer one sounds as if the file had ended."""

CHARACTERS_A_SECOND: Final = (5.0, 28.0)
"""Between which speech is plausible: slower has gaps, faster lacks words."""

_TOLERANCE: Final = 0.7  # LU, twice what the measure of pieces and of the whole may differ by
_FULL: Final = 32_766  # of 16 bits
_SLACK: Final = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of a file and what it may be.

    Attributes:
        value: As measured.
        least: At least; None has no lower bound.
        most: At most; None has no upper bound.
        told: What is wrong, in words, where it fails.
    """

    name: str
    value: float
    least: float | None
    most: float | None
    told: str

    @property
    def is_passed(self) -> bool:
        """Tell whether the figure is within its bounds; one that is no number is not."""
        if math.isnan(self.value):
            return False
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)

    def as_json(self) -> dict[str, Any]:
        """Return it as the record and the manifest have it."""
        value = round(self.value, 3) if math.isfinite(self.value) else None
        return {
            "name": self.name, "value": value, "least": self.least, "most": self.most,
            "told": self.told, "is_passed": self.is_passed,
        }  # fmt: skip


def check_sound(sound: Sound, text: str, *, level: Level, budget: float) -> tuple[Check, ...]:
    """Hold a file to everything that can be told from its samples and its words.

    Args:
        sound: What was put together.
        text: The words that were to be said.
        level: What it was made to.
        budget: Seconds that it may last.
    """
    leading, trailing, longest = silences(sound)
    spoken = sound.words[-1].ends - sound.words[0].begins if sound.words else sound.seconds
    pace = len(text) / spoken if spoken > 0 else math.inf
    return (
        Check("clipping", clipped(sound), None, MOST_CLIPPED, "The sound is clipped."),
        Check("true_peak", sound.peak, None, level.most_peak + 0.01, "Peaks are too high."),
        Check("loudness", sound.loudness, level.loudness - _TOLERANCE, level.loudness + _TOLERANCE,
              "It is not as loud as it should be."),
        Check("leading_silence", leading, None, LONGEST_EDGE[0], "It begins with silence."),
        Check("trailing_silence", trailing, None, LONGEST_EDGE[1], "It ends with silence."),
        Check("longest_silence", longest, None, LONGEST_SILENCE, "There is a long gap in it."),
        Check("duration", sound.seconds, 0.3, budget, "It is longer than it may be."),
        Check("pace", pace, *CHARACTERS_A_SECOND, "It cannot hold all of the words."),
        Check("word_times", misplaced(sound), None, 0, "Words are timed outside of it."),
    )  # fmt: skip


def failed(checks: Sequence[Check]) -> str:
    """Say what fails, with the figures; empty where nothing does."""
    return " ".join(
        f"{check.told} ({check.name} {check.value:.2f})" for check in checks if not check.is_passed
    )


def clipped(sound: Sound) -> int:
    """Count places at which three samples or more in a row are at full scale."""
    import numpy as np  # noqa: PLC0415

    if max((each.highest for each in sound.stretches), default=0) < _FULL:
        return 0
    full = np.abs(sound.integers.astype(np.int32)) >= _FULL
    runs = full[:-2] & full[1:-1] & full[2:]
    return int(np.count_nonzero(np.diff(np.concatenate(([0], runs.astype(np.int8)))) == 1))


def silences(sound: Sound) -> tuple[float, float, float]:
    """Return the seconds of silence before, after, and at most between what is heard."""
    before, after, longest = stretches.silences(sound.stretches)
    return before / RATE, after / RATE, longest / RATE


def misplaced(sound: Sound) -> int:
    """Count words that end before they begin, begin before the one before, or lie outside."""
    before, wrong, seconds = 0.0, 0, sound.seconds
    for word in sound.words:
        if word.begins < before - _SLACK or word.ends < word.begins or word.ends > seconds:
            wrong += 1
        before = word.begins
    return wrong
