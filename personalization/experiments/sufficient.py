"""Sufficient statistics: all that the inference knows of an experiment, by one statement.

Every customer is read once, whatever the number of segments and attributes; everything from
here on is a pure function of the few rows that come out.  The statement is the SQL that DuckDB
and Spark share.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.store import Store

MOST_LEVELS: Final = 12
"""Of a column of the team's own: with more it is no grouping, unless all of it are numbers."""

# Thirds by percent_rank: equal values share a level, however many there are.  The team's own
# columns become slots, the first eight by name, so that the text stays the same for any file.
STATISTICS: Final = """
    WITH columns AS (
        SELECT attribute, count(DISTINCT value) AS n_levels, count(*) AS n_values,
               count(try_cast(value AS DECIMAL(38, 9))) AS n_numbers
        FROM customer_attributes WHERE dataset_id = $dataset_id GROUP BY attribute
    ), slots AS (
        SELECT attribute, n_levels > $most_levels AS is_amount,
               row_number() OVER (ORDER BY attribute) AS slot
        FROM columns
        WHERE n_levels > 1 AND (n_levels <= $most_levels OR n_numbers = n_values)
    ), held AS (
        SELECT customer_attributes.customer_id, slots.slot, slots.is_amount,
               customer_attributes.value,
               CASE WHEN slots.is_amount
                    THEN try_cast(customer_attributes.value AS DECIMAL(38, 9)) END AS amount
        FROM customer_attributes JOIN slots ON slots.attribute = customer_attributes.attribute
        WHERE customer_attributes.dataset_id = $dataset_id AND slots.slot <= 8
    ), ranked AS (
        SELECT customer_id, slot, is_amount, value,
               percent_rank() OVER (PARTITION BY slot ORDER BY amount) AS place
        FROM held
    ), own AS (
        SELECT customer_id,
               max(CASE WHEN slot = 1 THEN level END) AS own_1,
               max(CASE WHEN slot = 2 THEN level END) AS own_2,
               max(CASE WHEN slot = 3 THEN level END) AS own_3,
               max(CASE WHEN slot = 4 THEN level END) AS own_4,
               max(CASE WHEN slot = 5 THEN level END) AS own_5,
               max(CASE WHEN slot = 6 THEN level END) AS own_6,
               max(CASE WHEN slot = 7 THEN level END) AS own_7,
               max(CASE WHEN slot = 8 THEN level END) AS own_8
        FROM (SELECT customer_id, slot,
                     CASE WHEN NOT is_amount THEN value
                          WHEN place * 3 < 1 THEN 'lowest' WHEN place * 3 < 2 THEN 'middle'
                          ELSE 'highest' END AS level
              FROM ranked) AS levels
        GROUP BY customer_id
    ), before AS (
        SELECT customer_id, sum(amount) AS spent
        FROM transactions
        WHERE dataset_id = $dataset_id AND quantity > 0 AND unit_price > 0 AND amount > 0
          AND ordered_at >= CAST($pre_from AS TIMESTAMP)
          AND ordered_at < CAST($pre_until AS TIMESTAMP)
        GROUP BY customer_id
    ), people AS (
        SELECT outcomes.*, customers.country, customers.tier, customers.favourite_category,
               customers.last_order_at, customers.orders, customers.total_spent,
               percent_rank() OVER (PARTITION BY customers.last_order_at IS NULL
                                    ORDER BY customers.last_order_at) AS recency,
               percent_rank() OVER (PARTITION BY customers.orders IS NULL
                                    ORDER BY customers.orders) AS frequency,
               percent_rank() OVER (PARTITION BY customers.total_spent IS NULL
                                    ORDER BY customers.total_spent) AS money,
               own_1, own_2, own_3, own_4, own_5, own_6, own_7, own_8,
               CASE WHEN CAST($pre_from AS TIMESTAMP) IS NOT NULL
                    THEN coalesce(before.spent, 0e0) END AS pre_revenue,
               CASE WHEN CAST($pre_from AS TIMESTAMP) IS NOT NULL
                    THEN CASE WHEN before.spent > 0 THEN 1 ELSE 0 END END AS pre_conversion
        FROM outcomes
        LEFT JOIN customers ON customers.customer_id = outcomes.customer_id
                           AND customers.dataset_id = $dataset_id
        LEFT JOIN own ON own.customer_id = outcomes.customer_id
        LEFT JOIN before ON before.customer_id = outcomes.customer_id
        WHERE outcomes.experiment_id = $experiment_id
    ), levels AS (
        SELECT arm, opened, clicked, converted, unsubscribed, complained, revenue, revenue_capped,
               pre_conversion, pre_revenue, segment,
               coalesce(country, 'not known') AS country,
               coalesce(tier, 'not known') AS tier,
               coalesce(favourite_category, 'not known') AS favourite_category,
               CASE WHEN last_order_at IS NULL THEN 'not known'
                    WHEN recency * 3 < 1 THEN 'longest ago' WHEN recency * 3 < 2 THEN 'middle'
                    ELSE 'most recent' END AS last_order,
               CASE WHEN orders IS NULL THEN 'not known'
                    WHEN frequency * 3 < 1 THEN 'fewest' WHEN frequency * 3 < 2 THEN 'middle'
                    ELSE 'most' END AS orders,
               CASE WHEN total_spent IS NULL THEN 'not known'
                    WHEN money * 3 < 1 THEN 'lowest' WHEN money * 3 < 2 THEN 'middle'
                    ELSE 'highest' END AS spend,
               coalesce(own_1, 'not known') AS own_1, coalesce(own_2, 'not known') AS own_2,
               coalesce(own_3, 'not known') AS own_3, coalesce(own_4, 'not known') AS own_4,
               coalesce(own_5, 'not known') AS own_5, coalesce(own_6, 'not known') AS own_6,
               coalesce(own_7, 'not known') AS own_7, coalesce(own_8, 'not known') AS own_8
        FROM people
    ), counted AS (
        SELECT CASE WHEN grouping(segment) = 0 THEN 'segment'
                    WHEN grouping(country) = 0 THEN 'country'
                    WHEN grouping(tier) = 0 THEN 'tier'
                    WHEN grouping(favourite_category) = 0 THEN 'favourite category'
                    WHEN grouping(last_order) = 0 THEN 'last order'
                    WHEN grouping(orders) = 0 THEN 'number of orders'
                    WHEN grouping(spend) = 0 THEN 'spend' ELSE '' END AS attribute,
               CASE WHEN grouping(own_1) = 0 THEN 1 WHEN grouping(own_2) = 0 THEN 2
                    WHEN grouping(own_3) = 0 THEN 3 WHEN grouping(own_4) = 0 THEN 4
                    WHEN grouping(own_5) = 0 THEN 5 WHEN grouping(own_6) = 0 THEN 6
                    WHEN grouping(own_7) = 0 THEN 7 WHEN grouping(own_8) = 0 THEN 8
                    ELSE 0 END AS slot,
               coalesce(segment, country, tier, favourite_category, last_order, orders, spend,
                        own_1, own_2, own_3, own_4, own_5, own_6, own_7, own_8, '') AS level,
               arm, count(*) AS n, sum(opened) AS open, sum(clicked) AS click,
               sum(converted) AS conversion, sum(unsubscribed) AS unsubscribe,
               sum(complained) AS complaint, avg(revenue) AS revenue,
               var_samp(revenue) AS revenue_variance,
               sum(CASE WHEN revenue <> 0 THEN 1 ELSE 0 END) AS buyers,
               avg(revenue_capped) AS revenue_capped, var_samp(revenue_capped) AS capped_variance,
               covar_samp(clicked, revenue) AS click_revenue,
               avg(pre_conversion) AS pre_conversion,
               var_samp(pre_conversion) AS pre_conversion_variance,
               covar_samp(converted, pre_conversion) AS conversion_pre,
               avg(pre_revenue) AS pre_revenue, var_samp(pre_revenue) AS pre_revenue_variance,
               covar_samp(revenue, pre_revenue) AS revenue_pre,
               covar_samp(revenue_capped, pre_revenue) AS capped_pre
        FROM levels
        GROUP BY GROUPING SETS (
            (arm), (arm, segment), (arm, country), (arm, tier), (arm, favourite_category),
            (arm, last_order), (arm, orders), (arm, spend), (arm, own_1), (arm, own_2),
            (arm, own_3), (arm, own_4), (arm, own_5), (arm, own_6), (arm, own_7), (arm, own_8))
    )
    SELECT CASE WHEN slots.slot IS NULL THEN counted.attribute
                ELSE concat(slots.attribute, ' (your column)') END AS attribute,
           level, arm, n, open, click, conversion, unsubscribe, complaint, revenue,
           revenue_variance, buyers, revenue_capped, capped_variance, click_revenue,
           pre_conversion, pre_conversion_variance, conversion_pre, pre_revenue,
           pre_revenue_variance, revenue_pre, capped_pre
    FROM counted LEFT JOIN slots ON slots.slot = counted.slot
    WHERE counted.slot = 0 OR slots.slot IS NOT NULL
    ORDER BY 1, 2, 3
"""

