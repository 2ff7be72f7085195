"""Tracing: a search of the library with the reason of every hit, and of what was left out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.content.eligibility import (
    Audience,
    Judged,
    PassageFacts,
    describe_passages,
    judge_passages,
)
from personalization.content.finding import Found, in_words, rank_passages, still_eligible
from personalization.content.ranking import LONGEST_LIST, NOT_LOADED, Ranked, closeness
from personalization.content.words import house_words, spans_of, stems
from personalization.errors import InputError
from personalization.providers.brand_profile import profile_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.protocols import Encoder
    from personalization.settings import Content
    from personalization.store import Store

LEFT_OUT_SHOWN: Final = 8
LEFT_OUT_FROM: Final = 0.25
"""Cosine from which on a passage that was left out is worth telling of; or half of the words."""

_FOREIGN: Final = frozenset(("language", "voice", "control"))
"""Bars of what a search could not have meant: another language, the voice, the control text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with how it was found.

    Attributes:
        place: From 1 on.
        marks: Where words of the query stand in the text, from start to end.
        why: Words, meaning, audience, the end of an offer: in one line.
        passed: What it had to pass to be found, one reason each.
    """

    place: int
    facts: PassageFacts
    ranked: Ranked
    marks: tuple[tuple[int, int], ...]
    why: str
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document that bears on the query and may not be said.

    Attributes:
        reasons: Everything that stands against it.
        why: Why it would have been found.
    """

    facts: PassageFacts
    reasons: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Search:
    """What came of a search.

    Attributes:
        hits: The best documents, best first.
        left_out: Documents that bear on the query and may not be said, the nearest first.
        n_eligible: Documents that may be said to this audience.
        n_barred: Documents in their language that may not.
        unknown_words: Words of the query that are in nothing that may be said.
        trouble: Why meaning was not compared, in words; empty where it was.
        seconds: How long it took.
        read_as: Words of the query with the word of the house that was looked for, too.
        n_far: Documents that may be said and that neither share a word nor are loosely related.
    """

    hits: tuple[Hit, ...]
    left_out: tuple[LeftOut, ...]
    n_eligible: int
    n_barred: int
    unknown_words: tuple[str, ...]
    trouble: str
    seconds: float
    read_as: tuple[tuple[str, str], ...] = ()
    n_far: int = 0

    @property
    def is_waiting(self) -> bool:
        """Tell whether meaning will be compared as soon as the model is in memory."""
        return self.trouble == NOT_LOADED


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What was judged, and each document's best passage that may be said, what bears first."""

    judged: Sequence[Judged]
    found: tuple[Found, ...]


def search_library(
    store: Store,
    settings: Content,
    query: str,
    audience: Audience,
    *,
    encoder: Encoder | None,
    limit: int = 10,
) -> Search:
    """Search the library as a campaign would, and say of everything why it is there or not.

    Args:
        store: Reads ``current_documents``, ``passages``, ``statements`` and ``held_inputs``.
        settings: Folder of the index and constant of the fusion.
        query: Plain words.
        audience: Whom it is for, and when.
        encoder: Turns texts into vectors; None searches by words alone, and says so.
        limit: How many documents to return at most.

    Raises:
        InputError: The query is empty, or ``limit`` is below 1.
    """
    if not query.strip():
        raise InputError("Type a few words to search for.")
    if limit < 1:
        raise InputError(f"{limit} documents cannot be shown. Ask for 1 or more.")
    start = time.perf_counter()
    ranking = _rank(store, settings, query, audience, encoder)
    found = [one for one in ranking.found if one.ranked.is_bearing]
    kept = still_eligible(store, audience, found[:limit])
    eligible = {one.document_id for one in ranking.judged if not one.bars}
    meant = {one.document_id for one in ranking.judged if not _FOREIGN & set(one.bars)}
    trouble = next((one.ranked.trouble for one in ranking.found if one.ranked.trouble), "")
    shared = {word for one in found for word in one.ranked.words}
    own = house_words(query, profile_in_force(store).vocabulary, audience.language)
    shared |= {
        word for other, house in own if shared & set(_asked(house, audience))
        for word in _asked(other, audience)
    }  # fmt: skip
    widened = " ".join([query, *(house for _, house in own)])
    return Search(
        _hits(store, widened, audience, kept),
        _left_out(store, settings, query, audience, judged=ranking.judged, encoder=encoder),
        len(eligible),
        len(meant - eligible),
        tuple(word for word in _asked(query, audience) if word not in shared),
        trouble,
        time.perf_counter() - start,
        tuple(own),
        sum(not one.ranked.is_bearing for one in ranking.found),
    )


def explain_missing(
    store: Store,
    settings: Content,
    query: str,
    audience: Audience,
    document_id: str,
    *,
    encoder: Encoder | None,
    limit: int = 10,
) -> str:
    """Say why a document is not among the first ``limit`` of a search, or that it is.

    Raises:
        InputError: The document is unknown.
    """
    ranking = _rank(store, settings, query, audience, encoder)
    own = [one for one in ranking.judged if one.document_id == document_id]
    if not own:
        raise InputError(f"Document {document_id!r} is unknown, or has no passage to be found.")
    facts = describe_passages(store, [own[0].passage_id])[own[0].passage_id]
    if all(one.bars for one in own):
        reasons = "; ".join(_barred(own[0].bars, facts, audience))
        return f"‘{facts.title}’ may not be said here: {reasons}."
    places = [one.passage.document_id for one in ranking.found]
    place = places.index(document_id) + 1
    one = ranking.found[place - 1]
    told = _bearing(one.ranked, query, audience)
    if not one.ranked.is_bearing:
        return f"‘{facts.title}’ may be said, but nothing brought it in: {told}."
    n_bearing = sum(each.ranked.is_bearing for each in ranking.found)
    came = f"‘{facts.title}’ came {place} of {n_bearing}"
    if place <= limit:
        return f"{came}, so it is among the {limit} that are shown: {told}."
    last = ranking.found[limit - 1]
    title = describe_passages(store, [last.passage.passage_id])[last.passage.passage_id].title
    why = _bearing(last.ranked, query, audience)
    return f"{came}, and {limit} are shown: {told}. The last one shown, ‘{title}’: {why}."


