"""What stands behind a verdict: how it settled, the Bayesian view, attributes, personal choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import charts, lift_charts, words
from pages.ui.lift_charts import Mark
from pages.ui.lift_views import heading
from pages.ui.words import plain
from personalization.reports import drivers, report_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.posteriors import Chance, Curve
    from personalization.reports.results import Reading

    Row = Mapping[str, Any]


def over_time(rows: Sequence[Row], kind: str, reading: Reading) -> None:
    """Draw how the difference of an arm settled from day to day."""
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    if len({row["day"] for row in rows}) < 2:  # noqa: PLR2004  a line has two ends
        return
    heading("How it settled", reading)
    arm = arms[0]
    if len(arms) > 1:
        arm = st.segmented_control(
            "Variant", arms, default=arms[0], required=True,
            key=f"arm_over_time_{reading.experiment_id}", format_func=words.arm,
            label_visibility="collapsed",
        ) or arms[0]  # fmt: skip
    shown = [row for row in rows if row["arm"] == arm]
    ends = ("difference_low", "difference_high")
    bands = "The narrow band holds for the one day that was set before; the wide one on any day."
    if reading.is_early:  # what holds for one day only is left out
        shown, bands = [{**row, **dict.fromkeys(ends)} for row in shown], "It holds on any day."
        ends = ("sequence_low", "sequence_high")
    last = shown[-1]
    alt = (
        f"Cumulative difference of {words.arm(arm)} to the control over {len(shown)} days; on the "
        f"last {report_words.difference({**last, 'kind': kind}, *ends)}"
    )
    figure = lift_charts.timeline(
        shown, charts.palette(), lift_charts.unit_of(kind),
        reading_on=None if reading.is_simulated else reading.analysis_on,
    )  # fmt: skip
    charts.show(figure, key="timeline", alt=alt)
    st.caption(f"Everybody's responses up to each day. {bands}")


def posterior(
    chances: Sequence[Chance], curves: Sequence[Curve], kind: str, reading: Reading
) -> None:
    """Draw how likely each arm is the best, what a mistake would cost, and where each lies."""
    if not chances:
        return
    heading("Which is probably the best", reading)
    arms, colours = [chance.arm for chance in chances], charts.palette()
    texts = [f"{words.chance(chance.probability)}{_loss(chance, kind)}" for chance in chances]
    names = [words.arm(arm) for arm in arms]
    left, right = st.columns(2)
    with left:
        st.markdown("**Chance to be the best**")
        figure = charts.bars(
            [lift_charts.safe(name) for name in names],
            [chance.probability for chance in chances], texts, colours,
        )  # fmt: skip
        figure.update_traces(
            marker_color=[charts.colour_of_arm(arm, arms, colours) for arm in arms]
        )
        figure.update_layout(margin_r=190)
        alt = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
        charts.show(figure, key="best", alt=f"Chance to be the best. {alt}")
    if curves:
        with right:
            st.markdown("**Where each one probably lies**")
            drawn = [
                (words.arm(curve.arm), curve.xs, curve.density,
                 charts.colour_of_arm(curve.arm, arms, colours))
                for curve in curves
            ]  # fmt: skip
            figure = lift_charts.densities(drawn, colours, is_share=kind == "binary")
            charts.show(figure, key="densities", alt="Posterior density of each arm's mean")
    st.caption(
        "The Bayesian view, for orientation; the corrected interval decides. Loss: what is given "
        "up per person on average if this one is taken and another is better."
    )


def _loss(chance: Chance, kind: str) -> str:
    if chance.loss is None:
        return ""
    unit = " points" if kind == "binary" else ""
    return f", loss {report_words.step(kind, chance.loss).lstrip('+')}{unit}"


def attributes(rows: Sequence[Row], overall: Sequence[Row], reading: Reading) -> None:
    """Show for which customers the lift is larger: the clearest attributes drawn, all listed.

    Args:
        rows: Rows of ``attribute_effects``, the clearest first, levels of one together.
        overall: Results over the whole audience, to hold the levels against.
        reading: Whether it is simulated.
    """
    heading("What drives performance", reading)
    if not rows:
        st.caption("No attribute has enough people in each of its levels to be looked at.")
        return
    groups = drivers.tested(rows)
    drawn = drivers.clearest(groups)
    st.markdown(_in_short(drivers.moving(groups)))
    difference = {row["arm"]: row["difference"] for row in overall}
    for number, levels in enumerate(drawn):
        _levels(levels, difference.get(levels[0]["arm"]), number)
    _table([levels[0] for levels in groups], rows)


def _in_short(moving: Sequence[Sequence[Row]]) -> str:
    names = list(dict.fromkeys(levels[0]["attribute"] for levels in moving))
    if not names:
        return "No attribute shows evidence that it changes the lift. The nearest to it:"
    listed = plain(words.listed([_named(name) for name in names]))
    verb = "moderates" if len(names) == 1 else "moderate"
    return f"**{listed[:1].upper()}{listed[1:]}** {verb} the lift."


def _named(attribute: str) -> str:
    return attribute.replace("_", " ")


def _levels(levels: Sequence[Row], overall: float | None, number: int) -> None:
    first = levels[0]
    attribute, arm = first["attribute"], first["arm"]
    joint = "" if first["joint_p"] is None else f"; {_p(first['joint_p'])} beside all others"
    test = "" if first["q"] is None else f": Q = {first['q']:.1f}, {_p(first['p_holm'])} after Holm"
    st.markdown(
        f"**{plain(_named(attribute).capitalize())}, {plain(words.arm(arm))}** "
        + plain(f"({report_words.VERDICT[first['verdict']].lower()}{test}{joint})")
    )
    marks = [
        Mark(
            row["level"], row["difference"], row["difference_low"], row["difference_high"],
            "level", report_words.difference(row),
            f"{row['n_treatment']:,} against {row['n_control']:,}",
        )
        for row in levels
    ]  # fmt: skip
    figure = lift_charts.forest(
        marks, charts.palette(), lift_charts.unit_of(first["kind"]),
        reference=None if overall is None else (overall, "everybody"),
    )  # fmt: skip
    alt = f"Difference to the control by {_named(attribute)}. " + "; ".join(
        f"{mark.label}: {mark.text}" for mark in marks
    )
    charts.show(figure, key=f"levels_{number}", alt=alt)


def _p(value: float | None) -> str:
    said = words.p_value(value)
    return f"p {said}" if said.startswith("<") else f"p = {said}"


def _table(tested: Sequence[Row], rows: Sequence[Row]) -> None:
    with st.expander(f"All {len(tested)} that were looked at"):
        st.dataframe(
            [_tested(row) for row in tested],
            hide_index=True, key="attributes", alt="Tests of each attribute and variant",
        )  # fmt: skip
        st.dataframe(
            [
                {
                    "Attribute": _named(row["attribute"]).capitalize(),
                    "Level": row["level"],
                    "Variant": words.arm(row["arm"]),
                    "People": row["n_treatment"],
                    "Control people": row["n_control"],
                    "Difference [interval]": report_words.difference(row),
                    "Left out of the test": row["level_reason"],
                }
                for row in rows
            ],
            hide_index=True, key="attribute_levels", alt="Difference by level of each attribute",
        )  # fmt: skip
        st.caption(
            "Differences in the metric's own unit, never odds: those follow the base rate. An "
            "attribute moderates the lift where its levels differ by more than luck; levels with "
            "too few people are left out."
        )


def _tested(row: Row) -> dict[str, Any]:
    return {
        "Attribute": _named(row["attribute"]).capitalize(),
        "Variant": words.arm(row["arm"]),
        "Q": words.NOTHING if row["q"] is None else f"{row['q']:.1f}",
        "Degrees": row["df"],
        "p": words.p_value(row["p"]),
        "p, Holm": words.p_value(row["p_holm"]),
        "p, joint model": words.p_value(row["joint_p"]),
        "Verdict": words.VERDICT[row["verdict"]],
        "Beside all others": row["joint_reason"],
    }


def policy(rows: Sequence[Row], reading: Reading) -> None:
    """Say whether choosing the message by segment, or by another attribute, would have paid."""
    if not rows:
        return
    heading("Would personal choice have paid?", reading)
    for row in drivers.telling(rows):
        st.markdown(
            f"**{report_words.POLICY[row['state']]}:** {plain(words.said(row['sentence']))}"
        )
    with st.expander(f"All {len(rows)} choices in numbers"):
        st.dataframe(
            [
                {
                    "Chosen by": _named(row["attribute"]),
                    "Metric": words.METRIC.get(row["metric"], row["metric"]),
                    "People": row["n"],
                    "As sent": _value(row, "sent"),
                    "Best single": f"{words.arm(row['single_arm'])}: {_value(row, 'single_dr')}",
                    "By choice (DR)": _value(row, "dr"),
                    "IPS": _value(row, "ips"),
                    "SNIPS": _value(row, "snips"),
                    "Gain [interval]": report_words.difference({**row, "kind": _kind(row)}),
                    "Effective sample": words.count(row["effective_sample"]),
                    "Least propensity": words.percent(row["least_propensity"]),
                }
                for row in rows
            ],
            hide_index=True, key="policy", alt="Value of choosing the message by attribute",
        )  # fmt: skip
        st.caption(
            f"{report_words.CROSS_FITTED} "
            "A choice is offered only where the lower end of its gain over the best single message "
            "is above 0."
        )


def _kind(row: Row) -> str:
    return "mean" if str(row["metric"]).startswith("revenue") else "binary"


def _value(row: Row, name: str) -> str:
    return report_words.amount(_kind(row), row[name])
