"""Counting a foreign file: all metrics by arm, segment and attribute level in one pass over it.

Metrics and attributes sit in slots whose number is fixed, so that the text is the same for every
file; a free slot costs nothing, because its form is a constant that the engine folds away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.file_metrics import SLOTS
from personalization.experiments.file_reading import missing_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.experiments.file_attributes import Attribute
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.file_reading import Upload

# The common question by a short text: up to four outcomes that stand alone, and no attributes.
_FEW = """
    SELECT 0 AS slot, grouping(segment) = 1 AS is_whole, segment AS level, arm, count(*) AS n,
           summed($forms[1], flag_1, value_1) AS outcome_1,
           summed($forms[2], flag_2, value_2) AS outcome_2,
           summed($forms[3], flag_3, value_3) AS outcome_3,
           summed($forms[4], flag_4, value_4) AS outcome_4
    FROM few_outcomes($path, $arm, $segment, $forms, $outcomes, $caps)
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
           summed($forms[1], flag_1, value_1) AS outcome_1,
           summed_beside($forms[1], flag_1, value_1, beside_1) AS paired_1,
           summed($forms[2], flag_2, value_2) AS outcome_2,
           summed_beside($forms[2], flag_2, value_2, beside_2) AS paired_2,
           summed($forms[3], flag_3, value_3) AS outcome_3,
           summed_beside($forms[3], flag_3, value_3, beside_3) AS paired_3,
           summed($forms[4], flag_4, value_4) AS outcome_4,
           summed_beside($forms[4], flag_4, value_4, beside_4) AS paired_4,
           summed($forms[5], flag_5, value_5) AS outcome_5,
           summed_beside($forms[5], flag_5, value_5, beside_5) AS paired_5,
           summed($forms[6], flag_6, value_6) AS outcome_6,
           summed_beside($forms[6], flag_6, value_6, beside_6) AS paired_6,
           summed($forms[7], flag_7, value_7) AS outcome_7,
           summed_beside($forms[7], flag_7, value_7, beside_7) AS paired_7,
           summed($forms[8], flag_8, value_8) AS outcome_8,
           summed_beside($forms[8], flag_8, value_8, beside_8) AS paired_8
    FROM placed
    GROUP BY GROUPING SETS ((slot, arm), (slot, level, arm))
    ORDER BY 1, 2, 3, 4
"""
_TOGETHER = """
    SELECT arm, level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8,
           count(*) AS n,
           summed($forms[1], flag_1, value_1) AS outcome_1,
           summed_beside($forms[1], flag_1, value_1, beside_1) AS paired_1,
           summed($forms[2], flag_2, value_2) AS outcome_2,
           summed_beside($forms[2], flag_2, value_2, beside_2) AS paired_2,
           summed($forms[3], flag_3, value_3) AS outcome_3,
           summed_beside($forms[3], flag_3, value_3, beside_3) AS paired_3,
           summed($forms[4], flag_4, value_4) AS outcome_4,
           summed_beside($forms[4], flag_4, value_4, beside_4) AS paired_4,
           summed($forms[5], flag_5, value_5) AS outcome_5,
           summed_beside($forms[5], flag_5, value_5, beside_5) AS paired_5,
           summed($forms[6], flag_6, value_6) AS outcome_6,
           summed_beside($forms[6], flag_6, value_6, beside_6) AS paired_6,
           summed($forms[7], flag_7, value_7) AS outcome_7,
           summed_beside($forms[7], flag_7, value_7, beside_7) AS paired_7,
           summed($forms[8], flag_8, value_8) AS outcome_8,
           summed_beside($forms[8], flag_8, value_8, beside_8) AS paired_8
    FROM people($path, $arm, $segment, $forms, $outcomes, $caps, $beside, $levels, $kept,
                    $low, $middle)
    GROUP BY arm, level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    LIMIT $most
"""

SEGMENT: Final = 0
"""The slot of the segments; the attributes follow it."""

_SHORT: Final = 4  # outcomes of the short text
_ASKED: Final = ("arm", "segment", "forms", "outcomes", "caps")  # and what it takes


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


def counted(upload: Upload, question: Question) -> list[dict[str, Any]]:
    """Count a file by arm, by segment x arm and by level of each attribute x arm.

    Returns:
        Rows of ``slot`` (``SEGMENT``, or the place of an attribute), ``is_whole`` (all levels
        together), ``level``, ``arm``, ``n`` and the statistics of each outcome: ``outcome_1`` and
        so on, or ``paired_1`` with what goes with it.

    Raises:
        InputError: An amount cannot be added up.
    """
    parameters = _parameters(question)
    is_alone = not any(metric.beside for metric in question.metrics)
    try:
        if is_alone and len(question.metrics) <= _SHORT and not question.attributes:
            return upload.records(_FEW, **{name: parameters[name] for name in _ASKED})
        n_attributes = len(question.attributes)
        upload.learn_wide()
        slots = [slot for slot in range(n_attributes + 1) if slot or question.segment] or [0]
        return upload.records(_BY_LEVEL, slots=slots, **parameters)
    except InputError:
        for metric in question.metrics:  # an infinite amount, more likely than not: name it
            missing_in(upload, metric.column, metric.form, arm=question.arm)
            if metric.beside:
                missing_in(upload, metric.beside, "beside", arm=question.arm)
        raise


def counted_together(upload: Upload, question: Question, *, most: int) -> list[dict[str, Any]]:
    """Count a file by arm and the levels of all attributes at once; ``most`` rows and no more."""
    upload.learn_wide()
    return upload.records(_TOGETHER, most=most, **_parameters(question))


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
