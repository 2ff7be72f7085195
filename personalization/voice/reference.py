"""Whether a recording can stand for how somebody speaks: long enough, clean, one voice, no music.

Each limit was set on read speech of eleven voices (five of them people) with noise,
music and second voices mixed in at known levels; what lies between "fine" and "useless" is a
warning that names what it does to the figures.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from personalization.errors import InputError
from personalization.providers.speech import MissingVoiceError
from personalization.voice.prosody import RATE, Courses, at_rate, courses, measures_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from personalization.voice.profiles import Measures

    Samples = npt.NDArray[np.float64]

LEAST_SECONDS: Final = 20.0
"""Single sentences scatter by 20 Hz and two syllables a second around a speaker's own figures."""
GOOD_SECONDS: Final = 60.0
MOST_SECONDS: Final = 300.0
"""Of a longer recording the first five minutes are measured; the figures move no more by then."""

_MOST_BYTES: Final = 200_000_000
_LEAST_RATE: Final = 8_000
_LEAST_SPOKEN: Final = 8.0  # seconds, pauses left out
# Decibels between loud speech and the quietest moments: pauses are silences of -25 dB and below.
_LEAST_CLEAR, _GOOD_CLEAR = 20.0, 25.0
_CLIPPED_AT, _CLIPPED_RUN = 0.985, 3  # of the highest sample; so many samples in a row
_MOST_CLIPPED, _SOME_CLIPPED = 0.05, 0.005  # share of the 20 ms that sound
# Share of steps of 50 ms over which the pitch stays within 0.15 semitones: read speech keeps it
# for .06 to .32, songs and chords for .9 and more.  A flat robot keeps it all the time, but has
# one note only.
_STEADY, _MOST_STEADY, _ONE_NOTE = 0.15, 0.6, 3.0
_PACES: Final = (1.0, 12.0)  # syllables a second: nobody speaks slower or faster
_SPAN: Final = 2.5  # seconds whose sound is compared with that of others
_LEAST_SPANS: Final = 8
# Along the direction in which the spans differ most, two groups hold .91 to .99 of the variance
# where two unlike people speak in turns, and .81 at most where one does.  Two people of much the
# same pitch and sound are not told apart by it (three of eight pairs).
_TWO_VOICES: Final = 0.87
_SMALL_GROUP: Final = 0.15  # share of the spans: what is rarer is a cough or a door
_BANDS, _KEPT = 24, 12
_NARROWEST: Final = 120.0  # Hertz from a band's middle to its end: wider than a voice's harmonics
_LEAST_MOVEMENT: Final = 2.0  # semitones, as the standard deviation of a flat voice is taken


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it was read.

    Attributes:
        samples: One channel from -1 to 1, of the first five minutes at most.
        rate: Samples a second, as recorded.
        seconds: Of the whole file.
        sha256: Of the whole file.
    """

    samples: Samples
    rate: int
    seconds: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording that stands for how somebody speaks.

    Attributes:
        measures: Its figures.
        courses: What they sum up, for plots.
        seconds: Of the whole file.
        sha256: Of the whole file.
        warnings: What may have moved the figures, in sentences.
    """

    measures: Measures
    courses: Courses
    seconds: float
    sha256: str
    warnings: tuple[str, ...]


def read_recording(content: bytes) -> Recording:
    """Read a WAV, FLAC, MP3, Ogg or Opus file; several channels are mixed into one.

    Raises:
        InputError: It is no such file, or holds no sound.
        MissingVoiceError: What reads sound files is not installed.
    """
    try:
        import soundfile  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise MissingVoiceError(
            "Reading sound files is not installed. "
            "Install it with: pip install 'personalization[voice]'"
        ) from error
    if len(content) > _MOST_BYTES:
        raise InputError(
            f"The recording has {len(content) / 1e6:,.0f} MB; {_MOST_BYTES / 1e6:,.0f} are the "
            "most. Five minutes of speech are plenty."
        )
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate, seconds = int(file.samplerate), file.frames / file.samplerate
            found = file.read(int(MOST_SECONDS * rate), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            "The recording cannot be read as sound. Save it as WAV, FLAC, MP3 or Ogg."
        ) from error
    samples = np.nan_to_num(found.mean(axis=1)) if found.size else np.empty(0)
    return Recording(samples, rate, seconds, hashlib.sha256(content).hexdigest())


