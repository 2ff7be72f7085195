"""A local server that speaks the chat-completions protocol, answer by scripted answer."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Scripted:
    """One answer: what it says and how.

    Attributes:
        delay: Seconds before it begins.
        cut: Whether the connection is closed in the middle of the body.
        drip: Whether it comes byte by byte and never ends.
        times: How often the body is sent after itself.
        together: It is held back until so many requests are under way at the same time.
    """

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    drip: bool = False
    times: int = 1
    together: int = 0


@dataclass
class Seen:
    """One request as the server saw it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Stub:
    """Answers with the scripted answers in their order; the last one stays.

    Attributes:
        seen: The requests in their order.
        most_at_once: How many were under way at the same time, at the most.
        begun: Set once a request has come in.
        gone: Set once the client has broken a connection off.
    """

    def __init__(self, *answers: Scripted) -> None:
        self.answers = list(answers)
        self.seen: list[Seen] = []
        self.most_at_once = self._at_once = 0
        self.begun, self.gone = threading.Event(), threading.Event()
        self._lock = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self) -> Scripted:
        with self._lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(length) or b"{}")
                headers = {k.lower(): v for k, v in self.headers.items()}
                with stub._lock:
                    stub.seen.append(Seen(self.path, headers, body))
                    stub._at_once += 1
                    stub.most_at_once = max(stub.most_at_once, stub._at_once)
                    stub._lock.notify_all()
                answer = stub._next()
                stub.begun.set()
                time.sleep(answer.delay)
                with stub._lock:
                    stub._lock.wait_for(lambda: stub.most_at_once >= answer.together, timeout=30)
                    stub._at_once -= 1
                try:
                    self._answer(answer)
                except (BrokenPipeError, ConnectionResetError):
                    stub.gone.set()

            def _answer(self, answer: Scripted) -> None:
                data = answer.body.encode()
                self.send_response(answer.status)
                for name, value in ({"content-type": "application/json"} | answer.headers).items():
                    self.send_header(name, value)
                length = len(data) * answer.times + (100 if answer.cut or answer.drip else 0)
                self.send_header("content-length", str(length))
                self.end_headers()
                for _ in range(answer.times):
                    self.wfile.write(data)
                while answer.drip:
                    self.wfile.write(b" ")
                    time.sleep(0.02)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        return Handler


USAGE: dict[str, Any] = {
    "prompt_tokens": 1200, "completion_tokens": 180, "total_tokens": 1380,
    "prompt_tokens_details": {"cached_tokens": 1024},
}  # fmt: skip


def completion(
    content: str | None,
    *,
    finish: str = "stop",
    refusal: str | None = None,
    usage: object = USAGE,
    **more: Any,  # noqa: ANN401
) -> Scripted:
    """Return the answer that a service gives when the model wrote ``content``."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "test-model-2026",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
    return Scripted(body=json.dumps(body), headers={"x-request-id": "req-7"}, **more)


def error(status: int, code: str = "", headers: dict[str, str] | None = None) -> Scripted:
    """Return an error of the service."""
    told = "Incorrect API key provided: sk-very-secret."  # as a careless service does
    body = {"error": {"message": told, "type": "error", "code": code or None}}
    return Scripted(status, json.dumps(body), headers or {})
