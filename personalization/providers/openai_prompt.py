"""What a hosted model is told: rules, approved statements, and aggregates of one segment.

No row of a customer is ever part of it.  Whatever people wrote stands in it as JSON, as material
and not as instruction.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.openai_schema import MOST_STATEMENTS
from personalization.providers.plans import head_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Statement
    from personalization.providers.protocols import WritingRequest

_CLAIM_ROLES: Final = frozenset({"lead", "detail", "condition", "proof", "answer", "cta"})
_AGGREGATES: Final = (
    "share", "spent_share", "median_recency_days", "median_orders", "median_spent",
    "top_categories", "top_countries",
)  # fmt: skip


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
    request: WritingRequest, statements: Sequence[Statement], *, plan: str, tone: str
) -> list[dict[str, str]]:
    """Return the conversation for one variant: rules, campaign and sources, then the variant."""
    conversation = [
        {"role": "system", "content": template("writer")},
        _told("Campaign and sources", _campaign(request, statements)),
        _told("The variant to write", _variant(request, plan, tone)),
    ]
    if request.feedback:
        conversation.append({"role": "user", "content": repair_prompt(request.feedback)})
    return conversation


def _told(what: str, material: dict[str, Any]) -> dict[str, str]:
    return {"role": "user", "content": f"{what}:\n{_json(material)}"}


def _campaign(request: WritingRequest, statements: Sequence[Statement]) -> dict[str, Any]:
    lines = {head.statement_id: p.subject_lines for p in request.passages if (head := head_of(p))}
    return {
        "brand": request.brand_name,
        "locale": request.locale,
        "goal": request.brief.goal,
        "key_message": request.brief.key_message,
        "offer": request.brief.offer,
        "statements": _as_material(statements, lines),
        "voice": _voice(request),
    }


def _variant(request: WritingRequest, plan: str, tone: str) -> dict[str, Any]:
    segment = request.segment
    aggregates = {name: value for name, value in segment.profile if name in _AGGREGATES}
    told: dict[str, Any] = {
        "segment": {
            "name": segment.name,
            "rule": segment.rule,
            "description": segment.description,
            **aggregates,
        },
        "tone": tone,
        "plan": plan.replace("_", " "),
        "variation": hashlib.sha256(request.seed.encode()).hexdigest()[:8],
    }
    if request.avoid:
        told["write unlike these"] = [[m.subject, m.body] for m in request.avoid]
    return told


def repair_prompt(faults: Sequence[str]) -> str:
    """Return what a model is told of a draft that cannot be used."""
    return f"{template('repair')}\n{_json(list(faults))}"


def prompt_hash(conversation: Sequence[dict[str, str]]) -> str:
    """Return SHA-256 of a conversation, by which two runs can be told to have asked the same."""
    return hashlib.sha256(_json(list(conversation)).encode()).hexdigest()


@lru_cache(maxsize=4)
def template(name: str) -> str:
    """Return one of the prompt files of this package."""
    folder = resources.files("personalization.providers").joinpath("prompts")
    return folder.joinpath(f"{name}.md").read_text("utf-8").strip()


def _as_material(
    statements: Sequence[Statement], lines: dict[str, tuple[str, ...]]
) -> list[dict[str, Any]]:
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
    return [p.text for p in voice] + [s.text for p in voice for s in p.statements][:40]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
