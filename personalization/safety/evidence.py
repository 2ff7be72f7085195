"""What a variant is judged against: its sender, its sources, and what its claims came to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from personalization.domain import Claim, Decision
from personalization.safety.reading import Context

if TYPE_CHECKING:
    from personalization.settings import Brand
    from personalization.store import Store

_SOURCES = """
    SELECT DISTINCT statements.statement_id, statements.text, statements.alternates,
           documents.subject_lines
    FROM claims JOIN statements ON statements.statement_id = claims.statement_id
    JOIN documents ON documents.document_id = statements.document_id
                  AND documents.version = statements.version
    WHERE claims.variant_id = $variant_id AND claims.version = $version
    ORDER BY statements.statement_id
"""
_CLAIMS = """
    SELECT field, span_start, span_end, text, statement_id, source_start, source_end, source_text,
           decision, reason
    FROM claims WHERE variant_id = $variant_id AND version = $version ORDER BY position
"""


def evidence_of(store: Store, brand: Brand, variant_id: str, version: int) -> Context:
    """Gather who sends, what the claims cite, and how they were judged."""
    sources: list[str] = []
    for _, text, *lists in store.read(_SOURCES, variant_id=variant_id, version=version):
        sources += [text, *(wording for found in lists for wording in json.loads(found))]
    claims = store.read(_CLAIMS, variant_id=variant_id, version=version)
    return Context(
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        allowed_domains=brand.allowed_domains,
        own_emails=brand.own_emails,
        own_phones=brand.own_phones,
        representatives=brand.representatives,
        register_number=brand.register_number,
        vat_id=brand.vat_id,
        on_behalf_of=brand.on_behalf_of,
        sources=tuple(sources),
        claims=tuple(_claim(row) for row in claims),
    )


def _claim(row: tuple[Any, ...]) -> Claim:
    field, start, end, text, statement_id, *source, decision, reason = row
    source_start, source_end, source_text = source
    return Claim(
        field, start, end, text, statement_id, source_start, source_end, source_text,
        Decision(decision), reason,
    )  # fmt: skip
