"""What a product text may rest on besides the catalogue: approved content, sales, a step up."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.generation.catalogue_documents import KIND, keep_document
from personalization.generation.sources import is_for, passage_of_row, statements_of
from personalization.providers.product_facts import Fact, Told, fill, shown_price, wordings_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from personalization.domain import Passage
    from personalization.store import Store

# Content that was approved for the channel, or for all of them.  Offers and legal texts count in
# their own country only.
_APPROVED: Final = """
    SELECT passages.passage_id, documents.document_id, documents.kind, documents.title,
           passages.text, documents.products, documents.subject_lines, documents.tags,
           documents.audience, documents.valid_until, 0.0 AS score, 'approved' AS why
    FROM library_documents AS documents
    JOIN passages
        ON passages.document_id = documents.document_id AND passages.version = documents.version
    WHERE list_contains($kinds::VARCHAR[], documents.kind)
      AND substr(documents.locale, 1, 2) = substr($locale, 1, 2)
      AND (documents.kind NOT IN ('offer', 'legal') OR documents.locale = $locale)
      AND ((documents.channels::VARCHAR = '[]' AND NOT $is_named)
           OR list_has_any(CAST(documents.channels AS VARCHAR[]), $channels::VARCHAR[]))
      AND documents.status = 'approved'
      AND $day >= coalesce(documents.valid_from, $day)
      AND $day <= coalesce(documents.valid_until, $day)
      AND passages.passage_id NOT IN (SELECT ref FROM held_inputs WHERE what = 'passage')
    ORDER BY documents.kind, documents.document_id, passages.passage_id
"""
# Whatever customers bought of a product up to a day; of its companion the one that most customers
# have bought as well.  Amounts are left out: a price list is no business of a summary.
_SALES: Final = """
    WITH bought AS (
        SELECT customer_id, product_id, order_id, quantity, happened_at
        FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase'
    ), own AS (
        SELECT * FROM bought WHERE product_id = $product_id
    ), buyers AS (
        SELECT DISTINCT customer_id FROM own
    ), companions AS (
        SELECT bought.product_id, count(DISTINCT bought.customer_id) AS together
        FROM bought JOIN buyers ON buyers.customer_id = bought.customer_id
        WHERE bought.product_id <> $product_id GROUP BY bought.product_id
    ), companion AS (
        SELECT product_value(trim(sold.name)) AS other, companions.together
        FROM companions
        JOIN products AS sold ON sold.dataset_id = $dataset_id
                             AND sold.product_id = companions.product_id
        WHERE product_value(trim(sold.name)) <> ''
        ORDER BY together DESC, companions.product_id LIMIT 1
    ), sizes AS (
        SELECT members.segment, count(*) AS segment_customers,
               count(buyers.customer_id) AS segment_buyers
        FROM segment_members AS members
        LEFT JOIN buyers ON buyers.customer_id = members.customer_id
        WHERE members.campaign_id = $text_set GROUP BY members.segment
    ), strongest AS (
        SELECT * FROM sizes WHERE segment_buyers > 0 AND segment_customers >= $fewest
        ORDER BY segment_buyers / segment_customers DESC, segment LIMIT 1
    )
    SELECT (SELECT count(*) FROM buyers) AS buyers,
           (SELECT count(*) FROM customers WHERE dataset_id = $dataset_id) AS customers,
           (SELECT count(DISTINCT order_id) FROM own) AS orders,
           (SELECT sum(quantity) FROM own) AS pieces,
           (SELECT min(happened_at)::DATE FROM own) AS first_on,
           (SELECT max(happened_at)::DATE FROM own) AS last_on,
           companion.other, companion.together, strongest.segment, strongest.segment_customers,
           strongest.segment_buyers, products.margin, products.stock
    FROM products
    LEFT JOIN companion ON true
    LEFT JOIN strongest ON true
    WHERE products.dataset_id = $dataset_id AND products.product_id = $product_id
"""
# The most bought one of the same family that costs a little more.
_STEP_UP: Final = """
    WITH own AS (
        SELECT category, price, variant_group FROM products
        WHERE dataset_id = $dataset_id AND product_id = $product_id
    ), buyers AS (
        SELECT product_id, count(DISTINCT customer_id) AS buyers FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase' GROUP BY product_id
    )
    SELECT sold.product_id
    FROM products AS sold
    JOIN own ON own.category = sold.category
    LEFT JOIN buyers ON buyers.product_id = sold.product_id
    WHERE sold.dataset_id = $dataset_id AND sold.product_id <> $product_id
      AND sold.price > own.price * 1.1 AND sold.price <= own.price * 1.6
      AND coalesce(sold.is_active, true) AND coalesce(sold.stock, 1) > 0
      AND sold.variant_group IS DISTINCT FROM coalesce(own.variant_group, '') AND sold.gate IS NULL
      AND product_value(trim(sold.name)) <> ''
    ORDER BY coalesce(buyers.buyers, 0) DESC, sold.price, sold.product_id
    LIMIT 1
