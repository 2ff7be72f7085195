"""Where somebody pauses: what sounds and what is silent, as stretches of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from personalization.voice.syllables import Loudness

SHORTEST_PAUSE: Final = 0.2  # seconds: what is shorter is a stop consonant or a breath of one
_SHORTEST_SOUND: Final = 0.1  # what is shorter is a click in a pause


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time.

    Attributes:
        begins: Seconds.
        ends: Likewise.
    """

    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return self.ends - self.begins


def find_pauses(
    found: Loudness, *, shortest: float = SHORTEST_PAUSE
) -> tuple[Stretch | None, tuple[Stretch, ...]]:
    """Return the stretch from the first sound to the last, and the pauses within it.

    Args:
        found: Loudness over time.
        shortest: Seconds of silence that make a pause.

    Returns:
        Nothing that sounds for 100 ms gives None and no pauses.
    """
    is_sounding = _without_clicks(found.is_sounding)
    places = np.flatnonzero(is_sounding)
    if not places.size:
        return None, ()
    step = float(found.times[1] - found.times[0]) if found.times.size > 1 else 0.0
    first, last = int(places[0]), int(places[-1])
    whole = Stretch(float(found.times[first]), float(found.times[last]) + step)
    quiet = _runs(~is_sounding[first : last + 1])
    pauses = (
        Stretch(float(found.times[first + begin]), float(found.times[first + end - 1]) + step)
        for begin, end in quiet
    )
    # Steps are sums of tenths of a millisecond: 0.2 s may come out as 0.19999.
    return whole, tuple(pause for pause in pauses if pause.seconds > shortest - step / 2)


def _without_clicks(is_sounding: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Take out sounds shorter than 100 ms that stand alone in a pause."""
    kept = is_sounding.copy()
    for begin, end in _runs(is_sounding):
        quiet_before = not is_sounding[max(begin - 10, 0) : begin].any()
        quiet_after = not is_sounding[end : end + 10].any()
        if (end - begin) * 0.01 < _SHORTEST_SOUND and quiet_before and quiet_after:
            kept[begin:end] = False
    return kept


def _runs(is_true: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and end of each run of truths."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_true, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
