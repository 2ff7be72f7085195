"""k-means on log-scaled recency, orders and spend: fitted on a sample, assigned in SQL.

Unlogged, the best silhouette is that of a handful of wholesalers against everybody else;
so values are logged and scaled first, and the number of groups is chosen by the smallest
group and by bootstrap agreement, with the silhouette beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from personalization.errors import InputError
from personalization.segmentation.centroid_words import Centre, describe_centres
from personalization.segmentation.history import HISTORY, sample_history, statement
from personalization.segmentation.stability import agreement, silhouette
from personalization.segmentation.values import NO_PURCHASE, Fitted, no_purchase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    import numpy.typing as npt
    from sklearn.cluster import KMeans

    from personalization.segmentation.values import Base
    from personalization.store import Store

    Points = npt.NDArray[np.float64]
    Labels = npt.NDArray[np.int64]

MOST_CLUSTERS: Final = 10
"""As many as ``MEMBERS`` has places for, and more than a team wants to write for."""

SMALLEST_SHARE: Final = 0.05
LEAST_AGREEMENT: Final = 0.80
"""Both hold for the number of groups that is chosen where no number is asked for."""

FEWEST_CLUSTERS: Final = 2

_FEATURES: Final = ("recency", "orders", "spent")
_JUDGED_ON: Final = 5_000
"""Customers on which numbers of groups are compared; the one chosen is fitted on the sample."""

_STARTS: Final = 10
_RESTARTS: Final = 3
_DIGITS: Final = 6
"""Of the saved centroids: coarser than the noise of threads, finer than any difference seen."""

# The distances stand beside each other in one row, so nothing is joined or grouped.  A place
# without a centroid is NULL, which least() passes over; equal distances go to the first.
MEMBERS: Final = statement(
    HISTORY,
    """
    , features AS (
        SELECT history.*,
               (ln(1 + recency_days) - $recency_mean) / $recency_spread AS x,
               (ln(1 + n_orders) - $orders_mean) / $orders_spread AS y,
               (ln(1 + spent) - $spent_mean) / $spent_spread AS z
        FROM history
    ), centroids AS (
        SELECT CAST($x_1 AS DOUBLE) AS x1, CAST($y_1 AS DOUBLE) AS y1, CAST($z_1 AS DOUBLE) AS z1,
               CAST($x_2 AS DOUBLE) AS x2, CAST($y_2 AS DOUBLE) AS y2, CAST($z_2 AS DOUBLE) AS z2,
               CAST($x_3 AS DOUBLE) AS x3, CAST($y_3 AS DOUBLE) AS y3, CAST($z_3 AS DOUBLE) AS z3,
               CAST($x_4 AS DOUBLE) AS x4, CAST($y_4 AS DOUBLE) AS y4, CAST($z_4 AS DOUBLE) AS z4,
               CAST($x_5 AS DOUBLE) AS x5, CAST($y_5 AS DOUBLE) AS y5, CAST($z_5 AS DOUBLE) AS z5,
               CAST($x_6 AS DOUBLE) AS x6, CAST($y_6 AS DOUBLE) AS y6, CAST($z_6 AS DOUBLE) AS z6,
               CAST($x_7 AS DOUBLE) AS x7, CAST($y_7 AS DOUBLE) AS y7, CAST($z_7 AS DOUBLE) AS z7,
               CAST($x_8 AS DOUBLE) AS x8, CAST($y_8 AS DOUBLE) AS y8, CAST($z_8 AS DOUBLE) AS z8,
               CAST($x_9 AS DOUBLE) AS x9, CAST($y_9 AS DOUBLE) AS y9, CAST($z_9 AS DOUBLE) AS z9,
               CAST($x_10 AS DOUBLE) AS x10, CAST($y_10 AS DOUBLE) AS y10,
               CAST($z_10 AS DOUBLE) AS z10
    ), distances AS (
        SELECT features.*,
               (x - x1) * (x - x1) + (y - y1) * (y - y1) + (z - z1) * (z - z1) AS d1,
               (x - x2) * (x - x2) + (y - y2) * (y - y2) + (z - z2) * (z - z2) AS d2,
               (x - x3) * (x - x3) + (y - y3) * (y - y3) + (z - z3) * (z - z3) AS d3,
               (x - x4) * (x - x4) + (y - y4) * (y - y4) + (z - z4) * (z - z4) AS d4,
               (x - x5) * (x - x5) + (y - y5) * (y - y5) + (z - z5) * (z - z5) AS d5,
               (x - x6) * (x - x6) + (y - y6) * (y - y6) + (z - z6) * (z - z6) AS d6,
               (x - x7) * (x - x7) + (y - y7) * (y - y7) + (z - z7) * (z - z7) AS d7,
               (x - x8) * (x - x8) + (y - y8) * (y - y8) + (z - z8) * (z - z8) AS d8,
               (x - x9) * (x - x9) + (y - y9) * (y - y9) + (z - z9) * (z - z9) AS d9,
               (x - x10) * (x - x10) + (y - y10) * (y - y10) + (z - z10) * (z - z10) AS d10
        FROM features CROSS JOIN centroids
    ), members AS (
        SELECT distances.*,
               CASE WHEN recency_days IS NULL THEN $no_purchase
                    ELSE CASE least(d1, d2, d3, d4, d5, d6, d7, d8, d9, d10)
                         WHEN d1 THEN $name_1 WHEN d2 THEN $name_2
                         WHEN d3 THEN $name_3 WHEN d4 THEN $name_4
                         WHEN d5 THEN $name_5 WHEN d6 THEN $name_6
                         WHEN d7 THEN $name_7 WHEN d8 THEN $name_8
                         WHEN d9 THEN $name_9 WHEN d10 THEN $name_10 END
               END AS segment
        FROM distances
    )
