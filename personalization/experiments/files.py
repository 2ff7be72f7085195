"""The same analysis for any file with one row for each customer.

The file is counted by one statement; what the counts come to is said by the same functions as
for a campaign, so that both doors give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import HOLDOUT
from personalization.errors import InputError
from personalization.experiments.analysis import analyse
from personalization.experiments.beside import Beside, Prior, Unadjusted, tops
from personalization.experiments.decisions import decide
from personalization.experiments.declared import Declared
from personalization.experiments.file_attributes import attributes_of, effects_of
from personalization.experiments.file_counting import SEGMENT, Question
from personalization.experiments.file_documents import (
    decision_document,
    effect_document,
    result_document,
)
from personalization.experiments.file_health import Health, health_of
from personalization.experiments.file_metrics import roles_of, with_raw
from personalization.experiments.file_reading import reading, refuse_unknown
from personalization.experiments.file_statistics import WHOLE, statistics_of, without_past
from personalization.experiments.readings import Frame, read_result
from personalization.statistics import cuped
from personalization.statistics.bayesian import posterior_of_best
from personalization.statistics.levels import nobody_like
from personalization.statistics.samples import Moments, Paired
from personalization.statistics.shrinkage import DEFAULT_SPREAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.experiments.analysis import Result, Samples
    from personalization.experiments.file_metrics import FileMetric
    from personalization.experiments.file_statistics import Outcome, Statistics
    from personalization.experiments.readings import Reading
    from personalization.statistics.bayesian import Best


@dataclass(frozen=True, slots=True)
class Rule:
    """By what rule a file is read.

    Attributes:
        confidence: Of intervals and of each family, in (0, 1).
        relevant_lift: Relative lift from which a difference matters, in (0, 1].
        alert: Sample-ratio p below which there is no verdict, in (0, 1).
        is_early: Read before the day that was agreed on: the always-valid intervals decide.
    """

    confidence: float = 0.95
    relevant_lift: float = 0.10
    alert: float = 0.001
    is_early: bool = False

    def __post_init__(self) -> None:
        for name, share in (("confidence", self.confidence), ("alert", self.alert)):
            if not 0 < share < 1:
                raise InputError(
                    f"A {name} of {share:g} does not lie between 0 and 1. {_as_fraction(share)}"
                )
        if not self.relevant_lift > 0:
            raise InputError(f"A relevant lift of {self.relevant_lift:g} is not above 0.")
        if self.relevant_lift > 1:
            raise InputError(
                f"A relevant lift of {self.relevant_lift:g} would be "
                f"{self.relevant_lift * 100:,.0f} %. {_as_fraction(self.relevant_lift)}"
            )


def _as_fraction(given: float) -> str:
    """Say how a percentage is written; of what is none, how any is."""
    meant = given if 1 < given < 100 else 10  # noqa: PLR2004  a percentage
    written = f"{meant / 100:g}".ljust(4, "0")
    return f"Write {written} for {meant:g} %."


_RULE: Final = Rule()


def analyze_file(
    path: Path,
    *,
    arm: str,
    control: str,
    metrics: Sequence[FileMetric],
    segment: str | None = None,
    attributes: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    id_column: str | None = None,
    rule: Rule = _RULE,
) -> dict[str, Any]:
    """Analyse a CSV, TSV or Parquet file with one row for each customer.

    Args:
        path: The file; an empty outcome counts as 0 and is reported.
        arm: Column that names each customer's arm; rows without one are left out and reported.
        control: The arm that the others are held against.
        metrics: Outcomes, see ``parse_metric``.  The first one decides; a capped one is followed
            by its raw form.
        segment: Column to split the results by.
        attributes: Columns of which it is asked whether they move the lift.
        weights: Planned shares of the arms in any unit; equal where not given.
        id_column: Column of the customers; with it, a customer who comes twice is found.
        rule: By which the results are read.

    Returns:
        A document for JSON: ``arms``, ``health``, ``results``, ``attributes``, ``decisions`` (what
        to do with each arm) and ``verdict`` (of all); fractions, intervals as lists of two, None
        with a ``reason`` where nothing is defined.  A level's ``n`` is the customers of the arm
        and of the control together.

    Raises:
        InputError: The file cannot be read, or a column, an arm or a value is not as it has to be.
    """
    counted = with_raw(metrics)
    with reading(path) as upload:
        columns = [column for metric in counted for column in metric.columns]
        optional = [name for name in (segment, id_column) if name is not None]
        refuse_unknown(upload, [arm, *columns, *optional, *attributes])
        levels = attributes_of(upload, tuple(dict.fromkeys(attributes)), arm=arm)
        question = Question(arm, tuple(counted), segment, levels)
        found = statistics_of(upload, question)
        if control not in found.sizes:
            there = ", ".join(found.sizes) or "no arms at all"
            raise InputError(f"No row is in arm {control!r}. There are: {there}.")
        health = health_of(
            upload, question, found, weights, id_column, control=control, alert=rule.alert
        )
        effects = effects_of(upload, question, found, control=control, confidence=rule.confidence)
    frame = _frame(counted, health, rule)
    readings = {metric.name: _read(frame, metric, found, control) for metric in counted}
    decisions = decide(frame, [one for of_metric in readings.values() for one in of_metric])
    return {
        "arms": [{"arm": name, "n": n} for name, n in health.sizes.items()],
        "health": health.document,
        "results": [
            result_document(metric, one, control)
            for metric in counted
            for one in readings[metric.name]
        ],
        "attributes": [effect_document(effect, rule.confidence) for effect in effects],
        "decisions": [decision_document(decision) for decision in decisions[1:]],
        "verdict": {"state": decisions[0].state, "sentence": decisions[0].sentence,
                    "reason": decisions[0].reason},
    }  # fmt: skip


def _frame(metrics: Sequence[FileMetric], health: Health, rule: Rule) -> Frame:
    """Return what the results are read under: the asked metrics are what was declared."""
    declared = Declared(
        primary=metrics[0].name,
        roles=roles_of(metrics),
        margins={metric.name: metric.margin for metric in metrics if metric.margin is not None},
        confidence=rule.confidence,
        relevant_lift=rule.relevant_lift,
        is_adjusted=any(metric.pre for metric in metrics),
        analysis_on=None,
        is_simulated=False,
    )
    return Frame(declared, {}, Prior(DEFAULT_SPREAD), health.red, rule.is_early)


def _read(frame: Frame, metric: FileMetric, found: Statistics, control: str) -> list[Reading]:
    """Return a metric's readings: the whole audience first, then segment by segment."""
    cells = _whole_table(found.samples[metric.name], list(found.sizes))
    options: dict[str, Any] = {"control": control, "confidence": frame.declared.confidence}
    plain: Samples = {cell: without_past(metric, sample) for cell, sample in cells.items()}
    results = analyse(plain, **options)
    unadjusted: dict[tuple[str, str], Unadjusted] = {}
    if metric.pre:
        samples, rho_squared = _without_what_was_before(cells)
        unadjusted = {
            (one.segment, one.arm): Unadjusted(one.comparison, rho_squared[one.segment])
            for one in results
        }
        results = analyse(samples, **options)
    best = _best(results, control, is_wanted=metric.metric.is_wanted)
    role, top = frame.declared.roles[metric.name], tops(results, metric.metric)
    return [
        read_result(frame, metric.metric, role, one, Beside(
            best=best.get((one.segment, one.arm)),
            unadjusted=unadjusted.get((one.segment, one.arm)),
            is_top=(one.segment, one.arm) in top,
        ))
        for one in results
    ]  # fmt: skip


