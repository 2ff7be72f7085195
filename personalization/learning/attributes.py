"""Learning from a campaign which attributes of its customers moved the lift.

One query counts responses by level of every attribute and arm; what that comes to is decided
in ``moderation``, on the counts alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.statistics.moderation import (
    MODERATES,
    NOT_ENOUGH_DATA,
    Cell,
    Effect,
    judge_effects,
    longest,
)
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.store import Store

# Thirds by percent_rank: equal values share a level, however many there are.
_COUNTS = """
    WITH people AS (
        SELECT outcomes.customer_id, outcomes.arm, outcomes.segment, outcomes.clicked,
               outcomes.converted, customers.country, customers.tier,
               customers.favourite_category, customers.last_order_at, customers.orders,
               customers.total_spent,
               percent_rank() OVER (PARTITION BY customers.last_order_at IS NULL
                                    ORDER BY customers.last_order_at) AS recency,
               percent_rank() OVER (PARTITION BY customers.orders IS NULL
                                    ORDER BY customers.orders) AS frequency,
               percent_rank() OVER (PARTITION BY customers.total_spent IS NULL
                                    ORDER BY customers.total_spent) AS spend
        FROM outcomes
        JOIN customers ON customers.customer_id = outcomes.customer_id
                      AND customers.dataset_id = $dataset_id
        WHERE outcomes.experiment_id = $experiment_id
    ), levels AS (
        SELECT arm, clicked, converted, segment,
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
                    WHEN spend * 3 < 1 THEN 'lowest' WHEN spend * 3 < 2 THEN 'middle'
                    ELSE 'highest' END AS spend
        FROM people
    ), known AS (
        SELECT CASE WHEN grouping(segment) = 0 THEN 'segment'
                    WHEN grouping(country) = 0 THEN 'country'
                    WHEN grouping(tier) = 0 THEN 'tier'
                    WHEN grouping(favourite_category) = 0 THEN 'favourite category'
                    WHEN grouping(last_order) = 0 THEN 'last order'
                    WHEN grouping(orders) = 0 THEN 'number of orders'
                    ELSE 'spend' END AS attribute,
               coalesce(segment, country, tier, favourite_category, last_order, orders,
                        spend) AS level,
               arm, count(*) AS n, sum(clicked) AS click, sum(converted) AS conversion
        FROM levels
        GROUP BY GROUPING SETS ((arm, segment), (arm, country), (arm, tier),
                                (arm, favourite_category), (arm, last_order), (arm, orders),
                                (arm, spend))
    ), few AS (
        SELECT attribute FROM customer_attributes WHERE dataset_id = $dataset_id
        GROUP BY attribute HAVING count(DISTINCT value) BETWEEN 2 AND $most_levels
    ), own AS (
        SELECT concat(held.attribute, ' (your column)') AS attribute, held.value AS level,
               people.arm,
               count(*) AS n, sum(people.clicked) AS click, sum(people.converted) AS conversion
        FROM people
        JOIN customer_attributes AS held ON held.customer_id = people.customer_id
                                        AND held.dataset_id = $dataset_id
        JOIN few ON few.attribute = held.attribute
        GROUP BY held.attribute, held.value, people.arm
    )
    SELECT attribute, level, arm, n, click, conversion FROM known
    UNION ALL
    SELECT attribute, level, arm, n, click, conversion FROM own
    ORDER BY 1, 2, 3
"""
_MOST_LEVELS: Final = 12  # of a column of the team's own: more than that is no grouping
_EXPERIMENT = """
    SELECT experiments.campaign_id, campaigns.dataset_id, experiments.confidence,
           experiments.launched_at
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiment_id = $experiment_id
"""
# An arm that some segment lacks has a control of another mix of people: it is left out.
_ARMS = """
    SELECT arm FROM arms WHERE experiment_id = $experiment_id AND weight > 0
    GROUP BY arm
    HAVING count(*) = (SELECT count(DISTINCT segment) FROM arms
                       WHERE experiment_id = $experiment_id)
    ORDER BY arm
