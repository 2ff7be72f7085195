"""Hearing a script before files are made: one person's sound, and the names nobody is sure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.campaign.voice import desk_for
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.speech import SpeechEngine
    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice import AssetOptions, Listener

keep_pronunciation = voice.keep_pronunciation
pronunciations = voice.pronunciations

MOST_READ: Final = 2_000
"""People whose names are looked at before a run; the run itself looks at all of them."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person would hear; nothing of it is kept.

    Attributes:
        written: The words as they were approved, filled.
        spoken: The same as they are said.
        wav: The sound, marked as AI-generated like every file.
        checks: What it was held to, with figures.
        fault: Why no file would be made; empty where one would.
        loudness: Loudest sample of each of some hundred stretches, in [0, 1], for a plot.
        pitch: (seconds, Hertz) where the voice has a pitch.
        measures: What it measures, as a speaker is measured; empty where it could not be.
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
) -> Preview:
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
        return Preview(listener.person_id, listener.text, spoken, fault=fault)
    heard = voice.hear(desk.studio, pieces, made_on=store.now().date().isoformat(),
                       producer=settings.brand.name, line=voice.disclosure(script.locale))  # fmt: skip
    return Preview(
        listener.person_id, listener.text, spoken, heard.wav, heard.seconds, heard.checks,
        heard.fault, heard.loudness, heard.pitch, heard.measures,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameToCheck:
    """A name that nobody can be sure of, and how many people have it in this script."""

    written: str
    reason: str
    people: int
    country: str


def names_to_check(
    store: Store, campaign_id: str, variant_id: str, people: Sequence[str] = ()
) -> list[NameToCheck]:
    """List the names of a script's first people that are held, the most frequent first.

    Raises:
        StateError: The message may not be spoken.
    """
    script = voice.approved_script(store, campaign_id, variant_id)
    lexicon = voice.lexicon_of(store)
    found: dict[tuple[str, str], NameToCheck] = {}
    read = 0
    for group in voice.listeners(store, script, people):
        for listener in group:
            _add(found, listener, script.locale, lexicon)
        read += len(group)
        if read >= MOST_READ:
            break
    return sorted(found.values(), key=lambda name: (-name.people, name.written))


def _add(
    found: dict[tuple[str, str], NameToCheck],
    listener: Listener,
    locale: str,
    lexicon: voice.Lexicon,
) -> None:
    country = listener.country or ""
    for written, why in voice.uncertain_names(listener, locale, lexicon):
        before = found.get((written, country))
        count = before.people + 1 if before else 1
        found[written, country] = NameToCheck(written, why, count, country)


def say_it_like(
    store: Store, written: str, said: str, *, language: str = "", kind: str = "respelling",
    actor: str,
) -> None:  # fmt: skip
    """Keep how a name is said from now on; empty takes what was kept back.

    Args:
        store: Adds a row to ``pronunciations``.
        written: The name as it stands in the data.
        said: Other letters, phonemes of espeak-ng, or a language such as ``pl``.
        language: Of the scripts it holds for; empty is all.
        kind: respelling, phonemes or language.
        actor: Who says so.

    Raises:
        InputError: It cannot be said so.
    """
    if not written.strip():
        raise InputError("Write the name as it stands in the data.")
    entry = voice.Pronunciation(written, language, kind if said.strip() else "withdrawn", said)
    voice.keep_pronunciation(store, entry, actor=actor)
