"""x"""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPREAD: Final = 9  # standard deviations of a count that are looked at; beyond is below 1e-18


def noise_share(rate: float, n_control: int, n_arms: Sequence[int], *, lift: float) -> float:
    """Return how often some arm shows more than ``lift`` although no message does anything.

    Exact: over every count that the control may have, the chance that all arms stay below.

    Args:
        rate: Of everybody, in (0, 1).
        n_control: Customers in the control.
        n_arms: Customers in each arm.
        lift: What is looked for, such as 0.10.

    Example:
        >>> round(noise_share(0.10, 125, [125, 125, 125], lift=0.10), 2)
        0.63
    """
    import numpy as np  # noqa: PLC0415
    from scipy.stats import binom  # noqa: PLC0415

    middle, spread = n_control * rate, _SPREAD * sqrt(n_control * rate * (1 - rate)) + _SPREAD
    lowest, highest = max(0, int(middle - spread)), min(n_control, ceil(middle + spread))
    if n_control <= 0 or not n_arms:
        return 0.0
    counts = np.arange(lowest, highest + 1)
    below = np.ones(len(counts))
    for n in n_arms:
        # A hair above, so that 11 of 100 is not more than 10 % above 10 of 100 by rounding.
        below *= binom.cdf(np.floor((1 + lift) * counts * n / n_control + 1e-9), n, rate)
    return float(1 - (binom.pmf(counts, n_control, rate) * below).sum())
