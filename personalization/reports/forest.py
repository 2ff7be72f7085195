"""A forest plot as plain SVG: estimates with their intervals, for pages without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 900
_LEFT: Final = 250  # where the plot begins; labels stand before it
_RIGHT: Final = 640  # where it ends; intervals in words stand behind it
_ROW: Final = 30
_TOP: Final = 16
_WIDEST: Final = 2.0  # what lies above +200 % is cut, with an arrow
_NARROWEST: Final = 0.1
_TICKS: Final = 6
_NOTHING: Final = ("no lift", "0")  # how an axis writes no effect

COLOURS: Final = {
    "better": "#2563EB",
    "worse": "#ED5A00",
    "level": "#00705F",
}
"""By verdict, grey for every other; the marker's shape says the same without colour."""
_GREY: Final = "#5B6470"
Unit = Literal["lift", "points", "amount"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row of the plot.

    Attributes:
        label: Whose estimate it is.
        value: Gain over the control; None where there is not enough data.
        low: Lower end of its interval.
        high: Upper end.
        verdict: A verdict of ``results``, or level.
        words: What stands behind the interval: the same in numbers.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    words: str


def forest_plot(estimates: Sequence[Estimate], unit: Unit = "lift", *, mark: str = "") -> str:
    """Draw the estimates from top to bottom, around a line at no effect.

    Args:
        estimates: One a row; those without an interval are told in words only.
        unit: Whether they are relative, differences of shares, or amounts.
        mark: Written across the plot, such as SIMULATED.

    Returns:
        An ``svg`` element that needs neither network nor script; '' where there is no row.
    """
    if not estimates:
        return ""
    low, high, step = _range(estimates, unit)
    height = _TOP + _ROW * len(estimates) + 34
    described = "; ".join(f"{row.label}: {row.words}" for row in estimates)
    opening = (
        f'<svg class="forest" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(f"Gain over the control. {described}")}" '
        'xmlns="http://www.w3.org/2000/svg">'
    )
    parts = [
        opening,
        _watermark(mark, height),
        *(
            _tick(_x(value, low, high), height, tick_label(value, unit))
            for value in ticks_between(low, high, step)
        ),
        *(_row(row, _TOP + _ROW * i, low, high) for i, row in enumerate(estimates)),
        "</svg>",
    ]
    return "".join(parts)


def _range(estimates: Sequence[Estimate], unit: Unit) -> tuple[float, float, float]:
    """Return where the axis begins, where it ends, and the distance of its ticks."""
    ends = [
        end
        for row in estimates
        for end in (row.low, row.value, row.high)
        if end is not None and abs(end) < float("inf")
    ]
    if unit == "lift":
        low = max(-1.0, min([*ends, -_NARROWEST]))
        return rounded_range(low, min(_WIDEST, max([*ends, _NARROWEST])))
    least = max([abs(end) for end in ends] or [1.0]) / 10 or 1.0
    return rounded_range(min([*ends, -least]), max([*ends, least]))


def rounded_range(low: float, high: float) -> tuple[float, float, float]:
    """Return an axis of round ends that holds both, and the distance of its at most six ticks."""
    rough = (high - low) / _TICKS
    power = float(10.0 ** floor(log10(rough)))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    return floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step


def ticks_between(low: float, high: float, step: float) -> list[float]:
    """Return the values of the ticks, both ends among them."""
    return [step * i for i in range(round(low / step), round(high / step) + 1)]


def tick_label(value: float, unit: Unit) -> str:
    """Write a value of the axis: a lift in percent, a difference of shares in points."""
    if abs(value) < 1e-9:  # noqa: PLR2004
        return "no lift" if unit == "lift" else "0"
    written = {
        "lift": f"{value:+.0%}",
        "points": f"{round(100 * value, 6):+g} pts",
        "amount": f"{round(value, 6):+,g}",
    }[unit]
    return written.replace("-", "−")


def _x(value: float, low: float, high: float) -> float:
    share = (min(max(value, low), high) - low) / (high - low)
    return round(_LEFT + share * (_RIGHT - _LEFT), 1)


def _tick(x: float, height: int, label: str) -> str:
    colour, width = ("#0B1220", 1.6) if label in _NOTHING else ("#D5DBE5", 1)
    return (
        f'<line x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{height - 26}" stroke="{colour}" '
        f'stroke-width="{width}"/>'
        f'<text x="{x}" y="{height - 8}" text-anchor="middle" class="tick">{label}</text>'
    )


def _row(row: Estimate, top: int, low: float, high: float) -> str:
    middle, colour = top + _ROW // 2, COLOURS.get(row.verdict, _GREY)
    label = f'<text x="0" y="{middle + 5}">{escape(_shortened(row.label))}</text>'
    words = f'<text x="{_RIGHT + 14}" y="{middle + 5}">{escape(row.words)}</text>'
    if row.value is None or row.low is None or row.high is None:
        return label + words
    left, right = _x(row.low, low, high), _x(row.high, low, high)
    whisker = (
        f'<line x1="{left}" y1="{middle}" x2="{right}" y2="{middle}" stroke="{colour}" '
        'stroke-width="2.5"/>'
    )
    arrow = _arrow(right, middle, colour) if row.high > high else ""
    marker = "" if row.value > high else _marker(row, _x(row.value, low, high), middle, colour)
    return label + whisker + arrow + marker + words


def _arrow(x: float, y: int, colour: str) -> str:
    return f'<path d="M{x - 8} {y - 5} L{x} {y} L{x - 8} {y + 5} Z" fill="{colour}"/>'


def _marker(row: Estimate, x: float, y: int, colour: str) -> str:
    """A diamond for better, a cross for worse, a square for none, else an open circle."""
    if row.verdict == "better":
        return f'<path d="M{x - 8} {y} L{x} {y - 8} L{x + 8} {y} L{x} {y + 8} Z" fill="{colour}"/>'
    if row.verdict == "worse":
        return (
            f'<path d="M{x - 6} {y - 6} L{x + 6} {y + 6} M{x - 6} {y + 6} L{x + 6} {y - 6}" '
            f'stroke="{colour}" stroke-width="3.5"/>'
        )
    if row.verdict == "no_difference":
        return f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="{colour}"/>'
    return f'<circle cx="{x}" cy="{y}" r="6" fill="#FFFFFF" stroke="{colour}" stroke-width="2.5"/>'


def _shortened(label: str, longest: int = 34) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1]}…"


def _watermark(mark: str, height: int) -> str:
    if not mark:
        return ""
    middle = (_LEFT + _RIGHT) / 2
    return (
        f'<text x="{middle}" y="{height / 2}" text-anchor="middle" class="watermark">'
        f"{escape(mark)}</text>"
    )
