"""Measuring: one query of sufficient statistics, then health, results and verdicts.

People are analysed as they were assigned, if the message went to them; who did not respond
counts as 0.  Measuring again replaces the last measurement.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.experiments.analysis import analyse
from personalization.experiments.design import canonical
from personalization.experiments.health import find_health
from personalization.experiments.metrics import METRICS
from personalization.experiments.verdicts import (
    UNDECIDED,
    framed,
    invalid_sentence,
    sentence_of,
    verdict_of,
)
from personalization.statistics.samples import Counts, Moments
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.analysis import Result, Samples
    from personalization.experiments.metrics import Metric
    from personalization.experiments.sample_ratio import HealthFinding
    from personalization.settings import Settings
    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval
    from personalization.store import Store

_EXPERIMENT = """
    SELECT experiment_id, campaign_id, hypothesis, confidence, launched_at, mode
    FROM experiments WHERE experiment_id = $experiment_id
"""
_ARMS = """
    SELECT segment, arm FROM arms WHERE experiment_id = $experiment_id AND weight > 0
    ORDER BY segment, position
"""
_STATISTICS = """
    SELECT CASE WHEN grouping(segment) = 1 THEN '' ELSE segment END AS segment, arm,
           count(*) AS n, sum(opened) AS open, sum(clicked) AS click,
           sum(converted) AS conversion, sum(unsubscribed) AS unsubscribe,
           avg(revenue) AS revenue, var_samp(revenue) AS revenue_variance,
           sum(CASE WHEN revenue <> 0 THEN 1 ELSE 0 END) AS revenue_nonzero
    FROM outcomes WHERE experiment_id = $experiment_id
    GROUP BY GROUPING SETS ((arm), (segment, arm))
    ORDER BY 1, 2
"""


def measure(store: Store, settings: Settings, experiment_id: str, *, actor: str) -> int:
    """Work out what every arm came to, and whether the data can be trusted.

    Args:
        store: Reads ``outcomes``; replaces the experiment's ``results`` and ``health_findings``.
        settings: The p from which a sample ratio is red.
        experiment_id: It has to be launched; the confidence is the one of its design.
        actor: Who asked for it.

    Returns:
        How many results were written.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    experiment = _launched(store, experiment_id)
    rows = store.records(_STATISTICS, experiment_id=experiment_id)
    planned = store.read(_ARMS, experiment_id=experiment_id)
    sizes = {(row["segment"], row["arm"]): int(row["n"]) for row in rows}
    health = find_health(store, experiment, sizes, alert=settings.experiments.sample_ratio_alert)
    results = {
        metric.name: analyse(
            samples_of(metric, rows, planned),
            control=CONTROL,
            confidence=float(experiment["confidence"]),
            runs_in=_runs_in(planned),
        )
        for metric in METRICS.values()
    }
    with store.transaction():
        written = _write_results(store, experiment, results, health)
        _write_health(store, experiment_id, health)
        record(
            store, "experiment.measured", experiment_id, actor=actor,
            campaign_id=experiment["campaign_id"], results=written,
            customers=sum(n for (segment, _), n in sizes.items() if not segment),
            is_simulated=experiment["is_simulated"],
            health={finding.name: finding.state for finding in health},
        )  # fmt: skip
    return written


def _launched(store: Store, experiment_id: str) -> dict[str, Any]:
    found = store.records(_EXPERIMENT, experiment_id=experiment_id)
    if not found:
        raise StateError(f"There is no experiment {experiment_id!r}. Design one first.")
    experiment = found[0]
    if experiment["launched_at"] is None:
        raise StateError("There is nothing to measure yet: the campaign was not launched.")
    hypothesis = json.loads(experiment["hypothesis"])
    return {
        **experiment,
        "metric": hypothesis.get("metric", "click"),
        "analysis_on": hypothesis.get("analysis_on"),
        "is_simulated": experiment["mode"] == "simulation",
    }


def samples_of(
    metric: Metric, rows: Sequence[Mapping[str, Any]], planned: Sequence[tuple[str, str]]
) -> Samples:
    """Read one metric's samples from the query's rows; a planned arm without anybody is empty."""
    empty = Counts(0, 0) if metric.kind == "binary" else Moments(0, 0.0, 0.0, 0)
    cells = [cell for segment, arm in planned for cell in ((segment, arm), ("", arm))]
    samples: Samples = dict.fromkeys(cells, empty)
    for row in rows:
        samples[row["segment"], row["arm"]] = (
            Counts(int(row["n"]), int(row[metric.name]))
            if metric.kind == "binary"
            else Moments(
                int(row["n"]),
                float(row[metric.name]),
                float(row[f"{metric.name}_variance"] or 0.0),
                int(row[f"{metric.name}_nonzero"]),
            )
        )
    return {
        cell: sample for cell, sample in samples.items() if metric.is_of_all or cell[1] != HOLDOUT
    }


