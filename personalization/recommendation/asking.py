"""Whom recommendations are made for, and what the base knows of products and of these people.

All of it are temporary tables of one unit of work, which every strategy reads:
``catalogue_products`` (what there is), ``asked_people`` (everybody of a run), and of one batch of
them ``asked_customers``, ``asked_events`` (what they did with products) and ``asked_products`` (the
same, a row a customer and product).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.recommendation.histories import find_sent_back

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to recommend for: everybody who meets all of what is said.

    Attributes:
        campaign_id: Who is in a segment of this campaign; empty: the whole base.
        segment: Of them, those in this segment of the campaign, or of the newest campaign of the
            base that has segments.
        customer_ids: Of them, these; empty: all.
        trigger_run: Of them, those for whom a trigger fired in this run; empty: all.
    """

    campaign_id: str = ""
    segment: str = ""
    customer_ids: tuple[str, ...] = ()
    trigger_run: str = ""


EVERYBODY: Final = Asked()
"""The whole base; in a campaign, all of its segments."""

_HAS_DATASET: Final = "SELECT count(*) FROM datasets WHERE dataset_id = $dataset_id"
_HAS_CATALOGUE: Final = """
    SELECT count(*) FROM (SELECT 1 FROM products WHERE dataset_id = $dataset_id LIMIT 1) AS found
"""

_CATALOGUE: Final = """
    CREATE OR REPLACE TEMP TABLE catalogue_products AS
    SELECT CAST(row_number() OVER (ORDER BY product_id) AS INTEGER) AS number, product_id, name,
           nullif(trim(category), '') AS category, price, currency, margin, stock,
           tags, is_replenishable, twin,
           -- One number in two spellings is one product, in a list too.
           coalesce(nullif(trim(variant_group), ''), '= ' || twin) AS variant_group,
           coalesce(is_active, true) AS is_active,
           list_filter(list_transform(string_split(coalesce(gate, ''), ','), lambda one: trim(one)),
                       lambda one: one <> '') AS gates, url
    FROM (
        SELECT *, CASE WHEN count(*) OVER (PARTITION BY upper(product_id)) > 1
                       THEN upper(product_id) END AS twin
        FROM products WHERE dataset_id = $dataset_id
    ) AS listed
"""

# Without a catalogue the last order of a product says what it is called and costs.
_CATALOGUE_FROM_ORDERS: Final = """
    CREATE OR REPLACE TEMP TABLE catalogue_products AS
    WITH named AS (
        SELECT product_id, arg_max(product_name, (ordered_at, product_name)) AS name,
               nullif(trim(arg_max(category, (ordered_at, category))), '') AS category,
               arg_max(unit_price, (ordered_at, unit_price))
                   FILTER (WHERE unit_price > 0 AND quantity > 0) AS price,
               arg_max(currency, (ordered_at, currency)) AS currency
        FROM transactions WHERE dataset_id = $dataset_id AND product_id IS NOT NULL
        GROUP BY product_id
    ), told AS (
        SELECT product_id, arg_max(price, (happened_at, price)) FILTER (WHERE price > 0) AS price
        FROM interactions WHERE dataset_id = $dataset_id
        GROUP BY product_id
    ), lines AS (
        SELECT coalesce(named.product_id, told.product_id) AS product_id,
               coalesce(named.name, named.product_id, told.product_id) AS name, named.category,
               coalesce(named.price, told.price) AS price, named.currency
        FROM named FULL JOIN told ON told.product_id = named.product_id
    ), listed AS (
        SELECT *, CASE WHEN count(*) OVER (PARTITION BY upper(product_id)) > 1
                       THEN upper(product_id) END AS twin
        FROM lines
        QUALIFY NOT is_no_product(product_id, name, avg(length(product_id)) OVER ())
    )
    SELECT CAST(row_number() OVER (ORDER BY product_id) AS INTEGER) AS number,
           product_id, name, category, price, currency,
           CAST(NULL AS DOUBLE) AS margin, CAST(NULL AS DOUBLE) AS stock,
           CAST(NULL AS VARCHAR) AS tags, CAST(NULL AS BOOLEAN) AS is_replenishable,
           twin, '= ' || twin AS variant_group, true AS is_active,
           CAST([] AS VARCHAR[]) AS gates, CAST(NULL AS VARCHAR) AS url
    FROM listed
"""

_SEGMENTATION: Final = """
    SELECT segments.campaign_id FROM segmentations AS segments
    JOIN campaigns ON campaigns.campaign_id = segments.campaign_id
    WHERE campaigns.dataset_id = $dataset_id
    ORDER BY segments.made_at DESC, segments.campaign_id LIMIT 1
"""
_HAS_SEGMENT: Final = """
    SELECT count(*) FROM segment_members WHERE campaign_id = $campaign_id AND segment = $segment
"""
_CAMPAIGN_BASE: Final = "SELECT dataset_id FROM campaigns WHERE campaign_id = $campaign_id"

