"""From sufficient statistics to results: every arm against the control, corrected as declared.

Pure functions over a handful of values: the campaign's measurement and a foreign file go
through the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from personalization.domain import HOLDOUT
from personalization.statistics.comparison import compare
from personalization.statistics.multiplicity import adjust_arms, adjust_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.statistics.comparison import Comparison
    from personalization.statistics.multiplicity import Adjustment
    from personalization.statistics.samples import Sample

Samples = dict[tuple[str, str], "Sample"]
"""One metric's samples by segment and arm; the segment '' is the whole audience."""


@dataclass(frozen=True, slots=True)
class Result:
    """One arm against the control, in one segment or ('') over all of them."""

    segment: str
    arm: str
    comparison: Comparison
    adjustment: Adjustment


def analyse(
    samples: Mapping[tuple[str, str], Sample],
    *,
    control: str,
    confidence: float,
    runs_in: Mapping[str, Sequence[str]] | None = None,
) -> list[Result]:
    """Compare every arm with the control: the whole audience by Dunnett, segments by BH.

    A holdout answers another question than the variants do, and is a family of its own.

    Args:
        samples: Of one metric; every segment and '' hold a sample for each of their arms.
        control: Name of the arm that the others are held against.
        confidence: Of the intervals and of each family as a whole, in (0, 1).
        runs_in: The segments that each arm is in; an arm is held against the control of these
            segments only, so that both sides are the same mix of people.  All where not given.

    Returns:
        The whole audience first, then segment by segment; arms in the order of their names.
    """
    arms = sorted({arm for segment, arm in samples if not segment} - {control})
    segments = sorted({segment for segment, _ in samples if segment})
    results = []
    for family in ([a for a in arms if a != HOLDOUT], [a for a in arms if a == HOLDOUT]):
        pairs = [
            (samples["", arm], _control_of(samples, control, runs_in.get(arm) if runs_in else None))
            for arm in family
        ]
        found = [compare(treatment, base, confidence) for treatment, base in pairs]
        corrected = adjust_arms(pairs, found, confidence)
        results += [Result("", *parts) for parts in zip(family, found, corrected, strict=True)]
        cells = [
            (s, a)
            for s in segments
            for a in family
            if (s, a) in samples and (s, control) in samples
        ]
        found = [compare(samples[s, a], samples[s, control], confidence) for s, a in cells]
        adjusted = adjust_cells([one.p for one in found])
        results += [
            Result(*cell, one, correction)
            for cell, one, correction in zip(cells, found, adjusted, strict=True)
        ]
    return sorted(results, key=lambda result: (result.segment, result.arm))


def _control_of(
    samples: Mapping[tuple[str, str], Sample], control: str, segments: Sequence[str] | None
) -> Sample:
    """Return the control's sample over the given segments, or over the whole audience."""
    parts = [samples[s, control] for s in segments or () if (s, control) in samples]
    return reduce(add, parts) if parts else samples["", control]
