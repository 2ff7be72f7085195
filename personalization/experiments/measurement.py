"""Measuring: one statement counts, pure functions read, and what they say is written down.

People are analysed as they were assigned, if the message went to them; who did not respond
counts as 0.  Measuring again replaces the last measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.experiments.arm_samples import rows_by_cell, weights_of
from personalization.experiments.beside import Prior
from personalization.experiments.decisions import decide
from personalization.experiments.declared import declared_of
from personalization.experiments.health import find_health
from personalization.experiments.hypothesis import canonical
from personalization.experiments.readings import Frame, read_metrics
from personalization.experiments.result_rows import decision_rows, result_rows
from personalization.experiments.sufficient import fill_statistics, statistics_of
from personalization.experiments.timeline import days_of
from personalization.statistics.intervals import critical_value
from personalization.statistics.shrinkage import spread_of_lifts
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.experiments.decisions import Decision
    from personalization.experiments.declared import Declared
    from personalization.experiments.readings import Reading
    from personalization.experiments.sample_ratio import HealthFinding
    from personalization.settings import Settings
    from personalization.store import Store

_EXPERIMENT = """
    SELECT experiment_id, campaign_id, hypothesis, confidence, analysis_on, revenue_cap, pre_days,
           machine_click_seconds, launched_at, mode
    FROM experiments WHERE experiment_id = $experiment_id
"""
_ARMS = """
    SELECT segment, arm, weight FROM arms WHERE experiment_id = $experiment_id AND weight > 0
    ORDER BY segment, position
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that a measurement comes to, before it is written down."""

    frame: Frame
    health: Sequence[HealthFinding]
    readings: Sequence[Reading]
    decisions: Sequence[Decision]
    days: Sequence[Mapping[str, Any]]


def measure(store: Store, settings: Settings, experiment_id: str, *, actor: str) -> int:
    """Work out what every arm came to, and whether the data can be trusted.

    Args:
        store: Reads ``outcomes``; replaces the experiment's ``arm_statistics``, ``results``,
            ``verdicts``, ``result_days`` and ``health_findings``.
        settings: The p from which a sample ratio is red; margins and lifts that an old design
            left open.
        experiment_id: It has to be launched; the confidence is the one of its design.
        actor: Who asked for it.

    Returns:
        How many results were written.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    experiment = launched(store, experiment_id)
    with store.transaction():
        fill_statistics(store, experiment_id)
        rows = statistics_of(store, experiment_id)
        found = work_out(store, settings, experiment, rows, now=store.now())
        written = _write(store, experiment_id, found)
        record(
            store, "experiment.measured", experiment_id, actor=actor,
            campaign_id=experiment["campaign_id"], results=written,
            customers=sum(int(row["n"]) for row in rows if not row["attribute"]),
            is_simulated=found.frame.declared.is_simulated, is_early=found.frame.is_early,
            **_told(found),
            health={finding.name: finding.state for finding in found.health},
        )  # fmt: skip
    return written


def _told(found: Measured) -> dict[str, str]:
    """Return the verdict for the audit trail; before its day nobody reads it there either."""
    return {} if found.frame.is_early else {"verdict": found.decisions[0].state}


