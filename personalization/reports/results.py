"""What the results page shows: when it may be read, health, the verdict, lift, time, attributes.

A real campaign's lift is not shown before the day that its design set for reading, unless somebody
opened it early and said why; then only intervals that hold at any time count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import delivery, experiments
from personalization.domain import HOLDOUT
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from personalization.store import Store

winner = experiments.winner
engagement_problems = delivery.engagement_problems
write_engagement_problems = delivery.write_engagement_problems


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether a result may be read today, and as what.

    Attributes:
        is_simulated: Nothing of it happened; such a result is never locked.
        analysis_on: It is read after this day; None for a design without a date.
        opened_early_at: When somebody looked before, or None.
        opened_early_by: Who that was.
        is_before: The day of reading is not over yet.
        days_to_go: Whole days until it may be read; 0 once it may.
    """

    experiment_id: str
    confidence: float
    is_simulated: bool
    analysis_on: date | None
    opened_early_at: datetime | None
    opened_early_by: str | None
    is_before: bool
    days_to_go: int

    @property
    def is_locked(self) -> bool:
        """Tell whether lift is withheld."""
        return self.is_before and self.opened_early_at is None

    @property
    def is_early(self) -> bool:
        """Tell whether lift is shown before its day, by intervals that hold at any time."""
        return self.is_before and self.opened_early_at is not None


_READING = """
    WITH designed AS (
        SELECT experiment_id, confidence, mode = 'simulation' AS is_simulated,
               coalesce(analysis_on, CAST(hypothesis ->> '$.analysis_on' AS DATE)) AS analysis_on,
               opened_early_at, opened_early_by
        FROM experiments WHERE experiment_id = $experiment_id AND launched_at IS NOT NULL
    )
    SELECT experiment_id, confidence, is_simulated, analysis_on, opened_early_at, opened_early_by,
           NOT is_simulated AND coalesce(analysis_on >= CAST($today AS DATE), false) AS is_before,
           CASE WHEN is_simulated THEN 0
                ELSE greatest(coalesce(date_diff('day', CAST($today AS DATE), analysis_on) + 1, 0),
                              0) END AS days_to_go
    FROM designed
"""


def reading(store: Store, experiment_id: str) -> Reading:
    """Tell whether the result of a launched experiment may be read now, by the store's clock.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    found = store.records(_READING, experiment_id=experiment_id, today=store.now().date())
    if not found:
        raise StateError("There is no result to read yet: the campaign was not launched.")
    return Reading(**found[0])


def refuse_if_locked(store: Store, experiment_id: str) -> None:
    """Let nothing of the lift out before its day.

    Raises:
        StateError: The result may not be read yet, or there is none.
    """
    found = reading(store, experiment_id)
    if found.is_locked:
        raise StateError(
            f"The results stay closed until {found.analysis_on} is over, as the design says. "
            "Open them early on the Results page, with a reason."
        )


_PROGRESS = """
    SELECT coalesce(sum(n), 0) AS people, coalesce(sum(click), 0) AS click,
           coalesce(sum(conversion), 0) AS conversion,
           coalesce(sum(unsubscribe), 0) AS unsubscribe, coalesce(sum(complaint), 0) AS complaint,
           max(computed_at) AS computed_at
    FROM arm_statistics WHERE experiment_id = $experiment_id AND attribute = ''
"""


def progress(store: Store, experiment_id: str) -> dict[str, Any]:
    """Count people and their responses over all arms together, which gives no arm away."""
    return store.records(_PROGRESS, experiment_id=experiment_id)[0]


_HEALTH = """
    SELECT name, state, message, computed_at FROM health_findings
    WHERE experiment_id = $experiment_id
    ORDER BY CASE state WHEN 'bad' THEN 0 WHEN 'warning' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END,
             name
"""


def health(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List what was looked at before any lift, the worst first."""
    return store.records(_HEALTH, experiment_id=experiment_id)


_VERDICTS = """
    SELECT verdicts.* FROM verdicts
    JOIN experiments ON experiments.experiment_id = verdicts.experiment_id
    LEFT JOIN segments ON segments.campaign_id = experiments.campaign_id
                      AND segments.segment = verdicts.segment
    WHERE verdicts.experiment_id = $experiment_id
    ORDER BY verdicts.segment <> '', segments.position, verdicts.segment, arm
"""


