"""Which provider serves: chosen from the settings and from what the environment holds.

With ``auto`` a hosted service is taken when its credentials are there, and the embedded default
otherwise.  A service that was named and is not configured is an error: it is never replaced in
silence.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.providers.outreach_texts import SkeletonWriter
    from personalization.providers.product_texts import TextWriter
    from personalization.providers.protocols import (
        Encoder,
        GroundednessChecker,
        HarmClassifier,
        Shield,
        Writer,
    )
    from personalization.providers.speech import SpeechEngine
    from personalization.settings import Generation, Safety, Settings, Voice

_OPENAI: Final = ("OPENAI_API_KEY",)
_AZURE: Final = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")
_AZURE_TOKEN: Final = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_AD_TOKEN")
_AZURE_SPEECH: Final = ("AZURE_SPEECH_ENDPOINT", "AZURE_SPEECH_KEY")
_SAFETY: Final = ("AZURE_CONTENT_SAFETY_ENDPOINT", "AZURE_CONTENT_SAFETY_KEY")
AS_IT_SHIPS: Final[Mapping[str, Any]] = MappingProxyType({})
"""The table [azure] of a policy that says nothing of it."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One line of ``personalize doctor``.

    Attributes:
        role: What it is for: writer, screening, embeddings.
        chosen: Which provider serves now.
        is_embedded: Whether that is the default that needs no key.
        detail: Why, and what is missing for the hosted one; never a secret.
    """

    role: str
    chosen: str
    is_embedded: bool
    detail: str


def _is_configured(names: tuple[str, ...], environ: Mapping[str, str]) -> bool:
    return all(environ.get(name, "").strip() for name in names)


def _missing(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return ", ".join(name for name in names if not environ.get(name, "").strip())


def _needed(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a hosted writer needs; on Azure a token of Entra does as well as a key."""
    if name == "openai":
        return _OPENAI
    return _AZURE_TOKEN if _is_configured(_AZURE_TOKEN, environ) else _AZURE


def writer_name(settings: Generation, environ: Mapping[str, str] = os.environ) -> str:
    """Return composer, openai or azure: what ``settings.writer`` comes to here.

    Raises:
        InputError: The setting is unknown, or names a service without credentials.
    """
    match settings.writer:
        case "composer":
            return "composer"
        case "auto":
            for name in ("azure", "openai"):
                needed = _needed(name, environ)
                if settings.model and _is_configured(needed, environ):
                    return name
            return "composer"
        case "openai" | "azure" as name:
            if missing := _missing(_needed(name, environ), environ):
                raise InputError(
                    f"[generation] writer = {name!r} needs {missing} in the environment."
                )
            if not settings.model:
                raise InputError(
                    f"[generation] writer = {name!r} needs a model: set [generation] model."
                )
            return name
        case unknown:
            raise InputError(
                f"[generation] writer = {unknown!r} is unknown. "
                "Use auto, composer, openai or azure."
            )


def writer(settings: Generation, environ: Mapping[str, str] = os.environ) -> Writer:
    """Return the writer that serves under these settings."""
    from personalization.providers.composer import Composer  # noqa: PLC0415

    name = writer_name(settings, environ)
    if name == "composer":
        return Composer()
    from personalization.providers.openai_writer import OpenAIWriter  # noqa: PLC0415

    return OpenAIWriter.of(name, settings, environ)


def text_writer(settings: Generation, environ: Mapping[str, str] = os.environ) -> TextWriter:
    """Return the writer of product texts that serves under these settings."""
    from personalization.providers.product_composing import ProductComposer  # noqa: PLC0415

    name = writer_name(settings, environ)
    if name == "composer":
        return ProductComposer()
    from personalization.providers.openai_texts import OpenAITextWriter  # noqa: PLC0415

    return OpenAITextWriter.of(name, settings, environ)


def skeleton_writer(
    settings: Generation, environ: Mapping[str, str] = os.environ
) -> SkeletonWriter:  # fmt: skip
    """Return the writer of messages to prospects that serves under these settings."""
    from personalization.providers.outreach_composing import SkeletonComposer  # noqa: PLC0415

    name = writer_name(settings, environ)
    if name == "composer":
        return SkeletonComposer()
    from personalization.providers.openai_outreach import OpenAISkeletonWriter  # noqa: PLC0415

    return OpenAISkeletonWriter.of(name, settings, environ)


