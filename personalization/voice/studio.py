"""The studio: renders what one person hears, whole or spliced from pieces that others share."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, ProviderError
from personalization.providers.speech import Dials, Word, words_of
from personalization.voice.encoding import refuse_unknown_forms
from personalization.voice.loudness import TARGETS, Level
from personalization.voice.shaping import resized, shape
from personalization.voice.splicing import Part, part_of, spliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.speech import Speech, SpeechEngine
    from personalization.settings import Voice
    from personalization.voice.saying import Piece
    from personalization.voice.splicing import Sound

_KEPT: Final = 512  # pieces kept at most: first names repeat, and a second of sound is 96 kB
_CHANNELS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class AssetOptions:
    """How the files of a run are made.

    Attributes:
        forms: Endings of the files; wav is among them.
        channels: 1, or 2 with the same sound in both.
        loudness: Integrated loudness of the file, LUFS.
        most_peak: True peak at most, dBTP.
        is_spliced: Whether only what is personal is said anew for each person.
        has_disclosure: Whether the voice itself says that it is AI-generated.
        why_not: Why it does not; in the record.
        most_seconds: A longer file is held.
        is_signed: Whether files carry signed Content Credentials.
    """

    forms: tuple[str, ...] = ("wav", "mp3")
    channels: int = 1
    loudness: float = TARGETS["mono"]
    most_peak: float = -1.0
    is_spliced: bool = True
    has_disclosure: bool = True
    why_not: str = ""
    most_seconds: float = 60.0
    is_signed: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "forms", tuple(dict.fromkeys(self.forms)))
        refuse_unknown_forms(self.forms)
        if self.channels not in _CHANNELS:
            raise InputError(f"A file has 1 or 2 channels, not {self.channels}.")
        Level(self.loudness, self.most_peak)

    @classmethod
    def of(cls, settings: Voice, *, channels: int = 1, **others: Any) -> AssetOptions:  # noqa: ANN401
        """Take what the settings say."""
        loudness = settings.loudness_mono if channels == 1 else settings.loudness_stereo
        told = {
            "forms": ("wav", *settings.formats), "channels": channels, "loudness": loudness,
            "most_peak": settings.true_peak, "most_seconds": settings.most_seconds,
        }  # fmt: skip
        return cls(**{**told, **others})

    @property
    def level(self) -> Level:
        """Return the level of one channel: two with the same sound are 3 LU louder than each."""
        quieter = 3.01 if self.channels == len(_CHANNELS) else 0.0
        return Level(self.loudness - quieter, self.most_peak)

    def as_json(self) -> dict[str, Any]:
        """Return them by name."""
        return asdict(self)


@dataclass(slots=True)
class Studio:
    """An engine with a speaker's dials, and the pieces that it said last.

    Several threads may ask it.

    Attributes:
        engine: Speaks.
        voice: Of the engine.
        dials: How the speaker delivers.
        options: How files are made.
    """

    engine: SpeechEngine
    voice: str
    dials: Dials
    options: AssetOptions
    _kept: OrderedDict[Piece, tuple[Part, str]] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of all that the sound depends on, but the words."""
        engine = self.engine
        return _fingerprint(engine.name, engine.version, self.voice, self.dials, self.options)

    def sound(self, pieces: Sequence[Piece]) -> Sound:
        """Return the whole of what is said.

        Raises:
            ProviderError: The engine could not say it, or gave silence.
        """
        made = [self._made(piece) for piece in pieces]
        return spliced([part for part, _ in made], [sha for _, sha in made], rest=self._rest)

    def _rest(self, seconds: float) -> float:
        """Return how long the speaker makes a rest that the engine by itself makes so long."""
        return resized(seconds, self.dials.pauses, self.dials.pause_contrast)

    def _made(self, piece: Piece) -> tuple[Part, str]:
        with self._lock:
            if piece in self._kept:
                self._kept.move_to_end(piece)
                return self._kept[piece]
        part = self._said(piece)
        made = part, part.sha256
        with self._lock:
            self._kept[piece] = made
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _said(self, piece: Piece) -> Part:
        utterance = piece.script.utterance(self.voice, self.dials)
        speech = shape(self.engine.speak(utterance), self.dials)
        if not speech.pcm:
            raise ProviderError("The engine gave no sound. Try again, or choose another engine.")
        words = piece.as_read(_timed(utterance.text, speech))
        return part_of(
            utterance.text, speech.samples(), speech.rate, words, level=self.options.level,
            is_personal=piece.is_personal,
        )  # fmt: skip


@lru_cache(maxsize=16)
def _fingerprint(name: str, version: str, voice: str, dials: Dials, options: AssetOptions) -> str:
    told = json.dumps([name, version, voice, dials.as_json(), options.as_json()])
    return hashlib.sha256(told.encode()).hexdigest()


def _timed(text: str, speech: Speech) -> tuple[Word, ...]:
    """Return the words' times; spread over the sound by length where the engine tells none."""
    if speech.words:
        return speech.words
    spans = words_of(text)
    whole = sum(end - start for start, end in spans)
    words, begins = [], 0.0
    for start, end in spans:
        ends = begins + speech.seconds * (end - start) / whole
        words.append(Word(text[start:end], start, end, begins, ends))
        begins = ends
    return tuple(words)
