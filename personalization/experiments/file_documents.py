"""What an analysis of a file says, as a document for JSON.

Fractions inside, intervals as lists of two, None with a ``reason`` where nothing is defined, and
never a number that JSON has no word for.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalization.experiments.decisions import Decision
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.readings import Reading
    from personalization.statistics.intervals import Interval
    from personalization.statistics.levels import Cell
    from personalization.statistics.moderation import Effect
    from personalization.statistics.sample_ratio import SampleRatio

_TOO_LARGE = "the amounts are too large to reckon with"


def result_document(metric: FileMetric, reading: Reading, control: str) -> dict[str, Any]:
    """Return one row of ``results``: a metric of one arm, in one segment or (None) over all."""
    result, beside = reading.result, reading.beside
    found, adjustment = result.comparison, result.adjustment
    return _strict({
        "metric": metric.name,
        "kind": metric.kind,
        "role": reading.role,
        "cap": metric.cap,
        "segment": result.segment or None,
        "arm": result.arm,
        "control": control,
        "n_treatment": found.n_treatment,
        "n_control": found.n_control,
        "mean_treatment": found.mean_treatment,
        "mean_control": found.mean_control,
        "difference": found.difference,
        "difference_ci": found.difference_ci,
        "lift": found.lift,
        "lift_ci": found.lift_ci,
        "p": found.p,
        "p_adjusted": adjustment.p_adjusted,
        "difference_ci_adjusted": adjustment.difference_ci_adjusted,
        "family": result.family,
        "family_size": adjustment.family_size,
        "sequence_ci": result.sequence,
        "sequence_p": result.sequence_p,
        "needed_more": beside.needed_more,
        "method": f"{found.method}; {adjustment.method}",
        "reason": found.reason,
        "verdict": reading.verdict,
        "sentence": reading.sentence,
    } | _believed(reading) | _adjusted(reading) | _guarded(reading))  # fmt: skip


def _believed(reading: Reading) -> dict[str, Any]:
    best, shrunk = reading.beside.best, reading.beside.shrunk
    return {
        "probability_best": best.probability if best else None,
        "expected_loss": best.expected_loss if best else None,
        "lift_shrunk": shrunk.mean if shrunk else None,
        "lift_shrunk_ci": (shrunk.low, shrunk.high) if shrunk else None,
    }


def _adjusted(reading: Reading) -> dict[str, Any]:
    """Return what CUPED took away, and what there was before it; None without it."""
    before = reading.beside.unadjusted
    return {
        "rho_squared": before.rho_squared if before else None,
        "difference_unadjusted": before.comparison.difference if before else None,
        "difference_unadjusted_ci": before.comparison.difference_ci if before else None,
    }


def _guarded(reading: Reading) -> dict[str, Any]:
    """Return a guardrail's margin and the one-sided bound of the harm; None for others."""
    guarded = reading.beside.guarded
    return {
        "margin": reading.beside.margin,
        "harm_bound": guarded.bound if guarded else None,
        "harm_p": guarded.p if guarded else None,
    }


def effect_document(effect: Effect, confidence: float) -> dict[str, Any]:
    """Return one row of ``attributes``; ``n`` of a level is the customers of both sides."""
    return _strict({
        "metric": effect.metric,
        "arm": effect.arm,
        "attribute": effect.attribute,
        "q": effect.q,
        "df": effect.df,
        "p": effect.p,
        "p_holm": effect.p_holm,
        "joint_p": effect.joint_p,
        "joint_p_holm": effect.joint_p_holm,
        "joint_reason": effect.joint_reason,
        "verdict": effect.verdict,
        "reason": effect.reason or effect.joint_reason,
        "levels": [_level(cell, confidence) for cell in effect.cells],
    })  # fmt: skip


def _level(cell: Cell, confidence: float) -> dict[str, Any]:
    return {
        "level": cell.level,
        "n": cell.n,
        "n_treatment": cell.treatment.n,
        "n_control": cell.control.n,
        "difference": cell.difference,
        "difference_ci": cell.difference_ci(confidence),
        "reason": cell.reason,
    }


def ratio_document(ratio: SampleRatio, segments_off: list[str]) -> dict[str, Any]:
    """Return ``health.srm``; ``segments_off`` names the segments that alert by themselves."""
    return _strict({
        "chi2": ratio.chi2,
        "df": ratio.df,
        "p": ratio.p,
        "alert": ratio.is_alert or bool(segments_off),
        "leak": ratio.is_leak,
        "segments_off": segments_off,
        "reason": "" if ratio.p is not None else "too few customers or arms for the test",
    })  # fmt: skip


def decision_document(decision: Decision) -> dict[str, Any]:
    """Return one row of ``decisions``: what to do with an arm, in a segment or (None) at large."""
    return {
        "segment": decision.segment or None,
        "arm": decision.arm,
        "state": decision.state,
        "sentence": decision.sentence,
        "reason": decision.reason,
    }


def _strict(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row that JSON can hold; where a number went beyond all bounds it says so."""
    plain = {name: _value(value) for name, value in row.items()}
    lost = any(plain[name] is None and row[name] is not None for name in row)
    return plain | ({"reason": plain.get("reason") or _TOO_LARGE} if lost else {})


def _value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return _strict(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, tuple):
        return _ends(value)
    return value


def _ends(interval: Interval) -> list[float] | None:
    return [float(end) for end in interval] if all(map(isfinite, interval)) else None
