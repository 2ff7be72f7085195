"""What a planned test could show: the verdict on the design, its curve, and it metric by metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import charts, plan_charts, words
from pages.ui.words import plain

if TYPE_CHECKING:
    from personalization.reports.experiment import GuardrailPlan, MetricPlan, Plan, SegmentPlan

_HARDLY: Final = 0.1  # a guardrail that fewer harmless variants pass lets nothing through
BEYOND: Final = 5.0  # lifts beyond +500 % are all the same to a reader


def verdict(plan: Plan) -> None:
    """Say first whether this test can show the lift that matters, and whether it could ship it."""
    found, goal = plan.detectable_lift, words.change(plan.relevant_lift, 0)
    st.subheader("What this test could show", anchor=False)
    blocked = [each for each in plan.guardrail_plans if each.power < plan.power]
    stopped = "".join(f"\n\n{_in_the_way(each)}" for each in blocked)
    found_in = f"{words.percent(plan.power, 0).removesuffix('%')} of 100 tests"
    if found is None:
        st.error(
            "There are too few people for any result. Try one of the ways below, or send without "
            "a test and learn nothing from it.",
            icon=":material/block:", title="This test cannot detect anything",
        )  # fmt: skip
    elif found <= plan.relevant_lift:
        said = (
            f"A lift in {_noun(plan)} of {lift(found)} or more will be noticed in {found_in}. "
            f"You said that {goal} matters."
        )
        if blocked:
            st.warning(said + stopped, icon=":material/block:",
                       title="A guardrail stands in the way of what this test finds")  # fmt: skip
        else:
            st.success(said, icon=":material/check_circle:", title="This test is large enough")
    else:
        st.warning(
            f"You said that {goal} matters. {_sizes(plan)}, and a smaller lift is found in fewer "
            f"than {found_in}; {goal} takes about {words.count(plan.needed_people)} people in "
            f"all.{stopped}",
            icon=":material/visibility_off:",
            title=f"This test can only detect lifts {_from(found)}",
        )  # fmt: skip


def _in_the_way(guardrail: GuardrailPlan) -> str:
    """Say that a guardrail cannot, or can hardly, be shown to hold."""
    begin = "Cannot ship" if guardrail.power < _HARDLY else "May not ship"
    return f"**{begin}:** {plain(words.said(guardrail.sentence))}"


def _sizes(plan: Plan) -> str:
    """Say how many people each variant has, and the control."""
    first = plan.metric_plans[0]
    if plan.are_variants_alike and first.per_arm == first.control:
        return f"Each variant and the control have {words.count(first.control)} people"
    which = "Each variant has" if plan.are_variants_alike else "The smallest variant has"
    return f"{which} {words.count(first.per_arm)} people, the control {words.count(first.control)}"


def _from(found: float) -> str:
    return lift(found) if found > BEYOND else f"of {lift(found)} or more"


def numbers(plan: Plan) -> None:
    """Show the four figures that everything else follows from."""
    goal, first = words.change(plan.relevant_lift, 0), plan.metric_plans[0]
    bar = "" if len(plan.variants) == 1 else " Several variants have to clear a higher bar than one"
    with st.grid(4, min_column_width=180, key="power"):
        st.metric("People in the test", words.count(plan.eligible), border=True)
        st.metric(
            "Smallest lift you would notice", lift(plan.detectable_lift), border=True,
            help=f"Found in {words.percent(plan.power, 0)} of tests, over all segments, by the "
            f"rule that is frozen.{bar}{' alone, and this allows for it.' if bar else ''}",
        )  # fmt: skip
        st.metric(
            f"People needed for {goal}", words.count(plan.needed_people), border=True,
            help=f"About so many in the whole test: {words.count(first.needed_per_arm)} for a "
            f"variant and {words.count(first.needed_control)} for the control text.",
        )  # fmt: skip
        st.metric(
            f"{words.METRIC[plan.metric]} expected", _expected(plan), border=True,
            help=f"Of the control text: {plan.base_rate_source}.",
        )  # fmt: skip


def _noun(plan: Plan) -> str:
    return words.METRIC[plan.metric].lower()


def _expected(plan: Plan) -> str:
    first = plan.metric_plans[0]
    if plan.metric in plan.expectations.rates:
        return words.percent(first.expected)
    return f"{first.expected:,.2f}" if plan.order is None else plan.order.money(first.expected)


def lift(found: float | None) -> str:
    """Say the smallest lift that is noticed; none where there is none."""
    if found is None:
        return "none"
    return f"over {words.change(BEYOND, 0)}" if found > BEYOND else words.change(found, 0)


def curve(plan: Plan) -> None:
    """Draw the smallest lift against the people in each arm, with this test on it."""
    first = plan.metric_plans[0]
    st.markdown("**Could you see it?**")
    now = None if first.detectable_lift is None else (first.per_arm, first.detectable_lift)
    charts.show(
        plan_charts.power_curve(
            first.curve,
            charts.palette(),
            now=now,
            goal=plan.relevant_lift,
            said=lift(first.detectable_lift),
        ),
        key="curve",
        alt=f"Smallest lift noticed against people in each variant. {first.sentence}",
    )
    st.markdown(plain(words.said(first.sentence)))
    with st.expander("All of this in words", icon=":material/notes:"):
        for sentence in plan.sentences:
            st.markdown(f"- {plain(words.said(sentence))}")


def worth_knowing(plan: Plan) -> None:
    """Say what would be wiser otherwise."""
    if plan.warnings:
        said = [plain(words.said(warning)) for warning in plan.warnings]
        st.info("  \n".join(said), icon=":material/lightbulb:", title="Worth knowing")


def metrics(plan: Plan) -> None:
    """List every declared metric and guardrail with what can be shown of it."""
    st.subheader("Metric by metric", anchor=False)
    rows = [
        _row(each, words.ROLE[each.role], _shown(each.detectable_lift))
        for each in plan.metric_plans
    ]
    rows += [
        _row(each, words.ROLE["guardrail"], f"That it holds, with a chance of {chance}")
        for each in plan.guardrail_plans
        for chance in [words.chance(each.power)]
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="What can be shown of each metric")
    st.caption(
        f"{_sizes(plan)}. A variant needs so many people, and the control in proportion, to show a "
        f"lift of {words.change(plan.relevant_lift, 0)}, or that a guardrail holds."
    )


def _shown(found: float | None) -> str:
    if found is None:
        return "No lift at all"
    if found > BEYOND:
        return f"Only lifts {lift(found)}"
    return f"A lift of {words.change(found, 0)} or more"


def _row(each: MetricPlan | GuardrailPlan, role: str, shown: str) -> dict[str, str]:
    return {
        "Metric": words.METRIC[each.name],
        "Role": role,
        "What this test can show": shown,
        "A variant has": words.count(each.per_arm),
        "A variant needs": words.count(each.needed_per_arm),
    }


def segments(plan: Plan) -> None:
    """List what each segment could show by itself, in few columns."""
    st.subheader("Segment by segment", anchor=False)
    rows = [_segment(segment) for segment in plan.segments]
    names = dict.fromkeys(name for segment in plan.segments for name, _ in segment.lifts)
    st.dataframe(
        rows, hide_index=True, key="plan", alt="What each segment could show by itself",
        column_config={
            "segment": "Segment",
            "people": st.column_config.NumberColumn("People", format="localized"),
            "per_arm": st.column_config.NumberColumn(
                "Smallest variant gets", format="localized"),
            "own": st.column_config.TextColumn("A result of its own"),
            **{
                name: st.column_config.TextColumn(
                    words.METRIC[name],
                    help="The smallest lift that this segment would notice by itself: one "
                    "variant against the control, as if there were no other comparison.")
                for name in names
            },
        },
    )  # fmt: skip


def _segment(segment: SegmentPlan) -> dict[str, Any]:
    return {
        "segment": segment.segment,
        "people": segment.eligible,
        "per_arm": segment.per_arm,
        "own": "Too small" if segment.is_small else "Possible",
        **{name: lift(found) for name, found in segment.lifts},
    }
