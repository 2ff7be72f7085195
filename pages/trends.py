"""Trends: how much is held back and overruled, how quickly, and which rules raise false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import charts, labelling, shell, trend_charts, words
from pages.ui.policy_record import ENGINE
from pages.ui.words import plain
from personalization.reports import trends as reports

if TYPE_CHECKING:
    from personalization.reports.rates import Rate

ctx = shell.enter("trends")
store = shell.store()


def figure(label: str, found: Rate | None, help_text: str) -> None:
    """Draw one share with its interval and what it is of."""
    said = f"{found.count:,} of {found.n:,}: {trend_charts.between(found)}" if found else "none yet"
    st.metric(label, words.percent(found.share, 0) if found else words.NOTHING, said,
              delta_color="off", delta_arrow="off", border=True, help=help_text)  # fmt: skip


def summary(engine: str) -> None:
    found = reports.summary(store, engine)
    with st.grid(4, key="summary"):
        figure("Blocked", found.blocked, "Texts that nobody can let pass.")
        figure("Needs a reviewer", found.review, "Texts that wait for a reviewer's reason.")
        figure("Check failed", found.errors, "Texts that could not be checked, and are held.")
        figure("Overruled", found.overruled,
               "Of what needed a reviewer and got a decision: approved with a reason.")  # fmt: skip
    if found.median_hours is None or found.ninth_hours is None:
        st.caption("Nobody has decided on a screened message yet.")
        return
    half, nine = words.hours(found.median_hours), words.hours(found.ninth_hours)
    n = words.plural(found.decided, "decision")
    spread = (
        f"nine in ten of {n} within {nine}"
        if half == nine
        else f"half of {n} within {half}, nine in ten within {nine}"
    )
    st.markdown(f"**From screening to decision:** {spread}.")


def over_time(engine: str) -> None:
    by = st.segmented_control(
        "By", ("Week", "Campaign"), default="Week", required=True, key="trend_by",
        label_visibility="collapsed",
    )  # fmt: skip
    rows = reports.by_week(store, engine) if by == "Week" else reports.by_campaign(store, engine)
    labels = [f"{row.name or words.short_day(row.week)} ({row.n:,})" for row in rows]
    series = [("Blocked", [row.blocked for row in rows]),
              ("Needs a reviewer", [row.review for row in rows]),
              ("Check failed", [row.errors for row in rows])]  # fmt: skip
    drawn = [(name, rates) for name, rates in series if name != "Check failed" or any(
        each.count for each in rates)]  # fmt: skip
    charts.show(
        trend_charts.by_time(labels, drawn, charts.palette()), key="rates",
        alt=f"Share of texts that were held back, by {by.lower()}, with 95% intervals",
    )  # fmt: skip
    st.caption(
        "A version of a message counts once, with its last screening. The bars are 95% intervals "
        "(Wilson). In brackets: how many texts"
        + (", weeks begin on Monday." if by == "Week" else ".")
    )
    with st.expander("The same as a table"):
        st.dataframe(
            [
                {"Week from" if by == "Week" else "Campaign": label, "Texts": row.n,
                 **{name: trend_charts.told(rates[place]) for name, rates in series}}
                for place, (label, row) in enumerate(zip(labels, rows, strict=True))
            ],
            hide_index=True, key="rates_table", alt="Share of texts that were held back",
        )  # fmt: skip


def top(engine: str) -> None:
    rows = reports.top_rules(store, engine)
    if not rows:
        st.caption("No rule has found anything.")
        return
    st.dataframe(
        [{"Rule": row["rule"], "Found in": row["texts"], "Held back": row["held"]} for row in rows],
        hide_index=True, key="top_rules", alt="Rules that held most messages back",
        column_config={
            "Found in": st.column_config.NumberColumn("Found in", help="Texts"),
            "Held back": st.column_config.ProgressColumn(
                "Held back", format="%d", min_value=0, max_value=max(r["texts"] for r in rows),
                help="Texts in which it blocked, asked a reviewer or failed."),
        },
    )  # fmt: skip


def false_alarms() -> None:
    rows = reports.false_alarms(store)
    if rows:
        charts.show(
            trend_charts.by_rule(rows[:15], charts.palette()), key="false_alarms",
            alt="Share of labelled findings that reviewers call a false alarm, by rule, with 95% "
            "intervals",
        )  # fmt: skip
    else:
        st.info("Nobody has labelled a finding yet. Begin below; ten of a rule already say much.")
    st.caption(
        "Labels are of what somebody looked at, and only of what was found: they say how often a "
        "rule was wrong there, not how often it will be, and nothing of what every rule missed."
    )


found = reports.engines(store)
if not found:
    shell.empty(
        "Nothing has been screened yet",
        "Trends begin with the first messages that are written and screened.",
        page="home", label="Go to campaigns",
    )  # fmt: skip
names = [row["engine"] for row in found]
engine = names[0]
if len(names) > 1:
    engine = st.segmented_control(
        "Engine", names, default=names[0], required=True, key="engine",
        format_func=lambda name: ENGINE.get(name, name),
        help="The bands of one and the severities of the other are never counted together.",
    )  # fmt: skip
else:
    st.caption(f"All levels of harm so far come from: {plain(ENGINE.get(engine, engine))}.")
summary(engine)
st.subheader("What was held back", anchor=False)
over_time(engine)
st.subheader("Rules that held most back", anchor=False)
top(engine)
st.subheader("False alarms, as reviewers say", anchor=False)
false_alarms()
st.subheader("Findings to label", anchor=False)
labelling.queue(ctx.actor)
