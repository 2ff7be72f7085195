"""The hosted writer: OpenAI, Azure OpenAI, or any service that speaks the same protocol.

Each variant is one call with a plan and a tone of its own, side by side.  An answer that cannot
be used is asked for once more with its faults listed; after that the composer writes the variant,
and the variant says so.  A call that can never succeed closes the writer, with the reason.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Message
from personalization.errors import InputError, ProviderError
from personalization.providers import openai_loop
from personalization.providers.composer import Composer
from personalization.providers.diversity import is_distinct
from personalization.providers.metering import (
    ClosedError,
    add_up,
)
from personalization.providers.openai_draft import faults_of, page_of, with_products
from personalization.providers.openai_hosted import HostedWriter
from personalization.providers.openai_prompt import (
    TONES,
    messages_for,
    offered_statements,
    prompt_hash,
    prompt_version,
    repair_prompt,
)
from personalization.providers.openai_schema import read_answer, response_format
from personalization.providers.openai_wire import Asked, Line, ask
from personalization.providers.plans import PLANS
from personalization.providers.protocols import Draft, ShortfallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.domain import Statement
    from personalization.providers.metering import Reply
    from personalization.providers.protocols import WritingRequest
    from personalization.settings import HostedModel

_ROUNDS: Final = 2
_TOO_LIKE: Final = "It was too like another variant of the segment."
_FIELDS: Final = ("subject", "preheader", "body", "call_to_action")


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why no draft could be had from the model, and what trying cost."""

    reason: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class OpenAIWriter(HostedWriter):
    """Writes variants with a hosted model."""

    def write(
        self, request: WritingRequest, progress: Callable[[str], None] | None = None
    ) -> list[Draft]:
        """Return a draft for each arm, written side by side; it may be called by several threads.

        An arm that the model cannot write comes from the composer, and says so in its origin and
        provenance.  With ``feedback``, the model gets one more round and not two.

        Raises:
            ClosedError: Nothing more can be asked, for good or in this run; nothing was written.
            ShortfallError: Some arms could not be written, by the composer either; it holds the
                others.
            StoppedError: The user asked to stop.
        """
        if progress:
            progress(f"Asking {self.address.model} for {request.segment.name}")
        found = openai_loop.run(self._asked(request), self.meter.is_cancelled)
        drafts: list[Draft] = []
        reasons: list[ProviderError] = []
        for arm, answer in zip(request.arms, found, strict=True):
            try:
                drafts.append(self._taken(request, arm, answer, drafts))
            except ProviderError as error:
                reasons.append(error)
        if reasons and not drafts:
            raise reasons[0]
        if reasons:
            raise ShortfallError(str(reasons[0]), drafts)
        return drafts

    def _taken(
        self,
        request: WritingRequest,
        arm: str,
        answer: Draft | Unusable | ClosedError,
        drafts: Sequence[Draft],
    ) -> Draft:
        """Return the model's draft, or a composed one where it cannot be had or used."""
        if isinstance(answer, ClosedError):
            raise answer
        taken = (*request.avoid, *(d.message for d in drafts))
        alone = replace(request, arms=(arm,), avoid=taken)
        if isinstance(answer, Draft) and not is_distinct(answer.message, taken):
            answer = self._unlike(alone, answer)
        if isinstance(answer, Draft):
            return answer
        [draft] = Composer().write(replace(alone, feedback=(), rejected=None))
        return replaced(draft, self.name, answer)

    def _unlike(self, request: WritingRequest, draft: Draft) -> Draft | Unusable:
        """Have a draft that is like another variant written again, if it has a round left."""
        self.turn_down(draft)
        facts = draft.provenance
        if dict(facts)["rounds"] == "1" and not request.feedback:
            again = replace(request, feedback=(_TOO_LIKE,), rejected=draft.message)
            [second] = openai_loop.run(self._asked(again), self.meter.is_cancelled)
            if isinstance(second, Draft) and is_distinct(second.message, request.avoid):
                notes = (("first_origin", self.name), ("first_fault", _TOO_LIKE))
                return replace(second, provenance=(*add_up(facts, second.provenance), *notes))
            if isinstance(second, Draft):
                self.turn_down(second)
            if not isinstance(second, ClosedError):
                spent = second.provenance if isinstance(second, Draft) else second.facts
                facts = add_up(facts, spent)
        return Unusable(_TOO_LIKE, facts)

    async def _asked(self, request: WritingRequest) -> list[Draft | Unusable | ClosedError]:
        line = self.open_line()
        return await asyncio.gather(*(self._draft(line, request, arm) for arm in request.arms))

    async def _draft(
        self, line: Line, request: WritingRequest, arm: str
    ) -> Draft | Unusable | ClosedError:
        statements = offered_statements(request)
        plan, tone = _assignment(request, arm)
        conversation = messages_for(request, statements, plan=plan, tone=tone, arm=arm)
        facts: tuple[tuple[str, str], ...] = ()
        faults: list[str] = []
        for _ in range(1 if request.feedback else 0, _ROUNDS):
            asked = Asked(
                request.campaign_id, request.segment.name, arm, conversation, response_format(),
                seed_of(request, arm),
            )  # fmt: skip
            try:
                reply, attempts = await ask(line, asked)
            except ClosedError as error:
                return error
            asked_so = ("prompt_sha256", prompt_hash(conversation))
            facts = add_up(facts, (*facts_of_reply(reply, attempts, line.model), asked_so))
            if not reply.is_ok:
                return Unusable(reply.reason, facts)
            draft, faults = _read(request, reply.content, statements, arm)
            if draft is not None:
                self.answers[draft.message] = reply.key
                return replace(
                    draft, arm=arm, origin=self.name,
                    provenance=(*facts, *_how(request, line.model, asked.seed)),
                    attributes=(
                        ("plan", plan), ("tone", tone), ("length", _length(draft)),
                        *_strategy(request, arm),
                    ),
                )  # fmt: skip
            await asyncio.to_thread(line.meter.forget, reply.key)
            conversation = [
                *conversation,
                {"role": "assistant", "content": reply.content},
                {"role": "user", "content": repair_prompt(faults)},
            ]
        return Unusable(f"The draft could not be used: {faults[0]}", facts)


