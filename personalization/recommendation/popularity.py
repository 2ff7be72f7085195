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

# Products of a shelf beyond those wanted, for customers who have its first ones already.
_RESERVE: Final = 200
_ROWS_AT_ONCE: Final = 20_000_000

# Shelves are laid once for as long as the same products may be shown.
_OPEN_MARK: Final = """
    CREATE TEMP TABLE IF NOT EXISTS shelves_laid (laid_for VARCHAR, is_recent BOOLEAN)
"""
_MARK: Final = """
    SELECT concat_ws(' ', $dataset_id, $as_of, $campaign_id, $length, count(*),
                     bit_xor(hash(product_id)))
    FROM allowed_products
"""
_LAID: Final = "SELECT is_recent FROM shelves_laid WHERE laid_for = $laid_for"
_FORGET_MARK: Final = "DELETE FROM shelves_laid"
_KEEP_MARK: Final = "INSERT INTO shelves_laid VALUES ($laid_for, $is_recent)"

_WINDOW: Final = """
    SELECT max(happened_at) >= CAST($as_of AS TIMESTAMP) - INTERVAL 90 DAY,
           coalesce(max(CASE WHEN event = 'purchase' THEN 1 ELSE 0 END), 0)
    FROM product_events
    WHERE dataset_id = $dataset_id AND event <> 'return' AND happened_at <= $as_of
"""

# Levels are 3 for the segment, 2 for the country, 1 for all.
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
    ), placed AS (
        SELECT counted.*, base,
               row_number() OVER (PARTITION BY counted.level, counted.cell
                                  ORDER BY together DESC, product_id) AS place
        FROM counted
        JOIN bases ON bases.level = counted.level AND bases.cell = counted.cell
        WHERE base >= $least_buyers OR counted.level = 1
    )
    SELECT level, cell, product_id, together, base, place FROM placed WHERE place <= $length
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
        FROM wanting JOIN shelves ON level = 1 AND place <= wanting.shown
        UNION ALL
        SELECT customer_id, product_id, level, together, base
        FROM wanting JOIN shelves ON level = 2 AND cell = country AND place <= wanting.shown
        UNION ALL
        SELECT customer_id, product_id, level, together, base
        FROM wanting JOIN shelves ON level = 3 AND cell = segment AND place <= wanting.shown
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


def popular(
    store: Store,
    dataset_id: str,
    *,
    kept: int,
    as_of: datetime,
    is_fallback: bool,
    campaign_id: str | None = None,
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

    Returns:
        How many candidates were added.  ``together`` of ``base`` buyers bought the product, and
        ``detail`` is {"level": "segment" | "country" | "all", "days": 90 or null}.
    """
    is_recent = _lay_shelves(
        store, dataset_id, as_of=as_of, campaign_id=campaign_id, length=kept + _RESERVE
    )
    if is_recent is None:
        return 0
    store.run(_WANTING, kept=kept, reserve=_RESERVE)
    customers, length = store.read(_WORK)[0]
    size = max(1, math.floor(_ROWS_AT_ONCE / max(1, 3 * length)))
    return sum(
        store.run(
            _POPULAR, first=first, last=first + size - 1, kept=kept,
            is_recent=is_recent, is_fallback=is_fallback,
        )
        for first in range(1, customers + 1, size)
    )  # fmt: skip


def _lay_shelves(
    store: Store, dataset_id: str, *, as_of: datetime, campaign_id: str | None, length: int
) -> bool | None:
    """Fill ``shelves``, where they do not stand yet.

    Returns:
        Whether only the last days count; None where nothing was ever done.
    """
    when = {"dataset_id": dataset_id, "as_of": as_of}
    store.run(_OPEN_MARK)
    laid_for = store.read(_MARK, **when, campaign_id=campaign_id, length=length)[0][0]
    laid = store.read_one(_LAID, laid_for=laid_for)
    if laid is not None:
        return bool(laid[0])
    is_recent, is_bought = store.read(_WINDOW, **when)[0]
    if is_recent is None:
        return None
    store.run(
        _SHELVES, **when, is_recent=bool(is_recent), is_bought=is_bought == 1,
        campaign_id=campaign_id, least_buyers=LEAST_BUYERS, length=length,
    )  # fmt: skip
    store.run(_FORGET_MARK)
    store.run(_KEEP_MARK, laid_for=laid_for, is_recent=bool(is_recent))
    return bool(is_recent)
