"""Sufficient statistics of a foreign file: all metrics by arm, segment and attribute level at once.

The file is read once, whatever the number of metrics and attributes.  Metrics and attributes sit
in slots whose number is fixed, so that the text is the same for every file; a free slot costs
nothing, because its form is a constant that the engine folds away.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.file_metrics import SLOTS
from personalization.experiments.file_reading import missing_in
from personalization.statistics.linear_model import JointCell
from personalization.statistics.samples import Counts, Moments, Paired, Ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.experiments.file_attributes import Attribute
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.file_reading import Upload
    from personalization.statistics.samples import Sample

UNKNOWN: Final = "not known"
"""The level of a customer without one."""

_BY_SEGMENT = """
    SELECT 0 AS slot, grouping(segment) = 1 AS is_whole, segment AS level, arm, count(*) AS n,
           summed($forms[1], flag_1, value_1, beside_1) AS outcome_1,
           summed($forms[2], flag_2, value_2, beside_2) AS outcome_2,
           summed($forms[3], flag_3, value_3, beside_3) AS outcome_3,
           summed($forms[4], flag_4, value_4, beside_4) AS outcome_4,
           summed($forms[5], flag_5, value_5, beside_5) AS outcome_5,
           summed($forms[6], flag_6, value_6, beside_6) AS outcome_6,
           summed($forms[7], flag_7, value_7, beside_7) AS outcome_7,
           summed($forms[8], flag_8, value_8, beside_8) AS outcome_8
    FROM people($path, $arm, $segment, $forms, $outcomes, $caps, $beside, $levels, $kept,
                    $low, $middle)
    GROUP BY GROUPING SETS ((arm), (segment, arm))
    ORDER BY 1, 2, 3, 4
"""
# A customer is held against each slot that is asked for: slot 0 is the segment.
_BY_LEVEL = """
    WITH slots AS (
        SELECT unnest($slots) AS slot
    ), placed AS (
        SELECT people.*, slots.slot,
               CASE slots.slot WHEN 0 THEN segment WHEN 1 THEN level_1 WHEN 2 THEN level_2
                    WHEN 3 THEN level_3 WHEN 4 THEN level_4 WHEN 5 THEN level_5
                    WHEN 6 THEN level_6 WHEN 7 THEN level_7 WHEN 8 THEN level_8 END AS level
        FROM people($path, $arm, $segment, $forms, $outcomes, $caps, $beside, $levels, $kept,
                    $low, $middle) AS people
        CROSS JOIN slots
    )
    SELECT slot, grouping(level) = 1 AS is_whole, level, arm, count(*) AS n,
           summed($forms[1], flag_1, value_1, beside_1) AS outcome_1,
           summed($forms[2], flag_2, value_2, beside_2) AS outcome_2,
           summed($forms[3], flag_3, value_3, beside_3) AS outcome_3,
           summed($forms[4], flag_4, value_4, beside_4) AS outcome_4,
           summed($forms[5], flag_5, value_5, beside_5) AS outcome_5,
           summed($forms[6], flag_6, value_6, beside_6) AS outcome_6,
           summed($forms[7], flag_7, value_7, beside_7) AS outcome_7,
           summed($forms[8], flag_8, value_8, beside_8) AS outcome_8
    FROM placed
    GROUP BY GROUPING SETS ((slot, arm), (slot, level, arm))
    ORDER BY 1, 2, 3, 4
"""
_TOGETHER = """
    SELECT arm, level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8,
           count(*) AS n,
           summed($forms[1], flag_1, value_1, beside_1) AS outcome_1,
           summed($forms[2], flag_2, value_2, beside_2) AS outcome_2,
           summed($forms[3], flag_3, value_3, beside_3) AS outcome_3,
           summed($forms[4], flag_4, value_4, beside_4) AS outcome_4,
           summed($forms[5], flag_5, value_5, beside_5) AS outcome_5,
           summed($forms[6], flag_6, value_6, beside_6) AS outcome_6,
           summed($forms[7], flag_7, value_7, beside_7) AS outcome_7,
           summed($forms[8], flag_8, value_8, beside_8) AS outcome_8
    FROM people($path, $arm, $segment, $forms, $outcomes, $caps, $beside, $levels, $kept,
                    $low, $middle)
    GROUP BY arm, level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    LIMIT $most
