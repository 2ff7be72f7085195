"""How the report writes numbers, dates and states: British English, percent only here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.metrics import METRICS, percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

METRIC: Final[Mapping[str, str]] = {
    "click": "Clicks",
    "conversion": "Purchases",
    "revenue": "Revenue per person",
    "revenue_capped": "Revenue per person, capped",
    "revenue_per_click": "Revenue per click",
    "unsubscribe": "Unsubscribes",
    "complaint": "Complaints",
    "open": "Opens",
}
VERDICT: Final[Mapping[str, str]] = {
    "better": "Better",
    "worse": "Worse",
    "no_difference": "No difference",
    "not_enough_data": "Not enough data yet",
    "invalid": "Not valid",
    "holds": "Holds",
    "breached": "Breached",
    "not_shown": "Not shown to hold yet",
    "moderates": "Moderates",
    "no_evidence": "No evidence",
}
STATE: Final[Mapping[str, str]] = {
    "ship": "Ship it",
    "stop": "Stop",
    "no_difference": "No difference that matters",
    "not_enough_data": "Not enough data yet",
    "invalid": "Not valid",
}
"""What to do with a test, by the rule that was frozen before it."""
ROLE: Final[Mapping[str, str]] = {
    "primary": "Decides",
    "secondary": "Secondary",
    "guardrail": "Guardrail",
    "exploratory": "Exploratory",
    "diagnostic": "Diagnostic only",
}
HEALTH: Final[Mapping[str, str]] = {
    "good": "Good",
    "warning": "Worth a look",
    "bad": "Bad",
    "unknown": "Not known",
}
_HEALTH_NAME: Final[Mapping[str, str]] = {
    "sample_ratio": "Group sizes as planned",
    "balance": "Groups alike before the launch",
    "delivery_losses": "Delivered alike in every group",
    "duplicates": "Everybody counted once",
    "one_arm": "Everybody in one group",
    "missing_outcomes": "Responses on record",
    "late_events": "Responses in the window",
    "machine_clicks": "Clicks by people",
    "frozen_design": "Design as approved",
    "simulated": "Simulated",
}
_CORRECTIONS: Final = ("Dunnett", "Benjamini-Hochberg")
_SMALLEST_P: Final = 0.001
_SURE: Final = 0.01
_SPACED_PERCENT: Final = re.compile(r"(?<=\d)[ \u00a0\u202f]%")


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


def said(sentence: str) -> str:
    """Write the percentages of a sentence as the rest of the page does: 12%."""
    return _SPACED_PERCENT.sub("%", sentence)


def amount(kind: str, value: float | None, digits: int = 2) -> str:
    """Write the mean of an arm: a rate in percent, an amount as it is."""
    if value is None:
        return "–"
    return f"{value:.{digits}%}" if kind == "binary" else f"{value:,.{digits}f}"


def level(row: Mapping[str, Any], name: str) -> str:
    """Write the mean of one side of a result."""
    return amount(row["kind"], row[name])


def lift(row: Mapping[str, Any]) -> str:
    """Write the lift with its interval, or that there is none."""
    if row["lift"] is None:
        return VERDICT[str(row["verdict"])]
    return f"{change(row['lift'])} {interval(row['lift_low'], row['lift_high'])}"


def step(kind: str, value: float | None, digits: int = 2) -> str:
    """Write a difference with its sign: percentage points of rates, else the amount."""
    if value is None:
        return "…"
    scaled = 100 * value if kind == "binary" else value
    return f"{scaled:+,.{digits}f}".replace("-", "−")


def difference(
    row: Mapping[str, Any], low: str = "difference_low", high: str = "difference_high"
) -> str:
    """Write the difference with the interval whose ends are in the columns ``low`` and ``high``."""
    if row["difference"] is None:
        return "–"
    kind = str(row.get("kind", "binary"))
    unit = " points" if kind == "binary" else ""
    written = f"{step(kind, row['difference'])}{unit}"
    if row[low] is None and row[high] is None:
        return written
    return f"{written} [{step(kind, row[low])}, {step(kind, row[high])}]"


def shrunk(row: Mapping[str, Any]) -> str:
    """Write the lift that is to be expected when the message is sent again, or a dash."""
    if row["lift_shrunk"] is None:
        return "–"
    return f"{change(row['lift_shrunk'])} {interval(row['shrunk_low'], row['shrunk_high'])}"


def chance(probability: float | None) -> str:
    """Write a probability without ever claiming certainty."""
    if probability is None:
        return "–"
    if probability > 1 - _SURE:
        return ">99%"
    return "<1%" if probability < _SURE else f"{probability:.0%}"


def stacked(estimate: str) -> str:
    """Put the interval of an estimate on a line of its own, for narrow columns."""
    return estimate.replace(" [", "\n[")


def change(value: float | None) -> str:
    """Write a relative change with its sign: +12%."""
    return "…" if value is None else said(percent(value, signed=True))


def interval(low: float | None, high: float | None) -> str:
    """Write an interval in brackets; an end that the data do not bound is three dots."""
    return f"[{change(low)}, {change(high)}]"


def family(row: Mapping[str, Any], *, is_early: bool) -> str:
    """Say which comparisons a result was corrected together with, and by what."""
    if row["family_size"] == 0:
        return "Too few responses for any comparison."
    if row["family_size"] == 1:
        return "One comparison, so there is nothing to correct."
    how = next((f" by {name}" for name in _CORRECTIONS if name in row["method"]), "")
    how = " by Bonferroni" if is_early else how.replace("-", "–")
    return f"{row['family_size']} comparisons corrected together{how}: {row['family']}."


def adjustment(row: Mapping[str, Any]) -> str:
    """Say what CUPED took out of a result, and what it was before; '' where it was not used."""
    if row["rho_squared"] is None or row["difference_unadjusted"] is None:
        return ""
    before = {**row, "difference": row["difference_unadjusted"]}
    return (
        f"Adjusted by what people did before the launch (CUPED, ρ² = {row['rho_squared']:.2f}); "
        f"unadjusted it is {difference(before, 'unadjusted_low', 'unadjusted_high')}."
    )


def noun(metric: str) -> str:
    """Return what a sentence calls the metric."""
    return METRICS[metric].noun if metric in METRICS else metric


def health_name(name: str) -> str:
    """Say what a check looks at."""
    return _HEALTH_NAME.get(name, name.replace("_", " ").capitalize())


def arm(name: str) -> str:
    """Name an arm; a name that is more than a letter stands as it is."""
    named = {CONTROL: "Control text", HOLDOUT: "Holdout (no e-mail)"}
    return named.get(name, f"Variant {name}" if len(name) == 1 else name)
