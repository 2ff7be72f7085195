"""Health before lift: whether the data are what the design says they should be.

A red item replaces the verdict, because a lift between groups that are not what they were
drawn to be says nothing of the messages.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import HOLDOUT
from personalization.experiments.balance import COVARIATES, balance_finding, imbalances
from personalization.experiments.metrics import percent
from personalization.experiments.sample_ratio import (
    HealthFinding,
    ratio_of_groups,
    sample_ratio_finding,
    with_whole,
    without_holdout,
)
from personalization.experiments.scans import scan_finding
from personalization.experiments.seal import broken_seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from personalization.experiments.arm_samples import Cell
    from personalization.experiments.declared import Declared
    from personalization.store import Store

_BEARABLE: Final = 0.02  # share of delivery reports that get lost without anything being wrong

_WEIGHTS = """
    SELECT segment, arm, weight FROM arms WHERE experiment_id = $experiment_id
    ORDER BY segment, position
"""
_SIZES = """
    SELECT drawn.segment, drawn.arm, count(*) AS n_drawn, count(sent.customer_id) AS n_sent,
           count(told.customer_id) AS n_reported
    FROM (SELECT DISTINCT customer_id, segment, arm FROM assignments
          WHERE experiment_id = $experiment_id) AS drawn
    LEFT JOIN (SELECT DISTINCT customer_id FROM deliveries
               WHERE experiment_id = $experiment_id AND is_simulated = $is_simulated) AS sent
        ON sent.customer_id = drawn.customer_id
    LEFT JOIN (SELECT DISTINCT customer_id FROM engagements
               WHERE experiment_id = $experiment_id AND is_simulated = $is_simulated
                 AND event = 'delivered') AS told
        ON told.customer_id = drawn.customer_id
    GROUP BY drawn.segment, drawn.arm
    ORDER BY drawn.segment, drawn.arm
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
           (SELECT count(*) FROM events WHERE event = 'delivered'
            AND happened_at <> date_trunc('day', happened_at)) AS n_timed,
           (SELECT count(*) FROM events
            WHERE happened_at < $launched_at
              AND happened_at <> date_trunc('day', CAST($launched_at AS TIMESTAMP))) AS n_early,
           (SELECT count(*) FROM events
            WHERE CAST(happened_at AS DATE) > CAST($analysis_on AS DATE)) AS n_late
"""


_DATASET = "SELECT dataset_id FROM campaigns WHERE campaign_id = $campaign_id"


def find_health(
    store: Store,
    experiment: Mapping[str, Any],
    declared: Declared,
    statistics: Sequence[Mapping[str, Any]],
    *,
    alert: float,
) -> list[HealthFinding]:
    """Check an experiment that was launched; reads only.

    Args:
        store: Reads ``arms``, ``assignments``, ``deliveries``, ``engagements`` and ``outcomes``.
        experiment: Its row, launched.
        declared: What its hypothesis says.
        statistics: The rows of ``arm_statistics``.
        alert: A sample-ratio p below this is red, in (0, 1); so is one of the balance.
    """
    key = experiment["experiment_id"]
    is_simulated = declared.is_simulated
    (dataset_id,) = store.read(_DATASET, campaign_id=experiment["campaign_id"])[0]
    counts = store.records(
        _COUNTS,
        experiment_id=key,
        is_simulated=is_simulated,
        launched_at=experiment["launched_at"].astimezone(UTC).replace(tzinfo=None),
        analysis_on=declared.analysis_on,
    )[0]
    sizes = store.records(_SIZES, experiment_id=key, is_simulated=is_simulated)
    people = store.records(COVARIATES, experiment_id=key, dataset_id=dataset_id)
    weights = {(s, a): float(w) for s, a, w in store.read(_WEIGHTS, experiment_id=key)}
    running = {cell: weight for cell, weight in weights.items() if weight > 0}
    seconds = int(experiment["machine_click_seconds"])
    return [
        ratio_of_groups(sizes, statistics, weights, alert=alert),
        balance_finding(imbalances(people, statistics, running), alert=alert),
        _duplicates(counts),
        _one_arm(counts),
        _outcomes(counts, is_simulated=is_simulated),
        _losses(sizes, weights, alert=alert, is_simulated=is_simulated),
        _timing(counts, is_simulated=is_simulated, analysis_on=declared.analysis_on),
        scan_finding(people, seconds=seconds, is_timed=bool(counts["n_timed"]) or is_simulated),
        *_unsealed(broken_seal(store, key)),
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


def _losses(
    sizes: Sequence[Mapping[str, Any]],
    weights: Mapping[Cell, float],
    *,
    alert: float,
    is_simulated: bool,
) -> HealthFinding:
    """Say whether the e-mail tool delivered to one arm less than to another.

    People are analysed as they were sent to, so this voids nothing: a message that lands in the
    spam folder is a worse message.  It says where a difference may come from.
    """
    name = "delivery_losses"
    reported = with_whole(sizes, "n_reported", without=HOLDOUT)
    if is_simulated:
        message = "Delivery is not simulated, so there is nothing to compare the arms by."
        return HealthFinding(name, "unknown", message, {})
    if not any(reported.values()):
        message = "No delivery reports are on record to compare the arms by."
        return HealthFinding(name, "unknown", message, {})
    found = sample_ratio_finding(reported, without_holdout(weights), alert=alert)
    if found.state == "bad":
        message = (
            "The e-mail tool reports far fewer deliveries in one arm than in another. Look at its "
            "bounces and blocks: the message itself may be held back."
        )
        return HealthFinding(name, "warning", message, found.detail)
    message = "Deliveries are reported in the planned shares."
    return HealthFinding(name, "good", message, found.detail)


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


def _unsealed(broken: str) -> list[HealthFinding]:
    """Refuse a verdict where the design is no longer the one that was approved."""
    return [HealthFinding("frozen_design", "bad", broken, {})] if broken else []


def _simulated(*, is_simulated: bool) -> list[HealthFinding]:
    if not is_simulated:
        return []
    message = "Simulated: nobody was written to, and the responses are drawn from assumptions."
    return [HealthFinding("simulated", "warning", message, {})]
