"""The charts of a result: pure functions from values to a Plotly figure.

Names come from files and people, and Plotly reads simple HTML in every label: whatever is shown
goes through ``safe`` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import plotly.graph_objects as go

from pages.ui import words
from pages.ui.charts import FONT, dress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pages.ui.charts import Palette

_SYMBOL: Final[Mapping[str, str]] = {
    "better": "diamond",
    "worse": "x",
    "no_difference": "square",
    "not_enough_data": "circle-open",
    "invalid": "asterisk-open",
    "holds": "diamond",
    "breached": "x",
    "not_shown": "circle-open",
    "level": "circle",
    "control": "square",
}
_GOOD: Final = frozenset({"better", "holds"})
_HARM: Final = frozenset({"worse", "breached"})
_SILENT: Final = frozenset({"level", "control"})  # they need no word in the legend
Unit = Literal["lift", "points", "amount"]
_SCALE: Final[Mapping[Unit, float]] = {"lift": 1.0, "points": 100.0, "amount": 1.0}
_TICKS: Final[Mapping[Unit, str]] = {"lift": ".0%", "points": ",~g", "amount": ",~g"}
_SUFFIX: Final[Mapping[Unit, str]] = {"lift": "", "points": " pts", "amount": ""}
_ROW: Final = 44
_LONGEST: Final = 40
_WIDEST: Final = 2.0  # a lift above +200% is told in words; drawn, it would flatten all others


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of a forest plot.

    Attributes:
        label: Whose estimate it is.
        value: The estimate; None keeps the line and says only ``text``.
        low: Lower end of its interval, or None where the data do not bound it.
        high: Upper end.
        verdict: A word of ``words.VERDICT``, or ``control`` or ``level``.
        text: Stands beside the dot: the same in numbers.
        detail: Counts below the label and in the hover.
        shrunk: What is to be expected when it is sent again, drawn as a small tick.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    text: str
    detail: str = ""
    shrunk: float | None = None


def safe(text: str) -> str:
    """Return a text that Plotly shows as it stands."""
    return escape(text, quote=False)


def shortened(text: str, longest: int) -> str:
    """Cut a text that is too long for a chart, and show that it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def unit_of(kind: str) -> Unit:
    """Return the unit of a difference in a metric of this kind."""
    return "points" if kind == "binary" else "amount"


def forest(
    marks: Sequence[Mark],
    colours: Palette,
    unit: Unit,
    *,
    reference: tuple[float, str] | None = None,
) -> go.Figure:
    """Draw estimates with their intervals around no effect, one a line, the first on top.

    Args:
        marks: What to draw.
        colours: See ``charts.palette``.
        unit: Whether the estimates are relative, differences of shares, or amounts.
        reference: A second line to hold the estimates against, and its name.
    """
    figure, scale = go.Figure(), _SCALE[unit]
    places = {index: mark for index, mark in enumerate(marks) if mark.value is not None}
    for verdict in _SYMBOL:
        drawn = {i: mark for i, mark in places.items() if mark.verdict == verdict}
        if drawn:
            figure.add_trace(_dots(drawn, verdict, scale, colours))
    shrunk = {i: mark.shrunk for i, mark in enumerate(marks) if mark.shrunk is not None}
    if shrunk:
        figure.add_trace(_expected(shrunk, colours))
    figure.add_vline(x=0, line_width=1.5, line_dash="dash", line_color=colours.axis)
    if reference is not None:
        _refer(figure, (scale * reference[0], reference[1]), colours)
    for index, mark in enumerate(marks):
        figure.add_annotation(
            x=1.01, xref="paper", y=index, xanchor="left", showarrow=False, align="left",
            text=_in_bold(mark), font={"size": FONT, "color": colours.text},
        )  # fmt: skip
    dress(figure, colours, height=84 + _ROW * len(marks), right=210)
    figure.update_xaxes(tickformat=_TICKS[unit], ticksuffix=_SUFFIX[unit])
    if unit == "lift" and any((mark.high or 0.0) > _WIDEST for mark in marks):
        figure.update_xaxes(range=[-1.0, _WIDEST])
    figure.update_yaxes(
        tickvals=list(range(len(marks))), ticktext=[_label(mark, colours) for mark in marks],
        range=[len(marks) - 0.4, -0.6], automargin=True, showgrid=False,
    )  # fmt: skip
    return figure


def _label(mark: Mark, colours: Palette) -> str:
    name = shortened(mark.label, _LONGEST)
    if not mark.detail:
        return safe(name)
    return f"{safe(name)}<br><span style='color:{colours.axis}'>{safe(mark.detail)}</span>"


def _in_bold(mark: Mark) -> str:
    """Write the estimate in bold and its interval behind it."""
    estimate, bracket, rest = mark.text.partition(" [")
    if not bracket:
        return safe(mark.text)
    return f"<b>{safe(estimate)}</b> [{safe(rest)}"


def _colour(verdict: str, colours: Palette) -> str:
    if verdict in _GOOD:
        return colours.better
    if verdict == "level":
        return colours.series[3]
    return colours.worse if verdict in _HARM else colours.undecided


