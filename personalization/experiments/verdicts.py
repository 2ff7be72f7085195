"""What a result means, in one word and one sentence.

Pure functions: the word comes from the rule that the hypothesis froze, the sentence from the
same numbers that are shown beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.experiments.beside import Beside
from personalization.experiments.metrics import DIAGNOSTIC, arm_name, people, percent, points

if TYPE_CHECKING:
    from personalization.experiments.analysis import Result
    from personalization.experiments.metrics import Metric
    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval
    from personalization.statistics.non_inferiority import Guarded

BETTER: Final = "better"
WORSE: Final = "worse"
NO_DIFFERENCE: Final = "no_difference"
NOT_ENOUGH_DATA: Final = "not_enough_data"
INVALID: Final = "invalid"

_NOTHING: Final = Beside()


def verdict_of(
    metric: Metric,
    result: Result,
    confidence: float,
    *,
    relevant_lift: float = 0.0,
    is_early: bool = False,
) -> str:
    """Return better, worse, no_difference or not_enough_data; of a guardrail see ``guard``.

    Better is what the business wants: fewer unsubscribes are better.

    Args:
        metric: What was measured.
        result: Of one arm.
        confidence: Of the family, in (0, 1).
        relevant_lift: Within plus or minus this relative lift a difference does not matter.
        is_early: Read before its day, so by the always-valid interval and by nothing else.
    """
    p, difference = result.adjustment.p_adjusted, result.comparison.difference
    interval = deciding_interval(result, is_early=is_early)
    if p is None or difference is None or interval is None:
        return NOT_ENOUGH_DATA
    low, high = interval
    is_clear = not low <= 0 <= high if is_early else p < 1 - confidence
    if is_clear:
        return BETTER if (difference > 0) == metric.is_wanted else WORSE
    bearable = relevant_lift * abs(result.comparison.mean_control or 0.0)
    return NO_DIFFERENCE if -bearable < low and high < bearable else NOT_ENOUGH_DATA


def deciding_interval(result: Result, *, is_early: bool) -> Interval | None:
    """Return the interval of the difference that a verdict goes by.

    Read on its day it is the one that is corrected for the family, or where the correction has
    none the comparison's own; read earlier the always-valid one.
    """
    if is_early:
        return result.sequence
    return result.adjustment.difference_ci_adjusted or result.comparison.difference_ci


def sentence_of(
    metric: Metric,
    result: Result,
    confidence: float,
    *,
    relevant_lift: float = 0.0,
    is_early: bool = False,
    beside: Beside = _NOTHING,
) -> str:
    """Say what came out, with its numbers, in one sentence; percent as on the screen."""
    where = f"{result.segment}: " if result.segment else ""
    if beside.guarded is not None and beside.margin is not None:
        return f"{where}{guard_sentence(metric, result.arm, beside.guarded, beside.margin)}"
    verdict = verdict_of(metric, result, confidence, relevant_lift=relevant_lift, is_early=is_early)
    if result.comparison.p is None:
        more = _more(beside.needed_more, "at these rates ")
        return f"{where}Not enough data yet: {_what_there_is(metric, result)}{more}."
    more = _more(beside.needed_more)
    size = _size(metric, result, is_early=is_early, signed=verdict not in {BETTER, WORSE})
    name = arm_name(result.arm)
    if verdict == NO_DIFFERENCE:
        return (
            f"{where}{name} makes no difference to {metric.noun} that would matter: {size}, all "
            f"within {percent(relevant_lift)} either way."
        )
    if verdict == NOT_ENOUGH_DATA:
        return f"{where}{_open_question(metric, result, confidence, size, is_early)}{more}."
    verb = "lifts" if (result.comparison.difference or 0) > 0 else "lowers"
    if not metric.is_wanted and verb == "lifts":
        verb = "raises"
    return f"{where}{name} {verb} {metric.noun} by {size}{_shrunk(result, beside)}."


def guard_sentence(metric: Metric, arm: str, guarded: Guarded, margin: float) -> str:
    """Say what a guardrail shows of an arm, with its margin."""
    name = arm_name(arm)
    if guarded.bound is None or guarded.difference is None:
        return f"Whether {name} keeps {metric.noun} low is not known: {guarded.reason}."
    if guarded.state == "holds":
        return (
            f"{name} keeps {metric.noun} in bounds: at most {points(guarded.bound)} more than the "
            f"control, and {points(margin)} can be borne."
        )
    if guarded.state == "breached":
        return (
            f"{name} raises {metric.noun} by {points(guarded.difference)}, clearly more than the "
            f"{points(margin)} that can be borne."
        )
    return (
        f"It is not shown that {name} keeps {metric.noun} in bounds: {harm(metric, guarded)} and "
        f"the margin is {points(margin)}."
    )


def harm(metric: Metric, guarded: Guarded) -> str:
    """Say how bad it may be: "unsubscribes may be up to 0.9 points higher"."""
    return f"{metric.noun} may be up to {points(guarded.bound or 0.0)} higher"


def invalid_sentence(reason: str) -> str:
    """Say why there is no verdict although there are numbers."""
    return f"Not valid: {reason}"


def framed(sentence: str, metric: str, role: str, *, is_simulated: bool, is_early: bool) -> str:
    """Put in front of a sentence what its reader must not overlook."""
    marks = ["simulated"] if is_simulated else []
    if is_early:
        marks.append("read early")
    if metric == DIAGNOSTIC:
        marks.append("diagnostic only, as mail programs open messages by themselves")
    elif role == "exploratory":
        marks.append("exploratory")
    if not marks:
        return sentence
    words = ", ".join(marks)
    return f"{words[0].upper()}{words[1:]}. {sentence}"


def _more(needed: int | None, provided: str = "") -> str:
    if not needed:
        return ""
    return f"; {provided}{rounded(needed):,} more customers per arm would settle it"


def rounded(n: int) -> int:
    """Round up to two figures: an estimate is no more exact than that.

    Example:
        >>> rounded(1_834), rounded(97)
        (1900, 97)
    """
    step: int = 10 ** max(len(str(n)) - 2, 0)
    return -(-n // step) * step


def _shrunk(result: Result, beside: Beside) -> str:
    """Say what to expect of the lift when it is sent to everybody, where that is less."""
    lift, shrunk, prior = result.comparison.lift, beside.shrunk, beside.prior
    if lift is None or shrunk is None or prior is None or abs(shrunk.mean) >= abs(lift):
        return ""
    expected = percent(abs(shrunk.mean))
    if expected == percent(abs(lift)):
        return ""
    source = "past campaigns suggest" if prior.n_campaigns else "allowing for luck, expect"
    why = "the best of several arms flatters" if result.n_family > 1 else "a first result flatters"
    return f"; {source} {expected}, because {why}"


def _what_there_is(metric: Metric, result: Result) -> str:
    found = result.comparison
    own = f"{arm_name(result.arm)} has"
    is_counted = found.mean_treatment is not None and found.mean_control is not None
    if metric.kind == "binary" and is_counted:
        mine = round((found.mean_treatment or 0) * found.n_treatment)
        other = round((found.mean_control or 0) * found.n_control)
        return (
            f"{own} {metric.count(mine)} from {people(found.n_treatment)}, the control "
            f"{other:,} from {found.n_control:,}; {found.reason}"
        )
    return f"{own} {people(found.n_treatment)}, the control {found.n_control:,}; {found.reason}"


def _open_question(
    metric: Metric,
    result: Result,
    confidence: float,
    size: str,
    is_early: bool,  # noqa: FBT001
) -> str:
    found, name = result.comparison, arm_name(result.arm)
    if not is_early and found.p is not None and found.p < 1 - confidence:
        return (
            f"{name} may change {metric.noun} by {size}, but with "
            f"{result.adjustment.family_size} comparisons at once that can be luck"
        )
    return f"{name} shows no clear difference in {metric.noun}: {size}"


def _size(metric: Metric, result: Result, *, is_early: bool, signed: bool) -> str:
    """Write the lift with its interval, or the difference where there is no lift."""
    found = result.comparison
    lift_ci = _early_lift(result) if is_early else found.lift_ci
    if found.lift is not None and lift_ci is not None:
        return _with_interval(found.lift, lift_ci, signed=signed)
    interval = result.sequence if is_early else found.difference_ci
    if found.difference is None or interval is None:
        return "an unknown amount"
    if metric.kind == "binary":
        return _with_interval(found.difference, interval, signed=signed).replace(" %", " points")
    low, high = interval
    unit = "" if metric.kind == "ratio" else " per person"
    return f"{found.difference:+,.2f} ({low:+,.2f} to {high:+,.2f}){unit}"


def _early_lift(result: Result) -> Interval | None:
    """Return the always-valid interval on the scale of the lift: over the control's mean."""
    base = _base(result.comparison)
    if result.sequence is None or base is None:
        return None
    low, high = result.sequence
    return max(low / base, -1.0), max(high / base, -1.0)  # nobody loses more than all


def _base(found: Comparison) -> float | None:
    return found.mean_control if found.mean_control and found.mean_control > 0 else None


def _with_interval(value: float, interval: Interval, *, signed: bool) -> str:
    low, high = interval
    if signed or low < 0 < high:
        return (
            f"{percent(value, signed=True)} ({percent(low, signed=True)} to "
            f"{percent(high, signed=True)})"
        )
    near, far = sorted((abs(low), abs(high)))
    return f"{percent(abs(value))} ({percent(near)} to {percent(far)})"
