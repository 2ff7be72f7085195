"""Whether a grouping is more than chance: bootstrap agreement and silhouette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Points = npt.NDArray[np.float64]
    Labels = npt.NDArray[np.int64]

RESAMPLES: Final = 20
_MOST_POINTS: Final = 5_000
"""More points make neither figure sharper in its second digit, only slower."""


def agreement(points: Points, relabel: Callable[[Points, Points], Labels], *, seed: int) -> float:
    """Fit again on resampled customers, and see how far the same people stay together.

    Args:
        points: One row for each customer; the first 5,000 are used.
        relabel: Fits on its first argument, and labels its second.
        seed: Of the resampling.

    Returns:
        Mean adjusted Rand index over 20 resamples against the fit on all points: 1 for the
        same grouping each time, about 0 for chance.

    References:
        Hubert and Arabie (1985), Comparing partitions; Hennig (2007), Cluster-wise assessment
        of cluster stability.
    """
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415

    points = points[:_MOST_POINTS]
    reference = relabel(points, points)
    rng = np.random.default_rng(seed)
    draws = (rng.integers(0, len(points), len(points)) for _ in range(RESAMPLES))
    scores = [adjusted_rand_score(reference, relabel(points[draw], points)) for draw in draws]
    return float(np.mean(scores))


def silhouette(points: Points, labels: Labels) -> float | None:
    """Return the mean silhouette in [-1, 1] of the first 5,000 points; None for a single group.

    References:
        Rousseeuw (1987), Silhouettes: a graphical aid.
    """
    from sklearn.metrics import silhouette_score  # noqa: PLC0415

    points, labels = points[:_MOST_POINTS], labels[:_MOST_POINTS]
    if not 1 < len(np.unique(labels)) < len(points):
        return None
    return float(silhouette_score(points, labels))
