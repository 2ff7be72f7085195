"""What the approved content of a segment cannot carry yet, and what to add, counted.

A message that lacks content is not padded: it is not written, and this says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.providers.composing import buttons_asked_for, subjects_of
from personalization.providers.heeding import asked_of, narrowed, ruled_out
from personalization.providers.leaning import holds, nearest
from personalization.providers.plans import (
    CONTENT,
    PLANS,
    SUBSTANCE,
    head_of,
    offered,
    relevant,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.domain import Passage
    from personalization.providers.frames import Frame
    from personalization.providers.protocols import Draft, WritingRequest

NEEDED: Final[dict[str, int]] = {"benefit": 3, "proof": 1, "offer": 1, "story": 1, "faq": 1}
"""Documents of each kind that three messages with something of their own to say are made of."""

_WORDINGS: Final = 2
"""Wordings of an opening sentence from which two messages may open with the same document."""


@dataclass(frozen=True, slots=True)
class ContentGap:
    """What a segment's content bears, and what it lacks.

    Attributes:
        segment: Its name.
        n_wanted: Messages that were asked for.
        n_written: Distinct messages that the content bears, up to ``n_wanted``.
        kinds: (kind, usable documents of it) for each kind that paragraphs are made of;
            offers only where the brief asks for one.
        plans: (plan, kind that it would open with) for each plan that cannot be written.
        too_weak: Documents that were found and left out: they hardly bear on the segment.
        ruled_out: Documents whose every opening says what brief or brand rule out.
        few_wordings: Documents whose opening sentence has no alternate.
        no_subject: Documents without a subject line that may be used.
        unsaid: What the brief wants said and no approved wording says.
        no_button: What the brief wants of the button where no approved one comes near it.
        no_key: The key message where no approved document for the segment comes near it, or where
            no message could hold the one that does.
        told: Why nothing can be written at all, where it is not for want of content.
    """

    segment: str
    n_wanted: int
    n_written: int
    kinds: tuple[tuple[str, int], ...]
    plans: tuple[tuple[str, str], ...] = ()
    too_weak: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    few_wordings: tuple[str, ...] = ()
    no_subject: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    no_button: str = ""
    no_key: str = ""
    told: str = ""

    @property
    def is_short(self) -> bool:
        """Tell whether fewer messages can be written than were asked for."""
        return self.n_written < self.n_wanted

    @property
    def n_usable(self) -> int:
        """Count the documents that a message may be made of."""
        return sum(count for _, count in self.kinds)

    @property
    def advice(self) -> tuple[str, ...]:
        """Return what to do about it, a sentence each, the most needed first; empty if nothing."""
        return tuple(_advice(self))

    @property
    def sentence(self) -> str:
        """Return it in a few sentences, for a place without room for a list."""
        if self.told:
            return self.told
        if not self.n_usable:
            return (
                f"No approved content was found for segment '{self.segment}'. "
                "Add a benefit, an offer or a story for it on the Content page."
            )
        found = ", ".join(f"{count} {kind}" for kind, count in self.kinds if count)
        return (
            f"The approved content bears {self.n_written} distinct messages for segment "
            f"'{self.segment}', not {self.n_wanted}: it has {found}. {' '.join(self.advice)} "
            "Then write again."
        )


def gap_of(
    request: WritingRequest, drafts: Sequence[Draft], frames: Sequence[Frame] = ()
) -> ContentGap:
    """Say what the content of a request lacks.

    Args:
        request: What a writer would be told.
        drafts: What could be written of it.
        frames: Courtesies that may say what the brief wants said.
    """
    left = narrowed(request)
    every = relevant(left.passages, least=0.0)
    asked = asked_of(left, every, frames)
    usable = offered(relevant(left.passages, asked.documents), asked.documents)
    kinds = [k for k in CONTENT if k != "offer" or asked.documents]
    counts = tuple((kind, sum(p.kind == kind for p in usable)) for kind in kinds)
    wish = request.brief.call_to_action
    return ContentGap(
        request.segment.name,
        len(request.arms),
        len(drafts),
        counts,
        plans=tuple(_unwritable(usable, kinds)),
        too_weak=_ids(p for p in offered(every, asked.documents) if p not in usable),
        ruled_out=ruled_out(request),
        few_wordings=_ids(p for p in usable if _n_wordings(p) < _WORDINGS),
        no_subject=_ids(p for p in usable if p.kind != "faq" and not subjects_of(p)),
        unsaid=asked.unsaid,
        no_button=wish if wish and not buttons_asked_for(left) else "",
        no_key=_unheard(left, offered(every, asked.documents), drafts),
    )


def _unheard(request: WritingRequest, found: Sequence[Passage], drafts: Sequence[Draft]) -> str:
    """Return the key message where no draft holds the document that comes nearest to it."""
    message = request.brief.key_message
    near = nearest(message, found, request.locale)
    if near and (not drafts or any(holds(draft, near.document_id) for draft in drafts)):
        return ""
    return message


def _ids(passages: Iterator[Passage]) -> tuple[str, ...]:
    return tuple(passage.document_id for passage in passages)


def _n_wordings(passage: Passage) -> int:
    head = head_of(passage)
    return 1 + len(head.alternates) if head else 0


def _unwritable(usable: Sequence[Passage], kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each plan that finds nothing to open with, or nothing to act on, and what it lacks.

    A plan that opens with what the brief does not want, such as an offer, lacks nothing.
    """
    there = {passage.kind for passage in usable}
    for plan, slots in PLANS.items():
        if not set(kinds) & set(slots[0]):
            continue
        if not there & set(slots[0]):
            yield plan, " or ".join(slots[0])
        elif not there & SUBSTANCE:
            yield plan, "benefit, offer or proof"


