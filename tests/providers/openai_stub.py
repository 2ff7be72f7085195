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
    """One answer: what it says and how."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass
class Seen:
    """One request as the server saw it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Stub:
    """Answers with the scripted answers in their order; the last one stays."""

    def __init__(self, *answers: Scripted) -> None:
        self.answers = list(answers)
        self.seen: list[Seen] = []
        self._lock = threading.Lock()
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
                answer = stub._next()
                time.sleep(answer.delay)
                data = answer.body.encode()
                try:
                    self.send_response(answer.status)
                    for name, value in (
                        {"content-type": "application/json"} | answer.headers
                    ).items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except BrokenPipeError:
                    pass

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        return Handler


def completion(
    content: str | None, *, finish: str = "stop", refusal: str | None = None
) -> Scripted:
    """Return the answer that a service gives when the model wrote ``content``."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "test-model-2026",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 180, "total_tokens": 1380},
    }
    return Scripted(body=json.dumps(body), headers={"x-request-id": "req-7"})


def error(status: int, code: str = "", headers: dict[str, str] | None = None) -> Scripted:
    """Return an error of the service."""
    body = {"error": {"message": "no", "type": "error", "code": code or None}}
    return Scripted(status, json.dumps(body), headers or {})
