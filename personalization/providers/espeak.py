"""The embedded voice: espeak-ng in worker processes, which come back if they end.

Any number of threads may ask; as many are served at a time as there are workers.  A worker that
crashes, hangs or sends what is no frame is ended, and its order is a ProviderError.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, ProviderError
from personalization.providers.espeak_process import GoneError, Worker, started
from personalization.providers.speech import MissingVoiceError, Speech, Word, words_of
from personalization.providers.ssml import for_espeak

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.providers.speech import Utterance
    from personalization.providers.ssml import Marked

PROGRAM: Final = Path(__file__).with_name("espeak_worker.py")
DEFAULT_VOICE: Final = "klatt4"
"""Of all voices the one that a recogniser understands best (word error rate .19, others .30 up)."""
INSTALL: Final = "pip install 'personalization[voice]'"
_LANGUAGES: Final = {
    "en": "en-us", "en-gb": "en", "en-ie": "en", "en-au": "en", "en-nz": "en", "en-in": "en",
    "en-za": "en", "en-ca": "en-us", "es-mx": "es-419", "es-ar": "es-419", "es-co": "es-419",
    "es-cl": "es-419", "es-us": "es-419", "hr": "hr", "fr-fr": "fr", "pt-pt": "pt",
    "zh": "cmn", "zh-cmn": "cmn", "zh-yue": "yue", "zh-hk": "yue", "zh-mo": "yue",
    "zh-hant-hk": "yue", "zh-hant-mo": "yue", "no": "nb", "nn": "nb", "iw": "he", "in": "id",
    "mo": "ro", "sh": "hr", "hbs": "hr", "hy-arevela": "hy", "hy-arevmda": "hyw",
}  # fmt: skip
"""What the engine calls a language that has other names, too; it lists some of these, but has no
voice of theirs."""
_VARIANT: Final = re.compile(r"[A-Za-z][\w -]{0,30}")
_WORD, _END = 1, 5


@dataclass(slots=True, weakref_slot=True)
class Espeak:
    """The embedded engine.

    Attributes:
        workers: Processes at most, each speaking one order at a time.
        seconds: That one utterance may take; a fork that takes longer is ended by its worker.
        grace: Seconds after which a worker that did not do so is ended itself.
        program: The worker's source.
        folder: Of the package ``espeakng_loader``; looked for where it is None.
    """

    workers: int = 2
    seconds: float = 30.0
    grace: float = 5.0
    program: Path = PROGRAM
    folder: Path | None = None
    _idle: list[Worker] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _room: threading.BoundedSemaphore = field(init=False, repr=False)
    _ids: Iterator[int] = field(default_factory=count, repr=False)
    _hello: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._room = threading.BoundedSemaphore(max(1, self.workers))

    @property
    def name(self) -> str:
        """Return espeak."""
        return "espeak"

    @property
    def version(self) -> str:
        """Return the library's version; starts a worker for it if none ever ran."""
        return str(self._known()["version"])

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages that it speaks, by the engine's own names."""
        return frozenset(self._known()["languages"])

    @property
    def voices(self) -> tuple[str, ...]:
        """Return the voices in which any language can be said."""
        return tuple(self._known()["voices"])

    def speaks(self, language: str) -> bool:
        """Tell whether there is a voice for a language, such as ``pl`` or ``en-GB``."""
        return _voice_name(language, self.languages) is not None

    def speak(self, utterance: Utterance) -> Speech:
        """Say it; the same utterance is the same bytes.

        Raises:
            InputError: There is no such voice or language.
            MissingVoiceError: espeak-ng is not installed.
            ProviderError: The worker broke off, hung or sent what cannot be read.
        """
        hello = self._known()
        marked = for_espeak(utterance, self._voice_of)
        head, sound = self._asked(self._order(utterance, marked, hello))
        if not head.get("ok"):
            raise ProviderError(_failed(str(head.get("error", ""))))
        if not sound:
            raise ProviderError(_failed("nothing was heard"))
        rate = int(hello["rate"])
        try:
            words = tuple(_timed(utterance.text, marked, head["events"], rate, len(sound) // 2))
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderError(_failed("what it sent cannot be read")) from error
        return Speech(sound, rate, words, f"espeak-ng {hello['version']}")

    def close(self) -> None:
        """End the workers that have nothing to do; the next order starts others."""
        with self._lock:
            idle, self._idle[:] = list(self._idle), []
        for worker in idle:
            worker.end()

    def _order(self, utterance: Utterance, marked: Marked, hello: dict[str, Any]) -> dict[str, Any]:
        variant, dials = utterance.voice or DEFAULT_VOICE, utterance.dials
        if not _VARIANT.fullmatch(variant) or variant not in hello["voices"]:
            raise InputError(f"espeak-ng has no voice {variant!r}. Use klatt4, f2 or m3.")
        return {
            "id": next(self._ids), "ssml": marked.ssml, "seconds": self.seconds,
            "voice": f"{self._voice_of(utterance.language)}+{variant}",
            "rate": round(dials.rate), "pitch": round(dials.pitch), "range": round(dials.range),
            "wordgap": dials.wordgap,
        }  # fmt: skip

    def _voice_of(self, language: str) -> str:
        if found := _voice_name(language, self.languages):
            return found
        raise InputError(
            f"espeak-ng speaks no {language!r}. Write the words as another language says them, or "
            "give the language another code, such as en, de, fr, es, it, nl, pl or cmn."
        )

    def _known(self) -> dict[str, Any]:
        """Return what the engine says of itself; the first to ask starts a worker."""
        if not self._hello:
            with self._room:
                try:
                    worker = self._taken()
                except GoneError as error:
                    raise ProviderError(_failed(str(error))) from error
                self._give_back(worker)
                self._hello.update(worker.hello)
        return self._hello

    def _asked(self, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Have an order answered; one that ended before or during it gets one other chance."""
        with self._room:
            reason = ""
            for _ in range(2):
                try:
                    return self._answered(order)
                except GoneError as error:
                    reason = str(error)
            raise ProviderError(_failed(reason))

    def _answered(self, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        worker = self._taken()
        try:
            answer = worker.answer(order, self.seconds + self.grace)
        except BaseException:
            worker.end()
            raise
        self._give_back(worker)
        return answer

    def _taken(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.end()
        return started(self.program, self.folder or _found(), self)

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._idle.append(worker)


def _found() -> Path:
    """Return where the library lies, without loading it.

    Raises:
        MissingVoiceError: It is not installed.
    """
    spec = find_spec("espeakng_loader")
    if spec is None or not spec.origin:
        raise MissingVoiceError(f"The embedded voice is not installed. Install it with: {INSTALL}")
    return Path(spec.origin).parent


def is_installed() -> bool:
    """Tell whether the embedded voice is there."""
    return find_spec("espeakng_loader") is not None


def _failed(reason: str) -> str:
    return (
        f"The embedded voice did not speak: {reason or 'no reason was given'}. Nothing was made "
        "of this text; try again, or choose another voice."
    )


def _voice_name(language: str, known: frozenset[str]) -> str | None:
    """Return the engine's name of a language, or of the language without its country and script.

    Example:
        >>> _voice_name("zh-CN", frozenset(("zh", "cmn"))), _voice_name("pt-BR", frozenset(("pt",)))
        ('cmn', 'pt')
    """
    subtags = language.lower().replace("_", "-").split("-")
    codes = ["-".join(subtags[:end]) for end in range(len(subtags), 0, -1)]
    if len(codes) > 1 and codes[-1] == "en":  # of an English country without its own: British
        codes[-1] = "en-gb"
    return next((name for code in codes if (name := _LANGUAGES.get(code, code)) in known), None)


def _timed(
    text: str, marked: Marked, events: list[list[int]], rate: int, n_samples: int
) -> Iterator[Word]:
    """Yield when each word is heard.

    The engine names function words in pairs, leaves some out and is a sign off at times: each
    event counts for the word it is nearest to, and what has none lies evenly in between.
    """
    spans = words_of(text)
    begins: list[int | None] = [None] * len(spans)
    for kind, position, _, sample in events:
        if kind == _WORD:
            place = marked.place_of(position - 1)
            nearest = _nearest(spans, place)
            if begins[nearest] is None:
                begins[nearest] = sample
    starts = _filled(begins, spans, n_samples)
    rests = [sample for kind, _, _, sample in events if kind == _END]
    for place, (start, end) in enumerate(spans):
        following = starts[place + 1] if place + 1 < len(spans) else n_samples
        stop = min((rest for rest in rests if starts[place] < rest <= following), default=following)
        yield Word(text[start:end], start, end, starts[place] / rate, stop / rate)


def _nearest(spans: tuple[tuple[int, int], ...], place: int) -> int:
    return min(
        range(len(spans)),
        key=lambda n: max(spans[n][0] - place, place - spans[n][1] + 1, 0),
    )


def _filled(begins: list[int | None], spans: tuple[tuple[int, int], ...], end: int) -> list[int]:
    """Put words without a time between their neighbours, by their letters; times never go back."""
    known = [(spans[n][0], begin) for n, begin in enumerate(begins) if begin is not None]
    points = [(-1, 0), *known, (spans[-1][1], end)]
    filled: list[int] = []
    for number, (start, _) in enumerate(spans):
        begin = begins[number]
        if begin is None:
            left = max(point for point in points if point[0] < start)
            right = min(point for point in points if point[0] > start)
            share = (start - left[0]) / (right[0] - left[0])
            begin = round(left[1] + share * (right[1] - left[1]))
        filled.append(min(max(begin, filled[-1] if filled else 0), end))
    return filled
