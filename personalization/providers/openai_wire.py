"""The wire to OpenAI, Azure OpenAI and whatever speaks the same: asking, waiting, giving up.

Chat completions are what all of them have in common.  Each attempt is set aside with a meter
before it is made, and settled with it afterwards, whatever happens in between.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.metering import Call, ClosedError, Reply, SpentError
from personalization.providers.openai_client import OversizeError
from personalization.providers.openai_reply import CLOSED, UNREACHABLE, Ended, failed, read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from openai import AsyncOpenAI

    from personalization.providers.metering import Meter
    from personalization.providers.openai_client import Address
    from personalization.settings import Generation, HostedModel

_FIRST_WAIT: Final = 0.5  # seconds, doubled with each try
_LONGEST_WAIT: Final = 8.0  # seconds between tries where the service does not say


@dataclass(slots=True)
class Settled:
    """Tells that a call was settled, on whichever line; used on the loop alone.

    Writers and judges of one campaign have lines of their own and one budget.

    Attributes:
        event: Set, and replaced by another, whenever a call has been settled.
    """

    event: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Have everybody who waits for room look again."""
        self.event.set()
        self.event = asyncio.Event()


_SETTLED: Final = Settled()


@dataclass(slots=True)
class Line:
    """An open line to one model, for one run: what its calls share.

    Attributes:
        address: Where it leads.
        client: Knows address and key.
        model: What it takes and costs.
        meter: Keeps account.
        retries: How often a call is tried again.
        timeout: Seconds that an attempt may take.
        until: When the run asks nothing more, on the clock of ``time.monotonic``.
        gate: Lets a bounded number of calls through at a time.
        pause: Waits; tests pass one of their own.
        closed: Why no further call is made, once that is so.
        resume_at: Until when the service wants to be left alone.
    """

    address: Address
    client: AsyncOpenAI
    model: HostedModel
    meter: Meter
    retries: int
    timeout: float
    until: float
    gate: asyncio.Semaphore
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    closed: list[str] = field(default_factory=list)
    resume_at: float = 0.0

    def refuse_if_closed(self) -> None:
        """Raise ClosedError where no further call may be made."""
        if self.closed:
            raise ClosedError(self.closed[0])
        if self.left <= 0:
            raise ClosedError(
                "The time for this run is up, so the hosted model is asked nothing more. Start it "
                "again for the rest, or raise [generation] deadline."
            )

    @property
    def left(self) -> float:
        """Return the seconds that the run has left."""
        return self.until - time.monotonic()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked, and for whom: the conversation, and the form of the answer."""

    campaign_id: str
    segment: str
    arm: str
    conversation: Sequence[dict[str, str]]
    form: dict[str, Any]
    seed: int


def body_of(asked: Asked, model: HostedModel) -> dict[str, Any]:
    """Return what is sent beside model and conversation, as the model's settings have it."""
    body: dict[str, Any] = {}
    if model.answer_form != "text":
        is_strict = model.answer_form == "json_schema"
        body["response_format"] = asked.form if is_strict else {"type": "json_object"}
    if model.tokens_name:
        body[model.tokens_name] = model.most_tokens
    if model.takes_temperature:
        body["temperature"] = model.temperature
    if model.takes_seed:
        body["seed"] = asked.seed
    if model.takes_cache_key:
        body["prompt_cache_key"] = hashlib.sha256(asked.campaign_id.encode()).hexdigest()[:32]
    if model.reasoning_effort:
        body["reasoning_effort"] = model.reasoning_effort
    return body


def call_of(asked: Asked, address: Address, model: HostedModel) -> Call:
    """Return the call, with the most that it can use: no token is shorter than a byte."""
    body = body_of(asked, model)
    told = json.dumps(list(asked.conversation), ensure_ascii=False).encode()
    everything = [address.base, address.api_version, address.model, body]
    sent = json.dumps(everything, ensure_ascii=False, sort_keys=True).encode()
    most_prompt = len(told) + len(sent)
    return Call(
        asked.campaign_id, asked.segment, asked.arm, address.service, address.model,
        key=hashlib.sha256(sent + b"\n" + told).hexdigest(),
        prompt_sha256=hashlib.sha256(told).hexdigest(),
        most_tokens=most_prompt + model.most_tokens,
        most_cost=model.cost_of(most_prompt, 0, model.most_tokens), currency=model.currency,
    )  # fmt: skip


