"""Does what was learnt predict better: each batch of messages is foretold from those before it.

The measure is log-loss in nats a message: minus the logarithm of the chance that was given to what
then happened.  A guess that never changes is held against what the pooled posterior said before
the batch was sent, so that nothing is judged by what it was learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, Final

from personalization.outreach.pooling import STRENGTHS, pool

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

_SURE: Final = 1e-6  # no prediction is surer than that


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one cell in one batch.

    Attributes:
        batch: From 1, in the order of sending.
        role: With channel and arm, how they were written.
        band: What was known of the prospects: whether they reacted before, and whether a fact of
            theirs was cited.
        n: Messages whose time is over.
        positives: How many of them were answered kindly.
    """

    batch: int
    role: str
    channel: str
    arm: str
    band: str
    n: int
    positives: int


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one forecast's log-loss is above another's, in nats a message.

    Attributes:
        difference: Below 0 where the first one foretells better.
        error: Its standard error over messages.
        n: Messages that were foretold.
    """

    difference: float
    error: float
    n: int


def learning_change(batches: Sequence[Batch], base_rate: float) -> Change | None:
    """Compare the posterior before each batch with the guess that nothing was learnt from.

    Args:
        batches: Of at least two numbers; the first one is learnt from only.
        base_rate: The guess.

    Returns:
        Loss of the posterior minus loss of the guess, or None where there is no second batch.
    """
    forecasts = []
    for number in sorted({row.batch for row in batches})[1:]:
        before = _means([row for row in batches if row.batch < number], batches, base_rate)
        forecasts += [
            (row, before[row.role, row.channel, row.arm], base_rate)
            for row in batches
            if row.batch == number
        ]
    return _change(forecasts)


def context_change(batches: Sequence[Batch], base_rate: float) -> Change | None:
    """Compare forecasts with what is known of the prospect to those by role and channel only.

    Both are learnt from the earlier half of the batches and judged on the later one.

    Returns:
        Loss with the context minus loss without it, or None where a half is missing.
    """
    numbers = sorted({row.batch for row in batches})
    middle = len(numbers) // 2
    earlier = [row for row in batches if row.batch in numbers[:middle]]
    plain = _rates(earlier, [(row, (row.role, row.channel)) for row in batches], base_rate, {})
    above: dict[Hashable, float] = {
        (row.role, row.channel, row.band): plain[row.role, row.channel] for row in batches
    }
    known = _rates(
        earlier, [(row, (row.role, row.channel, row.band)) for row in batches], base_rate, above
    )
    return _change(
        [
            (row, known[row.role, row.channel, row.band], plain[row.role, row.channel])
            for row in batches
            if row.batch in numbers[middle:] and earlier
        ]
    )


def _rates(
    earlier: Sequence[Batch],
    keyed: Sequence[tuple[Batch, Hashable]],
    base_rate: float,
    above: Mapping[Hashable, float],
) -> dict[Hashable, float]:
    """Return the rate of each key, drawn to the one above it or to the guess."""
    learnt = {id(row) for row in earlier}
    found: dict[Hashable, tuple[int, int]] = {}
    for row, key in keyed:
        n, positives = found.get(key, (0, 0))
        is_learnt = id(row) in learnt
        found[key] = (n + row.n * is_learnt, positives + row.positives * is_learnt)
    strength = STRENGTHS.whole
    return {
        key: (strength * above.get(key, base_rate) + positives) / (strength + n)
        for key, (n, positives) in found.items()
    }


def _means(
    before: Sequence[Batch], batches: Sequence[Batch], base_rate: float
) -> dict[tuple[str, str, str], float]:
    """Return the pooled mean of every cell that occurs, from the batches before."""
    import numpy as np  # noqa: PLC0415

    axes = [
        {name: place for place, name in enumerate(sorted({getattr(row, axis) for row in batches}))}
        for axis in ("role", "channel", "arm")
    ]
    trials, rewards = np.zeros([len(axis) for axis in axes]), np.zeros([len(a) for a in axes])
    for row in before:
        place = axes[0][row.role], axes[1][row.channel], axes[2][row.arm]
        trials[place] += row.n
        rewards[place] += row.positives
    mean = pool(trials, rewards, base_rate=base_rate).mean
    return {
        (row.role, row.channel, row.arm): float(
            mean[axes[0][row.role], axes[1][row.channel], axes[2][row.arm]]
        )
        for row in batches
    }


def _change(forecasts: Sequence[tuple[Batch, float, float]]) -> Change | None:
    """Sum up how much more the first of two forecasts loses than the second, message by message."""
    n = sum(row.n for row, _, _ in forecasts)
    if not n:
        return None
    total, squares = 0.0, 0.0
    for row, first, second in forecasts:
        hit = log(_clipped(second) / _clipped(first))
        miss = log((1 - _clipped(second)) / (1 - _clipped(first)))
        total += row.positives * hit + (row.n - row.positives) * miss
        squares += row.positives * hit**2 + (row.n - row.positives) * miss**2
    mean = total / n
    return Change(mean, sqrt(max(squares / n - mean**2, 0.0) / n), n)


def _clipped(chance: float) -> float:
    return min(max(chance, _SURE), 1 - _SURE)