def second_opinion(
    settings: Generation, environ: Mapping[str, str] = os.environ
) -> GroundednessChecker | None:
    """Return who is asked about claims that the rules let pass; None where nobody is.

    Raises:
        InputError: The setting is unknown, or names a service that is not configured.
    """
    match settings.second_opinion:
        case "none":
            return None
        case "azure":
            if missing := _missing(_SAFETY, environ):
                raise InputError(
                    f"[generation] second_opinion = 'azure' needs {missing} in the environment."
                )
            from personalization.providers.azure_groundedness import (  # noqa: PLC0415
                azure_groundedness,
            )

            return azure_groundedness(environ)
        case "judge":
            from personalization.providers.openai_judge import hosted_judge  # noqa: PLC0415

            return hosted_judge(_judge_service(settings, environ), settings, environ)
        case unknown:
            raise InputError(
                f"[generation] second_opinion = {unknown!r} is unknown. Use none, azure or judge."
            )


def _judge_service(settings: Generation, environ: Mapping[str, str]) -> str:
    """Return where the judge's model is: the writer's service, or the one that is configured."""
    named = replace(settings, writer="auto") if settings.writer == "composer" else settings
    name = writer_name(named, environ)
    if name == "composer":
        raise InputError(
            "[generation] second_opinion = 'judge' needs a model: set [generation] model, and "
            f"{', '.join(_OPENAI)} or {', '.join(_AZURE)} in the environment."
        )
    return name


def classifier_name(settings: Safety, environ: Mapping[str, str] = os.environ) -> str:
    """Return embedded or azure: what ``settings.engine`` comes to here.

    Raises:
        InputError: The setting is unknown, or names Azure without credentials.
    """
    if settings.engine not in {"auto", "embedded", "azure"}:
        raise InputError(
            f"[safety] engine = {settings.engine!r} is unknown. Use auto, embedded or azure."
        )
    missing = _missing(_SAFETY, environ)
    if settings.engine == "azure" and missing:
        raise InputError(f"[safety] engine = 'azure' needs {missing} in the environment.")
    return "embedded" if settings.engine == "embedded" or missing else "azure"


def classifier(
    settings: Safety,
    environ: Mapping[str, str] = os.environ,
    *,
    azure: Mapping[str, Any] = AS_IT_SHIPS,
) -> HarmClassifier:
    """Return the engine that rates texts by category of harm under these settings.

    Args:
        settings: Name the engine.
        environ: Holds endpoint and key.
        azure: The policy's table [azure]: scale, blocklists and version.
    """
    if classifier_name(settings, environ) == "embedded":
        return _embedded_classifier()
    from personalization.providers.azure_options import read_options  # noqa: PLC0415
    from personalization.providers.azure_safety import azure_classifier  # noqa: PLC0415

    return azure_classifier(environ, read_options(azure))


def engine_version(engine: str) -> str:
    """Return the version of the embedded engine, without its model being loaded.

    That of Azure AI Content Safety is empty: the policy's own table [azure] says it.
    """
    return "" if engine == "azure" else _embedded_classifier().version


def shield(
    azure: Mapping[str, Any] = AS_IT_SHIPS, environ: Mapping[str, str] = os.environ
) -> Shield | None:
    """Return Prompt Shields where the policy's table [azure] asks for them, and None elsewhere.

    The local rules for customer fields, passages and briefs hold in either case.

    Raises:
        InputError: They are asked for, and endpoint or key are missing.
    """
    from personalization.providers.azure_options import read_options  # noqa: PLC0415

    options = read_options(azure)
    if not options.prompt_shields:
        return None
    if missing := _missing(_SAFETY, environ):
        raise InputError(
            f"[azure] prompt_shields = true of the policy needs {missing} in the environment."
        )
    from personalization.providers.azure_shields import azure_shields  # noqa: PLC0415

    return azure_shields(environ, options)


@lru_cache(maxsize=1)
def _embedded_classifier() -> HarmClassifier:
    from personalization.providers.local_screener import LocalScreener  # noqa: PLC0415

    return LocalScreener(encoder())


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """Return the sentence encoder of this process; its weights load with the first text."""
    from personalization.providers.encoders import minilm  # noqa: PLC0415

    return minilm()


def encoder_at_hand() -> Encoder | None:
    """Return the sentence encoder if it is in memory; else None, and it begins to load.

    For a page that would rather search by words at once than wait for seconds.  One that cannot be
    loaded is returned too, so that whoever uses it is told why.
    """
    from personalization.providers.encoders import minilm  # noqa: PLC0415

    found = minilm()
    if found.is_loaded or found.has_failed:
        return found
    found.warm_up()
    return None


def speech_name(settings: Voice, environ: Mapping[str, str] = os.environ) -> str:
    """Return espeak, openai or azure: what ``settings.engine`` comes to here.

    ``auto`` is the embedded voice always: a hosted one costs money and sounds like somebody else.

    Raises:
        InputError: The setting is unknown, or names a service that is not configured.
    """
    if settings.engine in {"auto", "espeak"}:
        return "espeak"
    needed = {"openai": _OPENAI, "azure": _AZURE_SPEECH}.get(settings.engine)
    if needed is None:
        raise InputError(
            f"[voice] engine = {settings.engine!r} is unknown. Use auto, espeak, openai or azure."
        )
    if missing := _missing(needed, environ):
        raise InputError(
            f"[voice] engine = {settings.engine!r} needs {missing} in the environment."
        )
    return settings.engine


