"""One sound to be listened to and looked at: its file, its checks, its waveform and pitch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.voice.checking import check_sound, failed
from personalization.voice.encoding import wav_file
from personalization.voice.loudness import RATE
from personalization.voice.profiles import Measures
from personalization.voice.speakers import profile_of
from personalization.voice.style_error import style_errors
from personalization.voice.tagging import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from personalization.store import Store
    from personalization.voice.saying import Piece
    from personalization.voice.studio import Studio

STRETCHES: Final = 600
"""Into which a waveform is parted for a plot."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound with all that a page shows of it; see ``Preview``."""

    wav: bytes
    seconds: float
    checks: tuple[dict[str, Any], ...]
    fault: str
    loudness: tuple[float, ...]
    pitch: tuple[tuple[float, float], ...]
    measures: dict[str, float] | None


def hear(
    studio: Studio, pieces: Sequence[Piece], *, made_on: str, producer: str, line: str
) -> Heard:
    """Speak pieces, check the sound and measure it.

    Raises:
        ProviderError: The engine could not say it.
    """
    sound = studio.sound(pieces)
    text = " ".join(piece.script.spoken for piece in pieces)
    options = studio.options
    checks = check_sound(sound, text, level=options.level, budget=options.most_seconds)
    engine = f"{studio.engine.name} {studio.engine.version}"
    told = Provenance(engine, "Spoken message", producer, line, made_on)
    wav = wav_file(sound.integers, told.tags(), channels=options.channels)
    pitch, measures = _courses(sound.integers / 32_767.0)
    return Heard(
        wav, sound.seconds, tuple(check.as_json() for check in checks), failed(checks),
        outline(sound.integers), pitch, measures,
    )  # fmt: skip


def outline(integers: NDArray[Any]) -> tuple[float, ...]:
    """Return the loudest sample of each stretch of a sound, in [0, 1]."""
    import numpy as np  # noqa: PLC0415

    wide = max(1, len(integers) // STRETCHES)
    whole = np.abs(integers[: len(integers) // wide * wide].astype(np.int32)).reshape(-1, wide)
    return tuple(round(float(value) / 32_767, 3) for value in whole.max(axis=1))


def _courses(
    samples: NDArray[Any],
) -> tuple[tuple[tuple[float, float], ...], dict[str, float] | None]:
    """Return the pitch over time and what the sound measures; nothing where it cannot be told."""
    from personalization.voice.prosody import courses, measures_of  # noqa: PLC0415

    try:
        found = courses(samples, RATE)
        measures = measures_of(found).as_json()
    except InputError:
        return (), None
    track = zip(found.pitch.times, found.pitch.hertz, strict=True)
    pitch = tuple(
        (round(float(at), 3), round(float(hertz), 1))
        for at, hertz in track
        if hertz == hertz  # noqa: PLR0124
    )
    return pitch, measures


def style_errors_of(
    store: Store, speaker_id: str, measures: dict[str, float] | None
) -> tuple[tuple[str, float], ...]:
    """Return how far a sound lies from a speaker's recording, by measure, in tolerances."""
    profile = profile_of(store, speaker_id)
    if profile is None or measures is None:
        return ()
    found = style_errors(profile.measures, Measures.of_json(measures))
    return tuple((each.measure, round(each.tolerances, 2)) for each in found)
