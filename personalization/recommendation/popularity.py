"""What most others buy: in the customer's segment, else the country, else everywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

DAYS: Final = 90
"""What is popular is what was bought in these last days; where nothing was, ever."""

LEAST_BUYERS: Final = 30
"""A segment or country with fewer buyers has no shelf of its own."""

# Products of a shelf beyond those wanted, for customers who have its first ones already; who has
# more of them than that is looked for once more, to the shelf's end.
_RESERVE: Final = 200
# How many of a family stand in front, for each that a list may have of it: some are alike.
_IN_FRONT: Final = 2
_ROWS_AT_ONCE: Final = 20_000_000

# Shelves are laid once for as long as the same products may be shown.
_OPEN_MARK: Final = """
    CREATE TEMP TABLE IF NOT EXISTS shelves_laid (laid_for VARCHAR, is_recent BOOLEAN)
"""
_MARK: Final = """
    SELECT concat_ws(' ', $dataset_id, $as_of, $campaign_id, $in_front, count(*),
                     bit_xor(hash(product_id)))
    FROM allowed_products
"""
_LAID: Final = "SELECT is_recent FROM shelves_laid WHERE laid_for = $laid_for"
_FORGET_MARK: Final = "DELETE FROM shelves_laid"
_KEEP_MARK: Final = "INSERT INTO shelves_laid VALUES ($laid_for, $is_recent)"

_WINDOW: Final = """
    SELECT coalesce(max(CASE WHEN event = 'purchase' THEN happened_at END), max(happened_at))
               >= CAST($as_of AS TIMESTAMP) - INTERVAL 90 DAY,
           coalesce(max(CASE WHEN event = 'purchase' THEN 1 ELSE 0 END), 0)
    FROM product_events
    WHERE dataset_id = $dataset_id AND event <> 'return' AND happened_at <= $as_of
"""

_FAMILIES: Final = """
    CREATE OR REPLACE TEMP TABLE shelf_families AS
    SELECT product_id, category FROM catalogue_products WHERE category IS NOT NULL
"""
_NO_FAMILIES: Final = """
    CREATE OR REPLACE TEMP TABLE shelf_families (product_id VARCHAR, category VARCHAR)
"""

# Levels are 3 for the segment, 2 for the country, 1 for all.  The first of each family stand in
# front, so that no family hides the others; only these have a place.
_SHELVES: Final = """
    CREATE OR REPLACE TEMP TABLE shelves AS
    WITH buyers AS (
        SELECT DISTINCT customer_id, product_id
        FROM product_events
        WHERE dataset_id = $dataset_id AND event <> 'return' AND happened_at <= $as_of
          AND (event = 'purchase' OR NOT $is_bought)
          AND (happened_at >= CAST($as_of AS TIMESTAMP) - INTERVAL 90 DAY OR NOT $is_recent)
    ), peers AS (
        SELECT customers.customer_id, country, segment
        FROM customers
        LEFT JOIN segment_members AS members
            ON members.campaign_id = $campaign_id AND members.customer_id = customers.customer_id
        WHERE dataset_id = $dataset_id
    ), cells AS (
        SELECT customer_id, product_id, 1 AS level, '' AS cell FROM buyers
        UNION ALL
        SELECT buyers.customer_id, product_id, 2, country
        FROM buyers JOIN peers ON peers.customer_id = buyers.customer_id
        WHERE country IS NOT NULL
        UNION ALL
        SELECT buyers.customer_id, product_id, 3, segment
        FROM buyers JOIN peers ON peers.customer_id = buyers.customer_id
        WHERE segment IS NOT NULL
    ), bases AS (
        SELECT level, cell, count(DISTINCT customer_id) AS base FROM cells GROUP BY level, cell
    ), counted AS (
        SELECT level, cell, cells.product_id, count(*) AS together
        FROM cells JOIN allowed_products ON allowed_products.product_id = cells.product_id
        GROUP BY level, cell, cells.product_id
    ), ordered AS (
        SELECT counted.*, base, category,
               row_number() OVER (PARTITION BY counted.level, counted.cell, category
                                  ORDER BY together DESC, counted.product_id) AS family_place
        FROM counted
        JOIN bases ON bases.level = counted.level AND bases.cell = counted.cell
        LEFT JOIN shelf_families AS families ON families.product_id = counted.product_id
        WHERE base >= $least_buyers OR counted.level = 1
    ), fronted AS (
        SELECT *, category IS NULL OR family_place <= $in_front AS is_in_front FROM ordered
    )
    SELECT level, cell, product_id, together, base, category, family_place,
           CASE WHEN is_in_front
                THEN row_number() OVER (PARTITION BY level, cell, is_in_front
                                        ORDER BY together DESC, product_id) END AS place
    FROM fronted
