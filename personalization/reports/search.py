"""What a search of the library can be asked: for which readers, for which segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalization.store import Store

# A campaign's own segments first, in their order, then those that documents are written for.
_SEGMENTS = """
    WITH named AS (
        SELECT segment, 0 AS is_other, position FROM segments WHERE campaign_id = $campaign_id
        UNION ALL
        SELECT unnest(CAST(audience->'$.segments' AS VARCHAR[])), 1, 0 FROM current_documents
        WHERE $campaign_id = ''
    )
    SELECT segment FROM named
    GROUP BY segment ORDER BY min(is_other), min(position), segment
"""
_DOCUMENTS = """
    SELECT document_id, title, locale FROM library_documents
    WHERE kind <> 'voice' ORDER BY title, document_id
"""


def segments_to_ask_for(store: Store, campaign_id: str) -> list[str]:
    """List the segments of a campaign; without one, those that documents are written for."""
    return [name for (name,) in store.read(_SEGMENTS, campaign_id=campaign_id)]


def documents_to_ask_about(store: Store) -> list[dict[str, Any]]:
    """List what a search might have found: ``document_id``, ``title``, ``locale``."""
    return store.records(_DOCUMENTS)
