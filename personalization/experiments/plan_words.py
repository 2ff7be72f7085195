"""What a plan comes to, in sentences that a marketer can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.experiments.metrics import HOPED_FOR, METRICS, people, percent
from personalization.experiments.offers import lacking
from personalization.statistics.samples import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.offers import Offer
    from personalization.experiments.plan import SegmentPlan

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_HOPE: Final = percent(HOPED_FOR, signed=True)


def headline(metric: str, customers: int, variants: int, found: float | None, needed: int) -> str:
    """Say what would be noticed, and how many people the lift hoped for takes."""
    noticed = (
        "you would notice no lift at all"
        if found is None
        else f"you would notice a lift in {METRICS[metric].noun} of {percent(found)} or more"
    )
    plural = "s" if variants > 1 else ""
    return (
        f"With {people(customers)} and {_number(variants)} variant{plural} {noticed}; "
        f"to see {_HOPE} you need {needed:,} per arm."
    )


def about_several(variants: int, needed: int) -> tuple[str, ...]:
    """Say what testing several variants at once costs; nothing where there is only one."""
    if variants == 1:
        return ()
    sentence = (
        f"The best of {_number(variants)} variants is partly luck. To be sure of a winner at "
        f"{_HOPE} all the same takes {needed:,} per arm."
    )
    return (sentence,)


def about_noise(noise: float, found: float | None) -> str:
    """Say how often chance alone looks like the lift hoped for."""
    is_blind = found is None or found > HOPED_FOR
    ending = (
        "judge by the interval, not by the best number" if is_blind else "so it means something"
    )
    return (
        f"If no message did anything, {percent(noise)} of such tests would still show more than "
        f"{_HOPE} in some variant: {ending}."
    )


def about_base(metric: str, rate: float, source: str) -> str:
    """Say what is expected of the control text, and why."""
    deed = "click" if metric == "click" else "buy"
    return f"Expected of the control text: {percent(rate)} of people {deed} ({source})."


def about_segment(segment: str, customers: int, metric: str, found: float | None) -> str:
    """Say what one segment can show by itself."""
    begin = f"{segment}: {people(customers)}. By itself it"
    if found is None:
        return f"{begin} is too small to show any lift."
    return f"{begin} shows a lift in {METRICS[metric].noun} of {percent(found)} or more."


def warnings(offers: Sequence[Offer], segments: Sequence[SegmentPlan]) -> tuple[str, ...]:
    """Name the messages that are left out, and the segments too small to be read."""
    planned = {segment.segment for segment in segments}
    said = [
        f"Variant {offer.arm} of {offer.segment!r} is left out: it is not approved as it stands."
        for offer in offers
        if offer.segment in planned and not offer.is_planned and offer.arm is not None
    ]
    if small := [segment.segment for segment in segments if segment.is_small]:
        said.append(
            f"With fewer than {ENOUGH} responses expected in an arm, too small for a result of its "
            f"own: {', '.join(small)}. Take fewer variants, merge segments, or go by the result "
            "for the whole audience."
        )
    return tuple(said)


def missing(offers: Sequence[Offer], eligible: Mapping[str, int]) -> tuple[str, ...]:
    """Say what has to be done before the experiment can be designed."""
    if not eligible:
        return ("Nobody may be written to. The audience shows why.",)
    return tuple(
        f"Segment {segment!r} has no {what} that may be sent. Approve one on the Review page, or "
        "merge the segment into another on the Segments page."
        for segment, what in lacking(offers)
        if segment in eligible
    )


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)
