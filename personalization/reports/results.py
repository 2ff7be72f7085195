"""What the results page shows: health first, then the verdict, lift by arm and segment."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from personalization import delivery, experiments
from personalization.reports.cells import cell

if TYPE_CHECKING:
    from personalization.store import Store

winner = experiments.winner
engagement_problems = delivery.engagement_problems
write_engagement_problems = delivery.write_engagement_problems

_HEALTH = """
    SELECT name, state, message, computed_at FROM health_findings
    WHERE experiment_id = $experiment_id
    ORDER BY CASE state WHEN 'bad' THEN 0 WHEN 'warning' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END,
             name
"""


def health(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List what was looked at before any lift, the worst first."""
    return store.records(_HEALTH, experiment_id=experiment_id)


_METRICS = """
    SELECT DISTINCT metric FROM results WHERE experiment_id = $experiment_id ORDER BY metric
"""
_ORDER: Final = ("click", "conversion", "revenue", "unsubscribe", "open")


def metrics(store: Store, experiment_id: str) -> list[str]:
    """List the metrics that were measured, in the order in which people ask for them."""
    found = {metric for (metric,) in store.read(_METRICS, experiment_id=experiment_id)}
    return [metric for metric in _ORDER if metric in found]


_ROWS = """
    SELECT results.*, segments.position FROM results
    JOIN experiments USING (experiment_id)
    LEFT JOIN segments ON segments.campaign_id = experiments.campaign_id
                      AND segments.segment = results.segment
    WHERE experiment_id = $experiment_id AND metric = $metric
    ORDER BY results.segment <> '', segments.position, results.segment, arm
"""


def rows(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List the results of one metric: the whole audience (segment '') first, then by segment."""
    return store.records(_ROWS, experiment_id=experiment_id, metric=metric)


_ATTRIBUTES = """
    SELECT attribute, arm, level, n_treatment, n_control, difference, difference_low,
           difference_high, q, p, p_holm, verdict
    FROM attribute_effects
    WHERE experiment_id = $experiment_id AND metric = $metric
    ORDER BY p_holm NULLS LAST, p NULLS LAST, attribute, arm, level
"""


def attributes(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List how the difference varies with each customer attribute, the clearest first."""
    return store.records(_ATTRIBUTES, experiment_id=experiment_id, metric=metric)


_ALL = """
    SELECT metric, kind, segment, arm, n_treatment, n_control, mean_treatment, mean_control,
           difference, difference_low, difference_high, lift, lift_low, lift_high, p, p_adjusted,
           family_size, method, verdict, sentence, is_simulated, computed_at
    FROM results WHERE experiment_id = $experiment_id
    ORDER BY metric, segment, arm
"""


def results_csv(store: Store, experiment_id: str) -> bytes:
    """Write every result as CSV, UTF-8 with BOM; each row says whether it is simulated."""
    found = store.records(_ALL, experiment_id=experiment_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(found[0] if found else ("metric",))
    writer.writerows([cell(value) for value in row.values()] for row in found)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
