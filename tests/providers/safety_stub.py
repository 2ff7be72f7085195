"""A local server that speaks the wire of Azure AI Content Safety, and follows a script."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH: Final = "/contentsafety/text:analyze"
CATEGORIES: Final = ("Hate", "SelfHarm", "Sexual", "Violence")


@dataclass(frozen=True)
class Reply:
    """One scripted answer.

    Attributes:
        delay: Seconds of silence before it.
    """

    status: int = 200
    body: str | bytes = ""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay: float = 0.0


def levels(**severities: Any) -> str:  # noqa: ANN401
    """Return a proper answer: 0 for each category that is not named."""
    entries = [{"category": c, "severity": severities.get(c, 0)} for c in CATEGORIES]
    return json.dumps({"blocklistsMatch": [], "categoriesAnalysis": entries})


def failure(status: int, code: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"code": code, "message": "No.", "details": []}})
    return Reply(status, body, (("x-ms-error-code", code), *headers.items()))


@dataclass
class Service:
    """The running server.

    Attributes:
        url: Its address on this machine.
        script: Answers in their order; the last one goes on for ever.
        requests: Path, headers and body of each call.
    """

    url: str
    script: list[Reply]
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def answer(self) -> Reply:
        return self.script[min(len(self.requests), len(self.script)) - 1]


@contextmanager
def content_safety(*script: Reply | str) -> Iterator[Service]:
    """Serve the script on a free port of this machine."""
    replies = [Reply(body=reply) if isinstance(reply, str) else reply for reply in script]
    service = Service("", replies or [Reply(body=levels())])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.requests.append((self.path, dict(self.headers), json.loads(body)))
            reply = service.answer()
            time.sleep(reply.delay)
            content = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("apim-request-id", f"azure-{len(service.requests)}")
            for name, value in reply.headers:
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
