"""What an offer had promised before: an end that came earlier, and was put off.

An advertisement that says "ends on Sunday" and goes on afterwards was untrue, whoever meant it
well.  So every version of a document is kept, and an offer that follows on an earlier one of the
same kind counts as that offer, extended.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from personalization.safety.figures import Figure, figures_of
from personalization.safety.reading import folded, words_of

if TYPE_CHECKING:
    from personalization.store import Store

# Days without the offer after which it counts as a new one: last Christmas's is not extended by
# this Christmas's.
PAUSE_DAYS: Final = 30

# What was ever promised: drafts never were.
_PROMISED = """
    SELECT documents.document_id, documents.version, documents.title, documents.products,
           documents.valid_until, lead.text
    FROM documents
    LEFT JOIN statements AS lead ON lead.document_id = documents.document_id
        AND lead.version = documents.version AND lead.position = 1
    WHERE documents.kind = 'offer' AND documents.status IN ('approved', 'retired')
      AND documents.approved_by IS NOT NULL AND documents.valid_until < $valid_until
      AND (documents.document_id <> $document_id OR documents.version < $version)
    ORDER BY documents.valid_until DESC, documents.document_id, documents.version
"""
_LEAD = """
    SELECT text FROM statements
    WHERE document_id = $document_id AND version = $version AND position = 1
"""


def earlier_end(store: Store, offer: dict[str, Any]) -> tuple[date | None, str]:
    """Return the latest earlier end that an offer had promised, and where it had.

    Args:
        store: Reads ``documents`` and ``statements``.
        offer: ``document_id, version, title, products`` (JSON), ``valid_from`` and ``valid_until``.
    """
    if offer["valid_until"] is None:
        return None, ""
    key = {"document_id": offer["document_id"], "version": offer["version"]}
    lead = store.read_one(_LEAD, **key)
    for other in store.records(_PROMISED, valid_until=offer["valid_until"], **key):
        is_own = other["document_id"] == offer["document_id"]
        is_same = is_own or _is_alike(offer, other, str(lead[0]) if lead else "")
        if is_same and not _is_anew(offer["valid_from"], other["valid_until"]):
            where = f"version {other['version']}" if is_own else f"‘{other['title']}’"
            return other["valid_until"], where
    return None, ""


def _is_anew(begins: date | None, ended: date) -> bool:
    return begins is not None and begins > ended + timedelta(PAUSE_DAYS)


def _is_alike(offer: dict[str, Any], other: dict[str, Any], lead: str) -> bool:
    """Tell whether two offers are one in the eyes of a reader: its name, or its goods and terms."""
    if words_of(offer["title"]) == words_of(other["title"]):
        return True
    goods = set(json.loads(offer["products"]))
    is_same_goods = bool(goods) and goods == set(json.loads(other["products"]))
    return is_same_goods and _terms(lead) == _terms(other["text"] or "")


def _terms(lead: str) -> set[tuple[str, frozenset[float | str]]]:
    """Return the prices and percentages of an offer's first statement."""
    return {_term(figure) for figure in figures_of(folded(lead)) if _is_term(figure)}


def _is_term(figure: Figure) -> bool:
    return figure.kind == "percent" or figure.kind.startswith("money:")


def _term(figure: Figure) -> tuple[str, frozenset[float | str]]:
    return figure.kind, figure.values
