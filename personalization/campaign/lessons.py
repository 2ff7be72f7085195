"""What earlier campaigns taught: how it reaches the next one, and how it is switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.campaign.journal import campaign_of, refuse_if_launched
from personalization.learning import lessons

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Store

Hint = lessons.Hint
ArmWeight = lessons.ArmWeight


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a campaign could make of earlier ones, and whether it does.

    Attributes:
        is_on: Whether it does; the sentences are there either way.
        n_campaigns: Past campaigns that taught something about its metric.
        sentences: What they taught, clearest first.
        brief_hints: Which tone and plan each segment's writers try first.
        weights: Learnt shares of its own messages; empty while it is off or nothing is written.
        reason: Why nothing is known; empty where something is.
    """

    is_on: bool
    n_campaigns: int
    sentences: tuple[str, ...]
    brief_hints: tuple[Hint, ...]
    weights: tuple[ArmWeight, ...]
    reason: str


def lessons_for(store: Store, settings: Settings, campaign_id: str) -> Lessons:
    """Say what earlier campaigns taught that bears on this one; reads only.

    Raises:
        InputError: There is no such campaign.
    """
    campaign_of(store, campaign_id)
    known = lessons.known_lessons(store, campaign_id)
    return Lessons(
        is_on=lessons.is_on(store, campaign_id, default=settings.learning.is_on),
        n_campaigns=max((lesson.n_campaigns for lesson in known), default=0),
        sentences=tuple(lesson.sentence for lesson in known),
        brief_hints=tuple(lessons.hints_for(store, campaign_id)),
        weights=tuple(lessons.weights_of(store, campaign_id)),
        reason="" if known else lessons.NOTHING,
    )


def use_lessons(
    store: Store, settings: Settings, campaign_id: str, *, is_on: bool, actor: str
) -> Lessons:
    """Switch what earlier campaigns taught on or off for this one, and say what it uses now.

    Messages that are written already stay; the arms' shares change with the next plan.

    Raises:
        InputError: There is no such campaign.
        StateError: It was launched.
    """
    refuse_if_launched(store, campaign_id, "its use of lessons")
    lessons.switch(store, campaign_id, is_on=is_on, actor=actor)
    return lessons_for(store, settings, campaign_id)