INSERT: Final = (
    """
    INSERT INTO arm_statistics (experiment_id, computed_at, attribute, level, arm, n, open, click,
        conversion, unsubscribe, complaint, revenue, revenue_variance, buyers, revenue_capped,
        capped_variance, click_revenue, pre_conversion, pre_conversion_variance, conversion_pre,
        pre_revenue, pre_revenue_variance, revenue_pre, capped_pre)
    SELECT $experiment_id, $now, counted.* FROM ("""  # noqa: S608  two constants
    + STATISTICS
    + ") AS counted"
)
_CLEAR = "DELETE FROM arm_statistics WHERE experiment_id = $experiment_id"
_WINDOW = """
    SELECT campaigns.dataset_id, experiments.pre_days,
           CAST(experiments.launched_at AS TIMESTAMP) AS launched_at,
           (SELECT max(ordered_at) FROM transactions
            WHERE transactions.dataset_id = campaigns.dataset_id) AS last_order_at
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiments.experiment_id = $experiment_id
"""
_ROWS = """
    SELECT * EXCLUDE (experiment_id, computed_at) FROM arm_statistics
    WHERE experiment_id = $experiment_id
    ORDER BY attribute, level, arm
"""


@contextmanager
def outcomes_at_hand(store: Store, experiment_id: str) -> Iterator[None]:
    """Work the experiment's outcomes out once, for all statements of a transaction that read them.

    Inside, the name ``outcomes`` means a temporary table of this experiment's rows; the view does
    the same work for every statement anew.  Nobody outside the transaction sees it.

    Args:
        store: Reads the view ``outcomes``; has to be within a transaction.
        experiment_id: Of the experiment whose outcomes are read; there are no others inside.
    """
    store.run(_HOLD, experiment_id=experiment_id)
    yield
    store.run(_LET_GO)


