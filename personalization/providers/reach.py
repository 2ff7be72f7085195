"""Whether the providers that would serve can be reached right now, for ``personalize doctor``."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import PersonalizationError, ProviderError
from personalization.providers import registry
from personalization.providers.encoders import model_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.settings import Settings

READY: Final = "ready"
_SECONDS: Final = 5.0
_HARMLESS: Final = "A quiet afternoon in the garden."


def reach(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    *,
    azure: Mapping[str, Any] = registry.AS_IT_SHIPS,
) -> dict[str, str]:
    """Ask each provider for the least that it can do, and say ``ready`` or what is wrong.

    A hosted writer is asked for its list of models, hosted screening for one harmless sentence and
    whether the policy's blocklists exist, Prompt Shields for the same sentence; embedded ones are
    looked for on the disk.  Nothing of a customer or a campaign is sent.

    Args:
        settings: Say which providers serve.
        environ: Holds endpoints and keys.
        azure: The policy's table [azure].

    Returns:
        By role: writer, screening, inputs and embeddings.
    """
    return {
        "writer": _outcome(lambda: _writer(settings, environ)),
        "screening": _outcome(lambda: _screening(settings, environ, azure)),
        "inputs": _outcome(lambda: _inputs(environ, azure)),
        "embeddings": _outcome(lambda: str(model_folder().resolve(strict=True))),
    }


def _outcome(check: Callable[[], object]) -> str:
    try:
        check()
    except PersonalizationError as error:
        return str(error)
    except OSError as error:
        return f"Not found: {error}"
    return READY


def _writer(settings: Settings, environ: Mapping[str, str]) -> None:
    name = registry.writer_name(settings.generation, environ)
    if name == "composer":
        return
    from openai import APIStatusError, OpenAIError  # noqa: PLC0415

    from personalization.providers import metering, openai_loop  # noqa: PLC0415
    from personalization.providers.openai_client import address_of, client_of  # noqa: PLC0415

    metering.refuse_unpriced(settings.generation, settings.generation.hosted)
    address = address_of(name, settings.generation.hosted, environ)

    async def listed() -> set[str]:
        async with client_of(address, _SECONDS) as client, asyncio.timeout(_SECONDS):
            return {model.id for model in (await client.models.list()).data}

    try:
        models = openai_loop.run(listed())
    except APIStatusError as error:
        raise ProviderError(f"{name} answered with status {error.status_code}.") from error
    except (OpenAIError, ProviderError, TimeoutError, ValueError, TypeError) as error:
        raise ProviderError(f"{name} could not be reached: {type(error).__name__}.") from error
    if address.route == "openai" and models and address.model not in models:
        raise ProviderError(
            f"{name} answers, and has no model '{address.model}'. Set [generation] model to one "
            f"that it has, such as {', '.join(sorted(models)[:3])}."
        )


def _screening(settings: Settings, environ: Mapping[str, str], azure: Mapping[str, Any]) -> None:
    if registry.classifier_name(settings.safety, environ) == "embedded":
        return
    from personalization.providers.azure_options import read_options  # noqa: PLC0415
    from personalization.providers.azure_safety import missing_blocklists  # noqa: PLC0415

    if missing := missing_blocklists(environ, read_options(azure)):
        raise ProviderError(
            f"Azure AI Content Safety has no blocklist {', '.join(missing)}. Create it in the "
            "resource, or take its name out of [azure] blocklists of the policy."
        )
    registry.classifier(settings.safety, environ, azure=azure).analyze(_HARMLESS)


def _inputs(environ: Mapping[str, str], azure: Mapping[str, Any]) -> None:
    if shield := registry.shield(azure, environ):
        shield.find_attacks((_HARMLESS,))