def launched(store: Store, experiment_id: str) -> dict[str, Any]:
    """Return the experiment's row, if it was launched.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    found = store.records(_EXPERIMENT, experiment_id=experiment_id)
    if not found:
        raise StateError(f"There is no experiment {experiment_id!r}. Design one first.")
    if found[0]["launched_at"] is None:
        raise StateError("There is nothing to measure yet: the campaign was not launched.")
    return found[0]


def work_out(
    store: Store,
    settings: Settings,
    experiment: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> Measured:
    """Read health, metrics and verdicts from the counted rows; writes nothing.

    Args:
        store: Reads what the health checks look at, the days on which people responded, and the
            results of past campaigns.
        settings: See ``measure``.
        experiment: Its row, launched.
        rows: As in ``arm_statistics``.
        now: Before the end of the day of analysis it is read early.
    """
    declared = declared_of(experiment, settings.experiments)
    planned = store.read(_ARMS, experiment_id=experiment["experiment_id"])
    health = find_health(
        store, experiment, declared, rows, alert=settings.experiments.sample_ratio_alert
    )
    frame = Frame(
        declared=declared,
        weights=weights_of(planned),
        prior=prior_of(store, settings, experiment),
        red=" ".join(finding.message for finding in health if finding.state == "bad"),
        is_early=declared.is_early(now.astimezone(UTC)),
        unreported=_unreported(store, experiment["experiment_id"], declared),
    )
    readings = read_metrics(frame, rows)
    sizes = {cell: int(row["n"]) for cell, row in rows_by_cell(rows).items()}
    days = days_of(store, experiment["experiment_id"], frame, sizes, cap=experiment["revenue_cap"])
    return Measured(frame, health, readings, decide(frame, readings), days)


_REPORTED = "SELECT DISTINCT event FROM engagements WHERE experiment_id = $experiment_id"


def _unreported(store: Store, experiment_id: str, declared: Declared) -> frozenset[str]:
    """Name the harms that nobody is on record with; a simulation draws them, so there 0 is 0."""
    if declared.is_simulated:
        return frozenset()
    reported = store.read(_REPORTED, experiment_id=experiment_id)
    return frozenset(declared.margins) - {event for (event,) in reported}


# Only campaigns whose result stood before this one went out: what is learned later does not
# change what was to be expected then.  As in learning, sample data teaches campaigns on sample data
# only, and each metric its own; a lift is relative, so that the currency does not matter.
_PAST = """
    SELECT results.experiment_id, results.lift, results.lift_low, results.lift_high
    FROM results
    JOIN experiments ON experiments.experiment_id = results.experiment_id
    JOIN campaign_kinds AS kinds ON kinds.campaign_id = experiments.campaign_id
    JOIN campaign_kinds AS own ON own.campaign_id = $campaign_id
                              AND own.is_sample = kinds.is_sample AND own.metric = kinds.metric
    WHERE results.role = 'primary' AND results.segment = '' AND results.arm <> 'holdout'
      AND NOT results.is_simulated AND results.verdict <> 'invalid'
      AND results.lift_high > results.lift_low AND results.experiment_id <> $experiment_id
      AND experiments.analysis_on < CAST(CAST($launched_at AS TIMESTAMP) AS DATE)
    ORDER BY results.experiment_id, results.arm
"""


def prior_of(store: Store, settings: Settings, experiment: Mapping[str, Any]) -> Prior:
    """Return how widely the true lifts of past campaigns spread, or what the settings assume.

    Simulated campaigns teach nothing about lifts, nor do those on sample data about real ones.
    The error of a past lift is read off its interval.
    """
    past = store.read(
        _PAST,
        experiment_id=experiment["experiment_id"],
        campaign_id=experiment["campaign_id"],
        launched_at=experiment["launched_at"].astimezone(UTC).replace(tzinfo=None),
    )
    n_campaigns = len({row[0] for row in past})
    if n_campaigns < settings.learning.least_campaigns:
        return Prior(settings.learning.prior_lift)
    width = 2 * critical_value(float(experiment["confidence"]))
    errors = [(high - low) / width for _, _, low, high in past]
    return Prior(spread_of_lifts([lift for _, lift, _, _ in past], errors), n_campaigns)


_CLEAR: Final = (
    "DELETE FROM results WHERE experiment_id = $experiment_id",
    "DELETE FROM verdicts WHERE experiment_id = $experiment_id",
    "DELETE FROM health_findings WHERE experiment_id = $experiment_id",
    "DELETE FROM result_days WHERE experiment_id = $experiment_id",
)
_RESULTS = "INSERT INTO results BY NAME SELECT unnest($rows, max_depth := 2)"
_VERDICTS = "INSERT INTO verdicts BY NAME SELECT unnest($rows, max_depth := 2)"
_DAYS = "INSERT INTO result_days BY NAME SELECT unnest($rows, max_depth := 2)"
_HEALTH = "INSERT INTO health_findings BY NAME SELECT unnest($rows, max_depth := 2)"


def _write(store: Store, experiment_id: str, found: Measured) -> int:
    """Replace the last measurement; a table at a time, whatever its number of rows."""
    key = {"experiment_id": experiment_id, "computed_at": store.now()}
    for statement in _CLEAR:
        store.run(statement, experiment_id=experiment_id)
    results = result_rows(found.readings, found.frame, key)
    store.run(_RESULTS, rows=results)
    store.run(_VERDICTS, rows=decision_rows(found.decisions, found.frame, key))
    health = [
        {**key, "name": one.name, "state": one.state, "message": one.message,
         "detail": canonical(one.detail)}
        for one in found.health
    ]  # fmt: skip
    store.run(_HEALTH, rows=health)
    if found.days:
        store.run(_DAYS, rows=[{"experiment_id": experiment_id, **day} for day in found.days])
    return len(results)
