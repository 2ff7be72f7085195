"""What speaks for a text: the parts of its score, and what is guessed of the answers to it.

Only texts are looked at here, dozens of them, and never a prospect.  A guess is one equally likely
state of what was learnt, as Thompson sampling draws it; which guess holds for a prospect is a draw
by its id, so that the same question has the same answer, and the chance of each answer is known.

References:
    Chapelle and Li (2011), An Empirical Evaluation of Thompson Sampling.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.strategy import FEATURES
from personalization.statistics.readability import WORD, prose_of, reading_ease

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Outreach

WORDS: Final[Mapping[str, tuple[int, int]]] = {
    "cold_email": (25, 110),
    "linkedin_note": (12, 40),
    "linkedin_inmail": (35, 110),
    "x_message": (8, 40),
    "sms": (8, 28),
    "video_script": (60, 160),
    "call_snippet": (30, 120),
}
"""Words that readers of a channel take in; vendors' figures differ, so it is one part of seven."""

_TAG: Final = re.compile(r"\{\{[^{}]*\}\}")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_UNCOUNTED_EASE: Final = 0.5  # of a language without a formula
_MILLION: Final = 1_000_000
_WORD_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One text that prospects' messages are made of.

    Attributes:
        number: Its place among the texts of this choice, from 1.
        variant_id: Its id.
        version: Likewise.
        content_sha256: Of its bytes, as screened.
        role: Whom it speaks to; other is for everybody.
        channel: One of domain.OUTREACH_CHANNELS.
        tone: Of domain.OUTREACH_TONES; empty for words of a user.
        angle: Of domain.OUTREACH_ANGLES; likewise.
        length: Of domain.LENGTHS; likewise.
        locale: Language and country it is written in.
        origin: composer, openai, azure or human.
        body: Its words.
        call_to_action: Likewise.
        has_citation: Whether a claim in it cites an approved statement.
        needs_fact: Whether it is for nobody without a fact.
    """

    number: int
    variant_id: str
    version: int
    content_sha256: str
    role: str
    channel: str
    tone: str
    angle: str
    length: str
    locale: str
    origin: str
    body: str
    call_to_action: str
    has_citation: bool
    needs_fact: bool

    @property
    def language(self) -> str:
        """Return the language alone, such as ``de``."""
        return self.locale[:2].casefold()


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of one way to write to one role: a Beta of positive replies."""

    alpha: float
    beta: float
    is_vetoed: bool = False


def weights_of(options: Outreach, strategy: PersonalizationStrategy) -> dict[str, float]:
    """Return the weights of the score's parts, which sum to 1; the strategy's own come first.

    Example:
        >>> from personalization.outreach.strategy import PersonalizationStrategy
        >>> from personalization.settings import Outreach
        >>> round(sum(weights_of(Outreach(), PersonalizationStrategy()).values()), 9)
        1.0
    """
    told = {name: strategy.weights.get(name, getattr(options, name)) for name in FEATURES}
    whole = sum(told.values())
    return {name: weight / whole for name, weight in told.items()}


def readability_of(skeleton: Skeleton) -> float:
    """Return how easy a text is, from 0 to 1; one half where its language has no formula."""
    sentences = _SENTENCE.split(_TAG.sub("Robin", skeleton.body))
    ease = reading_ease(prose_of(sentences, skeleton.locale), skeleton.locale)
    return _UNCOUNTED_EASE if ease is None else min(max(ease / 100, 0.0), 1.0)


def length_of(skeleton: Skeleton, wanted: str = "") -> float:
    """Return how near a text is to what its readers take in: 1 within, 0 at twice or none.

    Args:
        skeleton: The text.
        wanted: short or standard, where the user asked for one: half is taken off the other one.
    """
    n_words = len(WORD.findall(_TAG.sub("Robin", skeleton.body)))
    low, high = WORDS[skeleton.channel]
    fit = min(n_words / low, 1.0, max(2 - n_words / high, 0.0))
    return fit / 2 if wanted and skeleton.length and wanted != skeleton.length else fit


def prior_of(skeleton: Skeleton, strategy: PersonalizationStrategy) -> float:
    """Return the user's weight of a text's tone and angle together, 1 on average."""
    tone = strategy.tones.get(skeleton.tone, 1.0)
    return tone * strategy.angles.get(skeleton.angle, 1.0)


