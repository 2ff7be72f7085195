"""What a speech engine has to be able to do: say an utterance as a speaker's dials want it.

Text comes in as it is to be said (``voice.scripting`` writes numbers and dates out), with the
spans that are personal or said in another language.  Out comes raw sound and when each word is
heard.  Engines know nothing of campaigns, people or files.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from personalization.errors import InputError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

_FULL_SCALE: Final = 32_768.0
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # nor in XML
_SOUND: Final = re.compile(r"\w")
_WORD: Final = re.compile(r"\S+")
MOST_CHARACTERS: Final = 20_000
"""Of an utterance: some twenty minutes of speech."""


class MissingVoiceError(ProviderError):
    """The optional parts that speak are not installed; the text says how to install them."""


@dataclass(frozen=True, slots=True)
class Dials:
    """How something is said: what a profile sets, and what engines and the chain after them take.

    The embedded engine takes ``rate`` to ``phrase_every``, a hosted one ``speed`` to
    ``instructions``; ``pauses`` to ``dynamics`` are applied to the sound afterwards.

    Attributes:
        rate: Words a minute, 80 to 450.
        pitch: Of the embedded engine, 0 to 99; 50 is the voice's own.
        range: How far the pitch moves, 0 to 99; it stops growing at about 78.
        wordgap: Extra silence between words, in hundredths of a second, 0 to 50.
        declination: By how many units of ``pitch`` each four words fall, 0 to 60.
        phrase_pause: Seconds of silence put where a phrase begins, 0 to 2; 0 is none.
        phrase_every: Words between two such pauses at least.
        pauses: Factor on the silences that are heard, applied afterwards.
        pause_contrast: Exponent on how far their lengths differ, likewise: above 1 the rests of
            commas shrink and those of sentences grow.
        dynamics: Exponent on the movement of loudness, applied afterwards; 1 leaves it.
        speed: Of a hosted engine; 1 is its own.
        pitch_shift: Semitones up or down from a hosted voice's own.
        range_factor: Of a hosted voice's own movement; 1 leaves it.
        instructions: What a hosted engine is told in words about the delivery.
    """

    rate: float = 160.0
    pitch: float = 50.0
    range: float = 50.0
    wordgap: int = 0
    declination: float = 0.0
    phrase_pause: float = 0.0
    phrase_every: int = 6
    pauses: float = 1.0
    pause_contrast: float = 1.0
    dynamics: float = 1.0
    speed: float = 1.0
    pitch_shift: float = 0.0
    range_factor: float = 1.0
    instructions: str = ""

    def __post_init__(self) -> None:
        for name, (least, most) in DIAL_LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(f"The dial {name} = {value!r} is not between {least} and {most}.")

    def as_json(self) -> dict[str, Any]:
        """Return the dials by name, as ``of_json`` reads them."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """Read dials that were kept.

        Raises:
            InputError: A dial is unknown or out of its range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(found.keys() - known):
            raise InputError(f"There is no dial {unknown[0]!r}. Use: {', '.join(sorted(known))}.")
        return cls(**found)


DIAL_LIMITS: Final[dict[str, tuple[float, float]]] = {
    "rate": (80, 450), "pitch": (0, 99), "range": (0, 99), "wordgap": (0, 50),
    "declination": (0, 60), "phrase_pause": (0, 2), "phrase_every": (2, 50), "pauses": (0.1, 10),
    "pause_contrast": (0.2, 5),
    "dynamics": (0.1, 5), "speed": (0.25, 4), "pitch_shift": (-12, 12), "range_factor": (0, 5),
}  # fmt: skip
"""Least and most of each dial that is a figure."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A span of an utterance that is personal, or said in another way than the rest.

    Attributes:
        start: Characters into the text.
        end: Likewise, exclusive.
        field: Which value stands there, such as ``prospect.first_name``; empty where it is the
            same for everybody and only said otherwise.
        language: In which it is said, such as ``pl``; empty is that of the utterance.
        phonemes: How it is said, in the mnemonics of espeak-ng; empty leaves it to the engine.
    """

    start: int
    end: int
    field: str = ""
    language: str = ""
    phonemes: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say.

    Attributes:
        text: As it is to be said: numbers, dates and addresses in words.
        language: Language and perhaps country, such as ``en-GB``.
        voice: Of the engine, such as ``klatt4``, ``f2`` or ``marin``; empty is its default.
        dials: How it is said.
        slots: Spans in their order, none within another.
    """

    text: str
    language: str
    voice: str = ""
    dials: Dials = Dials()
    slots: tuple[Slot, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no engine can say.

        Raises:
            InputError: Nothing is to be said, it is too long, holds a control sign, or slots
                overlap.
        """
        if found := _CONTROL.search(self.text):
            raise InputError(f"The text holds {found[0]!r}, which is no sign to say. Take it out.")
        if not _SOUND.search(self.text):
            raise InputError(f"The text {self.text!r} holds no word to say.")
        if len(self.text) > MOST_CHARACTERS:
            raise InputError(
                f"The text has {len(self.text):,} characters; {MOST_CHARACTERS:,} are the most."
            )
        if not _LANGUAGE.fullmatch(self.language):
            raise InputError(f"{self.language!r} is no language. Write it like en or en-GB.")
        ends = [0, *(place for slot in self.slots for place in (slot.start, slot.end))]
        in_order = all(first <= second for first, second in pairwise([*ends, len(self.text)]))
        if not in_order or any(slot.start == slot.end for slot in self.slots):
            raise InputError("Slots of an utterance are in order, not empty, and within its text.")


@dataclass(frozen=True, slots=True)
class Word:
    """When a word is heard.

    Attributes:
        text: As it stands in the utterance, signs included.
        start: Characters into the utterance's text.
        end: Likewise, exclusive.
        begins: Seconds into the sound.
        ends: Likewise.
    """

    text: str
    start: int
    end: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Speech:
    """What was said: sound and when each word is heard.

    Attributes:
        pcm: 16-bit samples, one channel, little-endian.
        rate: Samples a second.
        words: In their order; empty where the engine does not time them.
        engine: Name and version, as records name it.
    """

    pcm: bytes
    rate: int
    words: tuple[Word, ...]
    engine: str

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.pcm) / 2 / self.rate

    def samples(self) -> npt.NDArray[np.float64]:
        """Return the samples from -1 to 1."""
        import numpy as np  # noqa: PLC0415

        return np.frombuffer(self.pcm, dtype="<i2").astype(np.float64) / _FULL_SCALE


class SpeechEngine(Protocol):
    """Says utterances; it may be asked from several threads."""

    @property
    def name(self) -> str:
        """Return which engine it is: espeak, openai or azure."""
        ...

    @property
    def version(self) -> str:
        """Return what stands in every record: the engine's version or the model's id."""
        ...

    def speak(self, utterance: Utterance) -> Speech:
        """Say it; the embedded engine gives the same bytes for the same utterance, always.

        Raises:
            MissingVoiceError: What it needs is not installed.
            ProviderError: It could not be said: the engine broke off, was silent for too long, is
                not reached, or said something else than the text.
        """
        ...


def words_of(text: str) -> tuple[tuple[int, int], ...]:
    """Return start and end of each word of ``text``; signs on their own are no words.

    Example:
        >>> words_of("Hi, Ana - hello")
        ((0, 3), (4, 7), (10, 15))
    """
    return tuple(
        (match.start(), match.end()) for match in _WORD.finditer(text) if _SOUND.search(match[0])
    )
