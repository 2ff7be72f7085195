"""What a result means, in one word and one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.experiments.metrics import DIAGNOSTIC, arm_name, people, percent

if TYPE_CHECKING:
    from personalization.experiments.analysis import Result
    from personalization.experiments.metrics import Metric
    from personalization.statistics.comparison import Comparison
    from personalization.statistics.intervals import Interval

BETTER: Final = "better"
WORSE: Final = "worse"
UNDECIDED: Final = "undecided"
NOT_ENOUGH_DATA: Final = "not_enough_data"


def verdict_of(metric: Metric, result: Result, confidence: float) -> str:
    """Return better, worse, undecided or not_enough_data, by the adjusted p.

    Better is what the business wants: fewer unsubscribes are better.
    """
    p, difference = result.adjustment.p_adjusted, result.comparison.difference
    if p is None or difference is None:
        return NOT_ENOUGH_DATA
    if p >= 1 - confidence:
        return UNDECIDED
    return BETTER if (difference > 0) == metric.is_wanted else WORSE


def sentence_of(metric: Metric, result: Result, confidence: float) -> str:
    """Say what came out, with its numbers, in one sentence; percent as on the screen."""
    where = f"{result.segment}: " if result.segment else ""
    verdict = verdict_of(metric, result, confidence)
    if verdict == NOT_ENOUGH_DATA:
        return f"{where}Not enough data yet: {_what_there_is(metric, result)}."
    if verdict == UNDECIDED:
        return f"{where}{_open_question(metric, result, confidence)}"
    found = result.comparison
    verb = "lifts" if (found.difference or 0) > 0 else "lowers"
    if not metric.is_wanted and verb == "lifts":
        verb = "raises"
    return f"{where}{arm_name(result.arm)} {verb} {metric.noun} by {_size(metric, found)}."


def invalid_sentence(reason: str) -> str:
    """Say why there is no verdict although there are numbers."""
    return f"Not valid: {reason}"


def framed(sentence: str, metric: str, primary: str, *, is_simulated: bool) -> str:
    """Put in front of a sentence what its reader must not overlook."""
    marks = ["Simulated"] if is_simulated else []
    if metric == DIAGNOSTIC:
        marks.append("diagnostic only, as mail programs open messages by themselves")
    elif metric != primary:
        marks.append("exploratory")
    if not marks:
        return sentence
    words = ", ".join(marks)
    return f"{words[0].upper()}{words[1:]}. {sentence}"


def _what_there_is(metric: Metric, result: Result) -> str:
    found = result.comparison
    against = "the control"
    if (
        metric.kind == "binary"
        and found.mean_treatment is not None
        and found.mean_control is not None
    ):
        own = round(found.mean_treatment * found.n_treatment)
        other = round(found.mean_control * found.n_control)
        return (
            f"{arm_name(result.arm)} has {metric.count(own)} from {people(found.n_treatment)}, "
            f"{against} {other:,} from {found.n_control:,}; {found.reason}"
        )
    return (
        f"{arm_name(result.arm)} has {people(found.n_treatment)}, {against} {found.n_control:,}; "
        f"{found.reason}"
    )


def _open_question(metric: Metric, result: Result, confidence: float) -> str:
    found, name = result.comparison, arm_name(result.arm)
    if found.p is not None and found.p < 1 - confidence:
        return (
            f"{name} may change {metric.noun} by {_size(metric, found, signed=True)}, but with "
            f"{result.adjustment.family_size} comparisons at once that can be luck."
        )
    return (
        f"{name} shows no clear difference in {metric.noun}: {_size(metric, found, signed=True)}."
    )


def _size(metric: Metric, found: Comparison, *, signed: bool = False) -> str:
    """Write the lift with its interval, or the difference where there is no lift."""
    if found.lift is not None and found.lift_ci is not None:
        return _with_interval(found.lift, found.lift_ci, signed=signed)
    if found.difference is None or found.difference_ci is None:
        return "an unknown amount"
    if metric.kind == "binary":
        points = _with_interval(found.difference, found.difference_ci, signed=signed)
        return points.replace(" %", " points")
    low, high = found.difference_ci
    return f"{found.difference:+,.2f} ({low:+,.2f} to {high:+,.2f}) per person"


def _with_interval(value: float, interval: Interval, *, signed: bool) -> str:
    low, high = interval
    if signed or low < 0 < high:
        return (
            f"{percent(value, signed=True)} ({percent(low, signed=True)} to "
            f"{percent(high, signed=True)})"
        )
    near, far = sorted((abs(low), abs(high)))
    return f"{percent(abs(value))} ({percent(near)} to {percent(far)})"
