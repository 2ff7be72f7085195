"""Azure AI Content Safety: four categories of harm, read by name, or an error.

The service's answer counts only when it rates each of the four categories exactly once with a
level that it is able to give, or when it stopped at an entry of a blocklist.  Everything else (no
answer, half an answer, an answer that cannot be read) is an AzureError, and the screening that
asked cannot pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.azure_options import AS_IT_SHIPS, AzureOptions
from personalization.providers.azure_wire import (
    AS_USUAL,
    SERVICE,
    AzureError,
    Patience,
    ask,
    client_of,
    request_id_of,
)
from personalization.providers.chunks import chunk_spans
from personalization.providers.protocols import HarmAnalysis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.ai.contentsafety import ContentSafetyClient

NAMES: Final = {
    "Hate": "hate",
    "SelfHarm": "self_harm",
    "Sexual": "sexual",
    "Violence": "violence",
}
"""The service's names of the categories, and ours."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What the service said of one piece of a text.

    Attributes:
        levels: By our names of the categories; empty where a blocklist ended the analysis.
        hits: (name of the blocklist, the entry that matched).
        request_id: The service's own id of the call.
    """

    levels: Mapping[str, int]
    hits: tuple[tuple[str, str], ...]
    request_id: str


@dataclass(frozen=True, slots=True)
class AzureSafety:
    """Rates texts through the service's SDK.

    Attributes:
        client: Made without retries of its own: ours also cover what the SDK's leave out.
        options: What the policy asks for beside the categories.
        patience: How long an answer is waited for.
    """

    client: ContentSafetyClient
    options: AzureOptions = AS_IT_SHIPS
    patience: Patience = AS_USUAL
    name: str = "azure"

    @property
    def version(self) -> str:
        """Return the version of the service's interface, and of its scale where it is not four."""
        scale = "" if self.options.output == "four" else f"-{self.options.output}"
        return f"content-safety-{self.options.api_version}{scale}"

    @property
    def blocklists(self) -> tuple[str, ...]:
        """Return the names of the blocklists that every text is held against."""
        return self.options.blocklists

    def analyze(self, text: str) -> HarmAnalysis:
        """Rate one text; a long one in pieces that end with a sentence, the worst of which counts.

        Where a blocklist matched and the service stopped there, ``severities`` is empty.

        Raises:
            AzureError: The text is empty or none, the service cannot be reached, or its answer is
                not exactly four levels.
        """
        if not isinstance(text, str) or not text.strip():
            raise AzureError(f"{SERVICE} was asked about an empty text.")
        until = self.patience.clock() + self.patience.deadline
        ratings: list[Rating] = []
        for start, end in chunk_spans(text):
            piece = text[start:end]
            try:
                ratings.append(ask(partial(self._rate, piece), self.patience, until))
            except AzureError as error:
                before = tuple(rating.request_id for rating in ratings)
                raise AzureError(str(error), (*before, *error.request_ids)) from None
        return _worst_of(ratings)

    def _rate(self, piece: str, own_id: str) -> Rating:
        from azure.ai.contentsafety.models import AnalyzeTextOptions  # noqa: PLC0415

        asked = AnalyzeTextOptions(
            text=piece, categories=list(NAMES), output_type=self.options.output_type
        )
        if self.options.blocklists:
            asked.blocklist_names = list(self.options.blocklists)
            asked.halt_on_blocklist_hit = True
        headers: dict[str, str] = {}
        result = self.client.analyze_text(
            asked,
            headers={"x-ms-client-request-id": own_id},
            raw_response_hook=lambda response: headers.update(response.http_response.headers),
        )
        request_id = request_id_of(headers, own_id)
        hits = read_hits(result, self.options, request_id)
        return Rating(read_levels(result, self.options, hits, request_id), hits, request_id)


def _worst_of(ratings: list[Rating]) -> HarmAnalysis:
    names = NAMES.values() if all(rating.levels for rating in ratings) else ()
    return HarmAnalysis(
        severities=tuple((name, max(r.levels[name] for r in ratings)) for name in names),
        request_id=",".join(rating.request_id for rating in ratings),
        chunks=len(ratings),
        blocklist_hits=tuple(dict.fromkeys(hit for rating in ratings for hit in rating.hits)),
    )