def _runs_in(planned: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    segments: dict[str, list[str]] = defaultdict(list)
    for segment, arm in planned:
        segments[arm].append(segment)
    return segments


_CLEAR_RESULTS = "DELETE FROM results WHERE experiment_id = $experiment_id"
_RESULT = """
    INSERT INTO results (experiment_id, metric, kind, segment, arm, n_treatment, n_control,
        mean_treatment, mean_control, difference, difference_low, difference_high, lift, lift_low,
        lift_high, p, p_adjusted, difference_low_adjusted, difference_high_adjusted, family_size,
        method, verdict, sentence, is_simulated, computed_at)
    VALUES ($experiment_id, $metric, $kind, $segment, $arm, $n_treatment, $n_control,
        $mean_treatment, $mean_control, $difference, $difference_low, $difference_high, $lift,
        $lift_low, $lift_high, $p, $p_adjusted, $difference_low_adjusted,
        $difference_high_adjusted, $family_size, $method, $verdict, $sentence, $is_simulated,
        $computed_at)
"""


def _write_results(
    store: Store,
    experiment: Mapping[str, Any],
    results: Mapping[str, Sequence[Result]],
    health: Sequence[HealthFinding],
) -> int:
    red = " ".join(finding.message for finding in health if finding.state == "bad")
    store.run(_CLEAR_RESULTS, experiment_id=experiment["experiment_id"])
    for name, found in results.items():
        for result in found:
            store.run(_RESULT, **_row(METRICS[name], result, experiment, red, store.now()))
    return sum(len(found) for found in results.values())


def _row(
    metric: Metric, result: Result, experiment: Mapping[str, Any], red: str, now: object
) -> dict[str, Any]:
    """Return the columns of one result; ``red`` says why no verdict can be given, or ''."""
    found, adjustment = result.comparison, result.adjustment
    confidence = float(experiment["confidence"])
    verdict = UNDECIDED if red else verdict_of(metric, result, confidence)
    sentence = invalid_sentence(red) if red else sentence_of(metric, result, confidence)
    return {
        **_numbers(found),
        **_ends("difference_{}_adjusted", adjustment.difference_ci_adjusted),
        "experiment_id": experiment["experiment_id"],
        "metric": metric.name,
        "kind": metric.kind,
        "segment": result.segment,
        "arm": result.arm,
        "p_adjusted": adjustment.p_adjusted,
        "family_size": adjustment.family_size,
        "method": f"{found.method}; {adjustment.method}",
        "verdict": verdict,
        "sentence": framed(
            sentence, metric.name, experiment["metric"], is_simulated=experiment["is_simulated"]
        ),
        "is_simulated": experiment["is_simulated"],
        "computed_at": now,
    }


def _numbers(found: Comparison) -> dict[str, float | None]:
    return {
        "n_treatment": found.n_treatment,
        "n_control": found.n_control,
        "mean_treatment": found.mean_treatment,
        "mean_control": found.mean_control,
        "difference": found.difference,
        **_ends("difference_{}", found.difference_ci),
        "lift": found.lift,
        **_ends("lift_{}", found.lift_ci),
        "p": found.p,
    }


def _ends(column: str, interval: Interval | None) -> dict[str, float | None]:
    """Return both ends of an interval under their columns' names, NULL where there is none."""
    low, high = interval or (None, None)
    return {column.format("low"): low, column.format("high"): high}


_CLEAR_HEALTH = "DELETE FROM health_findings WHERE experiment_id = $experiment_id"
_HEALTH = """
    INSERT INTO health_findings (experiment_id, name, state, message, detail, computed_at)
    VALUES ($experiment_id, $name, $state, $message, $detail, $now)
"""


def _write_health(store: Store, experiment_id: str, health: Sequence[HealthFinding]) -> None:
    store.run(_CLEAR_HEALTH, experiment_id=experiment_id)
    for finding in health:
        store.run(
            _HEALTH, experiment_id=experiment_id, name=finding.name, state=finding.state,
            message=finding.message, detail=canonical(finding.detail), now=store.now(),
        )  # fmt: skip
