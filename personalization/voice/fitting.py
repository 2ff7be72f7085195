"""Turning an engine's dials until what it says measures as the speaker does.

A closed loop: render a text, measure it as the reference was measured, turn each dial by what is
missing, and keep the best.  This happens once for a speaker; afterwards the dials are just used.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.providers.speech import Dials, Utterance
from personalization.voice import prosody
from personalization.voice.instructions import in_words
from personalization.voice.pausing import choose_pauses
from personalization.voice.profiles import MeasureError, Measures, SpeakerProfile
from personalization.voice.shaping import shape
from personalization.voice.style_error import mean_error, style_errors
from personalization.voice.turning import explained, hosted_turned, turned

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.providers.speech import Speech, SpeechEngine

EMBEDDED: Final = "espeak"
_LOW_VOICE, _HIGH_VOICE = "klatt4", "f2"
_LOW_BELOW: Final = 150.0  # Hertz
_MOST_TURNS: Final = 10
_MOST_HOSTED_TURNS: Final = 3  # each one is paid for: the first rendering and two corrections
_CLOSE: Final = 0.12  # of a tolerance: nearer than another rendering of the same words
_PATIENCE: Final = 4  # turns without anything better


@dataclass(frozen=True, slots=True)
class _Tried:
    """Dials, and what came of them."""

    dials: Dials
    measures: Measures
    errors: tuple[MeasureError, ...]

    @property
    def error(self) -> float:
        return mean_error(self.errors)


def fit_speaker(
    engine: SpeechEngine,
    wanted: Measures,
    *,
    language: str,
    voice: str = "",
    text: str = "",
    progress: Callable[[int, float], None] | None = None,
) -> SpeakerProfile:
    """Find the dials with which ``engine`` comes nearest to a speaker's figures.

    The embedded engine takes up to ten turns of about a third of a second; a hosted one three
    renderings at most, each of which is paid for.

    Args:
        engine: Its name decides which dials are turned.
        wanted: What the reference measures.
        language: Of the text, such as ``en-GB``.
        voice: Of the engine; empty chooses the embedded voice that lies nearer, or the hosted
            engine's own.
        text: To fit on; empty takes the calibration text of the language.
        progress: Told after each turn: how many, and the best mean error so far.

    Raises:
        InputError: There is no calibration text in the language, and none was given.
        ProviderError: The engine failed; nothing is fitted by halves.
    """
    is_embedded = engine.name == EMBEDDED
    bench = _Bench(
        engine,
        wanted,
        Utterance(
            text or calibration_text(language),
            language,
            voice or (nearest_voice(wanted) if is_embedded else ""),
        ),
        progress,
    )
    best, before = bench.fitted() if is_embedded else bench.corrected()
    return SpeakerProfile(
        measures=wanted, engine=bench.said_by, voice=bench.utterance.voice, dials=best.dials,
        errors=tuple(explained(one, best.dials, is_embedded=is_embedded) for one in best.errors),
        error=best.error, before=before, iterations=bench.turns,
    )  # fmt: skip


def nearest_voice(wanted: Measures) -> str:
    """Return the embedded voice whose own pitch lies nearer: klatt4 below 150 Hz, else f2."""
    return _LOW_VOICE if wanted.f0_median < _LOW_BELOW else _HIGH_VOICE


def calibration_text(language: str) -> str:
    """Return what is read while fitting.

    Raises:
        InputError: There is none in the language.
    """
    texts = _calibration_texts()
    found = texts.get(language.lower().split("-", maxsplit=1)[0])
    if found is None:
        raise InputError(
            f"There is no calibration text in {language!r}. Give one of about a hundred words in "
            f"that language, or fit in one of: {', '.join(texts)}."
        )
    return found


@cache
def _calibration_texts() -> dict[str, str]:
    text = files("personalization.voice").joinpath("calibration.toml").read_text("utf-8")
    return {code: " ".join(said.split()) for code, said in tomllib.loads(text).items()}


@dataclass(slots=True)
class _Bench:
    """The engine, the text and the figures wanted, with a count of renderings."""

    engine: SpeechEngine
    wanted: Measures
    utterance: Utterance
    progress: Callable[[int, float], None] | None
    turns: int = 0
    said_by: str = ""

    def fitted(self) -> tuple[_Tried, float]:
        """Turn the embedded engine's dials; return the best, and the error of its own dials."""
        best = tried = self._try(Dials())
        before, since = tried.error, 0
        for turn in range(_MOST_TURNS):
            dials = turned(tried.dials, tried.measures, self.wanted)
            if turn in _PAUSE_TURNS:
                dials = choose_pauses(self.rendered, dials, self.wanted)
            tried = self._try(dials)
            since = 0 if tried.error < best.error else since + 1
            best = min(best, tried, key=lambda one: one.error)
            if self.progress:
                self.progress(self.turns, best.error)
            if best.error < _CLOSE or since >= _PATIENCE:
                break
        return best, before

    def corrected(self) -> tuple[_Tried, float]:
        """Tell a hosted engine how to speak, and correct it twice at most."""
        said = in_words(self.wanted)
        best = tried = self._try(Dials())
        before = tried.error
        dials = replace(tried.dials, instructions=said)
        for _ in range(_MOST_HOSTED_TURNS - 1):
            dials = replace(
                hosted_turned(tried.dials, tried.measures, self.wanted), instructions=said
            )
            tried = self._try(dials)
            best = min(best, tried, key=lambda one: one.error)
            if self.progress:
                self.progress(self.turns, best.error)
        return best, before

    def rendered(self, dials: Dials) -> Speech:
        """Render the text with these dials, before the sound is shaped."""
        self.turns += 1
        speech = self.engine.speak(replace(self.utterance, dials=dials))
        self.said_by = speech.engine
        return speech

    def _try(self, dials: Dials) -> _Tried:
        speech = shape(self.rendered(dials), dials)
        measures = prosody.measure(speech.samples(), speech.rate)
        return _Tried(dials, measures, style_errors(self.wanted, measures))


# Pauses are chosen once pace is about right, because they shrink with it, and once more at the end.
_PAUSE_TURNS: Final = frozenset({1, 4, 7})
