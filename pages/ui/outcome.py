"""Results on the screen: health, verdict, forest plots, tables, and what moves the lift."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import charts, words
from pages.ui.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.experiment import Design

SIMULATED: Final = "Simulated data"


def watermark() -> None:
    """Say at the top that nothing here has happened."""
    st.warning(
        "Nobody was written to. Every number on this page comes back from the assumptions of the "
        "simulation and proves nothing about the messages.",
        icon=":material/science:",
        title=SIMULATED,
    )


def health(rows: Sequence[dict[str, Any]]) -> bool:
    """Show what was looked at before any lift; return whether a verdict may be given."""
    rows = [row for row in rows if row["name"] != "simulated"]  # the watermark says it
    bad = [row for row in rows if row["state"] == "bad"]
    doubtful = [row for row in rows if row["state"] == "warning"]
    for row in bad:
        st.error(
            plain(words.said(row["message"])),
            icon=":material/error:",
            title="These results are not valid",
        )
    for row in doubtful:
        st.warning(plain(words.said(row["message"])), icon=":material/warning:")
    good = len(rows) - len(bad) - len(doubtful)
    with st.expander(f"Health: {good} of {len(rows)} checks without a finding"):
        icons = {"good": "check_circle", "warning": "warning", "bad": "error"}
        for row in rows:
            name = row["name"].replace("_", " ").capitalize()
            icon = icons.get(row["state"], "help")
            st.markdown(f":material/{icon}: **{plain(name)}** {plain(row['message'])}")
    return not bad


def verdict(rows: Sequence[dict[str, Any]], *, is_valid: bool) -> None:
    """Say in one sentence what came out over the whole audience, best arm first."""
    overall = [row for row in rows if not row["segment"]]
    if not is_valid or not overall:
        return
    best = max(overall, key=lambda r: (r["verdict"] == "better", r["lift"] or float("-inf")))
    box = {"better": st.success, "worse": st.warning}.get(best["verdict"], st.info)
    icon = {"better": ":material/emoji_events:", "worse": ":material/trending_down:"}
    box(
        plain(words.said(best["sentence"])),
        icon=icon.get(best["verdict"], ":material/hourglass_top:"),
        title=words.VERDICT[best["verdict"]],
    )


def lift(rows: Sequence[dict[str, Any]], metric: str, *, is_simulated: bool) -> None:
    """Draw lift by arm and by segment, with the table of counts."""
    overall = [{**row, "label": words.arm(row["arm"])} for row in rows if not row["segment"]]
    by_segment = [
        {**row, "label": f"{row['segment']} · {words.arm(row['arm'])}"}
        for row in rows
        if row["segment"]
    ]
    note = f" · {SIMULATED}" if is_simulated else ""
    named = words.METRIC[metric]
    st.subheader(f"{named} against the control text{note}", anchor=False)
    _forest(overall, key="forest_arms")
    _table(overall, metric, key="table_arms")
    if by_segment:
        family = by_segment[0]["family_size"]
        st.subheader(f"By segment{note}", anchor=False)
        st.caption(
            f"Corrected for {family} comparisons at once. A segment's own numbers are small: read "
            "the interval, not the dot."
        )
        _forest(by_segment, key="forest_segments")
        _table(by_segment, metric, key="table_segments")


def _forest(rows: Sequence[dict[str, Any]], *, key: str) -> None:
    alt = "Lift over control with intervals. " + " ".join(row["sentence"] for row in rows)
    charts.show(charts.forest(rows, charts.palette()), key=key, alt=alt)


def _table(rows: Sequence[dict[str, Any]], metric: str, *, key: str) -> None:
    is_money = metric == "revenue"
    value = st.column_config.NumberColumn(format="%.2f" if is_money else "percent")
    shown = [
        {
            "label": row["label"],
            "people": row["n_treatment"],
            "mean": row["mean_treatment"],
            "control": row["mean_control"],
            "lift": row["lift"],
            "interval": words.interval(row["lift_low"], row["lift_high"]),
            "p": words.p_value(row["p_adjusted"]),
            "verdict": words.VERDICT[row["verdict"]],
        }
        for row in rows
    ]
    st.dataframe(
        shown, hide_index=True, key=key, alt="Results in numbers",
        column_config={
            "label": "Variant",
            "people": st.column_config.NumberColumn("People", format="localized"),
            "mean": {**value, "label": "Its value" if is_money else "Its rate"},
            "control": {**value, "label": "Control"},
            "lift": st.column_config.NumberColumn("Lift", format="percent"),
            "interval": "95% interval", "p": "Adjusted p", "verdict": "Verdict",
        },
    )  # fmt: skip


def attributes(rows: Sequence[dict[str, Any]], *, is_simulated: bool) -> None:
    """Show for which customers the lift is larger, by attribute and level."""
    note = f" · {SIMULATED}" if is_simulated else ""
    st.subheader(f"Which customers respond more{note}", anchor=False)
    if not rows:
        st.caption("No attribute has enough people in each of its levels to be looked at.")
        return
    moves = sorted({row["attribute"] for row in rows if row["verdict"] == "moderates"})
    named = words.listed([name.replace("_", " ") for name in moves])
    st.markdown(
        f"**{plain(named.capitalize())}** {'changes' if len(moves) == 1 else 'change'} the lift."
        if moves
        else "No attribute shows evidence that it changes the lift."
    )
    verdicts = {
        "moderates": "Moderates", "no_evidence": "No evidence", "not_enough_data": "Not enough data"
    }  # fmt: skip
    shown = [
        {
            "attribute": row["attribute"].replace("_", " ").capitalize(),
            "level": row["level"],
            "arm": words.arm(row["arm"]),
            "people": row["n_treatment"] + row["n_control"],
            "difference": words.points(row["difference"]),
            "interval": f"{words.points(row['difference_low'])} to "
            f"{words.points(row['difference_high'])}",
            "p": words.p_value(row["p_holm"]),
            "verdict": verdicts[row["verdict"]],
        }
        for row in rows
    ]
    st.dataframe(
        shown, hide_index=True, key="attributes", alt="Difference to control by customer attribute",
        column_config={
            "attribute": "Attribute", "level": "Level", "arm": "Variant",
            "people": st.column_config.NumberColumn("People", format="localized"),
            "difference": "Difference", "interval": "95% interval",
            "p": st.column_config.TextColumn("p (Holm)", help="Of the attribute as a whole"),
            "verdict": "Verdict",
        },
    )  # fmt: skip


def method(found: Design, metric: str) -> None:
    """State how the numbers were worked out, and what was fixed before."""
    fixed = found.hypothesis
    with st.expander("How this was worked out"):
        st.markdown(
            f"**Fixed before the launch:** {words.METRIC[fixed['metric']].lower()} decide, read on "
            f"{words.day(date.fromisoformat(fixed['analysis_on']))}. "
            f"Fingerprint `{found.hypothesis_sha256[:16]}`."
            + ("" if metric == fixed["metric"] else " The metric shown here is exploratory.")
        )
        st.markdown(
            "Everybody counts in the arm that they were assigned to and sent; who did not respond "
            "counts as 0.  \n**Shares:** pooled two-proportion z test, Newcombe interval of the "
            "difference, Koopman interval of the lift.  \n**Revenue:** Welch test, Fieller "
            "interval of the lift.  \n**Several arms:** Dunnett. "
            "**Segments:** Benjamini-Hochberg.  \n"
            "**Attributes:** Cochran's Q on percentage points, Holm."
        )