def check_reference(recording: Recording) -> Reference:
    """Measure a recording, if it can stand for how somebody speaks.

    Raises:
        InputError: It is too short, too noisy, clipped, music, of two voices or without speech.
    """
    if recording.rate < _LEAST_RATE:
        raise InputError(
            f"The recording has {recording.rate:,} samples a second. Record with 8,000 or more."
        )
    _refuse_short(recording.seconds)
    found = courses(recording.samples, recording.rate)
    measures = measures_of(found)
    _refuse_music(found, measures)
    spoken = measures.seconds * (1 - measures.pause_ratio)
    if spoken < _LEAST_SPOKEN:
        raise InputError(
            f"Only {spoken:.0f} of the recording's {recording.seconds:.0f} seconds are speech. "
            f"At least {LEAST_SECONDS:.0f} seconds of somebody talking are needed."
        )
    warnings = [
        *_length_warning(recording.seconds),
        *_noise_warning(found),
        *_clipping_warning(recording.samples, recording.rate),
    ]
    _refuse_two_voices(at_rate(recording.samples, recording.rate), found)
    return Reference(measures, found, recording.seconds, recording.sha256, tuple(warnings))


def _refuse_short(seconds: float) -> None:
    if seconds < LEAST_SECONDS:
        raise InputError(
            f"The recording is {seconds:.1f} seconds long. At least {LEAST_SECONDS:.0f} are "
            f"needed, and {GOOD_SECONDS:.0f} are better: single sentences say little of a speaker."
        )


def _length_warning(seconds: float) -> list[str]:
    if seconds < GOOD_SECONDS:
        short = f"The recording is {seconds:.0f} seconds long. With {GOOD_SECONDS:.0f} seconds "
        return [short + "the figures would be steadier, above all those of pauses."]
    if seconds > MOST_SECONDS:
        return [f"Only the first {MOST_SECONDS / 60:.0f} minutes of the recording were measured."]
    return []


def _noise_warning(found: Courses) -> list[str]:
    """Refuse what is too noisy, and warn of what is noisy."""
    within = (found.loudness.times >= found.whole.begins) & (
        found.loudness.times <= found.whole.ends
    )
    quiet, loud = np.quantile(found.loudness.decibels[within], [0.02, 0.9])
    clear = float(loud - quiet)
    if clear < _LEAST_CLEAR:
        raise InputError(
            f"The recording is too noisy, or has music under it: its background is only "
            f"{clear:.0f} dB below the speech, and pauses cannot be told from it below "
            f"{_LEAST_CLEAR:.0f} dB. Record in a quiet room, close to the microphone."
        )
    if clear < _GOOD_CLEAR:
        noisy = f"The background of the recording is {clear:.0f} dB below the speech. "
        return [noisy + "Pauses may be missed; a quieter room gives steadier figures."]
    return []


