"""What an attribute's effect comes to, in a sentence with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.statistics.levels import SMALLEST_CELL
from personalization.statistics.moderation import MODERATES, NOT_ENOUGH_DATA
from personalization.statistics.samples import ENOUGH

if TYPE_CHECKING:
    from personalization.statistics.levels import Cell
    from personalization.statistics.moderation import Effect

_SMALL: Final = 0.001  # below it a p is said by its order only
_TENTH: Final = 0.1


def sentence_of(effect: Effect, confidence: float, *, arm: str, is_rate: bool = True) -> str:
    """Say what an attribute does to an arm's lift, and whether it does so beside all others.

    Args:
        effect: As ``judge_effects`` left it.
        confidence: Of the intervals, and of the family, in (0, 1).
        arm: What the arm is called in the sentence.
        is_rate: Whether differences are shares, said in points of a hundred, or amounts.
    """
    name = effect.attribute
    if effect.verdict == NOT_ENOUGH_DATA:
        return (
            f"Not enough data to say whether {name} moves the lift of {arm}: two levels need "
            f"{SMALLEST_CELL} customers and {ENOUGH} responses each, in it and in the control."
        )
    if effect.verdict != MODERATES:
        return (
            f"No evidence that {name} moves the lift of {arm}: its levels differ by no more than "
            f"luck explains ({_p(effect.p_holm)} after correction)."
        )
    read = sorted((c for c in effect.cells if c.is_enough), key=lambda c: -(c.difference or 0.0))
    most, least = (_level(cell, confidence, is_rate=is_rate) for cell in (read[0], read[-1]))
    first = f"{name[:1].upper()}{name[1:]} moves the lift of {arm}: {most}, {least}."
    return f"{first} {_beside(effect, confidence)}".rstrip()


def _level(cell: Cell, confidence: float, *, is_rate: bool) -> str:
    """Say one level's difference with its interval."""
    scale, digits = (100, 1) if is_rate else (1, 2)
    unit = " points" if is_rate else ""
    difference, interval = cell.difference, cell.difference_ci(confidence)
    if difference is None or interval is None:
        return cell.level
    low, high = (_signed(scale * end, digits) for end in interval)
    return f"{_signed(scale * difference, digits)}{unit} ({low} to {high}) for {cell.level!r}"


def _signed(value: float, digits: int) -> str:
    said = f"{abs(value):,.{digits}f}"
    sign = "" if not float(said.replace(",", "")) else "−" if value < 0 else "+"
    return f"{sign}{said}"


def _beside(effect: Effect, confidence: float) -> str:
    """Say what is left of it in the joint model."""
    p = effect.joint_p_holm
    if p is None:
        reason = effect.joint_reason
        return f"Beside the other attributes it cannot be told: {reason}." if reason else ""
    if p < 1 - confidence:
        return f"It does so beside all other attributes too ({_p(p)})."
    return (
        f"Beside all other attributes there is no evidence of its own ({_p(p)}): one that goes "
        "with it may be what counts."
    )


def _p(p: float | None) -> str:
    if p is None:
        return "no p"
    return f"p < {_SMALL}" if p < _SMALL else f"p = {p:.{2 if p >= _TENTH else 3}f}"
