"""Charts of a test that has not happened yet: what it could notice, and what luck would show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.ui import charts, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.charts import Palette

_MILLION = 1_000_000
_STEPS = ((1.6, (1, 2, 5)), (3.2, (1, 3)))  # decades at most, and the labels in each of them
_HIGHEST = 1.5  # a lift beyond +150 % is none that anybody plans for


def power_curve(
    points: Sequence[tuple[int, float]],
    colours: Palette,
    *,
    now: tuple[int, float] | None,
    goal: float,
    said: str,
) -> go.Figure:
    """Draw the smallest lift that is noticed against the people in each variant.

    Args:
        points: People of a variant, ascending, and the smallest lift that so many show.
        colours: See ``charts.palette``.
        now: Where the plan stands, or None where it can notice nothing.
        goal: The lift that matters, drawn as a line.
        said: How the plan's own lift is written.
    """
    figure = go.Figure(
        go.Scatter(
            x=[n for n, _ in points],
            y=[lift for _, lift in points],
            mode="lines",
            line={"color": colours.better, "width": 2.5},
            hovertemplate="%{x:,} people in each variant notice %{y:+.0%}<extra></extra>",
        )
    )
    figure.add_hline(
        y=goal, line_width=1.5, line_dash="dash", line_color=colours.axis,
        annotation_text=f"The lift that matters: {words.change(goal, 0)}",
        annotation_position="top left",
        annotation_font={"size": charts.FONT, "color": colours.text},
    )  # fmt: skip
    if now is not None:
        _mark(figure, now, said, colours)
    charts.dress(figure, colours, height=300, right=24, top=40)
    figure.update_layout(showlegend=False, margin_b=56, margin_l=56)
    ticks = _ticks([n for n, _ in points])
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=[_short(n) for n in ticks],
        **_titled("People in each variant", colours),
    )
    top = max([goal * 3, *([now[1] * 1.4] if now else [])])
    figure.update_yaxes(
        tickformat="+.0%", range=[0, min(top, max(_HIGHEST, now[1] * 1.2 if now else 0))],
        **_titled("Smallest lift noticed", colours),
    )  # fmt: skip
    return figure


def _mark(figure: go.Figure, now: tuple[int, float], said: str, colours: Palette) -> None:
    """Put the plan's own point on the curve, with its words."""
    n, lift = now
    figure.add_scatter(
        x=[n], y=[lift], mode="markers+text", textposition="top right", cliponaxis=False,
        text=[f"<b>This test: {words.count(n)} a variant, {said}</b>"],
        textfont={"size": charts.FONT, "color": colours.text},
        marker={"symbol": "diamond", "size": 13, "color": colours.worse},
        hovertemplate="This test: %{x:,} in each variant notice %{y:+.0%}<extra></extra>",
    )  # fmt: skip


def _ticks(sizes: Sequence[int]) -> list[int]:
    """Return round numbers within a range of sizes: fewer to a decade, the wider it is."""
    lowest, highest = min(sizes, default=1), max(sizes, default=1)
    decades = math.log10(highest / lowest)
    steps = next((steps for most, steps in _STEPS if decades <= most), (1,))
    exponents = range(int(math.log10(lowest)), int(math.log10(highest)) + 1)
    ticks = [step * 10**exponent for exponent in exponents for step in steps]
    return [tick for tick in ticks if lowest <= tick <= highest]


def _short(n: int) -> str:
    """Write a round number where room is scarce: 5,000, 20k, 3m."""
    if n >= _MILLION:
        return f"{n // _MILLION:,}m"
    return f"{n // 1000}k" if n >= 10 * 1000 else f"{n:,}"


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
