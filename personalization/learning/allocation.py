"""Thompson weights: how much of a segment each of its messages gets, by what was learnt.

A message gets its chance to be the best, and never less than a floor: the price of being able to
measure it and of noticing when tastes change.  A message that nobody has seen yet stands on the
effects of its traits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.learning.effects import Effects

DRAWS: Final = 20_000
"""From the joint posterior: the chance to be best is then right to about 0.003."""

_TIE: Final = 1e-7  # in the metric's unit: closer values are equal but for rounding


@dataclass(frozen=True, slots=True)
class Share:
    """What one message of a segment gets.

    Attributes:
        weight: Share of what the segment's variants get together.
        probability_best: That it is the best of them, in [0, 1].
        gain: What it is expected to add against their mean, in the metric's unit.
    """

    weight: float
    probability_best: float
    gain: float


def allocate(
    effects: Effects,
    segment: str,
    messages: Mapping[str, Mapping[str, str]],
    *,
    floor: float,
    seed: str,
) -> dict[str, Share]:
    """Weigh the messages of one segment: p = f + (1 - K f) P(best).

    Args:
        effects: What past campaigns taught; where they say nothing of these messages, all weigh
            the same.
        segment: Its name.
        messages: By arm, the traits of its message; renaming the arms renames the answer.
        floor: The least share f of each of the K messages; at 1 / K and above all are equal.
        seed: The same seed gives the same weights.

    References:
        Thompson (1933), Biometrika 25, 285-294; Scott (2010), Applied Stochastic Models in
        Business and Industry 26, 639-658.
    """
    n_arms = len(messages)
    least = min(floor, 1 / n_arms) if n_arms else 0.0
    chances, gains = _chances(effects, segment, messages, seed)
    return {
        arm: Share(least + (1 - n_arms * least) * chances[arm], chances[arm], gains[arm])
        for arm in messages
    }


def _chances(
    effects: Effects, segment: str, messages: Mapping[str, Mapping[str, str]], seed: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Return for each arm its chance to be the best, and what it adds to the mean of them."""
    import numpy as np  # noqa: PLC0415

    # The draws go to the messages in the order of their traits, whatever the arms are called.
    arms = sorted(messages, key=lambda arm: (sorted(messages[arm].items()), arm))
    means, covariance = effects.joint([(segment, messages[arm]) for arm in arms])
    digest = hashlib.sha256(f"{seed}|{segment}".encode()).digest()
    noise = np.random.default_rng(int.from_bytes(digest[:8])).standard_normal((DRAWS, len(arms)))
    values, vectors = np.linalg.eigh(covariance)
    draws = means + (noise * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    best = draws.max(axis=1, keepdims=True)
    # Messages that no trait tells apart are equally good in every draw, and share it.
    is_best = draws >= best - _TIE
    chances = (is_best / is_best.sum(axis=1, keepdims=True)).mean(axis=0)
    gains = means - means.mean()
    return (
        {arm: float(chance) for arm, chance in zip(arms, chances, strict=True)},
        {arm: float(gain) for arm, gain in zip(arms, gains, strict=True)},
    )
