"""What calls to a hosted model cost, kept within limits: each one is reserved before it is made.

Providers do not know the store.  Whoever starts a run hands a writer a ``Meter``; without one it
has an ``Allowance``, which keeps account in memory, under the same limits.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable
from uuid import uuid4

from personalization.errors import InputError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.protocols import Draft
    from personalization.settings import Generation, HostedModel

OK = "ok"


class ClosedError(ProviderError):
    """No further call of this run can succeed: a wrong key, no quota, no budget, no time left."""


class SpentError(ClosedError):
    """The next call could cross what may be spent, so it is not made.

    Attributes:
        is_passing: Whether there may be room once the calls under way have come to less than
            their worst case.
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class StoppedError(ProviderError):
    """The user asked to stop."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is about to be made.

    Attributes:
        campaign_id: Whose budget it counts against; empty where it is for no campaign, so that
            only the day's limits hold.
        segment: Whom it writes for.
        arm: Likewise.
        service: openai or azure.
        model: As it is asked for.
        key: Fingerprint of address, model and all that is asked.
        prompt_sha256: Fingerprint of the conversation.
        most_tokens: What it can use at the very most.
        most_cost: What that costs; None where no price is known.
        currency: Of the prices.
    """

    campaign_id: str
    segment: str
    arm: str
    service: str
    model: str
    key: str
    prompt_sha256: str
    most_tokens: int
    most_cost: float | None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them."""

    prompt: int
    cached: int
    completion: int


@dataclass(frozen=True, slots=True)
class Reply:
    """How one call ended.

    Attributes:
        status: ok, truncated, filtered, refused, empty, unreadable, unreachable, closed or stopped.
        content: What the model wrote, if anything.
        reason: In our words, where it did not end well; never those of the service.
        usage: None where the service did not say.
        is_billed: Whether it may stand on the bill although the service did not say so.
        cost: What the tokens cost; None where that is not known.
        seconds: From sending to the last byte.
        facts: Model, fingerprint and request id as the service gave them.
        is_cached: Whether it was answered from what is kept, without a call.
        key: Fingerprint of the question, under which it is kept.
    """

    status: str
    content: str = ""
    reason: str = ""
    usage: Usage | None = None
    is_billed: bool = False
    cost: float | None = None
    seconds: float = 0.0
    facts: tuple[tuple[str, str], ...] = ()
    is_cached: bool = False
    key: str = ""

    @property
    def is_ok(self) -> bool:
        """Tell whether there is a content to read."""
        return self.status == OK

    def counted(self, call: Call) -> tuple[float, int]:
        """Return cost and tokens that count against the limits: the worst case if in doubt."""
        if self.usage is not None:
            return self.cost or 0.0, self.usage.prompt + self.usage.completion
        return (call.most_cost or 0.0, call.most_tokens) if self.is_billed else (0.0, 0)


class Meter(Protocol):
    """Keeps account of calls, and remembers answers; it may be asked from several threads."""

    def kept(self, call: Call) -> Reply | None:
        """Return the answer that was given to the very same question, if it is kept."""
        ...

    def forget(self, key: str) -> None:
        """Keep an answer no longer, because it could not be used: it is asked for anew."""
        ...

    def reserve(self, call: Call) -> str:
        """Set the worst case of a call aside, and return an id for it.

        Raises:
            SpentError: With it, a limit could be crossed; nothing was set aside.
        """
        ...

    def settle(self, call_id: str, call: Call, reply: Reply) -> None:
        """Put what the call came to in the place of what was set aside; twice counts once."""
        ...

    def is_cancelled(self) -> bool:
        """Tell whether the user has asked to stop."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A writer or a judge whose calls cost money."""

    def metered(self, meter: Meter, campaign_id: str = "") -> Any:  # noqa: ANN401 - of its kind
        """Return the one that keeps account with ``meter``, for one run.

        Args:
            meter: Keeps account.
            campaign_id: Whose budget the calls count against, where no question names it.
        """
        ...


