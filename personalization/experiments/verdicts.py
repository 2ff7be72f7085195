"""What a result means, in one word and one sentence.

Pure functions: the word comes from the rule that the hypothesis froze, the sentence from the
same numbers that are shown beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.experiments.beside import Beside
from personalization.experiments.metrics import (
    DIAGNOSTIC,
    METRICS,
    arm_name,
    people,
    percent,
    points_apart,
)
from personalization.experiments.sizes import (
    between,
    deciding_interval,
    expectation,
    lift_by_itself,
    size_of,
    written,
)

if TYPE_CHECKING:
    from personalization.experiments.analysis import Result
    from personalization.experiments.metrics import Metric
    from personalization.experiments.sizes import Size
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
    size = size_of(
        result,
        is_early=is_early,
        is_signed=verdict not in {BETTER, WORSE},
        within=relevant_lift if verdict == NO_DIFFERENCE else 0.0,
    )
    name, said = arm_name(result.arm), written(metric, size)
    if verdict == NO_DIFFERENCE:
        return (
            f"{where}{name} makes no difference to {metric.noun} that would matter: {said}, all "
            f"within {percent(relevant_lift)} either way."
        )
    if verdict == NOT_ENOUGH_DATA:
        return f"{where}{_open_question(metric, result, confidence, size, is_early)}{more}."
    verb = "lifts" if (result.comparison.difference or 0) > 0 else "lowers"
    if not metric.is_wanted and verb == "lifts":
        verb = "raises"
    expected = expectation(metric, result, beside, size)
    return f"{where}{name} {verb} {metric.noun} by {said}{expected}."


def guard_sentence(metric: Metric, arm: str, guarded: Guarded, margin: float) -> str:
    """Say what a guardrail shows of an arm, with its margin."""
    name = arm_name(arm)
    if guarded.bound is None or guarded.difference is None:
        return f"Whether {name} keeps {metric.noun} low is not known: {guarded.reason}."
    most, bearable = points_apart(guarded.bound, margin)
    if guarded.state == "holds":
        return (
            f"{name} keeps {metric.noun} in bounds: at most {most} more than the control, and "
            f"{bearable} can be borne."
        )
    if guarded.state == "breached":
        found, bearable = points_apart(guarded.difference, margin)
        return (
            f"{name} raises {metric.noun} by {found}, clearly more than the {bearable} that can be "
            "borne."
        )
    worst = harm(metric, guarded.bound, margin)
    return f"It is not shown that {name} keeps {metric.noun} in bounds: {worst}."


def harm(metric: Metric, bound: float, margin: float) -> str:
    """Say how bad it may be: "unsubscribes may be up to 0.9 points higher and the margin is …"."""
    most, bearable = points_apart(bound, margin)
    return f"{metric.noun} may be up to {most} higher and the margin is {bearable}"


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
    n = rounded(needed)
    customers = "customer" if n == 1 else "customers"
    return f"; {provided}{n:,} more {customers} per arm would settle it"


def rounded(n: int) -> int:
    """Round up to two figures: an estimate is no more exact than that.

    Example:
        >>> rounded(1_834), rounded(97)
        (1900, 97)
    """
    step: int = 10 ** max(len(str(n)) - 2, 0)
    return -(-n // step) * step


def _what_there_is(metric: Metric, result: Result) -> str:
    found = result.comparison
    own = f"{arm_name(result.arm)} has"
    is_counted = found.mean_treatment is not None and found.mean_control is not None
    if metric.kind == "binary" and is_counted:
        mine = round((found.mean_treatment or 0) * found.n_treatment)
        other = round((found.mean_control or 0) * found.n_control)
        counted = metric.count(mine) if metric.name in METRICS else f"{mine:,} × {metric.noun}"
        return (
            f"{own} {counted} from {people(found.n_treatment)}, the control "
            f"{other:,} from {found.n_control:,}; {_too_few(metric, result, mine + other)}"
        )
    return f"{own} {people(found.n_treatment)}, the control {found.n_control:,}; {found.reason}"


def _too_few(metric: Metric, result: Result, n_with: int) -> str:
    """Say which of both is too rare: those who did, or those who did not."""
    found = result.comparison
    if 2 * n_with <= found.n_treatment + found.n_control or "expected" not in found.reason:
        return found.reason
    return (
        f"nearly everybody has {metric.noun}, and of those without {found.reason}: more people, or "
        "a metric that fewer reach, would tell them apart"
    )


def _open_question(
    metric: Metric,
    result: Result,
    confidence: float,
    size: Size | None,
    is_early: bool,  # noqa: FBT001
) -> str:
    """Say that nothing is clear; where it would be by itself, what the correction makes of it."""
    found, name = result.comparison, arm_name(result.arm)
    alone, deciding = lift_by_itself(result, is_early), deciding_interval(result, is_early=is_early)
    by_itself = found.p is not None and found.p < 1 - confidence
    if by_itself and not is_early and alone is not None and deciding is not None:
        unit = " points" if metric.kind == "binary" else ""
        return (
            f"{name} may change {metric.noun}, by itself {written(metric, alone)}; corrected for "
            f"{result.adjustment.family_size} comparisons at once the difference may be 0 "
            f"({between(metric, deciding)}{unit}), so it can be luck"
        )
    return f"{name} shows no clear difference in {metric.noun}: {written(metric, size)}"
