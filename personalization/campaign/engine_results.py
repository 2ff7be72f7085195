"""What the engine answers: the message with its reasons, or an error with its code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.engine_templates import read_template
from personalization.domain import Message
from personalization.errors import (
    InvalidProspect,
    NoCompliantVariation,
    NotPermitted,
    PersonalizationError,
    Suppressed,
)
from personalization.outreach.channels import channel_rule
from personalization.outreach.explaining import why
from personalization.outreach.strategy import FEATURES
from personalization.providers.outreach_texts import posted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.campaign.engine import Call, Drawn
    from personalization.campaign.engine_templates import MessageTemplate
    from personalization.outreach.context import ProspectContext
    from personalization.outreach.strategy import PersonalizationStrategy

_ERRORS: Final[Mapping[str, type[PersonalizationError]]] = {
    "suppressed": Suppressed,
    "not_routed": InvalidProspect,
    "already_sent": NotPermitted,
    "sequence_over": NotPermitted,
    "account_throttled": NotPermitted,
    "no_address": NotPermitted,
    "unknown_basis": NotPermitted,
    "stopped": NotPermitted,
    "not_permitted": NotPermitted,
    "cannot_open": NotPermitted,
}
_RETRYABLE: Final = ("account_throttled",)


def error_of(drawn: Drawn) -> PersonalizationError | None:
    """Return what a caller has to be told where nothing was drawn up; None where something was."""
    message = drawn.message
    if message["variant_id"] is not None:
        return None
    kind = _ERRORS.get(message["code"], NoCompliantVariation)
    return kind(
        message["reason"], code=message["code"], prospect_id=message["prospect_id"],
        retryable=message["code"] in _RETRYABLE,
    )  # fmt: skip


def result_of(drawn: Drawn, call: Call, context: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put together what was drawn up for a prospect, in the engine's shape."""
    message = drawn.message
    parts = json.loads(message["parts"]) if message["parts"] else []
    is_sendable = message["status"] == "ready" and bool(message["is_approved"])
    final = _texts(message) | {
        "message_id": message["message_id"],
        "variation_id": message["variant_id"],
        "strategy_id": call.strategy.strategy_id,
        "campaign_id": drawn.campaign_id,
        "personalization": _personalization(drawn, message["variant_id"]),
        "content_sha256": message["content_sha256"],
        "is_sendable": is_sendable,
    }  # fmt: skip
    errors = [_told(message)] if message["status"] == "held" else []
    return {
        "prospect_id": message["prospect_id"],
        "profile_info": profile_info(drawn.profile),
        "context_data": context_data(drawn.context, call.template, context),
        "strategy": strategy_told(call.strategy, message["tone"], message["angle"]),
        "variations": [_variation(row) for row in drawn.variations],
        "final_message": final,
        "errors": errors,
        "why": [
            *why(message | {"status": "ready"}, parts),
            *_not_yet(message, is_sendable=is_sendable),
        ],
        "parts": parts,
        "score": message["score"],
        "margin": message["margin"],
        "propensity": message["propensity"],
        "is_holdout": message["is_default"],
        "is_sendable": is_sendable,
    }


def _not_yet(message: Mapping[str, Any], *, is_sendable: bool) -> list[str]:
    if is_sendable:
        return []
    if message["status"] == "held":
        return [f"A draft, which is held: {message['reason']}"]
    return ["A draft: nothing in its text was blocked, and nobody approved it yet."]


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person reads, whole and in its parts."""
    told = Message(
        row["subject"], "", row["body"], row["call_to_action"], row["link"], row["footer"]
    )
    return {
        "content": posted(row["channel"], told), "channel": row["channel"],
        "subject": row["subject"], "body": row["body"], "call_to_action": row["call_to_action"],
        "link": row["link"], "footer": row["footer"], "tone": row["tone"], "angle": row["angle"],
        "length": row["length"],
    }  # fmt: skip


def _variation(row: Mapping[str, Any]) -> dict[str, Any]:
    return _texts(row) | {
        "variation_id": row["variant_id"],
        "variation_type": "own words"
        if row["origin"] == "human"
        else f"{row['tone']}/{row['angle']}/{row['length']}",
        "variables": row["variables"],
        "personalization": {"fields": sorted(row["variables"]), "fact_id": row["fact_id"]},
        "rank": row["rank"],
        "score": row["score"],
    }


def _personalization(drawn: Drawn, variant_id: str) -> dict[str, Any]:
    """Return which of the prospect's fields and facts stand in the message."""
    for row in drawn.variations:
        if row["variant_id"] == variant_id:
            return {"fields": sorted(row["variables"]), "variables": row["variables"],
                    "fact_id": row["fact_id"]}  # fmt: skip
    return {"fields": [], "variables": {}, "fact_id": None}


