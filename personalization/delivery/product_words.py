"""What customers read of products: the words that were worked out for each arm and reviewed there.

They are frozen in ``campaign_products`` and pass ``product_words`` of ``schema.sql`` on every way
out, so that a name that holds a tag, markup or an order to a model is never said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.delivery.verify_emails import TAG, parts_of
from personalization.domain import MOST_PRODUCTS, PRODUCT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalization.store import Store

PRODUCT_COLUMNS: Final = tuple(
    f"product_{rank}_{field}" for rank in range(1, MOST_PRODUCTS + 1) for field in PRODUCT_FIELDS
)
"""The columns of a recipient file that hold them, in the order of the words."""

_GATHER = """
    CREATE OR REPLACE TEMP TABLE letter_products AS
    SELECT arm, customer_id, words FROM product_words($campaign_id, [])
    JOIN (SELECT items FROM product_plans WHERE campaign_id = $campaign_id) AS plans
        ON len(list_filter([words[1], words[6], words[11], words[16]], lambda name: name <> ''))
           = items
"""


def gather_words(store: Store, campaign_id: str) -> None:
    """Put the words of all customers of a campaign where the letters are filled from.

    Args:
        store: Has to be in the transaction that fills them; gets the TEMP table
            ``letter_products``: arm, customer_id, words of those who have as many products as are
            planned.  It is empty for a campaign that names none.
        campaign_id: Which campaign.
    """
    store.run(_GATHER, campaign_id=campaign_id)


_VARIANT = """
    SELECT campaign_id, arm, concat_ws(' ', subject, preheader, body, call_to_action)
    FROM current_variants WHERE variant_id = $variant_id
"""
_WORDS = """
    SELECT customer_id, words FROM product_words($campaign_id, $customer_ids)
    WHERE arm = $arm ORDER BY customer_id
"""


def words_for(
    store: Store, variant_id: str, customer_ids: Sequence[str]
) -> dict[str, list[str]] | None:
    """Return the words for those of some customers who have all that a message says of products.

    Args:
        store: Reads ``current_variants`` and ``campaign_products``.
        variant_id: Which message.
        customer_ids: Who reads it.

    Returns:
        By customer, the words in the order of PRODUCT_COLUMNS; None where the message names no
        products, so that everybody can read it.
    """
    row = store.read_one(_VARIANT, variant_id=variant_id)
    needed = places_of(row[2]) if row else ()
    if row is None or not needed:
        return None
    found = store.read(_WORDS, campaign_id=row[0], arm=row[1], customer_ids=list(customer_ids))
    return {
        str(customer_id): words
        for customer_id, words in found
        if all(words[place] for place in needed)
    }


def places_of(text: str) -> tuple[int, ...]:
    """Return where the words stand that a text says of products, as delivery fills them.

    Example:
        >>> places_of("{{product_1.name}} and {{product_2.price}}")
        (0, 6)
    """
    columns = (parts_of(tag)[0].replace(".", "_") for tag in TAG.finditer(text) if tag[3])
    return tuple(map(PRODUCT_COLUMNS.index, columns))


def as_filled(words: Iterable[str]) -> dict[str, str]:
    """Return what fills each product's field: ``{"product_1.name": "Cake stand", ...}``."""
    fields = (column[::-1].replace("_", ".", 1)[::-1] for column in PRODUCT_COLUMNS)
    return dict(zip(fields, words, strict=True))