def replaced(draft: Draft, first_origin: str, unusable: Unusable) -> Draft:
    """Return a composed draft that says whose place it takes, why, and what that one cost."""
    cost = tuple(
        (f"first_{name}" if name in {"model", "fingerprint"} else name, value)
        for name, value in unusable.facts
    )
    notes = (*cost, ("first_origin", first_origin), ("first_fault", unusable.reason))
    return replace(draft, provenance=tuple({**dict(notes), **dict(draft.provenance)}.items()))


def seed_of(request: WritingRequest, arm: str) -> int:
    """Return the seed of an arm: the same for the same campaign, segment and arm."""
    told = f"{request.seed}|{request.segment.name}|{arm}"
    return int(hashlib.sha256(told.encode()).hexdigest()[:7], 16)


def facts_of_reply(reply: Reply, attempts: int, model: HostedModel) -> tuple[tuple[str, str], ...]:
    """Return what one reply adds to a variant's provenance."""
    usage = reply.usage
    found: dict[str, object] = dict(reply.facts)
    if usage is not None:
        found |= {
            "prompt_tokens": usage.prompt,
            "cached_tokens": usage.cached,
            "completion_tokens": usage.completion,
        }
    if reply.cost is not None:
        found |= {"cost": reply.cost, "currency": model.currency, "prices_on": model.prices_on}
    found |= {"seconds": reply.seconds, "attempts": attempts, "rounds": 1}
    return (
        *((name, f"{v:g}" if isinstance(v, float) else str(v)) for name, v in found.items()),
        ("cached", "yes" if reply.is_cached else "no"),
    )


def _how(request: WritingRequest, model: HostedModel, seed: int) -> tuple[tuple[str, str], ...]:
    """Return what else the answer depended on."""
    found = {
        "asked_model": model.name,
        "prompt_version": prompt_version(),
        "profile_version": str(request.profile.version),
        "temperature": f"{model.temperature:g}" if model.takes_temperature else "",
        "seed": str(seed) if model.takes_seed else "",
    }
    return tuple((name, value) for name, value in found.items() if value)


def _assignment(request: WritingRequest, arm: str) -> tuple[str, str]:
    """Return plan and tone of an arm: each arm its own, and the first one the brief's tone.

    What was learnt comes first: every arm gets that tone and the first one that plan.  An arm that
    explores gets neither.
    """
    place = max(0, ord(arm[0].upper()) - ord("A"))
    best_plan, best_tone = request.preferred.get("plan"), request.preferred.get("tone")
    plans = sorted(PLANS, key=lambda plan: plan != best_plan)
    tones = sorted(TONES, key=lambda tone: tone != request.brief.tone)
    if arm in request.exploring:
        plans = [plan for plan in plans if plan != best_plan]
        tones = [tone for tone in tones if tone != best_tone]
    elif best_tone:
        tones = [best_tone]
    return plans[place % len(plans)], tones[place % len(tones)]


def _strategy(request: WritingRequest, arm: str) -> tuple[tuple[str, str], ...]:
    """Return the attribute of an arm that names products."""
    strategy = request.products.strategy_of(arm) if request.products else ""
    return (("strategy", strategy),) if strategy else ()


def _read(
    request: WritingRequest, content: str, statements: Sequence[Statement], arm: str
) -> tuple[Draft | None, list[str]]:
    try:
        answer = with_products(read_answer(content, len(statements)), request.products, arm)
        page = page_of(answer, statements)
    except InputError as error:
        return None, [str(error)]
    texts = {name: page.texts.get(name, "") for name in _FIELDS}
    message = Message(**texts, link=request.link, footer=request.footer)
    if faults := faults_of(message, page, statements):
        return None, faults
    return Draft("", message, tuple(page.claims), (), "", ()), []


def _length(draft: Draft) -> str:
    n_paragraphs = draft.message.body.count("\n\n") - 1  # without greeting and sign-off
    return "short" if n_paragraphs <= 1 else "medium" if n_paragraphs == 2 else "long"  # noqa: PLR2004
