"""Customers counted by arm and by the levels of all attributes at once, for the joint model.

A combination of levels is one number: every level of an attribute adds so many steps, as a digit
does.  So the statement stays the same for any set of attributes, and only the combinations that
exist leave the engine, however many customers there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

NOT_KNOWN: Final = "not known"
"""The level of customers of whom an attribute is not known."""

OWN: Final = " (your column)"
"""What follows the name of a column of the team's own."""

MOST_COMBINATIONS: Final = 100_000
"""That may leave the engine.  Where arms and levels could make more of them, and there are more
customers than that, attributes are left out."""

MOST_LEVELS: Final = 12
"""Of a column of the team's own: with more its numbers are taken by thirds, as in the counts."""

_NO_LIMIT: Final = 2**62  # of a whole number in the engine, and far beyond all customers

_PLACES = (
    "CREATE OR REPLACE TEMP TABLE joint_places (attribute VARCHAR, level VARCHAR, step BIGINT)"
)
_FILL = "INSERT INTO joint_places SELECT unnest($attributes), unnest($levels), unnest($steps)"
_DROP = "DROP TABLE joint_places"

# The levels are those of arm_statistics: a test holds that both add up to the same counts.
JOINT_COUNTS: Final = """
    WITH columns AS (
        SELECT attribute, count(DISTINCT value) > $most_levels AS is_amount
        FROM customer_attributes
        WHERE dataset_id = $dataset_id
          AND concat(attribute, ' (your column)') IN (SELECT attribute FROM joint_places)
        GROUP BY attribute
    ), held AS (
        SELECT customer_attributes.customer_id, columns.attribute, columns.is_amount,
               customer_attributes.value,
               percent_rank() OVER (PARTITION BY columns.attribute ORDER BY
                   CASE WHEN columns.is_amount
                        THEN try_cast(customer_attributes.value AS DECIMAL(38, 9)) END) AS place
        FROM customer_attributes JOIN columns ON columns.attribute = customer_attributes.attribute
        WHERE customer_attributes.dataset_id = $dataset_id
    ), held_levels AS (
        SELECT customer_id, concat(attribute, ' (your column)') AS attribute,
               CASE WHEN NOT is_amount THEN value
                    WHEN place * 3 < 1 THEN 'lowest' WHEN place * 3 < 2 THEN 'middle'
                    ELSE 'highest' END AS level
        FROM held
    ), own AS (
        SELECT held_levels.customer_id, sum(joint_places.step) AS steps
        FROM held_levels
        JOIN joint_places ON joint_places.attribute = held_levels.attribute
                         AND joint_places.level = held_levels.level
        GROUP BY held_levels.customer_id
    ), people AS (
        SELECT outcomes.arm, outcomes.segment, outcomes.clicked, outcomes.converted,
               outcomes.revenue, outcomes.revenue_capped, customers.country, customers.tier,
               customers.favourite_category, customers.last_order_at, customers.orders,
               customers.total_spent, own.steps,
               percent_rank() OVER (PARTITION BY customers.last_order_at IS NULL
                                    ORDER BY customers.last_order_at) AS recency,
               percent_rank() OVER (PARTITION BY customers.orders IS NULL
                                    ORDER BY customers.orders) AS frequency,
               percent_rank() OVER (PARTITION BY customers.total_spent IS NULL
                                    ORDER BY customers.total_spent) AS money
        FROM outcomes
        LEFT JOIN customers ON customers.customer_id = outcomes.customer_id
                           AND customers.dataset_id = $dataset_id
        LEFT JOIN own ON own.customer_id = outcomes.customer_id
        WHERE outcomes.experiment_id = $experiment_id
    ), levels AS (
        SELECT arm, segment, clicked, converted, revenue, revenue_capped, country, tier,
               favourite_category, coalesce(steps, 0) AS steps,
               CASE WHEN last_order_at IS NULL THEN NULL
                    WHEN recency * 3 < 1 THEN 'longest ago' WHEN recency * 3 < 2 THEN 'middle'
                    ELSE 'most recent' END AS last_order,
               CASE WHEN orders IS NULL THEN NULL
                    WHEN frequency * 3 < 1 THEN 'fewest' WHEN frequency * 3 < 2 THEN 'middle'
                    ELSE 'most' END AS orders,
               CASE WHEN total_spent IS NULL THEN NULL
                    WHEN money * 3 < 1 THEN 'lowest' WHEN money * 3 < 2 THEN 'middle'
                    ELSE 'highest' END AS spend
        FROM people
    ), combined AS (
        SELECT levels.arm, clicked, converted, revenue, revenue_capped,
               steps + coalesce(segments.step, 0) + coalesce(countries.step, 0)
               + coalesce(tiers.step, 0) + coalesce(categories.step, 0)
               + coalesce(recencies.step, 0) + coalesce(frequencies.step, 0)
               + coalesce(spends.step, 0) AS combination
        FROM levels
        LEFT JOIN joint_places AS segments
            ON segments.attribute = 'segment' AND segments.level = levels.segment
        LEFT JOIN joint_places AS countries
            ON countries.attribute = 'country' AND countries.level = levels.country
        LEFT JOIN joint_places AS tiers
            ON tiers.attribute = 'tier' AND tiers.level = levels.tier
        LEFT JOIN joint_places AS categories
            ON categories.attribute = 'favourite category'
           AND categories.level = levels.favourite_category
        LEFT JOIN joint_places AS recencies
            ON recencies.attribute = 'last order' AND recencies.level = levels.last_order
        LEFT JOIN joint_places AS frequencies
            ON frequencies.attribute = 'number of orders' AND frequencies.level = levels.orders
        LEFT JOIN joint_places AS spends
            ON spends.attribute = 'spend' AND spends.level = levels.spend
    )
    SELECT combination, arm, count(*) AS n, sum(clicked) AS click, sum(converted) AS conversion,
           avg(revenue) AS revenue, var_samp(revenue) AS revenue_variance,
           sum(CASE WHEN revenue <> 0 THEN 1 ELSE 0 END) AS buyers,
           avg(revenue_capped) AS revenue_capped, var_samp(revenue_capped) AS capped_variance,
           covar_samp(clicked, revenue) AS click_revenue
    FROM combined
    GROUP BY combination, arm
    ORDER BY combination, arm
"""


