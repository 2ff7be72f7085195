"""One text by a hosted model: asked for, read, and asked for once more where it cannot be used."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.providers.metering import ClosedError, add_up
from personalization.providers.openai_prompt import prompt_hash, repair_prompt
from personalization.providers.openai_schema import response_format
from personalization.providers.openai_wire import Asked, ask
from personalization.providers.openai_writer import Unusable, facts_of_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.providers.openai_hosted import HostedWriter
    from personalization.providers.protocols import Draft

_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One text that a hosted model is to write.

    Attributes:
        campaign_id: On whose account.
        segment: For whom, as the account says it.
        place: Which text, likewise.
        conversation: What the model is told.
        seed: Makes the answer repeatable.
        is_repair: Whether the conversation holds the faults of a draft already.
        prompt_version: Of the rules in it.
        read: Returns the draft of an answer, or what keeps it from being used.
    """

    campaign_id: str
    segment: str
    place: str
    conversation: list[dict[str, str]]
    seed: str
    is_repair: bool
    prompt_version: str
    read: Callable[[str], tuple[Draft | None, list[str]]]


async def one_text(writer: HostedWriter, job: Job) -> Draft | Unusable | ClosedError:
    """Return the model's text; where it cannot be used, why; or why nothing more can be asked."""
    line, conversation = writer.open_line(), job.conversation
    facts: tuple[tuple[str, str], ...] = ()
    faults: list[str] = []
    seed = int(hashlib.sha256(job.seed.encode()).hexdigest()[:7], 16)
    for _ in range(1 if job.is_repair else 0, _ROUNDS):
        asked = Asked(
            job.campaign_id, job.segment, job.place, conversation, response_format(), seed
        )
        try:
            reply, attempts = await ask(line, asked)
        except ClosedError as error:
            return error
        asked_so = ("prompt_sha256", prompt_hash(conversation))
        facts = add_up(facts, (*facts_of_reply(reply, attempts, line.model), asked_so))
        if not reply.is_ok:
            return Unusable(reply.reason, facts)
        draft, faults = job.read(reply.content)
        if draft is not None:
            writer.answers[draft.message] = reply.key
            how = (("asked_model", line.model.name), ("prompt_version", job.prompt_version))
            return replace(draft, origin=writer.name, provenance=(*facts, *how))
        await asyncio.to_thread(line.meter.forget, reply.key)
        conversation = [
            *conversation,
            {"role": "assistant", "content": reply.content},
            {"role": "user", "content": repair_prompt(faults)},
        ]
    return Unusable(f"The draft could not be used: {faults[0]}", facts)
