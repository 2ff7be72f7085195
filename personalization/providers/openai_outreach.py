"""The hosted writer to prospects: the service that writes messages, over the same wire.

One call for each skeleton, of which there are dozens.  No row of a prospect is part of it: the
model sees blanks.  An answer that cannot be used is asked for once more with its faults listed;
after that the embedded writer writes the text, and the text says so.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import (
    FACT_TAG,
    PROSPECT_FIELDS,
    Message,
    merge_tags,
    refuse_tags_for_others,
)
from personalization.errors import InputError
from personalization.providers import openai_loop
from personalization.providers.metering import ClosedError
from personalization.providers.openai_draft import page_of
from personalization.providers.openai_hosted import HostedWriter
from personalization.providers.openai_one_text import Job, one_text
from personalization.providers.openai_prompt import marked, repair_prompt
from personalization.providers.openai_schema import MOST_STATEMENTS, read_answer
from personalization.providers.openai_writer import replaced
from personalization.providers.outreach_composing import SkeletonComposer, attributes_of
from personalization.providers.outreach_texts import LETTERS, fits, signature
from personalization.providers.protocols import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personalization.domain import Statement
    from personalization.providers.outreach_texts import SkeletonRequest

_EDITION: Final = "outreach_v1"
_OPTIONAL: Final = frozenset({"subject", "preheader", "call_to_action"})
_SUBJECT: Final = (3, 60)
_FALLBACKS: Final[Mapping[str, str]] = {
    "first_name": "there", "full_name": "there", "company": "your team", "city": "your town",
    "industry": "your trade", "title": "your role",
}  # fmt: skip
# What no good message to a stranger says, whatever a model thinks of it.
_WORN_OUT: Final = re.compile(
    r"hope (?:this|you)[^.?!]{0,30}(?:well|great)|quick question|touch(?:ing)? base"
    r"|circl(?:e|ing) back|just checking in|i (?:noticed|saw|came across)|pick your brain"
    r"|\bsynerg|^re:|^fwd?:",
    re.IGNORECASE,
)


@dataclass(slots=True)
class OpenAISkeletonWriter(HostedWriter):
    """Writes skeletons with a hosted model."""

    def write(
        self, request: SkeletonRequest, progress: Callable[[str], None] | None = None
    ) -> Draft:
        """Return the model's skeleton, or an embedded one that says why it takes its place.

        Raises:
            ClosedError: Nothing more can be asked, for good or in this run.
            ProviderError: The embedded writer cannot write it either.
            StoppedError: The user asked to stop.
        """
        if progress:
            progress(f"Asking {self.address.model} for {request.channel.replace('_', ' ')}")
        answer = openai_loop.run(one_text(self, job_of(request)), self.meter.is_cancelled)
        if isinstance(answer, ClosedError):
            raise answer
        if isinstance(answer, Draft):
            return answer
        embedded = SkeletonComposer().write(replace(request, feedback=(), rejected=None))
        return replaced(embedded, self.name, answer)


def job_of(request: SkeletonRequest) -> Job:
    """Return what a model is told of a skeleton, and how its answer is read."""
    statements = [s for p in request.passages for s in p.statements][:MOST_STATEMENTS]
    return Job(
        request.campaign_id, request.role, f"{request.channel}:{request.kind}:{request.arm}",
        skeleton_messages(request, statements), f"{request.seed}|{request.role}|{request.arm}",
        bool(request.feedback), outreach_prompt_version(),
        lambda content: read_skeleton(request, content, statements),
    )  # fmt: skip


def skeleton_messages(
    request: SkeletonRequest, statements: Sequence[Statement]
) -> list[dict[str, str]]:
    """Return the conversation for one skeleton, from what never changes to what always does."""
    conversation = [
        {"role": "system", "content": outreach_rules()},
        _told("The brand", _brand(request)),
        _told("The statements", _sources(statements)),
        _told("The message to write", _wanted(request)),
    ]
    if request.rejected:
        rejected = {"subject": request.rejected.subject, "body": request.rejected.body}
        conversation.append({"role": "assistant", "content": marked(rejected)})
    if request.feedback:
        conversation.append({"role": "user", "content": repair_prompt(request.feedback)})
    return conversation


def blanks_of(request: SkeletonRequest) -> list[str]:
    """Return the blanks that a skeleton may use; that of the fact it has to."""
    blanks = [f"{{{{prospect.{name}|{_FALLBACKS[name]}}}}}" for name in PROSPECT_FIELDS[:3]]
    is_news = request.angle == "news" and request.kind != "closing"
    return [*blanks, FACT_TAG] if is_news else blanks


def _told(what: str, material: object) -> dict[str, str]:
    return {"role": "user", "content": f"{what}:\n{marked(material)}"}


def _brand(request: SkeletonRequest) -> dict[str, Any]:
    profile = request.profile
    told = {
        "brand": request.brand_name, "personality": profile.personality, "do": profile.do,
        "do not": profile.dont, "vocabulary": profile.vocabulary, "forbidden": profile.forbidden,
        "locale": request.locale,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _sources(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    return [
        {"id": f"S{number}", "role": s.role, "text": s.text, "also approved": list(s.alternates)}
        for number, s in enumerate(statements, start=1)
    ]


def _wanted(request: SkeletonRequest) -> dict[str, Any]:
    return {
        "channel": request.channel.replace("_", " "),
        "step": request.kind.replace("_", " "),
        "readers": request.role.replace("_", " "),
        "tone": request.tone,
        "leads with": request.angle,
        "characters": request.limit * 153 if request.channel == "sms" else request.limit,
        "words": list(request.words),
        "blanks": blanks_of(request),
        "sign off": signature(request.sender, request.brand_name)
        or f"The trade team at {request.brand_name}",
        "variation": hashlib.sha256(f"{request.seed}|{request.arm}".encode()).hexdigest()[:8],
    }


def read_skeleton(
    request: SkeletonRequest, content: str, statements: Sequence[Statement]
) -> tuple[Draft | None, list[str]]:
    """Read an answer; return the draft, or what keeps it from being used."""
    try:
        page = page_of(read_answer(content, len(statements), optional=_OPTIONAL), statements)
    except InputError as error:
        return None, [str(error)]
    subject = page.texts.get("subject", "") if request.channel in LETTERS else ""
    message = Message(subject, "", page.texts.get("body", ""), "", "", request.footer)
    if faults := faults_of_skeleton(request, message):
        return None, faults
    used = {"subject", "body"} if subject else {"body"}
    claims = tuple(claim for claim in page.claims if claim.field in used)
    return Draft(request.arm, message, claims, attributes_of(request, message), "", ()), []


def faults_of_skeleton(request: SkeletonRequest, message: Message) -> list[str]:
    """List what keeps a skeleton from being used; what it asserts is judged elsewhere."""
    told = f"{message.subject}\n{message.body}"
    try:
        refuse_tags_for_others(told, is_for_prospects=True)
        tags = merge_tags(told)
    except InputError as error:
        return [str(error)]
    rest = told
    for tag in tags:
        rest = rest.replace(tag.token, "")
    faults = [f"'{sign}' is no blank." for sign in ("{{", "}}") if sign in rest]
    wanted = FACT_TAG in blanks_of(request)
    if wanted != any(tag.is_fact for tag in tags):
        faults.append(f"{FACT_TAG} is missing." if wanted else f"{FACT_TAG} may not be used here.")
    if not message.body.strip():
        faults.append("The body is empty.")
    low, high = _SUBJECT
    if request.channel in LETTERS and not low <= len(message.subject) <= high:
        faults.append(f"The subject has {len(message.subject)} characters, not {low} to {high}.")
    if worn := _WORN_OUT.search(told):
        faults.append(f"Nobody wants to read “{worn[0]}”. Leave it out.")
    if message.body.count("?") > 1:
        faults.append("It asks more than one question. Ask one.")
    if not faults and not fits(request.channel, message, request.limit):
        faults.append("It is longer than the channel takes. Shorten it.")
    return faults


@lru_cache(maxsize=1)
def outreach_rules() -> str:
    """Return what every model is told first: the rules and an example."""
    folder = resources.files("personalization.providers").joinpath("prompts", _EDITION)
    return folder.joinpath("writer.md").read_text("utf-8").strip()


@lru_cache(maxsize=1)
def outreach_prompt_version() -> str:
    """Return the edition of the rules and their fingerprint, as provenance keeps it."""
    return f"{_EDITION}-{hashlib.sha256(outreach_rules().encode()).hexdigest()[:8]}"
