"""Stretches of samples with what is known of each: a file is put together without a look at them.

What is the same in thousands of files is measured once; what a file is held to follows from its
stretches exactly as it would from all of its samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

QUIET: Final = 10 ** (-50 / 20) * 32_767
"""The highest sample of 16 bits that counts as silence: 50 dB below full scale."""

_HOP: Final = 480  # samples
SHORTEST_GAP: Final = 2 * _HOP
"""Samples of silence between sounds from which on it counts: 20 ms, which hold a whole hop."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples that nobody writes to, and what is known of them.

    Attributes:
        integers: At 48 kHz, 16 bits, one channel.
        highest: Size of the highest one.
        first: Place of the first one that is heard; None where all is silence.
        last: Of the last one.
        gap: Samples of the longest silence in between; 0 where none is as long as SHORTEST_GAP.
    """

    integers: NDArray[Any]
    highest: int
    first: int | None
    last: int | None
    gap: int

    def __len__(self) -> int:
        """Return how many samples it has."""
        return len(self.integers)


def stretch_of(integers: NDArray[Any]) -> Stretch:
    """Measure samples; from then on nobody can write to them."""
    import numpy as np  # noqa: PLC0415

    integers.flags.writeable = False
    starts = np.arange(0, len(integers), _HOP)
    if not len(starts):
        return Stretch(integers, 0, None, None, 0)
    sizes = np.maximum(
        np.maximum.reduceat(integers, starts),
        -np.minimum.reduceat(integers, starts).astype(np.int32),
    )
    hops = np.flatnonzero(sizes > QUIET)
    if not len(hops):
        return Stretch(integers, int(sizes.max()), None, None, 0)
    first, last = _heard(integers, hops[0])[0], _heard(integers, hops[-1])[1]
    return Stretch(integers, int(sizes.max()), first, last, _longest(integers, hops))


def _heard(integers: NDArray[Any], hop: int) -> tuple[int, int]:
    """Return the places of the first and the last sample of a hop that are heard."""
    import numpy as np  # noqa: PLC0415

    start = int(hop) * _HOP
    samples = integers[start : start + _HOP]
    found = np.flatnonzero((samples > QUIET) | (samples < -QUIET))
    return start + int(found[0]), start + int(found[-1])


def _longest(integers: NDArray[Any], hops: NDArray[Any]) -> int:
    """Return the samples of the longest silence, looked at where it can be by whole hops."""
    import numpy as np  # noqa: PLC0415

    apart = np.diff(hops)
    most = int(apart.max(initial=1))
    if most == 1:
        return 0
    places = np.flatnonzero((apart > 1) & (apart >= most - 1))
    longest = max(
        _heard(integers, hops[place + 1])[0] - _heard(integers, hops[place])[1] - 1
        for place in places
    )
    return longest if longest >= SHORTEST_GAP else 0


def silences(stretches: Sequence[Stretch]) -> tuple[int, int, int]:
    """Return the samples of silence before, after, and at most between what is heard."""
    start, longest = 0, 0
    first: int | None = None
    last = -1
    for each in stretches:
        if each.first is not None and each.last is not None:
            if first is None:
                first = start + each.first
            else:
                longest = max(longest, start + each.first - last - 1)
            longest = max(longest, each.gap)
            last = start + each.last
        start += len(each)
    if first is None:
        return start, start, start
    return first, start - 1 - last, longest if longest >= SHORTEST_GAP else 0
