"""A catalogue into ``products``, what it changes noted, and what customers did with products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.customers.fields import ATTRIBUTE, IGNORE
from personalization.customers.intake import Arrival, Intake, extra_names
from personalization.errors import InputError

if TYPE_CHECKING:
    from personalization.store import Store

# A number in other letters means the product that is known; of two such lines the last one wins.
_SPELL: Final = """
    CREATE OR REPLACE TEMP TABLE arriving_products AS
    WITH spellings AS (
        SELECT upper(product_id) AS folded, min(product_id) AS spelt,
               list(product_id) AS known
        FROM products WHERE dataset_id = $dataset_id GROUP BY folded
    )
    SELECT fresh.* REPLACE (
               CASE WHEN list_contains(known, fresh.product_id) THEN fresh.product_id
                    ELSE coalesce(spelt, fresh.product_id) END AS product_id)
    FROM read_parquet($staged) AS fresh
    LEFT JOIN spellings ON spellings.folded = upper(fresh.product_id)
    QUALIFY row_number() OVER (
        PARTITION BY CASE WHEN list_contains(known, fresh.product_id) THEN fresh.product_id
                          ELSE coalesce(spelt, fresh.product_id) END
        ORDER BY fresh.line DESC) = 1
"""

# A product that is new has changed nothing.
_NOTE_CHANGES: Final = """
    INSERT INTO product_changes
    WITH held AS (
        SELECT old.product_id, unnest([
                   {'field': 'price', 'old': old.price, 'new': new.price},
                   {'field': 'stock', 'old': old.stock, 'new': new.stock},
                   {'field': 'is_active', 'old': old.is_active::INTEGER::DOUBLE,
                    'new': new.active::INTEGER::DOUBLE}]) AS change
        FROM products AS old JOIN arriving_products AS new USING (product_id)
        WHERE old.dataset_id = $dataset_id
    )
    SELECT $dataset_id, product_id, change.field, change.old, change.new, $now, $import_id
    FROM held
    WHERE list_contains($changing, change.field) AND change.old IS DISTINCT FROM change.new
    ORDER BY product_id, change.field
"""

# The last row wins, field by field: what the newer file does not have at all stays as it was.
_UPDATE: Final = """
    UPDATE products AS old SET
        name = coalesce(new.name, old.name),
        description = if(list_contains($fields, 'description'), new.description, old.description),
        category = if(list_contains($fields, 'category'), new.category, old.category),
        category_path =
            if(list_contains($fields, 'category'), new.category_path, old.category_path),
        price = if(list_contains($fields, 'price'), new.price, old.price),
        currency = coalesce(new.currency, old.currency),
        margin = if(list_contains($fields, 'margin'), new.margin, old.margin),
        stock = if(list_contains($fields, 'stock'), new.stock, old.stock),
        tags = if(list_contains($fields, 'tags'), new.tags, old.tags),
        is_replenishable =
            if(list_contains($fields, 'replenishable'), new.replenishable, old.is_replenishable),
        variant_group =
            if(list_contains($fields, 'variant_group'), new.variant_group, old.variant_group),
        is_active = if(list_contains($fields, 'active'), new.active, old.is_active),
        gate = if(list_contains($fields, 'gate'), new.gate, old.gate),
        url = if(list_contains($fields, 'url'), new.url, old.url)
    FROM arriving_products AS new
    WHERE old.dataset_id = $dataset_id AND old.product_id = new.product_id
"""
_ADD: Final = """
    INSERT INTO products (dataset_id, product_id, name, description, category, category_path, price,
        currency, margin, stock, tags, is_replenishable, variant_group, is_active, gate, url)
    SELECT $dataset_id, product_id, name, description, category, category_path, price, currency,
           margin, stock, tags, replenishable, variant_group, active, gate, url
    FROM arriving_products AS new
    WHERE NOT EXISTS (FROM products AS known WHERE known.dataset_id = $dataset_id
                                               AND known.product_id = new.product_id)
    ORDER BY new.line
"""
_NAMELESS: Final = """
    SELECT count(*), min(product_id) FROM arriving_products AS new
    WHERE name IS NULL
      AND NOT EXISTS (FROM products AS known WHERE known.dataset_id = $dataset_id
                                               AND known.product_id = new.product_id)
"""
_KEEP_ATTRIBUTES: Final = """
    UPDATE products
    SET attributes = json_merge_patch(coalesce(products.attributes, '{}'), fresh.found)
    FROM (
        WITH names AS (
            SELECT unnest($generic::VARCHAR[]) AS generic, unnest($names::VARCHAR[]) AS attribute
        )
        SELECT product_id,
               to_json(map_from_entries(
                   list((attribute, nullif(text, '')) ORDER BY attribute))) AS found
        FROM (UNPIVOT (SELECT product_id, coalesce(COLUMNS('^x[0-9]+$'), '')
                       FROM arriving_products)
              ON COLUMNS('^x[0-9]+$') INTO NAME generic VALUE text)
        JOIN names USING (generic)
        GROUP BY product_id
    ) AS fresh
    WHERE products.dataset_id = $dataset_id AND products.product_id = fresh.product_id
"""

# A line whose file names customers by address belongs to the customer with that address.
_ADD_INTERACTIONS: Final = """
    INSERT INTO interactions (dataset_id, customer_id, product_id, event, quantity, price, order_id,
        happened_at, import_id)
    WITH addresses AS (
        SELECT email, min(customer_id) AS customer_id FROM customers
        WHERE dataset_id = $dataset_id AND email IS NOT NULL AND $is_by_email GROUP BY email
    )
    SELECT $dataset_id, coalesce(addresses.customer_id, fresh.customer_id), product_id, event,
           quantity, price, order_id, happened_at, $import_id
    FROM read_parquet($staged) AS fresh LEFT JOIN addresses ON addresses.email = fresh.customer_id
    ORDER BY fresh.line
"""

_CHANGING: Final = {"price": "price", "stock": "stock", "active": "is_active"}
_BRINGS: Final = {"cost": "margin", "category_path": "category", "availability": "stock"}


def write_products(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Add the file's products, or bring those that are known up to date, field by field.

    Every change of price, stock or sale of a known product goes into ``product_changes``; columns
    that fill no field become its attributes, and an empty one takes the attribute away.

    Raises:
        InputError: The file has no names, and a product that is not known yet.
    """
    place = {"dataset_id": arrival.dataset_id}
    store.run(_SPELL, **place, staged=str(arrival.staged))
    ((nameless, example),) = store.read(_NAMELESS, **place)
    if nameless:
        raise InputError(
            f"{intake.file_name} has no names, and the catalogue does not know "
            f"{nameless:,} of its products, such as {example}. Take them out, or add the names."
        )
    filled = {field for field in intake.mapping.values() if field not in {ATTRIBUTE, IGNORE}}
    fields = sorted(filled | {_BRINGS[field] for field in filled & _BRINGS.keys()})
    changing = [column for field, column in _CHANGING.items() if field in fields]
    store.run(
        _NOTE_CHANGES, changing=changing, now=store.now(), import_id=arrival.import_id, **place
    )
    store.run(_UPDATE, fields=fields, **place)
    store.run(_ADD, **place)
    if extras := extra_names(intake):
        store.run(_KEEP_ATTRIBUTES, generic=list(extras), names=list(extras.values()), **place)


def write_interactions(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Add the file's interactions; two equal lines may both be true, so both are kept."""
    store.run(
        _ADD_INTERACTIONS,
        dataset_id=arrival.dataset_id,
        staged=str(arrival.staged),
        import_id=arrival.import_id,
        is_by_email=intake.key == "email",
    )
