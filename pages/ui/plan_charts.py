"""Charts of a test that has not happened yet: what it could notice, and what luck would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.ui import charts, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.charts import Palette

_HIGHEST = 1.5  # a lift beyond +150 % is none that anybody plans for


def power_curve(
    points: Sequence[tuple[int, float]],
    colours: Palette,
    *,
    now: tuple[int, float] | None,
    goal: float,
) -> go.Figure:
    """Draw the smallest lift that is noticed against the people in each arm.

    Args:
        points: People per arm, ascending, and the smallest lift that so many show.
        colours: See ``charts.palette``.
        now: Where the plan stands, or None where it can notice nothing.
        goal: The lift that matters, drawn as a line.
    """
    figure = go.Figure(
        go.Scatter(
            x=[n for n, _ in points],
            y=[lift for _, lift in points],
            mode="lines",
            line={"color": colours.better, "width": 2.5},
            hovertemplate="%{x:,} people in each arm notice %{y:+.0%}<extra></extra>",
        )
    )
    figure.add_hline(
        y=goal, line_width=1.5, line_dash="dash", line_color=colours.axis,
        annotation_text=f"The lift that matters: {words.change(goal, 0)}",
        annotation_position="top left",
        annotation_font={"size": charts.FONT, "color": colours.text},
    )  # fmt: skip
    if now is not None:
        n, lift = now
        figure.add_scatter(
            x=[n], y=[lift], mode="markers+text", textposition="top right", cliponaxis=False,
            text=[f"<b>This test: {words.count(n)} an arm, {words.change(lift, 0)}</b>"],
            textfont={"size": charts.FONT, "color": colours.text},
            marker={"symbol": "diamond", "size": 13, "color": colours.worse},
            hovertemplate="This test: %{x:,} people in each arm notice %{y:+.0%}<extra></extra>",
        )  # fmt: skip
    charts.dress(figure, colours, height=300, right=24, top=40)
    figure.update_layout(showlegend=False, margin_b=56, margin_l=56)
    figure.update_xaxes(
        type="log", tickformat=",", dtick="D2", **_titled("People in each arm", colours)
    )
    top = max([goal * 3, *([now[1] * 1.4] if now else [])])
    figure.update_yaxes(
        tickformat="+.0%", range=[0, min(top, max(_HIGHEST, now[1] * 1.2 if now else 0))],
        **_titled("Smallest lift noticed", colours),
    )  # fmt: skip
    return figure


def noise_mirror(
    edges: Sequence[float],
    without: Sequence[float],
    with_effect: Sequence[float],
    colours: Palette,
    *,
    hoped: float,
    lift: float,
) -> go.Figure:
    """Draw how good the best variant would look: if nothing works, and if one really does.

    Args:
        edges: Of the bins of the best observed lift, one more than there are bins.
        without: Share of tests in each bin where no message does anything.
        with_effect: The same where one message truly brings ``lift``.
        colours: See ``charts.palette``.
        hoped: What counts as a success when it is seen, drawn as a line.
        lift: The true lift of the second world.
    """
    figure = go.Figure()
    for name, shares, colour, fill in (
        ("If nothing works", without, colours.undecided, "tozeroy"),
        (f"If one really brings {words.change(lift, 0)}", with_effect, colours.better, "none"),
    ):
        figure.add_scatter(
            x=list(edges), y=[*shares, shares[-1]], name=name, mode="lines", fill=fill,
            line={"shape": "hv", "color": colour, "width": 1 if fill == "tozeroy" else 2.5},
            hovertemplate=f"{name}: %{{y:.0%}} of tests show about %{{x:+.0%}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(
        x=hoped, line_width=1.5, line_dash="dash", line_color=colours.axis,
        annotation_text=words.change(hoped, 0), annotation_position="top",
        annotation_font={"size": charts.FONT, "color": colours.text},
    )  # fmt: skip
    charts.dress(figure, colours, height=300, right=16, top=40)
    figure.update_layout(margin_b=56, legend_y=1.12)
    figure.update_xaxes(tickformat="+.0%", **_titled("Lift of the best variant", colours))
    figure.update_yaxes(visible=False, rangemode="tozero")
    return figure


def _titled(title: str, colours: Palette) -> dict[str, object]:
    return {"title": {"text": title, "font": {"size": charts.FONT, "color": colours.text}}}
