"""How triggers are said on the screen: events, outcomes, states, and what somebody set."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pages.ui import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.campaign import Template, Trigger

EVENT: Final[Mapping[str, str]] = MappingProxyType({
    "abandoned_cart": "Abandoned cart",
    "back_in_stock": "Back in stock",
    "price_drop": "Price drop",
    "sign_up": "Sign-up",
    "purchase": "Purchase",
    "inactivity": "Inactivity",
})  # fmt: skip
EVENT_HELP: Final[Mapping[str, str]] = MappingProxyType({
    "abandoned_cart": "Put something into the cart and has not bought anything since.",
    "back_in_stock": "Looked at a product that was sold out, and it can be had again.",
    "price_drop": "Looked at a product, has not bought it, and it costs less now.",
    "sign_up": "Is new: the day of the sign-up is in the customer file.",
    "purchase": "Ordered something; ask how it is, or show what goes with it.",
    "inactivity": "Has neither bought nor looked at anything for a while.",
})  # fmt: skip
OUTCOME: Final[Mapping[str, str]] = MappingProxyType({
    "fired": "Fires",
    "cool-down": "Cool-down",
    "frequency cap": "Enough messages",
    "outranked": "Something more important",
    "no consent": "No consent",
    "suppressed": "Has objected",
    "no valid e-mail": "No valid e-mail",
    "duplicate address": "Duplicate address",
    "global holdout": "Global holdout",
    "no segment": "In no segment",
    "gate": "Not old enough, or in another country",
})  # fmt: skip
EVERY: Final[Mapping[str, str]] = MappingProxyType(
    {"day": "Every day", "week": "Every week", "month": "Every month"}
)


def plan_line(trigger: Trigger) -> str:
    """Say when a trigger fires and how often, in one line."""
    plan = trigger.plan
    wait = words.hours(plan.wait_hours)
    parts = [f"{wait[:1].upper()}{wait[1:]} after it" if plan.wait_hours else "At once"]
    if trigger.event == "inactivity":
        parts = [f"After {words.plural(plan.idle_days, 'day')} without anything"]
    if trigger.event == "price_drop":
        parts.append(f"from {words.percent(plan.least_drop, 0)} off")
    if trigger.event == "purchase" and plan.category:
        parts.append(f"orders with {plan.category}")
    parts.append(f"for up to {words.hours(plan.window_hours)}")
    parts.append(
        f"at most once in {words.plural(plan.cool_down_days, 'day')}"
        if plan.cool_down_days
        else "as often as it happens"
    )
    return ", ".join(parts)


def template_line(template: Template) -> str:
    """Say how often a template runs and how much time there is to review."""
    lead = words.plural(template.lead_days, "day")
    return f"{EVERY[template.every]}, to be sent {lead} after its run"
