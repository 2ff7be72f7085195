"""Planted worlds: campaigns whose truth is known, for measuring what is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personalization.learning.effects import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

N_SEGMENTS, N_CREATIVES, N_TONES = 4, 9, 3
BASE, SEASON, HABIT = 0.12, 0.05, 0.015  # click rate; its spread over campaigns, over segments
MAIN, OWN = 0.012, 0.01  # spread of tones and plans on average, and of what segments add
TRAITS = [(("tone", f"tone{k // 3}"), ("plan", f"plan{k % 3}")) for k in range(N_CREATIVES)]


@dataclass(frozen=True)
class World:
    """What each creative adds in each segment, and what eight campaigns showed of it.

    Attributes:
        truth: Added click rate, segments x creatives.
        sent: Campaign, segment, creative, customers and clicks.
    """

    truth: Array
    sent: Sequence[tuple[int, int, int, int, int]]

    def gain(self, scores: Array) -> float:
        """Return what choosing by ``scores`` adds to the average creative, in click rate."""
        chosen = self.truth[np.arange(len(self.truth)), scores.argmax(axis=1)]
        return float((chosen - self.truth.mean(axis=1)).mean())

    def pooled(self, *, by_segment: bool) -> Array:
        """Return raw click rates by creative, whatever campaign they come from."""
        rates = np.full(self.truth.shape, -1.0)
        for segment in range(len(self.truth)):
            for creative in range(N_CREATIVES):
                found = [
                    (n, x) for _, s, k, n, x in self.sent
                    if k == creative and (s == segment or not by_segment)
                ]  # fmt: skip
                if found:
                    rates[segment, creative] = sum(x for _, x in found) / sum(n for n, _ in found)
        return rates


def planted(
    seed: int, *, main: float = MAIN, own: float = OWN, n: int = 250, campaigns: int = 8
) -> World:
    """Plant tones and plans, and send four of nine creatives in each campaign."""
    rng = np.random.default_rng(seed)
    tone, plan = rng.normal(0, main, N_TONES), rng.normal(0, main, N_TONES)
    own_tone = rng.normal(0, own, (N_SEGMENTS, N_TONES))
    own_plan = rng.normal(0, own, (N_SEGMENTS, N_TONES))
    k = np.arange(N_CREATIVES)
    truth = tone[k // 3] + plan[k % 3] + own_tone[:, k // 3] + own_plan[:, k % 3]
    levels = (
        BASE + rng.normal(0, HABIT, N_SEGMENTS) + rng.normal(0, SEASON, campaigns)[:, np.newaxis]
    )
    sent = []
    for campaign in range(campaigns):
        creatives = rng.choice(N_CREATIVES, 4, replace=False)
        for segment in range(N_SEGMENTS):
            for creative in creatives:
                rate = np.clip(levels[campaign, segment] + truth[segment, creative], 0.005, 0.95)
                customers = int(rng.poisson(n))
                clicks = int(rng.binomial(customers, rate))
                sent.append((campaign, segment, int(creative), customers, clicks))
    return World(truth, sent)


def cells_of(world: World) -> list[Cell]:
    """Return the evidence as the model takes it: rates with the variance of their stratum."""
    totals: dict[tuple[int, int], tuple[int, int]] = {}
    for campaign, segment, _, n, x in world.sent:
        before = totals.get((campaign, segment), (0, 0))
        totals[campaign, segment] = (before[0] + n, before[1] + x)
    cells = []
    for campaign, segment, creative, n, x in world.sent:
        customers, clicks = totals[campaign, segment]
        rate = (clicks + 0.5) / (customers + 1)
        precision = n / (rate * (1 - rate))
        cells.append(Cell(f"c{campaign}", f"s{segment}", TRAITS[creative], x / n, precision))
    return cells
