"""The hosted writer: OpenAI, Azure OpenAI, or any service that speaks the same protocol.

Each variant is one call with a plan and a tone of its own, side by side.  An answer that cannot
be used is asked for once more with its faults listed; after that the composer writes the variant,
and the variant says so.  A call that can never succeed closes the writer, with the reason.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Message
from personalization.errors import InputError, ProviderError
from personalization.providers.composer import Composer
from personalization.providers.diversity import is_distinct
from personalization.providers.openai_draft import faults_of, page_of
from personalization.providers.openai_prompt import (
    messages_for,
    offered_statements,
    prompt_hash,
    repair_prompt,
)
from personalization.providers.openai_schema import read_answer, response_format
from personalization.providers.openai_wire import ClosedError, Reply, ask, client_of
from personalization.providers.plans import PLANS
from personalization.providers.protocols import Draft, ShortfallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openai import OpenAI

    from personalization.domain import Statement
    from personalization.providers.protocols import WritingRequest
    from personalization.settings import Generation

TONES: Final = ("friendly", "professional", "informative", "promotional", "formal")
_ROUNDS: Final = 2
_SUMMED: Final = ("prompt_tokens", "completion_tokens", "attempts", "seconds")


class _UnusableError(Exception):
    """A draft could not be had from the model; its text says why."""


@dataclass(slots=True)
class OpenAIWriter:
    """Writes variants with a hosted model.

    Attributes:
        name: openai or azure; it labels what it wrote.
        model: Model id, or deployment on Azure.
        client: Knows address and key.
        concurrency: Calls at the same time.
        pause: Waits between tries; tests pass one of their own.
        closed: Why no further call is made, once that is so.
    """

    name: str
    model: str
    client: OpenAI
    concurrency: int = 4
    pause: Callable[[float], None] = time.sleep
    closed: list[str] = field(default_factory=list)

    def write(
        self, request: WritingRequest, progress: Callable[[str], None] | None = None
    ) -> list[Draft]:
        """Return a draft for each arm, written side by side.

        An arm that the model cannot write comes from the composer, and says so in its origin and
        provenance.  With ``feedback``, the model gets one more round and not two.

        Raises:
            ClosedError: The service refuses, for good; nothing was written.
            ShortfallError: The composer could not stand in for every arm either.
        """
        if progress:
            progress(f"Asking {self.model} for {request.segment.name}")
        with ThreadPoolExecutor(max(1, self.concurrency), thread_name_prefix="writer") as pool:
            asked = [(arm, pool.submit(self._draft, request, arm)) for arm in request.arms]
        drafts: list[Draft] = []
        reasons: list[str] = []
        for arm, answer in asked:
            found = answer.result()
            taken = (*request.avoid, *(d.message for d in drafts))
            if isinstance(found, Draft) and not is_distinct(found.message, taken):
                found = "It was too like another variant of the segment."
            if isinstance(found, Draft):
                drafts.append(found)
                continue
            try:
                drafts.append(self._composed(request, arm, found, drafts))
            except ProviderError as error:
                reasons.append(str(error))
        if reasons:
            raise ShortfallError(reasons[0], drafts)
        return drafts

    def _draft(self, request: WritingRequest, arm: str) -> Draft | str:
        """Return a draft of the model, or in words why there is none."""
        if self.closed:
            raise ClosedError(self.closed[0])
        try:
            return self._asked(request, arm)
        except _UnusableError as error:
            return str(error)
        except ClosedError as error:
            self.closed.append(str(error))
            raise

    def _asked(self, request: WritingRequest, arm: str) -> Draft:
        statements = offered_statements(request)
        plan, tone = _assignment(request, arm)
        conversation = messages_for(request, statements, plan=plan, tone=tone)
        facts: dict[str, str] = {}
        faults: list[str] = []
        for number in range(1 if request.feedback else 0, _ROUNDS):
            reply = ask(self.client, self.model, conversation, response_format(), pause=self.pause)
            facts = _added(facts, reply)
            if not reply.is_ok:
                raise _UnusableError(reply.reason)
            draft, faults = _read(request, reply.content, statements)
            if draft is not None:
                provenance = (
                    *facts.items(),
                    ("prompt_sha256", prompt_hash(conversation)),
                    ("rounds", str(number + 1)),
                )
                return replace(
                    draft, arm=arm, origin=self.name, provenance=provenance,
                    attributes=(("plan", plan), ("tone", tone), ("length", _length(draft))),
                )  # fmt: skip
            conversation = [
                *conversation,
                {"role": "assistant", "content": reply.content},
                {"role": "user", "content": repair_prompt(faults)},
            ]
        raise _UnusableError(f"The draft could not be used: {faults[0]}")

    def _composed(
        self, request: WritingRequest, arm: str, reason: str, drafts: Sequence[Draft]
    ) -> Draft:
        avoid = (*request.avoid, *(d.message for d in drafts))
        [draft] = Composer().write(replace(request, arms=(arm,), avoid=avoid, feedback=()))
        notes = (("first_origin", self.name), ("first_fault", reason))
        return replace(draft, provenance=(*draft.provenance, *notes))


def hosted_writer(name: str, settings: Generation, environ: Mapping[str, str]) -> OpenAIWriter:
    """Return the writer ``openai`` or ``azure`` as the environment configures it.

    Raises:
        InputError: A key, an address or the model is missing.
    """
    model = settings.model
    if name == "azure":
        model = environ.get("AZURE_OPENAI_DEPLOYMENT", "").strip() or model
    if not model:
        raise InputError(f"[generation] writer = {name!r} needs a model: set [generation] model.")
    client = client_of(name, environ, settings.timeout)
    return OpenAIWriter(name, model, client, settings.concurrency)


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


def _read(
    request: WritingRequest, content: str, statements: Sequence[Statement]
) -> tuple[Draft | None, list[str]]:
    try:
        page = page_of(read_answer(content, len(statements)), statements)
    except InputError as error:
        return None, [str(error)]
    texts = {name: page.texts.get(name, "") for name in _FIELDS}
    message = Message(**texts, link=request.link, footer=request.footer)
    if faults := faults_of(message, page, statements):
        return None, faults
    return Draft("", message, tuple(page.claims), (), "", ()), []


_FIELDS: Final = ("subject", "preheader", "body", "call_to_action")


def _added(facts: Mapping[str, str], reply: Reply) -> dict[str, str]:
    """Add a call's facts to those before it: tokens, seconds and attempts are summed."""
    new = dict(reply.facts)
    for name in _SUMMED:
        if name in facts and name in new:
            new[name] = f"{float(facts[name]) + float(new[name]):g}"
    return {**facts, **new}


def _length(draft: Draft) -> str:
    n_paragraphs = draft.message.body.count("\n\n") - 1  # without greeting and sign-off
    return "short" if n_paragraphs <= 1 else "medium" if n_paragraphs == 2 else "long"  # noqa: PLR2004
