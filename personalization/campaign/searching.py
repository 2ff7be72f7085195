"""Searching the library: by hand, with a trace, and what each segment asks it for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization import content
from personalization.campaign.journal import refuse_if_launched
from personalization.content.eligibility import Audience
from personalization.providers import registry

if TYPE_CHECKING:
    from datetime import date

    from personalization.settings import Settings
    from personalization.store import Store

Evaluation = content.Evaluation
Hit = content.Hit
LeftOut = content.LeftOut
Search = content.Search
SegmentQuery = content.SegmentQuery

LABELS: Final = Path(__file__).parents[2] / "sample_data" / "queries.toml"
"""The labelled queries for the shipped corpus."""


def search_library(
    store: Store,
    settings: Settings,
    query: str,
    *,
    send_on: date,
    locale: str,
    segment: str = "",
    limit: int = 10,
) -> content.Search:
    """Search the library as a campaign would: at once, by words alone until the model is loaded."""
    audience = _audience(send_on, locale, segment)
    encoder = registry.encoder_at_hand()
    return content.search_library(
        store, settings.content, query, audience, encoder=encoder, limit=limit
    )


def search_is_ready() -> bool:
    """Tell whether the next search compares meaning too; if not, the model begins to load."""
    return registry.encoder_at_hand() is not None


def explain_missing(
    store: Store,
    settings: Settings,
    query: str,
    document_id: str,
    *,
    send_on: date,
    locale: str,
    segment: str = "",
    limit: int = 10,
) -> str:
    """Say why a document is not among the first hits of a search, or that it is."""
    return content.explain_missing(
        store, settings.content, query, _audience(send_on, locale, segment), document_id,
        encoder=registry.encoder_at_hand(), limit=limit,
    )  # fmt: skip


def evaluate_search(store: Store, settings: Settings) -> content.Evaluation:
    """Ask the library the labelled queries of the sample brand, and measure what it finds."""
    labels = content.read_labels(LABELS)
    return content.evaluate_library(store, settings.content, labels, registry.encoder())


def segment_query(store: Store, campaign_id: str, segment: str) -> content.SegmentQuery:
    """Return what the library is asked for a segment, and what it would be asked by itself."""
    return content.query_of(store, campaign_id, segment)


def edit_segment_query(
    store: Store, campaign_id: str, segment: str, query: str, *, actor: str
) -> None:
    """Ask the library something else for a segment from the next search on; empty undoes it."""
    refuse_if_launched(store, campaign_id, "its sources")
    content.edit_query(store, campaign_id, segment, query, actor=actor)


def _audience(send_on: date, locale: str, segment: str) -> Audience:
    return Audience(send_on, locale, (segment,) if segment else ())
