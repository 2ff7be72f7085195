"""What to do with each variant: by the rule that the hypothesis froze, and by nothing else.

A variant ships where its interval on the primary metric is above 0 and every declared guardrail
is shown to hold.  It stops where the interval is below 0 or a guardrail is breached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import HOLDOUT
from personalization.experiments.declared import GUARDRAIL, PRIMARY
from personalization.experiments.metrics import arm_name
from personalization.experiments.verdicts import (
    BETTER,
    INVALID,
    NO_DIFFERENCE,
    NOT_ENOUGH_DATA,
    WORSE,
    framed,
    harm,
    invalid_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.experiments.readings import Frame, Reading

SHIP: Final = "ship"
STOP: Final = "stop"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an arm in a segment; both '' is the experiment's one verdict.

    Attributes:
        state: ship, stop, no_difference, not_enough_data or invalid.
        sentence: With its numbers.
        reason: Which part of the rule decided.
    """

    segment: str
    arm: str
    state: str
    sentence: str
    reason: str


def decide(frame: Frame, readings: Sequence[Reading]) -> list[Decision]:
    """Decide on every variant, over the whole audience and in each segment, and on the test."""
    primary = [
        reading for reading in readings if reading.role == PRIMARY and reading.result.arm != HOLDOUT
    ]
    guards = [reading for reading in readings if reading.role == GUARDRAIL]
    found = [_decide(frame, reading, guards) for reading in primary]
    return [_overall(frame, primary, found), *found]


def _decide(frame: Frame, reading: Reading, guards: Sequence[Reading]) -> Decision:
    key = (reading.result.segment, reading.result.arm)
    if frame.red:
        return Decision(*key, INVALID, _framed(frame, invalid_sentence(frame.red)), _RED)
    state, reason = _RULE[reading.verdict]
    if reading.result.comparison.p is None:
        reason = "there are too few responses for a test"
    elif state == NOT_ENOUGH_DATA and reading.result.n_family > 1 and not frame.is_early:
        reason = reason.replace("the interval", "the corrected interval")
    sentence, own = reading.plain, _guards_of(reading, guards)
    if state == SHIP and not own:
        reason = "the interval is above 0, and no guardrail was declared"
    if state in {SHIP, NO_DIFFERENCE, NOT_ENOUGH_DATA}:
        breached = [g for g in own if g.verdict == "breached"]
        if breached:
            state, reason = STOP, f"the guardrail {breached[0].metric.noun} is breached"
            sentence = f"{sentence} {breached[0].plain}"
    if state == SHIP:
        open_ones = [g for g in own if g.verdict != "holds"]
        if open_ones:
            state = NOT_ENOUGH_DATA
            reason = f"the guardrail {open_ones[0].metric.noun} is not shown to hold"
            sentence = (
                f"{sentence.removesuffix('.')}, but 'ship' is blocked: {_block(open_ones[0])}"
            )
    return Decision(*key, state, _framed(frame, sentence), reason)


_RED: Final = "a health check is red"
_RULE: Final = {
    BETTER: (SHIP, "the interval is above 0 and every guardrail holds"),
    WORSE: (STOP, "the interval is below 0"),
    NO_DIFFERENCE: (NO_DIFFERENCE, "the interval is within the lift that would matter"),
    NOT_ENOUGH_DATA: (NOT_ENOUGH_DATA, "the interval includes 0 and a lift that would matter"),
}


def _guards_of(reading: Reading, guards: Sequence[Reading]) -> list[Reading]:
    """Return the guardrails that an arm has to pass, the worst first.

    They are read over the whole audience: a segment by itself has too few people for a rare
    harm, but may be enough to see that it is breached there.
    """
    segment, arm = reading.result.segment, reading.result.arm
    own = [
        guard
        for guard in guards
        if guard.result.arm == arm
        and (
            not guard.result.segment
            or (guard.result.segment == segment and guard.verdict == "breached")
        )
    ]
    return sorted(own, key=lambda guard: ("breached", "not_shown", "holds").index(guard.verdict))


def _block(guard: Reading) -> str:
    guarded, margin = guard.beside.guarded, guard.beside.margin
    if guarded is None or guarded.bound is None or margin is None:
        why = f": {guarded.reason}" if guarded is not None and guarded.reason else ""
        return f"whether {guard.metric.noun} stay in bounds is not known{why}."
    return f"{harm(guard.metric, guarded.bound, margin)}."


def _overall(frame: Frame, primary: Sequence[Reading], found: Sequence[Decision]) -> Decision:
    """Return the experiment's one verdict: of its best variant over the whole audience."""
    if frame.red:
        return Decision("", "", INVALID, _framed(frame, invalid_sentence(frame.red)), _RED)
    whole = [
        (decision, reading.result.comparison.difference)
        for decision, reading in zip(found, primary, strict=True)
        if not decision.segment
    ]
    if not whole:
        sentence = "There is no variant to decide on."
        return Decision("", "", NOT_ENOUGH_DATA, _framed(frame, sentence), "no variant")
    sign = 1 if primary[0].metric.is_wanted else -1
    best, _ = min(
        whole,
        key=lambda pair: (
            _ORDER.index(pair[0].state),
            -sign * pair[1] if pair[1] is not None else float("inf"),
            pair[0].arm,
        ),
    )
    return Decision("", "", best.state, best.sentence, f"{arm_name(best.arm)}: {best.reason}")


_ORDER: Final = (SHIP, NOT_ENOUGH_DATA, NO_DIFFERENCE, STOP)


def _framed(frame: Frame, sentence: str) -> str:
    return framed(
        sentence, "", PRIMARY, is_simulated=frame.declared.is_simulated, is_early=frame.is_early
    )