"""

_WANTING: Final = """
    CREATE OR REPLACE TEMP TABLE wanting_keys AS
    SELECT wanting.customer_id, segment, country, least(coalesce(n, 0), $reserve) + $kept AS shown,
           row_number() OVER (ORDER BY wanting.customer_id) AS number
    FROM wanting_customers AS wanting
    LEFT JOIN (SELECT customer_id, count(*) AS n FROM blocked_products GROUP BY customer_id)
        AS blocked ON blocked.customer_id = wanting.customer_id
"""
_WORK: Final = """
    SELECT count(*), coalesce(avg(shown), 0) FROM wanting_keys
"""

_POPULAR: Final = """
    INSERT INTO candidates
    WITH wanting AS (
        SELECT * FROM wanting_keys WHERE number BETWEEN $first AND $last
    ), shown AS (
        SELECT customer_id, product_id, level, together, base
        FROM wanting JOIN shelves ON level = 1 AND place <= wanting.shown AND place <= $length
        UNION ALL
        SELECT customer_id, product_id, level, together, base
        FROM wanting JOIN shelves ON level = 2 AND cell = country AND place <= wanting.shown
                                 AND place <= $length
        UNION ALL
        SELECT customer_id, product_id, level, together, base
        FROM wanting JOIN shelves ON level = 3 AND cell = segment AND place <= wanting.shown
                                 AND place <= $length
    ), blocked AS (
        SELECT DISTINCT blocked_products.customer_id, product_id, 1 AS is_blocked
        FROM blocked_products
        JOIN wanting ON wanting.customer_id = blocked_products.customer_id
    ), allowed AS (
        SELECT shown.*,
               row_number() OVER (PARTITION BY shown.customer_id, shown.product_id
                                  ORDER BY level DESC) AS nearness
        FROM shown
        LEFT JOIN blocked ON blocked.customer_id = shown.customer_id
                         AND blocked.product_id = shown.product_id
        WHERE is_blocked IS NULL
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY customer_id
                                     ORDER BY level DESC, together DESC, product_id) AS place
        FROM allowed WHERE nearness = 1
    )
    SELECT customer_id, product_id, level - 1 + together / CAST(base AS DOUBLE),
           CAST(NULL AS VARCHAR), together, base,
           concat('{"level": "', CASE level WHEN 3 THEN 'segment' WHEN 2 THEN 'country'
                                            ELSE 'all' END,
                  '", "days": ', CASE WHEN $is_recent THEN '90' ELSE 'null' END, '}'),
           'popular', $is_fallback
    FROM placed WHERE place <= $kept
"""

# As many places more as there are blocked products: of the front, and of each family behind it.
_DEEPER: Final = """
    INSERT INTO candidates
    WITH blocked AS (
        SELECT DISTINCT blocked_products.customer_id, blocked_products.product_id
        FROM blocked_products
        JOIN wanting_customers AS wanting ON wanting.customer_id = blocked_products.customer_id
    ), cells AS (
        SELECT customer_id, 1 AS level, '' AS cell FROM wanting_customers
        UNION ALL
        SELECT customer_id, 2, country FROM wanting_customers WHERE country IS NOT NULL
        UNION ALL
        SELECT customer_id, 3, segment FROM wanting_customers WHERE segment IS NOT NULL
    ), front AS (
        SELECT wanting.customer_id,
               unnest(range(1, count(blocked.product_id) + $kept + 1)) AS place
        FROM wanting_customers AS wanting
        LEFT JOIN blocked ON blocked.customer_id = wanting.customer_id
        GROUP BY wanting.customer_id
    ), behind AS (
        SELECT customer_id, category,
               unnest(range($in_front + 1, $in_front + count(*) + 1)) AS family_place
        FROM blocked
        JOIN shelf_families AS families ON families.product_id = blocked.product_id
        GROUP BY customer_id, category
    ), shown AS (
        SELECT cells.customer_id, product_id, shelves.level, together, base, category
        FROM cells
        JOIN front ON front.customer_id = cells.customer_id
        JOIN shelves ON shelves.level = cells.level AND shelves.cell = cells.cell
                    AND shelves.place = front.place
        UNION ALL
        SELECT cells.customer_id, product_id, shelves.level, together, base, shelves.category
        FROM cells
        JOIN behind ON behind.customer_id = cells.customer_id
        JOIN shelves ON shelves.level = cells.level AND shelves.cell = cells.cell
                    AND shelves.category = behind.category
                    AND shelves.family_place = behind.family_place
    ), nearest AS (
        SELECT shown.* FROM shown
        ANTI JOIN blocked ON blocked.customer_id = shown.customer_id
                         AND blocked.product_id = shown.product_id
        QUALIFY row_number() OVER (PARTITION BY shown.customer_id, shown.product_id
                                   ORDER BY level DESC) = 1
    ), fair AS (
        SELECT * FROM nearest
        QUALIFY category IS NULL
             OR row_number() OVER (PARTITION BY customer_id, category
                                   ORDER BY level DESC, together DESC, product_id) <= $in_front
    )
    SELECT customer_id, product_id, level - 1 + together / CAST(base AS DOUBLE),
           CAST(NULL AS VARCHAR), together, base,
           concat('{"level": "', CASE level WHEN 3 THEN 'segment' WHEN 2 THEN 'country'
                                            ELSE 'all' END,
                  '", "days": ', CASE WHEN $is_recent THEN '90' ELSE 'null' END, '}'),
           'popular', $is_fallback
    FROM fair
    QUALIFY row_number() OVER (PARTITION BY customer_id
                               ORDER BY level DESC, together DESC, product_id) <= $kept
