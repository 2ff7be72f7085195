"""Scripts before they are spoken: how long they take, and how the team wants names said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization import voice
from personalization.domain import merge_tags
from personalization.providers import registry
from personalization.voice.budget import over_budget, seconds_of
from personalization.voice.lexicon import (
    Lexicon,
    Pronunciation,
    keep_pronunciation,
    lexicon_of,
    pronunciations,
    refuse_unsayable,
)
from personalization.voice.naming import SpokenName, campaign_names
from personalization.voice.scripting import SpokenScript, write_script

if TYPE_CHECKING:
    from personalization.providers.speech import Speech, SpeechEngine
    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice.budget import Pace

__all__ = [
    "CheckedScript",
    "Pronunciation",
    "SpokenName",
    "campaign_names",
    "check_script",
    "hear_name",
    "held_names",
    "keep_pronunciation",
    "pronunciations",
]


@dataclass(frozen=True, slots=True)
class CheckedScript:
    """A script with its fallbacks, as it is said.

    Attributes:
        script: Written and spoken.
        seconds: That it takes, about.
        too_long: By how much it is too long, in words; empty where it fits.
    """

    script: SpokenScript
    seconds: float
    too_long: str


def check_script(
    store: Store, settings: Settings, campaign_id: str, variant_id: str, *, pace: Pace | None = None
) -> CheckedScript:
    """Write an approved message as it is said to somebody of whom nothing is known.

    Args:
        store: Reads ``speakable_variants`` and ``pronunciations``.
        settings: Say how long a script may take.
        campaign_id: Whose message.
        variant_id: Which.
        pace: The speaker's; the embedded voice's own where it is None.

    Raises:
        StateError: The message is not approved as it stands.
        InputError: Scripts are not written in its language.
    """
    approved = voice.approved_script(store, campaign_id, variant_id)
    text = approved.text
    for tag in merge_tags(text):
        text = text.replace(tag.token, tag.stand_in)
    script = write_script(text, approved.locale, lexicon=lexicon_of(store))
    return CheckedScript(
        script,
        seconds_of(script.spoken, approved.locale, pace),
        over_budget(script.spoken, approved.locale, settings.voice.most_seconds, pace),
    )


def held_names(store: Store, campaign_id: str) -> tuple[SpokenName, ...]:
    """Return the names of a campaign's scripts that cannot be said for sure, of most people first.

    Whoever bears one gets no file until the team says how it is said.
    """
    return tuple(name for name in campaign_names(store, campaign_id) if name.reading.held)


def hear_name(
    settings: Settings, entry: Pronunciation, *, language: str, engine: SpeechEngine | None = None
) -> Speech:
    """Say a name as an entry of the lexicon would have it, before it is kept.

    Args:
        settings: Name the engine.
        entry: How it is to be said.
        language: Of the script, such as ``en-GB``.
        engine: Speaks; what the settings name where it is None.

    Raises:
        InputError: It cannot be said so.
        ProviderError: The engine did not speak.
    """
    refuse_unsayable(entry)
    script = write_script(entry.written, language, lexicon=Lexicon.of(entry))
    speaks = engine or registry.speech_engine(settings.voice)
    return speaks.speak(script.utterance(settings.voice.voice))
