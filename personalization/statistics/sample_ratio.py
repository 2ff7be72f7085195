"""The sample ratio: whether the groups that are compared are of the sizes that were planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALLEST_CELL: Final = 5  # expected count from which chi-squared holds; the usual rule


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
