"""The hosted writer of product texts: the service that writes messages, over the same wire.

One call for each text.  An answer that cannot be used is asked for once more with its faults
listed; after that the embedded writer writes the text, and the text says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Message, merge_tags
from personalization.errors import InputError
from personalization.providers import openai_loop
from personalization.providers.composing import as_read
from personalization.providers.metering import ClosedError
from personalization.providers.openai_draft import page_of
from personalization.providers.openai_hosted import HostedWriter
from personalization.providers.openai_one_text import Job, one_text
from personalization.providers.openai_schema import read_answer
from personalization.providers.openai_text_prompt import (
    blanks_of,
    statements_offered,
    text_messages,
    text_prompt_version,
)
from personalization.providers.openai_writer import replaced
from personalization.providers.product_composing import ProductComposer
from personalization.providers.protocols import Draft
from personalization.statistics.post_length import hashtags, post_length

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personalization.domain import Statement
    from personalization.providers.product_texts import TextRequest

_FIELDS: Final = ("subject", "preheader", "body", "call_to_action")
_USED: Final[Mapping[str, frozenset[str]]] = {
    "email": frozenset(_FIELDS),
    "summary": frozenset({"subject", "body"}),
    "highlights": frozenset({"subject", "body"}),
    "team_summary": frozenset({"subject", "body"}),
}
"""Fields that a kind has; one that is not named here has a body and nothing else."""

_OPTIONAL: Final = frozenset({"subject", "preheader", "call_to_action"})
_LINKED: Final = frozenset({"x", "facebook", "linkedin"})


@dataclass(slots=True)
class OpenAITextWriter(HostedWriter):
    """Writes product texts with a hosted model."""

    def write(self, request: TextRequest, progress: Callable[[str], None] | None = None) -> Draft:
        """Return the model's text, or an embedded one that says why it takes its place.

        Raises:
            ClosedError: Nothing more can be asked, for good or in this run.
            ProviderError: The embedded writer cannot write it either.
            StoppedError: The user asked to stop.
        """
        if progress:
            progress(f"Asking {self.address.model} for {request.kind.replace('_', ' ')}")
        answer = openai_loop.run(one_text(self, job_of(request)), self.meter.is_cancelled)
        if isinstance(answer, ClosedError):
            raise answer
        if isinstance(answer, Draft):
            return answer
        embedded = ProductComposer().write(replace(request, feedback=(), rejected=None))
        return replaced(embedded, self.name, answer)


def job_of(request: TextRequest) -> Job:
    """Return what a model is told of a text, and how its answer is read."""
    statements = statements_offered(request)
    return Job(
        request.text_set, request.segment.name if request.segment else "",
        f"{request.kind}:{request.channel}", text_messages(request, statements), request.seed,
        bool(request.feedback), text_prompt_version(),
        lambda content: read_text(request, content, statements),
    )  # fmt: skip


def read_text(
    request: TextRequest, content: str, statements: Sequence[Statement]
) -> tuple[Draft | None, list[str]]:
    """Read an answer; return the draft, or what keeps it from being used."""
    try:
        page = page_of(read_answer(content, len(statements), optional=_OPTIONAL), statements)
    except InputError as error:
        return None, [str(error)]
    used = _USED.get(request.kind, frozenset({"body"}))
    texts = {name: page.texts.get(name, "") if name in used else "" for name in _FIELDS}
    message = Message(**texts, link=request.link, footer=request.footer)
    if faults := faults_of_text(request, message, used):
        return None, faults
    claims = tuple(claim for claim in page.claims if claim.field in used)
    attributes = (
        ("plan", request.kind), ("tone", request.tone), ("channel", request.channel),
        ("standing", request.standing), ("strategy", request.strategy),
    )  # fmt: skip
    return Draft(request.tone, message, claims, attributes, "", ()), []


def faults_of_text(request: TextRequest, message: Message, used: frozenset[str]) -> list[str]:
    """List what keeps a text from being used; what it asserts is judged elsewhere."""
    wanted = blanks_of(request)
    try:
        tags = [tag for _, text in message.fields() for tag in merge_tags(text)]
        rest = [as_read(text) for _, text in message.fields()]
    except InputError as error:
        return [str(error)]
    faults = [f"'{sign}' is no blank." for text in rest for sign in ("{{", "}}") if sign in text]
    faults += [f"The {name.replace('_', ' ')} is empty." for name in _empty(message, used)]
    told = {tag.token for tag in tags if tag.rank}
    faults += [f"{token} may not be used here." for token in sorted(told - set(wanted))]
    needed = [token for token in wanted if not token.endswith(".reason}}")]
    faults += [f"{token} is missing." for token in needed if token not in told]
    posted = message.body if request.channel not in _LINKED else f"{message.body}\n{request.link}"
    length = post_length(posted, request.channel)
    if length > request.limit:
        faults.append(f"It counts {length} characters with its link, not {request.limit}.")
    if request.channel != "email" and len(hashtags(message.body)) > request.most_hashtags:
        faults.append(f"It has more than {request.most_hashtags} hashtags.")
    return faults


def _empty(message: Message, used: frozenset[str]) -> list[str]:
    return [name for name, text in message.fields() if name in used and not text.strip()]
