"""What a user wants of messages to prospects: weights for tones and angles, as a prior.

The weights say where to begin.  What prospects answer moves the choice away from them, the faster
the more there is of it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import MOST_VARIATIONS, OUTREACH_ANGLES, OUTREACH_TONES
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

TONE_NAMES: Final[dict[str, str]] = {
    "formal": "professional",
    "corporate": "professional",
    "warm": "friendly",
    "enthusiastic": "friendly",
    "concise": "direct",
    "bold": "direct",
    "informal": "casual",
    "conversational": "casual",
} | {tone: tone for tone in OUTREACH_TONES}
"""How people call tones: the word, and the tone that is meant."""

ANGLE_NAMES: Final[dict[str, str]] = {
    "industry_news": "news",
    "company_news": "news",
    "trigger": "news",
    "roi": "outcome",
    "value": "outcome",
    "benefits": "outcome",
    "case_study": "proof",
    "social_proof": "proof",
    "evidence": "proof",
    "product": "technical",
    "features": "technical",
    "peers": "peer",
    "referral": "peer",
    "promotion": "offer",
    "discount": "offer",
} | {angle: angle for angle in OUTREACH_ANGLES}
"""How people call what a message leads with: the word, and the angle that is meant."""

FEATURES: Final = (
    "reply",
    "role_fit",
    "evidence",
    "preference",
    "readability",
    "length",
    "freshness",
)
"""What a score is made of, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class PersonalizationStrategy:
    """How somebody wants prospects to be written to.

    A weight is above or equal to 0 and counts in relation to the others of its kind; what is not
    named weighs as little as the least one that is.  A weight of 0 takes a tone or an angle out.

    Attributes:
        tone_rules: Weight by tone: professional, friendly, direct, casual, or a usual name of one.
        content_rules: Weight by angle: outcome, proof, news, technical, peer, offer, or likewise.
        formatting_rules: Kept and told back as they are; ``length`` may be short or standard.
        variation_types: In what variations differ: tone, angle and length.
        variation_count: How many variations are weighed for a prospect and channel, 1 to 12.
        weights: Of the score's features, over those of the settings.

    Example:
        >>> strategy = PersonalizationStrategy({"professional": 0.8, "casual": 0.2})
        >>> strategy.tones["professional"] / strategy.tones["casual"]
        4.0
    """

    tone_rules: Mapping[str, float] = field(default_factory=dict)
    content_rules: Mapping[str, float] = field(default_factory=dict)
    formatting_rules: Mapping[str, Any] = field(default_factory=dict)
    variation_types: tuple[str, ...] = ("tone", "angle", "length")
    variation_count: int = 5
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse weights that are none.

        Raises:
            InputError: A weight is no number or below 0, all of a kind are 0, the count is out of
                range, or a feature of the score is unknown.
        """
        object.__setattr__(self, "variation_types", tuple(self.variation_types))
        for name in ("tone_rules", "content_rules", "weights"):
            _check_weights(name, getattr(self, name))
        if not 1 <= self.variation_count <= MOST_VARIATIONS:
            raise InputError(
                f"variation_count = {self.variation_count} is not from 1 to {MOST_VARIATIONS}."
            )
        if unknown := sorted(set(self.weights) - set(FEATURES)):
            raise InputError(f"weights has no {unknown[0]!r}. It knows: {', '.join(FEATURES)}.")
        if unknown := sorted(set(self.variation_types) - {"tone", "angle", "content", "length"}):
            raise InputError(
                f"Variations do not differ in {unknown[0]!r}. Use tone, angle or length."
            )

    @property
    def tones(self) -> dict[str, float]:
        """Return the weight of each of our tones, 1 on average."""
        return _spread(self.tone_rules, TONE_NAMES, OUTREACH_TONES)

    @property
    def angles(self) -> dict[str, float]:
        """Return the weight of each of our angles, 1 on average."""
        return _spread(self.content_rules, ANGLE_NAMES, OUTREACH_ANGLES)

    @property
    def unknown_rules(self) -> tuple[str, ...]:
        """Return the rules that name no tone or angle of ours: they are kept, and move nothing."""
        tones = [name for name in self.tone_rules if _key(name) not in TONE_NAMES]
        angles = [name for name in self.content_rules if _key(name) not in ANGLE_NAMES]
        return (*tones, *angles)

    def varied_by(self, variation_type: str) -> PersonalizationStrategy:
        """Return the same strategy, whose variations differ in this alone.

        Raises:
            InputError: Variations cannot differ in it.
        """
        return replace(self, variation_types=(variation_type,))

    def with_own_words(self) -> PersonalizationStrategy:
        """Return the same strategy, by which a text that people worded comes before all others."""
        return replace(self, formatting_rules={**self.formatting_rules, "own_words": "first"})

    @property
    def strategy_id(self) -> str:
        """Return the fingerprint of all that it says."""
        return f"s{hashlib.sha256(self.as_json().encode()).hexdigest()[:16]}"

    def as_json(self) -> str:
        """Return the rules as one JSON text, the same for the same rules in any order."""
        return json.dumps(
            {
                "tone_rules": dict(self.tone_rules),
                "content_rules": dict(self.content_rules),
                "formatting_rules": dict(self.formatting_rules),
                "variation_types": sorted(self.variation_types),
                "variation_count": self.variation_count,
                "weights": dict(self.weights),
            },
            sort_keys=True,
            ensure_ascii=False,
            default=str,
        )


def _key(name: str) -> str:
    return "_".join(str(name).casefold().replace("-", " ").replace("_", " ").split())


def _check_weights(place: str, weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not math.isfinite(weight) or weight < 0:
            raise InputError(f"{place}: {name} = {weight!r} is no weight. Write 0 or more.")
    if weights and not any(weights.values()):
        raise InputError(f"{place} weighs nothing above 0, so no message could be chosen.")


def _spread(
    rules: Mapping[str, float], names: Mapping[str, str], known: tuple[str, ...]
) -> dict[str, float]:
    """Bring the weights of a kind to 1 on average; several names of one thing add up."""
    told: dict[str, float] = {}
    for name, weight in rules.items():
        if own := names.get(_key(name)):
            told[own] = told.get(own, 0.0) + weight
    if not any(told.values()):
        return dict.fromkeys(known, 1.0)
    least = min(weight for weight in told.values() if weight > 0)
    spread = {name: told.get(name, least) for name in known}
    mean = sum(spread.values()) / len(spread)
    return {name: weight / mean for name, weight in spread.items()}


_KEEP: Final = """
    INSERT OR IGNORE INTO outreach_strategies (strategy_id, rules, saved_at, saved_by)
    VALUES ($strategy_id, $rules, $now, $actor)
"""
_KEPT: Final = """
    SELECT CAST(rules AS VARCHAR) FROM outreach_strategies WHERE strategy_id = $strategy_id
"""


def keep_strategy(store: Store, strategy: PersonalizationStrategy, *, actor: str) -> str:
    """Write a strategy to ``outreach_strategies`` if it is new, and return its id."""
    store.run(
        _KEEP, strategy_id=strategy.strategy_id, rules=strategy.as_json(), now=store.now(),
        actor=actor,
    )  # fmt: skip
    return strategy.strategy_id


def strategy_of(store: Store, strategy_id: str) -> PersonalizationStrategy:
    """Return a strategy that was kept.

    Raises:
        InputError: There is none with this id.
    """
    row = store.read_one(_KEPT, strategy_id=strategy_id)
    if row is None:
        raise InputError(f"There is no strategy {strategy_id!r}. Choose messages with one first.")
    return PersonalizationStrategy(**json.loads(row[0]))
