"""Sounds whose pitch, syllables and pauses are known, and an engine that makes them as dialled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from personalization.errors import ProviderError
from personalization.providers.speech import Speech, Utterance, Word, words_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.float64]

RATE = 16_000


def voiced(semitones: Samples, base: float = 100.0) -> Samples:
    """Return a buzz of twelve harmonics whose pitch runs along ``semitones`` above ``base``."""
    phase = 2 * np.pi * np.cumsum(base * 2 ** (semitones / 12)) / RATE
    harmonics = [np.sin(number * phase) / number for number in range(1, 13)]
    return np.asarray(np.sum(harmonics, axis=0) / 4)


def syllables(count: int, *, seconds: float = 0.2, depth: float = 20.0) -> Samples:
    """Return the loudness of so many syllables in a row, each ``depth`` decibels above its dips."""
    time = np.arange(round(count * seconds * RATE)) / RATE
    return 10 ** ((np.cos(2 * np.pi * (time / seconds - 0.5)) - 1) * depth / 40)


def talk(
    phrases: int = 6, *, each: int = 8, seconds: float = 0.2, pause: float = 0.4,
    base: float = 100.0, movement: float = 6.0,
) -> Samples:  # fmt: skip
    """Return phrases of syllables whose pitch falls by ``movement`` semitones, with pauses."""
    level = syllables(each, seconds=seconds)
    phrase = level * voiced(np.linspace(movement / 2, -movement / 2, level.size), base)
    silence = np.zeros(round(pause * RATE))
    parts = [part for _ in range(phrases) for part in (phrase, silence)]
    return 0.5 * np.concatenate(parts[:-1])


@dataclass
class Obedient:
    """An engine that speaks as its dials say: a syllable a word, and a rest after each comma.

    Attributes:
        fails_at: The call that breaks off; 0 is none.
        told: What it was asked, in order.
    """

    name: str = "espeak"
    version: str = "obedient 1"
    fails_at: int = 0
    told: list[Utterance] = field(default_factory=list)

    def speak(self, utterance: Utterance) -> Speech:
        self.told.append(utterance)
        if len(self.told) == self.fails_at:
            raise ProviderError("The engine broke off.")
        dials, text = utterance.dials, utterance.text
        pace = dials.rate / 40 * dials.speed  # syllables a second
        movement = (dials.range * 0.1 + dials.declination * 0.2) * dials.range_factor
        base = 110 * 2 ** (((dials.pitch - 50) * 0.16 + dials.pitch_shift) / 12)
        parts, words, begins = [], [], 0.0
        spans = words_of(text)
        for number, (start, end) in enumerate(spans):
            level = syllables(1, seconds=1 / pace)
            place = movement * ((number % 8) / 7 - 0.5)
            rest = np.zeros(round((0.3 if text[end - 1] in ",." else 0.0) * RATE))
            parts += [level * voiced(np.full(level.size, place), base), rest]
            seconds = level.size / RATE
            words.append(Word(text[start:end], start, end, begins, begins + seconds))
            begins += seconds + rest.size / RATE
        pcm = (0.5 * np.concatenate(parts) * 32_767).astype("<i2").tobytes()
        return Speech(pcm, RATE, tuple(words), self.version)
