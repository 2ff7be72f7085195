"""A hosted writer that talks to a local server, and what a well-behaved model answers it."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from personalization.providers.openai_writer import OpenAIWriter
from personalization.settings import Generation
from tests.providers.openai_stub import Scripted, Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-very-secret"
ROUTES = ("openai", "azure v1", "azure classic")


def answer(subject: str = "A mug for long chapters", **changes: Any) -> str:  # noqa: ANN401
    """Return what a well-behaved model writes; S4 is free delivery, S5 its condition."""
    sentence = {"text": "x", "cites": []}
    body: dict[str, Any] = {
        "subject": sentence | {"text": subject, "cites": ["S1"]},
        "preheader": sentence | {"text": "Stoneware that waits while you read."},
        "paragraphs": [
            {"sentences": [sentence | {"text": "Hello {{first_name|there}},"}]},
            {
                "sentences": [
                    {"text": f"{subject}: tea stays warm in stoneware.", "cites": ["S1"]},
                    {"text": "It holds 350 ml.", "cites": ["S2"]},
                ]
            },
            {
                "sentences": [
                    {"text": "Delivery is free on orders over £40.", "cites": ["S4"]},
                    {"text": "This applies to UK mainland addresses.", "cites": ["S5"]},
                ]
            },
            {"sentences": [sentence | {"text": "Warm wishes,\nFern & Fig"}]},
        ],
        "call_to_action": sentence | {"text": "See the mug"},
    }
    return json.dumps(body | changes)


@contextmanager
def writing(
    *answers: Scripted,
    route: str = "openai",
    **settings: Any,  # noqa: ANN401
) -> Iterator[tuple[OpenAIWriter, Stub, list[float]]]:
    """Yield a writer that talks to a local server, the server, and how long it would have slept."""
    stub = Stub(*answers)
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    usual: dict[str, Any] = {"model": "a-model", "concurrency": 1, "retries": 2, "timeout": 30.0}
    kept = Generation(**usual | settings)
    made = OpenAIWriter.of(route.split(maxsplit=1)[0], kept, environ(route, stub.url))
    made.pause = pause
    try:
        yield made, stub, slept
    finally:
        stub.close()


def environ(route: str, url: str) -> dict[str, str]:
    """Return what the environment holds where a service is used on ``route``."""
    azure = {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": url}
    return {
        "openai": {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1"},
        "azure v1": azure,
        "azure classic": azure
        | {
            "AZURE_OPENAI_API_VERSION": "2024-10-21",
            "AZURE_OPENAI_DEPLOYMENT": "our-deployment",
        },
    }[route]


def material(message: dict[str, str]) -> Any:  # noqa: ANN401
    """Return what stands between the marks of a message to the model."""
    return json.loads("\n".join(message["content"].split("\n")[2:-1]))
