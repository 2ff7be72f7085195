"""Azure AI Content Safety: four categories of harm, read by name, or an error.

The service's answer counts only when it rates each of the four categories exactly once with a
level that it is able to give.  Everything else (no answer, half an answer, an answer that cannot
be read) is a ProviderError, and the screening that asked cannot pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from personalization.errors import InputError, ProviderError
from personalization.providers.obfuscation import sentence_spans
from personalization.providers.protocols import HarmAnalysis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.ai.contentsafety import ContentSafetyClient

NAMES: Final = {
    "Hate": "hate",
    "SelfHarm": "self_harm",
    "Sexual": "sexual",
    "Violence": "violence",
}
"""The service's names of the categories, and ours."""

LEVELS: Final = (0, 2, 4, 6)
CHUNK: Final = 9_500
"""Characters sent in one call; the service takes 10,000."""

API_VERSION: Final = "2023-10-01"
_TRANSIENT: Final = frozenset((408, 429, 500, 502, 503, 504))
_LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True, slots=True)
class AzureSafety:
    """Rates texts through the service's SDK.

    Attributes:
        client: Made without retries of its own: ours also cover what the SDK's leave out.
        attempts: Calls made for one chunk at most.
        longest_wait: Seconds between two attempts at most; a longer Retry-After gives up.
        sleep: Waits that many seconds.
    """

    client: ContentSafetyClient
    name: str = "azure"
    version: str = f"content-safety-{API_VERSION}"
    attempts: int = 3
    longest_wait: float = 10.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def analyze(self, text: str) -> HarmAnalysis:
        """Rate one text; a long one in chunks that end with a sentence, the worst of which counts.

        Raises:
            ProviderError: The text is empty, the service cannot be reached, or its answer is not
                exactly four levels.
        """
        if not text.strip():
            raise ProviderError("Azure AI Content Safety was asked about an empty text.")
        answers = [self._rate(chunk) for chunk in chunks_of(text)]
        worst = {name: max(levels[name] for levels, _ in answers) for name in NAMES.values()}
        return HarmAnalysis(tuple(worst.items()), ",".join(request_id for _, request_id in answers))

    def _rate(self, chunk: str) -> tuple[dict[str, int], str]:
        for attempt in range(1, self.attempts + 1):
            try:
                return self._call(chunk)
            except ProviderError:
                raise
            except Exception as error:
                wait = _wait_before_next(error, attempt)
                if attempt == self.attempts or wait is None or wait > self.longest_wait:
                    raise ProviderError(
                        f"Azure AI Content Safety did not answer after {attempt} "
                        f"{'attempt' if attempt == 1 else 'attempts'}: {_in_words(error)}"
                    ) from error
                self.sleep(wait)
        raise ProviderError("Azure AI Content Safety was not asked: attempts is below 1.")

    def _call(self, chunk: str) -> tuple[dict[str, int], str]:
        from azure.ai.contentsafety.models import AnalyzeTextOptions  # noqa: PLC0415

        headers: dict[str, str] = {}
        result = self.client.analyze_text(
            AnalyzeTextOptions(
                text=chunk, categories=list(NAMES), output_type="FourSeverityLevels"
            ),
            headers={"x-ms-client-request-id": (own_id := str(uuid4()))},
            raw_response_hook=lambda response: headers.update(response.http_response.headers),
        )
        known = {name.casefold(): value for name, value in headers.items()}
        return read_levels(result), known.get("apim-request-id") or own_id


def read_levels(result: Any) -> dict[str, int]:  # noqa: ANN401
    """Return the level of each category by our names.

    Raises:
        ProviderError: There is not exactly one entry for each category, or a level is no whole
            number that the service is able to give.
    """
    found = result.categories_analysis or ()
    entries = [(str(getattr(e.category, "value", e.category)), e.severity) for e in found]
    is_whole = sorted(name for name, _ in entries) == sorted(NAMES)
    if not is_whole or any(type(level) is not int or level not in LEVELS for _, level in entries):
        raise ProviderError(
            f"Azure AI Content Safety answered with {entries!r}, not with one of the levels "
            f"{', '.join(map(str, LEVELS))} for each of {', '.join(NAMES)}."
        )
    return {NAMES[name]: level for name, level in entries}


def _wait_before_next(error: Exception, attempt: int) -> float | None:
    """Return seconds to wait, or None where another attempt would end alike."""
    from azure.core.exceptions import (  # noqa: PLC0415
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    growing = 0.5 * 2 ** (attempt - 1)
    if isinstance(error, HttpResponseError) and error.response is not None:
        if error.status_code not in _TRANSIENT:
            return None
        return _retry_after(getattr(error.response, "headers", {}).get("Retry-After")) or growing
    return growing if isinstance(error, ServiceRequestError | ServiceResponseError) else None


def _retry_after(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def _in_words(error: Exception) -> str:
    """Say what went wrong without the text that was sent and without the key."""
    status = getattr(error, "status_code", None)
    code = getattr(getattr(error, "error", None), "code", None)
    parts = [type(error).__name__, f"HTTP {status}" if status else "", str(code or "")]
    return ", ".join(part for part in parts if part) + "."


def chunks_of(text: str, size: int = CHUNK) -> list[str]:
    """Cut a text into pieces of ``size`` characters at most, after sentences where that goes.

    Nothing is left out; a sentence longer than a piece is cut where it has to be.
    """
    chunks, start = [], 0
    while len(text) - start > size:
        ends = [start + end for _, end in sentence_spans(text[start : start + size])]
        end = max((end for end in ends if end < start + size), default=start + size)
        chunks.append(text[start:end])
        start = end
    return [*chunks, text[start:]]


def azure_classifier(
    environ: Mapping[str, str], *, connection_timeout: float = 5.0, read_timeout: float = 15.0
) -> AzureSafety:
    """Return the classifier for the endpoint and key that the environment names.

    Args:
        environ: ``AZURE_CONTENT_SAFETY_ENDPOINT`` and ``AZURE_CONTENT_SAFETY_KEY``.
        connection_timeout: Seconds until a connection stands.
        read_timeout: Seconds that the service may be silent.

    Raises:
        InputError: The endpoint is no https address (http is taken for this machine only), or
            the key is empty.
    """
    from azure.ai.contentsafety import ContentSafetyClient  # noqa: PLC0415
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415

    endpoint = environ.get("AZURE_CONTENT_SAFETY_ENDPOINT", "").strip().rstrip("/")
    key = environ.get("AZURE_CONTENT_SAFETY_KEY", "").strip()
    parts = urlsplit(endpoint)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise InputError(
            f"AZURE_CONTENT_SAFETY_ENDPOINT = {endpoint!r} is no https address. It reads like "
            "https://NAME.cognitiveservices.azure.com/."
        )
    if not key:
        raise InputError("AZURE_CONTENT_SAFETY_KEY is empty. Set it, or use engine = 'embedded'.")
    return AzureSafety(
        ContentSafetyClient(
            endpoint,
            AzureKeyCredential(key),
            api_version=API_VERSION,
            retry_total=0,
            connection_timeout=connection_timeout,
            read_timeout=read_timeout,
        )
    )
