"""Splicing: only what is personal is said anew for each person, and set into a body said once.

The body is levelled once and is the same samples in every file, so that a reviewer hears it once;
a personal piece is trimmed, faded and made as loud as the body.  Between pieces lies faint noise,
because digital silence is heard as a hole.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.speech import Word
from personalization.voice.encoding import as_integers, resampled
from personalization.voice.loudness import RATE, block_powers, gated, limited, raised, true_peak
from personalization.voice.scripting import indivisible
from personalization.voice.stretches import stretch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from personalization.voice.loudness import Level
    from personalization.voice.stretches import Stretch

LEAD: Final = 0.12
"""Seconds before the first word."""

TAIL: Final = 0.30
"""Seconds after the last one."""

_GAPS: Final = ((re.compile(r"[.!?…。！？][\"'”’»)]*$"), 0.30), (re.compile(r"[,;:–—]$"), 0.17))
_GAP: Final = 0.06  # seconds where no sign of a pause stands
_THRESHOLD: Final = 0.01  # -40 dB below the highest sample: where speech begins
_KEPT: Final = 0.015  # seconds kept before and after that
_FADE: Final = 0.008  # seconds
_FULL_SCALE: Final = 32_767.0
_TONE: Final = 10 ** (-72 / 20)  # room tone, of full scale
_CLAUSE: Final = re.compile(r"(?<=[.!?…,;:])\s+|(?<=\s[–—])\s+|\n+")
_TAG: Final = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a script between two places at which a speaker can pause.

    Attributes:
        text: As it stands in the script, tags included.
        is_personal: Whether it holds a tag.
    """

    text: str
    is_personal: bool


def clauses_of(script: str, language: str) -> tuple[Clause, ...]:
    """Part a script into what is the same for everybody and what is not, in order.

    Neighbours of one kind stay together; their texts, joined by a blank, are the script's words.

    Example:
        >>> hello = "Hi {{prospect.first_name|there}}, we gift. You?"
        >>> [each.text for each in clauses_of(hello, "en-GB")]
        ['Hi {{prospect.first_name|there}},', 'we gift. You?']
    """
    clauses: list[Clause] = []
    for text in _parted(script, language):
        is_personal = "{{" in text
        if clauses and clauses[-1].is_personal == is_personal:
            text = f"{clauses.pop().text} {text}"  # noqa: PLW2901 - the two are one
        clauses.append(Clause(text, is_personal))
    return tuple(clauses)


def _parted(script: str, language: str) -> list[str]:
    """Part it at pauses, but never within a tag, an abbreviation, a date or a number."""
    tags = iter(_TAG.findall(script))
    masked = _TAG.sub("\0", script)
    whole = indivisible(masked, language)
    places = [
        found.end()
        for found in _CLAUSE.finditer(masked)
        if not any(start < found.start() <= end for start, end in whole)
    ]
    parts = (
        masked[start:end].strip()
        for start, end in zip([0, *places], [*places, len(masked)], strict=True)
    )
    return [re.sub("\0", lambda _: next(tags), part) for part in parts if part]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of sound that is ready to be set beside others.

    Attributes:
        text: What is said in it.
        stretch: Its samples, measured.
        words: When each word is heard, in seconds from its own beginning.
        powers: Of its gating blocks, as ``block_powers`` gives them.
        peak: Its true peak, dBTP.
        is_personal: Whether it was said for one person.
    """

    text: str
    stretch: Stretch
    words: tuple[Word, ...]
    powers: NDArray[Any]
    peak: float
    is_personal: bool

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.stretch) / RATE

    @property
    def sha256(self) -> str:
        """Return the fingerprint of its samples."""
        return hashlib.sha256(self.stretch.integers.data).hexdigest()


def trimmed(
    samples: NDArray[Any], rate: int, words: Sequence[Word]
) -> tuple[NDArray[Any], tuple[Word, ...]]:
    """Cut silence off both ends, fade the edges, and move the words' times along.

    Raises:
        ProviderError: There is nothing but silence.
    """
    import numpy as np  # noqa: PLC0415

    sizes = np.abs(samples)
    highest = float(sizes.max(initial=0.0))
    if highest < 1e-4:  # noqa: PLR2004 - below the last bits of 16
        raise ProviderError("The engine gave silence. Try again, or choose another engine.")
    heard = np.flatnonzero(sizes > highest * _THRESHOLD)
    first = max(0, int(heard[0]) - int(_KEPT * rate))
    last = min(len(samples), int(heard[-1]) + int(_KEPT * rate))
    kept = samples[first:last].astype(np.float64)
    wide = min(int(_FADE * rate), len(kept) // 2)
    ramp = _ramp(wide)
    kept[:wide] *= ramp
    kept[len(kept) - wide :] *= ramp[::-1]
    return kept, _within(words, first / rate, len(kept) / rate)


@lru_cache(maxsize=8)
def _ramp(wide: int) -> NDArray[Any]:
    """Return the gains of a fade."""
    import numpy as np  # noqa: PLC0415

    ramp: NDArray[Any] = np.sin(np.linspace(0, math.pi / 2, wide)) ** 2
    ramp.flags.writeable = False  # it is shared
    return ramp


def _within(words: Sequence[Word], begin: float, seconds: float) -> tuple[Word, ...]:
    """Return the words' times in what was cut out of it, none outside of that."""

    def moved(time: float) -> float:
        return min(max(0.0, time - begin), seconds)

    return tuple(
        Word(word.text, word.start, word.end, moved(word.begins), moved(word.ends))
        for word in words
    )


