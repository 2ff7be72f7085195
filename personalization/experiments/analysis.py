"""From sufficient statistics to results: every arm against the control, corrected as declared.

Pure functions over a handful of values: the campaign's measurement and a foreign file go
through the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from math import ceil, floor, sqrt
from operator import add
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.statistics.comparison import compare
from personalization.statistics.multiplicity import adjust_arms, adjust_cells
from personalization.statistics.samples import Counts, standardised_pair
from personalization.statistics.sequential import always_valid_difference, always_valid_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval
    from personalization.statistics.multiplicity import Adjustment
    from personalization.statistics.samples import Sample

Samples = dict[tuple[str, str], "Sample"]
"""One metric's samples by segment and arm; the segment '' is the whole audience."""

_EQUAL: Final = 1e-6  # planned shares that differ by less are the same


@dataclass(frozen=True, slots=True)
class Result:
    """One arm against the control, in one segment or ('') over all of them.

    Attributes:
        treatment: What the arm came to, as it was compared.
        control: The control's side of it: of the same mix of segments.
        family: The comparisons that are corrected together, in words.
        n_family: How many were planned, those without responses enough among them.
        sequence: Always-valid interval of the difference, over all looks and all of the family;
            None where there is no test.
        sequence_p: The p that goes with it, below 1 - confidence exactly where it leaves out 0.
        rates: Both sides as counts where they were standardised; see ``effective_rates``.
    """

    segment: str
    arm: str
    comparison: Comparison
    adjustment: Adjustment
    treatment: Sample
    control: Sample
    family: str
    n_family: int
    sequence: Interval | None
    sequence_p: float | None
    rates: tuple[Counts, Counts] | None = None


def analyse(
    samples: Mapping[tuple[str, str], Sample],
    *,
    control: str,
    confidence: float,
    weights: Mapping[tuple[str, str], float] | None = None,
) -> list[Result]:
    """Compare every arm with the control: the whole audience by Dunnett, segments by BH.

    A holdout answers another question than the variants do, and is a family of its own.

    Args:
        samples: Of one metric; every segment and '' hold a sample for each of their arms.
        control: Name of the arm that the others are held against.
        confidence: Of the intervals and of each family as a whole, in (0, 1).
        weights: Planned share of every segment's arm.  An arm is held against the control of its
            own segments only, and where the shares differ from segment to segment both sides are
            put to the audience's mix; without them everybody is taken together.

    Returns:
        The whole audience first, then segment by segment; arms in the order of their names.
    """
    arms = sorted({arm for segment, arm in samples if not segment} - {control})
    segments = sorted({segment for segment, _ in samples if segment})
    results = []
    for family in ([a for a in arms if a != HOLDOUT], [a for a in arms if a == HOLDOUT]):
        pairs = [whole_pair(samples, arm, control, weights) for arm in family]
        found = [compare(*pair, confidence) for pair in pairs]
        corrected = adjust_arms(pairs, found, confidence)
        keys = [("", arm) for arm in family]
        results += [
            replace(one, rates=effective_rates(samples, one.arm, control, weights))
            for one in _put_together(keys, pairs, found, corrected, confidence)
        ]
        cells = [
            (s, a)
            for s in segments
            for a in family
            if (s, a) in samples and (s, control) in samples
        ]
        pairs = [(samples[s, a], samples[s, control]) for s, a in cells]
        found = [compare(*pair, confidence) for pair in pairs]
        corrected = adjust_cells(pairs, found, confidence)
        results += _put_together(cells, pairs, found, corrected, confidence)
    return sorted(results, key=lambda result: (result.segment, result.arm))


def _put_together(
    keys: Sequence[tuple[str, str]],
    pairs: Sequence[tuple[Sample, Sample]],
    found: Sequence[Comparison],
    corrected: Sequence[Adjustment],
    confidence: float,
) -> list[Result]:
    return [
        Result(
            *key,
            comparison,
            adjustment,
            *pair,
            family=_family(keys, adjustment.family_size),
            n_family=len(keys),
            sequence=sequence_of(comparison, *pair, 1 - (1 - confidence) / len(keys)),
            sequence_p=_sequence_p(comparison, *pair, confidence, len(keys)),
        )
        for key, pair, comparison, adjustment in zip(keys, pairs, found, corrected, strict=True)
    ]


def _family(keys: Sequence[tuple[str, str]], n_tested: int) -> str:
    """Name the comparisons that are corrected together."""
    segments, arms = {segment for segment, _ in keys}, {arm for _, arm in keys}
    what = "no e-mail" if arms == {HOLDOUT} else f"{len(arms)} variant{'s' * (len(arms) > 1)}"
    words = f"{what} against the control"
    if segments != {""}:
        words += f" in {len(segments)} segment{'s' * (len(segments) > 1)}"
    if n_tested < len(keys):
        words += f"; {n_tested} of {len(keys)} have responses enough to count"
    return words


