"""Every metric read by its declared role: results, what stands beside them, verdict, sentence.

A pure function of ``arm_statistics`` and of what was declared, so that it can be worked out anew
at any time and comes to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personalization.domain import CONTROL
from personalization.experiments.analysis import analyse
from personalization.experiments.arm_samples import adjusted_samples, rows_by_cell, samples_of
from personalization.experiments.beside import (
    Beside,
    Unadjusted,
    best_of,
    guarded_by,
    needed_for,
    shrunk_lift,
    tops,
    unknown_harm,
)
from personalization.experiments.declared import GUARDRAIL
from personalization.experiments.metrics import METRICS
from personalization.experiments.verdicts import (
    INVALID,
    NOT_ENOUGH_DATA,
    framed,
    invalid_sentence,
    sentence_of,
    verdict_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.experiments.analysis import Result
    from personalization.experiments.arm_samples import Cell
    from personalization.experiments.beside import Prior
    from personalization.experiments.declared import Declared
    from personalization.experiments.metrics import Metric


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric of one arm, read.

    Attributes:
        role: What the hypothesis declared the metric to be.
        verdict: better, worse, no_difference, not_enough_data; of a guardrail holds, breached or
            not_shown; invalid where a health check is red.
        plain: The sentence without its frame, for sentences that are made of it.
        sentence: For the reader.
    """

    metric: Metric
    role: str
    result: Result
    beside: Beside
    verdict: str
    plain: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What every reading is made under.

    Attributes:
        weights: Planned share of every segment's arm.
        prior: What past campaigns say of true lifts.
        red: Why no verdict can be given, as sentences; '' where nothing is red.
        is_early: Before the end of the day of analysis.
        unreported: Guardrails that nobody at all is on record with, so that nothing says whether
            the e-mail tool told of them.
    """

    declared: Declared
    weights: Mapping[Cell, float]
    prior: Prior
    red: str
    is_early: bool
    unreported: frozenset[str] = frozenset()


def read_metrics(frame: Frame, rows: Iterable[Mapping[str, Any]]) -> list[Reading]:
    """Read every declared metric from the rows of ``arm_statistics``."""
    cells = rows_by_cell(rows)
    return [
        reading
        for name, role in frame.declared.roles.items()
        for reading in _read(frame, METRICS[name], role, cells)
    ]


def _read(
    frame: Frame, metric: Metric, role: str, cells: Mapping[Cell, Mapping[str, Any]]
) -> list[Reading]:
    results, unadjusted = _results(frame, metric, cells)
    best, top = best_of(results, metric, frame.weights), tops(results, metric)
    return [
        read_result(frame, metric, role, result, Beside(
            best=best.get((result.segment, result.arm)),
            unadjusted=unadjusted.get((result.segment, result.arm)),
            is_top=(result.segment, result.arm) in top,
        ))
        for result in results
    ]  # fmt: skip


def _results(
    frame: Frame, metric: Metric, cells: Mapping[Cell, Mapping[str, Any]]
) -> tuple[list[Result], dict[Cell, Unadjusted]]:
    """Return the results, and what they were before the pre-period was taken out."""
    raw = samples_of(metric, cells, frame.weights)
    options: dict[str, Any] = {
        "control": CONTROL, "confidence": frame.declared.confidence, "weights": frame.weights,
    }  # fmt: skip
    plain = analyse(raw, **options)
    if not frame.declared.is_adjusted:
        return plain, {}
    samples, rho_squared = adjusted_samples(metric, raw, cells)
    if not rho_squared:
        return plain, {}
    unadjusted = {
        (result.segment, result.arm): Unadjusted(result.comparison, rho_squared[result.segment])
        for result in plain
        if result.segment in rho_squared
    }
    return analyse(samples, **options), unadjusted


def read_result(frame: Frame, metric: Metric, role: str, result: Result, beside: Beside) -> Reading:
    """Read one result by its role; a campaign's and a file's go through here alike.

    Args:
        frame: What was declared, and whether a health check is red.
        metric: What was measured.
        role: What the metric was declared to be.
        result: Of one arm.
        beside: What is known of it besides; the rest is added.
    """
    declared = frame.declared
    options: dict[str, Any] = {
        "relevant_lift": declared.relevant_lift, "is_early": frame.is_early,
    }  # fmt: skip
    verdict = verdict_of(metric, result, declared.confidence, **options)
    if role == GUARDRAIL:
        beside = _guarded(frame, metric, result, beside)
    else:
        beside = _believed(frame, metric, result, beside, verdict)
    if beside.guarded is not None:
        verdict = beside.guarded.state
    plain = sentence_of(metric, result, declared.confidence, beside=beside, **options)
    if frame.red:
        verdict, plain = INVALID, invalid_sentence(frame.red)
    sentence = framed(
        plain, metric.name, role, is_simulated=declared.is_simulated, is_early=frame.is_early
    )
    return Reading(metric, role, result, beside, verdict, plain, sentence)


def _guarded(frame: Frame, metric: Metric, result: Result, beside: Beside) -> Beside:
    margin = frame.declared.margins[metric.name]
    if metric.name in frame.unreported:
        return replace(beside, guarded=unknown_harm(metric), margin=margin)
    guarded = guarded_by(result, margin, frame.declared.confidence, is_early=frame.is_early)
    return replace(beside, guarded=guarded, margin=margin)


def _believed(frame: Frame, metric: Metric, result: Result, beside: Beside, verdict: str) -> Beside:
    confidence, relevant = frame.declared.confidence, frame.declared.relevant_lift
    needed = None
    if verdict == NOT_ENOUGH_DATA:
        needed = needed_for(
            result, confidence=confidence, relevant_lift=relevant, is_early=frame.is_early
        )
    shrunk = shrunk_lift(result, frame.prior, confidence) if metric.may_decide else None
    return replace(beside, shrunk=shrunk, prior=frame.prior, needed_more=needed or None)
