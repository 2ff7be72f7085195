"""What hosted voices share: asking over HTTP, trying again, holding what was said to the script.

Neither the key nor a text nor a service's own words ever stand in an error.
"""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.openai_client import certificates, is_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.providers.speech import Utterance

RATE: Final = 24_000
"""Samples a second of what hosted voices give."""

_CONNECT: Final = 5.0  # seconds
_MOST_BYTES: Final = 100_000_000  # half an hour of samples
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds between tries
_OK, _NOT_FOUND, _GONE = 200, 404, 410
_PASSING: Final = frozenset((408, 409, 425, 429, 500, 502, 503, 504))
_REFUSED: Final = frozenset((401, 403))
_OTHER_FILES: Final = (b"RIFF", b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3")
_PRINTABLE: Final = frozenset(b"\t\n\r" + bytes(range(32, 127)))
_HEARD: Final = 33  # of 32,768: -60 dBFS, below which nobody hears a word
_WORD: Final = re.compile(r"[^\W_]+")


class SpeechServiceError(ProviderError):
    """A hosted voice gave nothing that can be used.

    Attributes:
        is_passing: Whether another try may end otherwise.
        wait: Seconds that the service wants to be left alone; None where it does not say.
    """

    def __init__(
        self, message: str, *, is_passing: bool = False, wait: float | None = None
    ) -> None:
        super().__init__(message)
        self.is_passing = is_passing
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Tries:
    """How patiently a service is asked.

    Attributes:
        service: Its name, as an error says it.
        model: What is asked for, as an error says it.
        seconds: That one try may take.
        retries: Tries after the first.
        pause: Waits that many seconds.
    """

    service: str
    model: str
    seconds: float
    retries: int
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)

    def ask(self, once: Callable[[], bytes]) -> bytes:
        """Return what one of the tries returns.

        Raises:
            SpeechServiceError: None of them did, or what went wrong does not pass.
        """
        for attempt in range(self.retries + 1):
            try:
                return once()
            except SpeechServiceError as error:
                wait = error.wait or min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
                if not error.is_passing or attempt == self.retries or wait > _LONGEST_WAIT:
                    raise
            self.pause(wait)
        raise SpeechServiceError(f"{self.service} was not asked.")

    def post(self, url: str, headers: Mapping[str, str], **sent: Any) -> bytes:  # noqa: ANN401
        """Send one request, and return the body of its answer.

        Raises:
            SpeechServiceError: It took too long, was too large, or the answer was no success.
        """
        import httpx2  # noqa: PLC0415

        until = time.monotonic() + self.seconds
        limits = httpx2.Timeout(self.seconds, connect=min(_CONNECT, self.seconds))
        try:
            with (
                httpx2.Client(
                    timeout=limits, follow_redirects=False, verify=certificates(),
                    trust_env=not is_here(url),
                ) as client,
                client.stream("POST", url, headers=dict(headers), **sent) as response,
            ):  # fmt: skip
                if response.status_code != _OK:
                    raise self.refused(response.status_code, response.headers.get("retry-after"))
                return self._body(response, until)
        except httpx2.TimeoutException:
            raise self.late() from None
        except httpx2.HTTPError as error:
            raise SpeechServiceError(
                f"{self.service} could not be reached ({type(error).__name__}). Try again, or set "
                "[voice] engine = 'espeak'.",
                is_passing=True,
            ) from None

    def _body(self, response: Any, until: float) -> bytes:  # noqa: ANN401
        parts, n_bytes = list[bytes](), 0
        for part in response.iter_raw():
            parts.append(part)
            n_bytes += len(part)
            if n_bytes > _MOST_BYTES:
                raise SpeechServiceError(f"{self.service} sent more than could be speech.")
            if time.monotonic() > until:
                raise self.late()
        return b"".join(parts)

    def late(self) -> SpeechServiceError:
        """Return the error of a try that took too long."""
        return SpeechServiceError(
            f"{self.service} did not speak within {self.seconds:g} seconds. Try again, or raise "
            "[voice] timeout.",
            is_passing=True,
        )

    def refused(self, status: int, retry_after: str | None = None) -> SpeechServiceError:
        """Return the error of an answer that is no success."""
        if status in {_NOT_FOUND, _GONE}:
            return self.retired()
        if status in _REFUSED:
            return SpeechServiceError(
                f"{self.service} does not take the key that is in the environment (HTTP {status})."
            )
        wait = float(retry_after) if retry_after and retry_after.strip().isdecimal() else None
        return SpeechServiceError(
            f"{self.service} answered with HTTP {status} and did not speak.",
            is_passing=status in _PASSING, wait=wait,
        )  # fmt: skip

    def retired(self) -> SpeechServiceError:
        """Return the error of a model that is not offered."""
        return SpeechServiceError(
            f"{self.service} does not offer {self.model!r}, or no longer: speech models are "
            "retired. Set [voice] model and voice to what it offers now, or engine = 'espeak'."
        )


def held_to_script(transcript: str, utterance: Utterance, service: str) -> None:
    """Refuse what was said unless it is the script, word for word.

    Letters count, large or small, with or without their accents; signs do not.

    Raises:
        SpeechServiceError: Something was added, left out or said otherwise; another try may do.
    """
    if spoken_words_of(transcript) != spoken_words_of(utterance.text):
        raise SpeechServiceError(
            f"{service} said something else than the approved words, so it is not used. Try "
            "again, or set [voice] engine = 'espeak'.",
            is_passing=True,
        )


def spoken_words_of(text: str) -> list[str]:
    """Return the words of a text without accents, signs and large letters.

    Example:
        >>> spoken_words_of("Twenty-one cafés, s'il vous plaît!")
        ['twenty', 'one', 'cafes', 's', 'il', 'vous', 'plait']
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(sign for sign in apart if not unicodedata.combining(sign)))


def refuse_phonemes(utterance: Utterance, service: str) -> None:
    """Refuse phonemes of the embedded engine, which no hosted one reads.

    Raises:
        ProviderError: There are some; a respelling is the way out.
    """
    for slot in utterance.slots:
        if slot.phonemes:
            raise ProviderError(
                f"{utterance.text[slot.start : slot.end]!r} is written in the phonemes of "
                f"espeak-ng, which {service} does not read. Write a respelling of it."
            )


def refuse_odd(sound: bytes, service: str) -> bytes:
    """Return samples, or refuse what can be none.

    Raises:
        SpeechServiceError: There are none, or half of one; it is a text, a file of another kind,
            or silence.
    """
    if not sound or len(sound) % 2 or _is_no_sound(sound):
        raise SpeechServiceError(
            f"{service} sent no sound that can be read. Try again.", is_passing=True
        )
    return sound


def _is_no_sound(sound: bytes) -> bool:
    """Tell whether 16-bit samples are a page of text, a file of another format, or silence."""
    head = sound[:64]
    if head.startswith(_OTHER_FILES) or all(sign in _PRINTABLE for sign in head):
        return True
    samples = array("h", sound)
    if sys.byteorder == "big":
        samples.byteswap()
    return max(samples) < _HEARD and min(samples) > -_HEARD
