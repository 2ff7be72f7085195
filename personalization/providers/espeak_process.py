"""A worker of the embedded voice as a process: started, asked, and ended where it fails."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

_MOST_HEAD: Final = 4_000_000  # bytes
_MOST_SOUND: Final = 400_000_000  # bytes
_STARTING: Final = 20.0  # seconds
_HELLO: Final = ("version", "rate", "languages", "voices")


class GoneError(Exception):
    """A worker ended, hung or sent what is no frame; its text says which."""


@dataclass(slots=True)
class Worker:
    """One running worker, used by one thread at a time."""

    process: subprocess.Popen[bytes]
    hello: dict[str, Any]

    def answer(self, order: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send an order and read its frame.

        Raises:
            GoneError: It failed; it is to be ended.
        """
        pipe = self.process.stdin
        try:
            assert pipe is not None  # noqa: S101 - it was opened as a pipe
            pipe.write(json.dumps(order).encode() + b"\n")
            pipe.flush()
        except OSError as error:
            raise GoneError("it has ended") from error
        head, sound = _frame(self.process, seconds)
        if head.get("id") != order["id"]:
            raise GoneError("it answered another order")
        return head, sound

    def end(self) -> None:
        """End the process and close its pipes."""
        _end(self.process)


def started(program: Path, folder: Path, owner: object) -> Worker:
    """Start a worker; it is told nothing of this process's environment, and ends with its owner.

    Raises:
        GoneError: It did not start, or did not greet as it should.
    """
    command = [sys.executable, "-I", "-S", str(program), str(folder)]
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=kept, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise GoneError(f"it cannot be started ({error.strerror})") from error
    weakref.finalize(owner, _end, process)
    try:
        hello, _ = _frame(process, _STARTING)
        told = {name: hello[name] for name in _HELLO}
    except (GoneError, KeyError) as error:
        _end(process)
        raise GoneError("it could not be set up") from error
    return Worker(process, told)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker with its forks, which would keep its pipes open."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass(slots=True)
class _Watchdog:
    """Kills processes that take longer than they may; one thread for all, while any is watched.

    A thread of its own for each order would cost as much as the rest of asking for a name.
    """

    _ends: dict[int, tuple[float, subprocess.Popen[bytes]]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _wakes: float = math.inf  # when the thread looks again; not at all where there is none

    def watch(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Have a process killed after so many seconds."""
        ends = time.monotonic() + seconds
        with self._changed:
            self._ends[id(process)] = ends, process
            if math.isinf(self._wakes):
                threading.Thread(target=self._look, daemon=True, name="voice-watchdog").start()
            elif ends < self._wakes:
                self._changed.notify()
            self._wakes = min(self._wakes, ends)

    def leave(self, process: subprocess.Popen[bytes]) -> None:
        """Let a process live on."""
        with self._changed:
            self._ends.pop(id(process), None)

    def _look(self) -> None:
        with self._changed:
            while self._ends:
                now = time.monotonic()
                for ends, process in list(self._ends.values()):
                    if ends <= now:
                        _kill(process)
                        self._ends.pop(id(process))
                self._wakes = min((ends for ends, _ in self._ends.values()), default=now)
                self._changed.wait(max(0.0, self._wakes - now))
            self._wakes = math.inf


_WATCHDOG: Final = _Watchdog()


def _frame(process: subprocess.Popen[bytes], seconds: float) -> tuple[dict[str, Any], bytes]:
    """Read one frame; a process that takes longer is killed, which ends the reading."""
    _WATCHDOG.watch(process, seconds)
    try:
        return _read(process)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GoneError("what it sent cannot be read") from error
    finally:
        _WATCHDOG.leave(process)


def _read(process: subprocess.Popen[bytes]) -> tuple[dict[str, Any], bytes]:
    pipe = process.stdout
    assert pipe is not None  # noqa: S101 - it was opened as a pipe
    line = pipe.readline(_MOST_HEAD)
    if not line:
        raise GoneError("it ended or was silent for too long")
    head: dict[str, Any] = json.loads(line)
    n_bytes = head["bytes"]
    if type(n_bytes) is not int or not 0 <= n_bytes <= _MOST_SOUND or n_bytes % 2:
        raise ValueError(n_bytes)
    sound = pipe.read(n_bytes)
    if len(sound) != n_bytes:
        raise GoneError("it ended in the middle")
    return head, sound
