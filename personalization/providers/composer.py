"""The grounded composer: the writer that needs no key and says nothing that was not approved.

It fills sentence plans with approved statements and their approved wordings, puts the brand's
own courtesies around them, and keeps the few candidates that are fit to be sent and unlike each
other.  The same request gives the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Message
from personalization.providers.composing import Frames, flaws_of, subjects_of, write_page
from personalization.providers.diversity import Candidate, select
from personalization.providers.frames import Voice, personal_closes, voices
from personalization.providers.plans import (
    LENGTHS,
    PLANS,
    SUBSTANCE,
    Draw,
    Paragraph,
    choose_passages,
    head_of,
    paragraph_of,
)
from personalization.providers.protocols import Draft, ShortfallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.domain import Passage, Statement
    from personalization.providers.protocols import WritingRequest

VERSION: Final = "composer-1"
N_CANDIDATES: Final = 48
LEAST_RELEVANCE: Final = 0.5
"""Share of the best passage's score below which a passage is left out: better to say less."""

_CONTENT: Final = ("benefit", "proof", "offer", "story", "faq")
_OWN_TONE: Final = 0.30  # what the brief's tone adds to the fit of a candidate
_LEARNT: Final = 0.30  # what each trait adds that did well in earlier campaigns
_SECOND_THOUGHT: Final = 0.30  # what a second paragraph adds: one alone is soon read


class Composer:
    """Writes variants out of approved statements, on this machine."""

    name = "composer"

    def write(
        self, request: WritingRequest, progress: Callable[[str], None] | None = None
    ) -> list[Draft]:
        """Return a draft for each arm, no two alike.

        Raises:
            ShortfallError: The content bears fewer; its text says which kind is missing.
            ProviderError: There are no frames in the language of the request.
        """
        if progress:
            progress(f"Composing for {request.segment.name}")
        usable = relevant(request.passages, request.brief.offer)
        drafts = _chosen(request, self.candidates(request, usable))
        if len(drafts) < len(request.arms):
            raise ShortfallError(_gap(request, usable, len(drafts)), drafts)
        return drafts

    def candidates(self, request: WritingRequest, usable: Sequence[Passage]) -> list[Candidate]:
        """Compose N_CANDIDATES over plans, tones and lengths; those with a flaw are dropped."""
        spoken = voices(
            request.passages,
            locale=request.locale,
            brand=request.brand_name,
            tone=request.brief.tone,
        )
        found = [_candidate(request, usable, spoken, number) for number in range(N_CANDIDATES)]
        return [candidate for candidate in found if candidate]


def _chosen(request: WritingRequest, candidates: Sequence[Candidate]) -> list[Draft]:
    """Choose a draft for each arm: those that explore from what departs from the lessons."""
    exploring = [arm for arm in request.arms if request.learnt and arm in request.exploring]
    usual = [arm for arm in request.arms if arm not in exploring]
    chosen = select(candidates, len(usual), request.avoid)
    drafts = dict(zip(usual, (candidate.draft for candidate in chosen), strict=False))
    for arm in exploring:
        taken = (*request.avoid, *(draft.message for draft in drafts.values()))
        for n_kept in range(len(request.learnt) + 1):
            apart = [c for c in candidates if n_learnt(request, c.draft) <= n_kept]
            if found := select(apart, 1, taken):
                drafts[arm] = found[0].draft
                break
    return [replace(drafts[arm], arm=arm) for arm in request.arms if arm in drafts]


def n_learnt(request: WritingRequest, draft: Draft) -> int:
    """Count the traits of a draft that earlier campaigns spoke for."""
    return sum(dict(draft.attributes).get(f) == level for f, level in request.preferred.items())


def relevant(passages: Sequence[Passage], offer: str = "") -> list[Passage]:
    """Return the content that bears on the segment, best first: no voice, no buttons."""
    content = sorted(
        (p for p in passages if p.kind in _CONTENT and head_of(p)),
        key=lambda p: (p.rank, p.passage_id),
    )
    best = max((p.score for p in content), default=0.0)
    return [p for p in content if p.score >= LEAST_RELEVANCE * best or p.document_id == offer]


