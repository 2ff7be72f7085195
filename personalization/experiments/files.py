"""The same analysis for any file with one row for each customer.

The columns of a foreign file are named by bound parameters and never become part of a
statement, whatever they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.analysis import analyse
from personalization.experiments.metrics import Metric
from personalization.experiments.verdicts import (
    BETTER,
    NOT_ENOUGH_DATA,
    UNDECIDED,
    WORSE,
    invalid_sentence,
    sentence_of,
    verdict_of,
)
from personalization.statistics.sample_ratio import sample_ratio
from personalization.statistics.samples import Counts, Moments
from personalization.store import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.experiments.analysis import Result, Samples
    from personalization.statistics.sample_ratio import SampleRatio
    from personalization.store import Store

KINDS: Final = ("binary", "mean")

_STATE: Final = {BETTER: "ship", WORSE: "stop", UNDECIDED: "undecided"}

_READ_TEXT = "CREATE TABLE uploaded AS SELECT * FROM read_csv($path, all_varchar = true)"
_READ_PARQUET = "CREATE TABLE uploaded AS SELECT * FROM read_parquet($path)"
_COLUMNS = (
    "SELECT column_name FROM duckdb_columns() WHERE table_name = 'uploaded' ORDER BY column_index"
)
_ARMS = """
    SELECT CAST(struct_extract(uploaded, $arm) AS VARCHAR) AS arm, count(*) AS n
    FROM uploaded GROUP BY 1 ORDER BY 1
"""
# A value that cannot be read is NULL in ``value`` but not in ``written``.
_STATISTICS = """
    WITH picked AS (
        SELECT CAST(struct_extract(uploaded, $arm) AS VARCHAR) AS arm,
               coalesce(CAST(struct_extract(uploaded, $segment) AS VARCHAR), '(none)') AS segment,
               nullif(lower(trim(CAST(struct_extract(uploaded, $metric) AS VARCHAR))), '')
                   AS written
        FROM uploaded
    ), numbers AS (
        SELECT arm, segment, written,
               CASE WHEN $is_binary AND written IN ('true', 'yes', 'y', 't') THEN 1e0
                    WHEN $is_binary AND written IN ('false', 'no', 'n', 'f') THEN 0e0
                    ELSE TRY_CAST(written AS DOUBLE) END AS number
        FROM picked WHERE arm IS NOT NULL
    ), outcomes AS (
        SELECT arm, segment, written,
               CASE WHEN isfinite(number) AND (NOT $is_binary OR number IN (0, 1))
                    THEN number END AS value
        FROM numbers
    )
    SELECT CASE WHEN grouping(segment) = 1 THEN '' ELSE segment END AS segment, arm,
           count(*) AS n, count(*) - count(written) AS n_missing,
           count(written) - count(value) AS n_unreadable,
           min(CASE WHEN value IS NULL THEN written END) AS unreadable,
           sum(CASE WHEN value <> 0 THEN 1 ELSE 0 END) AS n_nonzero,
           avg(coalesce(value, 0e0)) AS mean, var_samp(coalesce(value, 0e0)) AS variance
    FROM outcomes
    GROUP BY GROUPING SETS ((arm), (segment, arm))
    ORDER BY 1, 2
"""


def analyze_file(
    path: Path,
    *,
    arm: str,
    control: str,
    metrics: Mapping[str, str],
    segment: str | None = None,
    weights: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    alert: float = 0.001,
) -> dict[str, Any]:
    """Analyse a CSV, TSV or Parquet file with one row for each customer.

    Args:
        path: The file; an empty outcome counts as 0 and is reported.
        arm: Column that names each customer's arm; rows without one are left out and reported.
        control: The arm that the others are held against.
        metrics: Column of each outcome, with its kind: binary or mean.  The first one decides.
        segment: Column to split the results by.
        weights: Planned shares of the arms in any unit; equal where not given.
        confidence: Of intervals and families, in (0, 1).
        alert: Sample-ratio p below which there is no verdict.

    Returns:
        A document for JSON: ``arms``, ``health``, ``results`` and ``verdict``; fractions, intervals
        as lists of two, None with a ``reason`` where nothing is defined.

    Raises:
        InputError: The file cannot be read, or a column, an arm or a value is not as it has to be.
    """
    outcomes = [Metric(name, kind, name) for name, kind in metrics.items()]
    counted, rows = _counted(path, arm, outcomes, segment)
    sizes = {name: n for name, n in counted.items() if name is not None}
    if control not in sizes:
        raise InputError(f"No row is in arm {control!r}. There are: {', '.join(sizes)}.")
    ratio = sample_ratio(sizes, weights or dict.fromkeys(sizes, 1.0), alert=alert)
    found = {
        metric: analyse(
            _samples(rows[metric.name], metric.kind, segment),
            control=control,
            confidence=confidence,
        )
        for metric in outcomes
    }
    return {
        "arms": [{"arm": name, "n": n} for name, n in sizes.items()],
        "health": {
            "srm": _ratio_document(ratio),
            "rows_without_arm": counted.get(None, 0),
            "missing_outcomes": {
                name: sum(row["n_missing"] for row in rows[name] if not row["segment"])
                for name in metrics
            },
        },
        "results": [
            _document(metric, result, control, confidence)
            for metric, results in found.items()
            for result in results
        ],
        "verdict": _verdict(outcomes[0], found[outcomes[0]], ratio, confidence),
    }


def _counted(
    path: Path, arm: str, metrics: Sequence[Metric], segment: str | None
) -> tuple[dict[str | None, int], dict[str, list[dict[str, Any]]]]:
    """Return the rows of each arm, and each metric's sufficient statistics."""
    store = open_store()
    try:
        _read(store, path)
        columns = [arm, *(metric.name for metric in metrics), *([segment] if segment else [])]
        _refuse_unknown(store, columns, metrics)
        counted: dict[str | None, int] = dict(store.read(_ARMS, arm=arm))
        return counted, {m.name: _statistics(store, m.name, m.kind, arm, segment) for m in metrics}
    finally:
        store.close()


