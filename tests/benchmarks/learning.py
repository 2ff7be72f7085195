"""What learning from past campaigns earns, in worlds whose truth is known.

    python tests/benchmarks/learning.py --worlds 40 --runs 20

The first table plants tones and plans in 8 campaigns x 4 segments and asks which creative of nine
each segment should get: by the random-effects model, and by raw click rates.  The second one
plays 12 campaigns after each other and shows which share of the gap between equal shares and an
oracle each way to allocate has earned by the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from personalization.learning.allocation import allocate  # noqa: E402
from personalization.learning.effects import Cell, fit_effects  # noqa: E402
from tests.learning.worlds import N_SEGMENTS, TRAITS, World, cells_of, planted  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

N_CAMPAIGNS: Final = 12
SEASON: Final = 0.02  # spread of click rates over campaigns
CELLS: Final = ROOT / "tests" / "data" / "policy_value" / "hillstrom_cells.csv"


def learnt_scores(world: World) -> Array:
    """Return what the model says each creative adds in each segment."""
    effects = fit_effects(cells_of(world))
    messages = [(f"s{s}", dict(traits)) for s in range(N_SEGMENTS) for traits in TRAITS]
    return effects.joint(messages)[0].reshape(N_SEGMENTS, len(TRAITS))


def choices(n_worlds: int) -> None:
    """Print the gain of choosing by what was learnt, beside the oracle's and that of raw rates."""
    ways: Mapping[str, Callable[[World], Array]] = {
        "oracle": lambda world: world.truth,
        "random-effects model": learnt_scores,
        "raw rates by segment and creative": lambda world: world.pooled(by_segment=True),
        "raw rates by creative": lambda world: world.pooled(by_segment=False),
    }
    worlds = [planted(seed) for seed in range(n_worlds)]
    oracle = np.mean([world.gain(world.truth) for world in worlds])
    print(f"{n_worlds} planted worlds: 8 campaigns x 4 segments x 4 of 9 creatives x 250 customers")
    for name, way in ways.items():
        begun = time.perf_counter()
        gain = np.mean([world.gain(way(world)) for world in worlds])
        took = (time.perf_counter() - begun) / n_worlds
        print(f"  {name:<36}{gain * 100:6.2f} points {gain / oracle:6.0%}   {took * 1e3:5.1f} ms")


@dataclass
class Log:
    """What the campaigns so far came to: segments x arms for each of them."""

    sent: list[Array]
    clicked: list[Array]

    def pooled(self) -> tuple[Array, Array]:
        return sum(self.sent, np.zeros(1)), sum(self.clicked, np.zeros(1))


def uniform(log: Log, shape: tuple[int, int], _: str) -> Array:
    """Give every arm the same."""
    del log
    return np.full(shape, 1 / shape[1])


def raw_winner(log: Log, shape: tuple[int, int], _: str) -> Array:
    """Give everything to the arm with the best raw rate so far, segment by segment."""
    sent, clicked = log.pooled()
    rates = clicked / np.maximum(sent, 1)
    shares: Array = np.eye(shape[1])[rates.argmax(axis=1)]
    return shares


def global_winner(log: Log, shape: tuple[int, int], _: str) -> Array:
    """Give everything to the arm with the best raw rate so far over all segments."""
    sent, clicked = log.pooled()
    best = (clicked.sum(axis=0) / np.maximum(sent.sum(axis=0), 1)).argmax()
    return np.tile(np.eye(shape[1])[best], (shape[0], 1))


def flat(log: Log, shape: tuple[int, int], seed: str) -> Array:
    """Draw from a Beta posterior of each segment and arm by itself; floor 5 %."""
    sent, clicked = log.pooled()
    rng = np.random.default_rng([int(part) for part in seed.split("/")])
    draws = rng.beta(1 + clicked, 1 + sent - clicked, (4_000, *shape))
    best = np.eye(shape[1])[draws.argmax(axis=2)].mean(axis=0)
    return np.asarray(0.05 + (1 - shape[1] * 0.05) * best)


def shrunken(floor: float) -> Callable[[Log, tuple[int, int], str], Array]:
    """Return the product's own way: joint posterior of the effects, with a floor."""

    def share(log: Log, shape: tuple[int, int], seed: str) -> Array:
        effects = fit_effects(_cells(log))
        messages = {str(arm): {"tone": str(arm)} for arm in range(shape[1])}
        return np.array(
            [
                [s.weight for s in allocate(effects, str(segment), messages, floor=floor,
                                            seed=seed).values()]
                for segment in range(shape[0])
            ]
        )  # fmt: skip

    return share


