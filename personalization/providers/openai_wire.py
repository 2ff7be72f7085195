"""The wire to OpenAI, Azure OpenAI and whatever speaks the same: one call, every way it can end.

Chat completions are what all three have in common.  The answer is read from the raw body here and
not by the client library, which throws the token bill away where an answer cannot be parsed.
Keys come from the environment, go into the client, and are kept nowhere else.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from personalization.errors import InputError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openai import APIStatusError, OpenAI

_TRIES: Final = 3
_LONGEST_WAIT: Final = 20.0  # seconds; who asks for more is given up, and the composer writes
_FIRST_WAIT: Final = 0.5  # seconds, doubled with each try
_CONNECT: Final = 5.0  # seconds to reach the service
_REFUSED: Final = frozenset({401, 403, 404})
_AGAIN: Final = frozenset({408, 409, 429})
_BROKEN: Final = 500
_OK: Final = "ok"


class ClosedError(ProviderError):
    """No further call can succeed: a wrong key, an unknown model, no quota left."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How one call ended.

    Attributes:
        status: ok, truncated, filtered, refused, empty, unreadable or unreachable.
        content: What the model wrote, if anything.
        reason: In words, where it did not end well.
        facts: Model, tokens, latency, request id and the like, as texts.
    """

    status: str
    content: str
    reason: str
    facts: tuple[tuple[str, str], ...]

    @property
    def is_ok(self) -> bool:
        """Tell whether there is a content to read."""
        return self.status == _OK


def client_of(name: str, environ: Mapping[str, str], timeout: float) -> OpenAI:
    """Build the client for ``openai`` or ``azure`` from the environment.

    Azure is spoken to on its v1 route, or on the classic one where AZURE_OPENAI_API_VERSION is
    set.  A proxy of the environment is used, except for an address of this machine.

    Raises:
        InputError: What is needed is not in the environment.
    """
    import openai  # noqa: PLC0415

    limits = openai.Timeout(timeout, connect=_CONNECT)
    if name == "openai":
        key, base = _needed(environ, "OPENAI_API_KEY"), environ.get("OPENAI_BASE_URL") or None
        return openai.OpenAI(
            api_key=key, base_url=base, max_retries=0, timeout=limits,
            http_client=_http_client(base or "", limits),
        )  # fmt: skip
    key = _needed(environ, "AZURE_OPENAI_API_KEY")
    endpoint = _needed(environ, "AZURE_OPENAI_ENDPOINT").rstrip("/")
    http_client = _http_client(endpoint, limits)
    if version := environ.get("AZURE_OPENAI_API_VERSION", "").strip():
        return openai.AzureOpenAI(
            api_key=key, azure_endpoint=endpoint, api_version=version, max_retries=0,
            timeout=limits, http_client=http_client,
        )  # fmt: skip
    base = endpoint if endpoint.endswith("/openai/v1") else f"{endpoint}/openai/v1"
    return openai.OpenAI(
        api_key=key, base_url=f"{base}/", max_retries=0, timeout=limits, http_client=http_client
    )


def _needed(environ: Mapping[str, str], variable: str) -> str:
    if not (value := environ.get(variable, "").strip()):
        raise InputError(f"{variable} is not set in the environment.")
    return value


def _http_client(address: str, limits: Any) -> Any:  # noqa: ANN401
    import openai  # noqa: PLC0415

    return openai.DefaultHttpxClient(trust_env=not _is_here(address), timeout=limits)


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def ask(
    client: OpenAI,
    model: str,
    messages: list[dict[str, str]],
    form: dict[str, Any],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Reply:
    """Ask once, again where the service is busy or broken, and say how it ended.

    Raises:
        ClosedError: No further call can succeed.
    """
    import openai  # noqa: PLC0415

    completions: Any = client.chat.completions.with_raw_response
    began = time.monotonic()
    attempt = 0
    while True:
        attempt += 1
        wait = _FIRST_WAIT * 2 ** (attempt - 1)
        try:
            raw = completions.create(model=model, messages=messages, response_format=form)
            return _read(raw.text, raw.headers, attempt, began)
        except openai.APIStatusError as error:
            _refuse_if_fatal(error, model)
            reply = _failed(error, attempt, began)
            if reply.status != "unreachable":
                return reply
            wait = _wished_wait(error, wait)
        except openai.APIConnectionError as error:
            reply = _unreachable(_words(error), attempt, began)
        if attempt == _TRIES or wait > _LONGEST_WAIT:
            return reply
        pause(wait)


def _refuse_if_fatal(error: APIStatusError, model: str) -> None:
    if error.code == "insufficient_quota":
        raise ClosedError("The writing service says that the quota of this account is used up.")
    if error.status_code not in _REFUSED:
        return
    meaning = {
        401: "the key was not accepted",
        403: "this account may not use it",
        404: f"there is no model or deployment '{model}' at this address",
    }[error.status_code]
    raise ClosedError(
        f"The writing service refused (HTTP {error.status_code}): {meaning}. Check the key, the "
        "address and [generation] model, or set writer = 'composer'."
    )


def _failed(error: APIStatusError, attempt: int, began: float) -> Reply:
    if error.status_code in _AGAIN or error.status_code >= _BROKEN:
        return _unreachable(f"HTTP {error.status_code}", attempt, began)
    facts = _facts({}, error.response.headers, attempt, began)
    if error.code == "content_filter":
        return Reply("filtered", "", "The service's content filter stopped the request.", facts)
    reason = f"The service did not take the request (HTTP {error.status_code})."
    return Reply("unreadable", "", reason, facts)


def _wished_wait(error: APIStatusError, wait: float) -> float:
    """Return how long the service asks us to wait, in seconds; ``wait`` where it does not say."""
    headers = error.response.headers
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        pass
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, until.timestamp() - time.time())
    except ValueError:
        return wait


def _unreachable(what: str, attempt: int, began: float) -> Reply:
    tries = f"{attempt} {'try' if attempt == 1 else 'tries'}"
    reason = f"The service could not be reached in {tries}: {what}."
    return Reply("unreachable", "", reason, _facts({}, {}, attempt, began))


def _words(error: Exception) -> str:
    return "no answer in time" if "Timeout" in type(error).__name__ else "no connection"


def _read(text: str, headers: Mapping[str, str], attempt: int, began: float) -> Reply:
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        reason = "The answer is no JSON; a proxy or a login page may stand in between."
        return Reply("unreadable", "", reason, _facts({}, headers, attempt, began))
    facts = _facts(body, headers, attempt, began)
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        return Reply("empty", "", "The answer holds no text.", facts)
    if message.get("refusal"):
        return Reply("refused", "", "The model declined to write this.", facts)
    ends = {
        "length": ("truncated", "The answer was cut off at the token limit."),
        "content_filter": ("filtered", "The service's content filter stopped the answer."),
    }
    if end := ends.get(str(first.get("finish_reason"))):
        return Reply(end[0], "", end[1], facts)
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        return Reply("empty", "", "The answer holds no text.", facts)
    return Reply(_OK, content, "", facts)


def _facts(
    body: dict[str, Any], headers: Mapping[str, str], attempt: int, began: float
) -> tuple[tuple[str, str], ...]:
    usage = body.get("usage") if isinstance(body.get("usage"), dict) else {}
    found = {
        "model": body.get("model"),
        "fingerprint": body.get("system_fingerprint"),
        "request_id": headers.get("x-request-id") or headers.get("apim-request-id"),
        "prompt_tokens": usage.get("prompt_tokens") if usage else None,
        "completion_tokens": usage.get("completion_tokens") if usage else None,
        "seconds": f"{time.monotonic() - began:.2f}",
        "attempts": attempt,
    }
    return tuple((name, str(value)) for name, value in found.items() if value is not None)
