"""The figures of outreach on the screen: each with its interval, and no winner on few messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from pages.ui import charts, outreach_result_words, outreach_words, words
from pages.ui.words import plain
from personalization.reports import outreach_results as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.charts import Palette
    from personalization.reports.outreach_results import Arm, Figure

_ROW = 44
_HELD = {
    "suppressed": "must not be written to",
    "stopped": "asked us to stop, or bounced",
    "not_permitted": "not permitted by law or channel",
    "unknown_basis": "no lawful basis is known",
    "cannot_open": "the channel lets nobody begin",
    "no_address": "no address on the channel",
    "no_fact": "no fact to cite",
    "no_text": "no approved text",
    "not_screened": "no text that was screened for their country",
    "too_long": "longer than the channel takes",
    "unfilled": "a field could not be filled",
    "throttled": "account or person written to lately",
}


def one(found: dict[str, list[Figure]], measure: str, cell: str = "") -> Figure | None:
    """Return a figure of the whole campaign, or None where there is nothing to it."""
    return next(
        (
            figure
            for figure in found.get(measure, [])
            if figure.cell == cell and figure.value is not None
        ),
        None,
    )


def made(found: dict[str, list[Figure]]) -> None:
    """Say how many messages were made, how many held, and what they drew."""
    ready, held = one(found, "success_rate"), one(found, "held_share")
    harm, facts = one(found, "harm_rate"), one(found, "context_relevance")
    with st.grid(4, key="outreach_made"):
        _share("Message ready", ready, "Of prospects and steps for whom a message was looked for.")
        _share("Held back", held, "By a gate: an objection, the law, a missing text, a cap.")
        _share("Facts used", facts, "Of the facts that are known of who gets a message.")
        _share("Harm", harm, "Messages that drew a refusal, an unsubscribe or a complaint.")
    codes = [figure for figure in found.get("success_rate", []) if figure.cell and figure.value]
    if codes:
        told = "; ".join(
            f"{words.percent(figure.value)} {_HELD.get(figure.cell, plain(figure.cell))}"
            for figure in codes
        )
        st.caption(f"Why messages are held: {told}.")


def drawn(found: reports.Answers) -> None:
    """Show what the messages drew, what a sales team asks first: positive answers and meetings."""
    with st.grid(4, key="outreach_drawn"):
        st.metric(
            "Messages", words.count(found.messages),
            f"to {words.plural(found.people, 'person', 'people')}",
            delta_color="off", delta_arrow="off", border=True,
        )  # fmt: skip
        st.metric(
            "Positive answers", words.count(found.positives),
            f"{words.percent(found.positive_share)} of messages", delta_color="off",
            delta_arrow="off", border=True,
            help="Messages that drew interest, a question or a meeting.",
        )  # fmt: skip
        st.metric(
            "Meetings", words.count(found.meetings), "agreed to", delta_color="off",
            delta_arrow="off", border=True,
        )  # fmt: skip
        st.metric(
            "Refusals", words.count(found.harms),
            f"{words.percent(found.harm_share)} of messages", delta_color="off", delta_arrow="off",
            border=True, help="Messages that drew a refusal, an unsubscribe or a complaint.",
        )  # fmt: skip


def effect(found: dict[str, list[Figure]]) -> None:
    """Say in a sentence each what choosing and learning bring, as far as that is known."""
    against = {
        "holdout": "than those who got the default message by lot",
        "by_lot": "than had the texts been drawn by lot (estimated from logged chances)",
    }
    chosen = next(iter(found.get("strategy_effectiveness", [])), None)
    if chosen is None or chosen.value is None:
        st.markdown("**Does choosing help?** Not known yet: no message's time for answers is over.")
    else:
        st.markdown(
            f"**Does choosing help?** {_verdict(chosen)} Prospects with a chosen message answered "
            f"positively {_more_often(chosen.value)} {against[chosen.cell]}; "
            f"90% interval {words.points(chosen.low)} to {words.points(chosen.high)}, from "
            f"{words.plural(chosen.n, 'message')}."
        )
    _forecast("Does learning help?", one(found, "feedback_impact"), sign=-1,
              what="what was learnt from earlier batches foretells the next one")  # fmt: skip
    _forecast("Does knowing the prospect help?", one(found, "context_gain"), sign=1,
              what="knowing what they did before foretells answers")  # fmt: skip


def ways(rows: Sequence[Arm]) -> None:
    """Show what was learnt of one role and channel: a chart, and the same as a table."""
    groups: dict[tuple[str, str], int] = {}
    for arm in rows:
        group = (arm.role, arm.channel)
        groups[group] = groups.get(group, 0) + arm.n
    chosen = st.selectbox(
        "Role and channel", sorted(groups, key=lambda group: -groups[group]),
        key="outreach_group", width=420,
        format_func=lambda group: (
            f"{outreach_words.READER.get(group[0], plain(group[0]))} · "
            f"{outreach_words.CHANNEL.get(group[1], plain(group[1]))}"
        ),
    )  # fmt: skip
    shown = [arm for arm in rows if (arm.role, arm.channel) == chosen]
    if not any(arm.n for arm in shown):
        st.caption("No messages yet to this role on this channel, so there is nothing to show.")
        return
    charts.show(
        forest(shown, charts.palette()), key="outreach_arms",
        alt="Expected share of positive answers by tone and angle, with 90% intervals",
    )  # fmt: skip
    st.caption(
        "What is to be expected of each way to write: where little was seen it is drawn towards "
        "what the same tone and angle did elsewhere. Bars are 90% intervals. Nothing is called "
        f"better before {reports.ENOUGH_MESSAGES} messages and a chance of 95%."
    )
    st.dataframe(
        [_row(arm) for arm in shown], hide_index=True, key="outreach_arms_table",
        alt="What was learnt, by tone and angle",
    )  # fmt: skip


def forest(rows: Sequence[Arm], colours: Palette) -> go.Figure:
    """Draw each arm's expected rate on a line with its interval, the highest on top.

    An arm without a message has only what it starts from, which is no finding: it gets no bar.
    """
    rows = [arm for arm in rows if arm.n]
    symbols = {"leading": "diamond", "trailing": "x", "even": "circle"}
    hues = {"leading": colours.better, "trailing": colours.worse}
    figure = go.Figure()
    for place, arm in enumerate(rows):
        hue = hues.get(arm.standing, colours.undecided)
        figure.add_scatter(
            x=[arm.expected], y=[place], mode="markers", showlegend=False, cliponaxis=False,
            marker={"symbol": symbols.get(arm.standing, "circle-open"), "size": 12, "color": hue},
            error_x={
                "type": "data", "symmetric": False, "thickness": 2.5, "width": 6, "color": hue,
                "array": [arm.high - arm.expected], "arrayminus": [arm.expected - arm.low],
            },
            hovertemplate=f"<b>{_name(arm)}</b><br>{words.percent(arm.expected)}, "
            f"{words.percent(arm.low)} to {words.percent(arm.high)}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=1.01, xref="paper", y=place, xanchor="left", showarrow=False,
            text=outreach_result_words.STANDING[arm.standing],
            font={"size": charts.FONT, "color": colours.text},
        )  # fmt: skip
    charts.dress(figure, colours, height=60 + _ROW * len(rows), right=150)
    figure.update_xaxes(tickformat=".1%", rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[_name(arm) for arm in rows],
        range=[len(rows) - 0.4, -0.6], automargin=True, showgrid=False,
    )  # fmt: skip
    return figure


def _share(label: str, figure: Figure | None, help_text: str) -> None:
    said = "none yet"
    if figure is not None:
        said = f"of {figure.n:,}: {words.percent(figure.low)} to {words.percent(figure.high)}"
    st.metric(
        label, words.percent(figure.value) if figure else words.NOTHING, said,
        delta_color="off", delta_arrow="off", border=True, help=help_text,
    )  # fmt: skip


def _verdict(figure: Figure) -> str:
    if figure.low is not None and figure.low > 0:
        return "Yes."
    if figure.high is not None and figure.high < 0:
        return "No, it does harm."
    return "That cannot be told yet."


def _forecast(question: str, figure: Figure | None, *, sign: int, what: str) -> None:
    """Say whether forecasts got better: a log-loss that falls is a gain."""
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        st.markdown(f"**{question}** Not known yet: it takes two batches of answered messages.")
        return
    ends = sorted((sign * figure.low, sign * figure.high))
    verdict = "Yes" if ends[0] > 0 else "No" if ends[1] < 0 else "That cannot be told yet"
    gain = sign * figure.value
    st.markdown(f"**{question}** {verdict}.")
    st.caption(
        f"{what[:1].upper()}{what[1:]} {'better' if gain > 0 else 'worse'} by "
        f"{abs(1000 * gain):,.2f}; the gain lies between {_signed(ends[0])} and "
        f"{_signed(ends[1])} (90% interval, {words.plural(figure.n, 'message')}). Measured by how "
        "surprising each answer was to the forecast: the mean log-loss, in thousandths."
    )


def _more_often(difference: float) -> str:
    """Say a difference of two shares: ``0.34 points less often``."""
    size = words.points(abs(difference)).lstrip("+")
    return f"{size} {'less' if difference < 0 else 'more'} often"


def _signed(nats: float) -> str:
    return f"{1000 * nats:+,.2f}".replace("-", "−")


def _name(arm: Arm) -> str:
    tone = outreach_words.TONE.get(arm.tone, plain(arm.tone))
    return f"{tone}, {outreach_words.ANGLE.get(arm.angle, plain(arm.angle)).lower()}"


def _row(arm: Arm) -> dict[str, Any]:
    return {
        "Tone": outreach_words.TONE.get(arm.tone, arm.tone),
        "Leads with": outreach_words.ANGLE.get(arm.angle, arm.angle),
        "Messages": arm.n,
        "Expected positive answers": words.percent(arm.expected) if arm.n else words.NOTHING,
        "90% interval": f"{words.percent(arm.low)} to {words.percent(arm.high)}"
        if arm.n
        else words.NOTHING,
        "Best here": words.chance(arm.best),
        "What can be said": outreach_result_words.STANDING[arm.standing],
    }
