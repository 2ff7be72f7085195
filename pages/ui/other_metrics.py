"""What the metrics beside the deciding one came to, by what each was declared to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import words
from pages.ui.lift_views import heading
from personalization.reports import report_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.results import Reading

    Row = Mapping[str, Any]


def show(rows: Sequence[Row], reading: Reading, currency: str | None) -> None:
    """List what the other metrics came to over the whole audience, by what each is for."""
    overall = sorted(
        (row for row in rows if not row["segment"] and row["role"] != "primary"),
        key=lambda row: (row["role"] == "guardrail", row["role"], row["metric"], row["arm"]),
    )
    declared = [row for row in overall if row["role"] in ("secondary", "guardrail")]
    others = [row for row in overall if row["role"] in ("exploratory", "diagnostic")]
    if declared:
        heading("Other metrics that were declared", reading)
        _metric_table(declared, reading, currency, key="declared", is_guarded=True)
        if any(row["margin"] is not None for row in declared):
            st.caption(
                "A guardrail holds once the most harm that is plausible stays below the margin "
                "that was set before the launch."
            )
    if others:
        heading("Exploratory", reading)
        st.caption(
            "Not declared before the launch, so these decide nothing; of many looked at, some "
            "look good by luck. Opens are diagnostic only: mail programs open messages by "
            "themselves."
        )
        _metric_table(others, reading, currency, key="exploratory", is_guarded=False)


_OTHERS: Final = ("difference", "lift", "p", "margin", "bound")


def _metric_table(
    rows: Sequence[Row], reading: Reading, currency: str | None, *, key: str, is_guarded: bool
) -> None:
    shown = [
        {
            "metric": words.measured(row["metric"], currency),
            "role": words.ROLE[row["role"]],
            "label": words.arm(row["arm"]),
            "mean": report_words.level(row, "mean_treatment"),
            "other": report_words.level(row, "mean_control"),
            "difference": report_words.difference(row, "deciding_low", "deciding_high"),
            "lift": report_words.lift_alone(row),
            "p": words.NOTHING if reading.is_early else words.p_value(row["p_adjusted"]),
            **(_guarded(row) if is_guarded else {}),
            "verdict": words.VERDICT[row["verdict"]],
        }
        for row in rows
    ]
    st.dataframe(
        shown, hide_index=True, key=key, alt=f"Other metrics: {key}",
        column_order=("metric", "role", "label", "verdict", "mean", "other", *_OTHERS),
        column_config={
            "metric": "Metric", "role": "For", "label": "Variant", "mean": "Its value",
            "other": "Control", "difference": "Difference [interval]", "lift": "Lift",
            "p": "p, corrected", "margin": "Bearable harm", "bound": "At most",
            "verdict": "Verdict",
        },
    )  # fmt: skip


def _guarded(row: Row) -> dict[str, str]:
    if row["margin"] is None:
        return {"margin": words.NOTHING, "bound": words.NOTHING}
    unit = " points" if row["kind"] == "binary" else ""
    margin, bound = report_words.steps_apart(row["kind"], row["margin"], row["harm_bound"])
    most = words.NOTHING if row["harm_bound"] is None else f"{bound}{unit}"
    return {"margin": f"{margin}{unit}", "bound": most}
