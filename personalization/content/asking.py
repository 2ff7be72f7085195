"""Asking: what the library is asked for each segment, as it is proposed or as somebody wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.content.briefs import CampaignFacts, campaign_facts, segment_query
from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

LONGEST_QUERY: Final = 600
"""Signs; the encoder reads about 1,200 and a longer wish is no search any more."""

_OFFER_TITLE = "SELECT title FROM current_documents WHERE document_id = $document_id"
_WRITTEN = """
    SELECT query, edited_by, edited_at FROM segment_queries
    WHERE campaign_id = $campaign_id AND segment = $segment
"""
_KEEP = """
    INSERT OR REPLACE INTO segment_queries (campaign_id, segment, query, edited_at, edited_by)
    VALUES ($campaign_id, $segment, $query, $edited_at, $edited_by)
"""
_FORGET = """
    DELETE FROM segment_queries WHERE campaign_id = $campaign_id AND segment = $segment
"""


@dataclass(frozen=True, slots=True)
class SegmentQuery:
    """What the library is asked for a segment.

    Attributes:
        query: What is asked.
        proposed: What would be asked by the segment's own figures and the brief.
        edited_by: Who wrote the query instead; None where it is the proposed one.
        edited_at: When.
    """

    query: str
    proposed: str
    edited_by: str | None = None
    edited_at: datetime | None = None


def query_of(store: Store, campaign_id: str, segment: str) -> SegmentQuery:
    """Return what the library is asked for a segment, and what it would be asked by itself.

    Raises:
        StateError: There is no such campaign, or it has no segments.
        InputError: It has no such segment.
    """
    return query_for(store, campaign_facts(store, campaign_id), segment)


def query_for(store: Store, campaign: CampaignFacts, segment: str) -> SegmentQuery:
    """Return the same for a campaign whose facts were read."""
    if segment not in campaign.segments:
        known = ", ".join(campaign.segments)
        raise InputError(f"The campaign has no segment {segment!r}. It has: {known}.")
    description, profile = campaign.segments[segment]
    offer = store.read_one(_OFFER_TITLE, document_id=campaign.brief.offer)
    proposed = segment_query(description, profile, campaign.brief, offer[0] if offer else "")
    written = store.read_one(_WRITTEN, campaign_id=campaign.campaign_id, segment=segment)
    if written is None:
        return SegmentQuery(proposed, proposed)
    query, edited_by, edited_at = written
    return SegmentQuery(query, proposed, edited_by, edited_at)


def edit_query(store: Store, campaign_id: str, segment: str, query: str, *, actor: str) -> None:
    """Ask the library something else for a segment; empty asks what is proposed again.

    It counts from the next search on and outlives it.  Writes ``segment_queries`` and a row of the
    audit trail, which keeps how long the query is and not what it says.

    Raises:
        InputError: The segment is unknown, or the query is too long.
    """
    now = query_of(store, campaign_id, segment)
    words = " ".join(query.split())
    if len(words) > LONGEST_QUERY:
        raise InputError(
            f"The query has {len(words)} signs and may have {LONGEST_QUERY}. Say in a sentence or "
            "two what the segment is to be told about."
        )
    if words == now.query or (not words and now.edited_by is None):
        return
    key = {"campaign_id": campaign_id, "segment": segment}
    is_own = bool(words) and words != now.proposed
    with store.transaction():
        if is_own:
            store.run(_KEEP, **key, query=words, edited_at=store.now(), edited_by=actor)
        else:
            store.run(_FORGET, **key)
        record(
            store, "query.edited" if is_own else "query.freed", segment, actor=actor,
            campaign_id=campaign_id, signs=len(words),
        )  # fmt: skip