def _read(store: Store, path: Path) -> None:
    import duckdb  # noqa: PLC0415  for the name of its error only

    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        store.run(_READ_PARQUET if is_parquet else _READ_TEXT, path=str(path))
    except (OSError, duckdb.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error


def _refuse_unknown(store: Store, columns: Sequence[str], metrics: Sequence[Metric]) -> None:
    known = [name for (name,) in store.read(_COLUMNS)]
    if unknown := [name for name in columns if name not in known]:
        raise InputError(f"The file has no column {unknown[0]!r}. It has: {', '.join(known)}.")
    if not metrics:
        raise InputError("Name at least one column to compare, with its kind: binary or mean.")
    if odd := [metric.kind for metric in metrics if metric.kind not in KINDS]:
        raise InputError(f"A metric cannot be {odd[0]!r}. It is one of: {', '.join(KINDS)}.")


def _statistics(
    store: Store, name: str, kind: str, arm: str, segment: str | None
) -> list[dict[str, Any]]:
    rows = store.records(
        _STATISTICS, arm=arm, segment=segment or arm, metric=name, is_binary=kind == "binary"
    )
    unreadable = [row for row in rows if row["n_unreadable"] and not row["segment"]]
    if unreadable:
        total = sum(row["n_unreadable"] for row in unreadable)
        wanted = "0 or 1 (or yes or no)" if kind == "binary" else "a number"
        raise InputError(
            f"Column {name!r} has {total:,} values that are not {wanted}, such as "
            f"{unreadable[0]['unreadable']!r}. Correct them, or name the column as another kind."
        )
    return rows


def _samples(rows: Sequence[Mapping[str, Any]], kind: str, segment: str | None) -> Samples:
    return {
        (row["segment"], row["arm"]): (
            Counts(int(row["n"]), int(row["n_nonzero"]))
            if kind == "binary"
            else Moments(
                int(row["n"]), float(row["mean"]), float(row["variance"] or 0.0),
                int(row["n_nonzero"]),
            )
        )
        for row in rows
        if segment or not row["segment"]
    }  # fmt: skip


def _ratio_document(ratio: SampleRatio) -> dict[str, Any]:
    return {
        "chi2": ratio.chi2,
        "df": ratio.df,
        "p": ratio.p,
        "alert": ratio.is_alert,
        "leak": ratio.is_leak,
        "reason": "" if ratio.p is not None else "too few people for the test",
    }


def _document(metric: Metric, result: Result, control: str, confidence: float) -> dict[str, Any]:
    found, adjustment = result.comparison, result.adjustment
    return {
        "metric": metric.name,
        "kind": metric.kind,
        "segment": result.segment or None,
        "arm": result.arm,
        "control": control,
        "n_treatment": found.n_treatment,
        "n_control": found.n_control,
        "mean_treatment": found.mean_treatment,
        "mean_control": found.mean_control,
        "difference": found.difference,
        "difference_ci": _list(found.difference_ci),
        "lift": found.lift,
        "lift_ci": _list(found.lift_ci),
        "p": found.p,
        "p_adjusted": adjustment.p_adjusted,
        "difference_ci_adjusted": _list(adjustment.difference_ci_adjusted),
        "family_size": adjustment.family_size,
        "method": f"{found.method}; {adjustment.method}",
        "reason": found.reason,
        "verdict": verdict_of(metric, result, confidence),
        "sentence": sentence_of(metric, result, confidence),
    }


def _list(interval: tuple[float, float] | None) -> list[float] | None:
    return list(interval) if interval else None


def _verdict(
    metric: Metric, found: Sequence[Result], ratio: SampleRatio, confidence: float
) -> dict[str, str]:
    """Say what the first metric comes to over everybody: its best arm, if one is better."""
    if ratio.is_alert:
        reason = "the groups are not of the planned sizes, by more than luck explains."
        return {"state": "invalid", "sentence": invalid_sentence(reason)}
    whole = [result for result in found if not result.segment]
    rank = [BETTER, UNDECIDED, WORSE, NOT_ENOUGH_DATA]
    best = min(
        whole,
        key=lambda result: (
            rank.index(verdict_of(metric, result, confidence)),
            -(result.comparison.difference or 0.0),
        ),
        default=None,
    )
    if best is None:
        raise InputError("There is no arm beside the control.")
    verdict = verdict_of(metric, best, confidence)
    return {
        "state": _STATE.get(verdict, verdict),
        "sentence": sentence_of(metric, best, confidence),
    }