def _rank(
    store: Store, settings: Content, query: str, audience: Audience, encoder: Encoder | None
) -> _Ranking:
    judged = judge_passages(store, audience)
    eligible = {one.passage_id: one for one in judged if not one.bars}
    ranked = rank_passages(store, settings, query, eligible, encoder, language=audience.language)
    seen = {one.key for one in ranked}
    best: dict[str, Found] = {}
    for one in (*ranked, *(Ranked(key, 0.0, None, None) for key in eligible if key not in seen)):
        best.setdefault(eligible[one.key].document_id, Found(eligible[one.key], one))
    found = sorted(best.values(), key=lambda one: not one.ranked.is_bearing)
    return _Ranking(judged, tuple(found))


def _hits(store: Store, query: str, audience: Audience, found: Sequence[Found]) -> tuple[Hit, ...]:
    facts = describe_passages(store, [one.passage.passage_id for one in found])
    kept = [one for one in found if one.passage.passage_id in facts]
    return tuple(
        Hit(
            place, told, one.ranked, tuple(spans_of(told.text, query, audience.language)),
            one.why(told), _passed(told),
        )
        for place, one in enumerate(kept, 1)
        for told in [facts[one.passage.passage_id]]
    )  # fmt: skip


def _left_out(
    store: Store,
    settings: Content,
    query: str,
    audience: Audience,
    *,
    judged: Sequence[Judged],
    encoder: Encoder | None,
) -> tuple[LeftOut, ...]:
    """Rank what may not be said, of the same language only: the rest could not have been meant."""
    barred = {
        one.passage_id: replace(one, is_targeted=False) for one in judged
        if one.bars and not _FOREIGN & set(one.bars)
    }  # fmt: skip
    ranked = rank_passages(store, settings, query, barred, encoder, language=audience.language)
    n_asked = len(_asked(query, audience))
    best: dict[str, Ranked] = {}
    for one in ranked:
        if one.nearness is None or one.nearness >= LEFT_OUT_FROM or 2 * len(one.words) >= n_asked:
            best.setdefault(barred[one.key].document_id, one)
    shown = list(best.values())[:LEFT_OUT_SHOWN]
    facts = describe_passages(store, [one.key for one in shown])
    return tuple(
        LeftOut(facts[one.key], _barred(barred[one.key].bars, facts[one.key], audience), one.why)
        for one in shown
        if one.key in facts
    )


def _passed(facts: PassageFacts) -> tuple[str, ...]:
    """Say what a passage had to pass, as a reader checks it."""
    signed = f"approved by {facts.approved_by}" if facts.approved_by else "approved"
    until = f"valid until {in_words(facts.valid_until)}" if facts.valid_until else "no end date"
    meant = "written for " + ", ".join(facts.segments) if facts.segments else "for every segment"
    return (signed, until, f"for readers of {facts.locale}", meant)


def _barred(bars: Sequence[str], facts: PassageFacts, audience: Audience) -> tuple[str, ...]:
    day = in_words(audience.send_on)
    until = in_words(facts.valid_until) if facts.valid_until else ""
    since = in_words(facts.valid_from) if facts.valid_from else ""
    words = {
        "voice": "it is the brand voice, which colours messages and is never quoted",
        "control": "it is the control text, which is sent as it stands",
        "draft": "it is a draft that nobody has approved",
        "retired": "it was retired",
        "expired": f"it ended on {until}, before {day}",
        "upcoming": f"it holds from {since} on, after {day}",
        "held": "screening holds it back until it is corrected",
        "language": f"it is written for readers of {facts.locale}",
        "country": f"it was approved for {facts.locale} and not for {audience.locale}",
        "channel": "it is not meant for e-mail",
        "segment": f"it was written for {', '.join(facts.segments)} only",
        "excluded": "it leaves this segment out",
    }
    return tuple(words[bar] for bar in bars)


def _bearing(one: Ranked, query: str, audience: Audience) -> str:
    """Say which words a passage shares and lacks, and how near it is."""
    lacks = [word for word in _asked(query, audience) if word not in one.words]
    shares = ", ".join(f"‘{word}’" for word in one.words[:4])
    told = [f"it shares {shares}" if one.words else "it shares none of the words"]
    if one.words and lacks:
        told.append("lacks " + ", ".join(f"‘{word}’" for word in lacks[:4]))
    if one.nearness is not None:
        told.append(f"is {closeness(one.nearness)} ({one.nearness:.2f})")
    elif one.trouble:
        told.append(one.trouble)
    else:
        told.append(f"is not among the {LONGEST_LIST} nearest in meaning")
    return ", ".join(told)


def _asked(query: str, audience: Audience) -> list[str]:
    """Return the telling words of a query, each stem once, as they were typed."""
    first = {stem: word for word, stem in reversed(stems(query, audience.language))}
    return sorted(first.values(), key=query.lower().find)
