"""Which level of a trait did best: the effects of a model, compared with each other."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from personalization.learning.effects import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.learning.effects import Array, Effects

TOLD: Final = ("tone", "plan", "length", "topic")
"""Traits that make a lesson; the others only take their share of the blame."""

LEANING: Final = 0.8
"""Chance from which a segment is said to stand out; the view ``campaign_hints`` has the same."""

_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Contrast:
    """The best level of a factor against the mean of its others.

    Attributes:
        segment: Its name, or '' for the mean of all segments.
        level: What did best.
        versus: The other level where there is but one, else ''.
        effect: Their difference, in the metric's unit, shrunken.
        error: Its posterior standard deviation.
        n_campaigns: In which the level stood against another one.
        most: For '', the segment in which the difference is likely to be larger; else ''.
    """

    factor: str
    segment: str
    level: str
    versus: str
    effect: float
    error: float
    n_campaigns: int
    most: str = ""

    @property
    def chance(self) -> float:
        """Return the chance that the level beats the others; 1/2 where nothing differs."""
        return _chance(self.effect, self.error)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the credible interval of the difference."""
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * self.error
        return self.effect - reach, self.effect + reach


def contrasts(effects: Effects) -> list[Contrast]:
    """Compare the levels of each factor, on average and in each segment where segments differ."""
    found = []
    for factor in TOLD:
        differ = effects.taus.get(f"{factor} by segment", 0.0) > 0
        for segment in ("", *(_segments(effects, factor) if differ else ())):
            contrast = _contrast(effects, factor, segment)
            found += [contrast] if contrast else []
    return found


def effect_of(effects: Effects, factor: str, level: str, segment: str) -> tuple[float, float]:
    """Return what a level adds in a segment ('': in the mean of them), and its error."""
    return _moments(effects, _weights(effects, factor, level, segment))


def _contrast(effects: Effects, factor: str, segment: str) -> Contrast | None:
    """Return the contrast of a factor, or None where fewer than two levels were compared."""
    seen = dict(zip(effects.keys, effects.campaigns, strict=True))
    levels = [k[1] for k in effects.keys if k[0] == factor and k[2] == segment and seen[k]]
    if len(levels) < _TWO:
        return None
    best = max(levels, key=lambda level: (effect_of(effects, factor, level, segment)[0], level))
    others = [level for level in levels if level != best]
    effect, error = _moments(effects, _gap(effects, factor, segment, best, others))
    return Contrast(
        factor, segment, best, others[0] if len(others) == 1 else "", effect, error,
        seen[factor, best, segment],
        "" if segment else _most(effects, factor, best, others),
    )  # fmt: skip


def _most(effects: Effects, factor: str, best: str, others: Sequence[str]) -> str:
    """Return the segment in which the gap is largest, if it is likely to be above their mean."""
    if factor not in PERSONAL:
        return ""
    mean = _gap(effects, factor, "", best, others)
    likely = []
    for segment in _segments(effects, factor):
        more, error = _moments(effects, _gap(effects, factor, segment, best, others) - mean)
        if _chance(more, error) >= LEANING:
            likely.append((more, segment))
    return max(likely)[1] if likely else ""


def _segments(effects: Effects, factor: str) -> list[str]:
    return sorted({key[2] for key in effects.keys if key[0] == factor and key[2]})


def _gap(effects: Effects, factor: str, segment: str, best: str, others: Sequence[str]) -> Array:
    """Return the weights of a level's effects less the mean of the other levels' weights."""
    beside = [_weights(effects, factor, level, segment) for level in others]
    return _weights(effects, factor, best, segment) - sum(beside[1:], beside[0]) / len(beside)


def _weights(effects: Effects, factor: str, level: str, segment: str) -> Array:
    """Return which effects a level adds up: its own, and that of the segment or of their mean."""
    import numpy as np  # noqa: PLC0415

    every = _segments(effects, factor)
    share = {segment: 1.0} if segment else dict.fromkeys(every, 1 / max(1, len(every)))
    share[""] = 1.0
    return np.array([(k[:2] == (factor, level)) * share.get(k[2], 0.0) for k in effects.keys])


def _moments(effects: Effects, weights: Array) -> tuple[float, float]:
    variance = float(weights @ effects.covariance @ weights)
    return float(weights @ effects.means), max(variance, 0.0) ** 0.5


def _chance(effect: float, error: float) -> float:
    return NormalDist().cdf(effect / error) if error > 0 else 0.5
