"""Whether the providers that would serve can be reached right now, for ``personalize doctor``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from personalization.errors import PersonalizationError
from personalization.providers import registry
from personalization.providers.encoders import model_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.settings import Settings

READY: Final = "ready"
_SECONDS: Final = 5.0


def reach(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Ask each provider for the least that it can do, and say ``ready`` or what is wrong.

    A hosted writer is asked for its list of models, hosted screening for one harmless sentence;
    embedded ones are looked for on the disk.  Nothing of a customer or a campaign is sent.

    Returns:
        By role: writer, screening and embeddings.
    """
    return {
        "writer": _outcome(lambda: _writer(settings, environ)),
        "screening": _outcome(lambda: _screening(settings, environ)),
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

    from personalization.errors import ProviderError  # noqa: PLC0415
    from personalization.providers.openai_wire import client_of  # noqa: PLC0415

    try:
        client_of(name, environ, _SECONDS).with_options(max_retries=0).models.list()
    except APIStatusError as error:
        raise ProviderError(f"{name} answered with status {error.status_code}.") from error
    except OpenAIError as error:
        raise ProviderError(f"{name} could not be reached: {type(error).__name__}.") from error


def _screening(settings: Settings, environ: Mapping[str, str]) -> None:
    if registry.classifier_name(settings.safety, environ) == "azure":
        registry.classifier(settings.safety, environ).analyze("A quiet afternoon in the garden.")
