"""What earlier campaigns taught, as far as it bears on the writing.

The tone and the plan that did well with a segment are tried first by all of its arms but the last
one, which departs from them: without that, a mistake could never be noticed.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from personalization.providers.protocols import Learnt

if TYPE_CHECKING:
    from personalization.providers.protocols import Draft, WritingRequest
    from personalization.settings import Settings
    from personalization.store import Store

# A campaign that was never switched follows the settings.
_LEARNT = """
    SELECT factor, level, sentence FROM campaign_hints
    WHERE campaign_id = $campaign_id AND segment = $segment
      AND coalesce((SELECT max_by(is_on, number) FROM lesson_switches
                    WHERE campaign_id = $campaign_id), $is_on)
    ORDER BY factor
"""


def learnt_for(
    store: Store, settings: Settings, campaign_id: str, segment: str
) -> tuple[Learnt, ...]:
    """Return the traits that writers try first for a segment; none while lessons are off."""
    rows = store.read(
        _LEARNT, campaign_id=campaign_id, segment=segment, is_on=settings.learning.is_on
    )
    return tuple(Learnt(*row) for row in rows)


def exploring_arms(settings: Settings) -> tuple[str, ...]:
    """Return which arms depart from the lessons: the last one, unless it is the only one."""
    arms = ascii_uppercase[: settings.generation.variants]
    return (arms[-1],) if len(arms) > 1 else ()


def lessons_used(request: WritingRequest, draft: Draft) -> tuple[tuple[str, str], ...]:
    """Say in a draft's provenance which lessons it follows, or that it explores."""
    if request.learnt and draft.arm in request.exploring:
        return (("explores", "Departs from what was learnt, so that it can be put to the test."),)
    traits = dict(draft.attributes)
    return tuple(
        (f"lesson_{learnt.factor}", learnt.sentence)
        for learnt in request.learnt
        if traits.get(learnt.factor) == learnt.level
    )
