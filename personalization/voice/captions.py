"""Captions: what is heard, as WebVTT and SubRip, with the note that the voice is synthetic."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.speech import Word

MOST_CHARACTERS: Final = 42
"""Characters of a line, as broadcasters and video platforms have it."""

_PAUSE: Final = 0.6  # seconds of silence after which a new cue begins
_ENDS: Final = (".", "!", "?", "…", "。", "！", "？")
_LEAST: Final = 0.5  # seconds that a cue stands at least


@dataclass(frozen=True, slots=True)
class Cue:
    """A line of captions; begin and end in seconds."""

    text: str
    begins: float
    ends: float


def cues_of(words: Sequence[Word]) -> tuple[Cue, ...]:
    """Put words into lines of 42 characters at most; a longer word has a line of its own.

    A line ends with a sentence and before a pause, so that nobody reads ahead of what is heard.
    """
    if not words:
        return ()
    lines: list[list[Word]] = []
    length = 0  # of the line, with a blank after each word
    for word in words:
        if not lines or _breaks(lines[-1][-1], word, length + len(word.text)):
            lines.append([])
            length = 0
        lines[-1].append(word)
        length += len(word.text) + 1
    starts = [line[0].begins for line in lines]
    return tuple(
        Cue(
            " ".join(word.text for word in line),
            line[0].begins,
            min(max(line[-1].ends, line[0].begins + _LEAST), following),
        )
        for line, following in zip(lines, [*starts[1:], float("inf")], strict=True)
    )


def _breaks(last: Word, word: Word, length: int) -> bool:
    """Tell whether a word begins a line, where it would make this one so long."""
    is_full = length > MOST_CHARACTERS
    return is_full or last.text.endswith(_ENDS) or word.begins - last.ends > _PAUSE


def vtt(cues: Sequence[Cue], note: str) -> str:
    """Return captions as WebVTT, with a note on how the sound was made."""
    told = note.replace("-->", "→").replace("\n", " ")
    head = ["WEBVTT\n", *([f"NOTE {told}\n"] if told else [])]
    told_cues = (_cue(cue, ".", html.escape(cue.text, quote=False)) for cue in cues)
    return "\n".join([*head, *told_cues])


def _cue(cue: Cue, mark: str, text: str) -> str:
    return f"{_clock(cue.begins, mark)} --> {_clock(cue.ends, mark)}\n{text}\n"


def srt(cues: Sequence[Cue]) -> str:
    """Return captions as SubRip, which knows no notes."""
    return "\n".join(
        f"{number}\n{_cue(cue, ',', cue.text)}" for number, cue in enumerate(cues, start=1)
    )


def _clock(seconds: float, mark: str) -> str:
    """Return a time as captions write it.

    Example:
        >>> _clock(3661.0456, ".")
        '01:01:01.046'
    """
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, part = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{mark}{part:03}"
