"""Listening back: whether a recogniser finds the words of the script in the sound, and when.

PocketSphinx brings its own model of American English, so this needs no network, but it hears
English only.  A forced alignment is cheap and finds another script's sound out; a transcription
costs a fifth of the sound's length and is for benchmarks and doubts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from personalization.errors import InputError
from personalization.providers.speech import MissingVoiceError
from personalization.voice.prosody import RATE, at_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from personalization.providers.speech import Speech, Word

    Samples = npt.NDArray[np.float64]

MOST_MEDIAN: Final = 0.05  # seconds; the right script lies at .01, and its worst word at .1 to .3
MOST_WORST: Final = 0.4
_LONGEST_WORD: Final = 1.6  # seconds: a wrong script is aligned by stretching its words
# Digital silence ruins the decoding of synthetic speech (word error rate .87 instead of .35).
_NOISE: Final = -25.0  # decibels below the speech
_FRAME: Final = 0.01  # seconds
_WORDS: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
_MARKS: Final = ("<", "[", "+")
_ONE_AT_A_TIME: Final = Lock()

# For words that the dictionary lacks, mostly names: near enough to be aligned.
_SOUNDS: Final = {
    "sch": "SH", "sh": "SH", "ch": "CH", "th": "TH", "ph": "F", "ck": "K", "qu": "K W", "ng": "NG",
    "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ai": "EY", "ay": "EY", "ie": "IY", "ei": "AY",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z", "'": "",
}  # fmt: skip
_SPELLING: Final = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))


@dataclass(frozen=True, slots=True)
class Alignment:
    """What forced alignment made of a sound and its script.

    Attributes:
        is_found: Whether every word of the script was found, in its order and at a likely length.
        begins: Seconds at which each word was found to begin; empty where it was not found.
        unknown: Words that the dictionary lacks, aligned by their spelling.
        median: Of the seconds between where words were found and where the engine puts them;
            None where the engine times no words, or not the same ones.
        worst: The largest of them.
    """

    is_found: bool
    begins: tuple[float, ...]
    unknown: tuple[str, ...]
    median: float | None
    worst: float | None

    @property
    def is_right(self) -> bool:
        """Tell whether the sound says the script, as far as can be heard."""
        if self.median is None or self.worst is None:
            return self.is_found
        return self.is_found and self.median <= MOST_MEDIAN and self.worst <= MOST_WORST


def is_installed() -> bool:
    """Tell whether the recogniser is there."""
    return find_spec("pocketsphinx") is not None


def align(speech: Speech, text: str) -> Alignment:
    """Look for the words of ``text`` in what was said, in their order.

    Args:
        speech: English; the words' times of its engine are compared with what is found.
        text: As it was to be said, numbers in words.

    Raises:
        InputError: The text holds no English word.
        MissingVoiceError: The recogniser is not installed.
    """
    words = _WORDS.findall(text.lower())
    if not words:
        raise InputError(f"The text {text[:60]!r} holds no English word to listen for.")
    pcm = _with_noise(at_rate(speech.samples(), speech.rate))
    with _ONE_AT_A_TIME:
        decoder = _decoder()
        unknown = tuple(word for word in dict.fromkeys(words) if _is_unknown(decoder, word))
        decoder.set_align_text(" ".join(words))
        found = _segments(decoder, pcm)
    said = [segment for segment in found if not segment[0].startswith(_MARKS)]
    is_found = len(said) == len(words) and all(
        (last - first) * _FRAME <= _LONGEST_WORD for _, first, last in said
    )
    if not is_found:
        return Alignment(is_found=False, begins=(), unknown=unknown, median=None, worst=None)
    begins = tuple(first * _FRAME for _, first, _ in said)
    apart = _apart(begins, speech.words)
    if speech.words and not apart.size:  # the engine was given other words
        return Alignment(is_found=False, begins=(), unknown=unknown, median=None, worst=None)
    return Alignment(
        is_found=True, begins=begins, unknown=unknown,
        median=float(np.median(apart)) if apart.size else None,
        worst=float(apart.max()) if apart.size else None,
    )  # fmt: skip


def transcribe(speech: Speech) -> str:
    """Return what the recogniser hears, in small letters without signs; English only.

    Raises:
        MissingVoiceError: The recogniser is not installed.
    """
    pcm = _with_noise(at_rate(speech.samples(), speech.rate))
    with _ONE_AT_A_TIME:
        decoder = _decoder()
        decoder.activate_search()
        heard = [word for word, _, _ in _segments(decoder, pcm) if not word.startswith(_MARKS)]
    return " ".join(re.sub(r"\(\d+\)$", "", word) for word in heard)


def word_error_rate(said: str, heard: str) -> float:
    """Return the words to change, add or take out, as a share of those that were said.

    Example:
        >>> word_error_rate("We wrap it by hand.", "we rap it hand")
        0.4
    """
    wanted, got = _WORDS.findall(said.lower()), _WORDS.findall(heard.lower())
    row = list(range(len(got) + 1))
    for number, word in enumerate(wanted, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(got, start=1):
            best = min(row[place] + 1, row[place - 1] + 1, before + (word != other))
            before, row[place] = row[place], best
    return row[-1] / max(len(wanted), 1)


@cache
def _decoder() -> Any:  # noqa: ANN401 - an object of the library
    try:
        from pocketsphinx import Decoder  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise MissingVoiceError(
            "The recogniser that listens back is not installed. "
            "Install it with: pip install 'personalization[voice]'"
        ) from error
    return Decoder(samprate=RATE, loglevel="FATAL")


def _segments(decoder: Any, pcm: bytes) -> list[tuple[str, int, int]]:  # noqa: ANN401
    decoder.reinit_feat()  # what was heard before must not colour what is heard now
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return []
    return [(part.word, part.start_frame, part.end_frame) for part in decoder.seg()]


def _is_unknown(decoder: Any, word: str) -> bool:  # noqa: ANN401
    """Tell whether the dictionary lacks a word, and add it by its spelling if so."""
    if decoder.lookup_word(word) is not None:
        return False
    sounds = " ".join(filter(None, (_SOUNDS[part] for part in _SPELLING.findall(word))))
    decoder.add_word(word, sounds, update=True)
    return True


def _with_noise(samples: Samples) -> bytes:
    """Return 16-bit samples with a noise floor, the same for the same sound."""
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (_NOISE / 20)
    noise = np.random.default_rng(0).standard_normal(samples.size) * level
    return bytes((np.clip(samples + noise, -1, 1) * 32_767).astype("<i2").tobytes())


def _apart(begins: Sequence[float], words: Sequence[Word]) -> Samples:
    """Return the seconds between both times of each word; empty where the words differ."""
    timed = [word.begins for word in words for _ in _WORDS.findall(word.text.lower())]
    if len(timed) != len(begins):
        return np.empty(0)
    # Of words that the engine takes for one ("thank-you") only the first has a time of its own.
    is_first = np.diff([-1.0, *timed]) > 0
    return np.asarray(np.abs(np.array(timed) - np.array(begins))[is_first])
