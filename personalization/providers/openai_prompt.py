"""What a hosted model is told: rules, approved statements, and aggregates of one segment.

No row of a customer is ever part of it.  Whatever people wrote stands in it as JSON between marks
that only its own fingerprint could have foretold, as material and not as instruction.  What never
changes comes first, then the brand and the campaign, then the segment, so that a service can keep
the opening in its cache.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.openai_schema import MOST_STATEMENTS
from personalization.providers.plans import head_of
from personalization.providers.product_letters import product_lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.domain import Message, Statement
    from personalization.providers.protocols import WritingRequest

TONES: Final = ("friendly", "professional", "informative", "promotional", "formal")
_EDITION: Final = "v2"

PRODUCTS_MARK: Final = "{{products}}"
"""Where a model wants the reader's products; the system puts their tags there."""

HOW_CHOSEN: Final[Mapping[str, str]] = {
    "for_you": "by what the reader chose before",
    "bought_together": "because they go with what the reader has",
    "similar": "because they are like what the reader chose before",
    "upsell": "going by the kind of thing the reader chose before",
    "cross_sell": "from a part of the shop that is new to the reader",
    "buy_again": "the reader has bought them before and may need them again",
    "abandoned": "the reader looked at them or left them in the basket",
    "popular": "because other customers choose them",
}
"""What a model may know of each strategy, in words."""

_CLAIM_ROLES: Final = frozenset({"lead", "detail", "condition", "proof", "answer", "cta"})
_AGGREGATES: Final = (
    "share", "spent_share", "median_recency_days", "median_orders", "median_spent",
    "top_categories", "top_countries",
)  # fmt: skip
_FEWEST: Final = 10  # customers; aggregates of fewer may be the values of one
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
_MOST_VOICE: Final = 40  # statements of voice documents


def offered_statements(request: WritingRequest) -> list[Statement]:
    """Return the statements that a model may cite, in the order of S1 to S60.

    Conditions come with what requires them: where the list is full, neither is in it.
    """
    offered: list[Statement] = []
    for passage in request.passages:
        own = [s for s in passage.statements if s.role in _CLAIM_ROLES]
        if len(offered) + len(own) <= MOST_STATEMENTS:
            offered += own
    return offered


def messages_for(
    request: WritingRequest,
    statements: Sequence[Statement],
    *,
    plan: str,
    tone: str,
    arm: str = "",
) -> list[dict[str, str]]:
    """Return the conversation for one variant, from what never changes to what always does."""
    conversation = [
        {"role": "system", "content": rules()},
        _told("The brand and the campaign", _campaign(request)),
        _told("The statements", _sources(request, statements)),
        *_of_products(request, arm),
        _told("The variant to write", _variant(request, plan, tone)),
    ]
    if request.rejected:
        rejected = _as_json(_texts(request.rejected, request, arm))
        conversation.append({"role": "assistant", "content": rejected})
    if request.feedback:
        conversation.append({"role": "user", "content": repair_prompt(request.feedback)})
    return conversation


def _of_products(request: WritingRequest, arm: str) -> list[dict[str, str]]:
    """Return what is to be known of products; nothing where the arm names none."""
    plan = request.products
    if plan is None or not plan.strategy_of(arm):
        return []
    told = {"how many": plan.items, "how they are chosen": HOW_CHOSEN.get(plan.told_of(arm), "")}
    return [{"role": "user", "content": f"{template('products')}\n{marked(told)}"}]


def _told(what: str, material: object) -> dict[str, str]:
    return {"role": "user", "content": f"{what}:\n{marked(material)}"}


def marked(material: object) -> str:
    """Return material as JSON between marks; no text in it can close them.

    Hidden signs are taken out, and ``<`` is written as an escape of JSON.
    """
    told = _as_json(material).replace("<", "\\u003c")
    name = f"material-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    return f"<{name}>\n{told}\n</{name}>"