def _dots(drawn: Mapping[int, Mark], verdict: str, scale: float, colours: Palette) -> go.Scatter:
    colour, marks = _colour(verdict, colours), list(drawn.values())
    values = [scale * (mark.value or 0.0) for mark in marks]
    low = [scale * (mark.value or 0.0 if mark.low is None else mark.low) for mark in marks]
    high = [scale * (mark.value or 0.0 if mark.high is None else mark.high) for mark in marks]
    return go.Scatter(
        x=values,
        y=list(drawn),
        mode="markers",
        name=words.VERDICT.get(verdict, ""),
        showlegend=verdict not in _SILENT,
        marker={
            "symbol": _SYMBOL[verdict], "size": 12, "color": colour,
            "line": {"width": 2, "color": colour},
        },
        error_x={
            "type": "data", "symmetric": False, "thickness": 2.5, "width": 6, "color": colour,
            "array": [end - value for value, end in zip(values, high, strict=True)],
            "arrayminus": [value - end for value, end in zip(values, low, strict=True)],
        },
        customdata=[[safe(mark.label), safe(mark.text), safe(mark.detail)] for mark in marks],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}"
        "<extra></extra>",
    )  # fmt: skip


def _expected(shrunk: Mapping[int, float], colours: Palette) -> go.Scatter:
    return go.Scatter(
        x=list(shrunk.values()),
        y=list(shrunk),
        mode="markers",
        name="To be expected when sent again",
        marker={
            "symbol": "line-ns", "size": 16, "color": colours.text,
            "line": {"width": 3, "color": colours.text},
        },
        hovertemplate="To be expected when sent again: %{x:+.1%}<extra></extra>",
    )  # fmt: skip


def _refer(figure: go.Figure, reference: tuple[float, str], colours: Palette) -> None:
    value, name = reference
    figure.add_vline(x=value, line_width=1.5, line_dash="dot", line_color=colours.better)
    figure.add_annotation(
        x=value, y=1, yref="paper", yanchor="bottom", showarrow=False, text=safe(name),
        font={"size": FONT, "color": colours.text},
    )  # fmt: skip


def timeline(
    rows: Sequence[Mapping[str, Any]],
    colours: Palette,
    unit: Unit,
    *,
    reading_on: date | None,
) -> go.Figure:
    """Draw how one arm's difference and both its intervals settled, day by day.

    Args:
        rows: Rows of ``result_days`` of one arm, by day.
        colours: See ``charts.palette``.
        unit: Of the difference.
        reading_on: The day that the design set, marked where there is one.
    """
    figure = go.Figure()
    drawn, scale = [row for row in rows if row["difference"] is not None], _SCALE[unit]
    always, fixed = colours.series[0], colours.series[1]
    for name, colour, ends in (
        ("Valid on any day", always, ("sequence_low", "sequence_high")),
        ("Valid on one day", fixed, ("difference_low", "difference_high")),
    ):
        known = [row for row in rows if row[ends[0]] is not None and row[ends[1]] is not None]
        if not known:
            continue
        low, high = ([scale * row[end] for row in known] for end in ends)
        _band(figure, [row["day"] for row in known], (low, high), name, colour)
    figure.add_scatter(
        x=[row["day"] for row in drawn], y=[scale * row["difference"] for row in drawn],
        mode="lines+markers", name="Difference",
        line={"color": fixed, "width": 2.5}, marker={"size": 6},
        hovertemplate="%{x|%-d %b}: %{y:+,.2f}" + _SUFFIX[unit] + "<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0, line_width=1.5, line_dash="dash", line_color=colours.axis)
    if reading_on is not None:
        figure.add_shape(
            type="line", x0=reading_on, x1=reading_on, y0=0, y1=1, yref="paper",
            line={"color": colours.text, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
        figure.add_annotation(
            x=reading_on, y=1, yref="paper", xanchor="right", yanchor="top", showarrow=False,
            text="Day of reading ", font={"size": FONT, "color": colours.text},
        )  # fmt: skip
    dress(figure, colours, height=340, right=20)
    figure.update_xaxes(tickformat="%-d %b", nticks=8)
    figure.update_yaxes(tickformat=_TICKS[unit], ticksuffix=_SUFFIX[unit], automargin=True)
    return figure


def _band(
    figure: go.Figure,
    days: Sequence[date],
    ends: tuple[Sequence[float], Sequence[float]],
    name: str,
    colour: str,
) -> None:
    for ys, fill in zip(ends, (None, "tonexty"), strict=True):
        figure.add_scatter(
            x=days, y=ys, mode="lines", name=name, fill=fill,
            fillcolor=_see_through(colour, 0.18), line={"color": colour, "width": 1},
            hoverinfo="skip", showlegend=fill is not None,
        )  # fmt: skip


def densities(
    curves: Sequence[tuple[str, Sequence[float], Sequence[float], str]],
    colours: Palette,
    *,
    is_share: bool,
) -> go.Figure:
    """Draw where the mean of each arm probably lies.

    Args:
        curves: Name, points, density and colour of each arm.
        colours: See ``charts.palette``.
        is_share: Whether the means are shares.
    """
    figure = go.Figure()
    for name, xs, density, colour in curves:
        figure.add_scatter(
            x=list(xs), y=list(density), mode="lines", name=safe(name), fill="tozeroy",
            fillcolor=_see_through(colour, 0.12), line={"color": colour, "width": 2.5},
            hovertemplate=f"<b>{safe(name)}</b>: "
            + ("%{x:.2%}" if is_share else "%{x:,.2f}") + "<extra></extra>",
        )  # fmt: skip
    dress(figure, colours, height=280, right=20)
    figure.update_xaxes(tickformat=".1%" if is_share else ",~g")
    figure.update_yaxes(visible=False, rangemode="tozero")
    return figure


def _see_through(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
