"""What the thirds of a number or a date are called, with the values that bound them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.store import Store

# The thirds are those of arm_statistics, from the customers of each value: percent_rank is the
# share of the others that are below.
BOUNDS: Final = """
    WITH columns AS (
        SELECT attribute FROM customer_attributes WHERE dataset_id = $dataset_id
        GROUP BY attribute
        HAVING count(DISTINCT value) > $most_levels
           AND count(try_cast(value AS DECIMAL(38, 9))) = count(*)
    ), counted AS (
        SELECT CASE WHEN grouping(last_order_at) = 0 THEN 'last order'
                    WHEN grouping(orders) = 0 THEN 'number of orders'
                    ELSE 'spend' END AS attribute,
               last_order_at AS moment,
               CAST(CASE WHEN grouping(orders) = 0 THEN orders ELSE total_spent END AS DOUBLE)
                   AS number,
               count(*) AS n
        FROM outcomes
        JOIN customers ON customers.customer_id = outcomes.customer_id
                      AND customers.dataset_id = $dataset_id
        WHERE outcomes.experiment_id = $experiment_id
        GROUP BY GROUPING SETS ((last_order_at), (orders), (total_spent))
        UNION ALL
        SELECT concat(customer_attributes.attribute, ' (your column)') AS attribute,
               NULL AS moment,
               CAST(try_cast(value AS DECIMAL(38, 9)) AS DOUBLE) AS number, count(*) AS n
        FROM customer_attributes JOIN columns ON columns.attribute = customer_attributes.attribute
        WHERE customer_attributes.dataset_id = $dataset_id
        GROUP BY customer_attributes.attribute, CAST(try_cast(value AS DECIMAL(38, 9)) AS DOUBLE)
    ), ranked AS (
        SELECT attribute, moment, number,
               sum(n) OVER (PARTITION BY attribute ORDER BY moment, number) - n AS n_below,
               sum(n) OVER (PARTITION BY attribute) - 1 AS n_others
        FROM counted WHERE moment IS NOT NULL OR number IS NOT NULL
    ), thirds AS (
        SELECT attribute, moment, number,
               CASE WHEN n_below * 3 < n_others OR n_below = 0 THEN 1
                    WHEN n_below * 3 < n_others * 2 THEN 2 ELSE 3 END AS third
        FROM ranked
    )
    SELECT attribute, third, CAST(min(moment) AS DATE) AS first_day,
           CAST(max(moment) AS DATE) AS last_day, min(number) AS low, max(number) AS high
    FROM thirds
    GROUP BY attribute, third
    ORDER BY attribute, third
"""
_NAMES: Final = {"last order": ("longest ago", "middle", "most recent"),
                 "number of orders": ("fewest", "middle", "most")}  # fmt: skip
_AMOUNTS: Final = ("lowest", "middle", "highest")


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
    names = {}
    for row in rows:
        level = _NAMES.get(row["attribute"], _AMOUNTS)[row["third"] - 1]
        names[row["attribute"], level] = f"{level} ({_span(row)})"
    return names


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
