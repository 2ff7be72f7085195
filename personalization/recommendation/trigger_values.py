"""What a trigger is: an event to wait for, how long, whom not to bother, and what it offers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.domain import MOST_PRODUCTS, STRATEGIES
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENTS: Final = (
    "abandoned_cart",
    "back_in_stock",
    "price_drop",
    "sign_up",
    "purchase",
    "inactivity",
)
"""What a trigger can wait for, in the order in which their messages usually matter."""

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType({
    "fired": "fired",
    "cool-down": "got this trigger's message too recently",
    "frequency cap": "got enough messages already",
    "outranked": "got something more important in the same run",
    "no consent": "without consent",
    "suppressed": "objected to mailing",
    "no valid e-mail": "without a usable address",
    "duplicate address": "with an address that another customer has",
    "global holdout": "kept out of all campaigns",
    "no segment": "in no segment of the trigger's campaign",
    "gate": "not known to be old enough, or in a country, for the product",
})  # fmt: skip
"""What becomes of an event, in words: it fires, or one rule holds it back."""


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """What somebody set of a trigger.

    Attributes:
        wait_hours: After the event, before it fires.
        window_hours: For so long it may still fire; what is older never does.
        cool_down_days: The same customer gets this trigger's message once in so many days.
        priority: 1 is the most important; a customer gets one message a run.
        campaign_id: Whose approved messages are sent, each segment its own.
        arm: Which of them: the letter of the variant.
        strategy: How products are chosen to go with the message; empty adds none.
        items: How many products.
        idle_days: Of inactivity: days without doing anything.
        category: Of purchase: only orders with a product of this family; empty takes every order.
        interest_days: Of back in stock and price drop: who looked at the product in so many days.
        least_drop: Of price drop: share of the price, from 0 to below 1.
    """

    wait_hours: int = 0
    window_hours: int = 72
    cool_down_days: int = 7
    priority: int = 5
    campaign_id: str = ""
    arm: str = "A"
    strategy: str = ""
    items: int = 2
    idle_days: int = 90
    category: str = ""
    interest_days: int = 60
    least_drop: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what no trigger can mean.

        Raises:
            InputError: A number lies out of its range, or there is no such strategy.
        """
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                said = name.replace("_", " ")
                raise InputError(f"{said} = {getattr(self, name)}. It lies from {low} to {high}.")
        if self.strategy and self.strategy not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise InputError(f"There is no strategy {self.strategy!r}. Use one of: {known}.")

    @classmethod
    def read(cls, settings: str) -> TriggerPlan:
        """Read it as ``as_json`` wrote it; what was not known then has its default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in json.loads(settings).items() if name in known})

    def as_json(self) -> str:
        """Return it as it is kept in ``triggers.settings``."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType({
    "wait_hours": (0, 24 * 60),
    "window_hours": (1, 24 * 60),
    "cool_down_days": (0, 1_000),
    "priority": (1, 9),
    "items": (1, MOST_PRODUCTS),
    "idle_days": (1, 1_000),
    "interest_days": (1, 1_000),
    "least_drop": (0.0, 0.99),
})  # fmt: skip

USUAL: Final[Mapping[str, TriggerPlan]] = MappingProxyType({
    "abandoned_cart": TriggerPlan(4, 72, 3, 1, strategy="abandoned"),
    "back_in_stock": TriggerPlan(0, 72, 7, 2, strategy="similar"),
    "price_drop": TriggerPlan(0, 72, 7, 3, strategy="similar"),
    "sign_up": TriggerPlan(1, 96, 365, 4, strategy="popular"),
    "purchase": TriggerPlan(48, 96, 14, 5, strategy="bought_together"),
    "inactivity": TriggerPlan(0, 168, 60, 6, strategy="for_you"),
})  # fmt: skip
"""What a new trigger on an event starts with."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger in its newest version."""

    trigger_id: str
    version: int
    dataset_id: str
    name: str
    event: str
    plan: TriggerPlan
    is_on: bool


@dataclass(frozen=True, slots=True)
class ContactRules:
    """What holds for all triggers of a customer base together.

    Attributes:
        most_messages: A customer gets so many at most within ``within_days``, campaigns included.
        within_days: Days that are looked back.
        quiet_from: Hour, 0 to 23, from which nobody is written to, by the customer's own clock.
        quiet_until: Hour at which that ends; the same hour as ``quiet_from`` is no quiet time.
        time_zone: Of customers whose country is not known, such as ``Europe/London``.
    """

    most_messages: int = 2
    within_days: int = 7
    quiet_from: int = 20
    quiet_until: int = 8
    time_zone: str = "Europe/London"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            InputError: A number lies out of its range.
        """
        if not 1 <= self.most_messages <= _MOST or not 1 <= self.within_days <= _MOST:
            raise InputError(f"Messages and days lie from 1 to {_MOST}.")
        if not 0 <= self.quiet_from < _HOURS or not 0 <= self.quiet_until < _HOURS:
            raise InputError("Quiet hours are full hours, from 0 to 23.")

    @classmethod
    def read(cls, rules: str) -> ContactRules:
        """Read them as ``as_json`` wrote them."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in json.loads(rules).items() if name in known})

    def as_json(self) -> str:
        """Return them as they are kept in ``contact_rules.rules``."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


_MOST: Final = 365
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of one event, or would: a row for a page or a reader of the record.

    Attributes:
        outcome: A key of OUTCOMES.
        event_at: When it happened, UTC.
        due_at: Not before; None for what was held back.
        evidence: The events and figures behind it, as JSON.
    """

    trigger_id: str
    customer_id: str
    event_key: str
    outcome: str
    event_at: str
    due_at: str | None
    product_id: str | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation of a base's triggers came to.

    Attributes:
        run_id: Of ``trigger_runs``; empty for a rehearsal, which keeps nothing.
        as_of: Events up to here count, UTC.
        counts: (trigger, outcome, customers' events), the most important trigger first.
        examples: Some of the events, those that fire first.
        idle: (trigger, why it cannot fire): their events wait, as long as their window is open.
        wordless: (trigger, events that fire without an approved message): nothing of them can be
            handed over until the message of their segment is approved.
    """

    run_id: str
    as_of: str
    counts: tuple[tuple[str, str, int], ...]
    examples: tuple[Decided, ...]
    idle: tuple[tuple[str, str], ...] = ()
    wordless: tuple[tuple[str, int], ...] = ()

    @property
    def fired(self) -> int:
        """Return how many messages it makes."""
        return sum(n for _, outcome, n in self.counts if outcome == "fired")

    @property
    def without_text(self) -> int:
        """Return how many of those that fire wait for an approved message."""
        return sum(n for _, n in self.wordless)

    @property
    def held(self) -> int:
        """Return how many events a rule held back."""
        return sum(n for _, outcome, n in self.counts if outcome != "fired")
