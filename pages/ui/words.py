"""How numbers, dates and states are said on the screen, in British English."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from personalization.reports import report_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

NOTHING: Final = "–"
"""Stands where there is no value."""

STATUS: Final[Mapping[str, str]] = {
    "draft": "Draft",
    "in_review": "In review",
    "approved": "Ready to launch",
    "running": "Running",
    "finished": "Results ready",
}
NEXT_STEP: Final[Mapping[str, str]] = {
    "segments": "Choose segments",
    "content": "Write messages",
    "review": "Review messages",
    "experiment": "Design the test and launch",
    "results": "Read the results",
}
METHOD: Final[Mapping[str, str]] = {
    "rfm": "Buying habits",
    "kmeans": "Similar customers",
    "rules": "Your own rules",
    "inherited": "Taken over",
}
METHOD_HELP: Final[Mapping[str, str]] = {
    "rfm": "By how recently, how often and for how much people bought (RFM). Easy to explain.",
    "kmeans": "By what the data itself shows: people whose buying looks alike (k-means).",
    "rules": "By conditions that you write, such as a country or a number of orders.",
}
METRIC: Final = report_words.METRIC
VERDICT: Final = report_words.VERDICT
STATE: Final = report_words.STATE
ROLE: Final = report_words.ROLE
HEALTH: Final = report_words.HEALTH
STRATEGY: Final = report_words.STRATEGY
STRATEGY_HELP: Final = report_words.STRATEGY_HELP
health_name = report_words.health_name
measured = report_words.measured
said = report_words.said
TONE: Final[Mapping[str, str]] = {
    "friendly": "Friendly",
    "formal": "Formal",
    "professional": "Professional",
    "promotional": "Promotional",
    "informative": "Informative",
}
JOB: Final[Mapping[str, str]] = {
    "voice": "Speaking a script",
    "write": "Writing and checking messages",
    "rewrite": "Writing another wording",
    "edit": "Saving and checking a message",
    "find": "Looking for approved content",
    "products": "Working out products",
    "rescreen": "Screening messages again",
    "hand_over": "Handing over what is due",
    "templates": "Making the campaigns that come again",
    "recommend": "Working out recommendations",
    "evaluate": "Holding the strategies against what was bought",
    "build recommendations": "Counting what goes with what",
    "product texts": "Writing and checking product texts",
    "outreach": "Writing and checking texts for prospects",
    "outreach_hand_over": "Handing over what is due",
    "outreach_play": "Playing a sequence through",
}
OUTCOME: Final[Mapping[str, str]] = {
    "rejected": "Rejected",
    "merged": "Merged",
    "skipped": "Skipped",
    "warning": "Comes in, worth a look",
}
COUNTED: Final[Mapping[str, str]] = {
    "rejected": "rejected",
    "merged": "merged",
    "warning": "worth a look",
}
PROBLEM: Final[Mapping[str, str]] = {
    "missing_customer_id": "There is no customer number.",
    "missing_product_id": "There is no product number.",
    "missing_prospect_id": "There is no prospect number.",
    "missing_prospect_key": "Neither an address nor a LinkedIn profile says who this is.",
    "invalid_prospect_email": "Not a valid e-mail address; this prospect cannot be e-mailed.",
    "missing_title": "No job title, so the role stays unknown.",
    "missing_country": "No country, so no law is known under which to write. It is held.",
    "bad_country": "Not a country we know; left empty, so messages are held.",
    "bad_employees": "Not a number of people; the size stays unknown.",
    "bad_language": "Not a language we know; the usual one of the country is taken.",
    "bad_time_zone": "Not a time zone such as Europe/Berlin; the country's is taken.",
    "bad_profile": "Not a LinkedIn profile; left empty.",
    "bad_handle": "Not an X handle; left empty.",
    "fact_without_source": "A fact without its source cannot be cited; it is left out.",
    "unhappy_fact": "Bad news for them, such as layoffs or a death; it is never cited.",
    "missing_name": "There is no name.",
    "missing_email": "No e-mail address, so this customer is never written to.",
    "invalid_email": "Not a valid e-mail address, so this customer is never written to.",
    "email_shared_by_ids": "The same address stands under more than one customer.",
    "duplicate_exact": "The same row occurs again.",
    "duplicate_superseded": "A later row with the same number is kept instead.",
    "conflicting_consent": "Another row of this customer refuses e-mails; the refusal stands.",
    "id_scientific_notation": "A spreadsheet shortened this number; its digits are lost.",
    "possible_duplicate_line": "The same line occurs again. Both are kept.",
    "sensitive_column": "Looks like sensitive data. It is not stored unless you say so.",
    "formula_like_text": "Begins like a formula. It is kept as text.",
    "other_currency": "In another currency than the one that counts.",
    "bad_event": "Not an event that counts here, such as open, click or conversion.",
    "bad_value": "Not a valid amount. A purchase still counts, as one worth 0.",
    "bad_basis": "Not a basis of consent, such as express, double opt-in or withdrawn.",
    "unconfirmed_opt_in": "A double opt-in that was never confirmed proves nothing yet.",
    "missing_wording": "What the person agreed to is missing, word for word.",
    "undated_withdrawal": "Says no on no day that can be read; it counts from now.",
    "unknown_channel": "Not a channel we know: a no counts for e-mail, a yes does not.",
    "missing_objector": "Neither a customer number nor a valid address, so nobody is meant.",
    "duplicate_objection": "The same person objects in another row too.",
    "refund": "A refund: it is kept, and counts as no purchase.",
    "no_product": "Postage, a fee or a test, not a product: it comes in as no longer sold.",
    "id_differs_in_case": "Another product has the same number in other letters (a for A).",
    "bad_margin": "Not a margin, which is a share of the price; left empty.",
    "bad_cost": "Not a cost price; the margin is left empty.",
    "bad_price": "Not a price; left empty. A product is not recommended until it has one.",
    "impossible_price": "Below 0, so it is no price. A product is not recommended until it has "
    "one.",
    "missing_price": "No price. The product is not recommended until it has one.",
    "zero_price": "A price of 0 counts as none. The product is not recommended until it has one.",
    "negative_stock": "Below 0: it counts as out of stock, so the product is not recommended.",
    "counts_as_return": "A purchase of less than nothing: it comes in as a return.",
    "bad_stock": "Not a number of pieces and no word we know; counts as out of stock.",
    "bad_active": "Not a yes or no and no state we know; counts as no longer sold.",
    "bad_replenishable": "Not a yes or no; left empty.",
    "bad_url": "Not a web address that begins with https:// or http://; left empty.",
    "non_product_line": "Postage, a fee or a discount, not a product.",
}
_FIELD: Final[Mapping[str, str]] = {
    "ordered_at": "order date",
    "happened_at": "time",
    "recorded_at": "day of consent",
    "confirmed_at": "day of confirmation",
    "expires_on": "end of the consent",
    "objected_at": "day of the objection",
    "consent_email": "answer on consent",
    "orders": "number of orders",
    "total_spent": "amount",
    "first_order_date": "first order date",
    "signup_date": "sign-up date",
}
KIND: Final[Mapping[str, str]] = {
    "benefit": "Benefit",
    "proof": "Proof",
    "offer": "Offer",
    "faq": "Question and answer",
    "legal": "Legal",
    "cta": "Call to action",
    "story": "Story",
    "voice": "Brand voice",
}
CONTENT_STATE: Final[Mapping[str, str]] = {
    "in_force": "Approved",
    "ends_soon": "Ends soon",
    "upcoming": "Not yet valid",
    "draft": "Draft",
    "held": "Held back",
    "expired": "Expired",
    "retired": "Retired",
    "withdrawn": "Retired (incident)",
}
LOCALE: Final[Mapping[str, str]] = {
    "en-GB": "English (UK)",
    "en-US": "English (US)",
    "de-DE": "German",
    "fr-FR": "French",
    "es-ES": "Spanish",
}


def count(number: float | None) -> str:
    """Say a whole number with thousands separated: 4,300."""
    return NOTHING if number is None else f"{number:,.0f}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Say how many of a thing: ``1 customer``, ``4,300 customers``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _is_missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def percent(share: float | None, digits: int = 1) -> str:
    """Say a share in [0, 1] as a percentage: 12.5%."""
    return NOTHING if share is None or _is_missing(share) else f"{share:.{digits}%}"


def change(share: float | None, digits: int = 1) -> str:
    """Say a relative change with its sign, and a true minus: +12.5%."""
    if share is None or _is_missing(share):
        return NOTHING
    return f"{share:+.{digits}%}".replace("-", "−")


def points(difference: float | None, digits: int = 2) -> str:
    """Say a difference of two shares in percentage points."""
    if difference is None or _is_missing(difference):
        return NOTHING
    return f"{100 * difference:+.{digits}f} points".replace("-", "−")


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Say where a lift lies: ``between +2.1% and +9.8%``."""
    if low is None or high is None or _is_missing(low) or _is_missing(high):
        return NOTHING
    return f"between {change(low, digits)} and {change(high, digits)}"