def _whole_table(
    samples: Mapping[tuple[int, str, str], Outcome], arms: Sequence[str]
) -> dict[tuple[str, str], Outcome]:
    """Return the samples by segment and arm; an arm that a segment lacks has nobody there."""
    own = {(level, arm): sample for (slot, level, arm), sample in samples.items()
           if slot in (WHOLE, SEGMENT)}  # fmt: skip
    nobody = _nobody_like(next(iter(own.values())))
    segments = sorted({segment for segment, _ in own})
    return {(segment, arm): own.get((segment, arm), nobody) for segment in segments for arm in arms}


def _nobody_like(sample: Outcome) -> Outcome:
    if isinstance(sample, Paired):
        return Paired(0, 0.0, 0.0, 0, 0.0, 0.0, 0.0)
    return nobody_like(sample)


def _without_what_was_before(
    cells: Mapping[tuple[str, str], Outcome],
) -> tuple[Samples, dict[str, float]]:
    """Take out what customers did before, segment by segment; with the share that it took."""
    samples: Samples = {}
    rho_squared = {}
    for segment in dict.fromkeys(at for at, _ in cells):
        paired = {arm: sample for (at, arm), sample in cells.items()
                  if at == segment and isinstance(sample, Paired)}  # fmt: skip
        taken = cuped.adjusted(paired)
        rho_squared[segment] = taken.rho_squared
        moments: dict[str, Moments] = taken.samples
        samples |= {(segment, arm): sample for arm, sample in moments.items()}
    return samples, rho_squared


def _best(
    results: Sequence[Result], control: str, *, is_wanted: bool
) -> dict[tuple[str, str], Best]:
    """Return each arm's chance to be the best, by segment and arm; a holdout got no message."""
    found: dict[tuple[str, str], Best] = {}
    for segment in dict.fromkeys(result.segment for result in results):
        rows = [one for one in results if one.segment == segment and one.arm != HOLDOUT]
        if not rows:
            continue
        arms = {**{one.arm: one.treatment for one in rows}, control: rows[0].control}
        if min(sample.n for sample in arms.values()):
            ranked = posterior_of_best(arms, is_wanted=is_wanted)
            found |= {(segment, arm): best for arm, best in ranked.items()}
    return found
