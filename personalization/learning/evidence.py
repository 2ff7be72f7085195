"""Evidence: what each message of each past campaign came to, as cells that the model takes.

A campaign counts once it was launched for real, its date has passed, it was measured after that,
and nothing in its health is bad.  Simulations never count.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.learning.effects import FACTORS, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from personalization.store import Store

METRICS: Final = ("click", "conversion", "revenue")
"""What is learnt about: shares of customers who click or buy, and revenue per customer."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What can be learnt together.

    Attributes:
        is_sample: Whether the campaigns went to sample data.
        metric: One of METRICS.
        unit: Currency of the data for revenue; '' for shares.
    """

    is_sample: bool
    metric: str
    unit: str


# The traits are those of the version that was sent; a message without a trait has NULL there.
_CELLS = """
    WITH counted AS (
        SELECT experiments.experiment_id, experiments.campaign_id, experiments.analysis_on,
               datasets.is_sample, campaigns.dataset_id
        FROM experiments
        JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        JOIN datasets ON datasets.dataset_id = campaigns.dataset_id
        WHERE experiments.launched_at IS NOT NULL AND experiments.mode = 'export'
          AND experiments.analysis_on < $today
          AND NOT EXISTS (SELECT 1 FROM health_findings AS health
                          WHERE health.experiment_id = experiments.experiment_id
                            AND health.state = 'bad')
    ), currencies AS (
        SELECT dataset_id, coalesce(max(currency), '') AS unit FROM customers
        WHERE dataset_id IN (SELECT dataset_id FROM counted) GROUP BY dataset_id
    ), messages AS (
        SELECT arms.experiment_id, arms.segment, arms.arm,
               json_extract_string(variants.attributes, '$.tone') AS tone,
               json_extract_string(variants.attributes, '$.plan') AS plan,
               json_extract_string(variants.attributes, '$.opener') AS opener,
               json_extract_string(variants.attributes, '$.length') AS length,
               json_extract_string(variants.attributes, '$.topic') AS topic
        FROM arms
        JOIN variants ON variants.variant_id = arms.variant_id AND variants.version = arms.version
        WHERE arms.arm NOT IN ('control', 'holdout')
    )
    SELECT counted.campaign_id, counted.is_sample, coalesce(currencies.unit, '') AS unit,
           date_diff('day', counted.analysis_on, CAST($today AS DATE)) AS age,
           messages.*, known.n, known.click, known.conversion, known.revenue_capped AS revenue,
           known.capped_variance AS variance, known.buyers
    FROM counted
    JOIN arm_statistics AS known
        ON known.experiment_id = counted.experiment_id AND known.attribute = 'segment'
       AND CAST(known.computed_at AS DATE) > counted.analysis_on
    JOIN messages ON messages.experiment_id = known.experiment_id
                 AND messages.segment = known.level AND messages.arm = known.arm
    LEFT JOIN currencies ON currencies.dataset_id = counted.dataset_id
    WHERE known.n > 1
    ORDER BY counted.campaign_id, messages.segment, messages.arm
"""


def gather_cells(store: Store, *, today: date, half_life: float) -> dict[Kind, list[Cell]]:
    """Gather the evidence of all past campaigns, by what can be learnt together.

    Args:
        store: Reads ``experiments``, ``health_findings``, ``arms``, ``variants`` and
            ``arm_statistics``.
        today: A campaign counts from the day after its date; its age is counted from that date.
        half_life: Days after which an observation counts half.
    """
    rows = store.records(_CELLS, today=today)
    found: dict[Kind, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        for metric in METRICS:
            unit = row["unit"] if metric == "revenue" else ""
            found[Kind(bool(row["is_sample"]), metric, unit)].append(row)
    return {
        kind: cells
        for kind, alike in sorted(found.items())
        if (cells := _cells(alike, kind.metric, half_life))
    }


def _cells(rows: Iterable[Mapping[str, Any]], metric: str, half_life: float) -> list[Cell]:
    """Make cells of the rows; a campaign and segment where nobody responded makes none."""
    strata: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        strata[row["campaign_id"], row["segment"]].append(row)
    cells = []
    for beside in strata.values():
        variance = _pooled_mean(beside) if metric == "revenue" else _pooled_rate(beside, metric)
        for row in beside if variance else ():
            mean = row["revenue"] if metric == "revenue" else row[metric] / row["n"]
            weight = 0.5 ** (max(row["age"], 0) / half_life)
            cells.append(
                Cell(row["campaign_id"], row["segment"], traits_of(row), float(mean),
                     weight * row["n"] / variance)
            )  # fmt: skip
    return cells


def _pooled_rate(rows: Iterable[Mapping[str, Any]], metric: str) -> float:
    """Return the variance of one customer's answer; 0 where nobody, or everybody, did it.

    Pooled over the arms, so that an arm with a low rate by luck does not weigh more for it.
    """
    n = sum(row["n"] for row in rows)
    successes = sum(row[metric] for row in rows)
    rate = (successes + 0.5) / (n + 1)
    return float(rate * (1 - rate)) if 0 < successes < n else 0.0


def _pooled_mean(rows: Iterable[Mapping[str, Any]]) -> float:
    """Return the variance of one customer's amount, pooled over the arms; 0 without any."""
    squares = sum((row["n"] - 1) * (row["variance"] or 0.0) for row in rows)
    return float(squares / sum(row["n"] - 1 for row in rows))


def traits_of(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return factor and level of each trait that a message has."""
    return tuple((factor, str(row[factor])) for factor in FACTORS if row[factor])
