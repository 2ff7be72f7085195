"""Whether the statistics keep what they say: simulated tests whose truth is known.

    python tests/benchmarks/coverage.py --draws 50000

Prints how often the intervals of the lift cover it, whether p is uniform where nothing happens,
how often the corrected p and its interval disagree, and how often daily peeking ships a message
that does nothing.  Every figure comes from the product's own functions; only the customers are
drawn here, as sums, since sums are all that the product ever sees of them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import kstest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from personalization.statistics.comparison import compare, deviate  # noqa: E402
from personalization.statistics.intervals import (  # noqa: E402
    critical_value,
    koopman_lift,
)
from personalization.statistics.multiplicity import adjust_arms, dunnett_critical  # noqa: E402
from personalization.statistics.samples import Counts, Moments, Sample  # noqa: E402
from personalization.statistics.sequential import always_valid_difference  # noqa: E402

SEED: Final = 20_261_201
CONFIDENCE: Final = 0.95
ORDER_SPREAD: Final = 0.6  # sigma of the log of an order's value, about 60 % of its mean
CHUNK: Final = 2_000  # tests that are drawn at a time, for the memory's sake


@dataclass(frozen=True, slots=True)
class Setting:
    """One simulated test: two groups, the control's rate and the true relative lift."""

    n_control: int
    n_treatment: int
    rate: float
    lift: float

    def __str__(self) -> str:
        return f"{self.n_control}/{self.n_treatment}, {self.rate:g}, {self.lift:+.0%}"


