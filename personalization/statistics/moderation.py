"""Whether an attribute moves the lift, judged on sufficient statistics alone.

Cochran's Q tells whether the differences between arm and control vary over the levels by more
than luck.  On the metric's own scale (percentage points, amounts), on purpose: on that of odds
every attribute that goes with a higher base rate looks like a driver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.statistics.multiplicity import adjusted_ps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.statistics.levels import Cell
    from personalization.statistics.linear_model import Wald

MODERATES: Final = "moderates"
NO_EVIDENCE: Final = "no_evidence"
NOT_ENOUGH_DATA: Final = "not_enough_data"
WORDS: Final = {
    MODERATES: "moderates",
    NO_EVIDENCE: "no evidence",
    NOT_ENOUGH_DATA: "not enough data",
}
"""Verdicts as they are read."""

TOO_FEW_LEVELS: Final = "fewer than two levels have enough customers"

_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Effect:
    """What one attribute does to one arm's lift.

    Attributes:
        cells: One for each level, those with too few people among them.
        q: Cochran's Q over the levels with enough data; None with fewer than two of them.
        df: Levels compared, less one.
        p: Of Q, by chi-squared.
        p_holm: Corrected for all attributes and arms of the metric.
        joint_p: Of the attribute beside all others, in the linear model; None where not said.
        joint_p_holm: Likewise corrected.
        verdict: moderates, no_evidence or not_enough_data.
        reason: Why there is no Q, as a part of a sentence; empty if there is.
        joint_reason: Likewise of the joint p.
    """

    metric: str
    arm: str
    attribute: str
    cells: tuple[Cell, ...]
    q: float | None = None
    df: int | None = None
    p: float | None = None
    p_holm: float | None = None
    joint_p: float | None = None
    joint_p_holm: float | None = None
    verdict: str = NOT_ENOUGH_DATA
    reason: str = ""
    joint_reason: str = ""


def judge_effects(
    effects: Iterable[Effect],
    confidence: float,
    *,
    joint: Mapping[tuple[str, str], Wald] | None = None,
) -> list[Effect]:
    """Test each effect, correct the family by Holm, and say what each one comes to.

    Args:
        effects: All of one metric: they are the family, every attribute of every arm.
        confidence: Of the family as a whole, in (0, 1).
        joint: By arm and attribute, what the linear model with all attributes says.

    References:
        Cochran (1954), Biometrics 10, 101-129.  Holm (1979), Scandinavian Journal of Statistics
        6, 65-70.
    """
    walds = joint or {}
    tested = []
    for effect in effects:
        q, df, p = cochran_q(effect.cells)
        wald = walds.get((effect.arm, effect.attribute))
        tested.append(
            replace(
                effect,
                q=q,
                df=df,
                p=p,
                reason="" if p is not None else TOO_FEW_LEVELS,
                joint_p=wald.p if wald else None,
                joint_reason=wald.reason if wald else "",
            )
        )
    by_holm = adjusted_ps([effect.p for effect in tested], method="holm")
    joint_by_holm = adjusted_ps([effect.joint_p for effect in tested], method="holm")
    return [
        replace(effect, p_holm=p, joint_p_holm=joint_p, verdict=_verdict(p, confidence))
        for effect, p, joint_p in zip(tested, by_holm, joint_by_holm, strict=True)
    ]


def _verdict(p_holm: float | None, confidence: float) -> str:
    if p_holm is None:
        return NOT_ENOUGH_DATA
    return MODERATES if p_holm < 1 - confidence else NO_EVIDENCE


def cochran_q(cells: Sequence[Cell]) -> tuple[float | None, int | None, float | None]:
    """Return Q, its df and p over the cells with enough data; None with fewer than two of them.

    Example:
        >>> from personalization.statistics.levels import Cell
        >>> from personalization.statistics.samples import Counts
        >>> yes = Cell("yes", Counts(1000, 200), Counts(1000, 100))
        >>> no = Cell("no", Counts(1000, 100), Counts(1000, 100))
        >>> q, df, p = cochran_q([yes, no])
        >>> round(q, 2), df, p < 0.001
        (23.26, 1, True)
    """
    from scipy.special import chdtrc  # noqa: PLC0415

    found = [
        (difference, 1 / cell.variance)
        for cell in cells
        if cell.is_enough and (difference := cell.difference) is not None
    ]
    if len(found) < _TWO:
        return None, None, None
    mean = sum(d * weight for d, weight in found) / sum(weight for _, weight in found)
    q = sum(weight * (d - mean) ** 2 for d, weight in found)
    return q, len(found) - 1, float(chdtrc(len(found) - 1, q))
