"""How a difference settled over time as plain SVG, with both its intervals, for the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from personalization.reports.forest import rounded_range, tick_label, ticks_between
from personalization.reports.report_words import day as written_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from personalization.reports.forest import Unit

    Place = Callable[[date], float]
    Height = Callable[[float], float]

_WIDTH: Final = 900
_LEFT: Final = 80
_RIGHT: Final = 880
_TOP: Final = 14
_BOTTOM: Final = 230
_HEIGHT: Final = 262
_DAYS: Final = 7  # of them are named at most
_BANDS: Final = (
    ("sequence_low", "sequence_high", "#5B6470"),
    ("difference_low", "difference_high", "#2563EB"),
)


def settling_plot(
    rows: Sequence[Mapping[str, Any]], unit: Unit, *, reading_on: date | None, mark: str = ""
) -> str:
    """Draw the cumulative difference of one arm, day by day.

    Args:
        rows: Rows of ``result_days`` of one arm, by day.
        unit: Of the difference.
        reading_on: The day that the design set, marked where it lies within the days.
        mark: Written across the plot, such as SIMULATED.

    Returns:
        An ``svg`` element that needs neither network nor script; '' for fewer than two days.
    """
    drawn = [row for row in rows if row["difference"] is not None]
    if len(drawn) < 2:  # noqa: PLR2004  a line has two ends
        return ""
    columns = ("difference", *(end for band in _BANDS for end in band[:2]))
    ends: list[float] = [row[name] for row in drawn for name in columns if row[name] is not None]
    low, high, step = rounded_range(min(0.0, *ends), max(0.0, *ends) or 1.0)
    first: date = drawn[0]["day"]
    last: date = max([drawn[-1]["day"], *([reading_on] if reading_on else [])])
    n_days = max((last - first).days, 1)

    def x(when: date) -> float:
        return round(_LEFT + (when - first).days / n_days * (_RIGHT - _LEFT), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP), 1)

    last_words = tick_label(drawn[-1]["difference"], unit)
    said = escape(f"Difference over {len(drawn)} days, on the last {last_words}")
    opening = (
        f'<svg class="forest" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}" '
        'xmlns="http://www.w3.org/2000/svg">'
    )
    return "".join(
        (
            opening,
            _mark(mark),
            *(_line(value, y(value), unit) for value in ticks_between(low, high, step)),
            *(_band(drawn, band, x, y) for band in _BANDS),
            _path([(x(row["day"]), y(row["difference"])) for row in drawn]),
            *_day_names(drawn, x),
            _reading(reading_on, x) if reading_on and reading_on >= first else "",
            "</svg>",
        )
    )


def _line(value: float, y: float, unit: Unit) -> str:
    is_zero = abs(value) < 1e-9  # noqa: PLR2004
    colour, width = ("#0B1220", 1.4) if is_zero else ("#D5DBE5", 1)
    return (
        f'<line x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}" stroke="{colour}" '
        f'stroke-width="{width}"/><text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end" '
        f'class="tick">{tick_label(value, unit)}</text>'
    )


def _band(
    rows: Sequence[Mapping[str, Any]], band: tuple[str, str, str], x: Place, y: Height
) -> str:
    low, high, colour = band
    known = [row for row in rows if row[low] is not None and row[high] is not None]
    if not known:
        return ""
    above = [f"{x(row['day'])} {y(row[high])}" for row in known]
    below = [f"{x(row['day'])} {y(row[low])}" for row in reversed(known)]
    return f'<path d="M{" L".join([*above, *below])} Z" fill="{colour}" fill-opacity="0.16"/>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    joined = " L".join(f"{x} {y}" for x, y in points)
    return f'<path d="M{joined}" fill="none" stroke="#2563EB" stroke-width="2.5"/>'


def _day_names(rows: Sequence[Mapping[str, Any]], x: Place) -> list[str]:
    every = -(-len(rows) // _DAYS)
    return [
        f'<text x="{x(row["day"])}" y="{_HEIGHT - 8}" text-anchor="middle" class="tick">'
        f"{row['day'].day} {row['day']:%b}</text>"
        for row in rows[::every]
    ]


def _reading(when: date, x: Place) -> str:
    return (
        f'<line x1="{x(when)}" y1="{_TOP}" x2="{x(when)}" y2="{_BOTTOM}" stroke="#0B1220" '
        f'stroke-width="1.4" stroke-dasharray="3 3"/><text x="{x(when) - 6}" y="{_TOP + 10}" '
        f'text-anchor="end" class="tick">Read after {written_day(when)}</text>'
    )


def _mark(mark: str) -> str:
    if not mark:
        return ""
    middle = (_LEFT + _RIGHT) / 2
    return (
        f'<text x="{middle}" y="{_HEIGHT / 2}" text-anchor="middle" class="watermark">'
        f"{escape(mark)}</text>"
    )