""",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How logged recency, orders and spend become comparable: mean 0, standard deviation 1."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]

    @classmethod
    def of(cls, logged: Points) -> Scale:
        """Take means and spreads from the sample; a column that never varies keeps its unit."""
        spreads = logged.std(axis=0)
        return cls(
            tuple(logged.mean(axis=0).tolist()), tuple(np.where(spreads > 0, spreads, 1.0).tolist())
        )

    def scaled(self, logged: Points) -> Points:
        """Return logged values in standard deviations."""
        points: Points = (logged - np.array(self.means)) / np.array(self.spreads)
        return points

    def centres(self, centroids: Points) -> tuple[Centre, ...]:
        """Return centroids with what they mean in days, orders and money."""
        plain = np.expm1(centroids * np.array(self.spreads) + np.array(self.means))
        return tuple(
            Centre(tuple(scaled), tuple(value))
            for scaled, value in zip(centroids.tolist(), plain.tolist(), strict=True)
        )


def fit_kmeans(
    store: Store, base: Base, *, sample: int, seed: int, most_clusters: int, n_clusters: int | None
) -> Fitted:
    """Find the groups that recency, orders and spend suggest, on a sample of the customers.

    Args:
        store: Reads ``customers``.
        base: Whose customers, and the day from which recency is counted.
        sample: Customers that are looked at, at most.
        seed: Of the sample, the starts and the bootstrap.
        most_clusters: 2 up to this many groups are tried, where none is asked for.
        n_clusters: How many groups to make; None for the largest number whose smallest group
            has at least 5 % and whose bootstrap agreement is at least 0.80.

    Raises:
        InputError: Nobody has a dated order, all have the same history, or the number of
            groups is not one that can be made.
    """
    drawn = np.log1p(sample_history(store, base, sample=sample, seed=seed))
    scale = Scale.of(drawn)
    points = scale.scaled(drawn)
    counts = _counts_to_try(points, most_clusters, n_clusters)
    with _one_thread():
        candidates = [_candidate(points[:_JUDGED_ON], n, seed) for n in counts]
        chosen = _choose(candidates)
        centroids = _centroids(points, chosen["n_clusters"], seed)
    groups = describe_centres(scale.centres(centroids))
    return Fitted(
        "kmeans",
        {
            "n_clusters": len(centroids),
            "names": [group.name for group in groups],
            "centroids": centroids.tolist(),
            "means": list(scale.means),
            "spreads": list(scale.spreads),
            "candidates": candidates,
            "customers_fitted": len(points),
            "seed": seed,
        },
        (*groups, no_purchase(*(group.name for group in reversed(groups)))),
        silhouette=chosen["silhouette"],
        bootstrap_agreement=chosen["bootstrap_agreement"],
        notes=() if _is_good(chosen) else (_warning(chosen),),
    )


def bind(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    """Return what ``MEMBERS`` is bound to; ``names`` says what each group is called by now."""
    bound: dict[str, object] = {"no_purchase": names.get(NO_PURCHASE, NO_PURCHASE)}
    for column, feature in enumerate(_FEATURES):
        bound[f"{feature}_mean"] = parameters["means"][column]
        bound[f"{feature}_spread"] = parameters["spreads"][column]
    for place in range(MOST_CLUSTERS):
        is_used = place < parameters["n_clusters"]
        name = parameters["names"][place] if is_used else None
        x, y, z = parameters["centroids"][place] if is_used else (None, None, None)
        n = place + 1
        bound |= {f"x_{n}": x, f"y_{n}": y, f"z_{n}": z, f"name_{n}": names.get(name or "", name)}
    return bound


def distances_of(
    recency_days: float, n_orders: float, spent: float, parameters: Mapping[str, Any]
) -> list[tuple[float, str]]:
    """Return one customer's distance to each centroid, nearest first, in standard deviations."""
    scale = Scale(tuple(parameters["means"]), tuple(parameters["spreads"]))
    point = scale.scaled(np.log1p([[recency_days, n_orders, spent]]))
    apart = np.linalg.norm(np.array(parameters["centroids"]) - point, axis=1)
    return sorted(zip(apart.tolist(), parameters["names"], strict=True))


