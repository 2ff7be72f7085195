"""What a writer of product texts is told, and what it has to be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from personalization.providers.protocols import NO_PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.domain import BrandProfile, Message, Passage, Segment
    from personalization.providers.product_facts import Told
    from personalization.providers.protocols import Draft

KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "summary": ("web",),
        "description": ("web",),
        "highlights": ("web",),
        "email": ("email",),
        "social": ("x", "instagram", "facebook", "linkedin"),
        "team_summary": ("team",),
    }
)
"""Kinds of product texts, and the channels on which each is read."""

OWN_PRODUCTS: Final = ("summary", "email")
"""Kinds that may speak of the products of each reader, with blanks that are filled in SQL."""

STANDINGS: Final = ("newcomer", "regular", "returning")
"""How readers stand with the shop, where their segment says so."""


@dataclass(frozen=True, slots=True)
class TextRequest:
    """All that a writer of product texts is told: facts, approved text, aggregates of a segment.

    Attributes:
        text_set: Whose text it is to be; part of the seed.
        kind: One of KINDS.
        channel: Where it is read.
        tone: One of ``product_facts.TONES``.
        segment: For whom, with the segment's profile; None: for everybody.
        standing: One of STANDINGS, or empty.
        products: What it is about; none where it speaks of the products of each reader.
        step_up: A dearer product of the same family, where the tone suggests one.
        sales: What the product's own sales say; for the team only.
        strategy: How the products of each reader are chosen; empty where ``products`` are given.
        items: How many products of each reader it names.
        passages: Approved content that may be said on that channel.
        brand_name: Who is speaking.
        link: Where it leads.
        footer: Of an e-mail; empty elsewhere.
        locale: Language and country of the text.
        limit: Characters that the channel takes.
        most_hashtags: Hashtags that the channel bears.
        seed: Makes the answer repeatable.
        profile: How the brand speaks.
        feedback: What was wrong with the draft before this one.
        rejected: The draft that ``feedback`` speaks of.
    """

    text_set: str
    kind: str
    channel: str
    tone: str
    segment: Segment | None
    standing: str
    products: tuple[Told, ...]
    step_up: Told | None
    sales: Told | None
    strategy: str
    items: int
    passages: tuple[Passage, ...]
    brand_name: str
    link: str
    footer: str
    locale: str
    limit: int
    most_hashtags: int
    seed: str
    profile: BrandProfile = NO_PROFILE
    feedback: tuple[str, ...] = ()
    rejected: Message | None = None

    @property
    def sources(self) -> tuple[Passage, ...]:
        """Return every document that the text may cite."""
        told = (*self.products, *(t for t in (self.step_up, self.sales) if t))
        return (*(each.passage for each in told), *self.passages)


class TextWriter(Protocol):
    """Writes product texts."""

    @property
    def name(self) -> str:
        """Return who it is: composer, openai or azure."""
        ...

    def write(self, request: TextRequest, progress: Callable[[str], None] | None = None) -> Draft:
        """Return one draft; raise ProviderError where that cannot be done."""
        ...
