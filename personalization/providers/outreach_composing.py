"""The embedded writer to prospects: approved statements, and frames that claim nothing.

A letter says who it is about, one thing that we do, and asks one question.  What is said of us
stands word for word in an approved statement, which the text cites; what is said of the prospect
is a field or a cited fact.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

from personalization.domain import Message
from personalization.errors import ProviderError
from personalization.providers.composing import Page, bare
from personalization.providers.outreach_frames import fact_kinds, filled, frames_of
from personalization.providers.outreach_texts import LETTERS, NOTES, SPOKEN, fits
from personalization.providers.plans import Wording
from personalization.providers.protocols import Draft
from personalization.statistics.message_length import septets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from personalization.domain import Passage, Statement
    from personalization.providers.outreach_texts import SkeletonRequest

_KIND: Final[Mapping[str, str]] = {
    "outcome": "benefit", "news": "benefit", "proof": "proof", "technical": "benefit",
    "peer": "story", "offer": "offer",
}  # fmt: skip
"""Kind of document that an angle rests on."""

_NEWS_AGAIN: Final[Mapping[str, str]] = {"follow_up": "news", "closing": "last_news"}
"""Openers of later messages that come back to the prospect's news."""

_TECHNICAL: Final = "technical"
_FRAMED_SUBJECTS: Final = ("direct", "casual")
_LONGEST_SUBJECT: Final = 60


@dataclass(frozen=True, slots=True)
class SkeletonComposer:
    """Writes skeletons from approved statements; the same request gives the same text."""

    name: str = "composer"

    def write(
        self,
        request: SkeletonRequest,
        progress: Callable[[str], None] | None = None,  # noqa: ARG002
    ) -> Draft:
        """Return one skeleton that fits its channel.

        Raises:
            ProviderError: There is no approved content for the angle, no frame in the language, or
                nothing of it fits the channel.
        """
        frames_of(request.locale)
        points = list(points_of(request))
        asks = (True, False) if request.channel in NOTES else (True,)
        for asks_too, wordings in product(asks, points):  # a note may do without its question
            page = _page(request, wordings, ask_of(request) if asks_too else None)
            message = _message(request, page)
            if fits(request.channel, message, request.limit):
                return _draft(request, message, page)
        raise ProviderError(
            f"No approved wording of the angle {request.angle!r} fits a "
            f"{request.channel.replace('_', ' ')} of {request.limit}. Approve a shorter wording."
        )


def points_of(request: SkeletonRequest) -> Iterator[list[Wording]]:
    """Yield what a text may say, from the fullest to the shortest.

    Raises:
        ProviderError: There is no approved content for it.
    """
    passage = _about(request, request.angle)
    if passage is None:
        raise ProviderError(
            f"There is no approved content for the angle {request.angle!r}, the role "
            f"{request.role!r} and the channel {request.channel!r} in {request.locale}. "
            f"Approve a document of kind {_KIND[request.angle]!r} for that channel on the "
            "Content page."
        )
    lead, *details = _said(passage)
    beside = details if passage.kind == "offer" else []  # its condition, however short the text
    if request.kind == "follow_up" and passage.kind != "offer" and details:
        if request.channel in NOTES:  # a note stands by itself
            beside = details[:1]
        else:  # the same angle as the first message, but not the same sentence
            lead, *details = details
    more = _answers(request) if request.kind == "follow_up" else details
    yield from _sizes(request, lead, beside, [] if passage.kind == "offer" else more)


def _sizes(
    request: SkeletonRequest,
    lead: Statement,
    beside: Sequence[Statement],
    more: Sequence[Statement],
) -> Iterator[list[Wording]]:
    """Yield a lead, with what has to stand beside it, in all the sizes that a text may have."""
    brief = partial(_shortest, is_sms=request.channel == "sms")
    full = [Wording(lead, _full(request, lead)), *(Wording(s, s.text) for s in beside)]
    short = [Wording(s, brief(s)) for s in (lead, *beside)]
    is_last = request.kind == "closing"
    is_terse = request.channel in LETTERS and is_last and not beside
    if request.length == "standard" and not is_last:
        yield from ([*full, Wording(s, s.text)] for s in more[:1])
        yield full
        yield from ([*short, Wording(s, brief(s))] for s in more[:1])
    elif request.channel not in NOTES and not is_terse:
        yield full
    yield short
    if request.angle != "offer":
        yield short[:1]


def _full(request: SkeletonRequest, lead: Statement) -> str:
    """Return a full wording of a lead, now one and now another, so that variations differ."""
    shortest = _shortest(lead)
    wordings = [w for w in (lead.text, *lead.alternates) if w != shortest] or [lead.text]
    return wordings[_draw(request, len(wordings))]


def _about(request: SkeletonRequest, angle: str) -> Passage | None:
    kind = _KIND[angle]
    of_kind = [p for p in request.passages if p.kind == kind]
    if kind == "benefit":
        of_kind = [p for p in of_kind if (_TECHNICAL in p.tags) == (angle == _TECHNICAL)]
    targeted = [p for p in of_kind if p.is_targeted]
    found = targeted or of_kind
    return found[0] if found else None


def _said(passage: Passage) -> list[Statement]:
    lead = [s for s in passage.statements if s.role in {"lead", "proof"}]
    rest = [s for s in passage.statements if s.role in {"detail", "condition", "answer"}]
    return [*lead[:1], *rest]


def _answers(request: SkeletonRequest) -> list[Statement]:
    """Return what answers a usual objection, another one for each tone."""
    found = [s for p in request.passages if p.kind == "faq" for s in p.statements]
    start = _draw(request, len(found))
    return [*found[start:], *found[:start]]


