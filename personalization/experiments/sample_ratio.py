"""The sample ratio of an experiment, over the whole audience and in every segment.

After a blocked assignment the draw itself cannot be off; what this finds is people who went
missing on the way to the message, in one group more than in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

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
