"""What a plan comes to, in sentences that a marketer can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT, Arm
from personalization.experiments.metrics import HOPED_FOR, METRICS, arm_name, people, percent
from personalization.experiments.offers import lacking
from personalization.statistics.samples import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.declaring import Declaration
    from personalization.experiments.expectations import Foresight, OrderValue
    from personalization.experiments.offers import Offer
    from personalization.experiments.sizing import GuardrailPlan, MetricPlan, SegmentPlan, Sizing

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LEAST_LEARNT: Final = 0.001  # shares closer than this are equal
_BEYOND: Final = 5.0  # lifts beyond +500 % are all the same to a reader
_BLOCKS: Final = 0.1  # a guardrail that fewer harmless variants pass lets nothing through


def sentences(
    sizing: Sizing,
    primary: MetricPlan,
    guardrails: Sequence[GuardrailPlan],
    arms: Sequence[Arm],
    *,
    variants: int,
    people_needed: int | None,
    noise: float | None,
    is_learned: bool,
) -> tuple[str, ...]:
    """Say what the whole audience can show: the chance to notice first, the assumptions last."""
    declared, expectations = sizing.declared, sizing.expectations
    customers = sum(sizing.cells.eligible.values())
    base, source = expectations.rate_of(primary.name), expectations.source_of(primary.name)
    return (
        headline(primary, customers, variants, declared.relevant_lift, people_needed),
        *about_several(variants),
        *(() if noise is None else (about_noise(noise, primary.detectable_lift),)),
        *(guardrail.sentence for guardrail in guardrails),
        *(about_learned(arms) if is_learned else ()),
        *(about_orders(expectations.order, declared) if is_about_money(declared) else ()),
        about_base(primary.name, base, source),
    )


def headline(
    primary: MetricPlan, customers: int, variants: int, relevant: float, people_needed: int | None
) -> str:
    """Say what would be noticed, and how many people the lift that matters takes."""
    found = primary.detectable_lift
    noticed = (
        "you would notice no lift at all"
        if found is None
        else f"you would notice a lift in {METRICS[primary.name].noun} of {at_least(found)}"
    )
    plural = "s" if variants > 1 else ""
    in_all = "" if people_needed is None else f", about {people_needed:,} people in all"
    needed = per_arm(primary.needed_per_arm, primary.needed_control)
    return (
        f"With {people(customers)} and {number(variants)} variant{plural} {noticed}; "
        f"to see {percent(relevant, signed=True)} you need {needed}{in_all}."
    )


def per_arm(variant: int, control: int) -> str:
    """Write how many people the arms take, each for itself where they differ.

    Example:
        >>> per_arm(500, 500), per_arm(500, 700)
        ('500 per arm', '500 per variant and 700 in the control')
    """
    if abs(variant - control) <= 1:
        return f"{variant:,} per arm"
    return f"{variant:,} per variant and {control:,} in the control"


def you_have(variant: int, control: int) -> str:
    """Write how many people there are, likewise."""
    return f"you have {variant:,}" + ("" if abs(variant - control) <= 1 else f" and {control:,}")


def at_least(lift: float) -> str:
    """Write the smallest lift that is noticed; a very large one only as such.

    Example:
        >>> at_least(0.47), at_least(27.7)
        ('47 % or more', 'more than 500 %')
    """
    return f"more than {percent(_BEYOND)}" if lift > _BEYOND else f"{percent(lift)} or more"


def signed_lift(lift: float) -> str:
    """Write a lift with its sign; a very large one only as such: over +500 %."""
    return f"over {percent(_BEYOND, signed=True)}" if lift > _BEYOND else percent(lift, signed=True)


def about(n: float) -> int:
    """Round a number of people to the three digits that can be relied on.

    Example:
        >>> about(75_476), about(75_535), about(967)
        (75500, 75500, 967)
    """
    whole = round(n)
    return round(whole, 3 - len(str(whole))) if whole >= 1000 else whole  # noqa: PLR2004


def about_several(variants: int) -> tuple[str, ...]:
    """Say what testing several variants at once costs; nothing where there is only one."""
    if variants == 1:
        return ()
    sentence = (
        f"The best of {number(variants)} variants is partly luck, so each has to clear a higher "
        "bar than one alone would (Dunnett's). These numbers are for that bar."
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
        f"{percent(HOPED_FOR, signed=True)} in some variant: {ending}."
    )


def about_base(metric: str, rate: float, source: str) -> str:
    """Say what is expected of the control text, and why."""
    deed = "click" if metric == "click" else "buy"
    return f"Expected of the control text: {percent(rate)} of people {deed} ({source})."


def about_orders(order: OrderValue, declared: Declaration) -> tuple[str, ...]:
    """Say what a buyer is expected to spend, and what a cap makes of it."""
    said = (
        f"A buyer is expected to spend {order.money(order.mean)}, give or take "
        f"{order.money(order.spread)} "
        f"({order.source})."
    )
    if declared.cap is None:
        return (said,)
    capped = (
        f"With each person's revenue counted up to {order.money(declared.cap)} that is "
        f"{order.money(order.capped_mean)}, give or take {order.money(order.capped_spread)}; "
        "revenue as it is stands beside it."
    )
    return said, capped


def about_learned(arms: Sequence[Arm]) -> tuple[str, ...]:
    """Say that earlier campaigns set the variants' shares, and where they lean most."""
    control = next((arm.weight for arm in arms if arm.name == CONTROL), 0.0)
    variants = [arm for arm in arms if arm.name not in (CONTROL, HOLDOUT)]
    top = max(variants, key=lambda arm: (arm.weight, arm.segment, arm.name))
    bottom = min(arm.weight for arm in variants)
    if top.weight - bottom < _LEAST_LEARNT:
        return ("Earlier campaigns say nothing yet that would favour a variant.",)
    said = (
        f"What earlier campaigns taught sets the variants' shares; the control keeps "
        f"{percent(control)}. {arm_name(top.name)} gets the most, {percent(top.weight)} of "
        f"{top.segment!r}; every variant keeps {percent(bottom)} or more."
    )
    return (said,)