def read_hits(result: Any, options: AzureOptions, request_id: str) -> tuple[tuple[str, str], ...]:  # noqa: ANN401
    """Return the entries of blocklists that matched.

    Raises:
        AzureError: The answer is an error in disguise, does not say which entry matched, or
            does not mention the blocklists that it was asked about.
    """
    if "error" in result:
        raise AzureError(f"{SERVICE} answered with an error in place of levels.", (request_id,))
    found = result.blocklists_match
    if found is None and options.blocklists:
        raise AzureError(
            f"{SERVICE} did not say whether the blocklists {', '.join(options.blocklists)} match.",
            (request_id,),
        )
    hits = tuple((match.blocklist_name, match.blocklist_item_text) for match in found or ())
    if not all(isinstance(word, str) and word for hit in hits for word in hit):
        raise AzureError(
            f"{SERVICE} did not say which entry of a blocklist matched.", (request_id,)
        )
    return hits


def read_levels(
    result: Any,  # noqa: ANN401
    options: AzureOptions,
    hits: tuple[tuple[str, str], ...],
    request_id: str,
) -> dict[str, int]:
    """Return the level of each category by our names; none where a blocklist ended the analysis.

    Raises:
        AzureError: There is not exactly one entry for each category, or a level is no whole
            number that the service is able to give.
    """
    found = result.categories_analysis or ()
    entries = [(str(getattr(e.category, "value", e.category)), e.severity) for e in found]
    if not entries and hits:
        return {}
    is_whole = sorted(name for name, _ in entries) == sorted(NAMES)
    if not is_whole or any(type(v) is not int or v not in options.levels for _, v in entries):
        raise AzureError(
            f"{SERVICE} answered with {_shown(entries)}, not with one of the levels "
            f"{', '.join(map(str, options.levels))} for each of {', '.join(NAMES)}.",
            (request_id,),
        )
    return {NAMES[name]: level for name, level in entries}


def _shown(entries: list[tuple[str, Any]]) -> str:
    """Say what was answered, in words that can hold nothing of the text or the key."""
    said = [
        f"{name if name in NAMES else 'an unknown category'} "
        f"{level if type(level) is int else type(level).__name__}"
        for name, level in entries
    ]
    return ", ".join(said[: 2 * len(NAMES)]) or "no category"


def azure_classifier(
    environ: Mapping[str, str],
    options: AzureOptions = AS_IT_SHIPS,
    *,
    connection_timeout: float = 5.0,
    read_timeout: float = 15.0,
) -> AzureSafety:
    """Return the classifier for the endpoint and key that the environment names.

    Args:
        environ: ``AZURE_CONTENT_SAFETY_ENDPOINT`` and ``AZURE_CONTENT_SAFETY_KEY``.
        options: What the policy asks for.
        connection_timeout: Seconds until a connection stands.
        read_timeout: Seconds that the service may be silent.

    Raises:
        InputError: The endpoint is no https address (http is taken for this machine only), or
            the key is empty.
    """
    from azure.ai.contentsafety import ContentSafetyClient  # noqa: PLC0415

    client = client_of(
        ContentSafetyClient, environ, api_version=options.api_version,
        connection_timeout=connection_timeout, read_timeout=read_timeout,
    )  # fmt: skip
    return AzureSafety(client, options)


def missing_blocklists(environ: Mapping[str, str], options: AzureOptions) -> tuple[str, ...]:
    """Return those blocklists of the policy that the resource does not have.

    Raises:
        AzureError: The service cannot be asked.
    """
    from azure.ai.contentsafety import BlocklistClient  # noqa: PLC0415
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415

    client = client_of(BlocklistClient, environ, api_version=options.api_version)
    patience = AS_USUAL

    def is_missing(name: str, _: str) -> bool:
        try:
            return client.get_text_blocklist(name).blocklist_name != name
        except ResourceNotFoundError:
            return True

    until = patience.clock() + patience.deadline
    return tuple(
        name for name in options.blocklists if ask(partial(is_missing, name), patience, until)
    )
