"""A speaker's figures in words, for engines that are told how to speak instead of being turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.voice.profiles import Measures

# Upper bounds and words, in rising order; the last one holds for all above.
_LEVELS: Final = (
    (95.0, "a very low-pitched voice"), (125.0, "a low-pitched voice"),
    (165.0, "a middle-pitched voice"), (205.0, "a fairly high-pitched voice"),
    (float("inf"), "a high-pitched voice"),
)  # fmt: skip
_MOVEMENTS: Final = (
    (3.0, "nearly level, with hardly any melody"), (6.0, "restrained, with little melody"),
    (10.0, "natural, with an even melody"), (float("inf"), "lively, rising and falling widely"),
)  # fmt: skip
_PACES: Final = (
    (3.4, "slowly"), (4.1, "at a measured pace"), (4.8, "at an ordinary pace"),
    (5.6, "briskly"), (float("inf"), "fast"),
)  # fmt: skip
_PAUSINGS: Final = (
    (0.04, "hardly pausing"), (0.12, "with short pauses at the ends of sentences"),
    (0.22, "with clear pauses between phrases"), (float("inf"), "with long pauses between phrases"),
)  # fmt: skip
_DYNAMICS: Final = (
    (18.0, "Keep the loudness even."), (22.0, "Let the loudness vary naturally."),
    (float("inf"), "Stress important words clearly by loudness."),
)  # fmt: skip


def in_words(wanted: Measures) -> str:
    """Return how to speak, in two or three sentences.

    Example:
        >>> from personalization.voice.profiles import Measures
        >>> in_words(Measures(110, 4, 1.3, 4.4, 4.0, .1, .4, 20, 30, 120, 8, .7))
        'Speak in a low-pitched voice, at an ordinary pace, with short pauses at the ends of \
sentences (about 0.4 seconds). Keep the intonation restrained, with little melody. Let the \
loudness vary naturally. Say exactly the words of the text.'
    """
    pausing = _word(_PAUSINGS, wanted.pause_ratio)
    length = f" (about {wanted.pause_mean:.1f} seconds)" if wanted.pauses else ""
    return (
        f"Speak in {_word(_LEVELS, wanted.f0_median)}, {_word(_PACES, wanted.articulation_rate)}, "
        f"{pausing}{length}. Keep the intonation {_word(_MOVEMENTS, wanted.f0_range)}. "
        f"{_word(_DYNAMICS, wanted.intensity_range)} Say exactly the words of the text."
    )


def _word(steps: tuple[tuple[float, str], ...], value: float) -> str:
    return next(word for bound, word in steps if value < bound)
