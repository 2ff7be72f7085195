"""Texts on each reader's own products, filled for every customer in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from personalization.store import Store

# Of several texts the one for the customer's segment counts before the one for everybody, and that
# for the family of the first product before the general one.  A customer with fewer products than
# the text names gets none, nor does one whose products are no longer as they were frozen.
_FILLED: Final = """
    CREATE OR REPLACE TEMP TABLE handed_texts AS
    WITH texts AS (
        SELECT usable.*,
               coalesce(json_extract_string(attributes, '$.family'), '') AS family,
               coalesce(list_max([CAST(found AS INTEGER) FOR found IN regexp_extract_all(
                   concat_ws(' ', subject, preheader, body, call_to_action),
                   '\\{\\{\\s*product_([1-4])\\.', 1)]), 0) AS n_products
        FROM usable_texts(CAST($today AS DATE)) AS usable
        WHERE campaign_id = $campaign_id AND product_id IS NULL
    ), people AS (
        SELECT customers.customer_id, coalesce(members.segment, '') AS segment,
               merge_value(first_name) AS first_name, merge_value(city) AS city,
               merge_value(country) AS country,
               merge_value(favourite_category) AS favourite_category, merge_value(tier) AS tier
        FROM customers
        LEFT JOIN segment_members AS members ON members.customer_id = customers.customer_id
                                            AND members.campaign_id = $campaign_id
        WHERE customers.dataset_id = (SELECT dataset_id FROM text_sets
                                      WHERE campaign_id = $campaign_id)
          AND $customer_id IN ('', customers.customer_id)
          AND customers.customer_id NOT IN (
              SELECT customer_id FROM suppression_list
              WHERE dataset_id = (SELECT dataset_id FROM text_sets
                                  WHERE campaign_id = $campaign_id) AND customer_id IS NOT NULL)
    ), changed AS (
        SELECT DISTINCT frozen.arm, frozen.customer_id
        FROM campaign_products AS frozen
        LEFT JOIN products AS sold
            ON sold.dataset_id = (SELECT dataset_id FROM text_sets
                                  WHERE campaign_id = $campaign_id)
           AND sold.product_id = frozen.product_id
        WHERE frozen.campaign_id = $campaign_id
          AND (sold.product_id IS NULL OR sold.price IS DISTINCT FROM frozen.list_price
               OR NOT coalesce(sold.is_active, true) OR coalesce(sold.stock, 1) <= 0)
    ), matched AS (
        SELECT people.*, texts.variant_id, texts.version, texts.content_sha256, texts.kind,
               texts.channel, texts.arm, texts.link, words.words,
               texts.segment AS text_segment, texts.family
        FROM people
        JOIN texts ON texts.segment IN (people.segment, $everyone)
                  AND (texts.customer_id IS NULL OR texts.customer_id = people.customer_id)
        LEFT JOIN product_words($campaign_id, $readers::VARCHAR[]) AS words
            ON words.customer_id = people.customer_id AND words.arm = texts.arm
        WHERE (texts.n_products = 0 OR words.words[5 * texts.n_products - 4] <> '')
          AND texts.family IN ('', words.words[4])
          AND NOT EXISTS (SELECT 1 FROM changed WHERE changed.arm = texts.arm
                          AND changed.customer_id = people.customer_id)
        QUALIFY row_number() OVER (
            PARTITION BY people.customer_id, texts.arm, texts.kind, texts.channel
            ORDER BY texts.customer_id IS NULL, texts.segment = $everyone, texts.family = '',
                     texts.variant_id) = 1
    )
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
    FROM matched
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
    ORDER BY matched.customer_id, matched.arm, matched.kind, matched.channel
"""
_HANDED: Final = "FROM handed_texts ORDER BY customer_id, strategy, kind, channel LIMIT $most"


def fill_into(store: Store, campaign_id: str, *, everybody: str, customer_id: str = "") -> None:
    """Fill the texts of a set that speak of each reader's own products into ``handed_texts``.

    Inside a transaction, which is as long as that temporary table lives.  One row a text and
    reader; who has too few products, products that are no longer as they were worked out, or has
    objected to mailing, has none.

    Args:
        store: Reads ``usable_texts``, ``campaign_products`` and ``customers``.
        campaign_id: The text set.
        everybody: What the segment of a text for all is called.
        customer_id: Only this customer; all where it is empty.
    """
    store.run(
        _FILLED, campaign_id=campaign_id, everyone=everybody, customer_id=customer_id,
        readers=[customer_id] if customer_id else [], today=store.now().date(),
    )  # fmt: skip


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
