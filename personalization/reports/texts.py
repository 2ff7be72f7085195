"""Product texts: what there is of them, how each one stands, and what can be written about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.reports import review

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.store import Store

_SET: Final = """
    SELECT sets.campaign_id, campaigns.locale, campaigns.send_on, campaigns.name
    FROM text_sets AS sets JOIN campaigns ON campaigns.campaign_id = sets.campaign_id
    WHERE sets.dataset_id = $dataset_id
    ORDER BY sets.made_at, sets.campaign_id
"""
_TEXTS: Final = """
    SELECT current.variant_id, told.channel, told.kind, told.product_id, told.customer_id,
           coalesce(sold.name, '') AS product, current.preheader, current.body,
           current.call_to_action, current.link, current.locale, current.written_at,
           current.written_by,
           coalesce(json_extract_string(current.attributes, '$.tone'), '') AS tone,
           coalesce(json_extract_string(current.attributes, '$.strategy'), '') AS strategy,
           coalesce(json_extract_string(current.attributes, '$.family'), '') AS family,
           coalesce(json_extract_string(current.provenance, '$.first_fault'), '') AS first_fault,
           usable.variant_id IS NOT NULL AS is_usable
    FROM current_variants AS current
    JOIN variant_channels AS told ON told.variant_id = current.variant_id
    JOIN text_sets AS sets ON sets.campaign_id = current.campaign_id
    LEFT JOIN products AS sold ON sold.dataset_id = sets.dataset_id
                              AND sold.product_id = told.product_id
    LEFT JOIN usable_texts(CAST($today AS DATE)) AS usable
        ON usable.variant_id = current.variant_id
    WHERE current.campaign_id = $text_set
    ORDER BY current.written_at DESC, current.variant_id
"""
_PRODUCTS: Final = """
    WITH buyers AS (
        SELECT product_id, count(DISTINCT customer_id) AS buyers FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase' GROUP BY product_id
    )
    SELECT sold.product_id, sold.name, coalesce(sold.category, '') AS category,
           coalesce(buyers.buyers, 0) AS buyers
    FROM products AS sold
    LEFT JOIN buyers ON buyers.product_id = sold.product_id
    WHERE sold.dataset_id = $dataset_id AND coalesce(sold.is_active, true)
      AND coalesce(sold.stock, 1) > 0
      AND ($words = '' OR contains(lower(concat_ws(' ', sold.product_id, sold.name)),
                                   lower($words))
           OR list_contains($chosen::VARCHAR[], sold.product_id))
    ORDER BY list_contains($chosen::VARCHAR[], sold.product_id) DESC, buyers DESC,
             sold.product_id
    LIMIT $most
"""
_SEGMENTS: Final = """
    SELECT segment, customers FROM segments WHERE campaign_id = $text_set
    ORDER BY position, segment
"""


@dataclass(frozen=True, slots=True)
class ProductText:
    """A product text, and how it stands.

    Attributes:
        state: One of ``review.STATES``.
        why: What stands against it, in clauses.
        n_findings: What its screening found.
        product_id: What it is about; None where that differs from reader to reader.
        customer_id: For whom, where it is for one person.
        strategy: How the products of each reader are chosen; empty where the product is given.
        family: Of the first product, where each family has a text of its own.
        first_fault: Why the hosted model's text was not taken; empty where it was, or none wrote.
        is_usable: Whether it may be copied and handed over today.
    """

    variant_id: str
    version: int
    segment: str
    subject: str
    origin: str
    state: str
    why: tuple[str, ...]
    n_findings: int
    channel: str
    kind: str
    product_id: str | None
    customer_id: str | None
    product: str
    preheader: str
    body: str
    call_to_action: str
    link: str
    locale: str
    tone: str
    strategy: str
    family: str
    first_fault: str
    is_usable: bool
    written_at: datetime
    written_by: str


def text_set(store: Store, dataset_id: str) -> str:
    """Return the id of the set that holds the texts of a base; empty where there is none."""
    row = store.read_one(_SET, dataset_id=dataset_id)
    return str(row[0]) if row else ""


def texts_of(store: Store, dataset_id: str) -> list[ProductText]:
    """List the texts of a base in their newest version, the newest first."""
    found = text_set(store, dataset_id)
    if not found:
        return []
    states = {row["variant_id"]: row for row in review.queue(store, found)}
    rows = store.records(_TEXTS, text_set=found, today=store.now().date())
    return [_text(row, states[row["variant_id"]]) for row in rows if row["variant_id"] in states]


def _text(row: dict[str, Any], state: dict[str, Any]) -> ProductText:
    shared = ("version", "segment", "subject", "origin", "state", "n_findings")
    why = tuple(state["why"])
    if state["state"] == "approved" and not row["is_usable"]:
        why = ("a source that it cites is not valid today; write it again",)
    told = {name: state[name] for name in shared}
    return ProductText(**row, **told, why=why)


def products_to_choose(
    store: Store, dataset_id: str, *, words: str = "", chosen: Sequence[str] = (), most: int = 200
) -> list[dict[str, Any]]:
    """List products that texts can be about: ``product_id, name, category, buyers``.

    Those that are chosen come first, then those that most customers have bought; what is not for
    sale is left out.
    """
    return store.records(
        _PRODUCTS, dataset_id=dataset_id, words=words.strip(), chosen=list(chosen), most=most
    )


def segments_to_choose(store: Store, text_set_id: str) -> dict[str, int]:
    """Return how many customers each segment of a text set has, by its name."""
    return {
        str(segment): int(customers)
        for segment, customers in store.read(_SEGMENTS, text_set=text_set_id)
    }