"""
_FEWEST_BUYERS: Final = 50  # from which their number is worth telling, and tells of nobody
_FEWEST: Final = 30  # customers of a segment from which a share of it says something
_APPROVED_FOR: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "x": ("x", "social"),
        "instagram": ("instagram", "social"),
        "facebook": ("facebook", "social"),
        "linkedin": ("linkedin", "social"),
    }
)
"""What a document may call a channel; a platform is a social one, any other has its own name."""


def approved_passages(
    store: Store,
    *,
    locale: str,
    channel: str,
    segment: str,
    day: date,
    kinds: Collection[str] = ("benefit", "proof", "cta"),
    is_named: bool = False,
) -> tuple[Passage, ...]:
    """Return what may be said on a channel on a day to a segment, or to everybody where empty.

    Args:
        store: Reads ``documents``, ``passages``, ``statements`` and ``held_inputs``.
        locale: Language and country of the text.
        channel: Where it is read.
        segment: Who reads it.
        day: On which content has to be in force.
        kinds: Of documents; offers and legal texts have conditions of their own, and are left to
            campaigns.
        is_named: Whether a document has to name the channel; one without channels is for all.
    """
    rows = store.records(
        _APPROVED, locale=locale, day=day, channels=_APPROVED_FOR.get(channel, (channel,)),
        kinds=list(kinds), is_named=is_named,
    )  # fmt: skip
    audiences = {row["passage_id"]: json.loads(row["audience"]) for row in rows}
    rows = [
        row
        for row in rows
        if is_for(segment, audience := audiences[row["passage_id"]])
        and (segment or not audience.get("exclude"))
    ]
    said = statements_of(store, [row["passage_id"] for row in rows])
    return tuple(
        passage_of_row(row, rank, said.get(row["passage_id"], []))
        for rank, row in enumerate(rows, start=1)
    )


def passages_about(
    passages: Iterable[Passage], told: Iterable[Told], family: str = ""
) -> tuple[Passage, ...]:
    """Return the content that speaks of the products, or of the shelf that they stand on.

    A document names its products by keywords, and its shelf among its tags.
    """
    names = [set(each.entry.name.casefold().replace("-", " ").split()) for each in told]
    shelf = family.casefold().replace("&", "and")
    return tuple(
        passage
        for passage in passages
        if any(set(p.casefold().split("-")) <= name for p in passage.products for name in names)
        or (shelf and shelf in {tag.casefold() for tag in passage.tags})
    )


def step_up_of(store: Store, dataset_id: str, product_id: str) -> str:
    """Return the id of a somewhat dearer product of the same family; empty where there is none."""
    row = store.read_one(_STEP_UP, dataset_id=dataset_id, product_id=product_id)
    return str(row[0]) if row else ""


def sales_of(
    store: Store,
    dataset_id: str,
    text_set: str,
    told: Told,
    *,
    readers: str,
    locale: str,
    actor: str,
) -> Told | None:
    """Count what was sold of a product, and keep that as a document that a summary can cite.

    Inside a transaction; a count that is as it was makes no new version.

    Args:
        store: Reads ``product_events``, ``segment_members`` and ``products``.
        dataset_id: Whose customers.
        text_set: Whose segments.
        told: The product.
        readers: ``buyers`` for what customers may be told, ``sales`` for what the team is told:
            margin and stock are in it.
        locale: Language of the words.
        actor: Who asked for the text.

    Returns:
        The document; None where there is nothing to say.
    """
    [row] = store.records(
        _SALES, dataset_id=dataset_id, product_id=told.entry.product_id, text_set=text_set,
        fewest=_FEWEST,
    )  # fmt: skip
    if readers == "buyers" and (row["buyers"] or 0) < _FEWEST_BUYERS:
        return None
    words = wordings_in(locale)[readers]
    blanks = _blanks(row, told, locale)
    facts = tuple(
        Fact(name, "detail", MappingProxyType({"text": fill(text, blanks)}))
        for name, text in words.items()
        if all(blanks[blank] for blank in _blanks_of(text))
    )
    if not facts:
        return None
    evidence = hashlib.sha256(repr(sorted(blanks.items())).encode()).hexdigest()
    passage = keep_document(
        store, f"{KIND}:{dataset_id}:{told.entry.product_id}:{readers}", title=told.entry.name,
        facts=facts, evidence=evidence, locale=locale, source=readers, actor=actor,
    )  # fmt: skip
    return Told(told.entry, facts, passage)


def _blanks(row: dict[str, Any], told: Told, locale: str) -> dict[str, str]:
    """Return what fills the wordings; empty where it is not known."""
    entry = told.entry
    return {
        "name": entry.name,
        "product_id": entry.product_id,
        "price": shown_price(entry.price, entry.currency, locale),
        "buyers": _count(row["buyers"]),
        "customers": _count(row["customers"]),
        "share": _share(row["buyers"], row["customers"]),
        "orders": _count(row["orders"]),
        "pieces": _count(row["pieces"]),
        "first_on": _day(row["first_on"]),
        "last_on": _day(row["last_on"]) if row["first_on"] != row["last_on"] else "",
        "only_on": _day(row["last_on"]) if row["first_on"] == row["last_on"] else "",
        "other": row["other"] or "",
        "together": _count(row["together"]),
        "segment": row["segment"] or "",
        "segment_buyers": _count(row["segment_buyers"]),
        "segment_customers": _count(row["segment_customers"]),
        "segment_share": _share(row["segment_buyers"], row["segment_customers"]),
        "margin": f"{row['margin']:.0%}" if row["margin"] is not None else "",
        "stock": f"{row['stock']:,.0f}" if row["stock"] is not None else "",
    }


def _blanks_of(text: str) -> list[str]:
    return [piece.split("}")[0] for piece in text.split("{")[1:]]


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""


def _count(number: float | None) -> str:
    return f"{number:,.0f}" if number else ""


def _share(part: float | None, whole: float | None) -> str:
    return f"{part / whole:.0%}" if part and whole else ""
