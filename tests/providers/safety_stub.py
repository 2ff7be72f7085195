"""A local server that speaks the wire of Azure AI Content Safety, and follows a script.

Texts, Prompt Shields and blocklists have a path each; whatever is asked is kept.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH: Final = "/contentsafety/text:analyze"
SHIELDS: Final = "/contentsafety/text:shieldPrompt"
LISTS: Final = "/contentsafety/text/blocklists/"
CATEGORIES: Final = ("Hate", "SelfHarm", "Sexual", "Violence")


@dataclass(frozen=True)
class Reply:
    """One scripted answer.

    Attributes:
        delay: Seconds of silence before it.
        drip: Seconds between two bytes of the body; 0 sends it at once.
        is_hung_up: Whether the connection is closed in place of an answer.
    """

    status: int = 200
    body: str | bytes = ""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay: float = 0.0
    drip: float = 0.0
    is_hung_up: bool = False


def levels(**severities: Any) -> str:  # noqa: ANN401
    """Return a proper answer: 0 for each category that is not named."""
    entries = [{"category": c, "severity": severities.get(c, 0)} for c in CATEGORIES]
    return json.dumps({"blocklistsMatch": [], "categoriesAnalysis": entries})


def listed(*words: str, name: str = "brand-banned", entries: Any = ()) -> str:  # noqa: ANN401
    """Return the answer of a service that stopped at entries of a blocklist."""
    matches = [
        {"blocklistName": name, "blocklistItemId": str(number), "blocklistItemText": word}
        for number, word in enumerate(words)
    ]
    return json.dumps({"blocklistsMatch": matches, "categoriesAnalysis": list(entries)})


def attacks(*documents: Any, prompt: Any = False) -> str:  # noqa: ANN401
    """Return what Prompt Shields says of a prompt and of each document."""
    said = [{"attackDetected": document} for document in documents]
    return json.dumps({"userPromptAnalysis": {"attackDetected": prompt}, "documentsAnalysis": said})


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
        blocklists: Names of those that the resource has.
    """

    url: str
    script: list[Reply]
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    blocklists: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """Return the texts that were to be rated, in their order."""
        return [body["text"] for _, _, body in self.requests]

    def answer(self) -> Reply:
        return self.script[min(len(self.requests), len(self.script)) - 1]

    def blocklist(self, path: str) -> Reply:
        name = path.removeprefix(LISTS).partition("?")[0]
        if name not in self.blocklists:
            return failure(404, "ResourceNotFound")
        return Reply(body=json.dumps({"blocklistName": name, "description": ""}))


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
            self._send(service.answer())

        def do_GET(self) -> None:
            self._send(service.blocklist(self.path))

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            self.close_connection = True
            if not reply.is_hung_up:
                with suppress(ConnectionError):  # the client may have given up
                    self._write(reply)

        def _write(self, reply: Reply) -> None:
            content = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("apim-request-id", f"azure-{len(service.requests)}")
            for name, value in reply.headers:
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            for sign in content if reply.drip else ():
                self.wfile.write(bytes((sign,)))
                time.sleep(reply.drip)
            self.wfile.write(b"" if reply.drip else content)

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
