"""The sentence that says a voice is synthetic: spoken, in captions, in tags and in the manifest.

Article 50 of the European AI Act has people told that they hear a machine.  It is said by default;
who may leave it out is named in the settings, and says why.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SENTENCES: Final[Mapping[str, str]] = MappingProxyType({
    "en": "This message is spoken by an AI-generated voice.",
    "de": "Diese Nachricht wird von einer KI-generierten Stimme gesprochen.",
    "fr": "Ce message est lu par une voix générée par intelligence artificielle.",
    "es": "Este mensaje está leído por una voz generada por inteligencia artificial.",
    "it": "Questo messaggio è letto da una voce generata dall'intelligenza artificiale.",
    "nl": "Dit bericht wordt uitgesproken door een AI-gegenereerde stem.",
    "pl": "Tę wiadomość czyta głos wygenerowany przez sztuczną inteligencję.",
})  # fmt: skip
"""By language; another language has none, and so no asset is made in it."""

_SHORTEST_REASON: Final = 10  # characters


def disclosure(locale: str) -> str:
    """Return the sentence in the language of a script.

    Raises:
        InputError: There is none in that language, so listeners could not be told.

    Example:
        >>> disclosure("de-AT")
        'Diese Nachricht wird von einer KI-generierten Stimme gesprochen.'
    """
    language = locale.split("-", 1)[0].casefold()
    if language not in SENTENCES:
        raise InputError(
            f"There is no sentence in {locale!r} that says a voice is AI-generated. Write the "
            f"script in one of: {', '.join(SENTENCES)}."
        )
    return SENTENCES[language]


def refuse_silence(actor: str, reason: str, officers: Sequence[str]) -> None:
    """Refuse to leave the spoken sentence out, unless somebody entitled to says why.

    Captions, tags and the manifest say it in any case.

    Raises:
        PermissionDenied: The settings do not name this person.
        InputError: The reason is missing.
    """
    if actor.casefold() not in {name.casefold() for name in officers}:
        named = ", ".join(officers) or "nobody yet"
        raise PermissionDenied(
            "The sentence that says the voice is AI-generated can be left out by those only whom "
            f"[voice] compliance_officers names: {named}."
        )
    if len(reason.strip()) < _SHORTEST_REASON:
        raise InputError(
            "Say why listeners are not told by the voice itself that it is AI-generated, such as "
            "“a person says so before the recording is played”. It stands in the record."
        )