def part_of(
    text: str,
    samples: NDArray[Any],
    rate: int,
    words: Sequence[Word],
    *,
    level: Level,
    is_personal: bool,
) -> Part:
    """Make a piece as loud as it is to be, without silence at its ends.

    Raises:
        ProviderError: There is nothing but silence.
    """
    kept, timed = trimmed(samples, rate, words)
    powers = block_powers(kept, rate)
    own = gated(powers)
    loud = raised(resampled(kept, rate), own, level)
    integers = as_integers(loud)
    peak = true_peak(integers / _FULL_SCALE)
    if peak > level.ceiling:
        loud, powers = limited(loud, level)
        integers = as_integers(loud)
        peak = true_peak(integers / _FULL_SCALE)
    elif math.isfinite(own):
        powers = powers * 10 ** ((level.loudness - own) / 10)
    return Part(text, stretch_of(integers), timed, powers, peak, is_personal)


@dataclass(frozen=True, slots=True)
class Region:
    """Where a piece lies in a file; seconds."""

    begins: float
    ends: float
    is_personal: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A whole file's sound, with what is known of it from its pieces.

    Attributes:
        stretches: Its samples one after the other: pieces, and what lies between them.
        words: When each word is heard, in seconds from the file's beginning.
        regions: Where the pieces lie.
        loudness: Of the pieces together, LUFS.
        peak: The highest of theirs, dBTP.
    """

    stretches: tuple[Stretch, ...]
    words: tuple[Word, ...]
    regions: tuple[Region, ...]
    loudness: float
    peak: float

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return sum(len(each) for each in self.stretches) / RATE

    @property
    def integers(self) -> NDArray[Any]:
        """Return its samples at 48 kHz, 16 bits, put together anew."""
        import numpy as np  # noqa: PLC0415

        return np.concatenate([each.integers for each in self.stretches])


def spliced(
    parts: Sequence[Part], shas: Sequence[str], *, rest: Callable[[float], float] = float
) -> Sound:
    """Set pieces one after the other, each after the pause that its last sign asks for.

    Loudness and peak of the whole are those of the pieces: what lies between them is next to
    silence, which moves a measure of the whole file by half a unit at most.

    Args:
        parts: In their order.
        shas: Their fingerprints, which need not be worked out again for each file.
        rest: How long the speaker makes a pause that the engine by itself makes so long.
    """
    import numpy as np  # noqa: PLC0415

    stretches, regions = [_tone(LEAD)], list[Region]()
    words: list[Word] = []
    begins = len(stretches[0]) / RATE
    for number, (part, sha) in enumerate(zip(parts, shas, strict=True)):
        ends = begins + part.seconds
        regions.append(Region(begins, ends, part.is_personal, sha))
        words += [
            Word(each.text, each.start, each.end, each.begins + begins, each.ends + begins)
            for each in part.words
        ]
        is_last = number == len(parts) - 1
        gap = _tone(TAIL if is_last else rest(gap_after(part.text)))
        stretches += (part.stretch, gap)
        begins = ends + len(gap) / RATE
    return Sound(
        tuple(stretches), tuple(words), tuple(regions),
        gated(np.concatenate([part.powers for part in parts])),
        max(part.peak for part in parts),
    )  # fmt: skip


def gap_after(text: str) -> float:
    """Return the seconds of the pause that the last sign of a text asks for.

    They are what the embedded engine makes of the same sign within a text.

    Example:
        >>> gap_after("Hi Ana,"), gap_after("We gift.")
        (0.17, 0.3)
    """
    return next((gap for sign, gap in _GAPS if sign.search(text)), _GAP)


@lru_cache(maxsize=64)
def _tone(seconds: float) -> Stretch:
    """Return faint noise, the same each time."""
    import numpy as np  # noqa: PLC0415

    drawn = np.random.default_rng(0).standard_normal(round(seconds * RATE))
    return stretch_of(as_integers(drawn * _TONE))