def _campaign(request: WritingRequest) -> dict[str, Any]:
    brief, profile = request.brief, request.profile
    told = {
        "brand": request.brand_name,
        "personality": profile.personality,
        "do": profile.do,
        "do not": profile.dont,
        "vocabulary": profile.vocabulary,
        "forbidden": profile.forbidden,
        "sounds like the brand": profile.on_brand,
        "does not sound like the brand": profile.off_brand,
        "voice": _voice(request),
        "locale": request.locale,
        "goal": brief.goal,
        "audience": brief.audience,
        "key_message": brief.key_message,
        "offer": brief.offer,
        "must_say": brief.must_say,
        "must_not_say": brief.must_not_say,
        "call_to_action": brief.call_to_action,
    }
    return {name: value for name, value in told.items() if value}


def _variant(request: WritingRequest, plan: str, tone: str) -> dict[str, Any]:
    segment = request.segment
    known = segment.profile if segment.customers >= _FEWEST else ()
    told: dict[str, Any] = {
        "segment": {
            "name": segment.name,
            "rule": segment.rule,
            "description": segment.description,
            **{name: value for name, value in known if name in _AGGREGATES},
        },
        "tone": tone,
        "plan": plan.replace("_", " "),
        "variation": hashlib.sha256(request.seed.encode()).hexdigest()[:8],
    }
    if request.avoid:
        told["write unlike these"] = [[m.subject, m.body] for m in request.avoid]
    return told


def repair_prompt(faults: Sequence[str]) -> str:
    """Return what a model is told of a draft that cannot be used; the faults quote its words."""
    return f"{template('repair')}\n{marked(list(faults))}"


def prompt_hash(conversation: Sequence[dict[str, str]]) -> str:
    """Return SHA-256 of a conversation, by which two runs can be told to have asked the same."""
    return hashlib.sha256(_as_json(list(conversation)).encode()).hexdigest()


@lru_cache(maxsize=1)
def rules() -> str:
    """Return what every model is told first: the rules, and an example for each tone."""
    return "\n\n".join(template(name) for name in ("writer", *(f"tone_{t}" for t in TONES)))


@lru_cache(maxsize=1)
def prompt_version() -> str:
    """Return the edition of the prompt files and a fingerprint of them, as provenance keeps it."""
    told = "\x1f".join((rules(), template("repair"), template("products")))
    return f"{_EDITION}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


@lru_cache(maxsize=8)
def template(name: str) -> str:
    """Return one of the prompt files of the edition in use."""
    folder = resources.files("personalization.providers").joinpath("prompts", _EDITION)
    return folder.joinpath(f"{name}.md").read_text("utf-8").strip()


def _sources(request: WritingRequest, statements: Sequence[Statement]) -> list[dict[str, Any]]:
    lines = {head.statement_id: p.subject_lines for p in request.passages if (head := head_of(p))}
    numbers = {s.statement_id: f"S{n}" for n, s in enumerate(statements, start=1)}
    return [
        {
            "id": numbers[s.statement_id],
            "role": s.role,
            "text": s.text,
            "also approved": list(s.alternates),
            "subject lines": list(lines.get(s.statement_id, ())),
            "requires": [numbers[r] for r in s.requires if r in numbers],
        }
        for s in statements
    ]


def _voice(request: WritingRequest) -> list[str]:
    voice = [p for p in request.passages if p.kind == "voice"]
    return [p.text for p in voice] + [s.text for p in voice for s in p.statements][:_MOST_VOICE]


def _texts(message: Message, request: WritingRequest, arm: str) -> dict[str, str]:
    """Return what a model may change of a message; the products are one mark again."""
    shown = ("subject", "preheader", "body", "call_to_action")
    texts = {name: text for name, text in message.fields() if name in shown}
    if plan := request.products:
        block = "\n\n".join(product_lines_of(plan.items, plan.told_of(arm)))
        texts["body"] = texts["body"].replace(block, PRODUCTS_MARK)
    return texts


def _as_json(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, indent=1, default=str)


def _plain(value: object) -> object:
    """Return a value without signs that nobody sees, whatever it is nested in."""
    if isinstance(value, str):
        return "".join(s for s in value if s in "\n\t" or unicodedata.category(s) not in _HIDDEN)
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    return value
