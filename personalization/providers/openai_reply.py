"""What came back from a hosted model, read by us: every way in which a call can end.

The client library throws the token bill away where an answer cannot be parsed, so it is read from
the bytes here.  Of a service's own words none are kept: an error may repeat the key it was sent.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.metering import OK, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import APIStatusError

    from personalization.providers.openai_client import Address

UNREACHABLE: Final = "unreachable"
CLOSED: Final = "closed"
_AGAIN: Final = frozenset({408, 409, 429})
_BROKEN: Final = 500
_REFUSED: Final = frozenset({401, 403, 404})
_NO_MONEY: Final = frozenset(
    ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
)
_MOST_CHARACTERS: Final = 40_000  # of a content; 20 times the longest e-mail with its citations
_MOST_TOKENS: Final = 10**9  # a count above this is none
_PLAIN: Final = re.compile(r"[\w.:/@+-]{1,100}")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt ended, and when the next one may be made.

    Attributes:
        reply: What came of it.
        is_passing: Whether trying again may help.
        wished_wait: Seconds that the service asks to be left alone; None where it does not say.
    """

    reply: Reply
    is_passing: bool = False
    wished_wait: float | None = None


def read(content: bytes, headers: Mapping[str, str], address: Address) -> Ended:
    """Read the body of an answer that came with status 200."""
    reply = _read(content, headers, address)
    return Ended(reply, wished_wait=_pace(headers))


def _read(content: bytes, headers: Mapping[str, str], address: Address) -> Reply:
    try:
        body = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        reason = "The answer is no JSON; a proxy or a login page may stand in between."
        facts = _facts({}, headers, address)  # cut off on the way, it would be billed all the same
        return Reply("unreadable", reason=reason, is_billed=True, facts=facts)
    told: dict[str, Any] = {
        "usage": _usage(body.get("usage")), "is_billed": True,
        "facts": _facts(body, headers, address),
    }  # fmt: skip
    status, text, reason = _said(body)
    if status == OK and address.secret in text:
        return Reply("unreadable", reason="The answer repeats the key that it was sent.", **told)
    return Reply(status, text, reason, **told)


def _said(body: dict[str, Any]) -> tuple[str, str, str]:
    """Return status, content and reason of a body."""
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        return "empty", "", "The answer holds no text."
    if message.get("refusal"):
        return "refused", "", "The model declined to write this."
    ends = {
        "length": ("truncated", "", "The answer was cut off at the token limit."),
        "content_filter": ("filtered", "", "The service's content filter stopped the answer."),
    }
    if end := ends.get(str(first.get("finish_reason"))):
        return end
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        return "empty", "", "The answer holds no text."
    if len(content) > _MOST_CHARACTERS:
        return "unreadable", "", f"The answer has more than {_MOST_CHARACTERS:,} characters."
    # Halves of a pair of code units cannot be stored or sent.
    return OK, content.encode("utf-8", "replace").decode("utf-8"), ""


def failed(error: APIStatusError, address: Address) -> Ended:
    """Say what an answer with an error's status means, without a word of it."""
    headers = error.response.headers
    code, status = str(error.code or ""), error.status_code
    facts = _facts({}, headers, address)
    if reason := _lasting(code, status, address):
        return Ended(Reply(CLOSED, reason=reason, facts=facts))
    if status in _AGAIN or status >= _BROKEN:
        passing = headers.get("x-should-retry", "").casefold() != "false"
        reply = Reply(UNREACHABLE, reason=f"HTTP {status}", facts=facts)
        return Ended(reply, passing, wished_wait(headers))
    if code == "content_filter":
        reason = "The service's content filter stopped the request."
        return Ended(Reply("filtered", reason=reason, facts=facts))
    reason = f"The service did not take the request (HTTP {status})."
    return Ended(Reply("unreadable", reason=reason, facts=facts))


def _lasting(code: str, status: int, address: Address) -> str:
    """Return why no further call can succeed, or an empty text."""
    if code in _NO_MONEY:
        return (
            "The writing service says that the quota of this account is used up. Add to it, or "
            "set [generation] writer = 'composer'."
        )
    if status not in _REFUSED:
        return ""
    meaning = {
        401: "the key was not accepted",
        403: "this account may not use it",
        404: f"there is no model or deployment '{address.model}' at this address",
    }[status]
    return (
        f"The writing service refused (HTTP {status}): {meaning}. Check the key, the address and "
        "[generation] model, or set writer = 'composer'."
    )


def wished_wait(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the service asks us to wait, or None where it does not say."""
    for name, part in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            wait = float(headers[name]) / part
        except (KeyError, ValueError):
            continue
        if 0 <= wait < float("inf"):
            return wait
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, until.timestamp() - time.time())


def _pace(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a limit that has just been used up is lifted."""
    for what in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{what}") == "0":
            parts = _DURATION.findall(headers.get(f"x-ratelimit-reset-{what}", ""))
            if parts:
                return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return None


def _usage(told: object) -> Usage | None:
    """Return the tokens of a call; None where they are missing or cannot be."""
    if not isinstance(told, dict):
        return None
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    prompt, completion = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
    if prompt is None or completion is None or prompt == 0:
        return None
    return Usage(prompt, min(_count(cached) or 0, prompt), completion)


def _count(told: object) -> int | None:
    return told if type(told) is int and 0 <= told <= _MOST_TOKENS else None


def _facts(
    body: dict[str, Any], headers: Mapping[str, str], address: Address
) -> tuple[tuple[str, str], ...]:
    found = {
        "model": body.get("model"),
        "fingerprint": body.get("system_fingerprint"),
        "request_id": headers.get("x-request-id") or headers.get("apim-request-id"),
    }
    return tuple(
        (name, value)
        for name, value in found.items()
        if isinstance(value, str) and _PLAIN.fullmatch(value) and address.secret not in value
    )
