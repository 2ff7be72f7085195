"""A world whose truth is known: what learners of messages are compared in.

Roles, channels and arms differ as they do in outreach: a base rate of positive replies by role and
channel, and arms that work better or worse everywhere, in a role, and in a single cell.  All of
it is drawn from a seed, nothing of it is a finding about people.  Arms differ so much that taking
one by lot falls 39 % short of the best: the world that the aim of 10 % was set in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.pooling import flat, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy import ndarray
    from numpy.random import Generator

    from personalization.outreach.pooling import Beliefs

    Numbers = ndarray[Any, Any]
    Policy = Callable[[Generator, "Seen", Numbers, Numbers], Numbers]

ROLES: Final = 9
CHANNELS: Final = 4
ARMS: Final = 6
_BASE: Final = (0.01, 0.045)  # positive replies, by role and channel
_SPREADS: Final = (0.3, 0.3, 0.2)  # of the logarithm: arm, role and arm, cell
_GUESS: Final = 0.02  # of the share of positive replies, before anything was sent
_EXPLORED: Final = 0.1  # of the greedy learner's messages
BATCH: Final = 1_000  # messages between two looks at what came back


@dataclass(frozen=True, slots=True)
class World:
    """The true rates of positive replies, by role, channel and arm."""

    rates: Numbers


@dataclass(frozen=True, slots=True)
class Seen:
    """What a learner knows: messages and positive replies, by role, channel and arm."""

    trials: Numbers
    rewards: Numbers


def plant(seed: int) -> World:
    """Draw a world; the same seed draws the same."""
    import numpy as np  # noqa: PLC0415

    lot = np.random.default_rng(seed)
    everywhere, in_role, in_cell = _SPREADS
    effects = (
        lot.normal(0, everywhere, (1, 1, ARMS))
        + lot.normal(0, in_role, (ROLES, 1, ARMS))
        + lot.normal(0, in_cell, (ROLES, CHANNELS, ARMS))
    )
    base = lot.uniform(*_BASE, (ROLES, CHANNELS, 1))
    return World(np.clip(base * np.exp(effects), 0.0, 0.5))


def uniform(lot: Generator, seen: Seen, role: Numbers, channel: Numbers) -> Numbers:
    """Take an arm by lot."""
    return lot.integers(0, seen.trials.shape[-1], (role + channel).shape)


def flat_thompson(lot: Generator, seen: Seen, role: Numbers, channel: Numbers) -> Numbers:
    """Draw from each cell's own posterior and take the best draw."""
    return _best_draw(lot, flat(seen.trials, seen.rewards), role, channel)


def pooled_thompson(lot: Generator, seen: Seen, role: Numbers, channel: Numbers) -> Numbers:
    """Draw from each cell's pooled posterior and take the best draw: what the product does."""
    return _best_draw(lot, pool(seen.trials, seen.rewards, base_rate=_GUESS), role, channel)


def pooled_greedy(lot: Generator, seen: Seen, role: Numbers, channel: Numbers) -> Numbers:
    """Take the best pooled mean, and one time in ten any arm."""
    beliefs = pool(seen.trials, seen.rewards, base_rate=_GUESS)
    best: Numbers = beliefs.mean[role, channel].argmax(axis=1)
    explores = lot.random(len(role)) < _EXPLORED
    best[explores] = uniform(lot, seen, role, channel)[explores]
    return best


def _best_draw(lot: Generator, beliefs: Beliefs, role: Numbers, channel: Numbers) -> Numbers:
    draws = lot.beta(beliefs.alpha[role, channel], beliefs.beta[role, channel])
    best: Numbers = draws.argmax(axis=1)
    return best


POLICIES: Final[Mapping[str, Policy]] = {
    policy.__name__: policy for policy in (uniform, flat_thompson, pooled_thompson, pooled_greedy)
}
"""The learners that are compared, by name."""


def regret(world: World, policy: Policy, *, prospects: int, seed: int, batch: int = BATCH) -> float:
    """Return how much a learner falls short of the best arm of each cell, as a share of it.

    Args:
        world: Its rates are what comes back; the learner sees replies only.
        policy: Chooses an arm for each of a batch, from what came back before.
        prospects: Written to one after another, in batches.
        seed: Of who comes, what is drawn and who answers.
        batch: Messages between two looks.
    """
    import numpy as np  # noqa: PLC0415

    lot = np.random.default_rng(seed)
    seen = Seen(np.zeros_like(world.rates), np.zeros_like(world.rates))
    best, got = 0.0, 0.0
    for begun in range(0, prospects, batch):
        n = min(batch, prospects - begun)
        role, channel = lot.integers(0, ROLES, n), lot.integers(0, CHANNELS, n)
        arm = policy(lot, seen, role, channel)
        rate = world.rates[role, channel, arm]
        np.add.at(seen.trials, (role, channel, arm), 1)
        np.add.at(seen.rewards, (role, channel, arm), lot.random(n) < rate)
        best += float(world.rates[role, channel].max(axis=1).sum())
        got += float(rate.sum())
    return 1 - got / best
