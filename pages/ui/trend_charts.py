"""The charts of the trends: shares with their intervals, by week and by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.ui import words
from pages.ui.charts import FONT, dress
from pages.ui.lift_charts import safe, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.charts import Palette
    from personalization.reports.rates import Rate

_ROW = 40
_LONGEST = 34
_SYMBOLS = ("diamond", "circle", "x")


def by_time(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[Rate]]], colours: Palette
) -> go.Figure:
    """Draw shares over time or campaigns, each with its interval, side by side.

    Args:
        labels: What each place stands for, in order.
        series: Name and one rate a place.
        colours: See ``charts.palette``.
    """
    figure = go.Figure()
    hues = (colours.worse, colours.series[1], colours.series[0])
    for number, (name, rates) in enumerate(series):
        hue, shift = hues[number % len(hues)], 0.16 * (number - (len(series) - 1) / 2)
        figure.add_scatter(
            x=[place + shift for place in range(len(rates))], y=[each.share for each in rates],
            mode="markers", name=name, cliponaxis=False,
            marker={"symbol": _SYMBOLS[number % len(_SYMBOLS)], "size": 11, "color": hue},
            error_y={
                "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": hue,
                "array": [each.high - each.share for each in rates],
                "arrayminus": [each.share - each.low for each in rates],
            },
            customdata=list(zip(map(safe, labels), map(told, rates), strict=True)),
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{safe(name)}: %{{customdata[1]}}"
            "<extra></extra>",
        )  # fmt: skip
    dress(figure, colours, height=330, right=20)
    figure.update_xaxes(
        tickvals=list(range(len(labels))),
        ticktext=[safe(shortened(label, _LONGEST)) for label in labels],
        range=[-0.6, len(labels) - 0.4], showgrid=False,
    )  # fmt: skip
    top = max((each.high for _, rates in series for each in rates), default=1.0)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", range=[0, top * 1.08])
    return figure


def by_rule(rows: Sequence[tuple[str, Rate]], colours: Palette) -> go.Figure:
    """Draw one share a line with its interval, the first on top."""
    figure = go.Figure(
        go.Scatter(
            x=[each.share for _, each in rows],
            y=list(range(len(rows))),
            mode="markers",
            cliponaxis=False,
            marker={"symbol": "diamond", "size": 12, "color": colours.series[1]},
            error_x={
                "type": "data", "symmetric": False, "thickness": 2.5, "width": 6,
                "color": colours.series[1],
                "array": [each.high - each.share for _, each in rows],
                "arrayminus": [each.share - each.low for _, each in rows],
            },
            customdata=[[safe(rule), told(each)] for rule, each in rows],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    for place, (_, each) in enumerate(rows):
        figure.add_annotation(
            x=1.01, xref="paper", y=place, xanchor="left", showarrow=False, align="left",
            text=told(each), font={"size": FONT, "color": colours.text},
        )  # fmt: skip
    dress(figure, colours, height=60 + _ROW * len(rows), right=190)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[safe(rule) for rule, _ in rows],
        range=[len(rows) - 0.4, -0.6], automargin=True, showgrid=False,
    )  # fmt: skip
    return figure


def told(found: Rate) -> str:
    """Say a share with its counts and its interval: ``5 of 40: 12%, 5 to 26%``."""
    return f"{found.count:,} of {found.n:,}: {words.percent(found.share, 0)}, {between(found)}"


def between(found: Rate) -> str:
    """Say the interval of a share: ``5 to 26%``."""
    return f"{words.percent(found.low, 0).removesuffix('%')} to {words.percent(found.high, 0)}"
