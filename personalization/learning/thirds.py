"""What the thirds of a number or a date are called, with the values that bound them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.store import Store

# The thirds are those of arm_statistics; the smallest and largest value of each are new.
BOUNDS = """
    WITH columns AS (
        SELECT attribute FROM customer_attributes WHERE dataset_id = $dataset_id
        GROUP BY attribute
        HAVING count(DISTINCT value) > $most_levels
           AND count(try_cast(value AS DECIMAL(38, 9))) = count(*)
    ), amounts AS (
        SELECT customer_attributes.customer_id, customer_attributes.attribute,
               try_cast(value AS DECIMAL(38, 9)) AS amount
        FROM customer_attributes JOIN columns ON columns.attribute = customer_attributes.attribute
        WHERE customer_attributes.dataset_id = $dataset_id
    ), ranked AS (
        SELECT customer_id, attribute, amount,
               percent_rank() OVER (PARTITION BY attribute ORDER BY amount) AS place
        FROM amounts
    ), people AS (
        SELECT outcomes.customer_id, customers.last_order_at, customers.orders,
               customers.total_spent,
               percent_rank() OVER (PARTITION BY customers.last_order_at IS NULL
                                    ORDER BY customers.last_order_at) AS recency,
               percent_rank() OVER (PARTITION BY customers.orders IS NULL
                                    ORDER BY customers.orders) AS frequency,
               percent_rank() OVER (PARTITION BY customers.total_spent IS NULL
                                    ORDER BY customers.total_spent) AS money
        FROM outcomes
        JOIN customers ON customers.customer_id = outcomes.customer_id
                      AND customers.dataset_id = $dataset_id
        WHERE outcomes.experiment_id = $experiment_id
    ), thirds AS (
        SELECT CASE WHEN last_order_at IS NOT NULL THEN
                    CASE WHEN recency * 3 < 1 THEN 'longest ago' WHEN recency * 3 < 2 THEN 'middle'
                         ELSE 'most recent' END END AS last_order,
               CASE WHEN orders IS NOT NULL THEN
                    CASE WHEN frequency * 3 < 1 THEN 'fewest' WHEN frequency * 3 < 2 THEN 'middle'
                         ELSE 'most' END END AS order_third,
               CASE WHEN total_spent IS NOT NULL THEN
                    CASE WHEN money * 3 < 1 THEN 'lowest' WHEN money * 3 < 2 THEN 'middle'
                         ELSE 'highest' END END AS spend,
               last_order_at, orders, total_spent
        FROM people
    ), bounds AS (
        SELECT CASE WHEN grouping(last_order) = 0 THEN 'last order'
                    WHEN grouping(order_third) = 0 THEN 'number of orders'
                    ELSE 'spend' END AS attribute,
               coalesce(last_order, order_third, spend) AS level,
               CASE WHEN grouping(last_order) = 0 THEN CAST(min(last_order_at) AS DATE) END
                   AS first_day,
               CASE WHEN grouping(last_order) = 0 THEN CAST(max(last_order_at) AS DATE) END
                   AS last_day,
               CASE WHEN grouping(order_third) = 0 THEN CAST(min(orders) AS DOUBLE)
                    ELSE CAST(min(total_spent) AS DOUBLE) END AS low,
               CASE WHEN grouping(order_third) = 0 THEN CAST(max(orders) AS DOUBLE)
                    ELSE CAST(max(total_spent) AS DOUBLE) END AS high
        FROM thirds
        GROUP BY GROUPING SETS ((last_order), (order_third), (spend))
        UNION ALL
        SELECT concat(attribute, ' (your column)'),
               CASE WHEN place * 3 < 1 THEN 'lowest' WHEN place * 3 < 2 THEN 'middle'
                    ELSE 'highest' END,
               NULL, NULL, CAST(min(amount) AS DOUBLE), CAST(max(amount) AS DOUBLE)
        FROM ranked JOIN outcomes ON outcomes.customer_id = ranked.customer_id
                                 AND outcomes.experiment_id = $experiment_id
        GROUP BY 1, 2
    )
    SELECT attribute, level, first_day, last_day, low, high
    FROM bounds WHERE level IS NOT NULL AND (low IS NOT NULL OR first_day IS NOT NULL)
    ORDER BY attribute, level
"""


def third_names(
    store: Store, experiment_id: str, dataset_id: str, *, most_levels: int
) -> dict[tuple[str, str], str]:
    """Return by attribute and third how it is called: 'lowest (1.50 to 20)'.

    Args:
        store: Reads ``outcomes``, ``customers`` and ``customer_attributes``.
        experiment_id: Of an experiment that was launched.
        dataset_id: Of its campaign.
        most_levels: Columns of the team's own with more different values are taken by thirds.
    """
    rows = store.records(
        BOUNDS, experiment_id=experiment_id, dataset_id=dataset_id, most_levels=most_levels
    )
    return {(row["attribute"], row["level"]): f"{row['level']} ({_span(row)})" for row in rows}


def _span(row: Mapping[str, Any]) -> str:
    ends = (
        (_day(row["first_day"]), _day(row["last_day"]))
        if row["first_day"] is not None
        else (_number(row["low"]), _number(row["high"]))
    )
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _day(on: date) -> str:
    """Write a day.

    Example:
        >>> from datetime import date
        >>> _day(date(2026, 5, 1))
        '1 May 2026'
    """
    return f"{on.day} {on:%B %Y}"


def _number(value: float) -> str:
    """Write a number as an amount, whole where it is whole.

    Example:
        >>> _number(3.0), _number(1234.5)
        ('3', '1,234.50')
    """
    size = abs(value)
    said = f"{size:,.0f}" if size == int(size) else f"{size:,.2f}"
    return f"−{said}" if value < 0 else said
