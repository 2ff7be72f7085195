"""The sample ratio of an experiment, over the whole audience and in every segment.

After a blocked assignment the draw itself cannot be off; what this finds is people who went
missing on the way to the message, in one group more than in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from personalization.domain import HOLDOUT
from personalization.statistics.sample_ratio import SampleRatio, sample_ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Value = TypeVar("_Value", int, float)


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """The outcome of one check: good, warning, bad or unknown, and why."""

    name: str
    state: str
    message: str
    detail: dict[str, Any]


def sample_ratio_finding(
    sizes: Mapping[tuple[str, str], int],
    weights: Mapping[tuple[str, str], float],
    *,
    alert: float,
) -> HealthFinding:
    """Check the groups' sizes over the whole audience and in every segment.

    Args:
        sizes: Customers by segment and arm, '' for the whole audience.
        weights: Planned shares by segment and arm.
        alert: See ``sample_ratio``; segments share it among them.
    """
    segments = sorted({segment for segment, _ in weights})
    n_segment = {s: sum(n for (at, _), n in sizes.items() if at == s) for s in segments}
    shares: dict[str, float] = {}
    for (segment, arm), weight in weights.items():
        shares[arm] = shares.get(arm, 0.0) + weight * n_segment[segment]
    whole = sample_ratio(_of(sizes, ""), shares, alert=alert)
    cells = {
        s: sample_ratio(_of(sizes, s), _of(weights, s), alert=alert / len(segments))
        for s in segments
    }
    off = [segment for segment, ratio in cells.items() if ratio.is_alert]
    state, message = _in_words(whole, off)
    detail = {
        "observed": _of(sizes, ""), "expected": dict(shares),
        "chi2": whole.chi2, "df": whole.df, "p": whole.p, "leak": whole.is_leak,
        "segments_off": off,
    }  # fmt: skip
    return HealthFinding("sample_ratio", state, message, detail)


def ratio_of_groups(
    sizes: Sequence[Mapping[str, Any]],
    statistics: Sequence[Mapping[str, Any]],
    weights: Mapping[tuple[str, str], float],
    *,
    alert: float,
) -> HealthFinding:
    """Check the draw, what was sent and what is analysed against the planned shares.

    A holdout is there in the draw only: nothing is sent to it, so nobody can go missing from it
    on the way, and holding it against arms from which people may go missing would call every
    suppressed address a fault.

    Args:
        sizes: By segment and arm: n_drawn and n_sent.
        statistics: The rows of ``arm_statistics``: who is analysed.
        weights: Planned shares by segment and arm.
        alert: See ``sample_ratio``.
    """
    messages = without_holdout(weights)
    drawn = with_whole(sizes, "n_drawn")
    sent = with_whole(sizes, "n_sent", without=HOLDOUT)
    analysed = {
        (row["level"], row["arm"]): int(row["n"])
        for row in statistics
        if row["attribute"] in ("", "segment") and row["arm"] != HOLDOUT
    }
    checks = {
        "drawn": sample_ratio_finding(drawn, weights, alert=alert),
        "sent": sample_ratio_finding(sent, messages, alert=alert),
        "analysed": sample_ratio_finding(analysed, messages, alert=alert),
    }
    deciding = checks["analysed"]
    for stage in ("analysed", "sent", "drawn"):
        if checks[stage].state == "bad":
            deciding = checks[stage]
    lost = sum(drawn.get(("", a), 0) for a in {a for _, a in messages}) - sum(
        n for (segment, _), n in sent.items() if not segment
    )
    message = deciding.message
    if lost > 0:
        message += (
            f" {lost:,} people were assigned but not sent to; they are left out of every arm alike."
        )
        if len(messages) < len(weights):
            message += " The holdout counts as it was drawn."
    detail = {**deciding.detail, "stages": {name: one.detail for name, one in checks.items()},
              "assigned_not_sent": lost}  # fmt: skip
    return HealthFinding("sample_ratio", deciding.state, message, detail)


def with_whole(
    sizes: Sequence[Mapping[str, Any]], column: str, *, without: str = ""
) -> dict[tuple[str, str], int]:
    """Return a count by segment and arm, and under '' over all segments."""
    found: dict[tuple[str, str], int] = {}
    for row in sizes:
        if row["arm"] != without:
            for segment in (row["segment"], ""):
                cell = (segment, row["arm"])
                found[cell] = found.get(cell, 0) + int(row[column])
    return found


def without_holdout(weights: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Return the planned shares among those who are written to; they sum to 1 a segment again."""
    rest = {cell: weight for cell, weight in weights.items() if cell[1] != HOLDOUT}
    totals: dict[str, float] = {}
    for (segment, _), weight in rest.items():
        totals[segment] = totals.get(segment, 0.0) + weight
    return {cell: weight / totals[cell[0]] for cell, weight in rest.items() if totals[cell[0]]}


def _in_words(whole: SampleRatio, off: Sequence[str]) -> tuple[str, str]:
    """Return the state and the message; ``off`` names the segments that alert."""
    if whole.is_alert or off:
        where = f" in {', '.join(off)}" if off else ""
        return "bad", (
            f"The groups{where} are not of the planned sizes, beyond what luck explains. Something "
            "took people out of one and not of another; find out what before reading a lift."
        )
    if whole.p is None:
        return "unknown", "Too few people to tell whether the split is as planned."
    return "good", f"The groups are of the planned sizes (p = {whole.p:.2g})."


def _of(cells: Mapping[tuple[str, str], _Value], segment: str) -> dict[str, _Value]:
    return {arm: value for (at, arm), value in cells.items() if at == segment}
