"""The planned analysis of many tests at once: the same verdicts, in arrays.

What ``comparison.compare`` and ``multiplicity.adjust_arms`` say of one test, these functions say
of thousands; tests hold the one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.statistics.intervals import critical_value, score_deviate
from personalization.statistics.multiplicity import dunnett_p
from personalization.statistics.samples import ENOUGH, Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from personalization.statistics.noise import Table

_EQUAL: Final = 1e-6  # planned shares that differ by less are the same
_SMOOTH: Final = 0.9  # up to this shared part the integral needs few steps
_STEPS: Final = 321
_REACH: Final = 12.0
_CHUNK: Final = 500
_MOST_SHARED: Final = 0.999
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Pairs:
    """Each variant and its control in each test, shaped (runs, variants).

    Attributes:
        n_treatment: Customers, shaped (variants,).
        n_control: Of the same segments, shaped (variants,).
        is_binary: Whether both sides are counts.
    """

    n_treatment: NDArray[Any]
    n_control: NDArray[Any]
    mean_treatment: NDArray[Any]
    mean_control: NDArray[Any]
    variance_treatment: NDArray[Any]
    variance_control: NDArray[Any]
    answers_treatment: NDArray[Any]
    answers_control: NDArray[Any]
    is_binary: bool

    @property
    def difference(self) -> NDArray[Any]:
        """Return treatment minus control."""
        difference: NDArray[Any] = self.mean_treatment - self.mean_control
        return difference

    @property
    def lift(self) -> NDArray[Any]:
        """Return the observed relative lift; not a number where the control has nothing."""
        import numpy as np  # noqa: PLC0415

        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.mean_control > 0, self.mean_treatment / self.mean_control, np.nan)
        return ratio - 1

    def exceeds(self, lift: float) -> NDArray[Any]:
        """Tell where more than a lift is seen; anything at all is more than nothing."""
        return self.mean_treatment - (1 + lift) * self.mean_control > _LEAST


def whole_pairs(table: Table) -> Pairs:
    """Put the segments together: each variant against the control of the segments that have it.

    Where the arms have the same shares in all of them that is a sum, else both sides are put to
    the audience's mix of segments.
    """
    import numpy as np  # noqa: PLC0415

    sides = [_sides(table, arm) for arm in range(1, table.n.shape[1])]
    n_t, n_c, mean_t, mean_c, variance_t, variance_c, answers_t, answers_c = (
        np.stack([np.asarray(side[part]) for side in sides], axis=-1) for part in range(8)
    )
    is_binary = table.is_binary and all(side[8] for side in sides)
    return Pairs(n_t, n_c, mean_t, mean_c, variance_t, variance_c, answers_t, answers_c, is_binary)


def cell_pairs(table: Table) -> Pairs:
    """Return every segment's variants against its control, all cells as if they were variants."""
    segments, arms = (table.n[:, 1:] > 0).nonzero()
    pick = (slice(None), segments, arms + 1)
    control = (slice(None), segments, 0)
    return Pairs(
        table.n[segments, arms + 1], table.n[segments, 0],
        table.mean[pick], table.mean[control], table.variance[pick], table.variance[control],
        table.answers[pick], table.answers[control], table.is_binary,
    )  # fmt: skip


def _sides(table: Table, arm: int) -> tuple[Any, ...]:
    """Return sizes, means, variances and answers of an arm and its control, and if it is a sum."""
    import numpy as np  # noqa: PLC0415

    has = (table.n[:, arm] > 0) & (table.n[:, 0] > 0)
    n_t, n_c = table.n[has, arm], table.n[has, 0]
    if not has.any():
        nothing = np.zeros(table.mean.shape[0])
        return 0, 0, nothing, nothing, nothing, nothing, nothing, nothing, True
    ratios = table.weights[has, arm] / table.weights[has, 0]
    is_sum = bool(ratios.max() - ratios.min() <= _EQUAL * ratios.max())
    if is_sum:
        own, other = (_summed(table, has, column) for column in (arm, 0))
    else:
        own, other = _standardised(table, has, arm)
    return n_t.sum(), n_c.sum(), own[0], other[0], own[1], other[1], own[2], other[2], is_sum


