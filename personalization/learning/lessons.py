"""Lessons: what was learnt, as sentences, and whether a campaign makes use of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Hint:
    """What the writers of a segment's messages try first, all but one of them.

    Attributes:
        segment: By its name.
        factor: tone or plan.
        level: Such as ``friendly`` or ``benefit_first``.
        sentence: Why, with its figures.
    """

    segment: str
    factor: str
    level: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ArmWeight:
    """The learnt share of one message.

    Attributes:
        weight: Share of what the segment's variants get together; they sum to 1.
        probability_best: That none of the segment's variants does better, in [0, 1].
        reason: In words.
    """

    segment: str
    arm: str
    weight: float
    probability_best: float
    reason: str


_SWITCH = """
    SELECT max_by(is_on, number) FROM lesson_switches WHERE campaign_id = $campaign_id
"""


def is_on(store: Store, campaign_id: str, *, default: bool) -> bool:
    """Tell whether the campaign uses lessons: as it was switched last, else the ``default``."""
    row = store.read_one(_SWITCH, campaign_id=campaign_id)
    return default if row is None or row[0] is None else bool(row[0])


_TURN = """
    INSERT INTO lesson_switches (campaign_id, is_on, actor, switched_at)
    VALUES ($campaign_id, $is_on, $actor, $now)
"""


def switch(store: Store, campaign_id: str, *, is_on: bool, actor: str) -> None:
    """Write down that somebody switched the campaign's lessons on or off."""
    with store.transaction():
        store.run(_TURN, campaign_id=campaign_id, is_on=is_on, actor=actor, now=store.now())
        record(
            store, "lessons.switched", campaign_id, actor=actor, campaign_id=campaign_id,
            is_on=is_on,
        )  # fmt: skip


# What campaigns like this one taught: same kind of data, same metric, same unit; of segments only
# its own.
_KNOWN = """
    SELECT lessons.factor, lessons.segment, lessons.level, lessons.chance, lessons.is_clear,
           lessons.n_campaigns, lessons.sentence
    FROM campaign_kinds AS kinds
    JOIN lessons ON lessons.is_sample = kinds.is_sample AND lessons.metric = kinds.metric
                AND lessons.unit = kinds.unit
    WHERE kinds.campaign_id = $campaign_id
      AND (lessons.segment = ''
           OR lessons.segment IN (SELECT segment FROM segments WHERE campaign_id = $campaign_id))
    ORDER BY lessons.position, lessons.factor, lessons.segment
"""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One row of ``lessons`` that bears on a campaign."""

    factor: str
    segment: str
    level: str
    chance: float
    is_clear: bool
    n_campaigns: int
    sentence: str


def known_lessons(store: Store, campaign_id: str) -> list[Lesson]:
    """Return what earlier campaigns taught about the campaign's own metric, clearest first."""
    return [Lesson(*row) for row in store.read(_KNOWN, campaign_id=campaign_id)]


_HINTS = """
    SELECT segment, factor, level, sentence FROM campaign_hints
    WHERE campaign_id = $campaign_id ORDER BY position, segment, factor DESC
"""


def hints_for(store: Store, campaign_id: str) -> list[Hint]:
    """Return which tone and plan each segment of the campaign leans to; none where it does not."""
    return [Hint(*row) for row in store.read(_HINTS, campaign_id=campaign_id)]


_WEIGHTS = """
    SELECT arm_weights.segment, arm, weight, probability_best, reason
    FROM arm_weights
    LEFT JOIN segments ON segments.campaign_id = arm_weights.campaign_id
                      AND segments.segment = arm_weights.segment
    WHERE arm_weights.campaign_id = $campaign_id
    ORDER BY segments.position, arm_weights.segment, arm
"""


def weights_of(store: Store, campaign_id: str) -> list[ArmWeight]:
    """Return the learnt shares of the campaign's messages; none while its lessons are off."""
    return [ArmWeight(*row) for row in store.read(_WEIGHTS, campaign_id=campaign_id)]