"""


def attribute_effects(store: Store, experiment_id: str, *, actor: str) -> int:
    """Find which attributes move the lift of clicks and of purchases, and write that down.

    Looked at are segment, country, tier, favourite category, thirds of last order, orders and
    spend, and the team's own columns of few levels.

    Args:
        store: Reads ``outcomes``, ``customers`` and ``customer_attributes``; replaces the
            experiment's ``attribute_effects``.
        experiment_id: It has to be launched.
        actor: Who asked for it.

    Returns:
        How many rows were written: one for each metric, arm, attribute and level.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    row = store.read_one(_EXPERIMENT, experiment_id=experiment_id)
    if row is None or row[3] is None:
        raise StateError("There is nothing to learn from yet: the campaign was not launched.")
    campaign_id, dataset_id, confidence, _ = row
    counts = store.records(
        _COUNTS, experiment_id=experiment_id, dataset_id=dataset_id, most_levels=_MOST_LEVELS
    )
    arms = [arm for (arm,) in store.read(_ARMS, experiment_id=experiment_id)]
    effects = [
        effect
        for metric in ("click", "conversion")
        for effect in judge_effects(_screen(counts, metric, arms), float(confidence))
    ]
    with store.transaction():
        written = _write(store, experiment_id, effects, float(confidence))
        record(
            store, "experiment.learned", experiment_id, actor=actor, campaign_id=campaign_id,
            attributes=len({effect.attribute for effect in effects}),
            moderating=sum(effect.verdict == MODERATES for effect in effects),
        )  # fmt: skip
    return written


def _screen(
    counts: Iterable[Mapping[str, object]], metric: str, arms: Sequence[str]
) -> list[Effect]:
    """Put the rows together: an effect for each arm and attribute, a cell for each level."""
    sides: dict[str, dict[str, dict[str, tuple[int, int]]]] = defaultdict(lambda: defaultdict(dict))
    for row in counts:
        side = (int(str(row["n"])), int(str(row[metric])))
        sides[str(row["attribute"])][str(row["level"])][str(row["arm"])] = side
    return [
        Effect(metric, arm, attribute, longest(_cells(levels, arm)))
        for arm in arms
        if arm not in (CONTROL, HOLDOUT)
        for attribute, levels in sides.items()
        if len(levels) > 1
    ]


def _cells(levels: Mapping[str, Mapping[str, tuple[int, int]]], arm: str) -> list[Cell]:
    return [
        Cell(level, *by_arm.get(arm, (0, 0)), *by_arm.get(CONTROL, (0, 0)))
        for level, by_arm in levels.items()
    ]


_CLEAR = "DELETE FROM attribute_effects WHERE experiment_id = $experiment_id"
_EFFECT = """
    INSERT INTO attribute_effects (experiment_id, metric, arm, attribute, level, n_treatment,
        n_control, difference, difference_low, difference_high, q, p, p_holm, verdict)
    VALUES ($experiment_id, $metric, $arm, $attribute, $level, $n_treatment, $n_control,
        $difference, $difference_low, $difference_high, $q, $p, $p_holm, $verdict)
"""


def _write(store: Store, experiment_id: str, effects: Sequence[Effect], confidence: float) -> int:
    store.run(_CLEAR, experiment_id=experiment_id)
    for effect in effects:
        for cell in effect.cells:
            low, high = _interval(cell, confidence)
            store.run(
                _EFFECT, experiment_id=experiment_id, metric=effect.metric, arm=effect.arm,
                attribute=effect.attribute, level=cell.level, n_treatment=cell.n_treatment,
                n_control=cell.n_control, difference=cell.difference, difference_low=low,
                difference_high=high, q=effect.q, p=effect.p, p_holm=effect.p_holm,
                verdict=effect.verdict if cell.is_enough else NOT_ENOUGH_DATA,
            )  # fmt: skip
    return sum(len(effect.cells) for effect in effects)


def _interval(cell: Cell, confidence: float) -> tuple[float | None, float | None]:
    """Return Newcombe's interval of the level's difference, if both sides have somebody."""
    from statsmodels.stats.proportion import confint_proportions_2indep  # noqa: PLC0415

    if cell.difference is None:
        return None, None
    low, high = confint_proportions_2indep(
        cell.x_treatment, cell.n_treatment, cell.x_control, cell.n_control,
        method="newcomb", compare="diff", alpha=1 - confidence,
    )  # fmt: skip
    return float(low), float(high)
