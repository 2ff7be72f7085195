"""What is asked of a brief: its plan, and a gap in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.content.brief_sources import day_in_words
from personalization.providers.house_words import unsuitable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from personalization.domain import BrandProfile, Brief


@dataclass(frozen=True, slots=True)
class Gap:
    """One question that a brief leaves open.

    Attributes:
        field: Of the brief, or ``send_on`` or ``locale``.
        question: What somebody has to answer or change.
        reason: Why it matters.
        is_blocking: Whether nothing is written until it is answered.
    """

    field: str
    question: str
    reason: str
    is_blocking: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A brief with the day and the language that it is for.

    Attributes:
        is_claim: Tells whether words claim something that needs an approved source.
        today: The day on which it is asked.
        segments: The campaign's segments, as far as there are any: the name of each, and of those
            that were merged into it.
    """

    brief: Brief
    send_on: date
    locale: str
    today: date
    is_claim: Callable[[str], bool]
    segments: tuple[tuple[str, ...], ...] = ()

    @property
    def when(self) -> str:
        """Say for which day and where something has to be approved."""
        return f"for {day_in_words(self.send_on)} in {self.locale}"


def ruled_out(plan: Plan, profile: BrandProfile, text: str) -> str:
    """Return the first word of a text that brand or brief rule out; empty without one."""
    found = unsuitable(text, profile=profile, brief=plan.brief, locale=plan.locale)
    return next((each.term for each in found if not each.instead), "")
