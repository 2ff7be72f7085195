"""What a voice looks like: the waveform, and the pitch over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plotly.subplots import make_subplots

from pages.ui import charts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go


def sound(
    loudness: Sequence[float],
    pitch: Sequence[tuple[float, float]],
    seconds: float,
    colours: charts.Palette,
) -> go.Figure:
    """Draw a waveform's outline above the pitch, over the same seconds.

    Args:
        loudness: Loudest sample of each stretch, in [0, 1].
        pitch: (seconds, Hertz) where there is one.
        seconds: How long the sound is.
        colours: See ``charts.palette``.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    step = seconds / max(1, len(loudness))
    times = [number * step for number in range(len(loudness))]
    up, down = list(loudness), [-value for value in loudness]
    figure.add_scatter(
        x=times + times[::-1], y=up + down[::-1], fill="toself", line={"width": 0},
        fillcolor=colours.series[1], hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[at for at, _ in pitch], y=[hertz for _, hertz in pitch], mode="markers",
        marker={"size": 3, "color": colours.better}, row=2, col=1,
        hovertemplate="%{x:.2f} s: %{y:.0f} Hz<extra></extra>",
    )  # fmt: skip
    charts.dress(figure, colours, height=300, right=16, top=8)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(title_text="Waveform", range=[-1, 1], showticklabels=False, row=1, col=1)
    figure.update_yaxes(title_text="Pitch, Hz", row=2, col=1)
    figure.update_xaxes(title_text="Seconds", row=2, col=1)
    return figure