async def ask(line: Line, asked: Asked) -> tuple[Reply, int]:
    """Ask once, again where the service is busy or broken, and say how it ended.

    Returns:
        The last attempt's reply, and how many attempts there were: none for a kept answer.

    Raises:
        ClosedError: No further call of this run can succeed, or may be made.
    """
    call = call_of(asked, line.address, line.model)
    if kept := await asyncio.to_thread(line.meter.kept, call):
        return replace(kept, key=call.key), 0
    wait, attempt = 0.0, 0
    while True:
        if wait:
            await line.pause(wait)
        async with line.gate:
            if (held := line.resume_at - time.monotonic()) > 0:
                await line.pause(held)
            ended = await _metered(line, call, asked)
        attempt += 1
        if ended.reply.status == CLOSED:
            line.closed.append(ended.reply.reason)
            raise ClosedError(ended.reply.reason)
        wished, left = ended.wished_wait, line.left
        if wished is not None and wished <= left:
            line.resume_at = max(line.resume_at, time.monotonic() + wished)
        wait = min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT) if wished is None else 0.0
        if not ended.is_passing or attempt > line.retries or max(wait, wished or 0.0) > left:
            return replace(_given_up(ended, attempt, left), key=call.key), attempt


def _given_up(ended: Ended, attempt: int, left: float) -> Reply:
    if ended.reply.status != UNREACHABLE:
        return ended.reply
    tries = f"{attempt} {'try' if attempt == 1 else 'tries'}"
    reason = f"The service could not be reached in {tries}: {ended.reply.reason}."
    if ended.wished_wait and ended.wished_wait > left:
        wish = f"{ended.wished_wait:.0f} seconds"
        reason += f" It asks us to wait for {wish}, longer than this run may take."
    return replace(ended.reply, reason=reason)


async def _metered(line: Line, call: Call, asked: Asked) -> Ended:
    """Make one attempt that is on the books from before it begins until after it ends."""
    call_id = await _reserved(line, call)
    began = time.monotonic()
    try:
        ended = await _once(line, asked)
        reply = _with_cost(ended.reply, line.model, time.monotonic() - began)
        await asyncio.shield(asyncio.to_thread(line.meter.settle, call_id, call, reply))
        return replace(ended, reply=reply)
    except asyncio.CancelledError:
        line.meter.settle(call_id, call, _stopped(time.monotonic() - began, is_billed=True))
        raise
    finally:
        _SETTLED.tell()


def _with_cost(reply: Reply, model: HostedModel, seconds: float) -> Reply:
    usage = reply.usage
    cost = model.cost_of(usage.prompt, usage.cached, usage.completion) if usage else None
    return replace(reply, cost=cost, seconds=seconds)


def _stopped(seconds: float, *, is_billed: bool) -> Reply:
    return Reply("stopped", reason="It was called off.", is_billed=is_billed, seconds=seconds)


async def _reserved(line: Line, call: Call) -> str:
    """Set a call aside; where the limits leave no room, wait for what other calls come to.

    Whether any are under way is counted where they are set aside, under the same lock.
    """
    while True:
        line.refuse_if_closed()
        settled = _SETTLED.event
        try:
            return await _reservation(line.meter, call)
        except SpentError as error:
            if not error.is_passing:
                line.closed.append(str(error))
                _SETTLED.tell()
                raise
        with suppress(TimeoutError):
            async with asyncio.timeout(line.left):
                await settled.wait()


async def _reservation(meter: Meter, call: Call) -> str:
    """Reserve, and give it back where this is called off in the meantime."""
    reserving = asyncio.ensure_future(asyncio.to_thread(meter.reserve, call))
    try:
        return await asyncio.shield(reserving)
    except asyncio.CancelledError:
        call_id = await reserving
        meter.settle(call_id, call, _stopped(0.0, is_billed=False))
        _SETTLED.tell()
        raise


async def _once(line: Line, asked: Asked) -> Ended:
    import openai  # noqa: PLC0415

    completions: Any = line.client.chat.completions.with_raw_response
    try:
        async with asyncio.timeout(min(line.timeout, line.left)):
            raw = await completions.create(
                model=line.address.model, messages=list(asked.conversation),
                extra_body=body_of(asked, line.model),
            )  # fmt: skip
        return read(raw.http_response.content, raw.headers, line.address)
    except openai.APIStatusError as error:
        return failed(error, line.address)
    except OversizeError as error:
        return Ended(Reply("unreadable", reason=str(error), is_billed=True))
    except (TimeoutError, openai.APITimeoutError) as error:
        return Ended(_lost("no answer in time", error), is_passing=True)
    except openai.APIConnectionError as error:
        return Ended(_lost("no connection", error), is_passing=True)
    except (openai.OpenAIError, ValueError) as error:
        reason = f"The answer cannot be read ({type(error).__name__})."
        return Ended(Reply("unreadable", reason=reason, is_billed=True))


def _lost(what: str, error: Exception) -> Reply:
    """Return the reply of a call that broke off; what never got through is on no bill."""
    never_sent = "Connect" in type(error.__cause__).__name__
    return Reply(UNREACHABLE, reason=what, is_billed=not never_sent)


def line_of(
    address: Address,
    client: AsyncOpenAI,
    settings: Generation,
    meter: Meter,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Line:
    """Open a line for one run; its time begins now."""
    return Line(
        address, client, settings.hosted, meter, settings.retries, settings.timeout,
        time.monotonic() + settings.deadline, asyncio.Semaphore(settings.concurrency), pause,
    )  # fmt: skip
