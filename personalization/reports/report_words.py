"""How the report writes numbers, dates and states: British English, percent only here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.metrics import METRICS, percent
from personalization.experiments.sizes import LARGEST_LIFT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
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
STRATEGY: Final[Mapping[str, str]] = {
    "for_you": "For you",
    "bought_together": "Bought together",
    "similar": "Similar products",
    "upsell": "Upsell",
    "cross_sell": "Cross-sell",
    "buy_again": "Buy again",
    "abandoned": "Left in the basket",
    "popular": "Popular",
}
"""How products are chosen for a customer, as a marketer says it."""
STRATEGY_HELP: Final[Mapping[str, str]] = {
    "for_you": "What customers with the same purchases bought as well.",
    "bought_together": "What goes into one basket with something they have, from another family.",
    "similar": "Of the same family, and alike in its attributes or description.",
    "upsell": "The better version of something they own, within what they usually pay.",
    "cross_sell": "From a family that they have never bought, and that buyers like them do.",
    "buy_again": "What they bought before, use up, and are due to need again.",
    "abandoned": "What they put in the basket or looked at, and have not bought since.",
    "popular": "What sells best in their segment, country or the whole shop.",
}
"""What a strategy goes by, in one sentence."""
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
SIGNS: Final[Mapping[str, str]] = {"GBP": "£", "EUR": "€", "USD": "$"}
_CORRECTIONS: Final = ("Dunnett", "Benjamini-Hochberg")
_TOO_SMALL: Final = "control too small to relate to"
POLICY: Final[Mapping[str, str]] = {
    "offered": "Would have paid",
    "best_single": "Not shown to pay",
    "refused": "Cannot be told",
}
CROSS_FITTED: Final = (
    "Every value is counted on customers on whom the choice was not made (five-fold "
    "cross-fitting), the best single message too: it may come out below the rate that was observed."
)
EXPECTED: Final = (
    "What to reckon with when the message is sent again. An uncertain lift is drawn towards the "
    "lifts that are usual, the further the wider its interval is: past campaigns' own once five "
    "are known, about ±30% assumed until then."
)
"""Why the lift to be expected is less than the one that was seen."""
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
    """Write the lift with its interval, or why there is none."""
    if row["lift"] is None:
        return VERDICT[str(row["verdict"])]
    if abs(row["lift"]) > LARGEST_LIFT:
        return lift_alone(row)
    return f"{change(row['lift'])} {interval(row['lift_low'], row['lift_high'])}"


def lift_alone(row: Mapping[str, Any], name: str = "lift") -> str:
    """Write the lift without its interval; beyond +1,000% the control is too small to tell."""
    if row[name] is None:
        return "–"
    is_too_small = row["lift"] is not None and abs(row["lift"]) > LARGEST_LIFT
    return _TOO_SMALL if is_too_small else change(row[name])


def is_told_as_lift(row: Mapping[str, Any], *, is_early: bool) -> bool:
    """Tell whether a result is best told as a lift, and not as the difference that decides.

    It is not where the control is too small to relate to, where the lift has no interval, and
    where its interval, which is of each comparison by itself, includes 0 and the deciding one
    does not, or the other way round.
    """
    if row["lift"] is None or abs(row["lift"]) > LARGEST_LIFT:
        return False
    if is_early:
        return True
    ends = (row["lift_low"], row["lift_high"], row["deciding_low"], row["deciding_high"])
    if None in ends:
        return ends[2:] == (None, None) and None not in ends[:2]
    return bool((ends[0] <= 0 <= ends[1]) == (ends[2] <= 0 <= ends[3]))


def observed(row: Mapping[str, Any], *, is_early: bool) -> tuple[str, str, str]:
    """Return what was seen as (lift or difference, its size, its interval); in one unit.

    The lift has an interval for one day only, so it has none where it is read early.
    """
    if is_told_as_lift(row, is_early=is_early):
        ends = "" if is_early else _to(row["lift_low"], row["lift_high"], change)
        return "lift", change(row["lift"]), ends
    kind = str(row["kind"])
    ends = _to(row["deciding_low"], row["deciding_high"], lambda value: step(kind, value))
    return "difference", f"{step(kind, row['difference'])}{_unit(kind)}", ends


def expected(row: Mapping[str, Any], *, is_early: bool) -> tuple[str, str]:
    """Return what to expect when it is sent again, in the unit of ``observed``, and its interval.

    Its interval holds for one day only too.  Both are '' where nothing is to be expected.
    """
    is_too_small = row["lift"] is None or abs(row["lift"]) > LARGEST_LIFT
    if row["lift_shrunk"] is None or is_too_small:
        return "", ""
    low, high = (None, None) if is_early else (row["shrunk_low"], row["shrunk_high"])
    if is_told_as_lift(row, is_early=is_early):
        return change(row["lift_shrunk"]), _to(low, high, change)
    kind, base = str(row["kind"]), row["mean_control"]
    if base is None:
        return "", ""

    def scaled(share: float | None) -> str:
        return step(kind, None if share is None else share * base)

    return f"{scaled(row['lift_shrunk'])}{_unit(kind)}", _to(low, high, scaled)


def _to(low: float | None, high: float | None, said_as: Callable[[float | None], str]) -> str:
    return "" if low is None or high is None else f"{said_as(low)} to {said_as(high)}"


def _unit(kind: str) -> str:
    return " points" if kind == "binary" else ""


def step(kind: str, value: float | None, digits: int = 2) -> str:
    """Write a difference with its sign: percentage points of rates, else the amount.

    What would read as 0 gets a digit or two more; what still does has no sign.
    """
    if value is None:
        return "…"
    scaled = 100 * value if kind == "binary" else value
    digits = next((n for n in range(digits, digits + 3) if round(scaled, n)), digits)
    if not round(scaled, digits):
        return f"{0:.{digits}f}"
    return f"{scaled:+,.{digits}f}".replace("-", "−")


def steps_apart(kind: str, one: float | None, other: float | None) -> tuple[str, str]:
    """Write two amounts that are held against each other, with digits to tell them apart."""
    for digits in (2, 3, 4):
        found = step(kind, one, digits), step(kind, other, digits)
        if found[0] != found[1] or one == other:
            return found
    return found


def difference(
    row: Mapping[str, Any], low: str = "difference_low", high: str = "difference_high"
) -> str:
    """Write the difference with the interval whose ends are in the columns ``low`` and ``high``."""
    if row["difference"] is None:
        return "–"
    kind = str(row.get("kind", "binary"))
    written = f"{step(kind, row['difference'])}{_unit(kind)}"
    if row[low] is None and row[high] is None:
        return f"{written} [too few for an interval]"
    return f"{written} [{step(kind, row[low])}, {step(kind, row[high])}]"


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
    """Write a relative change with its sign: +12%; what is beyond telling as >+1,000%."""
    if value is None:
        return "…"
    if value > LARGEST_LIFT:
        return f">{said(percent(LARGEST_LIFT, signed=True))}"
    return said(percent(value, signed=True))


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


def adjustments(rows: Sequence[Mapping[str, Any]], *, is_early: bool) -> str:
    """Say what CUPED took out of each variant's result, and what it was before; '' without it.

    What it was before has an interval for one day only, so it is left out where it is read early.
    """
    used = [row for row in rows if row["rho_squared"] is not None
            and row["difference_unadjusted"] is not None]  # fmt: skip
    if not used:
        return ""
    shares = list(dict.fromkeys(f"{row['rho_squared']:.2f}" for row in used))
    ends = shares[0] if len(shares) == 1 else f"{min(shares)} to {max(shares)}"
    text = f"Adjusted by what people did before the launch (CUPED, ρ² = {ends})"
    if is_early or any(row["segment"] for row in used):
        return f"{text}."
    before = "; ".join(
        f"{arm(row['arm'])} "
        + difference({**row, "difference": row["difference_unadjusted"]},
                     "unadjusted_low", "unadjusted_high")
        for row in used
    )  # fmt: skip
    return f"{text}; unadjusted: {before}."


def noun(metric: str) -> str:
    """Return what a sentence calls the metric."""
    return METRICS[metric].noun if metric in METRICS else metric


def measured(metric: str, currency: str | None) -> str:
    """Name a metric, one of money with its currency where it is known: Revenue per person (£)."""
    name = METRIC.get(metric, metric)
    is_money = metric.startswith("revenue") and currency
    return f"{name} ({SIGNS.get(currency or '', currency)})" if is_money else name


def health_name(name: str) -> str:
    """Say what a check looks at."""
    return _HEALTH_NAME.get(name, name.replace("_", " ").capitalize())


def arm(name: str) -> str:
    """Name an arm; a name that is more than a letter stands as it is."""
    named = {CONTROL: "Control text", HOLDOUT: "Holdout (no e-mail)"}
    return named.get(name, f"Variant {name}" if len(name) == 1 else name)
