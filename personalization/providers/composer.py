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
from personalization.providers.composing import Frames, subjects_of, write_page
from personalization.providers.composing_bench import Bench
from personalization.providers.diversity import Candidate, select, unlike
from personalization.providers.gaps import gap_of
from personalization.providers.gates import flaws_of
from personalization.providers.heeding import narrowed
from personalization.providers.leaning import holds
from personalization.providers.plans import (
    LENGTHS,
    PLANS,
    SUBSTANCE,
    Draw,
    Paragraph,
    choose_passages,
    paragraph_of,
)
from personalization.providers.product_letters import product_draft
from personalization.providers.protocols import Draft, ShortfallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from personalization.domain import Passage
    from personalization.providers.frames import Frame, Voice
    from personalization.providers.protocols import WritingRequest

VERSION: Final = "composer-3"
N_CANDIDATES: Final = 72
N_ROUNDS: Final = 4
"""How often so many are composed, where those before do not hold enough that are unlike each other.

Of 100 seeds over two documents the first 72 fell short of three messages 7 times.
"""
_OWN_TONE: Final = 0.30  # what the brief's tone adds to the fit of a candidate
_LEARNT: Final = 0.30  # what each trait adds that did well in earlier campaigns
_SECOND_THOUGHT: Final = 0.30  # what a second paragraph adds: one alone is soon read
_UNSAID: Final = 0.4  # the fit of a message that says nothing but the reader's products


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
        drafts = self.drafts(request)
        if len(drafts) < len(request.arms):
            raise ShortfallError(gap_of(request, drafts, self.frames(request)).sentence, drafts)
        return drafts

    def drafts(self, request: WritingRequest) -> list[Draft]:
        """Return as many drafts as the content bears, one for each arm at most.

        Raises:
            ProviderError: There are no frames in the language of the request.
        """
        bench = Bench.of(narrowed(request))
        drafts: list[Draft] = []
        for strategy, arms in _by_strategy(request):
            taken = (*request.avoid, *(draft.message for draft in drafts))
            drafts += _drafts(bench, replace(request, arms=arms, avoid=taken), strategy)
        return sorted(drafts, key=lambda draft: request.arms.index(draft.arm))

    def frames(self, request: WritingRequest) -> list[Frame]:
        """Return the courtesies that a message may be given."""
        return Bench.of(narrowed(request)).frames

    def candidates(self, request: WritingRequest) -> list[Candidate]:
        """Compose N_CANDIDATES over plans, tones and lengths; those with a flaw are dropped.

        Args:
            request: As ``narrowed`` returns it.
        """
        return _candidates(Bench.of(request), "", range(N_CANDIDATES))


def _by_strategy(request: WritingRequest) -> list[tuple[str, tuple[str, ...]]]:
    """Return the arms of each strategy; those that name no products have an empty one."""
    plan = request.products
    found: dict[str, list[str]] = {}
    for arm in request.arms:
        found.setdefault(plan.strategy_of(arm) if plan else "", []).append(arm)
    return [(strategy, tuple(arms)) for strategy, arms in found.items()]


def _drafts(bench: Bench, request: WritingRequest, strategy: str) -> list[Draft]:
    """Choose a draft for each arm of a strategy: unlike those to other segments where it can.

    Which candidates come first is a matter of the seed.  So nobody is told that the content bears
    too few messages before all rounds were tried.
    """
    found: list[Candidate] = []
    most: list[Draft] = []
    for turn in range(N_ROUNDS):
        numbers = range(turn * N_CANDIDATES, (turn + 1) * N_CANDIDATES)
        found += _candidates(bench, strategy, numbers)
        for pool in (unlike(found, request.elsewhere), found):
            drafts = _chosen(request, pool, bench.key)
            if len(drafts) == len(request.arms):
                return drafts
            most = max(most, drafts, key=len)
    return most


def _candidates(bench: Bench, strategy: str, numbers: Iterable[int]) -> list[Candidate]:
    if strategy:
        found = (_with_products(bench, strategy, number) for number in numbers)
    else:
        found = (_candidate(bench, number) for number in numbers)
    return [candidate for candidate in found if candidate]