def about_segment(segment: str, customers: int, metric: str, found: float | None) -> str:
    """Say what one segment can show by itself."""
    begin = f"{segment}: {people(customers)}. By itself it"
    if found is None:
        return f"{begin} is too small to show any lift."
    return f"{begin} shows a lift in {METRICS[metric].noun} of {at_least(found)}."


def about_metric(
    metric: str, found: float | None, needs: tuple[int, int], has: tuple[int, int], relevant: float
) -> str:
    """Say what the whole audience can show in one metric; people of a variant and the control."""
    noun = METRICS[metric].noun
    begin = f"{noun[0].upper()}{noun[1:]}"
    takes = f"{percent(relevant, signed=True)} takes {per_arm(*needs)}, and {you_have(*has)}"
    if found is None:
        return f"{begin}: no lift at all would be noticed; {takes}."
    return f"{begin}: a lift of {at_least(found)} would be noticed; {takes}."


def about_guardrail(
    metric: str, margin: float, needs: tuple[int, int], has: tuple[int, int], chance: float
) -> str:
    """Say what it takes to show that a guardrail holds; people as for ``about_metric``."""
    begin = (
        f"To show that {METRICS[metric].noun} rise by no more than {points_of(margin)} points "
        f"takes {per_arm(*needs).replace(' per', ' people per', 1)}; {you_have(*has)}"
    )
    if has[0] >= needs[0]:
        return f"{begin}."
    if chance < _BLOCKS:
        return f"{begin}, so it would block every variant, even one that does no harm."
    return (
        f"{begin}, so it may block a good variant: one that does no harm passes in "
        f"{round(100 * chance)} of 100 tests."
    )


def points_of(margin: float) -> str:
    """Write a margin in points of a hundred: 1.0, or 0.05."""
    points = 100 * margin
    return f"{points:.1f}" if abs(round(points, 1) - points) < 1e-9 else f"{points:.3g}"  # noqa: PLR2004


def is_about_money(declared: Declaration) -> bool:
    """Tell whether any declared metric has to do with revenue."""
    return any(metric.name.startswith("revenue") for metric in declared.metrics)


def warnings(
    offers: Sequence[Offer],
    segments: Sequence[SegmentPlan],
    foresight: Foresight | None,
    declared: Declaration,
    *,
    variants: int,
) -> tuple[str, ...]:
    """Name what is left out, what is too small to be read, and what cannot be adjusted."""
    planned = {segment.segment for segment in segments}
    said = [
        f"Variant {offer.arm} of {offer.segment!r} is left out: it is not approved as it stands."
        for offer in offers
        if offer.segment in planned and not offer.is_planned and offer.arm is not None
    ]
    if small := [segment.segment for segment in segments if segment.is_small]:
        ways = ["Take fewer variants"] if variants > 1 else []
        ways += ["merge segments"] if len(segments) > 1 else []
        ways += ["go by the result for the whole audience" if ways else "Write to more people"]
        said.append(
            f"With fewer than {ENOUGH} responses expected in an arm, too small for a result of its "
            f"own: {', '.join(small)}. {_one_of(ways)}."
        )
    if declared.pre_days and foresight is not None and not foresight.buyers_before:
        said.append(
            f"Nobody in the audience bought anything in the last {declared.pre_days:,} days on "
            "record, so there is nothing to adjust by."
        )
    return tuple(said)


def _one_of(ways: Sequence[str]) -> str:
    said = ", or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))
    return said[0].upper() + said[1:]


def missing(offers: Sequence[Offer], eligible: Mapping[str, int]) -> tuple[str, ...]:
    """Say what has to be done before the experiment can be designed."""
    if not any(eligible.values()):
        return ("Nobody may be written to. The audience shows why.",)
    return tuple(
        f"Segment {segment!r} has no {what} that may be sent. Approve one on the Review page, or "
        "merge the segment into another on the Segments page."
        for segment, what in lacking(offers)
        if eligible.get(segment)
    )


def number(n: int) -> str:
    """Write a small number as a word.

    Example:
        >>> number(3), number(12)
        ('three', '12')
    """
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)
