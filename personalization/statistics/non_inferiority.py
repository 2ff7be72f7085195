"""Guardrails: whether a message is shown to do no more harm than was declared bearable.

One-sided and outside the families of the lift: a guardrail can only stop a message, never sell it,
so it costs the other metrics nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, Literal

from personalization.errors import InputError
from personalization.statistics.intervals import score_deviate, score_difference

if TYPE_CHECKING:
    from personalization.statistics.samples import Counts

_EVEN: Final = 0.5  # below that a bound would lie on the wrong side of the estimate


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a guardrail says.

    Attributes:
        difference: Rate of the treatment minus the control's; None where somebody is missing.
        bound: How high the harm may be, one-sided; None likewise.
        p: Of the hypothesis that the harm is the margin or more; None likewise.
        state: holds: less than the margin is shown.  breached: more than the margin is shown.
            not_shown: neither, which blocks all the same.
        reason: Why something is None; empty if nothing is.
    """

    difference: float | None
    bound: float | None
    p: float | None
    state: Literal["holds", "breached", "not_shown"]
    reason: str = ""


def guard(treatment: Counts, control: Counts, *, margin: float, confidence: float) -> Guarded:
    """Test a rate of harm, such as unsubscribing, against the margin that is still bearable.

    The p is below 1 - ``confidence`` exactly where the bound is below the margin.

    Args:
        treatment: Of the message.
        control: Of what it is held against.
        margin: Bearable increase, as an absolute share in [0, 1).
        confidence: One-sided, in [0.5, 1): 0.95 bounds by the interval of 90 %.

    References:
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454.
    """
    if not 0 <= margin < 1 or not _EVEN <= confidence < 1:
        raise InputError(
            f"A margin of {margin:g} at a confidence of {confidence:g} cannot guard anything: "
            "give a share of customers, such as 0.01, and a confidence from 0.5 on."
        )
    rate_t, rate_c = treatment.mean, control.mean
    if rate_t is None or rate_c is None:
        return Guarded(None, None, None, "not_shown", "a group has nobody in it")
    low, high = score_difference(treatment, control, NormalDist().inv_cdf(confidence))
    p = erfc(-score_deviate(treatment, control, margin) / sqrt(2)) / 2
    state: Literal["holds", "breached", "not_shown"] = "not_shown"
    if high < margin:
        state = "holds"
    elif low > margin:
        state = "breached"
    return Guarded(rate_t - rate_c, high, p, state)
