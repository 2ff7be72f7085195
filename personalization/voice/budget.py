"""How long a script takes to say at a speaker's pace, before anything is rendered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from personalization.errors import InputError

# Vowels that make one syllable together; English words that end in a silent e lose one.
_VOWELS: Final = {
    "en": re.compile(r"[aeiouyáéíóúàèìòùäöüâêîôû]+"),
    "de": re.compile(r"ie|ei|ai|au|eu|äu|aa|ee|oo|[aeiouyäöüáéíóúàèêô]"),
    "fr": re.compile(r"[aeiouyàâæéèêëîïôœùûüÿ]+"),
    "es": re.compile(r"[aeoáéíóúiu][iuy](?![íú])|[iuü][aeoáéó]|[aeiouáéíóúü]|y\b"),
}
_SILENT_E: Final = {
    "en": re.compile(
        r"(?<=[^\Waeiouyl])e\b|(?<=[aeiou][^\Waeiouysxzcg])es\b|(?<!hundr)(?<=[^\Waeioutd])ed\b"
    ),
    "fr": re.compile(r"(?<=[^\Waeiouyéèê])(?:e|es|ent)\b"),
}
_USUAL: Final = {"en": 4.5, "de": 5.4, "fr": 5.5, "es": 6.1}
"""Syllables a second of the embedded voice as it comes, measured on a text of each language."""
_CLAUSE: Final = re.compile(r"[,;:–—](?=\s|$)")
_SENTENCE: Final = re.compile(r"[.!?…]+(?=\s|$)")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast somebody speaks.

    Attributes:
        articulation_rate: Syllables a second while speaking.
        clause_pause: Seconds of silence within sentences, at their signs.
        sentence_pause: Seconds of silence after a sentence.
    """

    articulation_rate: float
    clause_pause: float = 0.3
    sentence_pause: float = 0.45

    def __post_init__(self) -> None:
        if not 0.5 <= self.articulation_rate <= 15:  # noqa: PLR2004
            raise InputError(
                f"Nobody speaks {self.articulation_rate:g} syllables a second. Measure the "
                "speaker again."
            )


def usual_pace(language: str) -> Pace:
    """Return the pace of the embedded voice, for whoever has no speaker's yet."""
    return Pace(_USUAL.get(language.split("-", maxsplit=1)[0], _USUAL["en"]))


def syllables(spoken: str, language: str) -> int:
    """Count the syllables of a text that is written as it is said; each word has one at least.

    Example:
        >>> syllables("We deliver on Monday", "en"), syllables("einundzwanzig", "de")
        (7, 4)
    """
    base = language.split("-", maxsplit=1)[0]
    vowels, silent = _VOWELS.get(base, _VOWELS["en"]), _SILENT_E.get(base)
    total = 0
    for word in _WORD.findall(spoken.casefold()):
        found = len(vowels.findall(word))
        if silent is not None and found > 1:
            found -= len(silent.findall(word))
        total += max(1, found)
    return total


def seconds_of(spoken: str, language: str, pace: Pace | None = None) -> float:
    """Estimate how long a text takes; the last sentence's pause is not counted."""
    pace = pace or usual_pace(language)
    rests = len(_CLAUSE.findall(spoken)) * pace.clause_pause
    ends = max(0, len(_SENTENCE.findall(spoken.rstrip())) - 1) * pace.sentence_pause
    return syllables(spoken, language) / pace.articulation_rate + rests + ends


def over_budget(spoken: str, language: str, most_seconds: float, pace: Pace | None = None) -> str:
    """Say by how much a text is too long; empty where it fits.

    Example:
        >>> over_budget("We wrap every present by hand.", "en-GB", 30)
        ''
        >>> over_budget("We wrap it by hand. " * 20, "en-GB", 20)
        'This takes about 31 seconds to say, and 20 are the most: take out about 35 words.'
    """
    seconds = seconds_of(spoken, language, pace)
    if seconds <= most_seconds:
        return ""
    n_words = len(_WORD.findall(spoken))
    surplus = round(n_words * (1 - most_seconds / seconds))
    return (
        f"This takes about {seconds:.0f} seconds to say, and {most_seconds:.0f} are the most: take "
        f"out about {max(1, surplus)} words."
    )
