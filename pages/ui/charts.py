"""Every chart of the product: pure functions from rows to a Plotly figure, in one look.

A verdict is told by the marker's shape, its colour and a word, never by colour alone; control is
always grey.  The palettes keep at least 3:1 against their background and stay apart under the
common kinds of colour blindness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go
import streamlit as st

from pages.ui import words

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme.

    Attributes:
        series: Control first, then the arms in their order.
        better: Of a verdict; so are ``worse`` and ``undecided``.
    """

    text: str
    axis: str
    grid: str
    series: tuple[str, ...]
    better: str
    worse: str
    undecided: str


LIGHT: Final = Palette(
    text="#0B1220",
    axis="#5B6470",
    grid="#E6EAF0",
    series=("#5B6470", "#2563EB", "#ED5A00", "#00A08A", "#561691", "#6E3A0E"),
    better="#2563EB",
    worse="#ED5A00",
    undecided="#5B6470",
)
DARK: Final = Palette(
    text="#E7ECF3",
    axis="#AEB6C2",
    grid="#2A3441",
    series=("#AEB6C2", "#3489FF", "#F3A807", "#66E7A5", "#CA48A3", "#927D29"),
    better="#3489FF",
    worse="#F3A807",
    undecided="#AEB6C2",
)
FONT: Final = 13


def palette() -> Palette:
    """Return the colours of the theme that the reader uses."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def colour_of_arm(arm: str, arms: Sequence[str], colours: Palette) -> str:
    """Return the colour of an arm: grey for control, the same for each other arm everywhere."""
    others = [name for name in arms if name not in ("control", "holdout")]
    if arm not in others:
        return colours.series[0]
    return colours.series[1 + others.index(arm) % (len(colours.series) - 1)]


def show(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw a figure at full width, without Plotly's toolbar; ``alt`` says what it shows."""
    st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False})


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    colours: Palette,
    muted: frozenset[str] = frozenset(),
) -> go.Figure:
    """Draw one horizontal bar a label, the first on top, with its text behind it.

    Args:
        labels: One each; they have to differ.
        values: Lengths of the bars.
        texts: What stands at the end of each bar.
        colours: See ``palette``.
        muted: Labels whose bars are grey.
    """
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(labels),
            orientation="h",
            text=list(texts),
            textposition="outside",
            cliponaxis=False,
            marker_color=[colours.series[0 if name in muted else 1] for name in labels],
            hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>",
            textfont={"size": FONT, "color": colours.text},
        )
    )  # fmt: skip
    dress(figure, colours, height=40 + 34 * len(labels), right=130, top=8)
    figure.update_layout(bargap=0.35, showlegend=False)
    figure.update_xaxes(visible=False, rangemode="tozero")
    _list_downwards(figure, list(labels))
    return figure


def waterfall(steps: Sequence[tuple[str, int]], colours: Palette) -> go.Figure:
    """Draw how a total shrinks bucket by bucket to what is left.

    Args:
        steps: Name and count of each bucket in order: the whole first, then what falls away,
            and last what is left, which equals the whole less all that fell away.
        colours: See ``palette``.
    """
    (first, whole), *lost, (last, left) = steps
    figure = go.Figure(
        go.Waterfall(
            orientation="v",
            measure=["absolute", *("relative" for _ in lost), "total"],
            x=[first, *(name for name, _ in lost), last],
            y=[whole, *(-number for _, number in lost), left],
            text=[words.count(whole), *(f"−{number:,}" for _, number in lost), words.count(left)],
            textposition="outside",
            cliponaxis=False,
            decreasing_marker_color=colours.worse,
            totals_marker_color=colours.better,
            increasing_marker_color=colours.series[0],
            connector_line_color=colours.axis,
            connector_line_width=1,
            textfont={"size": FONT, "color": colours.text},
            hovertemplate="<b>%{x}</b><br>%{text} customers<extra></extra>",
        )
    )
    dress(figure, colours, height=320, right=10)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(visible=False, range=[0, whole * 1.15 or 1])
    return figure


def curve(
    x: Sequence[float], y: Sequence[float], colours: Palette, *, marked: tuple[float, float] | None
) -> go.Figure:
    """Draw one line, with the point ``marked`` on it: such as lift against audience size."""
    figure = go.Figure(
        go.Scatter(x=list(x), y=list(y), mode="lines", line={"color": colours.better, "width": 2.5})
    )
    if marked is not None:
        figure.add_scatter(
            x=[marked[0]], y=[marked[1]], mode="markers",
            marker={"symbol": "diamond", "size": 12, "color": colours.worse},
        )  # fmt: skip
    dress(figure, colours, height=300, right=20)
    figure.update_layout(showlegend=False)
    return figure


def _list_downwards(figure: go.Figure, labels: list[str]) -> None:
    figure.update_yaxes(
        autorange="reversed", categoryorder="array", categoryarray=labels, automargin=True,
        showgrid=False,
    )  # fmt: skip


def dress(figure: go.Figure, colours: Palette, *, height: int, right: int, top: int = 32) -> None:
    """Give a figure the look of the house; height and margins in pixels."""
    font = {"size": FONT, "color": colours.text}
    figure.update_layout(
        height=height, dragmode=False, font=font, legend_font=font,
        margin={"l": 8, "r": right, "t": top, "b": 32},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"font": {"size": FONT}},
    )  # fmt: skip
    figure.update_xaxes(
        tickfont=font, gridcolor=colours.grid, zeroline=False, title=None, fixedrange=True
    )
    figure.update_yaxes(
        tickfont=font, gridcolor=colours.grid, zeroline=False, title=None, fixedrange=True
    )