# A batch is drawn by a hash, so that each holds about as much as the others.
_PEOPLE: Final = """
    CREATE OR REPLACE TEMP TABLE asked_people AS
    SELECT customers.customer_id, any_value(members.segment) AS segment,
           any_value(customers.country) AS country, any_value(customers.age) AS age,
           hash(customers.customer_id) AS draw, '' AS closed
    FROM customers
    LEFT JOIN segment_members AS members
        ON members.campaign_id = $segmentation AND members.customer_id = customers.customer_id
    WHERE customers.dataset_id = $dataset_id
      AND (NOT $in_segments OR members.customer_id IS NOT NULL)
      AND ($segment = '' OR members.segment = $segment)
      AND ($everybody OR customers.customer_id IN (SELECT unnest($customer_ids::VARCHAR[])))
      AND ($trigger_run = '' OR customers.customer_id IN
           (SELECT customer_id FROM trigger_firings
            WHERE run_id = $trigger_run AND dataset_id = $dataset_id AND outcome = 'fired'))
    GROUP BY customers.customer_id
"""

_BATCH: Final = """
    CREATE OR REPLACE TEMP TABLE asked_customers AS
    SELECT CAST(row_number() OVER (ORDER BY customer_id) AS INTEGER) AS number,
           customer_id, segment, country
    FROM asked_people
    WHERE closed = $closed AND draw % $batches = $batch
"""

_EVENTS: Final = """
    CREATE OR REPLACE TEMP TABLE asked_events AS
    SELECT events.customer_id, events.product_id, events.event, events.quantity, events.price,
           events.happened_at
    FROM product_events AS events
    SEMI JOIN asked_customers ON asked_customers.customer_id = events.customer_id
    WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
"""

_PRODUCTS: Final = """
    CREATE OR REPLACE TEMP TABLE asked_products AS
    WITH told AS (
        SELECT customer_id, product_id,
               count(DISTINCT CAST(happened_at AS DATE)) FILTER (WHERE event = 'purchase')
                   AS days_bought,
               min(happened_at) FILTER (WHERE event = 'purchase') AS first_bought,
               max(happened_at) FILTER (WHERE event = 'purchase') AS last_bought,
               max(happened_at) FILTER (WHERE event = 'return') AS last_returned,
               max(happened_at) AS last_at
        FROM asked_events
        GROUP BY customer_id, product_id
    )
    SELECT told.*, days_bought > 0 AND back.customer_id IS NULL AS is_owned
    FROM told
    LEFT JOIN sent_back AS back
        ON back.customer_id = told.customer_id AND back.product_id = told.product_id
"""


def open_catalogue(store: Store, dataset_id: str) -> bool:
    """Fill ``catalogue_products``, and tell whether the base has a catalogue of its own.

    Raises:
        InputError: There is no such base.
    """
    if store.read(_HAS_DATASET, dataset_id=dataset_id) == [(0,)]:
        raise InputError(f"There is no customer base {dataset_id!r}. Upload one first.")
    has_catalogue = store.read(_HAS_CATALOGUE, dataset_id=dataset_id) == [(1,)]
    store.run(_CATALOGUE if has_catalogue else _CATALOGUE_FROM_ORDERS, dataset_id=dataset_id)
    return has_catalogue


def ask(store: Store, dataset_id: str, customers: Asked) -> int:
    """Fill ``asked_people`` with whom recommendations are wanted for, and return how many.

    Segments are those of the campaign asked for, else of the newest one on the base that has any:
    what is popular is looked for among them first.

    Raises:
        InputError: The campaign or the segment is unknown, or the campaign is on another base.
    """
    campaign_id = customers.campaign_id
    if campaign_id and store.read(_CAMPAIGN_BASE, campaign_id=campaign_id) != [(dataset_id,)]:
        raise InputError(f"There is no campaign {campaign_id!r} on this customer base.")
    segmentation = segmentation_of(store, dataset_id, customers)
    segment = customers.segment
    if segment and store.read(_HAS_SEGMENT, campaign_id=segmentation, segment=segment) == [(0,)]:
        raise InputError(f"There is no segment {segment!r} with customers in it.")
    store.run(
        _PEOPLE, dataset_id=dataset_id, segmentation=segmentation, in_segments=bool(campaign_id),
        segment=segment, everybody=not customers.customer_ids,
        customer_ids=list(customers.customer_ids), trigger_run=customers.trigger_run,
    )  # fmt: skip
    return int(store.read("SELECT count(*) FROM asked_people")[0][0])


def segmentation_of(store: Store, dataset_id: str, customers: Asked) -> str:
    """Return the campaign whose segments count: the one asked for, else the newest, or ''."""
    newest = store.read_one(_SEGMENTATION, dataset_id=dataset_id)
    return customers.campaign_id or (str(newest[0]) if newest else "")


def take_batch(
    store: Store,
    dataset_id: str,
    *,
    as_of: datetime,
    closed: str = "",
    batch: int = 0,
    batches: int = 1,
) -> int:
    """Fill ``asked_customers``, ``asked_events`` and ``asked_products`` with a part of the people.

    Args:
        store: Reads ``asked_people`` and ``product_events``.
        dataset_id: The customer base.
        as_of: Events up to here count.
        closed: The gates that all of them are kept from, as ``rules.close_gates`` writes them.
        batch: Which part, from 0.
        batches: Of how many.

    Returns:
        How many customers are in it.
    """
    taken = store.run(_BATCH, closed=closed, batch=batch, batches=batches)
    store.run(_EVENTS, dataset_id=dataset_id, as_of=as_of)
    find_sent_back(store)
    store.run(_PRODUCTS)
    return taken
