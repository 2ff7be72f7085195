"""What a hosted model is told of a product text: rules, statements, and aggregates of a segment.

As with e-mails no row of a customer is part of it, and all that people or suppliers wrote stands as
JSON between marks that only its own fingerprint could have foretold.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import PRODUCT_FIELDS
from personalization.providers.openai_prompt import marked, repair_prompt
from personalization.providers.openai_schema import MOST_STATEMENTS
from personalization.providers.product_facts import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Message, Segment, Statement
    from personalization.providers.product_texts import TextRequest

_EDITION: Final = "texts_v1"
_FEWEST: Final = 10  # customers; aggregates of fewer may be the values of one
_AGGREGATES: Final = ("share", "median_recency_days", "median_orders", "top_categories")
_LINKED: Final = frozenset({"x", "facebook", "linkedin"})
_LINK: Final = 24  # characters that a platform keeps for a link, and the line break before it


def statements_offered(request: TextRequest) -> list[Statement]:
    """Return the statements that a model may cite, in the order of S1 to S60."""
    return [s for passage in request.sources for s in passage.statements][:MOST_STATEMENTS]


def text_messages(request: TextRequest, statements: Sequence[Statement]) -> list[dict[str, str]]:
    """Return the conversation for one text, from what never changes to what always does."""
    conversation = [
        {"role": "system", "content": text_rules()},
        _told("The brand", _brand(request)),
        _told("The statements", _sources(statements)),
        _told("The text to write", _wanted(request)),
    ]
    if request.rejected:
        rejected = {name: text for name, text in _texts(request.rejected).items() if text}
        conversation.append({"role": "assistant", "content": marked(rejected)})
    if request.feedback:
        conversation.append({"role": "user", "content": repair_prompt(request.feedback)})
    return conversation


def blanks_of(request: TextRequest) -> list[str]:
    """Return the blanks of products that a text has to use; none where the products are given."""
    if request.products:
        return []
    fields = [name for name in PRODUCT_FIELDS if name in {"name", "price", "reason"}]
    return [
        f"{{{{product_{rank}.{name}}}}}" for rank in range(1, request.items + 1) for name in fields
    ]


def _told(what: str, material: object) -> dict[str, str]:
    return {"role": "user", "content": f"{what}:\n{marked(material)}"}


def _brand(request: TextRequest) -> dict[str, Any]:
    profile = request.profile
    told = {
        "brand": request.brand_name,
        "personality": profile.personality,
        "do": profile.do,
        "do not": profile.dont,
        "vocabulary": profile.vocabulary,
        "forbidden": profile.forbidden,
        "sounds like the brand": profile.on_brand,
        "does not sound like the brand": profile.off_brand,
        "locale": request.locale,
    }
    return {name: value for name, value in told.items() if value}


def _sources(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    return [
        {"id": f"S{number}", "role": s.role, "text": s.text, "also approved": list(s.alternates)}
        for number, s in enumerate(statements, start=1)
    ]


def _wanted(request: TextRequest) -> dict[str, Any]:
    taken = _LINK if request.channel in _LINKED else 0
    return {
        "kind": request.kind.replace("_", " "),
        "channel": request.channel,
        "tone": request.tone.replace("_", " "),
        "characters": request.limit - taken,
        "hashtags": request.most_hashtags,
        "segment": _segment(request.segment),
        "standing of the readers": request.standing,
        "blanks": blanks_of(request),
        "variation": hashlib.sha256(request.seed.encode()).hexdigest()[:8],
    }


def _segment(segment: Segment | None) -> dict[str, Any]:
    if segment is None:
        return {"name": "everybody"}
    known = segment.profile if segment.customers >= _FEWEST else ()
    told = {name: value for name, value in known if name in _AGGREGATES}
    return {"name": segment.name, "description": segment.description, **told}


def _texts(message: Message) -> dict[str, str]:
    shown = ("subject", "preheader", "body", "call_to_action")
    return {name: text for name, text in message.fields() if name in shown}


@lru_cache(maxsize=1)
def text_rules() -> str:
    """Return what every model is told first: the rules, and an example for each tone."""
    return "\n\n".join(_template(name) for name in ("writer", *(f"tone_{t}" for t in TONES)))


@lru_cache(maxsize=1)
def text_prompt_version() -> str:
    """Return the edition of the prompt files and a fingerprint of them, as provenance keeps it."""
    return f"{_EDITION}-{hashlib.sha256(text_rules().encode()).hexdigest()[:8]}"


def _template(name: str) -> str:
    folder = resources.files("personalization.providers").joinpath("prompts", _EDITION)
    return folder.joinpath(f"{name}.md").read_text("utf-8").strip()