def speech_engine(settings: Voice, environ: Mapping[str, str] = os.environ) -> SpeechEngine:
    """Return the engine that speaks under these settings; the embedded one is shared."""
    match speech_name(settings, environ):
        case "openai":
            from personalization.providers.openai_speech import openai_speech  # noqa: PLC0415

            return openai_speech(settings, environ)
        case "azure":
            from personalization.providers.azure_speech import azure_speech  # noqa: PLC0415

            return azure_speech(settings, environ)
        case _:
            return _embedded_speech(settings.workers, settings.timeout)


@lru_cache(maxsize=4)
def _embedded_speech(workers: int, seconds: float) -> SpeechEngine:
    from personalization.providers.espeak import Espeak  # noqa: PLC0415

    return Espeak(workers=workers, seconds=seconds)


def provider_states(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    *,
    azure: Mapping[str, Any] = AS_IT_SHIPS,
) -> tuple[ProviderState, ...]:
    """Tell for each role which provider serves, and why; nothing is called over the network."""
    writes = writer_name(settings.generation, environ)
    screens = classifier_name(settings.safety, environ)
    composes, embedded = writes == "composer", screens == "embedded"
    writer_detail = _COMPOSER if composes else _hosted_detail(settings.generation)
    return (
        ProviderState("writer", writes, composes, writer_detail),
        ProviderState("screening", screens, embedded, _EMBEDDED if embedded else _HOSTED),
        _inputs_state(azure),
        _voice_state(settings.voice, environ),
        ProviderState("embeddings", "MiniLM", is_embedded=True, detail=_MINILM),
        ProviderState("engine", "DuckDB", is_embedded=True, detail=_DUCKDB),
    )


def _hosted_detail(settings: Generation) -> str:
    """Say which model writes, what it costs, and what it may spend."""
    model = settings.hosted
    if not model.is_priced:
        price = f'No prices: write them in [generation.models."{model.name}"] to see costs.'
    else:
        price = (
            f"{model.prompt_price:g} {model.currency} for a million tokens of a prompt and "
            f"{model.completion_price:g} of an answer, as of {model.prices_on}."
        )
    money = {"campaign": settings.campaign_budget, "day": settings.daily_budget}
    tokens = {"campaign": settings.campaign_tokens, "day": settings.daily_tokens}
    limits = [f"{most:g} {model.currency} a {per}" for per, most in money.items() if most]
    limits += [f"{most:,} tokens a {per}" for per, most in tokens.items()]
    return f"Model {model.name}. {price} Limits: {', '.join(limits)}."


def _voice_state(settings: Voice, environ: Mapping[str, str]) -> ProviderState:
    from personalization.providers.espeak import INSTALL, is_installed  # noqa: PLC0415

    name = speech_name(settings, environ)
    if name != "espeak":
        detail = f"Model {settings.model}, voice {settings.voice}." if settings.model else ""
        return ProviderState("voice", name, is_embedded=False, detail=detail or settings.voice)
    detail = _ESPEAK if is_installed() else f"Not installed. Install it with: {INSTALL}"
    return ProviderState("voice", name, is_embedded=True, detail=detail)


def _inputs_state(azure: Mapping[str, Any]) -> ProviderState:
    if azure.get("prompt_shields"):
        return ProviderState("inputs", "Prompt Shields", is_embedded=False, detail=_SHIELDS)
    return ProviderState("inputs", "rules", is_embedded=True, detail=_RULES)


_SHIELDS: Final = "Customer fields, passages and briefs, beside the local rules."
_RULES: Final = (
    "Local rules for customer fields, passages and briefs. For Prompt Shields set [azure] "
    "prompt_shields = true in the policy."
)
_ESPEAK: Final = "espeak-ng, in a program of its own, the same bytes every time."
_COMPOSER: Final = (
    "Composes from approved statements, on this machine. For a hosted model set "
    f"[generation] model, and {', '.join(_OPENAI)} or {', '.join(_AZURE)}."
)
_EMBEDDED: Final = (
    f"Rules and an embedded classifier. For Azure AI Content Safety set {', '.join(_SAFETY)}."
)
_HOSTED: Final = "Azure AI Content Safety, beside the local rules."
_MINILM: Final = "all-MiniLM-L6-v2, on this machine."
_DUCKDB: Final = "State and customers in one file."
