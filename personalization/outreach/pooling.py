"""Partial pooling: a way to write is believed to work as its betters do, until it was seen itself.

Four levels, each the prior of the next: all messages; a tone and angle (an arm); the arm in a role;
the arm in a role on a channel.  A level's mean comes down to the next one as so many imagined
messages.  What is measured there outweighs them as it comes in, so that ten thousand messages over
hundreds of cells teach something, and a hundred thousand teach each cell its own.

``posterior`` does the same in the engine, over the tables; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy import ndarray

    Numbers = ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Strengths:
    """How many imagined messages the level above is worth.

    Attributes:
        whole: What is assumed before anything was sent, among all messages.
        arm: All messages, in a tone and angle.
        role: The tone and angle, in a role.
        cell: The tone and angle in a role, on a channel.
    """

    whole: float = 100.0
    arm: float = 300.0
    role: float = 400.0
    cell: float = 800.0


STRENGTHS: Final = Strengths()
"""Of rewards; chosen on planted worlds other than those that the benchmark reports."""

HARM_STRENGTHS: Final = Strengths(50.0, 50.0, 50.0, 50.0)
"""Of harm: weaker, because what draws refusals has to go after dozens of messages, not hundreds."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Beta posteriors of every cell: arrays of roles, channels and arms."""

    alpha: Numbers
    beta: Numbers

    @property
    def mean(self) -> Numbers:
        """The expected rate of each cell."""
        mean: Numbers = self.alpha / (self.alpha + self.beta)
        return mean


def pool(
    trials: Numbers, rewards: Numbers, *, base_rate: float, strengths: Strengths = STRENGTHS
) -> Beliefs:
    """Return the posterior of each cell, drawn towards the levels above it.

    Args:
        trials: Messages that count, by role, channel and arm.
        rewards: What they brought, at most as much.
        base_rate: Expected before anything was sent, in (0, 1).
        strengths: How much each level counts for the next one.

    References:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, chapter 5: the Beta-binomial
        hierarchy, here with fixed strengths, so that it is a fold over sums.
    """
    mean = _mean(trials.sum(), rewards.sum(), base_rate, strengths.whole)
    mean = _mean(trials.sum((0, 1)), rewards.sum((0, 1)), mean, strengths.arm)
    mean = _mean(trials.sum(1), rewards.sum(1), mean, strengths.role)[:, None, :]
    return Beliefs(strengths.cell * mean + rewards, strengths.cell * (1 - mean) + trials - rewards)


def _mean(trials: Numbers, rewards: Numbers, above: Numbers | float, strength: float) -> Numbers:
    return (strength * above + rewards) / (strength + trials)


def flat(trials: Numbers, rewards: Numbers) -> Beliefs:
    """Return the posterior of each cell by itself, from the uniform, to hold pooling against."""
    return Beliefs(1 + rewards, 1 + trials - rewards)