def _counts_to_try(points: Points, most_clusters: int, asked: int | None) -> list[int]:
    n_distinct = len(np.unique(points, axis=0))
    if n_distinct < FEWEST_CLUSTERS:
        raise InputError(
            "All customers have the same history, so there is nothing to tell groups apart by. "
            "Group them by rules."
        )
    most = min(MOST_CLUSTERS, n_distinct)
    if asked is None:
        return list(range(FEWEST_CLUSTERS, max(FEWEST_CLUSTERS, min(most, most_clusters)) + 1))
    if not FEWEST_CLUSTERS <= asked <= most:
        raise InputError(
            f"{asked} groups cannot be made of these customers. "
            f"Ask for {FEWEST_CLUSTERS} to {most}."
        )
    return [asked]


def _candidate(points: Points, n_clusters: int, seed: int) -> dict[str, Any]:
    """Say how good a grouping into ``n_clusters`` is; the choice and the page read it."""
    labels: Labels = _fit(points, n_clusters, seed, _STARTS).labels_
    return {
        "n_clusters": n_clusters,
        "smallest_share": float(np.bincount(labels).min() / len(points)),
        "bootstrap_agreement": agreement(
            points,
            lambda some, every: _fit(some, n_clusters, seed, _RESTARTS).predict(every),
            seed=seed,
        ),
        "silhouette": silhouette(points, labels),
    }


def _choose(candidates: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the largest number of groups that is good, or else the one that agrees best."""
    good = [candidate for candidate in candidates if _is_good(candidate)]
    return good[-1] if good else max(candidates, key=lambda found: found["bootstrap_agreement"])


def _is_good(candidate: Mapping[str, Any]) -> bool:
    return bool(
        candidate["smallest_share"] >= SMALLEST_SHARE
        and candidate["bootstrap_agreement"] >= LEAST_AGREEMENT
    )


def _warning(chosen: Mapping[str, Any]) -> str:
    return (
        f"Take these {chosen['n_clusters']} groups with care: the smallest has "
        f"{chosen['smallest_share']:.1%} of the buyers, and on resampled customers the groups "
        f"agree by {chosen['bootstrap_agreement']:.2f}. At least 5% and 0.80 are advised."
    )


def _centroids(points: Points, n_clusters: int, seed: int) -> Points:
    """Return the centroids in scaled units, highest spend first."""
    found: Points = np.round(_fit(points, n_clusters, seed, _STARTS).cluster_centers_, _DIGITS)
    ordered: Points = found[np.lexsort(found.T)[::-1]]
    return ordered


def _fit(points: Points, n_clusters: int, seed: int, starts: int) -> KMeans:
    from sklearn.cluster import KMeans  # noqa: PLC0415

    return KMeans(n_clusters, n_init=starts, random_state=seed).fit(points)


def _one_thread() -> AbstractContextManager[object]:
    """Keep to one thread: sums in another order differ, and small fits only wait for each other."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