def _summed(table: Table, has: NDArray[Any], arm: int) -> tuple[Any, Any, Any]:
    n, mean = table.n[has, arm], table.mean[:, has, arm]
    answers = table.answers[:, has, arm].sum(axis=1)
    together = (n * mean).sum(axis=1) / n.sum()
    if table.is_binary:
        return together, together * (1 - together), answers
    squares = ((n - 1) * table.variance[:, has, arm] + n * (mean - together[:, None]) ** 2).sum(1)
    return together, squares / max(n.sum() - 1, 1), answers


def _standardised(table: Table, has: NDArray[Any], arm: int) -> list[tuple[Any, Any, Any]]:
    """Put an arm and its control to one mix of segments, as ``samples.standardised_pair`` does."""
    import numpy as np  # noqa: PLC0415

    pair = [arm, 0]
    shares = table.n[has].sum(axis=1)
    mix = shares / shares.sum()
    n = table.n[has][:, pair]
    both = n.sum(axis=1)
    answers = table.answers[:, has][:, :, pair].sum(axis=2)
    if table.is_binary:
        spread = answers / both * (1 - answers / both)
        answers = np.minimum(answers, both - answers)
    else:
        squares = (table.variance[:, has][:, :, pair] * (n - 1)).sum(axis=2)
        spread = np.where(both > len(pair), squares / np.maximum(both - len(pair), 1), 0.0)
    expected = (mix * answers / both).sum(axis=1)
    found = []
    for side, column in enumerate(pair):
        mean = (mix * table.mean[:, has, column]).sum(axis=1)
        variance = (mix**2 * spread / n[:, side]).sum(axis=1) * n[:, side].sum()
        worth = 1 / (mix**2 / n[:, side]).sum()
        found.append((mean, variance, np.rint(worth * expected)))
    return found


def deviates(pairs: Pairs) -> NDArray[Any]:
    """Return the test of each pair as a normal deviate; not a number where there is none."""
    return _pooled(pairs) if pairs.is_binary else _welch(pairs)


