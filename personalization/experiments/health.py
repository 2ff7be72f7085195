"""Health before lift: whether the data are what the design says they should be.

A red item replaces the verdict, because a lift between groups that are not what they were
drawn to be says nothing of the messages.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from personalization.experiments.metrics import percent
from personalization.experiments.sample_ratio import HealthFinding, sample_ratio_finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.experiments.declared import Declared
    from personalization.store import Store

_BEARABLE: Final = 0.02  # share of delivery reports that get lost without anything being wrong

_WEIGHTS = """
    SELECT segment, arm, weight FROM arms WHERE experiment_id = $experiment_id
    ORDER BY segment, position
"""
_COUNTS = """
    WITH drawn AS (
        SELECT customer_id, arm FROM assignments WHERE experiment_id = $experiment_id
    ), sent AS (
        SELECT customer_id, arm FROM deliveries
        WHERE experiment_id = $experiment_id AND is_simulated = $is_simulated
    ), both_sides AS (
        SELECT customer_id, arm FROM drawn UNION SELECT customer_id, arm FROM sent
    ), events AS (
        SELECT customer_id, event, happened_at FROM engagements
        WHERE experiment_id = $experiment_id AND is_simulated = $is_simulated
    )
    SELECT (SELECT count(*) FROM drawn) AS n_drawn,
           (SELECT count(DISTINCT customer_id) FROM drawn) AS n_drawn_people,
           (SELECT count(*) FROM sent) AS n_sent,
           (SELECT count(DISTINCT customer_id) FROM sent) AS n_sent_people,
           (SELECT count(*) FROM (SELECT customer_id FROM both_sides
                                  GROUP BY customer_id HAVING count(*) > 1)) AS n_two_arms,
           (SELECT count(*) FROM sent WHERE NOT EXISTS
               (SELECT 1 FROM drawn WHERE drawn.customer_id = sent.customer_id)) AS n_strangers,
           (SELECT count(*) FROM events) AS n_events,
           (SELECT count(DISTINCT customer_id) FROM events
            WHERE event = 'delivered') AS n_reported,
           (SELECT count(*) FROM events
            WHERE happened_at < $launched_at
              AND happened_at <> date_trunc('day', CAST($launched_at AS TIMESTAMP))) AS n_early,
           (SELECT count(*) FROM events
            WHERE CAST(happened_at AS DATE) > CAST($analysis_on AS DATE)) AS n_late
"""


def find_health(
    store: Store,
    experiment: Mapping[str, Any],
    declared: Declared,
    sizes: Mapping[tuple[str, str], int],
    *,
    alert: float,
) -> list[HealthFinding]:
    """Check an experiment that was launched; reads only.

    Args:
        store: Reads ``arms``, ``assignments``, ``deliveries`` and ``engagements``.
        experiment: Its row, launched.
        declared: What its hypothesis says.
        sizes: Customers that count by segment and arm, '' for the whole audience.
        alert: A sample-ratio p below this is red, in (0, 1).
    """
    key = experiment["experiment_id"]
    counts = store.records(
        _COUNTS,
        experiment_id=key,
        is_simulated=declared.is_simulated,
        launched_at=experiment["launched_at"].astimezone(UTC).replace(tzinfo=None),
        analysis_on=declared.analysis_on,
    )[0]
    weights = {(s, a): float(w) for s, a, w in store.read(_WEIGHTS, experiment_id=key)}
    is_simulated = declared.is_simulated
    return [
        sample_ratio_finding(sizes, weights, alert=alert),
        _duplicates(counts),
        _one_arm(counts),
        _outcomes(counts, is_simulated=is_simulated),
        _timing(counts, is_simulated=is_simulated, analysis_on=declared.analysis_on),
        *_simulated(is_simulated=is_simulated),
    ]


def _duplicates(counts: Mapping[str, int]) -> HealthFinding:
    drawn = counts["n_drawn"] - counts["n_drawn_people"]
    sent = counts["n_sent"] - counts["n_sent_people"]
    detail = {"assigned_twice": drawn, "sent_twice": sent}
    if drawn:
        message = f"{drawn:,} people are in the experiment more than once."
        return HealthFinding("duplicates", "bad", message, detail)
    if sent:
        message = f"{sent:,} people were sent the message more than once; each counts once."
        return HealthFinding("duplicates", "warning", message, detail)
    return HealthFinding("duplicates", "good", "Everybody is in the experiment once.", detail)


def _one_arm(counts: Mapping[str, int]) -> HealthFinding:
    two, strangers = counts["n_two_arms"], counts["n_strangers"]
    detail = {"two_arms": two, "not_assigned": strangers}
    if two or strangers:
        message = (
            f"{two:,} people are in two arms, or were sent another arm's message; {strangers:,} "
            "were sent one without being assigned. The groups are mixed up."
        )
        return HealthFinding("one_arm", "bad", message, detail)
    message = "Everybody was sent the message of the arm that was drawn, and no other."
    return HealthFinding("one_arm", "good", message, detail)


def _outcomes(counts: Mapping[str, int], *, is_simulated: bool) -> HealthFinding:
    people, reported = counts["n_sent_people"], counts["n_reported"]
    detail = {"events": counts["n_events"], "sent": people, "reported_delivered": reported}
    name = "missing_outcomes"
    if not counts["n_events"] and not is_simulated:
        message = "Nothing that recipients did is on record yet. Upload what your e-mail tool says."
        return HealthFinding(name, "unknown", message, detail)
    missing = max(people - reported, 0)
    if reported and missing > _BEARABLE * people:
        message = (
            f"{missing:,} of {people:,} recipients ({percent(missing / people)}) have no delivery "
            "report. They count as sent; ask your e-mail tool what became of them."
        )
        return HealthFinding(name, "warning", message, detail)
    message = "Who is not on record with a response counts as not having responded."
    return HealthFinding(name, "good", message, detail)


def _timing(
    counts: Mapping[str, int], *, is_simulated: bool, analysis_on: date | None
) -> HealthFinding:
    early, late = (0, 0) if is_simulated else (counts["n_early"], counts["n_late"])
    detail = {"before_launch": early, "after_analysis": late}
    said = []
    if early:
        said.append(f"{early:,} events are from before the launch and do not count.")
    if late:
        said.append(
            f"{late:,} events came after {analysis_on}, the day that was set for reading the "
            "result. They do not count."
        )
    if said:
        return HealthFinding("late_events", "warning", " ".join(said), detail)
    message = "All events are from between the launch and the day set for reading the result."
    return HealthFinding("late_events", "good", message, detail)


def _simulated(*, is_simulated: bool) -> list[HealthFinding]:
    if not is_simulated:
        return []
    message = "Simulated: nobody was written to, and the responses are drawn from assumptions."
    return [HealthFinding("simulated", "warning", message, {})]
