"""A program of its own that speaks with espeak-ng: orders come in as JSON lines, sound goes out.

It is started as ``python -I espeak_worker.py FOLDER`` with the folder of the package
``espeakng_loader``, and nothing of the product imports it: the library is GPL-3 or later, keeps
its state in globals, and ends its process where a voice is unknown.  So it runs outside, with one
thread.  The library is set up once; each order is spoken by a fork, which makes it the first
utterance of its process, and thereby the same bytes every time.

Reading a voice takes longer than saying a name.  So there is a fork in between that reads one voice
and answers all orders for it; an order for another voice is handed back, and gets another such
fork, for the library never forgets a voice that it once had: what it says would depend on it.

Out come frames: a JSON line, and after it as many bytes of 16-bit samples as the line says.  The
first frame says what is there: version, sample rate, languages and voices.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

# From speak_lib.h of espeak-ng 1.52.
_SYNCHRONOUS: Final = 2  # without a thread, which a fork would lose
_DONT_EXIT: Final = 0x8000
_UTF8, _SSML, _PHONEMES, _END_PAUSE = 1, 0x10, 0x100, 0x1000
_RATE, _VOLUME, _PITCH, _RANGE, _WORDGAP = 1, 2, 3, 4, 7
_LIST_END, _WORD, _END = 0, 1, 5
_VOLUME_AS_IT_IS: Final = 100  # more clips
_MOST_BYTES: Final = 400_000_000
_SEED: Final = 1  # the library draws breath by lot, and would begin with the time of day


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", ctypes.c_char * 8),
    )  # fmt: skip


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p), ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p), ("gender", ctypes.c_ubyte), ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte), ("xx1", ctypes.c_ubyte), ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )  # fmt: skip


_CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Speaker:
    """The library as it was set up, and what it has said in this process.

    What it says is heard through a callback that stands before any fork, so that a fork has less
    to set up, and writes to fewer pages that it shares.
    """

    def __init__(self, library: Any, out: BinaryIO) -> None:  # noqa: ANN401 - it has no type
        self.library, self.out = library, out
        self.sound = bytearray()
        self.events: list[tuple[int, int, int, int]] = []
        self.callback = _CALLBACK(self.hear)
        library.espeak_SetSynthCallback(self.callback)

    def hear(self, samples: Any, n_samples: int, found: Any) -> int:  # noqa: ANN401 - pointers
        if samples and n_samples:
            self.sound.extend(ctypes.string_at(samples, n_samples * 2))
        place = 0
        while (kind := (event := found[place]).type) != _LIST_END:
            if kind in {_WORD, _END}:
                self.events.append((kind, event.text_position, event.length, event.sample))
            place += 1
        return int(len(self.sound) > _MOST_BYTES)  # anything but 0 ends it


def main(folder: Path) -> None:
    """Answer orders until the pipe they come through is closed, or a fork leaves half a frame."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints is no frame
    library = _load(folder)
    data = str(folder / "espeak-ng-data").encode()
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    if rate <= 0:
        _send(out, {"ok": False, "error": "espeak-ng could not be set up"})
        return
    _send(out, _hello(library, folder, rate))
    speaker = _Speaker(library, out)
    gc.disable()  # a collection in a fork would copy the pages that it looks at
    line = sys.stdin.buffer.readline()
    if line and not hasattr(os, "fork"):  # the client starts another process for the next one
        order = json.loads(line)
        if refused := _refused(library, order):
            _send(out, refused)
        else:
            _speak(speaker, order)
        return
    while line:
        line = _answered(speaker, line)


def _load(folder: Path) -> Any:  # noqa: ANN401 - a library has no type
    names = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
    library = ctypes.CDLL(str(folder / names.get(sys.platform, "libespeak-ng.so")))
    library.espeak_Info.restype = ctypes.c_char_p
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint,
        ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    return library


def _hello(library: Any, folder: Path, rate: int) -> dict[str, Any]:  # noqa: ANN401
    path = ctypes.c_char_p()
    variants = folder / "espeak-ng-data" / "voices" / "!v"
    return {
        "ok": True, "version": library.espeak_Info(ctypes.byref(path)).decode(), "rate": rate,
        "languages": sorted(_languages(library)),
        "voices": sorted(found.name for found in variants.iterdir()),
    }  # fmt: skip


