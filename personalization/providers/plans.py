"""What a composed message is made of: sentence plans, lengths, and paragraphs out of documents."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from personalization.domain import Passage, Statement

T = TypeVar("T")

PLANS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "benefit_first": (("benefit",), ("proof",), ("offer",)),
    "offer_first": (("offer",), ("benefit",), ("faq",)),
    "story_first": (("story",), ("benefit",), ("offer",)),
    "proof_first": (("proof",), ("benefit",), ("faq",)),
    "reassure": (("benefit",), ("faq",), ("proof",)),
    "objection": (("faq",), ("benefit",), ("offer",)),
    "minimal": (("offer", "benefit"),),
}
"""For each plan, which kinds of document may fill its first, second and third paragraph."""

LENGTHS: Final[Mapping[str, tuple[int, int]]] = {"short": (1, 1), "medium": (2, 1), "long": (3, 2)}
"""For each length, how many paragraphs of content, and how many details in the first one."""

CONTENT: Final = ("benefit", "proof", "offer", "story", "faq")
"""Kinds of document that paragraphs are made of."""

LEAST_RELEVANCE: Final = 0.5
"""Share of the best passage's score below which a passage is left out: better to say less."""

SUBSTANCE: Final = frozenset({"benefit", "offer", "proof"})
"""Kinds that give the reader something to act on; a message of thanks alone does not."""

HEADS: Final = ("lead", "proof", "answer")
"""Roles of a statement that may open a paragraph; a detail or a condition may not."""

NO_WORDINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

PRONOUN: Final = re.compile(
    r"^(?:(?:it|its|they|them|ours|es|er|dies|il|ils|elles?|cela|ça|celles?-ci|ceux-ci|esto|eso"
    r"|ellos|ellas)\b"
    r"|(?:this|that|these|those|each|one)"
    r"(?= (?:is|are|was|were|has|have|can|will|of|comes?|goes)\b))",
    re.IGNORECASE,
)
"""Words that point back: nothing that opens a paragraph or stands alone may begin with one."""

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


def relevant(
    passages: Sequence[Passage], wanted: Collection[str] = (), least: float = LEAST_RELEVANCE
) -> list[Passage]:
    """Return the content that bears on the segment, best first: no voice, no buttons.

    An answer about the whole shop, such as how long a delivery takes, bears on everybody.

    Args:
        passages: What may be said.
        wanted: Ids of documents that are in, whatever their score.
        least: Share of the best score from which the others are in.
    """
    content = sorted(
        (p for p in passages if p.kind in CONTENT and head_of(p)),
        key=lambda p: (p.rank, p.passage_id),
    )
    best = max((p.score for p in content), default=0.0)
    bearing = [p for p in content if p.score >= least * best or p.document_id in wanted]
    return [p for p in content if p in bearing or (p.kind == "faq" and not p.products)]


def offered(passages: Sequence[Passage], wanted: Collection[str]) -> list[Passage]:
    """Return the content without the offers that nobody ordered.

    A brief that names no offer gives none away, whatever is approved.

    Args:
        passages: What may be said.
        wanted: Ids of the documents that the brief asks for.
    """
    return [p for p in passages if p.kind != "offer" or p.document_id in wanted]


def paragraph_of(
    passage: Passage,
    n_details: int,
    about: str,
    known: Mapping[str, Statement],
    draw: Draw,
    *,
    wanted: Mapping[str, tuple[str, ...]] = NO_WORDINGS,
) -> Paragraph | None:
    """Write one document's paragraph: lead, its conditions, then details.

    Args:
        passage: The document.
        n_details: At most how many details follow.
        about: The subject line; a detail that it speaks of comes before others.
        known: Every statement that may be used, by id; a requirement is looked up here.
        draw: Chooses among the approved wordings.
        wanted: Wordings by statement that the brief asks for: they come in, whatever the length.

    Returns:
        None where nothing may open the paragraph, or where a condition is not to be had.
    """
    head = head_of(passage)
    if head is None:
        return None
    details = [s for s in passage.statements if s.role in {"detail", "proof"} and s is not head]
    spoken_of = sorted(details, key=lambda s: -overlap(about, s.text))[:n_details]
    spoken_of += [s for s in details if s.statement_id in wanted]
    chosen: list[Statement] = []
    for statement in [head, *(s for s in details if s in spoken_of)]:
        needed = with_requirements(statement, known)
        if needed is None:
            return None
        chosen += [s for s in needed if s not in chosen]
    worded = (wanted.get(s.statement_id) or _wordings(s, about, is_first=s is head) for s in chosen)
    lines = tuple(Wording(s, draw.one(w)) for s, w in zip(chosen, worded, strict=True))
    return None if PRONOUN.match(lines[0].text) else Paragraph(passage, lines)


def _wordings(statement: Statement, about: str, *, is_first: bool) -> list[str]:
    """Return the approved wordings but those that repeat the subject line or point to nothing."""
    every = [statement.text, *statement.alternates]
    every = [t for t in every if not (is_first and PRONOUN.match(t))] or every
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
    slots: Sequence[tuple[str, ...]],
    passages: Sequence[Passage],
    wanted: Collection[str],
    draw: Draw,
) -> list[Passage]:
    """Choose a document for each slot; a later one has to go with the first, or it stays empty.

    Args:
        slots: Kinds that may fill each place.
        passages: Best first.
        wanted: Ids of the documents that have to be in: the promoted offer, what must be said.
        draw: Chooses among the best that fit.

    Returns:
        Empty where nothing fits the first slot: the plan cannot be followed.
    """
    promoted = [p for p in passages if p.document_id in wanted]
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
