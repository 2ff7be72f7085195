"""What a writer of skeletons for prospects is told, and what it has to be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from personalization.domain import merge_tags
from personalization.providers.protocols import NO_PROFILE
from personalization.statistics.message_length import counted_length, sms_segments

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.domain import BrandProfile, Message, Passage
    from personalization.providers.protocols import Draft

LETTERS: Final = ("cold_email", "linkedin_inmail")
"""Channels with a subject and paragraphs."""

NOTES: Final = ("linkedin_note", "x_message", "sms")
"""Channels for a few words."""

SPOKEN: Final = ("video_script", "call_snippet")
"""Channels on which a text is said aloud."""

# What fields read like when a text is fitted to its channel: longer than most values are.
_USUAL: Final = {
    "prospect.first_name": "Maximilian",
    "prospect.full_name": "Maximilian Oberhauser",
    "prospect.company": "Bramble & Thistle Trading",
    "prospect.city": "Newcastle upon Tyne",
    "prospect.industry": "professional services",
    "prospect.title": "Director of Operations",
    "fact.text": "your new showroom in Newcastle upon Tyne",
}


@dataclass(frozen=True, slots=True)
class SkeletonRequest:
    """All that a writer of skeletons is told: approved text and a place, never a prospect's row.

    Attributes:
        campaign_id: Part of the seed.
        role: Whom it speaks to, one of ROLES.
        channel: One of OUTREACH_CHANNELS.
        kind: opening, follow_up or closing.
        tone: One of OUTREACH_TONES.
        angle: One of OUTREACH_ANGLES.
        length: short or standard.
        passages: Approved content for the channel and the role, targeted ones first.
        brand_name: Who is writing.
        sender: What stands below a letter; empty: the trade team.
        footer: Taken over word for word.
        locale: Language and country of the text.
        limit: Characters that the channel takes, as it counts them; of SMS the segments.
        words: Band of words that reads well, from and to.
        seed: Makes the answer repeatable.
        profile: How the brand speaks.
        feedback: What was wrong with the draft before this one.
        rejected: The draft that ``feedback`` speaks of.
    """

    campaign_id: str
    role: str
    channel: str
    kind: str
    tone: str
    angle: str
    length: str
    passages: tuple[Passage, ...]
    brand_name: str
    sender: str
    footer: str
    locale: str
    limit: int
    words: tuple[int, int]
    seed: str
    profile: BrandProfile = NO_PROFILE
    feedback: tuple[str, ...] = ()
    rejected: Message | None = None

    @property
    def arm(self) -> str:
        """Return the arm under which it is chosen and measured."""
        return f"{self.tone}/{self.angle}/{self.length}"


class SkeletonWriter(Protocol):
    """Writes skeletons of messages to prospects."""

    @property
    def name(self) -> str:
        """Return who it is: composer, openai or azure."""
        ...

    def write(
        self, request: SkeletonRequest, progress: Callable[[str], None] | None = None
    ) -> Draft:
        """Return one draft; raise ProviderError where that cannot be done."""
        ...


def signature(sender: str, brand: str) -> str:
    """Return the name below a letter, with the brand beneath it; empty where nobody is named.

    Example:
        >>> signature("Nora Field", "Hearth & Ribbon").splitlines()
        ['Nora Field', 'Hearth & Ribbon']
        >>> signature("The team of Hearth & Ribbon", "Hearth & Ribbon")
        'The team of Hearth & Ribbon'
    """
    return sender if not sender or brand in sender else f"{sender}\n{brand}"


def as_filled(text: str) -> str:
    """Return a skeleton as a prospect with long values reads it.

    Example:
        >>> as_filled("Hello {{prospect.first_name|there}},")
        'Hello Maximilian,'
    """
    for tag in merge_tags(text):
        text = text.replace(tag.token, _USUAL.get(tag.field, tag.stand_in))
    return text


def posted(channel: str, message: Message) -> str:
    """Return what a channel counts: the text with what stands below it; no subject."""
    parts = (message.body, message.call_to_action, message.link, message.footer)
    gap = " " if channel in NOTES else "\n\n"
    return gap.join(part for part in parts if part)


def fits(channel: str, message: Message, limit: int) -> bool:
    """Tell whether a skeleton with long values stays within what its channel takes."""
    text = as_filled(posted(channel, message))
    if channel == "sms":
        return sms_segments(text) <= limit
    return channel == "cold_email" or counted_length(channel, text) <= limit
