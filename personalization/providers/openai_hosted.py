"""What every hosted writer shares: its model, its account, and the line that its calls go over."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from personalization.providers import openai_loop
from personalization.providers.metering import Allowance, Limits, refuse_unpriced
from personalization.providers.openai_client import address_of, client_of
from personalization.providers.openai_wire import line_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from personalization.domain import Message
    from personalization.providers.metering import Meter
    from personalization.providers.openai_client import Address
    from personalization.providers.openai_wire import Line
    from personalization.providers.protocols import Draft
    from personalization.settings import Generation


@dataclass(slots=True, weakref_slot=True)
class HostedWriter:
    """A writer that asks a hosted model.

    Attributes:
        name: openai or azure; it labels what it wrote.
        settings: Name the model, and say what it takes and costs.
        address: Where it is.
        meter: Keeps account, and remembers answers.
        pause: Waits between tries; tests pass one of their own.
        line: What all calls of a run share; opened with the first.
        answers: Under which key the answer is kept that a message was read from.
    """

    name: str
    settings: Generation
    address: Address
    meter: Meter
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    line: Line | None = field(default=None, repr=False)
    answers: dict[Message, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, name: str, settings: Generation, environ: Mapping[str, str]) -> Self:
        """Return the writer ``openai`` or ``azure`` as settings and environment configure it.

        Raises:
            InputError: A key, an address or the model is missing, or a budget cannot be held.
        """
        refuse_unpriced(settings, settings.hosted)
        address = address_of(name, settings.hosted, environ)
        return cls(name, settings, address, Allowance(Limits.of(settings)))

    @property
    def side_by_side(self) -> int:
        """Return how many segments or texts may be written at the same time."""
        return self.settings.concurrency

    def metered(self, meter: Meter, campaign_id: str = "") -> Self:  # noqa: ARG002
        """Return the writer that keeps account with ``meter``; its requests name the campaign."""
        return replace(self, meter=meter, line=None, answers={})

    def turn_down(self, draft: Draft) -> None:
        """Forget the answer that a draft was read from: it could not be used."""
        if key := self.answers.pop(draft.message, ""):
            self.meter.forget(key)

    def open_line(self) -> Line:
        """Return the line of this run; its client is closed when the writer is gone."""
        if self.line is None:
            client = client_of(self.address, self.settings.timeout)
            weakref.finalize(self, openai_loop.call_off, client.close).atexit = False
            self.line = line_of(self.address, client, self.settings, self.meter, self.pause)
        return self.line
