"""The attributes of a foreign file: their levels, and whether they move the lift.

A column of few different values is taken as it is, one of many numbers by thirds, and of a long
list of words the levels with most customers are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.file_metrics import SLOTS
from personalization.experiments.file_statistics import UNKNOWN, joint_cells, without_past
from personalization.statistics.levels import OTHERS, cells_of, shown_levels
from personalization.statistics.linear_model import joint_model
from personalization.statistics.moderation import Effect, judge_effects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.file_counting import Question
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.file_reading import Upload
    from personalization.experiments.file_statistics import Statistics
    from personalization.statistics.samples import Sample

# The levels with most customers, and the thirds of those that are numbers: by the rank of each
# number among all customers, so that equal numbers share a third.
_LEVELS = """
    WITH slots AS (
        SELECT unnest($slots) AS slot
    ), cells AS (
        SELECT slots.slot,
               CASE slots.slot
                    WHEN 1 THEN CAST(struct_extract("the row", $levels[1]) AS VARCHAR)
                    WHEN 2 THEN CAST(struct_extract("the row", $levels[2]) AS VARCHAR)
                    WHEN 3 THEN CAST(struct_extract("the row", $levels[3]) AS VARCHAR)
                    WHEN 4 THEN CAST(struct_extract("the row", $levels[4]) AS VARCHAR)
                    WHEN 5 THEN CAST(struct_extract("the row", $levels[5]) AS VARCHAR)
                    WHEN 6 THEN CAST(struct_extract("the row", $levels[6]) AS VARCHAR)
                    WHEN 7 THEN CAST(struct_extract("the row", $levels[7]) AS VARCHAR)
                    WHEN 8 THEN CAST(struct_extract("the row", $levels[8]) AS VARCHAR)
                    END AS level
        FROM uploaded($path) AS "the row" CROSS JOIN slots
        WHERE struct_extract("the row", $arm) IS NOT NULL
    ), counted AS (
        SELECT slot, level, amount(level) AS number, count(*) AS n
        FROM cells GROUP BY slot, level
    ), numbers AS (
        SELECT slot, number, sum(n) AS n
        FROM counted WHERE number IS NOT NULL GROUP BY slot, number
    ), ranked AS (
        SELECT slot, number, sum(n) OVER (PARTITION BY slot ORDER BY number) - n AS n_below,
               sum(n) OVER (PARTITION BY slot) - 1 AS n_others
        FROM numbers
    ), thirds AS (
        SELECT slot, min(number) AS low_from,
               max(CASE WHEN n_below * 3 < n_others THEN number END) AS low,
               min(CASE WHEN n_below * 3 >= n_others THEN number END) AS middle_from,
               max(CASE WHEN n_below * 3 < n_others * 2 THEN number END) AS middle,
               min(CASE WHEN n_below * 3 >= n_others * 2 THEN number END) AS high_from,
               max(number) AS high
        FROM ranked GROUP BY slot
    ), sizes AS (
        SELECT slot, coalesce(level, 'not known') AS level, n,
               row_number() OVER (PARTITION BY slot
                                  ORDER BY n DESC, coalesce(level, 'not known')) AS place,
               count(level) OVER (PARTITION BY slot)
                   = count(number) OVER (PARTITION BY slot) AS is_number
        FROM counted
    )
    SELECT sizes.slot, sizes.level, sizes.n, sizes.is_number, thirds.low_from, thirds.low,
           thirds.middle_from, thirds.middle, thirds.high_from, thirds.high
    FROM sizes LEFT JOIN thirds ON thirds.slot = sizes.slot
    WHERE sizes.place <= $most
    ORDER BY sizes.slot, sizes.place
"""
_LOOKED_AT: Final = 12  # levels of each: more than are ever kept


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of customers' attributes, and the levels that it is read by.

    Attributes:
        kept: The levels that keep their names; None where all of them do.
        low: Largest number of the lowest third; None where it is not read by thirds.
        middle: Largest number of the middle third.
        names: What each third is called, from its smallest to its largest number.
        order: All levels in the order in which they are shown.
    """

    column: str
    kept: list[str] | None = None
    low: float | None = None
    middle: float | None = None
    names: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()

    def shown(self, level: str) -> str:
        """Return what a level of the statement is called."""
        return dict(self.names).get(level, level or UNKNOWN)