"""

WHOLE: Final = -1
"""The slot of everybody."""

SEGMENT: Final = 0
"""The slot of the segments; the attributes follow it."""

_AMOUNTS: Final = ("mean", "variance", "mean_beside", "variance_beside", "covariance")
_MOST_CELLS: Final = 50_000  # combinations of levels and arms that one model is made of

Outcome = Counts | Moments | Ratio | Paired
Cell = tuple[int, str, str]
"""Slot, level and arm; the level of everybody is ''."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a file is asked.

    Attributes:
        arm: Column of each customer's arm.
        metrics: All outcomes that are counted, ``with_raw``; at most ``SLOTS``.
        segment: Column to split by, if any.
        attributes: Columns of which it is asked whether they move the lift; at most ``SLOTS``.
    """

    arm: str
    metrics: tuple[FileMetric, ...]
    segment: str | None = None
    attributes: tuple[Attribute, ...] = ()


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
    rows = _rows(upload, question)
    whole = [row for row in rows if row["is_whole"] and row["slot"] == rows[0]["slot"]]
    known = [row for row in whole if _clean(row["arm"])]
    missing = {
        column: n
        for place, metric in enumerate(question.metrics, start=1)
        for column, n in _missing(upload, question, metric, [r[f"outcome_{place}"] for r in known],
                                  sum(row["n"] for row in known)).items()
    }  # fmt: skip
    sizes: dict[str, int] = {}
    for row in known:
        sizes[_clean(row["arm"])] = sizes.get(_clean(row["arm"]), 0) + int(row["n"])
    samples = {
        metric.name: _samples(question, metric, f"outcome_{place}", rows)
        for place, metric in enumerate(question.metrics, start=1)
    }
    n_without_arm = sum(row["n"] for row in whole) - sum(sizes.values())
    return Statistics(sizes, n_without_arm, missing, samples)


def _rows(upload: Upload, question: Question) -> list[dict[str, Any]]:
    parameters = _parameters(question)
    try:
        if not question.attributes:
            return upload.records(_BY_SEGMENT, **parameters)
        slots = [*([0] if question.segment else []), *range(1, len(question.attributes) + 1)]
        return upload.records(_BY_LEVEL, slots=slots, **parameters)
    except InputError:
        for metric in question.metrics:  # an infinite amount, more likely than not: name it
            missing_in(upload, metric.column, metric.form, arm=question.arm)
            if metric.beside:
                missing_in(upload, metric.beside, "beside", arm=question.arm)
        raise


def joint_cells(upload: Upload, question: Question) -> dict[str, list[JointCell]] | None:
    """Count customers by all attributes at once: what the model of all of them is made of.

    Returns:
        By metric; None where there are too many combinations of levels to be told apart.
    """
    rows = upload.records(_TOGETHER, most=_MOST_CELLS + 1, **_parameters(question))
    if len(rows) > _MOST_CELLS:
        return None
    return {
        metric.name: [
            JointCell(_clean(row["arm"]), _levels(question, row),
                      without_past(metric, _sample(metric, row["n"], row[f"outcome_{place}"])))
            for row in rows
            if _clean(row["arm"])
        ]
        for place, metric in enumerate(question.metrics, start=1)
    }  # fmt: skip


def _parameters(question: Question) -> dict[str, Any]:
    """Return the statement's parameters: free slots name a column that is there."""
    metrics, attributes = question.metrics, question.attributes

    def filled(values: Iterable[object], free: object) -> list[object]:
        return [*values, *[free] * SLOTS][:SLOTS]

    return {
        "arm": question.arm,
        "segment": question.segment,
        "forms": filled((metric.form for metric in metrics), "none"),
        "outcomes": filled((metric.column for metric in metrics), question.arm),
        "caps": filled((metric.cap for metric in metrics), None),
        "beside": filled((metric.beside or question.arm for metric in metrics), question.arm),
        "levels": filled((attribute.column for attribute in attributes), question.arm),
        "kept": filled((attribute.kept for attribute in attributes), None),
        "low": filled((attribute.low for attribute in attributes), None),
        "middle": filled((attribute.middle for attribute in attributes), None),
    }


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
    n_beside = sum(outcome["n_beside"] or 0 for outcome in outcomes)
    is_finite = all(isfinite(outcome[name] or 0.0) for outcome in outcomes for name in _AMOUNTS)
    found = {metric.column: 0}
    if n_read < n or not is_finite or not {outcome["bits"] or 0 for outcome in outcomes} <= {0, 1}:
        found[metric.column] = missing_in(upload, metric.column, metric.form, arm=question.arm)
    if metric.beside and (n_beside < n or not is_finite):
        found[metric.beside] = missing_in(upload, metric.beside, "beside", arm=question.arm)
    if not is_finite:
        raise InputError(f"The amounts in {metric.column!r} are too large to add up.")
    return found


def _samples(
    question: Question, metric: FileMetric, outcome: str, rows: Sequence[Mapping[str, Any]]
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
        sample = _sample(metric, row["n"], row[outcome])
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
        return Ratio(n, own[0], other[0], own[1], other[1], covariance, n_nonzero)
    return Paired(n, *own, n_nonzero, *other, covariance)


def without_past(metric: FileMetric, sample: Outcome) -> Sample:
    """Return a sample as it is, without what was known of its customers before."""
    if not isinstance(sample, Paired):
        return sample
    is_rate = metric.kind == "binary"
    return Counts(sample.n, sample.n_nonzero) if is_rate else sample.outcome