def _with_products(bench: Bench, strategy: str, number: int) -> Candidate | None:
    """Compose one candidate that names the reader's products."""
    request = bench.request
    seed = _seed_of(request, number)
    draft = product_draft(bench, strategy, number, seed)
    if draft is None:
        return None
    provenance = _provenance(seed, number)
    told = dict(draft.attributes)
    passages = [p for p in bench.usable if holds(draft, p.document_id)]
    voice = next(v for v in bench.spoken if v.tone == told["tone"])
    own = _fit(request, bench.usable, passages, voice) if passages else _UNSAID
    named = replace(draft, origin=Composer.name, provenance=provenance)
    most = 1 + _LEARNT * len(request.learnt)
    return Candidate(named, (own + _LEARNT * n_learnt(request, named)) / most)


def _selected(
    candidates: Sequence[Candidate], n_wanted: int, avoid: Sequence[Message], key: str
) -> list[Candidate]:
    """Choose candidates, one at least with the document nearest to the key message."""
    chosen = select(candidates, n_wanted, avoid)
    if not key or any(holds(c.draft, key) for c in chosen):
        return chosen
    first = select([c for c in candidates if holds(c.draft, key)], 1, avoid)
    taken = (*avoid, *(c.draft.message for c in first))
    instead = first + select(candidates, n_wanted - len(first), taken)
    return instead if len(instead) == len(chosen) else chosen


def _chosen(request: WritingRequest, candidates: Sequence[Candidate], key: str) -> list[Draft]:
    """Choose a draft for each arm: those that explore from what departs from the lessons."""
    exploring = [arm for arm in request.arms if request.learnt and arm in request.exploring]
    usual = [arm for arm in request.arms if arm not in exploring]
    chosen = _selected(candidates, len(usual), request.avoid, key)
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


def _candidate(bench: Bench, number: int) -> Candidate | None:
    """Compose one candidate; None where its plan finds no content or a gate refuses it."""
    request, asked = bench.request, bench.asked
    seed = _seed_of(request, number)
    draw = Draw(seed)
    plan = list(PLANS)[number % len(PLANS)]
    voice = bench.spoken[(number // len(PLANS)) % len(bench.spoken)]
    n_paragraphs, n_details = LENGTHS[draw.one(list(LENGTHS))]
    passages = choose_passages(PLANS[plan][:n_paragraphs], bench.usable, asked.documents, draw)
    subjects = [w for p in passages[:1] for w in subjects_of(p)]
    subjects = subjects or [w for p in passages for w in subjects_of(p)]
    if not subjects or not SUBSTANCE & {p.kind for p in passages}:
        return None
    subject = draw.one(subjects)
    paragraphs = _paragraphs(bench, passages, n_details, subject.text, draw)
    if len(paragraphs) < len(passages):
        return None
    frames = Frames.drawn(voice, paragraphs, bench.personal, draw, asked)
    page = write_page(request, subject, paragraphs, frames=frames, voice=voice, draw=draw)
    if page is None:
        return None
    message = Message(**page.texts, link=request.link, footer=request.footer)
    if flaws_of(message, page.claims, bench.known) or asked.lacks(message):
        return None
    attributes = _attributes(plan, voice, paragraphs, frames)
    provenance = _provenance(seed, number)
    draft = Draft("", message, tuple(page.claims), attributes, Composer.name, provenance)
    own = _fit(request, bench.usable, passages, voice)
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
        ("opener", frames.opener.name if frames.opener else _no_opener(paragraphs)),
        ("topic", paragraphs[0].passage.document_id),
    )


def _seed_of(request: WritingRequest, number: int) -> str:
    names = (request.seed, request.campaign_id, request.segment.name, str(number))
    return hashlib.sha256("|".join(names).encode()).hexdigest()


def _provenance(seed: str, number: int) -> tuple[tuple[str, str], ...]:
    n_tried = (number // N_CANDIDATES + 1) * N_CANDIDATES
    return (("model", VERSION), ("seed", seed), ("candidate", f"{number} of {n_tried}"))


def _no_opener(paragraphs: Sequence[Paragraph]) -> str:
    return "story" if paragraphs[0].passage.kind == "story" else "direct"


def _paragraphs(
    bench: Bench, passages: Sequence[Passage], n_details: int, subject: str, draw: Draw
) -> list[Paragraph]:
    """Write a paragraph for each document that has one; the first gets the details."""
    wanted = bench.asked.wordings
    written = (
        paragraph_of(p, n_details if place == 0 else 1, subject, bench.known, draw, wanted=wanted)
        for place, p in enumerate(passages)
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