def attributes_of(upload: Upload, columns: Sequence[str], *, arm: str) -> tuple[Attribute, ...]:
    """Look at the columns and decide on the levels that each is read by.

    Raises:
        InputError: There are too many.
    """
    if not columns:
        return ()
    if len(columns) > SLOTS:
        raise InputError(f"These are {len(columns)} attributes; {SLOTS} go at once.")
    found = upload.records(
        _LEVELS, arm=arm, most=_LOOKED_AT, slots=list(range(1, len(columns) + 1)),
        levels=[*columns, *[arm] * SLOTS][:SLOTS],
    )  # fmt: skip
    return tuple(
        _attribute(column, [row for row in found if row["slot"] == slot])
        for slot, column in enumerate(columns, start=1)
    )


def _attribute(column: str, rows: Sequence[Mapping[str, Any]]) -> Attribute:
    sizes: dict[str, int] = {}
    for row in rows:
        name = row["level"].strip() or UNKNOWN
        sizes[name] = sizes.get(name, 0) + int(row["n"])
    shown = shown_levels(sizes)
    kept = [name for name, shown_as in shown.items() if shown_as != OTHERS]
    if len(kept) == len(shown):
        return Attribute(column, order=tuple(kept))
    if not rows[0]["is_number"] or rows[0]["low"] is None:
        raw = [row["level"] for row in rows if (row["level"].strip() or UNKNOWN) in kept]
        return Attribute(column, kept=raw, order=(*kept, OTHERS))
    row = rows[0]
    bounds = {
        "lowest": (row["low_from"], row["low"]),
        "middle": (row["middle_from"], row["middle"]),
        "highest": (row["high_from"], row["high"]),
    }
    if row["middle"] == row["low"]:  # so many of one number that nobody is left between
        del bounds["middle"]
    if row["high_from"] is None:
        del bounds["highest"]
    names = {third: _span(*ends) for third, ends in bounds.items()}
    return Attribute(
        column, low=row["low"], middle=row["middle"], names=tuple(names.items()),
        order=(*names.values(), UNKNOWN),
    )  # fmt: skip


def _span(low: float, high: float) -> str:
    """Name a third by its smallest and largest number.

    Example:
        >>> _span(29.99, 81.2), _span(1.0, 4.0), _span(0.0, 0.0)
        ('29.99 to 81.2', '1 to 4', '0')
    """
    return f"{low:.10g}" if low == high else f"{low:.10g} to {high:.10g}"


def effects_of(
    upload: Upload,
    question: Question,
    statistics: Statistics,
    *,
    control: str,
    confidence: float,
) -> list[Effect]:
    """Test of every attribute whether it moves the lift, alone and beside the others.

    Looked at are the metrics of which more is wanted, in their declared form; of one with a
    pre-period the outcome itself.

    Returns:
        Metric by metric, arm by arm, in the order of the question; an arm's family is all
        attributes of all arms of a metric.
    """
    if not question.attributes:
        return []
    cells = joint_cells(upload, question)
    columns = [attribute.column for attribute in question.attributes]
    effects = []
    for metric in question.metrics:
        if metric.margin is None and not metric.is_raw:
            found = _screen(question, metric, statistics, control)
            joint = joint_model(cells[metric.name], columns, control=control) if cells else None
            effects += judge_effects(found, confidence, joint=joint)
    return effects


def _screen(
    question: Question, metric: FileMetric, statistics: Statistics, control: str
) -> list[Effect]:
    samples = statistics.samples[metric.name]

    def by_level(slot: int, arm: str) -> dict[str, Sample]:
        return {
            level: without_past(metric, sample)
            for (at, level, of), sample in samples.items()
            if at == slot and of == arm
        }

    return [
        Effect(metric.name, arm, attribute.column, cells_of(
            by_level(slot, arm),
            by_level(slot, control),
            {level: level for level in attribute.order},
        ))
        for arm in sorted(statistics.sizes)
        if arm != control
        for slot, attribute in enumerate(question.attributes, start=1)
    ]  # fmt: skip
