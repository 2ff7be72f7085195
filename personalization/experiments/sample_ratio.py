"""The sample ratio: whether the groups that are compared are of the sizes that were planned.

After a blocked assignment the draw itself cannot be off; what this finds is people who went
missing on the way to the message, in one group more than in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SMALLEST_CELL: Final = 5  # expected count from which chi-squared holds; the usual rule
_Value = TypeVar("_Value", int, float)


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """The outcome of one check: good, warning, bad or unknown, and why."""

    name: str
    state: str
    message: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """How well the groups' sizes fit the planned weights.

    Attributes:
        p: Chance of sizes at least as far off by luck; None where too few for the test.
        is_leak: Somebody is in an arm that was to have nobody.
        is_alert: The sizes cannot be luck.
    """

    chi2: float | None
    df: int
    p: float | None
    is_leak: bool
    is_alert: bool


def sample_ratio(
    observed: Mapping[str, int], weights: Mapping[str, float], *, alert: float
) -> SampleRatio:
    """Test the sizes of the groups against the planned weights, by chi-squared.

    Args:
        observed: Customers by arm; an arm that is not there has nobody.
        weights: By arm, in any unit.  One of 0 takes no part in the test but must be empty.
        alert: A p below this is an alert, in (0, 1).
    """
    from scipy.stats import chi2 as chi_squared  # noqa: PLC0415

    planned = {arm: weight for arm, weight in weights.items() if weight > 0}
    is_leak = any(n for arm, n in observed.items() if arm not in planned)
    total = sum(observed.get(arm, 0) for arm in planned)
    scale = sum(planned.values())
    expected = {arm: total * weight / scale for arm, weight in planned.items()}
    df = len(planned) - 1
    if df < 1 or min(expected.values()) < _SMALLEST_CELL:
        return SampleRatio(None, max(df, 0), None, is_leak, is_alert=is_leak)
    statistic = sum((observed.get(arm, 0) - n) ** 2 / n for arm, n in expected.items())
    p = float(chi_squared.sf(statistic, df))
    return SampleRatio(statistic, df, p, is_leak, is_alert=is_leak or p < alert)


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
