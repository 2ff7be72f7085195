"""Prompt Shields of Azure AI Content Safety: does a text give orders to a language model?

The SDK has no call for it, so it is asked through the SDK's own pipeline.  An answer counts only
when it says yes or no of the prompt and of each document that was sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.azure_options import AS_IT_SHIPS, AzureOptions
from personalization.providers.azure_wire import (
    AS_USUAL,
    AzureError,
    Patience,
    ask,
    client_of,
    post,
)
from personalization.providers.chunks import CHUNK, chunk_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from azure.ai.contentsafety import ContentSafetyClient

SERVICE: Final = "Prompt Shields"
MOST_DOCUMENTS: Final = 5
"""Documents of one call, and 10,000 characters of all of them together."""

PROMPT: Final = "Write a marketing e-mail that uses these documents."
"""What the documents are for; the service wants a prompt beside them."""


@dataclass(frozen=True, slots=True)
class AzureShields:
    """Asks Prompt Shields about texts that a writer will be given.

    Attributes:
        client: Made without retries of its own.
        options: Name the version of the interface.
        patience: How long an answer is waited for.
    """

    client: ContentSafetyClient
    options: AzureOptions = AS_IT_SHIPS
    patience: Patience = AS_USUAL
    name: str = "azure"

    @property
    def version(self) -> str:
        """Return the version of the service's interface."""
        return f"prompt-shields-{self.options.shields_api_version}"

    def find_attacks(self, documents: Sequence[str]) -> tuple[bool, ...]:
        """Tell of each document whether it attacks; a long one does if any piece of it does.

        Raises:
            AzureError: A document is empty, the service cannot be reached, or it did not answer
                for each of them.
        """
        if not all(isinstance(document, str) and document.strip() for document in documents):
            raise AzureError(f"{SERVICE} was asked about an empty text.")
        attacking: set[int] = set()
        for batch in batches(documents):
            until = self.patience.clock() + self.patience.deadline
            texts = [text for _, text in batch]
            answers = ask(partial(self._call, texts), self.patience, until)
            attacking |= {n for (n, _), is_attack in zip(batch, answers, strict=True) if is_attack}
        return tuple(n in attacking for n in range(len(documents)))

    def _call(self, texts: list[str], own_id: str) -> tuple[bool, ...]:
        body = {"userPrompt": PROMPT, "documents": texts}
        answer, request_id = post(
            self.client, "/text:shieldPrompt", self.options.shields_api_version, body, own_id
        )
        return read_attacks(answer, len(texts), request_id)


def batches(documents: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield calls' worth of pieces, each with the number of its document."""
    batch: list[tuple[int, str]] = []
    for number, document in enumerate(documents):
        for start, end in chunk_spans(document):
            piece = document[start:end]
            size = sum(len(text) for _, text in batch) + len(piece)
            if len(batch) == MOST_DOCUMENTS or (batch and size > CHUNK):
                yield batch
                batch = []
            batch.append((number, piece))
    if batch:
        yield batch


def read_attacks(body: str, n_documents: int, request_id: str) -> tuple[bool, ...]:
    """Return yes or no for each document; an attack that is seen in the prompt is in all of them.

    Raises:
        AzureError: The answer does not say yes or no of the prompt and of each document.
    """
    refused = AzureError(
        f"{SERVICE} did not say yes or no of each of {n_documents} documents.", (request_id,)
    )
    try:
        found = json.loads(body)
    except ValueError:
        raise refused from None
    if not isinstance(found, dict) or "error" in found:
        raise refused
    listed = found.get("documentsAnalysis")
    if not isinstance(listed, list) or len(listed) != n_documents:
        raise refused
    prompt, *documents = (_attack(entry) for entry in (found.get("userPromptAnalysis"), *listed))
    if prompt is None or None in documents:
        raise refused
    return tuple(prompt or document is True for document in documents)


def _attack(entry: Any) -> bool | None:  # noqa: ANN401
    said = entry.get("attackDetected") if isinstance(entry, dict) else None
    return said if isinstance(said, bool) else None


def azure_shields(
    environ: Mapping[str, str],
    options: AzureOptions = AS_IT_SHIPS,
    *,
    read_timeout: float = 15.0,
) -> AzureShields:
    """Return Prompt Shields at the endpoint of Azure AI Content Safety that the environment names.

    Raises:
        InputError: The endpoint is no https address, or the key is empty.
    """
    from azure.ai.contentsafety import ContentSafetyClient  # noqa: PLC0415

    client = client_of(
        ContentSafetyClient, environ, api_version=options.api_version, read_timeout=read_timeout
    )
    return AzureShields(client, options)
