"""What a composed message is made of: sentence plans, lengths, and paragraphs out of documents."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.domain import Passage, Statement

T = TypeVar("T")

PLANS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "benefit_first": (("benefit",), ("proof",), ("offer",)),
    "offer_first": (("offer",), ("benefit",), ("faq",)),
    "story_first": (("story",), ("benefit",), ("offer",)),
    "proof_first": (("proof",), ("benefit",), ("faq",)),
    "reassure": (("benefit",), ("faq",), ("proof",)),
    "minimal": (("offer", "benefit"),),
}
"""For each plan, which kinds of document may fill its first, second and third paragraph."""

LENGTHS: Final[Mapping[str, tuple[int, int]]] = {"short": (1, 1), "medium": (2, 1), "long": (3, 2)}
"""For each length, how many paragraphs of content, and how many details in the first one."""

SUBSTANCE: Final = frozenset({"benefit", "offer", "proof"})
"""Kinds that give the reader something to act on; a message of thanks alone does not."""

HEADS: Final = ("lead", "proof", "answer")
"""Roles of a statement that may open a paragraph; a detail or a condition may not."""

_WORD: Final = re.compile(r"[^\W_]+")
_LONGER: Final = 4  # letters from which a word says something about the matter
_NEAR: Final = 4  # a slot is filled by one of the best four that fit


class Draw:
    """A repeatable source of choices, named by what it is for."""

    def __init__(self, *names: object) -> None:
        digest = hashlib.sha256("|".join(str(name) for name in names).encode()).hexdigest()
        self._random = random.Random(int(digest, 16))  # noqa: S311

    def one(self, options: Sequence[T]) -> T:
        """Return one of ``options``, each as likely as the other."""
        return self._random.choice(options)

    def one_of_best(self, options: Sequence[T]) -> T:
        """Return one of the first few of ``options``; the earlier, the likelier."""
        near = options[:_NEAR]
        return self._random.choices(near, [1 / (1 + place) for place in range(len(near))])[0]

    def chance(self, share: float) -> bool:
        """Return true in ``share`` of the cases."""
        return self._random.random() < share


@dataclass(frozen=True, slots=True)
class Wording:
    """A statement in one of its approved wordings, or in an authored subject line."""

    statement: Statement
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What one document contributes: its head, what the head requires, and details."""

    passage: Passage
    lines: tuple[Wording, ...]


def head_of(passage: Passage) -> Statement | None:
    """Return the statement that a paragraph from this document opens with, or None."""
    heads = [s for role in HEADS for s in passage.statements if s.role == role]
    return heads[0] if heads else None


def paragraph_of(
    passage: Passage, n_details: int, about: str, known: Mapping[str, Statement], draw: Draw
) -> Paragraph | None:
    """Write one document's paragraph: lead, its conditions, then details.

    Args:
        passage: The document.
        n_details: At most how many details follow.
        about: The subject line; a detail that it speaks of comes before others.
        known: Every statement that may be used, by id; a requirement is looked up here.
        draw: Chooses among the approved wordings.

    Returns:
        None where nothing may open the paragraph, or where a condition is not to be had.
    """
    head = head_of(passage)
    if head is None:
        return None
    details = [s for s in passage.statements if s.role in {"detail", "proof"} and s is not head]
    spoken_of = sorted(details, key=lambda s: -overlap(about, s.text))[:n_details]
    chosen: list[Statement] = []
    for statement in [head, *(s for s in details if s in spoken_of)]:
        needed = with_requirements(statement, known)
        if needed is None:
            return None
        chosen += [s for s in needed if s not in chosen]
    return Paragraph(passage, tuple(Wording(s, draw.one(_wordings(s, about))) for s in chosen))


def _wordings(statement: Statement, about: str) -> list[str]:
    """Return the approved wordings, without those that only repeat the subject line."""
    every = [statement.text, *statement.alternates]
    said = about.casefold().rstrip(".")
    return [text for text in every if said not in text.casefold()] or every


def overlap(text: str, other: str) -> int:
    """Count the longer words that two texts share, by their first five letters."""
    return len(_roots(text) & _roots(other))


def _roots(text: str) -> set[str]:
    return {w.casefold()[:5] for w in _WORD.findall(text) if len(w) >= _LONGER}


def with_requirements(
    statement: Statement, known: Mapping[str, Statement]
) -> list[Statement] | None:
    """Return the statement and all that has to stand with it; None where one is missing."""
    chosen = [statement]
    for current in chosen:
        for name in current.requires:
            if name not in known:
                return None
            if known[name] not in chosen:
                chosen.append(known[name])
    return chosen


def choose_passages(
    slots: Sequence[tuple[str, ...]], passages: Sequence[Passage], offer: str, draw: Draw
) -> list[Passage]:
    """Choose a document for each slot; a later one has to go with the first, or it stays empty.

    Args:
        slots: Kinds that may fill each place.
        passages: Best first.
        offer: Id of the document that the message has to promote, or empty.
        draw: Chooses among the best that fit.

    Returns:
        Empty where nothing fits the first slot: the plan cannot be followed.
    """
    promoted = [p for p in passages if p.document_id == offer]
    chosen: list[Passage] = []
    for place, kinds in enumerate(slots):
        waiting = [p for p in promoted if p not in chosen and p.kind in kinds]
        fitting = waiting or [p for p in passages if p.kind in kinds and p not in chosen]
        if place > 0:
            fitting = waiting or [p for p in fitting if goes_with(p, chosen[0])]
        if fitting:
            chosen.append(draw.one_of_best(fitting))
        elif place == 0:
            return []
    return chosen + [p for p in promoted if p not in chosen]


def goes_with(passage: Passage, main: Passage) -> bool:
    """Tell whether a document may stand beside the main one: the same matter, or shop-wide."""
    if not passage.products or not main.products:
        return True
    return bool(set(passage.products) & set(main.products)) or is_near(passage, main)


def is_near(passage: Passage, main: Passage) -> bool:
    """Tell whether two documents share a product or most of their tags."""
    if set(passage.products) & set(main.products):
        return True
    shared = set(passage.tags) & set(main.tags)
    return len(shared) * 2 > min(len(set(passage.tags)), len(set(main.tags)))
