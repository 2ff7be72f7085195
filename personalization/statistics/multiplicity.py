"""Several comparisons at once: what each p and interval is worth then.

Arms against one control: Dunnett, whose p and interval come from one statistic and so can
never disagree.  Segments times arms: Benjamini and Hochberg within the declared family.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.statistics.comparison import difference_at
from personalization.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval
    from personalization.statistics.samples import Sample

_STEPS: Final = 4001  # of the integral; the trapezoid rule is exact to the last digits by far
_STEP_UP: Final = ("fdr_bh", "fdr_by")
_MOST_SHARED: Final = 0.999  # an arm without any variance of its own still has a little


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a comparison is worth as one of its family.

    Attributes:
        p_adjusted: None where the comparison has no p.
        difference_ci_adjusted: Excludes 0 exactly where p_adjusted is below 1 - confidence; None
            where the correction has no intervals.
        family_size: How many comparisons the correction is for.
        method: The correction's name.
    """

    p_adjusted: float | None
    difference_ci_adjusted: Interval | None
    family_size: int
    method: str


def adjust_arms(
    pairs: Sequence[tuple[Sample, Sample]],
    comparisons: Sequence[Comparison],
    confidence: float,
) -> list[Adjustment]:
    """Correct arms that share a control: the largest of their deviates is what chance gives.

    Args:
        pairs: Treatment and control of each arm; a control may be a part of another's.
        comparisons: Of these pairs, in the same order.  Those without a p are no part of the
            family: whether there is one hangs on the number of responses, not on the effect.
        confidence: Of the family as a whole, in (0, 1).

    References:
        Dunnett (1955), Journal of the American Statistical Association 50, 1096-1121.
    """
    tested = [i for i, found in enumerate(comparisons) if found.z is not None]
    shared = shared_parts([pairs[i] for i in tested])
    critical = dunnett_critical(shared, confidence) if tested else 0.0
    nothing = Adjustment(None, None, len(tested), "Dunnett")
    adjusted = [nothing] * len(comparisons)
    for i in tested:
        z = comparisons[i].z
        if z is not None:
            adjusted[i] = Adjustment(
                dunnett_p(abs(z), shared),
                difference_at(*pairs[i], critical),
                len(tested),
                "Dunnett",
            )
    return adjusted


def shared_parts(pairs: Sequence[tuple[Sample, Sample]]) -> list[float]:
    """Return how much of each difference's variance is the control's, in [0, 1)."""
    if not pairs:
        return []
    control = min(control.variance_of_mean for _, control in pairs)
    sums = [t.variance_of_mean + c.variance_of_mean for t, c in pairs]
    return [min(control / total, _MOST_SHARED) if total else 0.5 for total in sums]


def dunnett_p(z: float, shared: Sequence[float]) -> float:
    """Return the chance that no effect at all shows a deviate of ``z`` or more in some arm.

    Given the control's own error the arms are independent; the integral is over that error.

    Args:
        z: Not below 0.
        shared: One part for each arm, in [0, 1): see ``shared_parts``.

    Example:
        >>> round(dunnett_p(2.349, [0.5, 0.5, 0.5]), 3)
        0.05
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    reach = z + 9.0
    error = np.linspace(-reach, reach, _STEPS)
    parts = np.asarray(shared)[:, None]
    own = np.sqrt(1 - parts)
    pull = np.sqrt(parts) * error
    beyond = ndtr((-z - pull) / own) + ndtr((-z + pull) / own)
    with np.errstate(divide="ignore"):  # certain to be beyond: log 0 is meant
        some = -np.expm1(np.log1p(-np.minimum(beyond, 1.0)).sum(axis=0))
    density = np.exp(-(error**2) / 2) / np.sqrt(2 * np.pi)
    return float(min(np.trapezoid(some * density, error), 1.0))


def dunnett_critical(shared: Sequence[float], confidence: float) -> float:
    """Return the deviate that no arm passes with probability ``confidence``, without effect.

    Example:
        >>> round(dunnett_critical([0.5, 0.5], 0.95), 2)
        2.21
    """
    from scipy.optimize import brentq  # noqa: PLC0415

    def excess(z: float) -> float:
        return dunnett_p(z, shared) - (1 - confidence)

    # No more than Bonferroni's, no less than that of one arm alone; a hair wider for rounding.
    alone, bonferroni = (critical_value(1 - (1 - confidence) / k) for k in (1, len(shared)))
    return float(brentq(excess, alone - 1e-3, bonferroni + 1e-3, xtol=1e-12))


def adjust_cells(
    pairs: Sequence[tuple[Sample, Sample]],
    comparisons: Sequence[Comparison],
    confidence: float,
) -> list[Adjustment]:
    """Correct the cells of a declared family; those without a p are no part of it.

    With R of m cells found, every interval is one at 1 - R (1 - confidence) / m: of the intervals
    that leave out 0 no more than 1 - confidence miss on average.  R is taken as 1 where nothing
    was found.

    Args:
        pairs: Treatment and control of each cell.
        comparisons: Of these pairs, in the same order.
        confidence: Of the family as a whole, in (0, 1).

    References:
        Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.
        Benjamini and Yekutieli (2005), Journal of the American Statistical Association 100, 71-81:
        the intervals.
    """
    ps = adjusted_ps([found.p for found in comparisons], method="fdr_bh")
    size = sum(p is not None for p in ps)
    n_found = sum(p is not None and p < 1 - confidence for p in ps)
    each = 1 - max(n_found, 1) * (1 - confidence) / size if size else confidence
    critical = critical_value(each)
    return [
        Adjustment(
            p,
            None if p is None else difference_at(*pair, critical),
            size,
            "Benjamini-Hochberg",
        )
        for p, pair in zip(ps, pairs, strict=True)
    ]


def adjusted_ps(ps: Sequence[float | None], *, method: str) -> list[float | None]:
    """Return the adjusted p of each p: by fdr_bh or fdr_by (step up), or holm (step down).

    References:
        Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
        Benjamini and Yekutieli (2001), Annals of Statistics 29, 1165-1188.
    """
    known = sorted((p, i) for i, p in enumerate(ps) if p is not None)
    size = len(known)
    if method == "holm":
        factors = [float(size - rank) for rank in range(size)]
        adjusted = list(accumulate((f * p for f, (p, _) in zip(factors, known, strict=True)), max))
    elif method in _STEP_UP:
        dearer = sum(1 / rank for rank in range(1, size + 1)) if method == "fdr_by" else 1.0
        factors = [dearer * size / rank for rank in range(size, 0, -1)]
        raised = (f * p for f, (p, _) in zip(factors, reversed(known), strict=True))
        adjusted = list(accumulate(raised, min))[::-1]
    else:
        raise InputError(f"There is no correction '{method}'. It knows: holm, fdr_bh, fdr_by.")
    by_place = {i: min(p, 1.0) for p, (_, i) in zip(adjusted, known, strict=True)}
    return [by_place.get(i) for i in range(len(ps))]
