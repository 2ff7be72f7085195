"""Lift on the screen: by arm, by segment, and what the other metrics came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import charts, lift_charts, words
from pages.ui.lift_charts import Mark
from pages.ui.outcome import SIMULATED
from pages.ui.words import plain
from personalization.reports import report_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.results import Reading

    Row = Mapping[str, Any]

_FIRST: Final = 6
_LONGEST: Final = 24  # of a segment's name in a chart
_CELLS: Final = ("segment", "label", "verdict", "n", "control")
DIFFERENCE: Final = "difference"
_EACH: Final = " The lines are intervals of each by itself; p and verdict are corrected."
_SCALES: Final = {DIFFERENCE: "Difference", "lift": "Relative lift"}
_ABOUT: Final = {
    "diagnostic": "Diagnostic only: mail programs open messages by themselves, so opens decide "
    "nothing.",
    "exploratory": "Exploratory: not declared before the launch, so it decides nothing. Test it "
    "in the next campaign.",
    "secondary": "Secondary: declared before the launch, but another metric decides.",
    "guardrail": "A guardrail: it cannot win a test, but it can stop one.",
}


def choose(metrics: Sequence[Row], reading: Reading) -> Row:
    """Let the reader choose which metric is drawn; the one that decides comes up.

    Each test keeps its own choice: another one's would show a metric that does not decide here.
    """
    by_name = {row["metric"]: row for row in metrics}
    chosen = st.segmented_control(
        "Metric", list(by_name), default=metrics[0]["metric"], required=True,
        key=f"metric_{reading.experiment_id}",
        format_func=lambda name: words.METRIC[name]
        + (" (decides)" if by_name[name]["role"] == "primary" else ""),
    )  # fmt: skip
    found = by_name[chosen or metrics[0]["metric"]]
    if found["role"] in _ABOUT:
        st.caption(f":material/info: {_ABOUT[found['role']]}")
    return found


def by_arm(
    rows: Sequence[Row], counts: Sequence[Row], metric: Row, reading: Reading, currency: str | None
) -> str:
    """Draw each arm against the control, with the raw counts; return the scale that was chosen.

    Args:
        rows: Results of the metric over the whole audience.
        counts: Raw counts of the metric over the whole audience, the control first.
        metric: Its name, kind and role.
        reading: Before its day only intervals that hold on any day are drawn.
    """
    heading(f"{words.measured(metric['metric'], currency)} against the control text", reading)
    scale = DIFFERENCE
    if not reading.is_early:
        scale = (
            st.segmented_control(
                "Scale", list(_SCALES), default=DIFFERENCE, required=True,
                key=f"scale_of_lift_{reading.experiment_id}",
                format_func=lambda name: _SCALES[name], label_visibility="collapsed",
            )
            or DIFFERENCE
        )  # fmt: skip
    by_name = {row["arm"]: row for row in counts}
    marks = [_mark(row, words.arm(row["arm"]), scale, by_name.get(row["arm"])) for row in rows]
    if "control" in by_name:
        marks.append(_control(by_name["control"], metric))
    _draw(marks, metric["kind"], scale, key="forest_arms")
    _explain(rows, scale, reading)
    _counts_table(rows, counts, metric, reading)
    return scale


def heading(text: str, reading: Reading) -> None:
    """Write a heading; one over simulated numbers says so."""
    note = f" · {SIMULATED}" if reading.is_simulated else ""
    st.subheader(f"{text}{note}", anchor=False)


def _mark(row: Row, label: str, scale: str, counted: Row | None) -> Mark:
    detail = _of(row["kind"], counted) if counted else f"{row['n_treatment']:,} people"
    if scale == "lift":
        return Mark(
            label, row["lift"], row["lift_low"], row["lift_high"], row["verdict"],
            report_words.lift(row), detail, row["lift_shrunk"],
        )  # fmt: skip
    text = report_words.difference(row, "deciding_low", "deciding_high")
    if row["difference"] is None:
        text = words.VERDICT[row["verdict"]]
    ends = (row["deciding_low"], row["deciding_high"])
    return Mark(label, row["difference"], *ends, row["verdict"], text, detail)


def _of(kind: str, counted: Row) -> str:
    if kind == "binary":
        return f"{counted['successes']:,} of {counted['n']:,}"
    return f"{counted['n']:,} people"


def _control(counted: Row, metric: Row) -> Mark:
    level = report_words.amount(metric["kind"], counted["mean"])
    return Mark(
        words.arm("control"), 0.0, None, None, "control", level, _of(metric["kind"], counted)
    )


def _draw(marks: Sequence[Mark], kind: str, scale: str, *, key: str) -> None:
    alt = "Estimates against the control, with intervals. " + "; ".join(
        f"{mark.label}: {mark.text}" for mark in marks
    )
    unit = "lift" if scale == "lift" else lift_charts.unit_of(kind)
    charts.show(lift_charts.forest(marks, charts.palette(), unit), key=key, alt=alt)


def _explain(rows: Sequence[Row], scale: str, reading: Reading) -> None:
    """Say what the lines are, so that nobody takes one interval for another."""
    confidence = words.percent(reading.confidence, 0)
    if reading.is_early:
        text = f"Lines: {confidence} intervals that hold on whichever day one looks."
    elif scale == "lift":
        text = f"Lines: {confidence} interval of each lift alone. The corrected difference decides."
        if any(row["lift_shrunk"] is not None for row in rows):
            text += " Tick: the lift to be expected when sent again."
    else:
        text = f"Lines: {confidence} intervals, corrected so that interval, p and verdict agree."
    if rows:
        said = [
            report_words.family(rows[0], is_early=reading.is_early),
            report_words.adjustments(rows, is_early=reading.is_early),
        ]
        text = " ".join([text, *map(plain, said)]).rstrip()
    st.caption(text)


def _counts_table(
    rows: Sequence[Row], counts: Sequence[Row], metric: Row, reading: Reading
) -> None:
    kind, by_arm_name = metric["kind"], {row["arm"]: row for row in rows}
    shown = [
        {
            "label": words.arm(counted["arm"]),
            "n": counted["n"],
            "successes": counted["successes"],
            "mean": report_words.amount(kind, counted["mean"]),
            **_compared(by_arm_name.get(counted["arm"]), reading),
        }
        for counted in counts
    ]
    successes = {"binary": words.METRIC[metric["metric"]], "ratio": "Clicks"}.get(kind, "Buyers")
    st.dataframe(
        shown, hide_index=True, key="table_arms", alt="Raw counts and results by variant",
        column_order=("label", "verdict", "n", "successes", "mean", *COMPARED),
        column_config={
            "label": "Variant", "mean": "Rate" if kind == "binary" else "Mean", **COMPARED,
            "verdict": "Verdict",
            "n": st.column_config.NumberColumn("People", format="localized"),
            "successes": st.column_config.NumberColumn(successes, format="localized"),
        },
    )  # fmt: skip


COMPARED: Final = {
    "difference": "Difference [interval]",
    "lift": "Lift",
    "expected": "Expected lift",
    "p": "p",
    "p_adjusted": "p, corrected",
}


def _compared(row: Row | None, reading: Reading) -> dict[str, str]:
    """Write a comparison; read early it has no p, which would hold for one day only."""
    if row is None:
        return dict.fromkeys((*COMPARED, "verdict"), words.NOTHING)
    return {
        "difference": report_words.difference(row, "deciding_low", "deciding_high"),
        "lift": report_words.lift_alone(row),
        "expected": report_words.lift_alone(row, "lift_shrunk"),
        "p": words.NOTHING if reading.is_early else words.p_value(row["p"]),
        "p_adjusted": words.NOTHING if reading.is_early else words.p_value(row["p_adjusted"]),
        "verdict": words.VERDICT[row["verdict"]],
    }


def by_segment(rows: Sequence[Row], metric: Row, scale: str, reading: Reading) -> None:
    """Draw each arm in each segment: the largest first, the smaller ones folded away."""
    if not rows:
        return
    heading("By segment", reading)
    ordered = sorted(rows, key=lambda r: (-(r["n_treatment"] + r["n_control"]), r["segment"]))
    marks = [
        _mark(row, f"{_short(row['segment'])} · {words.arm(row['arm'])}", scale, None)
        for row in ordered
    ]
    _draw(marks[:_FIRST], metric["kind"], scale, key="forest_segments")
    together = plain(report_words.family(rows[0], is_early=reading.is_early))
    is_corrected = any(row["difference_low_adjusted"] is not None for row in rows)
    each = "" if reading.is_early or is_corrected else _EACH
    st.caption(f"{together}{each} A segment's own numbers are small: read the interval.")
    with st.expander(
        f"All {len(rows)} in numbers"
        + (f", and {len(rows) - _FIRST} smaller ones" if len(rows) > _FIRST else "")
    ):
        if marks[_FIRST:]:
            _draw(marks[_FIRST:], metric["kind"], scale, key="forest_smaller")
        _segment_table(ordered, reading)


def _segment_table(rows: Sequence[Row], reading: Reading) -> None:
    shown = [
        {
            "segment": row["segment"],
            "label": words.arm(row["arm"]),
            "n": row["n_treatment"],
            "control": row["n_control"],
            "mean": report_words.level(row, "mean_treatment"),
            "other": report_words.level(row, "mean_control"),
            **_compared(row, reading),
        }
        for row in rows
    ]
    st.dataframe(
        shown, hide_index=True, key="table_segments", alt="Results by segment and variant",
        column_order=(*_CELLS, "mean", "other", *COMPARED),
        column_config={
            "segment": "Segment", "label": "Variant", "mean": "Its value", "other": "Control",
            "n": st.column_config.NumberColumn("People", format="localized"),
            "control": st.column_config.NumberColumn("Control people", format="localized"),
            **COMPARED, "verdict": "Verdict",
        },
    )  # fmt: skip


def _short(segment: str) -> str:
    return lift_charts.shortened(segment, _LONGEST)
