"""Files: 48 kHz WAV for the video hand-off, MP3, Opus and FLAC beside it, each with its tags."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, ProviderError
from personalization.providers.speech import MissingVoiceError
from personalization.voice.loudness import MISSING_SOUND, RATE, true_peak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Buffer = bytes | memoryview

FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "wav": ("WAV", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "opus": ("OGG", "OPUS"),
    "flac": ("FLAC", "PCM_16"),
}
"""Formats by the ending of the file: what the library calls the file and what is in it."""

_LOSSY: Final = ("mp3", "opus")
_SPARE: Final = (0.05, 0.1, 0.3, 1.0, 2.0, 3.0)  # dB: less sound is encoded otherwise
_FULL_SCALE: Final = 32_767
_INFO: Final = {"title": b"INAM", "artist": b"IART", "software": b"ISFT", "date": b"ICRD",
                "comment": b"ICMT"}  # fmt: skip


def refuse_unknown_forms(forms: tuple[str, ...]) -> None:
    """Raise InputError for a format that is not known, or where WAV is missing."""
    for form in forms:
        if form not in FORMS:
            raise InputError(f"There is no format {form!r}. Use: {', '.join(FORMS)}.")
    if "wav" not in forms:
        raise InputError("WAV is always made: it is what is checked and cut. Add wav.")


def as_integers(samples: NDArray[Any]) -> NDArray[Any]:
    """Return samples in [-1, 1] as 16-bit integers; what lies beyond is cut off."""
    import numpy as np  # noqa: PLC0415

    whole: NDArray[Any] = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE)
    return whole.astype("<i2")


def resampled(samples: NDArray[Any], rate: int, wanted: int = RATE) -> NDArray[Any]:
    """Return the samples at another rate."""
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    if rate == wanted:
        return samples
    common = gcd(rate, wanted)
    up, down = wanted // common, rate // common
    taps: Any = _between_rates(up, down)  # the stubs know no array as a window
    out: NDArray[Any] = signal.resample_poly(samples.astype(np.float32), up, down, window=taps)
    return out


@lru_cache(maxsize=8)
def _between_rates(up: int, down: int) -> NDArray[Any]:
    """Return the low-pass that SciPy would design anew for each call."""
    import numpy as np  # noqa: PLC0415
    from scipy import signal  # noqa: PLC0415

    widest = max(up, down)
    taps = signal.firwin(20 * widest + 1, 1 / widest, window=("kaiser", 5.0))
    return taps.astype(np.float32)


def wav_file(integers: NDArray[Any], tags: Mapping[str, str], *, channels: int = 1) -> bytes:
    """Return a WAV file at 48 kHz: the same samples and tags always give the same bytes.

    Two channels carry the same sound.
    """
    return b"".join(wav_parts((integers,), tags, channels=channels))


def wav_parts(
    sounds: Sequence[NDArray[Any]], tags: Mapping[str, str], *, channels: int = 1
) -> tuple[Buffer, ...]:
    """Return the same file, whose sound is these one after the other, without copying them.

    What comes out is written in its order; sounds in one channel are the very ones given.
    """
    import numpy as np  # noqa: PLC0415

    told = b"INFO" + b"".join(
        _chunk(_INFO[name], value.encode() + b"\0") for name, value in tags.items() if value
    )
    wide = 2 * channels
    size = wide * sum(len(sound) for sound in sounds)
    parts = b"".join((
        _chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, RATE, RATE * wide, wide, 16)),
        _chunk(b"LIST", told),
        b"data", struct.pack("<I", size),
    ))  # fmt: skip
    head = b"".join((b"RIFF", struct.pack("<I", 4 + len(parts) + size), b"WAVE", parts))
    if channels > 1:
        sounds = [np.repeat(sound, channels) for sound in sounds]
    return (head, *(sound.data for sound in sounds))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def encoded(
    integers: NDArray[Any],
    form: str,
    tags: Mapping[str, str],
    *,
    channels: int = 1,
    most_peak: float | None = None,
) -> bytes:
    """Return a file in the format, with its tags.

    WAV, MP3 and FLAC are the same bytes each time; an Ogg stream has a number drawn by lot.

    Args:
        integers: Samples of one channel, 16 bits.
        form: One of FORMS.
        tags: As they are to stand in the file.
        channels: 1 or 2, which carry the same sound.
        most_peak: True peak that the file may have when it is read back, dBTP: encoders overshoot,
            and what they overshoot by is taken off before it is encoded again.

    Raises:
        InputError: The format is unknown.
        MissingVoiceError: What writes sound files is not installed.
        ProviderError: It could not be written, or not below the peak.
    """
    if form not in FORMS:
        raise InputError(f"There is no format {form!r}. Use: {', '.join(FORMS)}.")
    if form == "wav":
        return wav_file(integers, tags, channels=channels)
    import numpy as np  # noqa: PLC0415

    try:
        import soundfile  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise MissingVoiceError(MISSING_SOUND) from error
    sound = integers if channels == 1 else np.repeat(integers[:, None], channels, axis=1)
    if form in _LOSSY:  # whole numbers in two channels come out garbled by libsndfile 1.2
        sound = sound.astype(np.float32) / 32768
    try:
        if form not in _LOSSY or most_peak is None:
            return _written(soundfile, sound, form, tags, channels)
        for spare in _SPARE:
            content = _written(soundfile, sound, form, tags, channels)
            over = _peak_of(soundfile, content) - most_peak
            if over <= 0:
                return content
            sound = sound * 10 ** (-(over + spare) / 20)
    except soundfile.LibsndfileError as error:
        raise ProviderError(f"The {form} file could not be written: {error}") from error
    raise ProviderError(
        f"The {form} file peaks {over:.2f} dB above {most_peak:g} dBTP each time that it is "
        "written. Leave the format out, or allow a lower true peak."
    )


def _written(
    soundfile: Any,  # noqa: ANN401 - the module, which is optional
    sound: NDArray[Any],
    form: str,
    tags: Mapping[str, str],
    channels: int,
) -> bytes:
    major, kind = FORMS[form]
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", RATE, channels, kind, format=major) as file:
        for name, value in tags.items():
            setattr(file, name, value)
        file.write(sound)
    return out.getvalue()


def _peak_of(soundfile: Any, content: bytes) -> float:  # noqa: ANN401 - as above
    """Return the highest true peak of the channels of a file, dBTP."""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        channels = file.read(dtype="float32", always_2d=True).T
    return max(true_peak(channel) for channel in channels)


def tags_of(content: bytes) -> dict[str, str]:
    """Return the tags of a sound file."""
    import soundfile  # noqa: PLC0415

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        return {name: value for name, value in file.copy_metadata().items() if value}
