"""What earlier campaigns taught: how it reaches the next one, and how it is switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization import learning
from personalization.campaign.journal import campaign_of, refuse_if_launched
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Store

Hint = learning.Hint
ArmWeight = learning.ArmWeight

NOTHING: Final = "Nothing learnt yet: needs one real campaign read on its date."


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a campaign could make of earlier ones, and whether it does.

    Attributes:
        is_on: Whether it does; the sentences are there either way.
        n_campaigns: Past campaigns that taught something about its metric.
        sentences: What they taught, clearest first; of single segments only what is clear.
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
    known = learning.known_lessons(store, campaign_id)
    is_on = learning.is_on(store, campaign_id, default=settings.learning.is_on)
    return Lessons(
        is_on=is_on,
        n_campaigns=max((lesson.n_campaigns for lesson in known), default=0),
        sentences=tuple(
            lesson.sentence for lesson in known if lesson.is_clear or not lesson.segment
        ),
        brief_hints=tuple(learning.hints_for(store, campaign_id)),
        weights=tuple(learning.weights_of(store, campaign_id)) if is_on else (),
        reason="" if known else NOTHING,
    )


_FROZEN = """
    SELECT count(*) FROM experiments WHERE campaign_id = $campaign_id AND approved_at IS NOT NULL
"""


def use_lessons(
    store: Store, settings: Settings, campaign_id: str, *, is_on: bool, actor: str
) -> Lessons:
    """Switch what earlier campaigns taught on or off for this one, and say what it uses now.

    The arms' shares follow at once; messages that are written already stay.

    Raises:
        InputError: There is no such campaign.
        StateError: It was launched, or its design is approved.
    """
    refuse_if_launched(store, campaign_id, "its use of lessons")
    if store.read(_FROZEN, campaign_id=campaign_id) != [(0,)]:
        raise StateError(
            "The design is approved, and its shares are frozen with it. Withdraw the approval to "
            "change what it makes of earlier campaigns."
        )
    with store.transaction():
        learning.switch(store, campaign_id, is_on=is_on, actor=actor)
        weigh_messages(store, settings, campaign_id, actor=actor)
    return lessons_for(store, settings, campaign_id)


def weigh_messages(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Give the campaign's messages the shares that were learnt, or none while lessons are off.

    Returns:
        How many messages have a learnt share; those of a frozen design stay as they are.
    """
    if store.read(_FROZEN, campaign_id=campaign_id) != [(0,)]:
        return 0
    if not learning.is_on(store, campaign_id, default=settings.learning.is_on):
        return learning.forget_weights(store, campaign_id, actor=actor)
    return learning.weigh_arms(store, settings, campaign_id, actor=actor)


_READ = """
    SELECT experiment_id, mode = 'simulation' FROM experiments
    WHERE campaign_id = $campaign_id AND (mode = 'simulation' OR analysis_on < $today)
      AND launched_at IS NOT NULL
"""
_OPEN = """
    SELECT DISTINCT campaign_id FROM current_variants
    WHERE campaign_id NOT IN (SELECT campaign_id FROM experiments WHERE approved_at IS NOT NULL)
    ORDER BY campaign_id
"""


def learn(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Learn from a campaign that was read on its date, and hand it on to those still in the making.

    Nothing is looked at before the date has passed.  A simulation shows what choosing by segment
    would bring in it, and teaches later campaigns nothing.

    Returns:
        How many lessons there are now; 0 where there was nothing to learn.
    """
    read = store.read_one(_READ, campaign_id=campaign_id, today=store.now().date())
    if read is None:
        return 0
    experiment_id, is_simulated = read
    with store.transaction():
        learning.value_choices(store, settings, experiment_id, actor=actor)
        if is_simulated:
            return 0
        lessons = learning.learn(store, settings, campaign_id=campaign_id, actor=actor)
        for (other,) in store.read(_OPEN):
            weigh_messages(store, settings, other, actor=actor)
    return lessons