SETTINGS: Final = (
    Setting(100, 100, 0.10, 0.30),
    Setting(50, 150, 0.10, 0.30),
    Setting(125, 125, 0.20, 0.15),
    Setting(500, 500, 0.02, 0.50),
    Setting(2_000, 2_000, 0.02, 0.20),
    Setting(21_306, 21_307, 0.0057, 1.19),
    Setting(1_000, 9_000, 0.05, 0.0),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an interval held the truth, of the draws that have one; and how many have none."""

    covered: float
    missing: float


def coverage_of_rates(setting: Setting, draws: int, seed: int = SEED) -> Coverage:
    """Koopman's interval of the lift of two rates."""
    chance = np.random.default_rng(seed)
    treated = chance.binomial(setting.n_treatment, setting.rate * (1 + setting.lift), draws)
    untreated = chance.binomial(setting.n_control, setting.rate, draws)

    @cache  # few pairs of counts occur, each of them often
    def covers(x_t: int, x_c: int) -> bool | None:
        found = koopman_lift(
            Counts(setting.n_treatment, x_t), Counts(setting.n_control, x_c), CONFIDENCE
        )
        return None if found is None else found[0] <= setting.lift <= found[1]

    return _coverage([covers(int(x), int(y)) for x, y in zip(treated, untreated, strict=True)])


def coverage_of_means(setting: Setting, draws: int, seed: int = SEED) -> Coverage:
    """Fieller's interval of the lift of two amounts: as many buy as above, at lognormal values."""
    chance = np.random.default_rng(seed)
    treated = amounts(chance, setting.n_treatment, setting.rate * (1 + setting.lift), draws)
    untreated = amounts(chance, setting.n_control, setting.rate, draws)
    outcomes: list[bool | None] = []
    for treatment, control in zip(treated, untreated, strict=True):
        found = compare(treatment, control, CONFIDENCE).lift_ci
        outcomes.append(None if found is None else found[0] <= setting.lift <= found[1])
    return _coverage(outcomes)


def amounts(chance: np.random.Generator, n: int, rate: float, draws: int) -> Iterator[Moments]:
    """Yield the moments of ``n`` customers of whom a share buys, one sample for each draw."""
    for start in range(0, draws, CHUNK):
        buyers = chance.binomial(n, rate, min(CHUNK, draws - start))
        values = chance.lognormal(3.0, ORDER_SPREAD, int(buyers.sum()))
        test = np.repeat(np.arange(len(buyers)), buyers)
        means = np.bincount(test, values, len(buyers)) / n
        # About the mean of everybody: buyers' own gaps, and that of those who spent nothing.
        gaps = np.bincount(test, (values - means[test]) ** 2, len(buyers))
        squares = gaps + (n - buyers) * means**2
        for mean, square, buyer in zip(means, squares, buyers, strict=True):
            yield Moments(n, float(mean), float(square / (n - 1)), int(buyer))


def _coverage(outcomes: list[bool | None]) -> Coverage:
    stated = [outcome for outcome in outcomes if outcome is not None]
    return Coverage(sum(stated) / len(stated), 1 - len(stated) / len(outcomes))


def ps_of_rates(draws: int, seed: int = SEED) -> NDArray[np.float64]:
    """p of tests without effect: groups of unlike size, so that counts hardly ever tie."""
    chance = np.random.default_rng(seed)
    n_t, n_c, rate = 30_011, 20_023, 0.12
    counts = zip(chance.binomial(n_t, rate, draws), chance.binomial(n_c, rate, draws), strict=True)
    found = (compare(Counts(n_t, int(x)), Counts(n_c, int(y)), CONFIDENCE) for x, y in counts)
    return np.array([one.p for one in found], dtype=float)


def ps_of_means(draws: int, seed: int = SEED) -> NDArray[np.float64]:
    """p of tests without effect on amounts that every tenth customer has."""
    chance = np.random.default_rng(seed)
    treated, untreated = (amounts(chance, n, 0.10, draws) for n in (2_000, 1_500))
    pairs = zip(treated, untreated, strict=True)
    return np.array([compare(*pair, CONFIDENCE).p for pair in pairs], dtype=float)


def distance_from_uniform(ps: NDArray[np.float64]) -> tuple[float, float]:
    """Return the largest gap between how often p is below x and x, and its own p."""
    found = kstest(ps, "uniform")
    return float(found.statistic), float(found.pvalue)


@dataclass(frozen=True, slots=True)
class Families:
    """Three arms and a control: errors of a whole family without effect, and contradictions."""

    false_alarms: float
    disagreements: int


def families(draws: int, seed: int = SEED) -> Families:
    """Correct three arms by Dunnett: half the draws without effect, half with one that shows."""
    chance = np.random.default_rng(seed)
    false, disagreements = 0, 0
    for i in range(draws):
        lifts = np.array([0, 0, 0, 0]) if i % 2 else np.array([0, 0, 0.15, 0.3])
        counts = chance.binomial(800, 0.10 * (1 + lifts))
        control, *arms = (Counts(800, int(x)) for x in counts)
        pairs: list[tuple[Sample, Sample]] = [(arm, control) for arm in arms]
        corrected = adjust_arms(pairs, [compare(*pair, CONFIDENCE) for pair in pairs], CONFIDENCE)
        rejects = [one.p_adjusted is not None and one.p_adjusted < 0.05 for one in corrected]
        excludes = [
            ci is not None and not ci[0] <= 0 <= ci[1]
            for ci in (one.difference_ci_adjusted for one in corrected)
        ]
        disagreements += sum(a != b for a, b in zip(rejects, excludes, strict=True))
        false += bool(i % 2) and any(rejects)
    return Families(false / (draws // 2), disagreements)


@dataclass(frozen=True, slots=True)
class Peeking:
    """How often some arm was shipped although no message does anything, by how one looks."""

    always_valid: float
    naive: float
    once: float


def peeking(
    draws: int, *, daily: int = 150, days: int = 14, rate: float = 0.10, seed: int = SEED
) -> Peeking:
    """Look at three arms every day and ship the first that is good: which is luck each time.

    Args:
        draws: Simulated campaigns.
        daily: Customers an arm whose time to respond is over, each day.
        days: Looks.
        rate: Of everybody.
        seed: Of the draws.
    """
    chance = np.random.default_rng(seed)
    shared = 1 - (1 - CONFIDENCE) / 3
    dunnett = dunnett_critical([0.5] * 3, CONFIDENCE)
    sequential, naive, once = 0, 0, 0
    for _ in range(draws):
        counts = chance.binomial(daily, rate, (days, 4)).cumsum(axis=0)
        looks = [[Counts(daily * (day + 1), int(x)) for x in counts[day]] for day in range(days)]
        sequential += any(
            any(_is_above(arm, control, shared) for arm in arms) for control, *arms in looks
        )
        good = [
            any((deviate(arm, control) or 0) > critical_value(CONFIDENCE) for arm in arms)
            for control, *arms in looks
        ]  # fmt: skip
        naive += any(good)
        control, *arms = looks[-1]
        once += any((deviate(arm, control) or 0) > dunnett for arm in arms)
    return Peeking(sequential / draws, naive / draws, once / draws)


def _is_above(treatment: Sample, control: Sample, confidence: float) -> bool:
    found = always_valid_difference(treatment, control, confidence=confidence)
    return found is not None and found[0] > 0


def print_coverage(draws: int) -> None:
    """Print how often the intervals of the lift cover it; 'none' are draws that bound nothing."""
    print(f"Coverage of the 95 % interval of the lift, {draws:,} draws a setting")
    print(f"{'control/treatment, rate, lift':32}{'Koopman':>9}{'none':>7}{'Fieller':>9}{'none':>7}")
    for setting in SETTINGS:
        rates, means = coverage_of_rates(setting, draws), coverage_of_means(setting, draws)
        print(
            f"{setting!s:32}{rates.covered:9.4f}{rates.missing:7.4f}"
            f"{means.covered:9.4f}{means.missing:7.4f}"
        )


def print_ps(draws: int) -> None:
    """Print how far p is from uniform where nothing happens."""
    print("\np without effect: Kolmogorov-Smirnov distance from uniform, and its p")
    for name, ps in (("pooled z", ps_of_rates(draws)), ("Welch", ps_of_means(draws))):
        distance, p = distance_from_uniform(ps)
        print(f"{name:32}{distance:9.4f}{p:9.3f}   below .05: {(ps < 0.05).mean():.4f}")


def print_families(draws: int) -> None:
    """Print the errors and the contradictions of corrected families."""
    family = families(draws)
    print(f"\nThree arms against a control, Dunnett, {draws:,} families, half without effect")
    print(f"{'some false alarm, without effect':40}{family.false_alarms:8.4f}")
    print(f"{'p and interval disagree':40}{family.disagreements:8}")


def print_peeking(campaigns: int) -> None:
    """Print how often a message that does nothing is shipped."""
    print(f"\nFalse 'ship' with three arms and 14 daily looks, {campaigns:,} campaigns")
    print(f"{'customers a day and arm, rate':32}{'always-valid':>14}{'naive daily':>13}{'once':>8}")
    for daily, rate in ((20, 0.10), (150, 0.10), (150, 0.02), (1_000, 0.05)):
        found = peeking(campaigns, daily=daily, rate=rate)
        name = f"{daily}, {rate:g}"
        print(f"{name:32}{found.always_valid:14.4f}{found.naive:13.4f}{found.once:8.4f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=50_000, help="simulated tests a setting")
    parser.add_argument("--campaigns", type=int, default=5_000, help="families and daily peekers")
    options = parser.parse_args()
    print_coverage(options.draws)
    print_ps(options.draws)
    print_families(options.campaigns)
    print_peeking(options.campaigns)


if __name__ == "__main__":
    main()