def profile_info(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is on record of a prospect; what is not known says so by its name."""
    unknown = [name for name, value in profile.items() if value in (None, "", "unknown")]
    return {**profile, "unknown": sorted(unknown)}


def context_data(
    context: ProspectContext, template: MessageTemplate, told: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what is known of a prospect's past, and of the channel."""
    rule = channel_rule(template.channel)
    return {
        "platform_context": {
            "channel": template.channel, "template_type": template.kind,
            "max_length": rule.limit(), "unit": "segments" if rule.segments else "characters",
            "rules": rule.rules,
        },
        "history": {
            "previous_messages": list(context.sent), "responses": list(context.said),
            "last_answer": context.last_answer, "last_touch_at": context.last_touch_at,
        },
        "preferences": {
            "channels": dict(context.affinities), "preferred_channel": context.preferred_channel,
            "content": list(context.angles), "tones": list(context.tones),
            "timing": {"best_hour": context.best_hour},
        },
        "account": {
            "account": context.account, "last_touch_at": context.account_last_touch_at,
            "sends_7d": context.account_sends_7d,
        },
        "engagement": context.engagement,
        "season": context.season,
        "facts": list(context.facts),
        "told": dict(told or {}),
    }  # fmt: skip


def strategy_told(
    strategy: PersonalizationStrategy, tone: str | None, angle: str | None
) -> dict[str, Any]:
    """Return the strategy as it was given, with what it came to."""
    return {
        "strategy_id": strategy.strategy_id,
        "tone": tone,
        "topics": [angle] if angle else [],
        "personalization_rules": {
            "tone_rules": dict(strategy.tone_rules),
            "content_rules": dict(strategy.content_rules),
            "formatting_rules": dict(strategy.formatting_rules),
        },
        "unknown_rules": list(strategy.unknown_rules),
        "variation_strategy": {
            "types": list(strategy.variation_types),
            "count": strategy.variation_count,
            "selection_criteria": list(FEATURES),
        },
    }


def _told(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds a draft, in the form of an error."""
    return {
        "code": message["code"], "message": message["reason"],
        "prospect_id": message["prospect_id"], "retryable": message["code"] in _RETRYABLE,
    }  # fmt: skip


def fallback_result(
    error: PersonalizationError,
    template: object,
    strategy: PersonalizationStrategy,
    context: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the engine's shape for a prospect who gets nothing: no words, and the reason."""
    try:
        asked = read_template(template)
        platform: dict[str, Any] = {"channel": asked.channel, "template_type": asked.kind}
    except PersonalizationError:
        platform = {}
    return {
        "prospect_id": error.prospect_id,
        "profile_info": {},
        "context_data": {"platform_context": platform, "told": dict(context or {})},
        "strategy": strategy_told(strategy, None, None),
        "variations": [],
        "final_message": {"content": "", "personalization": {}, "variation_id": None,
                          "strategy_id": strategy.strategy_id, "is_sendable": False},
        "errors": [{"code": error.code, "message": str(error), "prospect_id": error.prospect_id,
                    "retryable": error.retryable}],
        "why": [f"Held: {error}"],
        "parts": [],
        "score": None,
        "margin": None,
        "propensity": None,
        "is_holdout": False,
        "is_sendable": False,
    }  # fmt: skip