def _candidate(
    request: WritingRequest, usable: Sequence[Passage], spoken: Sequence[Voice], number: int
) -> Candidate | None:
    """Compose one candidate; None where its plan finds no content or a gate refuses it."""
    seed = _seed_of(request, number)
    draw = Draw(seed)
    plan = list(PLANS)[number % len(PLANS)]
    voice = spoken[(number // len(PLANS)) % len(spoken)]
    n_paragraphs, n_details = LENGTHS[draw.one(list(LENGTHS))]
    passages = choose_passages(PLANS[plan][:n_paragraphs], usable, request.brief.offer, draw)
    subjects = [w for p in passages[:1] for w in subjects_of(p)]
    subjects = subjects or [w for p in passages for w in subjects_of(p)]
    if not subjects or not SUBSTANCE & {p.kind for p in passages}:
        return None
    subject = draw.one(subjects)
    known = {s.statement_id: s for p in request.passages for s in p.statements}
    paragraphs = _paragraphs(passages, n_details, subject.text, known, draw)
    if len(paragraphs) < len(passages):
        return None
    frames = Frames.drawn(voice, paragraphs, personal_closes(request.locale), draw)
    page = write_page(request, subject, paragraphs, frames=frames, voice=voice, draw=draw)
    if page is None:
        return None
    message = Message(**page.texts, link=request.link, footer=request.footer)
    if flaws_of(message, page.claims, known):
        return None
    attributes = _attributes(plan, voice, paragraphs, frames)
    provenance = (("model", VERSION), ("seed", seed), ("candidate", f"{number} of {N_CANDIDATES}"))
    draft = Draft("", message, tuple(page.claims), attributes, Composer.name, provenance)
    own = _fit(request, usable, passages, voice)
    most = 1 + _LEARNT * len(request.learnt)
    return Candidate(draft, (own + _LEARNT * n_learnt(request, draft)) / most)


def _attributes(
    plan: str, voice: Voice, paragraphs: Sequence[Paragraph], frames: Frames
) -> tuple[tuple[str, str], ...]:
    """Return what a message may be told apart by, when results are looked at."""
    return (
        ("plan", plan),
        ("tone", voice.tone),
        ("length", list(LENGTHS)[min(len(paragraphs), len(LENGTHS)) - 1]),
        ("opener", frames.opener.name if frames.opener else "story"),
        ("topic", paragraphs[0].passage.document_id),
    )


def _seed_of(request: WritingRequest, number: int) -> str:
    names = (request.seed, request.campaign_id, request.segment.name, str(number))
    return hashlib.sha256("|".join(names).encode()).hexdigest()


def _paragraphs(
    passages: Sequence[Passage],
    n_details: int,
    subject: str,
    known: dict[str, Statement],
    draw: Draw,
) -> list[Paragraph]:
    """Write a paragraph for each document that has one; the first gets the details."""
    written = (
        paragraph_of(passage, n_details if place == 0 else 1, subject, known, draw)
        for place, passage in enumerate(passages)
    )
    return [paragraph for paragraph in written if paragraph]


def _fit(
    request: WritingRequest, usable: Sequence[Passage], passages: Sequence[Passage], voice: Voice
) -> float:
    """Rate how well a candidate suits the segment and the brief, in [0, 1]."""
    places = {p.passage_id: place for place, p in enumerate(usable)}
    mean = sum(1 - places[p.passage_id] / len(usable) for p in passages) / len(passages)
    tone = _OWN_TONE if voice.tone == request.brief.tone else 0.0
    more = _SECOND_THOUGHT if len(passages) > 1 else 0.0
    return min(1.0, (mean + tone + more) / (1 + _OWN_TONE + _SECOND_THOUGHT))


def _gap(request: WritingRequest, usable: Sequence[Passage], n_drafts: int) -> str:
    name = request.segment.name
    if not usable:
        return (
            f"No approved content was found for segment '{name}'. "
            "Add a benefit, an offer or a story for it on the Content page."
        )
    counts = {kind: sum(p.kind == kind for p in usable) for kind in _CONTENT}
    found = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
    missing = [kind for kind in _CONTENT if not counts[kind]]
    advice = (
        f"Add an approved {' or '.join(missing)} for it"
        if missing
        else "Add alternates and subject lines to its documents"
    )
    return (
        f"The approved content bears {n_drafts} distinct messages for segment '{name}', not "
        f"{len(request.arms)}: it has {found}. {advice}, then write again."
    )
