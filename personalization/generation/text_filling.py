"""Texts on each reader's own products, filled for every customer in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.generation.text_readers import LeftOut, judge_readers

if TYPE_CHECKING:
    from personalization.store import Store

_FILLED: Final = """
    CREATE OR REPLACE TEMP TABLE handed_texts AS
    SELECT matched.customer_id, matched.segment, matched.arm AS strategy, matched.kind,
           matched.channel,
           fill_products(fill_form(forms.subject, first_name, city, country, favourite_category,
                                   tier), words) AS subject,
           fill_products(fill_form(forms.preheader, first_name, city, country,
                                   favourite_category, tier), words) AS preheader,
           fill_products(fill_form(forms.body, first_name, city, country, favourite_category,
                                   tier), words) AS body,
           fill_products(fill_form(forms.call_to_action, first_name, city, country,
                                   favourite_category, tier), words) AS call_to_action,
           matched.link, forms.footer, matched.variant_id AS text_id, matched.version,
           matched.content_sha256
    FROM judged_readers AS matched
    JOIN message_fields AS fields
        ON fields.variant_id = matched.variant_id AND fields.version = matched.version
    JOIN message_forms AS forms
        ON forms.variant_id = matched.variant_id AND forms.version = matched.version
       AND forms.filled = fields_filled(
               CASE WHEN fields.has_first_name THEN first_name ELSE '' END,
               CASE WHEN fields.has_city THEN city ELSE '' END,
               CASE WHEN fields.has_country THEN country ELSE '' END,
               CASE WHEN fields.has_favourite_category THEN favourite_category ELSE '' END,
               CASE WHEN fields.has_tier THEN tier ELSE '' END)
    WHERE matched.fault IS NULL
    ORDER BY matched.customer_id, matched.arm, matched.kind, matched.channel
"""
_HANDED: Final = "FROM handed_texts ORDER BY customer_id, strategy, kind, channel LIMIT $most"


def fill_into(store: Store, campaign_id: str, *, everybody: str, customer_id: str = "") -> LeftOut:
    """Fill the texts of a set that speak of each reader's own products into ``handed_texts``.

    Inside a transaction, which is as long as that temporary table lives.  One row a text and
    reader.

    Args:
        store: As for ``judge_readers``.
        campaign_id: The text set.
        everybody: What the segment of a text for all is called.
        customer_id: Only this customer; all where it is empty.

    Returns:
        Who has no row, and why.
    """
    left_out = judge_readers(store, campaign_id, everybody=everybody, customer_id=customer_id)
    store.run(_FILLED)
    return left_out


def left_out_of(
    store: Store, campaign_id: str, *, everybody: str, customer_id: str = ""
) -> LeftOut:
    """Return who would have no row in a file of filled texts now, and why."""
    with store.transaction():
        return judge_readers(store, campaign_id, everybody=everybody, customer_id=customer_id)


def filled_for(
    store: Store, campaign_id: str, *, everybody: str, customer_id: str = "", most: int = 20
) -> list[dict[str, Any]]:
    """Return what one customer would read, or the first few of all."""
    with store.transaction():
        fill_into(store, campaign_id, everybody=everybody, customer_id=customer_id)
        return store.records(_HANDED, most=most)


_SETS: Final = """
    SELECT sets.campaign_id, campaigns.locale, campaigns.send_on
    FROM text_sets AS sets JOIN campaigns ON campaigns.campaign_id = sets.campaign_id
    WHERE sets.dataset_id = $dataset_id AND campaigns.locale = $locale
    ORDER BY sets.made_at, sets.campaign_id LIMIT 1
"""


def text_set_of(store: Store, dataset_id: str, locale: str) -> dict[str, Any] | None:
    """Return the set that holds the texts of a base in a language; None where there is none."""
    rows = store.records(_SETS, dataset_id=dataset_id, locale=locale)
    return rows[0] if rows else None


_FAMILIES: Final = """
    SELECT category FROM campaign_products
    WHERE campaign_id = $campaign_id AND arm = $arm AND rank = 1 AND category <> ''
    GROUP BY category HAVING count(*) >= $fewest
    ORDER BY count(*) DESC, category LIMIT $most
"""
_FEWEST: Final = 30  # readers from which a family has a text of its own


def families_of(store: Store, campaign_id: str, arm: str, *, most: int) -> list[str]:
    """List the families that the first products of most readers are of, the largest first."""
    rows = store.read(_FAMILIES, campaign_id=campaign_id, arm=arm, fewest=_FEWEST, most=most)
    return [str(category) for (category,) in rows]


_PRODUCTS: Final = """
    SELECT product_id FROM campaign_products
    WHERE campaign_id = $campaign_id AND arm = $arm AND customer_id = $customer_id
    ORDER BY rank
"""
_SEGMENT: Final = """
    SELECT segment FROM segment_members
    WHERE campaign_id = $campaign_id AND customer_id = $customer_id
"""


def products_of(store: Store, campaign_id: str, customer_id: str, arm: str) -> list[str]:
    """List what one customer would read of by a strategy, as it was worked out last."""
    rows = store.read(_PRODUCTS, campaign_id=campaign_id, arm=arm, customer_id=customer_id)
    return [str(product_id) for (product_id,) in rows]


def segment_of_customer(store: Store, campaign_id: str, customer_id: str) -> str:
    """Return the segment of one customer; empty where there is none."""
    row = store.read_one(_SEGMENT, campaign_id=campaign_id, customer_id=customer_id)
    return str(row[0]) if row else ""
