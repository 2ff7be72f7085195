"""The claim ledger as a reviewer reads it: each fact beside the words that bear it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

KIND: Final[Mapping[str, str]] = {
    "number": "Number",
    "price": "Price",
    "percent": "Percentage",
    "date": "Date",
    "time": "Time of day",
    "duration": "Duration",
    "quantity": "Quantity",
    "code": "Code",
    "product": "Product",
    "reason": "Reason",
    "superlative": "Superlative",
    "guarantee": "Guarantee",
    "urgency": "Urgency",
}
"""What each kind of fact is called on the screen."""

_LEDGER = """
    SELECT ledger.position, ledger.kind, ledger.field, ledger.span_start, ledger.span_end,
           ledger.text, ledger.decision, ledger.reason, ledger.statement_id, ledger.source_field,
           ledger.source_start, ledger.source_end, ledger.source_text,
           coalesce(documents.title, '') AS document, documents.document_id, documents.version
    FROM ledger_entries AS ledger
    LEFT JOIN statements ON statements.statement_id = ledger.statement_id
    LEFT JOIN documents ON documents.document_id = statements.document_id
                       AND documents.version = statements.version
    WHERE ledger.screening_id = $screening_id
    ORDER BY ledger.position
"""


def ledger_of(store: Store, screening_id: int) -> list[dict[str, Any]]:
    """List the typed facts of a screening in the order of the message.

    Returns:
        For each fact ``position, kind, field, span_start, span_end, text, decision, reason,
        statement_id, source_field, source_start, source_end, source_text`` and the ``document``
        (its title), ``document_id`` and ``version`` that bear it out.
    """
    return store.records(_LEDGER, screening_id=screening_id)


_SUMMARY = """
    SELECT count(*) AS facts, count(*) FILTER (WHERE decision = 'pass') AS borne_out,
           count(*) FILTER (WHERE decision = 'review') AS to_review,
           count(*) FILTER (WHERE decision = 'block') AS unsupported
    FROM ledger_entries WHERE screening_id = $screening_id
"""


def ledger_counts(store: Store, screening_id: int) -> dict[str, int]:
    """Count the facts of a screening: all, borne out, to review, unsupported."""
    [row] = store.records(_SUMMARY, screening_id=screening_id)
    return row
