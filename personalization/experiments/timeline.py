"""The primary metric day by day: how the difference settled as responses came in.

Only those who responded are read day by day; everybody else is a zero that enters by number, so
a million silent customers cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.analysis import sequence_of, whole_pair
from personalization.experiments.metrics import METRICS
from personalization.statistics.comparison import compare
from personalization.statistics.samples import Counts, Moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from personalization.experiments.analysis import Samples
    from personalization.experiments.arm_samples import Cell
    from personalization.experiments.readings import Frame
    from personalization.statistics.samples import Sample
    from personalization.store import Store

# What everybody who responded had come to at the end of each day on which somebody responded.
DAYS: Final = """
    WITH responses AS (
        SELECT participants.segment, participants.arm, participants.customer_id,
               CAST(counted_events.happened_at AS DATE) AS day,
               sum(CASE WHEN $is_amount THEN counted_events.value ELSE 1e0 END) AS amount
        FROM counted_events
        JOIN participants ON participants.experiment_id = counted_events.experiment_id
                         AND participants.customer_id = counted_events.customer_id
        WHERE counted_events.experiment_id = $experiment_id
          AND counted_events.event = $event AND NOT counted_events.is_scan
        GROUP BY participants.segment, participants.arm, participants.customer_id,
                 CAST(counted_events.happened_at AS DATE)
    ), days AS (
        SELECT DISTINCT day FROM responses
    ), running AS (
        SELECT responses.segment, responses.arm, days.day, responses.customer_id,
               CASE WHEN $is_amount THEN least(sum(responses.amount), CAST($cap AS DOUBLE))
                    ELSE 1e0 END AS total
        FROM responses JOIN days ON days.day >= responses.day
        GROUP BY responses.segment, responses.arm, days.day, responses.customer_id
    )
    SELECT day, segment, arm, count(*) AS n, avg(total) AS mean, var_samp(total) AS variance,
           sum(CASE WHEN total <> 0 THEN 1 ELSE 0 END) AS n_nonzero
    FROM running
    GROUP BY day, segment, arm
    ORDER BY day, segment, arm
"""


def days_of(
    store: Store, experiment_id: str, frame: Frame, sizes: Mapping[Cell, int], cap: float | None
) -> list[dict[str, Any]]:
    """Return how the primary metric stood after each day, a row for each variant.

    Args:
        store: Reads ``counted_events`` and ``participants``.
        experiment_id: Of an experiment that was launched.
        frame: What was declared, and the planned shares.
        sizes: Customers by segment and arm.
        cap: What each customer's revenue counts with at most, where the metric is capped.

    Returns:
        Rows of ``result_days`` without the experiment's id: fixed and always-valid interval of the
        difference, unadjusted for a pre-period and, the fixed one, for several variants.
    """
    metric = METRICS[frame.declared.primary]
    rows = store.records(
        DAYS,
        experiment_id=experiment_id,
        event="click" if metric.name == "click" else "conversion",
        is_amount=metric.kind == "mean",
        cap=cap if metric.name == "revenue_capped" else None,
    )
    by_day: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        by_day.setdefault(row["day"], []).append(row)
    is_binary = metric.kind == "binary"
    planned = {cell: sizes.get(cell, 0) for cell in frame.weights}
    return [
        {"metric": metric.name, "day": day, **row}
        for day, responded in by_day.items()
        for row in _day(frame, _samples(responded, planned, is_binary=is_binary))
    ]


def _samples(
    responded: Iterable[Mapping[str, Any]], sizes: Mapping[Cell, int], *, is_binary: bool
) -> Samples:
    """Put the zeros beside those who responded, by segment and arm and over all segments."""
    found = {(row["segment"], row["arm"]): row for row in responded}
    samples: Samples = {}
    for (segment, arm), n in sizes.items():
        if arm == HOLDOUT:
            continue
        sample = _sample(found.get((segment, arm)), n, is_binary=is_binary)
        samples[segment, arm] = sample
        whole: Any = samples.get(("", arm))
        samples["", arm] = sample if whole is None else whole + sample
    return samples


def _sample(row: Mapping[str, Any] | None, n: int, *, is_binary: bool) -> Sample:
    if is_binary:
        return Counts(n, int(row["n"]) if row else 0)
    silent = Moments(n - int(row["n"]) if row else n, 0.0, 0.0, 0)
    if row is None:
        return silent
    variance = float(row["variance"] or 0.0)
    return Moments(int(row["n"]), float(row["mean"]), variance, int(row["n_nonzero"])) + silent


def _day(frame: Frame, samples: Samples) -> list[dict[str, Any]]:
    confidence = frame.declared.confidence
    arms = sorted({arm for segment, arm in samples if not segment} - {CONTROL})
    rows = []
    for arm in arms:
        treatment, control = whole_pair(samples, arm, CONTROL, frame.weights)
        found = compare(treatment, control, confidence)
        low, high = found.difference_ci or (None, None)
        over_all = 1 - (1 - confidence) / len(arms)
        first, last = sequence_of(found, treatment, control, over_all) or (None, None)
        rows.append({
            "arm": arm, "mean_treatment": found.mean_treatment,
            "mean_control": found.mean_control, "difference": found.difference,
            "difference_low": low, "difference_high": high,
            "sequence_low": first, "sequence_high": last, "lift": found.lift,
        })  # fmt: skip
    return rows
