"""How the report writes numbers, dates and states: British English, percent only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.experiments.metrics import METRICS, percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

METRIC: Final = {
    "click": "Clicks",
    "conversion": "Purchases",
    "revenue": "Revenue per person",
    "unsubscribe": "Unsubscribes",
    "open": "Opens",
}
VERDICT: Final = {
    "better": "Better",
    "worse": "Worse",
    "undecided": "Not decided yet",
    "not_enough_data": "Not enough data",
    "moderates": "Moves the lift",
    "no_evidence": "No evidence",
}
HEALTH: Final = {"good": "Good", "warning": "Look at it", "bad": "Bad", "unknown": "Not known"}
_SMALLEST_P: Final = 0.001


def day(value: date | datetime | None) -> str:
    """Write a day as 1 December 2026, or a dash."""
    return "–" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """Write a moment with its time, UTC."""
    return "–" if value is None else f"{day(value)}, {value:%H:%M} UTC"


def p_value(value: float | None) -> str:
    """Write a p-value with three digits; below a thousandth that is all that is said."""
    if value is None:
        return "–"
    return "< 0.001" if value < _SMALLEST_P else f"{value:.3f}"


def level(row: Mapping[str, Any], name: str) -> str:
    """Write the mean of one side of a result: a rate in percent, an amount as it is."""
    value = row[name]
    if value is None:
        return "–"
    return f"{value:.2%}".replace("%", " %") if row["kind"] == "binary" else f"{value:,.2f}"


def lift(row: Mapping[str, Any]) -> str:
    """Write the lift with its interval, or that there is none."""
    if row["lift"] is None:
        return VERDICT[str(row["verdict"])]
    return f"{change(row['lift'])} {interval(row['lift_low'], row['lift_high'])}"


def difference(row: Mapping[str, Any]) -> str:
    """Write the difference with its interval: percentage points of rates, else the amount."""
    if row["difference"] is None:
        return "–"
    ends = (row["difference"], row["difference_low"], row["difference_high"])
    if row.get("kind", "binary") == "binary":
        middle, low, high = (None if end is None else f"{100 * end:+.2f}" for end in ends)
        unit = " pp"
    else:
        middle, low, high = (None if end is None else f"{end:+,.2f}" for end in ends)
        unit = ""
    written = f"{middle}{unit} [{low or '…'}, {high or '…'}]"
    return written.replace("-", "−")


def stacked(estimate: str) -> str:
    """Put the interval of an estimate on a line of its own, for narrow columns."""
    return estimate.replace(" [", "\n[")


def change(value: float | None) -> str:
    """Write a relative change with its sign: +12 %."""
    return "…" if value is None else percent(value, signed=True)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval in brackets; an end that the data do not bound is three dots."""
    return f"[{change(low)}, {change(high)}]"


def noun(metric: str) -> str:
    """Return what a sentence calls the metric."""
    return METRICS[metric].noun if metric in METRICS else metric


def arm(name: str) -> str:
    """Name an arm in a table."""
    return {"control": "Control text", "holdout": "No e-mail"}.get(name, f"Variant {name}")
