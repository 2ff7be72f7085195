"""Readings and decisions as rows of ``results`` and ``verdicts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.analysis import Result
    from personalization.experiments.beside import Beside
    from personalization.experiments.decisions import Decision
    from personalization.experiments.readings import Frame, Reading
    from personalization.statistics.intervals import Interval


def result_rows(
    readings: Sequence[Reading], frame: Frame, key: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a row of ``results`` for each reading; ``key`` says whose and when."""
    return [
        {
            **key,
            **_numbers(reading.result),
            **_beside(reading.beside),
            "metric": reading.metric.name,
            "kind": reading.metric.kind,
            "role": reading.role,
            "method": _method(reading),
            "verdict": reading.verdict,
            "sentence": reading.sentence,
            "is_simulated": frame.declared.is_simulated,
        }
        for reading in readings
    ]


def decision_rows(
    decisions: Sequence[Decision], frame: Frame, key: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a row of ``verdicts`` for each decision."""
    return [
        {
            **key, "segment": one.segment, "arm": one.arm, "state": one.state,
            "sentence": one.sentence, "reason": one.reason, "is_early": frame.is_early,
            "is_simulated": frame.declared.is_simulated,
        }
        for one in decisions
    ]  # fmt: skip


def _numbers(result: Result) -> dict[str, Any]:
    found, adjustment = result.comparison, result.adjustment
    return {
        "segment": result.segment,
        "arm": result.arm,
        "n_treatment": found.n_treatment,
        "n_control": found.n_control,
        "mean_treatment": found.mean_treatment,
        "mean_control": found.mean_control,
        "difference": found.difference,
        **_ends("difference_{}", found.difference_ci),
        "lift": found.lift,
        **_ends("lift_{}", found.lift_ci),
        "p": found.p,
        "p_adjusted": adjustment.p_adjusted,
        **_ends("difference_{}_adjusted", adjustment.difference_ci_adjusted),
        "family": result.family,
        "family_size": adjustment.family_size,
        **_ends("sequence_{}", result.sequence),
        "reason": found.reason,
    }


def _beside(beside: Beside) -> dict[str, Any]:
    best, shrunk, guarded = beside.best, beside.shrunk, beside.guarded
    before = beside.unadjusted
    return {
        "lift_shrunk": shrunk.mean if shrunk else None,
        "shrunk_low": shrunk.low if shrunk else None,
        "shrunk_high": shrunk.high if shrunk else None,
        "probability_best": best.probability if best else None,
        "expected_loss": best.expected_loss if best else None,
        "rho_squared": before.rho_squared if before else None,
        "difference_unadjusted": before.comparison.difference if before else None,
        **_ends("unadjusted_{}", before.comparison.difference_ci if before else None),
        "margin": beside.margin,
        "harm_bound": guarded.bound if guarded else None,
        "needed_more": beside.needed_more,
    }


def _method(reading: Reading) -> str:
    """Name the formulas, in the order in which they were applied."""
    result, beside = reading.result, reading.beside
    parts = [result.comparison.method, result.adjustment.method]
    if beside.unadjusted:
        parts.insert(0, "CUPED")
    if beside.guarded:
        parts.append("non-inferiority by Farrington and Manning")
    return "; ".join(parts)


def _ends(column: str, interval: Interval | None) -> dict[str, float | None]:
    """Return both ends of an interval under their columns' names, NULL where there is none."""
    low, high = interval or (None, None)
    return {column.format("low"): low, column.format("high"): high}