def _languages(library: Any) -> set[str]:  # noqa: ANN401
    """Return the languages by which a voice can be asked for, each tried."""
    found, place = set[str](), 0
    voices = library.espeak_ListVoices(None)
    while voices[place]:
        languages = voices[place].contents.languages
        while languages and ctypes.string_at(languages, 1) != b"\0":  # a list ends in a zero
            entry = ctypes.string_at(languages + 1)
            found.add(entry.decode("utf-8", "replace"))
            languages += len(entry) + 2  # its priority before it, a zero after it
        place += 1
    return found


def _send(out: BinaryIO, head: dict[str, Any], sound: bytes | bytearray = b"") -> None:
    out.write(json.dumps(head | {"bytes": len(sound)}).encode() + b"\n")
    out.write(sound)
    out.flush()


def _answered(speaker: _Speaker, line: bytes) -> bytes:
    """Have a fork answer this order and the next ones for its voice; return the first that is not.

    Nothing is returned where no order is left, or where the fork broke off: what it may have begun
    to send is not to be gone on with, so the client has to start another process.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _answer_and_leave(speaker, line, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        following = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return b"" if status else following


def _answer_and_leave(speaker: _Speaker, line: bytes, writer: int) -> None:
    """Read a voice and answer the orders for it; hand back the first one for another voice."""
    code = 1
    try:
        order = json.loads(line)
        voice, refused = order["voice"], _refused(speaker.library, order)
        while line and order["voice"] == voice:
            if error := refused or _forked(speaker, order):
                _send(speaker.out, error | {"id": order["id"]})
            if line := sys.stdin.buffer.readline():
                order = json.loads(line)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(line)
        code = 0
    finally:
        os._exit(code)


def _refused(library: Any, order: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Read the voice of an order; return the frame that says that there is none, or nothing."""
    if not library.espeak_SetVoiceByName(order["voice"].encode()):
        return {}
    return {"ok": False, "id": order["id"], "error": f"no voice {order['voice']!r}"}


def _forked(speaker: _Speaker, order: dict[str, Any]) -> dict[str, Any]:
    """Have a fork speak and send what it said; return the frame of an error where it sent nothing.

    Raises:
        BrokenPipeError: It broke off while it sent.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.close(0)
        _speak_and_leave(speaker, order, writer)
    os.close(writer)
    is_late = not select.select([reader], [], [], float(order["seconds"]))[0]
    if is_late:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    has_begun = os.read(reader, 1)
    os.close(reader)
    if has_begun and status:
        raise BrokenPipeError
    if has_begun:
        return {}
    return {"ok": False, "error": "took too long" if is_late else f"broke off ({status})"}


def _speak_and_leave(speaker: _Speaker, order: dict[str, Any], writer: int) -> None:
    """Speak in the fork, and end it without running what the parent has to run."""
    code = 1
    try:
        _speak(speaker, order, writer)
        code = 0
    finally:
        os._exit(code)


def _speak(speaker: _Speaker, order: dict[str, Any], writer: int | None = None) -> None:
    """Speak one order in the voice that was read and send its frame, after a byte to ``writer``."""
    library = speaker.library
    for parameter, value in (
        (_RATE, order["rate"]), (_VOLUME, _VOLUME_AS_IT_IS), (_PITCH, order["pitch"]),
        (_RANGE, order["range"]), (_WORDGAP, order["wordgap"]),
    ):  # fmt: skip
        library.espeak_SetParameter(parameter, value, 0)
    library.espeak_ng_SetRandSeed(_SEED)
    text = order["ssml"].encode()
    flags = _UTF8 | _SSML | _PHONEMES | _END_PAUSE
    failed = library.espeak_Synth(text, len(text) + 1, 0, 1, 0, flags, None, None)
    if writer is not None:
        os.write(writer, b".")
    if failed:
        _send(speaker.out, {"ok": False, "id": order["id"], "error": f"status {failed}"})
    else:
        head = {"ok": True, "id": order["id"], "events": speaker.events}
        _send(speaker.out, head, speaker.sound)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
