"""Hearing a script as one person would, before files are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import voice
from personalization.campaign.voice import desk_for
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.providers.speech import SpeechEngine
    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice import AssetOptions


@dataclass(frozen=True, slots=True)
class VoicePreview:
    """What one person would hear; nothing of it is kept.

    Attributes:
        written: The words as they were approved, filled.
        spoken: The same as they are said.
        wav: The sound, marked as AI-generated like every file.
        checks: What it was held to, with figures.
        fault: Why no file would be made; empty where one would.
        loudness: Loudest sample of each of some hundred stretches, in [0, 1], for a plot.
        pitch: (seconds, Hertz) where the voice has a pitch.
        measures: What it measures, as a speaker is measured; None where it could not be.
        errors: How far each measure lies from the speaker's recording, in tolerances; empty for
            the house voice.
    """

    person_id: str
    written: str
    spoken: str
    wav: bytes = b""
    seconds: float = 0.0
    checks: tuple[dict[str, Any], ...] = ()
    fault: str = ""
    loudness: tuple[float, ...] = ()
    pitch: tuple[tuple[float, float], ...] = ()
    measures: dict[str, float] | None = None
    errors: tuple[tuple[str, float], ...] = ()


def preview_voice(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    variant_id: str,
    person_id: str = "",
    speaker_id: str = voice.HOUSE,
    options: AssetOptions | None = None,
    actor: str,
    engine: SpeechEngine | None = None,
) -> VoicePreview:
    """Speak an approved message as one person would hear it, and keep nothing of it.

    Args:
        store: As for ``make_voice_assets``.
        settings: Likewise.
        campaign_id: Whose message.
        variant_id: Which.
        person_id: Who hears it; empty is the first one.
        speaker_id: In whose delivery.
        options: How it is made.
        actor: Who asks.
        engine: Speaks; what the settings name where it is None.

    Raises:
        StateError: The message is for nobody, or not for this person.
        PermissionDenied: As for ``make_voice_assets``.
        ProviderError: The engine could not say it.
    """
    script = voice.approved_script(store, campaign_id, variant_id)
    ids = [person_id] if person_id else []
    group = next(voice.listeners(store, script, ids), [])
    if not group:
        who = f"{person_id!r}" if person_id else "anybody"
        raise StateError(f"This message is not for {who}. Choose messages for prospects first.")
    desk = desk_for(
        store, settings, script, speaker_id, options=options, actor=actor, engine=engine
    )
    listener = group[0]
    pieces, held = desk.sayer.pieces(listener)
    spoken = " ".join(piece.script.spoken for piece in pieces)
    if fault := listener.fault or held:
        return VoicePreview(listener.person_id, listener.text, spoken, fault=fault)
    heard = voice.hear(
        desk.studio, pieces, made_on=store.now().date().isoformat(),
        producer=settings.brand.name, line=voice.disclosure(script.locale),
    )  # fmt: skip
    return VoicePreview(
        listener.person_id, listener.text, spoken, heard.wav, heard.seconds, heard.checks,
        heard.fault, heard.loudness, heard.pitch, heard.measures,
        voice.style_errors_of(store, speaker_id, heard.measures),
    )  # fmt: skip
