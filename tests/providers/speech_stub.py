"""Local servers that speak the wires of hosted voices, answer by scripted answer."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.http11 import Response

SOUND = b"\x01\x02" * 2_400


@dataclass(frozen=True)
class Answer:
    """One scripted answer over HTTP.

    Attributes:
        drip: Seconds between two bytes of the body; 0 sends it at once.
        is_cut: Whether the connection is closed in the middle of the body.
    """

    status: int = 200
    body: bytes = SOUND
    headers: tuple[tuple[str, str], ...] = ()
    drip: float = 0.0
    is_cut: bool = False


@dataclass
class Voice:
    """A running server over HTTP: its address, its answers, and what it was asked."""

    url: str
    answers: list[Answer]
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def over_http(*answers: Answer) -> Iterator[Voice]:
    """Run a server that gives the answers in their order; the last one stays."""
    voice = Voice("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            voice.seen.append((self.path, headers, sent))
            with suppress(BrokenPipeError, ConnectionResetError):
                self._give(voice.next())

        def _give(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if answer.drip:
                for place in range(len(answer.body)):
                    self.wfile.write(answer.body[place : place + 1])
                    time.sleep(answer.drip)
            self.wfile.write(answer.body[: len(answer.body) // 2 if answer.is_cut else None])

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    voice.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield voice
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Live:
    """A running server over WebSocket: its address, what it was sent, and each one's headers."""

    url: str
    orders: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def over_websocket(
    *turns: Callable[[ServerConnection, str], None], refuse: tuple[int, ...] = ()
) -> Iterator[Live]:
    """Run a server that takes two orders on each connection, and then a turn; the last one stays.

    Args:
        turns: Each is given the line and the text that is to be said.
        refuse: Statuses with which the first connections are refused.
    """
    live, left, statuses = Live(""), list(turns), list(refuse)

    def greet(line: ServerConnection, request: Any) -> Response | None:  # noqa: ANN401
        live.headers.append({name.lower(): value for name, value in request.headers.raw_items()})
        live.paths.append(request.path)
        return line.respond(statuses.pop(0), "No.") if statuses else None

    def handle(line: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            orders = [json.loads(line.recv()), json.loads(line.recv())]
            live.orders += orders
            text = orders[1]["response"]["input"][0]["content"][0]["text"]
            turn = left.pop(0) if len(left) > 1 else left[0]
            turn(line, text)

    server: Server = serve(handle, "127.0.0.1", 0, process_request=greet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    live.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
    try:
        yield live
    finally:
        server.shutdown()


def event(line: ServerConnection, kind: str, **more: Any) -> None:  # noqa: ANN401
    line.send(json.dumps({"type": kind, "event_id": "e1", **more}))


def says(transcript: str | None = None, *, status: str = "completed", **details: Any) -> Any:  # noqa: ANN401
    """Return a turn that speaks: the text that was asked for, or something else."""

    def turn(line: ServerConnection, text: str) -> None:
        event(line, "session.created")
        for part in (SOUND[:2_000], SOUND[2_000:]):
            event(line, "response.output_audio.delta", delta=base64.b64encode(part).decode())
        said = text if transcript is None else transcript
        event(line, "response.output_audio_transcript.done", transcript=said)
        event(line, "response.done", response={"status": status, "status_details": details})

    return turn