def sequence_of(
    found: Comparison, treatment: Sample, control: Sample, confidence: float
) -> Interval | None:
    """Return the always-valid interval of a comparison; None where there is no test.

    A difference of shares lies in [-1, 1], however few people there are.
    """
    if found.p is None or found.difference is None:
        return None
    interval = always_valid_difference(treatment, control, confidence=confidence)
    if interval is None or not isinstance(treatment, Counts):
        return interval
    return max(interval[0], -1.0), min(interval[1], 1.0)


def _sequence_p(
    found: Comparison, treatment: Sample, control: Sample, confidence: float, n_family: int
) -> float | None:
    """Return the always-valid p, corrected by Bonferroni as the interval is."""
    error = sqrt(treatment.variance_of_mean + control.variance_of_mean)
    if found.p is None or found.difference is None or not error:
        return None
    n, of_one = treatment.n + control.n, 1 - (1 - confidence) / n_family
    return min(n_family * always_valid_p(found.difference, error, n, confidence=of_one), 1.0)


def whole_pair(
    samples: Mapping[tuple[str, str], Sample],
    arm: str,
    control: str,
    weights: Mapping[tuple[str, str], float] | None,
) -> tuple[Sample, Sample]:
    """Return the arm and its control over the whole audience, as the same mix of people."""
    segments = _segments_of(arm, control, weights)
    shares = _mix(samples, arm, control, weights)
    if shares:
        return standardised_pair(
            {s: samples[s, arm] for s in shares}, {s: samples[s, control] for s in shares}, shares
        )
    if not segments or {s for s, a in samples if a == control and s} == set(segments):
        return samples["", arm], samples["", control]
    return _together(samples, arm, segments), _together(samples, control, segments)


def effective_rates(
    samples: Mapping[tuple[str, str], Sample],
    arm: str,
    control: str,
    weights: Mapping[tuple[str, str], float] | None,
) -> tuple[Counts, Counts] | None:
    """Return a standardised pair of rates as counts, of as many customers as it is worth.

    A guardrail is tested on counts, also where nobody did it yet.  The arm's harm is rounded up
    and the control's down.  None where the pair is not standardised, or no rate.

    References:
        Kish (1965), Survey Sampling, 8.2: the effective sample size under unequal weights.
    """
    shares = _mix(samples, arm, control, weights)
    total = sum(shares.values())
    found = []
    for name, rounded in ((arm, ceil), (control, floor)):
        parts = {s: samples[s, name] for s in shares}
        rates = {s: part for s, part in parts.items() if isinstance(part, Counts)}
        if not rates or len(rates) < len(parts):
            return None
        n = int(1 / sum((shares[s] / total) ** 2 / part.n for s, part in rates.items()))
        mean = sum(shares[s] / total * (part.mean or 0.0) for s, part in rates.items())
        found.append(Counts(n, min(rounded(round(mean * n, 9)), n)))
    return found[0], found[1]


def _segments_of(
    arm: str, control: str, weights: Mapping[tuple[str, str], float] | None
) -> list[str]:
    planned = weights or {}
    return sorted({s for s, a in planned if a == arm and (s, control) in planned})


def _mix(
    samples: Mapping[tuple[str, str], Sample],
    arm: str,
    control: str,
    weights: Mapping[tuple[str, str], float] | None,
) -> dict[str, float]:
    """Return the audience's segments by size, where the planned shares differ between them."""
    segments = _segments_of(arm, control, weights)
    if weights is None or not segments:
        return {}
    ratios = [weights[s, arm] / weights[s, control] for s in segments]
    if max(ratios) - min(ratios) <= _EQUAL * max(ratios):
        return {}
    return {
        s: float(sum(part.n for (at, _), part in samples.items() if at == s))
        for s in segments
        if samples[s, arm].n and samples[s, control].n
    }


def _together(
    samples: Mapping[tuple[str, str], Sample], arm: str, segments: Sequence[str]
) -> Sample:
    parts: list[Any] = [samples[s, arm] for s in segments]
    both: Sample = reduce(add, parts)
    return both


def is_everywhere(weights: Mapping[tuple[str, str], float], arm: str) -> bool:
    """Tell whether every segment with a control has this arm too."""
    controlled = {segment for segment, name in weights if name == CONTROL}
    return controlled <= {segment for segment, name in weights if name == arm}
