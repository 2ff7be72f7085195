"""How large an effect is, in words: its lift, or its difference where the lift says too little.

Numbers that stand beside a verdict agree with it: an interval is shown only where it includes 0,
or stays within what would matter, exactly as the interval does that decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.experiments.metrics import percent
from personalization.statistics.shrinkage import ENOUGH_LIFTS

if TYPE_CHECKING:
    from personalization.experiments.analysis import Result
    from personalization.experiments.beside import Beside
    from personalization.experiments.metrics import Metric
    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval

LARGEST_LIFT: Final = 10.0
"""Beyond it the control is too small to relate to, and the difference says more."""

_MOST_DIGITS: Final = 4
_NUMBER: Final = {5: "five"}


@dataclass(frozen=True, slots=True)
class Size:
    """An effect with its interval, as it is written.

    Attributes:
        value: A relative lift, or a difference in the metric's unit.
        interval: On the same scale.
        is_relative: Whether it is a lift.
        is_signed: Whether it is written with signs: not after "lifts by".
    """

    value: float
    interval: Interval
    is_relative: bool
    is_signed: bool


def deciding_interval(result: Result, *, is_early: bool) -> Interval | None:
    """Return the interval of the difference that a verdict goes by.

    Read on its day it is the one that is corrected for the family, or where the correction has
    none the comparison's own; read earlier the always-valid one.
    """
    if is_early:
        return result.sequence
    return result.adjustment.difference_ci_adjusted or result.comparison.difference_ci


def size_of(result: Result, *, is_early: bool, is_signed: bool, within: float = 0.0) -> Size | None:
    """Return the lift with its interval, or the difference with the one that decides.

    The difference stands in where there is no lift, where the control is too small to relate to,
    and where the lift's interval, which is of each comparison by itself, would say another thing
    than the verdict.

    Args:
        result: Of one arm.
        is_early: Read before its day, by the always-valid interval.
        is_signed: Whether to write it with signs.
        within: The verdict says that it lies within plus or minus this lift; 0 if it does not.
    """
    deciding, lift = deciding_interval(result, is_early=is_early), lift_by_itself(result, is_early)
    if lift is not None and (deciding is None or _agree(lift.interval, deciding, within)):
        return Size(lift.value, lift.interval, is_relative=True, is_signed=is_signed)
    if result.comparison.difference is None or deciding is None:
        return None
    return Size(result.comparison.difference, deciding, is_relative=False, is_signed=is_signed)


def lift_by_itself(result: Result, is_early: bool) -> Size | None:  # noqa: FBT001
    """Return the lift with its own interval; None where it has none, or is too large to tell."""
    found = result.comparison
    interval = _early_lift(result) if is_early else found.lift_ci
    if found.lift is None or interval is None or abs(found.lift) > LARGEST_LIFT:
        return None
    return Size(found.lift, interval, is_relative=True, is_signed=True)


def _agree(lift: Interval, deciding: Interval, within: float) -> bool:
    if (lift[0] <= 0 <= lift[1]) != (deciding[0] <= 0 <= deciding[1]):
        return False
    return not within or (-within < lift[0] and lift[1] < within)


def _early_lift(result: Result) -> Interval | None:
    """Return the always-valid interval on the scale of the lift: over the control's mean."""
    base = _base(result.comparison)
    if result.sequence is None or base is None:
        return None
    low, high = result.sequence
    return max(low / base, -1.0), max(high / base, -1.0)  # nobody loses more than all


def _base(found: Comparison) -> float | None:
    return found.mean_control if found.mean_control and found.mean_control > 0 else None


def written(metric: Metric, size: Size | None) -> str:
    """Write a size with its interval: "20 % (7.5 % to 34 %)", "+2.6 points (+0.3 to +5.6)"."""
    if size is None:
        return "an unknown amount"
    low, high = size.interval
    is_signed = size.is_signed or low < 0 < high
    if not is_signed:
        low, high = sorted((abs(low), abs(high)))
    value = size.value if is_signed else abs(size.value)
    if size.is_relative:
        low_said, high_said = (percent(end, signed=is_signed) for end in (low, high))
        return f"{percent(value, signed=is_signed)} ({low_said} to {high_said})"
    main = absolute(metric, value, is_signed=is_signed)
    return f"{main} ({between(metric, (low, high), is_signed=is_signed)})"


def absolute(metric: Metric, value: float, *, is_signed: bool = True) -> str:
    """Write a difference in the metric's unit: "+2.6 points", "+10.29 per person"."""
    bare = _bare(metric, value, is_signed=is_signed)
    if metric.kind == "binary":
        return f"{bare} points"
    has_unit = metric.kind == "ratio" or " per " in metric.noun
    return bare if has_unit else f"{bare} per person"


def between(metric: Metric, interval: Interval, *, is_signed: bool = True) -> str:
    """Write both ends of a difference's interval: "+0.3 to +5.6"."""
    low, high = (_bare(metric, end, is_signed=is_signed) for end in interval)
    return f"{low} to {high}"


def _bare(metric: Metric, value: float, *, is_signed: bool) -> str:
    if metric.kind == "binary":
        return percent(value, signed=is_signed).removesuffix(" %")
    return amount(value, is_signed=is_signed)


def amount(value: float, *, is_signed: bool = True) -> str:
    """Write an amount with two digits, or more where it would read as 0, which has no sign.

    Example:
        >>> amount(10.289), amount(0.004), amount(0.0), amount(2.5, is_signed=False)
        ('+10.29', '+0.004', '0.00', '2.50')
    """
    digits = 2
    while value and digits < _MOST_DIGITS and not round(value, digits):
        digits += 1
    if not round(value, digits):
        return "0.00"
    sign = "−" if value < 0 else "+" if is_signed else ""
    return f"{sign}{abs(value):,.{digits}f}"


def expectation(metric: Metric, result: Result, beside: Beside, size: Size | None) -> str:
    """Say what to expect when it is sent to everybody, where that is less, and why it is.

    In the unit of what it stands behind.
    """
    lift, shrunk, prior = result.comparison.lift, beside.shrunk, beside.prior
    if lift is None or shrunk is None or prior is None or size is None:
        return ""
    if abs(lift) > LARGEST_LIFT:
        return "; the control is too small to relate it to"
    base = 1.0 if size.is_relative else (_base(result.comparison) or 0.0)
    value = shrunk.mean * base
    seen, expected = (_plainly(metric, size, each) for each in (size.value, value))
    if abs(value) >= abs(size.value) or expected == seen:
        return ""
    spread = percent(prior.spread)
    if prior.n_campaigns:
        why = f", as past campaigns' lifts were about ±{spread}"
    else:
        known = _NUMBER.get(ENOUGH_LIFTS, str(ENOUGH_LIFTS))
        why = (
            ": an interval this wide is drawn towards the lifts that are usual "
            f"(about ±{spread} assumed until {known} campaigns are known)"
        )
    if beside.is_top:
        why += ", and the best of several arms flatters"
    low, high = size.interval
    if not low <= value <= high:
        why += "; the observation alone is weak, as what to expect lies outside its interval"
    return f"; allowing for luck, expect {expected}{why}"


def _plainly(metric: Metric, size: Size, value: float) -> str:
    if size.is_relative:
        return percent(abs(value))
    return absolute(metric, abs(value), is_signed=False)
