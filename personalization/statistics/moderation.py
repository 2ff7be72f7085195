"""Whether an attribute moves the lift, judged on counts alone.

Cochran's Q tells whether the differences between arm and control vary over the levels by more
than luck.  On the scale of percentage points, on purpose: on that of odds every attribute that
goes with a higher base rate looks like a driver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MODERATES: Final = "moderates"
NO_EVIDENCE: Final = "no_evidence"
NOT_ENOUGH_DATA: Final = "not_enough_data"

SMALLEST_CELL: Final = 30
"""People that a level needs in the arm and in the control to be read."""

_ENOUGH: Final = 5  # expected responses in each of the two, as for any test of rates
_LEVELS: Final = 5  # that an attribute keeps; the rest of a long list is put together
_OTHER: Final = "(all others)"
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """Responses of one level of an attribute: the arm's and the control's, of so many people."""

    level: str
    n_treatment: int
    x_treatment: int
    n_control: int
    x_control: int

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            self.level,
            self.n_treatment + other.n_treatment,
            self.x_treatment + other.x_treatment,
            self.n_control + other.n_control,
            self.x_control + other.x_control,
        )

    @property
    def is_enough(self) -> bool:
        """Tell whether there are enough people and responses on both sides."""
        n = min(self.n_treatment, self.n_control)
        if n < SMALLEST_CELL:
            return False
        rate = (self.x_treatment + self.x_control) / (self.n_treatment + self.n_control)
        return n * min(rate, 1 - rate) >= _ENOUGH

    @property
    def difference(self) -> float | None:
        """Return treatment minus control, a difference of rates; None where a side is empty."""
        if not self.n_treatment or not self.n_control:
            return None
        return self.x_treatment / self.n_treatment - self.x_control / self.n_control

    @property
    def variance(self) -> float:
        """Return the variance of the difference; a side without response has half a one."""
        return _rate_variance(self.x_treatment, self.n_treatment) + _rate_variance(
            self.x_control, self.n_control
        )


def _rate_variance(x: int, n: int) -> float:
    rate = min(max(x, 0.5), n - 0.5) / n
    return rate * (1 - rate) / n


@dataclass(frozen=True, slots=True)
class Effect:
    """What one attribute does to one arm's lift.

    Attributes:
        cells: One for each level, those with too few people among them.
        q: Cochran's Q over the levels with enough data; None with fewer than two of them.
        p: Of Q, by chi-squared.
        p_holm: Corrected for all attributes and arms of the metric.
        verdict: moderates, no_evidence or not_enough_data.
    """

    metric: str
    arm: str
    attribute: str
    cells: tuple[Cell, ...]
    q: float | None = None
    p: float | None = None
    p_holm: float | None = None
    verdict: str = NOT_ENOUGH_DATA


def longest(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Keep the levels with most people, and put the rest of a long list together."""
    by_size = sorted(cells, key=lambda c: (-c.n_treatment - c.n_control, c.level))
    if len(by_size) <= _LEVELS + 1:
        return tuple(by_size)
    rest = Cell(_OTHER, 0, 0, 0, 0)
    for cell in by_size[_LEVELS:]:
        rest += cell
    return (*by_size[:_LEVELS], rest)


def judge_effects(effects: Sequence[Effect], confidence: float) -> list[Effect]:
    """Test each effect, correct the family by Holm, and say what each one comes to.

    Args:
        effects: All of one metric: they are the family.
        confidence: Of the family as a whole, in (0, 1).

    References:
        Cochran (1954), Biometrics 10, 101-129.  Holm (1979), Scandinavian Journal of Statistics
        6, 65-70.
    """
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415

    tested = [replace(effect, q=q, p=p) for effect in effects for q, p in [cochran_q(effect.cells)]]
    ps = [effect.p for effect in tested if effect.p is not None]
    corrected = iter(multipletests(ps, method="holm")[1] if ps else ())
    judged = []
    for effect in tested:
        if effect.p is None:
            judged.append(effect)
            continue
        p_holm = float(next(corrected))
        verdict = MODERATES if p_holm < 1 - confidence else NO_EVIDENCE
        judged.append(replace(effect, p_holm=p_holm, verdict=verdict))
    return judged


def cochran_q(cells: Sequence[Cell]) -> tuple[float | None, float | None]:
    """Return Q and its p over the cells with enough data; None with fewer than two of them.

    Example:
        >>> q, p = cochran_q([Cell("yes", 1000, 200, 1000, 100), Cell("no", 1000, 100, 1000, 100)])
        >>> round(q, 2), p < 0.001
        (23.26, True)
    """
    from scipy.stats import chi2  # noqa: PLC0415

    found = [
        (difference, 1 / cell.variance)
        for cell in cells
        if cell.is_enough and (difference := cell.difference) is not None
    ]
    if len(found) < _TWO:
        return None, None
    mean = sum(d * weight for d, weight in found) / sum(weight for _, weight in found)
    q = sum(weight * (d - mean) ** 2 for d, weight in found)
    return q, float(chi2.sf(q, len(found) - 1))