def _shortest(statement: Statement, *, is_sms: bool = False) -> str:
    """Return the shortest wording; for an SMS one without signs that make it a costly one."""
    wordings = (statement.text, *statement.alternates)
    return min(wordings, key=lambda w: (is_sms and septets(w) is None, len(w), w))


def ask_of(request: SkeletonRequest) -> Wording | None:
    """Return the question at the end, of the tone and the step; None where none is approved.

    One that is worded for the angle comes before one for all.  What is said aloud is a sentence.
    """
    begin = f"{request.tone}-{request.kind}-"
    asks = {
        statement.statement_id.rpartition("#")[2]: statement
        for passage in request.passages if passage.kind == "cta"
        for statement in passage.statements
    }  # fmt: skip
    for_all = next((own for own in asks if own.startswith(begin)), "")
    statement = asks.get(f"{begin}{request.angle}") or asks.get(for_all)
    if statement is None:
        return None
    is_brief = request.length == "short" and request.channel not in SPOKEN
    if is_brief or request.channel in NOTES:
        return Wording(statement, _shortest(statement, is_sms=request.channel == "sms"))
    return Wording(statement, statement.text)


def _draw(request: SkeletonRequest, most: int) -> int:
    told = f"{request.seed}|{request.role}|{request.kind}|{request.arm}"
    return int(hashlib.sha256(told.encode()).hexdigest()[:8], 16) % max(most, 1)


def _page(request: SkeletonRequest, points: Sequence[Wording], ask: Wording | None) -> Page:
    page = Page()
    layout = {**dict.fromkeys(NOTES, _note), **dict.fromkeys(SPOKEN, _spoken)}
    layout.get(request.channel, _letter)(page, request, points, ask)
    return page


def _say(page: Page, request: SkeletonRequest, frame: str, field: str = "body") -> None:
    words = filled(frame, request.locale, request.role, request.brand_name, request.sender)
    page.say(field, words)


def _opener(request: SkeletonRequest) -> str:
    """Return how a text begins: as its angle says; what is said aloud has words of its own."""
    frames = frames_of(request.locale)
    own = frames["spoken"] if request.channel in SPOKEN else frames
    if request.kind == "opening":
        return str(own["opener"][request.angle][request.tone])
    again = _NEWS_AGAIN[request.kind] if request.angle == "news" else request.kind
    return str(own["again"][again][request.tone])


def _points(page: Page, points: Sequence[Wording]) -> None:
    for number, wording in enumerate(points):
        page.say("body", " " if number else "")
        page.cite("body", wording)


def _letter(
    page: Page, request: SkeletonRequest, points: Sequence[Wording], ask: Wording | None
) -> None:
    frames = frames_of(request.locale)
    _subject(page, request, points[0])
    _say(page, request, f"{frames['greeting'][request.tone]}\n\n{_opener(request)} ")
    _points(page, points)
    if ask:
        page.say("body", "\n\n")
        page.cite("body", ask)
    _say(page, request, f"\n\n{frames['sign_off'][request.tone]}")


def _subject(page: Page, request: SkeletonRequest, point: Wording) -> None:
    """Take an authored subject line of what is said, or the frame of the tone."""
    frames = frames_of(request.locale)
    if request.tone in _FRAMED_SUBJECTS and request.kind == "opening":
        _say(page, request, frames["subject"][request.tone], "subject")
        return
    own = next(p for p in request.passages if point.statement in p.statements)
    lines = [line for line in own.subject_lines if len(line) <= _LONGEST_SUBJECT]
    if not lines:
        _say(page, request, frames["subject"]["direct"], "subject")
        return
    wording = Wording(_said(own)[0], lines[_draw(request, len(lines))])  # written for the lead
    page.cite("subject", wording, bare(wording.text))


def _note(
    page: Page, request: SkeletonRequest, points: Sequence[Wording], ask: Wording | None
) -> None:
    note = frames_of(request.locale)["note"]
    start = note["name"][request.kind]
    if request.angle == "news":
        again = {"opening": note["news"][request.tone], **note["again"]}
        start = again[request.kind]
    _say(page, request, f"{note['greeting'][request.tone]} {start} ")
    _points(page, points)
    if ask:
        page.say("body", " ")
        page.cite("body", ask)


def _spoken(
    page: Page, request: SkeletonRequest, points: Sequence[Wording], ask: Wording | None
) -> None:
    own = frames_of(request.locale)[request.channel]
    _say(page, request, f"{own['greeting'][request.tone]}\n\n")
    if request.angle == "news" or request.kind != "opening":
        _say(page, request, f"{_opener(request)} ")
    _points(page, points)
    if ask:
        page.say("body", "\n\n")
        page.cite("body", ask)
    page.say("body", f"\n\n{own['thanks']}")


def _message(request: SkeletonRequest, page: Page) -> Message:
    subject = page.texts.get("subject", "") if request.channel in LETTERS else ""
    return Message(subject, "", page.texts["body"], "", "", request.footer)


def _draft(request: SkeletonRequest, message: Message, page: Page) -> Draft:
    return Draft(
        request.arm, message, tuple(page.claims), attributes_of(request, message), "composer",
        (("seed", request.seed),),
    )  # fmt: skip


def attributes_of(request: SkeletonRequest, message: Message) -> tuple[tuple[str, str], ...]:
    """Return what tells a skeleton from others; the facts that it can hold are among it."""
    needs = "{{fact." in f"{message.subject} {message.body}"
    kinds = fact_kinds(request.tone, request.role, request.channel) if needs else ()
    return (
        ("role", request.role), ("tone", request.tone), ("angle", request.angle),
        ("length", request.length), ("kind", request.kind), ("channel", request.channel),
        ("fact_kinds", ",".join(kinds)),
    )  # fmt: skip
