from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from personalization.providers.reach import READY, reach
from personalization.settings import Generation, Settings
from tests.providers.safety_stub import content_safety, levels

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTED = Settings(generation=Generation(writer="openai", model="m"))


class _Models(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    models: ClassVar[tuple[str, ...]] = ()

    def do_GET(self) -> None:
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "x"}
                  for name in self.models]  # fmt: skip
        body = json.dumps({"object": "list", "data": listed}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Models)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_without_a_key_everything_embedded_is_ready() -> None:
    assert set(reach(Settings(), {}).values()) == {READY}


def test_a_hosted_writer_that_answers_is_ready(address: str) -> None:
    found = reach(HOSTED, {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": address})

    assert found["writer"] == READY


def test_a_model_that_the_service_does_not_have_is_told(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": address}
    monkeypatch.setattr(_Models, "models", ("m", "n"))
    assert reach(HOSTED, environ)["writer"] == READY

    monkeypatch.setattr(_Models, "models", ("n", "o"))

    assert (
        "has no model 'm'. Set [generation] model to one that it has, such as n, o"
        in (reach(HOSTED, environ)["writer"])
    )


def test_a_budget_for_a_model_without_prices_is_told(address: str) -> None:
    settings = Settings(generation=Generation(writer="openai", model="m", daily_budget=5.0))

    found = reach(settings, {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": address})

    assert "the prices of 'm' are not known" in found["writer"]


def test_a_refused_key_is_told_with_its_status_and_without_the_key(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Models, "status", 401)

    found = reach(HOSTED, {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": address})

    assert found["writer"] == "openai answered with status 401."


def test_a_server_that_is_down_is_told_and_the_rest_still_looked_at() -> None:
    environ = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}

    found = reach(HOSTED, environ)

    assert found["writer"].startswith("openai could not be reached")
    assert found["embeddings"] == READY


def azure(url: str) -> dict[str, str]:
    return {"AZURE_CONTENT_SAFETY_ENDPOINT": url, "AZURE_CONTENT_SAFETY_KEY": "a-secret-key"}


def test_hosted_screening_that_answers_is_ready_with_its_blocklists() -> None:
    with content_safety(levels()) as service:
        service.blocklists = ("brand-banned",)
        found = reach(Settings(), azure(service.url), azure={"blocklists": []})

    assert found["screening"] == READY
    assert found["inputs"] == READY


def test_a_blocklist_that_does_not_exist_is_told_by_its_name() -> None:
    asked = {"blocklists": ["brand-banned", "competitors"]}

    with content_safety(levels()) as service:
        service.blocklists = ("brand-banned",)
        found = reach(Settings(), azure(service.url), azure=asked)

    assert "has no blocklist competitors" in found["screening"]


def test_prompt_shields_are_asked_for_where_the_policy_wants_them() -> None:
    answers = (levels(), '{"userPromptAnalysis": {}}')

    with content_safety(*answers) as service:
        found = reach(Settings(), azure(service.url), azure={"prompt_shields": True})

    assert found["screening"] == READY
    assert "did not say yes or no" in found["inputs"]
    assert "a-secret-key" not in str(found)


def test_prompt_shields_without_a_key_are_told() -> None:
    found = reach(Settings(), {}, azure={"prompt_shields": True})

    assert "AZURE_CONTENT_SAFETY_ENDPOINT" in found["inputs"]