@runtime_checkable
class MeteredWriter(Metered, Protocol):
    """A writer whose calls cost money, and take their time."""

    side_by_side: int

    def turn_down(self, draft: Draft) -> None:
        """Forget the answer that a draft was read from: what was not used is asked for anew."""
        ...


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent and is set aside: cost in one currency, and tokens.

    Attributes:
        cost: All of it.
        tokens: All of them.
        open_cost: Of the cost, what is set aside for calls that are under way.
        open_tokens: Likewise.
    """

    cost: float = 0.0
    tokens: int = 0
    open_cost: float = 0.0
    open_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent, by a campaign and on a day; a cost of 0 is no limit."""

    campaign: Spent
    day: Spent

    @classmethod
    def of(cls, settings: Generation) -> Limits:
        """Read them from the settings."""
        return cls(
            Spent(settings.campaign_budget, settings.campaign_tokens),
            Spent(settings.daily_budget, settings.daily_tokens),
        )

    def refuse_if_crossed(self, call: Call, campaign: Spent, day: Spent) -> None:
        """Raise SpentError where ``call``, at its worst, would cross a limit.

        Args:
            call: What is about to be asked.
            campaign: What its campaign has spent and set aside; without one, it is not looked at.
            day: What all campaigns have, today.
        """
        for whose, limit, spent, key in (
            ("this campaign", self.campaign, campaign, "campaign"),
            ("today", self.day, day, "daily"),
        ):
            if key == "campaign" and not call.campaign_id:
                continue
            cost = spent.cost + (call.most_cost or 0.0)
            if limit.cost and cost > limit.cost:
                raise SpentError(
                    f"The budget of {whose} would be crossed: {spent.cost:.4f} of "
                    f"{limit.cost:.2f} {call.currency} are spent or set aside, and the next call "
                    f"may cost {call.most_cost or 0:.4f}. Raise [generation] {key}_budget, or have "
                    "the rest composed.",
                    is_passing=cost - spent.open_cost <= limit.cost,
                )
            tokens = spent.tokens + call.most_tokens
            if tokens > limit.tokens:
                raise SpentError(
                    f"The tokens of {whose} would be used up: {spent.tokens:,} of "
                    f"{limit.tokens:,} are used or set aside, and the next call may take "
                    f"{call.most_tokens:,}. Raise [generation] {key}_tokens, or have the rest "
                    "composed.",
                    is_passing=tokens - spent.open_tokens <= limit.tokens,
                )


@dataclass(slots=True)
class Allowance:
    """A meter without a store: it keeps to the limits for as long as it lives.

    Attributes:
        limits: What may be spent.
        spent: What was, and is set aside.
        open: Calls that are under way.
    """

    limits: Limits
    spent: Spent = Spent()
    open: dict[str, Call] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def kept(self, call: Call) -> Reply | None:  # noqa: ARG002
        """Return None: nothing is kept."""
        return None

    def forget(self, key: str) -> None:
        """Do nothing: nothing is kept."""

    def reserve(self, call: Call) -> str:
        """Set the worst case aside."""
        with self.lock:
            cost = sum(c.most_cost or 0.0 for c in self.open.values())
            tokens = sum(c.most_tokens for c in self.open.values())
            so_far = Spent(self.spent.cost + cost, self.spent.tokens + tokens, cost, tokens)
            self.limits.refuse_if_crossed(call, so_far, so_far)
            call_id = uuid4().hex
            self.open[call_id] = call
            return call_id

    def settle(self, call_id: str, call: Call, reply: Reply) -> None:
        """Count what the call came to."""
        with self.lock:
            if self.open.pop(call_id, None) is None:
                return
            cost, tokens = reply.counted(call)
            self.spent = Spent(self.spent.cost + cost, self.spent.tokens + tokens)

    def is_cancelled(self) -> bool:
        """Return False: nobody can ask."""
        return False


def refuse_unpriced(settings: Generation, model: HostedModel) -> None:
    """Raise InputError where a budget in money is set for a model without prices."""
    if (settings.campaign_budget or settings.daily_budget) and not model.is_priced:
        raise InputError(
            f"A budget is set, and the prices of '{model.name}' are not known, so it cannot be "
            f'held. Write them in [generation.models."{model.name}"], or set the budgets to 0: '
            "campaign_tokens and daily_tokens hold without prices."
        )


_SUMMED: Final = (
    "prompt_tokens", "cached_tokens", "completion_tokens", "cost", "seconds", "attempts", "rounds",
)  # fmt: skip


SPENT: Final = frozenset((*_SUMMED, "currency", "prices_on", "cached", "prompt_sha256"))
"""What of a draft's facts says what it cost, whether or not the draft was used."""


def add_up(
    first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Add one round's facts to those before it: what was used is summed, all else is the later's.

    Only what was cached in both rounds was cached.
    """
    old, new = dict(first), dict(second)
    for name in _SUMMED:
        if name in old and name in new:
            new[name] = f"{float(old[name]) + float(new[name]):.10g}"
    if "no" in (old.get("cached"), new.get("cached")):
        new["cached"] = "no"
    return tuple({**old, **new}.items())