"""
_IS_RECENT: Final = "SELECT is_recent FROM shelves_laid"


def popular(
    store: Store,
    dataset_id: str,
    *,
    kept: int,
    as_of: datetime,
    is_fallback: bool,
    campaign_id: str | None = None,
    category_cap: int = 0,
) -> int:
    """Add what most others buy to ``candidates``: of the segment, else the country, else all.

    Args:
        store: Reads ``product_events``, ``customers``, ``segment_members``, ``allowed_products``,
            ``blocked_products`` and the temporary table ``wanting_customers(customer_id, segment,
            country)``: those who are to be filled.  Inside a transaction of the caller.
        dataset_id: The customer base.
        kept: Candidates for each customer.
        as_of: The last 90 days up to here count.
        is_fallback: It fills what another strategy has left; a product that is a candidate of
            the customer already may come again.
        campaign_id: Whose segments count; without one there are none.
        category_cap: Products of one family that a list may have, by ``catalogue_products``; 0: any
            number.  So that others come next, only twice as many of a family are candidates.

    Returns:
        How many candidates were added.  ``together`` of ``base`` buyers bought the product, and
        ``detail`` is {"level": "segment" | "country" | "all", "days": 90 or null}.
    """
    is_recent = _lay_shelves(
        store, dataset_id, as_of=as_of, campaign_id=campaign_id, in_front=category_cap * _IN_FRONT
    )
    if is_recent is None:
        return 0
    store.run(_WANTING, kept=kept, reserve=_RESERVE)
    customers, length = store.read(_WORK)[0]
    size = max(1, math.floor(_ROWS_AT_ONCE / max(1, 3 * length)))
    return sum(
        store.run(
            _POPULAR, first=first, last=first + size - 1, kept=kept, length=kept + _RESERVE,
            is_recent=is_recent, is_fallback=is_fallback,
        )
        for first in range(1, customers + 1, size)
    )  # fmt: skip


def reach_deeper(store: Store, *, kept: int, is_fallback: bool, category_cap: int) -> int:
    """Add what stands further back to ``candidates``, for who is in ``wanting_customers``.

    Args:
        store: Reads what ``popular`` has laid out, and what it reads.
        kept: As there, like the others.
        is_fallback: As there.
        category_cap: As there.

    Returns:
        How many candidates were added: the best that they may have, however many they have had.
    """
    laid = store.read_one(_IS_RECENT)
    if laid is None:
        return 0
    return store.run(
        _DEEPER, kept=kept, in_front=category_cap * _IN_FRONT, is_recent=bool(laid[0]),
        is_fallback=is_fallback,
    )  # fmt: skip


def _lay_shelves(
    store: Store, dataset_id: str, *, as_of: datetime, campaign_id: str | None, in_front: int
) -> bool | None:
    """Fill ``shelves``, where they do not stand yet.

    Returns:
        Whether only the last days count; None where nothing was ever done.
    """
    when = {"dataset_id": dataset_id, "as_of": as_of}
    store.run(_OPEN_MARK)
    laid_for = store.read(_MARK, **when, campaign_id=campaign_id, in_front=in_front)[0][0]
    laid = store.read_one(_LAID, laid_for=laid_for)
    if laid is not None:
        return bool(laid[0])
    is_recent, is_bought = store.read(_WINDOW, **when)[0]
    if is_recent is None:
        return None
    store.run(_FAMILIES if in_front else _NO_FAMILIES)
    store.run(
        _SHELVES, **when, is_recent=bool(is_recent), is_bought=is_bought == 1,
        campaign_id=campaign_id, least_buyers=LEAST_BUYERS, in_front=in_front,
    )  # fmt: skip
    store.run(_FORGET_MARK)
    store.run(_KEEP_MARK, laid_for=laid_for, is_recent=bool(is_recent))
    return bool(is_recent)