_HOLD = """
    CREATE TEMP TABLE outcomes AS SELECT * FROM outcomes WHERE experiment_id = $experiment_id
"""
_LET_GO = "DROP TABLE temp.outcomes"


def fill_statistics(store: Store, experiment_id: str) -> int:
    """Count the experiment's outcomes anew, and return how many rows came of it.

    Args:
        store: Reads ``outcomes``, ``customers``, ``customer_attributes`` and ``transactions``;
            replaces the experiment's ``arm_statistics``.
        experiment_id: Of an experiment that was launched.
    """
    store.run(_CLEAR, experiment_id=experiment_id)
    parameters = statistics_parameters(store, experiment_id)
    return store.run(INSERT, now=store.now(), **parameters)


def statistics_of(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """Return the rows of ``arm_statistics``: one for each attribute, level and arm."""
    return store.records(_ROWS, experiment_id=experiment_id)


def statistics_parameters(store: Store, experiment_id: str) -> dict[str, Any]:
    """Return what ``STATISTICS`` is run with; the pre-period is None where there is none.

    The pre-period ends at the launch, or with the day of the last order on file where that is
    earlier: order lines are often years older than the day of sending, and a period without
    any would say of everybody that they bought nothing.
    """
    row = store.records(_WINDOW, experiment_id=experiment_id)[0]
    pre_from, pre_until = pre_period(row)
    return {
        "experiment_id": experiment_id,
        "dataset_id": row["dataset_id"],
        "most_levels": MOST_LEVELS,
        "pre_from": pre_from,
        "pre_until": pre_until,
    }


def pre_period(row: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Return the first moment of the pre-period and the one after its last, or None twice."""
    if not row["pre_days"] or row["last_order_at"] is None:
        return None, None
    day_after = datetime.combine(row["last_order_at"].date(), time()) + timedelta(days=1)
    until = min(row["launched_at"], day_after)
    return until - timedelta(days=row["pre_days"]), until
