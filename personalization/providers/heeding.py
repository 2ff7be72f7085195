"""What brief and brand ask of a composed message, in terms of approved wordings.

Words that are ruled out take their wordings with them before anything is composed; words that
have to be said pick the wordings that say them.  What no approved wording says is left to the gap
report: nothing is made up for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalization.providers.house_words import lacking, says, unsuitable
from personalization.providers.plans import head_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalization.domain import Message, Passage, Statement
    from personalization.providers.frames import Frame
    from personalization.providers.protocols import WritingRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What every message has to hold.

    Attributes:
        terms: What has to be said and can be.
        wordings: By statement, its wordings that say such a term.
        documents: Ids of documents that have to be in the message.
        unsaid: What has to be said and stands in no approved wording and no frame.
    """

    terms: tuple[str, ...]
    wordings: Mapping[str, tuple[str, ...]]
    documents: frozenset[str]
    unsaid: tuple[str, ...] = ()

    def lacks(self, message: Message) -> str:
        """Return the first term that a message does not say; empty where it says all."""
        return next(iter(lacking(self.terms, message.fields())), "")

    def of_frames(self, frames: Sequence[Frame]) -> tuple[Frame, ...]:
        """Return the frames that say a term, or all where none does."""
        saying = tuple(f for f in frames if any(says(term, f.text) for term in self.terms))
        return saying or tuple(frames)


def is_fit(text: str, request: WritingRequest) -> bool:
    """Tell whether neither brief nor brand rules a wording out."""
    return not unsuitable(text, profile=request.profile, brief=request.brief, locale=request.locale)


def narrowed(request: WritingRequest) -> WritingRequest:
    """Return the request in one order, without the wordings that brief or brand rule out."""
    passages = sorted(request.passages, key=lambda p: (p.rank, p.passage_id))
    return replace(request, passages=tuple(_narrowed(p, request) for p in passages))


def _narrowed(passage: Passage, request: WritingRequest) -> Passage:
    statements = [
        replace(s, text=fit[0], alternates=fit[1:])
        for s in passage.statements
        if (fit := tuple(t for t in (s.text, *s.alternates) if is_fit(t, request)))
    ]
    lines = tuple(line for line in passage.subject_lines if is_fit(line, request))
    return replace(passage, statements=tuple(statements), subject_lines=lines)


def ruled_out(request: WritingRequest) -> tuple[str, ...]:
    """Return the documents of which every opening is ruled out, by the ids of the documents."""
    left = {p.document_id for p in narrowed(request).passages if head_of(p)}
    return tuple(
        sorted({p.document_id for p in request.passages if head_of(p)} - left),
    )


def asked_of(request: WritingRequest, usable: Sequence[Passage], frames: Sequence[Frame]) -> Asked:
    """Find which approved wordings say what the brief wants said.

    Args:
        request: Its wordings are those that may be used.
        usable: The content that may be in a message, best first.
        frames: Courtesies that a message may be given.
    """
    unsaid, terms, documents = [], [], {request.brief.offer} - {""}
    wordings: dict[str, tuple[str, ...]] = {}
    own_words = _courtesies(request, frames)
    for term in request.brief.must_say:
        holder = next((p for p in usable if any(_saying(p, term))), None)
        if holder is None and not any(says(term, text) for text in own_words):
            unsaid.append(term)
            continue
        terms.append(term)
        if holder is not None:
            documents.add(holder.document_id)
            wordings |= _chosen(holder, term, wordings)
    return Asked(tuple(terms), wordings, frozenset(documents), tuple(unsaid))


def _courtesies(request: WritingRequest, frames: Sequence[Frame]) -> list[str]:
    buttons = (p for p in request.passages if p.kind == "cta")
    spoken = [text for p in buttons for s in p.statements for text in (s.text, *s.alternates)]
    return [*spoken, *(frame.text for frame in frames)]


def _saying(passage: Passage, term: str) -> Iterator[tuple[Statement, str]]:
    for statement in passage.statements:
        for text in (statement.text, *statement.alternates):
            if says(term, text):
                yield statement, text


def _chosen(
    passage: Passage, term: str, before: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Choose the first statement that says a term, and its wordings that do, and earlier ones."""
    found = list(_saying(passage, term))
    statement = found[0][0]
    saying = tuple(text for s, text in found if s is statement)
    both = tuple(text for text in saying if text in before.get(statement.statement_id, saying))
    return {statement.statement_id: both or saying}
