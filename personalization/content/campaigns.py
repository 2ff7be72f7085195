"""Campaigns: the passages that each segment's messages may be made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.content.asking import query_for
from personalization.content.briefs import CampaignFacts, campaign_facts
from personalization.content.choices import choices_of, pinned_by
from personalization.content.choosing import choose_documents
from personalization.content.eligibility import describe_passages, eligible_passages
from personalization.content.finding import Found, rank_eligible, still_eligible
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from personalization.providers.protocols import Encoder
    from personalization.settings import Settings
    from personalization.store import Store

_N_DOCUMENTS = "SELECT count(*) FROM documents"
_FORGET = "DELETE FROM segment_passages WHERE campaign_id = $campaign_id"
_KEEP = """
    INSERT INTO segment_passages
        (campaign_id, segment, passage_id, rank, score, bm25_rank, dense_rank, why)
    VALUES ($campaign_id, $segment, $passage_id, $rank, $score, $bm25_rank, $dense_rank, $why)
"""


def find_for_campaign(
    store: Store, settings: Settings, campaign_id: str, *, encoder: Encoder | None
) -> int:
    """Find the passages that each segment's messages may be made of.

    What the user pinned is in as long as it may be said, what was excluded is not, and the rest is
    chosen by relevance so that every kind of document is there.  Replaces the campaign's rows of
    ``segment_passages``; the same content gives the same rows.

    Returns:
        How many rows were written.

    Raises:
        StateError: The campaign is unknown or has no segments, or no content was imported.
        InputError: The offer of the brief may not be said to any of the segments.
    """
    campaign = campaign_facts(store, campaign_id)
    if store.read(_N_DOCUMENTS) == [(0,)]:
        raise StateError("There is no approved content yet. Import the documents first.")
    _check_offer(store, campaign)
    chosen = {
        segment: _choose(store, settings, campaign, segment, encoder)
        for segment in campaign.segments
    }
    with store.transaction():
        store.run(_FORGET, campaign_id=campaign_id)
        n_rows = sum(_keep(store, campaign, segment, found) for segment, found in chosen.items())
        record(
            store, "content.found", campaign_id, actor="system", campaign_id=campaign_id,
            segments=len(chosen), passages=n_rows, encoder=encoder.model_id if encoder else None,
        )  # fmt: skip
    return n_rows


def _check_offer(store: Store, campaign: CampaignFacts) -> None:
    offer = campaign.brief.offer
    if offer and not any(
        passage.document_id == offer
        for segment in campaign.segments
        for passage in eligible_passages(store, campaign.audience(segment), [offer])
    ):
        raise InputError(
            f"The campaign's offer {offer!r} may not be said to any of its segments on "
            f"{campaign.send_on}: look at its status, dates, locale and audience, or take another."
        )


def _choose(
    store: Store, settings: Settings, campaign: CampaignFacts, segment: str, encoder: Encoder | None
) -> list[Found]:
    query = query_for(store, campaign, segment).query
    found = rank_eligible(store, settings.content, query, campaign.audience(segment), encoder)
    choices = choices_of(store, campaign.campaign_id, segment)
    notes = {name: pinned_by(actor) for name, actor in choices.pinned.items()}
    notes = {campaign.brief.offer: "the offer of this campaign", **notes}
    return choose_documents(
        [one.noted(notes.get(one.passage.document_id, "")) for one in found],
        settings.content.limit,
        pinned=choices.pinned,
        excluded=choices.excluded,
        promoted=campaign.brief.offer,
    )


def _keep(store: Store, campaign: CampaignFacts, segment: str, found: list[Found]) -> int:
    """Write what may still be said: content may have been retired while vectors were compared."""
    kept = still_eligible(store, campaign.audience(segment), found)
    facts = describe_passages(store, [one.passage.passage_id for one in kept])
    for number, one in enumerate(kept, 1):
        store.run(
            _KEEP, campaign_id=campaign.campaign_id, segment=segment, rank=number,
            why=one.why(facts[one.passage.passage_id]),
            passage_id=one.passage.passage_id, score=one.ranked.score,
            bm25_rank=one.ranked.bm25_rank, dense_rank=one.ranked.dense_rank,
        )  # fmt: skip
    return len(kept)