def _clipping_warning(samples: Samples, rate: int) -> list[str]:
    """Refuse what is clipped through and through, and warn of what is clipped here and there."""
    level = np.abs(samples)
    high = level >= _CLIPPED_AT * level.max()
    runs = np.asarray(sliding_window_view(high, _CLIPPED_RUN).all(axis=1))
    size = rate // 50
    frames = runs[: runs.size // size * size].reshape(-1, size).any(axis=1)
    sounding = level[: frames.size * size].reshape(-1, size).max(axis=1) > level.max() / 20
    share = float(frames.sum() / max(sounding.sum(), 1))
    if share > _MOST_CLIPPED:
        raise InputError(
            f"The recording is clipped: in {share:.0%} of the speech the microphone was "
            "overdriven, so its dynamics cannot be measured. Record it again with less gain."
        )
    if share > _SOME_CLIPPED:
        return [f"The recording is clipped in {share:.1%} of the speech; dynamics read low."]
    return []


def _refuse_music(found: Courses, measures: Measures) -> None:
    steps = 5  # of 10 ms
    semitones = 12 * np.log2(found.pitch.hertz)
    moved = np.abs(semitones[steps:] - semitones[:-steps])
    moved = moved[~np.isnan(moved)]
    steady = float((moved < _STEADY).mean()) if moved.size else 0.0
    is_sung = steady > _MOST_STEADY and measures.f0_range > _ONE_NOTE
    if is_sung or not _PACES[0] < measures.articulation_rate < _PACES[1]:
        raise InputError(
            "The recording does not sound like speech: its pitch stays on single notes, as music "
            "and tones do. Upload a recording of one person talking."
        )


def _refuse_two_voices(samples: Samples, found: Courses) -> None:
    spans = _spans(samples, found)
    if len(spans) < _LEAST_SPANS:
        return
    places, _, _ = np.linalg.svd(spans, full_matrices=False)
    ordered = np.sort(places[:, 0])
    least = max(round(_SMALL_GROUP * len(ordered)), 2)
    held = max(_between(ordered, cut) for cut in range(least, len(ordered) - least + 1))
    if held > _TWO_VOICES:
        raise InputError(
            "Two voices seem to speak in the recording, or one through two microphones. Upload a "
            "recording of one person, made in one go."
        )


def _between(ordered: Samples, cut: int) -> float:
    """Return the share of the variance that two groups hold, cut at a place."""
    low, high = ordered[:cut], ordered[cut:]
    apart = low.size * high.size / ordered.size**2 * (high.mean() - low.mean()) ** 2
    return float(apart / max(ordered.var(), 1e-12))


def _spans(samples: Samples, found: Courses) -> Samples:
    """Return what the voiced parts of each 2.5 seconds sound like, in units of what is usual.

    A row holds the mean cepstrum, which is the sound without its pitch, and the median pitch.
    """
    width, hop = 512, RATE // 100
    frames = sliding_window_view(samples, width)[::hop]
    times = (np.arange(len(frames)) * hop + width / 2) / RATE
    track = found.pitch
    is_voiced = np.interp(times, track.times, track.is_voiced.astype(float)) > _HALF
    times = times[is_voiced]
    power = np.abs(np.fft.rfft(frames[is_voiced] * np.hanning(width))) ** 2
    cepstra = np.log(power @ _bands(width) + 1e-9) @ _cosines()
    pitch = 12 * np.log2(np.interp(times, track.times[track.is_voiced], track.voiced))
    numbers = (times // _SPAN).astype(int)
    kept = [span for number in np.unique(numbers) if (span := numbers == number).sum() > _VOICED]
    if not kept:
        return np.empty((0, _KEPT + 1))
    usual = np.sqrt(np.mean([cepstra[span].var(axis=0) for span in kept], axis=0)) + 1e-9
    moves = max(float(np.sqrt(np.mean([pitch[span].var() for span in kept]))), _LEAST_MOVEMENT)
    sounds = np.array([cepstra[span].mean(axis=0) for span in kept]) / usual
    found_spans = np.column_stack([sounds, [np.median(pitch[span]) / moves for span in kept]])
    return np.asarray(found_spans - found_spans.mean(axis=0))


_HALF: Final = 0.5
_VOICED: Final = 50  # of 10 ms: a span with less tells nothing


def _bands(width: int) -> Samples:
    """Return triangles evenly apart in mel from 100 to 3,800 Hertz, which telephones carry."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (100, 3800))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    hertz = np.linspace(0, RATE / 2, width // 2 + 1)
    apart = np.maximum(np.diff(edges)[1:], _NARROWEST)
    return np.asarray(np.maximum(0.0, 1 - np.abs(hertz[:, None] - edges[1:-1]) / apart))


def _cosines() -> Samples:
    """Return the cosines that turn log energies into cepstra; the loudness is left out."""
    places = (np.arange(_BANDS) + 0.5) / _BANDS
    return np.asarray(np.cos(np.pi * places[:, None] * np.arange(1, _KEPT + 1)[None, :]))