def chance(probability: float | None) -> str:
    """Say a probability without ever claiming certainty."""
    if probability is None or _is_missing(probability):
        return NOTHING
    if probability > 0.99:  # noqa: PLR2004
        return ">99%"
    return "<1%" if probability < 0.01 else f"{probability:.0%}"  # noqa: PLR2004


def p_value(p: float | None) -> str:
    """Say a p value as papers do."""
    if p is None or _is_missing(p):
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004


def problem(reason: str) -> str:
    """Say why a row or a cell of a file gives cause, from the intake's word for it.

    An unknown word is said with its underscores as spaces.
    """
    kind, _, name = reason.partition("_")
    field = _FIELD.get(name, name.replace("_", " "))
    if reason in PROBLEM:
        return PROBLEM[reason]
    if kind == "bad":
        return f"Not a valid {field}."
    if kind == "future":
        return f"This {field} lies in the future."
    if kind == "impossible":
        return f"This {field} is not possible."
    return f"{reason[:1].upper()}{reason[1:].replace('_', ' ')}."


def separation(silhouette: float) -> str:
    """Say how clearly groups differ, by the bounds of Kaufman and Rousseeuw (1990), table 4."""
    bounds = ((0.71, "Very clearly"), (0.51, "Clearly"), (0.26, "Partly"))
    return next((said for low, said in bounds if silhouette >= low), "Hardly")