def verdicts(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List what to do by the frozen rule: the experiment's own (segment '', arm '') first."""
    return store.records(_VERDICTS, experiment_id=experiment_id)


_METRICS = """
    SELECT metric, kind, role FROM results WHERE experiment_id = $experiment_id
    GROUP BY metric, kind, role
    ORDER BY CASE role WHEN 'primary' THEN 0 WHEN 'secondary' THEN 1 WHEN 'guardrail' THEN 2
                       WHEN 'exploratory' THEN 3 ELSE 4 END, metric
"""


def metrics(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List the metrics that were measured, with what each is for: the one that decides first."""
    return store.records(_METRICS, experiment_id=experiment_id)


# The interval that decides: before the day of reading the one that holds at any time.
_ROWS = """
    SELECT results.*, segments.position,
           CASE WHEN $is_early THEN sequence_low
                ELSE coalesce(difference_low_adjusted, difference_low) END AS deciding_low,
           CASE WHEN $is_early THEN sequence_high
                ELSE coalesce(difference_high_adjusted, difference_high) END AS deciding_high
    FROM results
    JOIN experiments ON experiments.experiment_id = results.experiment_id
    LEFT JOIN segments ON segments.campaign_id = experiments.campaign_id
                      AND segments.segment = results.segment
    WHERE results.experiment_id = $experiment_id
    ORDER BY results.segment <> '', segments.position, results.segment, arm, metric
"""


def rows(store: Store, experiment_id: str) -> list[dict[str, Any]]:
    """List every result: the whole audience (segment '') first, then by segment.

    ``deciding_low`` and ``deciding_high`` are the ends of the difference's interval that the
    verdict goes by: corrected for several comparisons, or valid at any time if it is read early.
    """
    refuse_if_locked(store, experiment_id)
    is_early = reading(store, experiment_id).is_early
    return store.records(_ROWS, experiment_id=experiment_id, is_early=is_early)


def leader(
    found: Sequence[Mapping[str, Any]], decided: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Choose the result that the experiment's verdict is about.

    Args:
        found: Rows of ``results``.
        decided: Rows of ``verdicts``.

    Returns:
        The primary result over the whole audience of the arm whose verdict is the experiment's
        own, the largest lift of several; None where nothing was measured.
    """
    states = {row["arm"]: row["state"] for row in decided if not row["segment"]}
    overall = [
        row
        for row in found
        if row["role"] == "primary" and not row["segment"] and row["arm"] != HOLDOUT
    ]
    return max(
        overall,
        key=lambda row: (
            states.get(row["arm"]) == states.get(""),
            row["lift"] if row["lift"] is not None else float("-inf"),
        ),
        default=None,
    )


_COUNTS = """
    SELECT CASE WHEN attribute = '' THEN '' ELSE level END AS segment, arm, n,
           CASE $metric WHEN 'open' THEN open WHEN 'click' THEN click
                WHEN 'conversion' THEN conversion WHEN 'unsubscribe' THEN unsubscribe
                WHEN 'complaint' THEN complaint WHEN 'revenue_per_click' THEN click
                ELSE buyers END AS successes,
           CASE $metric WHEN 'open' THEN open / nullif(n, 0) WHEN 'click' THEN click / nullif(n, 0)
                WHEN 'conversion' THEN conversion / nullif(n, 0)
                WHEN 'unsubscribe' THEN unsubscribe / nullif(n, 0)
                WHEN 'complaint' THEN complaint / nullif(n, 0)
                WHEN 'revenue_per_click' THEN revenue * n / nullif(click, 0)
                WHEN 'revenue_capped' THEN revenue_capped ELSE revenue END AS mean,
           CASE $metric WHEN 'revenue' THEN sqrt(revenue_variance)
                WHEN 'revenue_capped' THEN sqrt(capped_variance) END AS deviation
    FROM arm_statistics
    WHERE experiment_id = $experiment_id AND attribute IN ('', 'segment')
    ORDER BY attribute, level, arm <> 'control', arm
"""


def counts(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List the raw counts of a metric by segment ('' for all) and arm, the control first.

    ``successes`` are customers who did it: buyers for revenue, clicks for revenue per click;
    ``mean`` is their share, or the amount; ``deviation`` is the standard deviation of an amount.
    """
    refuse_if_locked(store, experiment_id)
    return store.records(_COUNTS, experiment_id=experiment_id, metric=metric)


_DAYS = """
    SELECT arm, day, mean_treatment, mean_control, difference, difference_low, difference_high,
           sequence_low, sequence_high, lift
    FROM result_days WHERE experiment_id = $experiment_id AND metric = $metric
    ORDER BY arm, day
"""


def days(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List the cumulative difference of each arm as it stood after each day."""
    refuse_if_locked(store, experiment_id)
    return store.records(_DAYS, experiment_id=experiment_id, metric=metric)


_EARLY: Final = """
    SELECT payload ->> '$.reason' AS reason FROM audit_log
    WHERE campaign_id = $campaign_id AND kind = 'experiment.opened_early'
    ORDER BY seq LIMIT 1
"""


def why_opened(store: Store, campaign_id: str) -> str:
    """Return the reason that was given for opening the results early, or ''."""
    found = store.read_one(_EARLY, campaign_id=campaign_id)
    return str(found[0]) if found and found[0] else ""
