"""How well a message cites: what is borne out, which citations add something, and how freely.

References:
    Gao et al. (2023), Enabling Large Language Models to Generate Text with Citations (ALCE,
    arXiv 2305.14627): citation recall and precision.  Their judge is a language model; here a
    claim is borne out where the grounding rules say so, and a citation adds something where it
    gives the claim a figure, a name or a word stem that no other citation of the claim gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.generation.facts import facts
from personalization.generation.quoting import plain
from personalization.generation.sentences import without_tags
from personalization.generation.wording import content_stems, entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERBATIM: Final = "verbatim"
ALTERNATE: Final = "alternate"
REWRITTEN: Final = "rewritten"


@dataclass(frozen=True, slots=True)
class Citation:
    """One statement that a claim cites.

    Attributes:
        statement_id: Which statement.
        text: Its approved wording.
        alternates: Its other approved wordings, authored subject lines among them.
    """

    statement_id: str
    text: str
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CitedClaim:
    """What one place of a message asserts, and what is cited for it.

    Attributes:
        text: The words of the message.
        is_borne_out: Whether the grounding found it supported by what it cites.
        citations: May be empty: then nothing bears it out.
    """

    text: str
    is_borne_out: bool
    citations: tuple[Citation, ...]

    @property
    def is_supported(self) -> bool:
        """Tell whether it cites something, and that bears it out."""
        return self.is_borne_out and bool(self.citations)


def citation_recall(claims: Sequence[CitedClaim]) -> float | None:
    """Return the share of claims that what they cite bears out; None without a claim."""
    return sum(c.is_supported for c in claims) / len(claims) if claims else None


def citation_precision(claims: Sequence[CitedClaim], locale: str = "en-GB") -> float | None:
    """Return the share of citations that add something to a supported claim; None without any.

    A citation of a claim that is not borne out counts as one that adds nothing.
    """
    n_citations = sum(len(claim.citations) for claim in claims)
    n_adding = sum(len(adding(claim, locale)) for claim in claims if claim.is_supported)
    return n_adding / n_citations if n_citations else None


def adding(claim: CitedClaim, locale: str = "en-GB") -> tuple[Citation, ...]:
    """Return the citations that give the claim something that none of the others gives.

    A citation of which a wording stands in the claim word for word always does.
    """
    wanted = _given(without_tags(claim.text), locale)
    given = {
        c.statement_id: wanted & _given(" ".join((c.text, *c.alternates)), locale)
        for c in claim.citations
    }
    return tuple(
        citation
        for citation in claim.citations
        if way_of(claim.text, citation) != REWRITTEN
        or given[citation.statement_id]
        - {each for name, own in given.items() if name != citation.statement_id for each in own}
    )


def way_of(text: str, citation: Citation) -> str:
    """Return VERBATIM, ALTERNATE or REWRITTEN: how the words of a claim stand to its source."""
    said = plain(text)
    if said in plain(citation.text):
        return VERBATIM
    return ALTERNATE if any(said in plain(each) for each in citation.alternates) else REWRITTEN


def ways_of(claims: Iterable[CitedClaim]) -> dict[str, float] | None:
    """Return the shares of claims that are verbatim, an approved alternate, or rewritten.

    A claim with several citations counts by the closest; one without any is rewritten.  None
    without a claim.
    """
    order = (VERBATIM, ALTERNATE, REWRITTEN)
    ways = [
        min((way_of(claim.text, c) for c in claim.citations), key=order.index, default=REWRITTEN)
        for claim in claims
    ]
    return {way: ways.count(way) / len(ways) for way in order} if ways else None


def _given(text: str, locale: str) -> set[tuple[str, str]]:
    """Return figures, names and word stems of a text."""
    language = locale[:2]
    return (
        {(f"figure:{fact.kind}", fact.value) for fact in facts(text, language)}
        | {("name", name.casefold()) for name in entities(text)}
        | {("stem", stem) for stem in content_stems(text, language)}
    )
