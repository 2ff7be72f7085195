"""Speakers: measure a recording, and fit the voice that is set up to how it is spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization import voice
from personalization.errors import InputError
from personalization.providers import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice.profiles import SpeakerProfile
    from personalization.voice.reference import Reference


def measure_speaker(content: bytes) -> Reference:
    """Measure a recording of somebody speaking; nothing is kept.

    Args:
        content: A WAV, FLAC, MP3, Ogg or Opus file of 20 seconds or more.

    Raises:
        InputError: The recording cannot stand for a speaker; the text says why.
        MissingVoiceError: What reads sound files is not installed.
    """
    from personalization.voice import reference  # noqa: PLC0415

    return reference.check_reference(reference.read_recording(content))


def try_fit(
    settings: Settings,
    found: Reference,
    *,
    language: str,
    voice_name: str = "",
    progress: Callable[[int, float], None] | None = None,
) -> SpeakerProfile:
    """Fit the engine of the settings to a measured recording; nothing is kept.

    Raises:
        InputError: There is no calibration text in the language.
        ProviderError: The engine failed, or is not installed.
    """
    from personalization.voice import fitting  # noqa: PLC0415

    engine = registry.speech_engine(settings.voice)
    return fitting.fit_speaker(
        engine, found.measures, language=language, voice=voice_name, progress=progress
    )


def fit_speaker(
    store: Store,
    settings: Settings,
    content: bytes,
    *,
    speaker_id: str = "",
    name: str = "",
    is_person: bool = True,
    language: str = "",
    actor: str,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[str, SpeakerProfile, tuple[str, ...]]:
    """Measure a recording, fit the engine to it and keep the profile; the recording is not kept.

    Whose delivery it is has to agree before anything is spoken with it; that is asked where
    something is spoken, so the order of consent and measurement does not matter.

    Args:
        store: Writes ``speakers`` where the speaker is new, ``speaker_profiles``, and the trail.
        settings: Say which engine speaks.
        content: The recording, as ``measure_speaker`` takes it.
        speaker_id: Of a speaker who is there already; empty adds one called ``name``.
        name: Of a new speaker.
        is_person: Whether a new speaker is somebody whose consent is wanted.
        language: Of the recording; empty is the known speaker's, or en-GB.
        actor: Who has it fitted.
        progress: Told after each turn: how many, and the best mean error so far, in tolerances.

    Returns:
        The speaker's id, the profile, and what may have moved its figures, in sentences.

    Raises:
        InputError: The recording cannot stand for a speaker, or the speaker is unknown or unnamed.
        ProviderError: The engine failed, or is not installed; nothing is kept then.
    """
    if not speaker_id and not name.strip():
        raise InputError("Name the speaker, or choose one that is there.")
    known = voice.speaker_language(store, speaker_id) if speaker_id else ""
    spoken = language or known or "en-GB"
    found = measure_speaker(content)
    profile = try_fit(settings, found, language=spoken, progress=progress)
    with store.transaction():
        whose = speaker_id or voice.add_speaker(
            store, name=name, is_person=is_person, language=spoken, actor=actor
        )
        voice.keep_profile(
            store, whose, profile, reference_sha256=found.sha256, reference_seconds=found.seconds,
            actor=actor,
        )  # fmt: skip
    return whose, profile, found.warnings