def default_rank(skeleton: Skeleton) -> tuple[bool, bool, bool, bool, bool, str]:
    """Order texts by how much they are the default, which the holdout gets."""
    return (
        skeleton.origin != "human",
        skeleton.role == "other",
        skeleton.needs_fact,
        skeleton.tone != "professional",
        skeleton.angle != "outcome",
        skeleton.variant_id,
    )


def guesses(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    texts: Sequence[tuple[str, Skeleton]],
    *,
    options: Outreach,
    strategy: PersonalizationStrategy,
    seed: str,
) -> list[list[float]]:
    """Draw what each text would bring, once for each guess, in relation to the best of its role.

    Args:
        beliefs: By role, channel, tone and angle.
        texts: (role of the readers, text).
        options: How many guesses, and how much the strategy counts beside what was learnt.
        strategy: The user's weights, as messages that were seen already.
        seed: Salt of the draws: the campaign and the version of what was learnt.

    Returns:
        For each of ``texts`` its guesses, each in [0, 1]; in every guess one text of a role has 1.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import betaincinv  # noqa: PLC0415

    if not texts:
        return []
    shapes = [_posterior(beliefs, role, text, options, strategy) for role, text in texts]
    alphas = np.array([alpha for alpha, _ in shapes])[:, None]
    betas = np.array([beta for _, beta in shapes])[:, None]
    uniform = np.stack([_uniform(seed, role, text, options.draws) for role, text in texts])
    drawn = betaincinv(alphas, betas, uniform)
    roles = np.array([role for role, _ in texts])
    for role in set(roles.tolist()):
        is_own = roles == role
        drawn[is_own] /= np.maximum(drawn[is_own].max(axis=0), 1e-12)
    found: list[list[float]] = drawn.round(9).tolist()
    return found


def expected_reply(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    role: str,
    text: Skeleton,
    options: Outreach,
    strategy: PersonalizationStrategy,
) -> float:
    """Return the share of positive replies that is expected, in [0, 1]."""
    alpha, beta = _posterior(beliefs, role, text, options, strategy)
    return alpha / (alpha + beta)


def _posterior(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    role: str,
    text: Skeleton,
    options: Outreach,
    strategy: PersonalizationStrategy,
) -> tuple[float, float]:
    """Add the user's weights to a belief, as messages that were answered in their relation."""
    belief = belief_of(beliefs, role, text, options)
    whole = beliefs.get(("", "", "", ""), Belief(options.base_rate, 1 - options.base_rate))
    rate = min(whole.alpha / (whole.alpha + whole.beta) * prior_of(text, strategy), 0.9)
    count = options.prior_messages
    return belief.alpha + count * rate, belief.beta + count * (1 - rate)


def belief_of(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    role: str,
    text: Skeleton,
    options: Outreach,
) -> Belief:
    """Return what is believed of a text for a role; of a user's own words the mean of all."""
    own = beliefs.get((role, text.channel, text.tone, text.angle))
    if own is not None:
        return own
    whole = beliefs.get(("", "", "", ""), Belief(options.base_rate, 1 - options.base_rate))
    rate = whole.alpha / (whole.alpha + whole.beta)
    return Belief(10 * rate, 10 * (1 - rate))


def _uniform(seed: str, role: str, text: Skeleton, draws: int) -> Any:  # noqa: ANN401 - an array
    """Return one number in (0, 1) for each guess; the same for all texts of one tone and angle."""
    import numpy as np  # noqa: PLC0415

    # Of texts that differ in length only one belief is held, so that they share their draw.
    salt = f"{seed}\x1f{role}\x1f{text.channel}\x1f{text.tone}\x1f{text.angle}"
    drawn = hashlib.shake_256(salt.encode()).digest(_WORD_BYTES * draws)
    return (np.frombuffer(drawn, dtype="<u4").astype(float) + 0.5) / 2**32


def own_words(text: Skeleton, strategy: PersonalizationStrategy) -> int:
    """Return what a user's own words count before all else, in millionths; 0 for others."""
    is_first = strategy.formatting_rules.get("own_words") == "first" and text.origin == "human"
    return _MILLION if is_first else 0


def micro(value: float) -> int:
    """Return a part of a score as a whole number of millionths, which add up in any order."""
    return round(_MILLION * value)
