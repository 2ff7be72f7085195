"""What is done to rendered sound so that it pauses and swells as a speaker does.

Engines render; this resizes silences and moves loudness afterwards, in the very domain in which
both are measured, and keeps the words' times right.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from personalization.voice.pauses import SHORTEST_PAUSE, Stretch, find_pauses
from personalization.voice.syllables import loudness

if TYPE_CHECKING:
    import numpy.typing as npt

    from personalization.providers.speech import Dials, Speech, Word
    from personalization.voice.syllables import Loudness

    Samples = npt.NDArray[np.float64]

# A rest between words may be short at a high pace; inside a word such a silence is a consonant.
_SHORTEST_REST: Final = 0.08  # seconds
ORDINARY_REST: Final = 0.3  # seconds, which a contrast leaves alone: the end of a sentence
_SLACK: Final = 0.06  # seconds: the window of 128 ms blurs where a silence begins
LONGEST_REST: Final = 3.0  # seconds: nobody pauses for longer inside a message
_MOST_GAIN: Final = 9.0  # decibels
_FULL_SCALE: Final = 32_767.0


def shape(speech: Speech, dials: Dials) -> Speech:
    """Apply ``pauses``, ``pause_contrast`` and ``dynamics`` of ``dials`` to what was rendered.

    Every chain that makes something to be heard calls this once, right after the engine: doing it
    twice doubles it.  The same speech and dials give the same bytes.
    """
    keeps_pauses = dials.pauses == 1.0 and dials.pause_contrast == 1.0
    if keeps_pauses and dials.dynamics == 1.0:
        return speech
    samples = speech.samples()
    found = loudness(samples, speech.rate)
    if dials.dynamics != 1.0:
        samples = swell(samples, speech.rate, found, dials.dynamics)
    words = speech.words
    if not keeps_pauses:
        rests = find_rests(found, words)
        samples, moved = _resized(samples, speech.rate, rests, dials)
        words = tuple(
            replace(word, begins=begins, ends=ends)
            for word, begins, ends in zip(
                words,
                _moved([word.begins for word in words], *moved),
                _moved([word.ends for word in words], *moved),
                strict=True,
            )
        )
    bounded = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE)
    return replace(speech, pcm=bounded.astype("<i2").tobytes(), words=words)


def swell(samples: Samples, rate: int, found: Loudness, exponent: float) -> Samples:
    """Raise what is loud and lower what is soft, or the reverse for an exponent below 1.

    Silences are moved as the softest sound is, so that no noise comes up in them, and no more
    than 9 dB are given or taken.
    """
    sounding = found.decibels[found.is_sounding]
    if not sounding.size:
        return samples
    level = np.maximum(found.decibels, found.threshold)
    gains = np.clip((level - np.median(sounding)) * (exponent - 1), -_MOST_GAIN, _MOST_GAIN)
    peak = float(np.abs(samples).max())
    raised = samples * 10 ** (np.interp(np.arange(samples.size) / rate, found.times, gains) / 20)
    # The chain sets the loudness afterwards; until then nothing may clip.
    return np.asarray(raised * min(1.0, peak / max(float(np.abs(raised).max()), 1e-9)))


def resized(seconds: float, factor: float, contrast: float) -> float:
    """Return how long a silence becomes; one of 0.3 seconds is moved by the factor alone.

    Example:
        >>> [round(resized(seconds, 1.0, 2.0), 2) for seconds in (0.15, 0.3, 0.6)]
        [0.07, 0.3, 1.2]
    """
    moved = factor * ORDINARY_REST * (seconds / ORDINARY_REST) ** contrast
    return float(min(moved, LONGEST_REST))


def find_rests(found: Loudness, words: tuple[Word, ...]) -> list[Stretch]:
    """Return the silences between words, or all that are long enough where no word is timed."""
    if not words:
        return list(find_pauses(found)[1])
    _, silences = find_pauses(found, shortest=_SHORTEST_REST)
    begins = np.array([word.begins for word in words])
    return [
        rest
        for rest in silences
        if rest.seconds >= SHORTEST_PAUSE
        or ((begins > rest.begins - _SLACK) & (begins < rest.ends + _SLACK)).any()
    ]


def _resized(
    samples: Samples, rate: int, rests: list[Stretch], dials: Dials
) -> tuple[Samples, tuple[list[float], list[float]]]:
    """Cut out of, or put into, the middle of each silence; return where which time went."""
    parts: list[Samples] = []
    before, after = [0.0], [0.0]
    done, grown = 0, 0
    for rest in rests:
        begin, end = round(rest.begins * rate), min(round(rest.ends * rate), samples.size)
        wanted = round(resized(rest.seconds, dials.pauses, dials.pause_contrast) * rate)
        middle = (begin + end) // 2
        taken = max((end - begin) - wanted, 0)
        # What is put in is digital silence only where the rest itself is: room tone stays heard.
        quiet = samples[begin:end]
        put = np.resize(np.concatenate([quiet[::-1], quiet]), max(wanted - (end - begin), 0))
        parts += [samples[done : middle - taken // 2], put]
        done = middle - taken // 2 + taken
        before += [(middle - taken // 2) / rate, done / rate]
        after += [(middle - taken // 2 + grown) / rate, (done + grown + put.size - taken) / rate]
        grown += put.size - taken
    parts.append(samples[done:])
    return np.concatenate(parts), (before, after)


def _moved(times: list[float], before: list[float], after: list[float]) -> list[float]:
    """Return where times went; what came after the last silence moved as far as that."""
    ends = [*before, before[-1] + 1e6], [*after, after[-1] + 1e6]
    return [float(time) for time in np.interp(times, *ends)]