def _advice(gap: ContentGap) -> Iterator[str]:
    if gap.told:
        yield gap.told
        return
    yield from _told_by_the_brief(gap)
    missing = [(kind, NEEDED[kind] - count) for kind, count in gap.kinds if count < NEEDED[kind]]
    if missing and (gap.is_short or gap.plans):
        yield f"Add {_listed([_counted(kind, n) for kind, n in missing])} for this segment."
    if gap.too_weak and gap.is_short:
        yield (
            f"{_documents(gap.too_weak)} found and left out, for hardly bearing on this segment "
            "and brief: pin what fits all the same."
        )
    if gap.few_wordings and gap.is_short:
        yield f"Add another wording of the opening sentence to {_listed(gap.few_wordings)}."
    if gap.no_subject and gap.is_short:
        yield f"Add subject lines of 15 to 70 characters to {_listed(gap.no_subject)}."
    if gap.is_short and not missing and not gap.few_wordings:
        yield "Add alternates and subject lines to its documents."


def _told_by_the_brief(gap: ContentGap) -> Iterator[str]:
    for term in gap.unsaid:
        yield (
            f"The brief wants “{term}” said, and no approved wording for this segment says it: add "
            "it to a document, or take it out of the brief."
        )
    if gap.no_button:
        yield (
            f"No approved call to action comes near “{gap.no_button}”: add a document of kind cta "
            "that says it."
        )
    if gap.no_key:
        yield (
            f"No message says what the brief wants to say above all, “{gap.no_key}”: no approved "
            "content for this segment comes near enough. Add a document that says it, or pin one."
        )
    if gap.ruled_out:
        yield (
            f"{_documents(gap.ruled_out)} left out, because brief or brand rule out words of every "
            "wording: add one without them."
        )


def _counted(kind: str, n: int) -> str:
    plural = {"story": "stories", "faq": "answers to questions"}.get(kind, f"{kind}s")
    single = {"faq": "answer to a question"}.get(kind, kind)
    return f"{n} approved {single if n == 1 else plural}"


def _documents(ids: Sequence[str]) -> str:
    return f"{_listed(ids)} {'was' if len(ids) == 1 else 'were'}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
