"""Choices: what the user pinned to a segment or took out of it; they outlive a new search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.content.briefs import campaign_facts
from personalization.content.eligibility import eligible_passages
from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.content.eligibility import Audience
    from personalization.store import Store

PINNED: Final = "pinned"
EXCLUDED: Final = "excluded"

_CHOICES = """
    SELECT document_id, choice, chosen_by FROM passage_choices
    WHERE campaign_id = $campaign_id AND segment = $segment ORDER BY document_id
"""
_DOCUMENT = "SELECT title FROM current_documents WHERE document_id = $document_id"
_FORGET = """
    DELETE FROM passage_choices
    WHERE campaign_id = $campaign_id AND segment = $segment AND document_id = $document_id
"""
_KEEP = """
    INSERT INTO passage_choices (campaign_id, segment, document_id, choice, chosen_by)
    VALUES ($campaign_id, $segment, $document_id, $choice, $actor)
"""
_TAKE_OUT = """
    DELETE FROM segment_passages
    WHERE campaign_id = $campaign_id AND segment = $segment
      AND passage_id IN (SELECT passage_id FROM passages WHERE document_id = $document_id)
"""
_IS_IN = """
    SELECT count(*) FROM segment_passages
    WHERE campaign_id = $campaign_id AND segment = $segment
      AND passage_id IN (SELECT passage_id FROM passages WHERE document_id = $document_id)
"""
_PUT_IN = """
    INSERT INTO segment_passages (campaign_id, segment, passage_id, rank, score, why)
    SELECT $campaign_id, $segment, $passage_id, coalesce(max(rank), 0) + 1, 0, $why
    FROM segment_passages WHERE campaign_id = $campaign_id AND segment = $segment
"""
_VERBS: Final = {PINNED: "passage.pinned", EXCLUDED: "passage.excluded", None: "passage.freed"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for one segment: who pinned each document, and what was taken out."""

    pinned: Mapping[str, str]
    excluded: frozenset[str]


def choices_of(store: Store, campaign_id: str, segment: str) -> Choices:
    """Read what the user chose for a segment."""
    rows = store.read(_CHOICES, campaign_id=campaign_id, segment=segment)
    return Choices(
        {document_id: actor for document_id, choice, actor in rows if choice == PINNED},
        frozenset(document_id for document_id, choice, _ in rows if choice == EXCLUDED),
    )


def choose_passage(
    store: Store,
    campaign_id: str,
    segment: str,
    document_id: str,
    choice: str | None,
    *,
    actor: str,
) -> None:
    """Pin a document to a segment, take it out, or leave it to relevance again.

    Pinning and taking out change the segment's list at once; what is left to relevance comes back
    with the next search.  Writes ``passage_choices``, ``segment_passages`` and the audit trail.

    Args:
        store: Reads the campaign and its eligible content.
        campaign_id: The campaign.
        segment: One of its segments.
        document_id: The document.
        choice: pinned, excluded, or None to forget what was chosen.
        actor: Who chose.

    Raises:
        StateError: The campaign is unknown or has no segments.
        InputError: Segment, document or choice is unknown, or the document may not be said.
    """
    audience = _check(store, campaign_id, segment, document_id, choice)
    key = {"campaign_id": campaign_id, "segment": segment, "document_id": document_id}
    with store.transaction():
        store.run(_FORGET, **key)
        if choice is not None:
            store.run(_KEEP, **key, choice=choice, actor=actor)
        if choice == EXCLUDED:
            store.run(_TAKE_OUT, **key)
        if choice == PINNED:
            _put_in(store, key, audience, actor)
        record(
            store, _VERBS[choice], document_id, actor=actor, campaign_id=campaign_id,
            segment=segment,
        )  # fmt: skip


def pinned_by(actor: str) -> str:
    """Say why a pinned document is in the list."""
    return f"pinned by {actor}"


def _check(
    store: Store, campaign_id: str, segment: str, document_id: str, choice: str | None
) -> Audience:
    if choice not in _VERBS:
        raise InputError(f"Choice {choice!r} is unknown. Use pinned, excluded or None.")
    campaign = campaign_facts(store, campaign_id)
    if segment not in campaign.segments:
        known = ", ".join(campaign.segments)
        raise InputError(f"The campaign has no segment {segment!r}. It has: {known}.")
    if store.read_one(_DOCUMENT, document_id=document_id) is None:
        raise InputError(f"Document {document_id!r} is unknown. Import the content first.")
    return campaign.audience(segment)


def _put_in(store: Store, key: Mapping[str, str], audience: Audience, actor: str) -> None:
    passages = [
        passage.passage_id for passage in eligible_passages(store, audience, [key["document_id"]])
    ]
    if not passages:
        raise InputError(
            f"Document {key['document_id']!r} may not be said to {key['segment']!r} on "
            f"{audience.send_on}: look at its status, dates, locale and audience."
        )
    if store.read(_IS_IN, **key) == [(0,)]:
        place = {name: key[name] for name in ("campaign_id", "segment")}
        store.run(_PUT_IN, **place, passage_id=passages[0], why=pinned_by(actor))