def stability(agreement: float) -> str:
    """Say how far the grouping would come out the same with other customers.

    The bounds are those of Steinley (2004) for the adjusted Rand index.
    """
    bounds = ((0.90, "Very stable"), (0.80, "Stable"), (0.65, "Fairly stable"))
    return next((said for low, said in bounds if agreement >= low), "Not stable")


_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:])")


def plain(text: str) -> str:
    """Escape a text, so that Markdown shows it as it stands; line breaks are kept."""
    return (
        _SPECIAL.sub(r"\\\1", text)
        .replace("\n\n", "\0")
        .replace("\n", "  \n")
        .replace("\0", "\n\n")
    )


def without_images(text: str) -> str:
    """Keep Markdown as it is, but let it load no picture: one could tell a stranger who reads."""
    return text.replace("![", r"\!\[")


_SIGNS: Final = report_words.SIGNS


def money(amount: float | None, currency: str | None) -> str:
    """Say an amount of money with its currency; without one where none is known."""
    if amount is None or _is_missing(amount):
        return NOTHING
    sign = _SIGNS.get(currency, f"{currency} ") if currency else ""
    return f"{'−' if amount < 0 else ''}{sign}{abs(amount):,.2f}"


def day(value: date | None) -> str:
    """Say a date: 1 December 2026."""
    return NOTHING if value is None else f"{value.day} {value:%B %Y}"


def short_day(value: date | None) -> str:
    """Say a date where room is scarce: 1 Dec 2026."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def is_over(value: date, now: datetime) -> bool:
    """Tell whether a day is over: until then what was exported for it is not sent."""
    return now.date() > value


def moment(value: datetime | None) -> str:
    """Say a time, UTC: 1 Dec 2026, 09:30."""
    return NOTHING if value is None else f"{short_day(value)}, {value:%H:%M}"


def hours(number: float) -> str:
    """Say a span of time: 40 minutes, 3 hours, 5 days."""
    if number < 1:
        return plural(max(round(number * 60), 1), "minute")
    if number < 48:  # noqa: PLR2004
        return plural(round(number), "hour")
    return plural(round(number / 24), "day")


def arm(name: str) -> str:
    """Say an arm: Control, Holdout (no message), Variant A; a longer name as it stands."""
    named = {"control": "Control", "holdout": "Holdout (no message)"}
    return named.get(name, f"Variant {name}" if len(name) == 1 else name)


def listed(names: list[str] | tuple[str, ...], last: str = "and") -> str:
    """Join names as a sentence does."""
    if len(names) < 2:  # noqa: PLR2004
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
