"""Sufficient statistics of a foreign file: from counted rows to the samples of each metric."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.file_counting import SEGMENT, counted, counted_together
from personalization.experiments.file_reading import missing_in
from personalization.statistics.linear_model import JointCell
from personalization.statistics.samples import Counts, Moments, Paired, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.file_counting import Question
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.file_reading import Upload
    from personalization.statistics.samples import Sample

UNKNOWN: Final = "not known"
"""The level of a customer without one."""

WHOLE: Final = -1
"""The slot of everybody."""

_AMOUNTS: Final = ("mean", "variance", "mean_beside", "variance_beside", "covariance")
_MOST_CELLS: Final = 50_000  # combinations of levels and arms that one model is made of

Outcome = Counts | Moments | Ratio | Paired
Cell = tuple[int, str, str]
"""Slot, level and arm; the level of everybody is ''."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the statement has found.

    Attributes:
        sizes: Customers of each arm.
        n_without_arm: Rows that are left out.
        missing: Rows without an outcome, by column; such an outcome counts as 0.
        samples: By metric and cell.
    """

    sizes: dict[str, int]
    n_without_arm: int
    missing: dict[str, int]
    samples: dict[str, dict[Cell, Outcome]]


def statistics_of(upload: Upload, question: Question) -> Statistics:
    """Count everything that is asked of a file, in one pass over it.

    Raises:
        InputError: A value cannot be read.
    """
    rows = counted(upload, question)
    whole = [row for row in rows if row["is_whole"] and row["slot"] == rows[0]["slot"]]
    known = [row for row in whole if _clean(row["arm"])]
    missing = {
        column: n
        for place, metric in enumerate(question.metrics, start=1)
        for column, n in _missing(upload, question, metric, [_found(row, place) for row in known],
                                  sum(row["n"] for row in known)).items()
    }  # fmt: skip
    sizes: dict[str, int] = {}
    for row in known:
        sizes[_clean(row["arm"])] = sizes.get(_clean(row["arm"]), 0) + int(row["n"])
    samples = {
        metric.name: _samples(question, metric, place, rows)
        for place, metric in enumerate(question.metrics, start=1)
    }
    n_without_arm = sum(row["n"] for row in whole) - sum(sizes.values())
    return Statistics(sizes, n_without_arm, missing, samples)


def joint_cells(upload: Upload, question: Question) -> dict[str, list[JointCell]] | None:
    """Count customers by all attributes at once: what the model of all of them is made of.

    Returns:
        By metric; None where there are too many combinations of levels to be told apart.
    """
    rows = counted_together(upload, question, most=_MOST_CELLS + 1)
    if len(rows) > _MOST_CELLS:
        return None
    return {
        metric.name: [
            JointCell(_clean(row["arm"]), _levels(question, row),
                      without_past(metric, _sample(metric, row["n"], _found(row, place))))
            for row in rows
            if _clean(row["arm"])
        ]
        for place, metric in enumerate(question.metrics, start=1)
    }  # fmt: skip


def _found(row: Mapping[str, Any], place: int) -> Mapping[str, Any]:
    """Return the statistics in one slot of a row, paired or not."""
    alone: Mapping[str, Any] | None = row[f"outcome_{place}"]
    paired: Mapping[str, Any] = row.get(f"paired_{place}") or {}
    return paired if alone is None else alone


def _clean(name: str | None) -> str:
    """Return a name without blanks around it; '' where there is none."""
    return (name or "").strip()


def _levels(question: Question, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        attribute.shown(_clean(row[f"level_{place}"]))
        for place, attribute in enumerate(question.attributes, start=1)
    )


def _missing(
    upload: Upload,
    question: Question,
    metric: FileMetric,
    outcomes: Sequence[Mapping[str, Any]],
    n: int,
) -> dict[str, int]:
    """Count the rows without an outcome, and refuse what cannot be read."""
    n_read = sum(outcome["n_read"] for outcome in outcomes)
    n_beside = sum(outcome.get("n_beside") or 0 for outcome in outcomes)
    is_finite = all(isfinite(outcome.get(name) or 0.0) for outcome in outcomes for name in _AMOUNTS)
    found = {metric.column: 0}
    if n_read < n or not is_finite or not {outcome["bits"] or 0 for outcome in outcomes} <= {0, 1}:
        found[metric.column] = missing_in(upload, metric.column, metric.form, arm=question.arm)
    if metric.beside and (n_beside < n or not is_finite):
        found[metric.beside] = missing_in(upload, metric.beside, "beside", arm=question.arm)
    if not is_finite:
        raise InputError(f"The amounts in {metric.column!r} are too large to add up.")
    return found


def _samples(
    question: Question, metric: FileMetric, place: int, rows: Sequence[Mapping[str, Any]]
) -> dict[Cell, Outcome]:
    """Return a metric's samples; where blanks made two of one name, they are put together."""
    samples: dict[Cell, Any] = {}
    for row in rows:
        arm, slot = _clean(row["arm"]), row["slot"]
        is_again = row["is_whole"] and slot != rows[0]["slot"]  # everybody, once for each slot
        is_no_segment = not row["is_whole"] and slot == SEGMENT and question.segment is None
        if not arm or is_again or is_no_segment:
            continue
        level = _clean(row["level"])
        if row["is_whole"]:
            cell = (WHOLE, "", arm)
        elif slot == SEGMENT:
            cell = (SEGMENT, level or UNKNOWN, arm)
        else:
            cell = (slot, question.attributes[slot - 1].shown(level), arm)
        sample = _sample(metric, row["n"], _found(row, place))
        samples[cell] = samples[cell] + sample if cell in samples else sample
    return samples


def _sample(metric: FileMetric, n: int, found: Mapping[str, Any]) -> Outcome:
    n_nonzero = int(found["n_nonzero"] or 0)
    if metric.form == "flag":
        return Counts(n, n_nonzero)
    own = (float(found["mean"]), float(found["variance"] or 0.0))
    if not metric.beside:
        return Moments(n, *own, n_nonzero)
    other = (float(found["mean_beside"]), float(found["variance_beside"] or 0.0))
    covariance = float(found["covariance"] or 0.0)
    if metric.per:
        if other[0] < 0:
            raise InputError(
                f"{metric.per!r} has amounts below 0, so nothing can be told per one of it. "
                "Name another column."
            )
        return Ratio(n, own[0], other[0], own[1], other[1], covariance, n_nonzero)
    return Paired(n, *own, n_nonzero, *other, covariance)


def without_past(metric: FileMetric, sample: Outcome) -> Sample:
    """Return a sample as it is, without what was known of its customers before."""
    if not isinstance(sample, Paired):
        return sample
    is_rate = metric.kind == "binary"
    return Counts(sample.n, sample.n_nonzero) if is_rate else sample.outcome