def _pooled(pairs: Pairs) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415

    n_t, n_c = pairs.n_treatment, pairs.n_control
    rate = (pairs.answers_treatment + pairs.answers_control) / np.maximum(n_t + n_c, 1)
    expected = np.minimum(n_t, n_c) * np.minimum(rate, 1 - rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = pairs.difference / np.sqrt(rate * (1 - rate) * (1 / n_t + 1 / n_c))
    return np.where(expected < ENOUGH - 1e-9, np.nan, z)


def _welch(pairs: Pairs) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415
    from scipy.stats import norm, t  # noqa: PLC0415

    n_t, n_c = np.maximum(pairs.n_treatment, 2), np.maximum(pairs.n_control, 2)
    own, other = pairs.variance_treatment / n_t, pairs.variance_control / n_c
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = pairs.difference / np.sqrt(own + other)
        share = own / (own + other)
        freedom = 1 / (share**2 / (n_t - 1) + (1 - share) ** 2 / (n_c - 1))
        tail = norm.isf(np.maximum(t.sf(np.abs(statistic), freedom), 1e-300))
    fewest = np.minimum(pairs.answers_treatment, pairs.answers_control)
    is_tested = (fewest >= ENOUGH) & (np.minimum(pairs.n_treatment, pairs.n_control) >= ENOUGH)
    return np.where(is_tested & (own + other > 0), np.copysign(tail, statistic), np.nan)


def are_shown(pairs: Pairs, confidence: float) -> NDArray[Any]:
    """Tell which variants are shown to differ from the control, corrected as by ``adjust_arms``."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    z = np.abs(deviates(pairs))
    alpha = 1 - confidence
    is_tested = ~np.isnan(z)
    alone = 2 * ndtr(-np.where(is_tested, z, 0.0))
    family = is_tested.sum(axis=1, keepdims=True)
    is_shown: NDArray[Any] = is_tested & (alone * family < alpha)
    # Between the test of one arm and Bonferroni's the exact correction decides.
    is_open = is_tested & ~is_shown & (alone < alpha)
    runs, arms = is_open.nonzero()
    if len(runs):
        shared = _shared(pairs)[runs]
        ps = _dunnett_ps(z[runs, arms], shared, is_tested[runs])
        is_shown[runs, arms] = ps < alpha
    return is_shown


def _shared(pairs: Pairs) -> NDArray[Any]:
    """Return the control's part of each difference's variance, as ``shared_parts``."""
    import numpy as np  # noqa: PLC0415

    own = pairs.variance_treatment / np.maximum(pairs.n_treatment, 1)
    other = pairs.variance_control / np.maximum(pairs.n_control, 1)
    is_tested = ~np.isnan(deviates(pairs))
    control = np.where(is_tested, other, np.inf).min(axis=1, keepdims=True)
    total = own + other
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(total > 0, np.minimum(control / total, _MOST_SHARED), 0.5)
    return np.where(is_tested, part, 0.5)


def _dunnett_ps(z: NDArray[Any], shared: NDArray[Any], is_tested: NDArray[Any]) -> NDArray[Any]:
    """Return ``dunnett_p`` of many deviates, each with its own family."""
    import numpy as np  # noqa: PLC0415

    ps = np.empty(len(z))
    is_smooth = np.where(is_tested, shared, 0.0).max(axis=1) <= _SMOOTH
    smooth = is_smooth.nonzero()[0]
    for start in range(0, len(smooth), _CHUNK):
        rows = smooth[start : start + _CHUNK]
        ps[rows] = _smooth_ps(z[rows], shared[rows], is_tested[rows])
    for row in (~is_smooth).nonzero()[0]:
        ps[row] = dunnett_p(float(z[row]), [float(v) for v in shared[row][is_tested[row]]])
    return ps


def _smooth_ps(z: NDArray[Any], shared: NDArray[Any], is_tested: NDArray[Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    error = np.linspace(-_REACH, _REACH, _STEPS)
    density = np.exp(-(error**2) / 2) / np.sqrt(2 * np.pi)
    below = np.ones((len(z), _STEPS))
    for arm in range(shared.shape[1]):
        part = shared[:, arm, None]
        own, pull = np.sqrt(1 - part), np.sqrt(part) * error
        inside = ndtr((z[:, None] - pull) / own) - ndtr((-z[:, None] - pull) / own)
        below *= np.where(is_tested[:, arm, None], inside, 1.0)
    ps: NDArray[Any] = np.trapezoid((1 - below) * density, error, axis=1)
    return ps


def hold(
    harmed_treatment: NDArray[Any],
    harmed_control: NDArray[Any],
    n: tuple[int, int],
    *,
    margin: float,
    confidence: float,
) -> NDArray[Any]:
    """Tell where a guardrail is shown to hold, as ``non_inferiority.guard`` says of one test.

    Args:
        harmed_treatment: Customers of the arm who were harmed, shaped (runs,).
        harmed_control: Customers of the control likewise.
        n: Customers of the arm and of the control.
        margin: Bearable increase, as an absolute share.
        confidence: One-sided, in (0, 1).
    """
    import numpy as np  # noqa: PLC0415

    if not min(n):
        return np.zeros(len(harmed_treatment), dtype=bool)
    found, inverse = np.unique(
        np.stack([harmed_treatment, harmed_control]), axis=1, return_inverse=True
    )
    bar = critical_value(2 * confidence - 1)
    holds = [
        score_deviate(Counts(n[0], int(own)), Counts(n[1], int(other)), margin) < -bar
        for own, other in found.T
    ]
    return np.asarray(holds)[inverse.reshape(-1)]