@dataclass(frozen=True, slots=True)
class JointCounts:
    """What came of the statement.

    Attributes:
        attributes: Those that are in it, in the order of the levels.
        rows: One for each arm and combination that exists: its ``levels`` as they are shown, and
            the outcome columns of ``arm_statistics``.
    """

    attributes: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


def count_jointly(
    store: Store,
    experiment_id: str,
    dataset_id: str,
    shown: Mapping[str, Mapping[str, str]],
    *,
    n_arms: int,
    n_customers: int,
) -> JointCounts:
    """Count outcomes by arm and by the levels of all attributes at once.

    Args:
        store: Reads ``outcomes``, ``customers`` and ``customer_attributes``.
        experiment_id: Of an experiment that was launched.
        dataset_id: Of its campaign.
        shown: By attribute, what each of its levels is shown as.  Attributes are taken in this
            order, as long as there cannot be too many combinations.
        n_arms: With the control.
        n_customers: In the experiment.
    """
    room = MOST_COMBINATIONS // n_arms if n_customers > MOST_COMBINATIONS else _NO_LIMIT
    digits = _digits(shown, room)
    with store.transaction():
        store.run(_PLACES)
        if places := places_of(shown, room):
            attributes, levels, steps = map(list, zip(*places, strict=True))
            store.run(_FILL, attributes=attributes, levels=levels, steps=steps)
        found = store.records(
            JOINT_COUNTS, experiment_id=experiment_id, dataset_id=dataset_id,
            most_levels=MOST_LEVELS,
        )  # fmt: skip
        store.run(_DROP)
    for row in found:
        row["levels"] = tuple(
            names[row["combination"] // step % len(names)] for step, names in digits.values()
        )
    return JointCounts(tuple(digits), tuple(found))


def places_of(shown: Mapping[str, Mapping[str, str]], room: int) -> list[tuple[str, str, int]]:
    """Return attribute, level and its steps in the number of a combination.

    Args:
        shown: By attribute, what each of its levels is shown as.
        room: Combinations of levels that there may be.
    """
    return [
        (attribute, level, step * names.index(name))
        for attribute, (step, names) in _digits(shown, room).items()
        for level, name in shown[attribute].items()
    ]


def _digits(shown: Mapping[str, Mapping[str, str]], room: int) -> dict[str, tuple[int, list[str]]]:
    """Return the step of each attribute and its levels, whoever is not known first.

    A customer without a level adds no step, and so counts as the first.
    """
    digits: dict[str, tuple[int, list[str]]] = {}
    step = 1
    for attribute, names in shown.items():
        first = [names[NOT_KNOWN]] if NOT_KNOWN in names else []
        levels = list(dict.fromkeys([*first, *names.values()]))
        if step * len(levels) <= room:
            digits[attribute] = (step, levels)
            step *= len(levels)
    return digits
