"""Groundedness detection of Azure AI Content Safety: a second opinion on a claim.

The SDK has no call for it, so it is asked through the SDK's own pipeline, one sentence at a time:
of long texts the service is known to judge only the beginning.  An answer counts only when it
says yes or no.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from personalization.providers.azure_options import AS_IT_SHIPS
from personalization.providers.azure_wire import (
    AS_USUAL,
    AzureError,
    Patience,
    ask,
    client_of,
    post,
)
from personalization.providers.protocols import Opinion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.ai.contentsafety import ContentSafetyClient

SERVICE: Final = "Azure groundedness detection"
API_VERSION: Final = "2024-09-15-preview"
MOST_TEXT: Final = 750
"""Characters of a claim: what the service judged as documented when it was last looked at."""

MOST_SOURCES: Final = 55_000
"""Characters of all sources of one call together."""


@dataclass(frozen=True, slots=True)
class AzureGroundedness:
    """Asks Azure whether a sentence is borne out by its sources.

    Attributes:
        client: Made without retries of its own.
        patience: How long an answer is waited for.
    """

    client: ContentSafetyClient
    patience: Patience = AS_USUAL
    name: str = SERVICE

    def check(self, claim: str, sources: Sequence[str]) -> Opinion:
        """Hold one sentence to the words of its sources.

        Raises:
            AzureError: Claim or sources are empty or longer than one call takes, the service
                cannot be reached, or it did not answer yes or no.
        """
        told = [source for source in sources if source.strip()]
        if not claim.strip() or not told:
            raise AzureError(f"{SERVICE} was asked about an empty text, or without sources.")
        if len(claim) > MOST_TEXT or sum(map(len, told)) > MOST_SOURCES:
            raise AzureError(
                f"{SERVICE} takes {MOST_TEXT} characters of a claim, {MOST_SOURCES:,} of sources."
            )
        until = self.patience.clock() + self.patience.deadline
        return ask(partial(self._call, claim, told), self.patience, until)

    def _call(self, claim: str, sources: list[str], own_id: str) -> Opinion:
        body = {
            "domain": "Generic",
            "task": "Summarization",
            "text": claim,
            "groundingSources": sources,
            "reasoning": False,
        }
        return read_opinion(
            *post(self.client, "/text:detectGroundedness", API_VERSION, body, own_id)
        )


def read_opinion(body: str, request_id: str) -> Opinion:
    """Return what an answer says.

    Raises:
        AzureError: It does not say yes or no, or says no and names ungrounded words all the same.
    """
    refused = AzureError(f"{SERVICE} did not say yes or no.", (request_id,))
    try:
        found = json.loads(body)
    except ValueError:
        raise refused from None
    detected = found.get("ungroundedDetected") if isinstance(found, dict) else None
    if not isinstance(detected, bool) or "error" in found:
        raise refused
    if not detected and found.get("ungroundedDetails"):
        raise refused
    if not detected:
        return Opinion(is_grounded=True, request_id=request_id)
    return Opinion(is_grounded=False, reason=f"{SERVICE} doubts it.", request_id=request_id)


def azure_groundedness(
    environ: Mapping[str, str], *, read_timeout: float = 15.0
) -> AzureGroundedness:
    """Return groundedness detection at the endpoint that the environment names.

    Raises:
        InputError: The endpoint is no https address, or the key is empty.
    """
    from azure.ai.contentsafety import ContentSafetyClient  # noqa: PLC0415

    return AzureGroundedness(
        client_of(
            ContentSafetyClient, environ, api_version=AS_IT_SHIPS.api_version,
            read_timeout=read_timeout,
        )
    )  # fmt: skip
