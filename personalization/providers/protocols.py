"""What a provider has to be able to do: one method each.

Embedded defaults live in ``local``-named modules, hosted services in modules named after the
vendor.  Stages take a protocol; ``registry`` chooses from the settings and the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from personalization.domain import BrandProfile
from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from personalization.domain import Brief, Claim, Message, Passage, ProductPlan, Segment


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    model_id: str

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one row of length 1 for each text; shape (len(texts), dimensions)."""
        ...


@dataclass(frozen=True, slots=True)
class Learnt:
    """A trait that did well with a segment in earlier campaigns.

    Attributes:
        factor: tone or plan.
        level: Such as ``friendly`` or ``benefit_first``.
        sentence: What was found, with its figures.
    """

    factor: str
    level: str
    sentence: str


NO_PROFILE: Final = BrandProfile()
"""The profile of a brand of which nothing was written down."""


@dataclass(frozen=True, slots=True)
class WritingRequest:
    """All that a writer is told: aggregates and approved text, never a customer's row.

    Attributes:
        campaign_id: Part of the seed.
        segment: Whom the message is for, with the segment's profile.
        arms: Arm names to write for, such as ("A", "B", "C").
        passages: What may be said; each statement is a citation unit.
        brief: What the marketer wants.
        brand_name: Who is speaking.
        link: Where the call to action leads.
        footer: Sender, address and unsubscribe line; taken over word for word.
        locale: Language and country of the text, such as en-GB.
        seed: Makes the answer repeatable.
        avoid: Messages that the new ones have to differ from: the other arms, an earlier version.
        feedback: What was wrong with the draft before this one, sentence by sentence.
        learnt: Traits that a writer tries first.
        exploring: Arms that depart from them instead, so that there is still something to learn.
        elsewhere: Messages to other segments of the campaign: the new ones are no near copies.
        profile: How the brand speaks: its vocabulary, what it never says, sentences that sound
            like it.
        rejected: The draft that ``feedback`` speaks of.
        checker: Whom the grounding asks for a second opinion; a writer does not.
        products: What products the messages name; None where they name none.
        family: Of the first product of everybody in the segment; empty where it differs.
    """

    campaign_id: str
    segment: Segment
    arms: tuple[str, ...]
    passages: tuple[Passage, ...]
    brief: Brief
    brand_name: str
    link: str
    footer: str
    locale: str
    seed: str
    avoid: tuple[Message, ...] = ()
    feedback: tuple[str, ...] = ()
    learnt: tuple[Learnt, ...] = ()
    exploring: tuple[str, ...] = ()
    profile: BrandProfile = NO_PROFILE
    elsewhere: tuple[Message, ...] = ()
    rejected: Message | None = None
    checker: GroundednessChecker | None = None
    products: ProductPlan | None = None
    family: str = ""

    @property
    def preferred(self) -> dict[str, str]:
        """Return the learnt level by factor; empty where nothing was learnt."""
        return {learnt.factor: learnt.level for learnt in self.learnt}


@dataclass(frozen=True, slots=True)
class Draft:
    """A written variant before it is stored.

    Attributes:
        arm: Which arm of the segment it is for.
        claims: Each assertion with the statement that bears it out.
        attributes: What makes it differ: plan, tone, length, opener.
        origin: composer, openai or azure.
        provenance: Model, prompt hash, tokens, cost, latency, seed; never a secret.
    """

    arm: str
    message: Message
    claims: tuple[Claim, ...]
    attributes: tuple[tuple[str, str], ...]
    origin: str
    provenance: tuple[tuple[str, str], ...]


class ShortfallError(ProviderError):
    """Fewer variants could be written than were asked for; its text says what is missing.

    Attributes:
        drafts: Those that could be written; they are as good as any.
    """

    def __init__(self, message: str, drafts: Sequence[Draft] = ()) -> None:
        super().__init__(message)
        self.drafts = tuple(drafts)


class Writer(Protocol):
    """Writes the variants of one segment."""

    name: str

    def write(
        self, request: WritingRequest, progress: Callable[[str], None] | None = None
    ) -> list[Draft]:
        """Return one draft for each arm; raise ProviderError where that cannot be done.

        Raises:
            ShortfallError: The content bears some of the arms, and not all; it holds the drafts.
        """
        ...


@dataclass(frozen=True, slots=True)
class HarmAnalysis:
    """What an engine found in one text.

    Attributes:
        severities: 0 to 7 for exactly hate, self_harm, sexual and violence; empty only where a
            blocklist matched and the service looked no further.
        request_id: The service's own id of the call, or empty.
        spans: Where the worst of a category stands, as characters of the text; empty where
            the engine does not say.
        chunks: In how many pieces the text was rated.
        blocklist_hits: (name of the blocklist, the words that matched); a match blocks.
    """

    severities: tuple[tuple[str, int], ...]
    request_id: str = ""
    spans: tuple[tuple[str, int, int], ...] = ()
    chunks: int = 1
    blocklist_hits: tuple[tuple[str, str], ...] = ()


class HarmClassifier(Protocol):
    """Rates a text by the four categories of harm."""

    @property
    def name(self) -> str:
        """Return which engine it is: embedded or azure."""
        ...

    @property
    def version(self) -> str:
        """Return the version that stands in every record."""
        ...

    def analyze(self, text: str) -> HarmAnalysis:
        """Rate one sentence or short text; raise ProviderError where that cannot be done."""
        ...


class Shield(Protocol):
    """Tells whether texts that a writer will be given attack it with orders of their own."""

    @property
    def name(self) -> str:
        """Return whose service it is."""
        ...

    @property
    def version(self) -> str:
        """Return the version that stands in every record."""
        ...

    def find_attacks(self, documents: Sequence[str]) -> tuple[bool, ...]:
        """Return yes or no for each document; raise ProviderError where that cannot be done."""
        ...


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a service makes of one claim, beside the rules.

    Attributes:
        is_grounded: Whether it finds the claim borne out by the sources.
        reason: Why not, in words; empty where it does.
        request_id: The service's own id of the call, or empty.
    """

    is_grounded: bool
    reason: str = ""
    request_id: str = ""


class GroundednessChecker(Protocol):
    """Gives a second opinion on a claim that the rules let pass; it can only demote."""

    @property
    def name(self) -> str:
        """Return whose opinion it is, as a reviewer reads it."""
        ...

    def check(self, claim: str, sources: Sequence[str]) -> Opinion:
        """Hold one sentence to the words of its sources.

        Raises:
            ProviderError: It gave no opinion; the claim is then blocked.
        """
        ...