def _cells(log: Log) -> list[Cell]:
    cells = []
    for campaign, (sent, clicked) in enumerate(zip(log.sent, log.clicked, strict=True)):
        rate = (clicked.sum(axis=1) + 0.5) / (sent.sum(axis=1) + 1)
        for segment, arm in zip(*np.nonzero(sent > 1), strict=True):
            n = sent[segment, arm]
            precision = n / (rate[segment] * (1 - rate[segment]))
            cells.append(Cell(str(campaign), str(segment), (("tone", str(arm)),),
                              clicked[segment, arm] / n, precision))  # fmt: skip
    return cells


WAYS: Final = {
    "uniform": uniform,
    "raw winner per segment": raw_winner,
    "global winner": global_winner,
    "Thompson per segment, 5 %": flat,
    "Thompson shrunken, 5 %": shrunken(0.05),
    "Thompson shrunken, 2 %": shrunken(0.02),
}


def earned(
    truth: Array, n: int, way: Callable[[Log, tuple[int, int], str], Array], seed: int
) -> tuple[float, float]:
    """Play 12 campaigns; return what the variants brought above equal shares, and the oracle."""
    rng = np.random.default_rng(seed)
    log = Log([], [])
    shape = (truth.shape[0], truth.shape[1])
    per_segment = 0.9 * n / shape[0]  # a tenth is control, outside of it all
    got = 0.0
    for campaign in range(N_CAMPAIGNS):
        weights = way(log, shape, f"{seed}/{campaign}") if campaign else uniform(log, shape, "")
        sent = np.array([rng.multinomial(round(per_segment), row) for row in weights], dtype=float)
        rates = np.clip(truth + rng.normal(0, SEASON), 0.001, 0.999)
        log.sent.append(sent)
        log.clicked.append(rng.binomial(sent.astype(int), rates).astype(float))
        got += float((weights * truth).sum(axis=1).mean() - truth.mean())
    return got, N_CAMPAIGNS * float(truth.max(axis=1).mean() - truth.mean())


def hillstrom(_: int) -> Array:
    """Return visit rates of three arms by what customers bought before (Hillstrom 2008)."""
    found = pd.read_csv(CELLS).pivot_table(
        index="category", columns="arm", values=["n", "visits"], aggfunc="sum"
    )
    return (found["visits"] / found["n"]).to_numpy(dtype=float)


def alike(seed: int) -> Array:
    """Return rates of four arms that six segments like alike."""
    rng = np.random.default_rng(10_000 + seed)
    return 0.10 + rng.normal(0, 0.015, (6, 1)) + np.tile(rng.normal(0, 0.01, 4), (6, 1))


def apart(seed: int) -> Array:
    """Return rates of four arms of which each of six segments likes another one."""
    rng = np.random.default_rng(20_000 + seed)
    return 0.10 + rng.normal(0, 0.015, (6, 1)) + rng.normal(0, 0.015, (6, 4))


def allocations(n_runs: int) -> None:
    """Print the share of the oracle's gap that each way to allocate earns in 12 campaigns."""
    worlds = [("Hillstrom cells", hillstrom, 2_000), ("segments alike", alike, 2_000),
              ("segments alike", alike, 10_000), ("segments differ", apart, 2_000),
              ("segments differ", apart, 10_000), ("segments differ", apart, 300)]  # fmt: skip
    print(f"\n{N_CAMPAIGNS} campaigns, {n_runs} runs: share of the gap from equal to oracle earned")
    print(f"  {'world, customers a campaign':<30}" + "".join(f"{name:>27}" for name in WAYS))
    for name, world, n in worlds:
        shares = []
        for way in WAYS.values():
            played = [earned(world(seed), n, way, seed) for seed in range(n_runs)]
            shares.append(sum(got for got, _ in played) / sum(gap for _, gap in played))
        print(
            f"  {f'{name}, {n:,}':<30}"
            + "".join(f"{round(share, 2) + 0.0:>27.0%}" for share in shares)
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    choices(asked.worlds)
    allocations(asked.runs)


if __name__ == "__main__":
    main()
