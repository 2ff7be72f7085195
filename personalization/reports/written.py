"""All messages of a campaign as one document: texts, sources, findings, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.reports import content, review

if TYPE_CHECKING:
    from personalization.store import Store

_PROVENANCE = """
    SELECT provenance->>'$.model' AS model, provenance->>'$.first_fault' AS first_fault
    FROM current_variants WHERE variant_id = $variant_id
"""
_OF_CLAIM: Final = (
    "field", "span_start", "span_end", "text", "decision", "reason", "source_text", "document_id",
)  # fmt: skip
_OF_FINDING: Final = ("rule", "action", "field", "span_start", "span_end", "text", "message")


def written(store: Store, campaign_id: str) -> dict[str, Any]:
    """Return the campaign's messages in the order of its segments.

    Returns:
        ``messages``: for each segment and arm its texts, origin, attributes, screening, claims
        with the words of their sources, and findings; ``missing``: segment, arm and reason of
        what could not be written.
    """
    return {
        "campaign_id": campaign_id,
        "messages": [_message(store, row) for row in review.queue(store, campaign_id)],
        "missing": [
            {name: row[name] for name in ("segment", "arm", "reason")}
            for row in content.failures_of(store, campaign_id)
        ],
    }


def _message(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    found = review.message(store, row["variant_id"])
    [model] = store.records(_PROVENANCE, variant_id=found.variant_id)
    claims = review.claims(store, found.variant_id, found.version)
    findings = review.findings(store, found.screening_id)
    return {
        "variant_id": found.variant_id,
        "version": found.version,
        "segment": found.segment,
        "customers": row["customers"],
        "arm": found.arm,
        **dict(found.message.fields()),
        "origin": found.origin,
        **model,
        "attributes": found.attributes,
        "screening": found.screening,
        "state": row["state"],
        "claims": [{name: claim[name] for name in _OF_CLAIM} for claim in claims],
        "findings": [{name: each[name] for name in _OF_FINDING} for each in findings],
    }
