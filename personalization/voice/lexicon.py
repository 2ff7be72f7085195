"""How a team wants words said: its own pronunciations, which come before every rule."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.providers.ssml import are_phonemes
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

KINDS: Final = ("respelling", "phonemes", "language", "withdrawn")
"""What can be said of a word: other letters, phonemes of espeak-ng, or whose language it is."""

_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(-[A-Za-z]{2,8})*")
_CODES: Final = (
    "af am an ar as az ba be bg bn bs ca cmn cs cv cy da de el en eo es et eu fa fi fo "
    "fr ga gd gn gu he hi hr ht hu hy ia id io is it ja ka kk kl kn ko ku ky la lb lt lv "
    "mi mk ml mr ms mt my nb ne nl no om or pa pl pt py qu ro ru sd si sk sl sq sr sv sw "
    "ta te th ti tk tn tr tt ug uk ur uz vi yue zh"
)
SPOKEN: Final = frozenset(_CODES.split())
"""Languages that names can be said in: those of the embedded voice."""

_LONGEST: Final = 200  # characters
_DIGIT: Final = re.compile(r"\d")

_CURRENT: Final = """
    SELECT written, language, kind, said
    FROM pronunciations
    QUALIFY row_number() OVER (
        PARTITION BY lower(written), language ORDER BY saved_at DESC, rowid DESC) = 1
    ORDER BY written, language
"""
_KEEP: Final = """
    INSERT INTO pronunciations (written, language, kind, said, saved_at, saved_by)
    VALUES ($written, $language, $kind, $said, $saved_at, $saved_by)
"""


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How words are said.

    Attributes:
        written: As they stand in a text; large and small letters are the same.
        language: Of the scripts that it holds for; empty is all.
        kind: One of KINDS.
        said: Other letters, phonemes, or a language such as ``pl``.
    """

    written: str
    language: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The pronunciations in force.

    Attributes:
        entries: By the words in small letters and the language.
    """

    entries: Mapping[tuple[str, str], Pronunciation] = field(default_factory=dict)

    @classmethod
    def of(cls, *entries: Pronunciation) -> Lexicon:
        """Return a lexicon of entries; withdrawn ones say nothing."""
        return cls(
            {
                (entry.written.casefold(), entry.language): entry
                for entry in entries
                if entry.kind != "withdrawn"
            }
        )

    def find(self, written: str, language: str) -> Pronunciation | None:
        """Return how words are said in a script of a language; its own entry before that for all.

        Example:
            >>> lexicon = Lexicon.of(Pronunciation("Nguyen", "", "respelling", "Nwin"))
            >>> lexicon.find("NGUYEN", "en-GB").said
            'Nwin'
        """
        key, base = written.strip().casefold(), language.split("-", maxsplit=1)[0]
        tried = ((key, language), (key, base), (key, ""))
        return next((self.entries[each] for each in tried if each in self.entries), None)

    def pattern(self, language: str) -> re.Pattern[str] | None:
        """Return what finds the words that are in it for a language; None where there are none."""
        base = language.split("-", maxsplit=1)[0]
        known = {word for word, of in self.entries if of in {"", base, language}}
        if not known:
            return None
        ordered = sorted(known, key=lambda word: (-len(word), word))
        words = "|".join(re.escape(word) for word in ordered)
        return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def lexicon_of(store: Store) -> Lexicon:
    """Read the pronunciations in force."""
    return Lexicon.of(*(Pronunciation(*row) for row in store.read(_CURRENT)))


def pronunciations(store: Store) -> tuple[Pronunciation, ...]:
    """Return the pronunciations in force, those that were withdrawn left out."""
    found = (Pronunciation(*row) for row in store.read(_CURRENT))
    return tuple(entry for entry in found if entry.kind != "withdrawn")


def keep_pronunciation(store: Store, entry: Pronunciation, *, actor: str) -> None:
    """Keep how words are said from now on; what was kept before stays on record.

    Args:
        store: Adds a row to ``pronunciations``.
        entry: ``withdrawn`` leaves the words to the rules again.
        actor: Who says so.

    Raises:
        InputError: There is nothing to say, or it cannot be said so.
    """
    refuse_unsayable(entry)
    with store.transaction():
        store.run(
            _KEEP, written=entry.written.strip(), language=entry.language, kind=entry.kind,
            said=entry.said.strip(), saved_at=store.now(), saved_by=actor,
        )  # fmt: skip
        record(store, "pronunciation.save", "", actor=actor, how=entry.kind,
               language=entry.language)  # fmt: skip


def refuse_unsayable(entry: Pronunciation) -> None:
    """Refuse an entry that no engine could say.

    Raises:
        InputError: It is empty, too long, of no known kind, or no respelling, phonemes or language.
    """
    written, said = entry.written.strip(), entry.said.strip()
    if not written or (not said and entry.kind != "withdrawn"):
        raise InputError("Write the word, and how it is said.")
    if max(len(written), len(said)) > _LONGEST:
        raise InputError(f"A pronunciation has {_LONGEST} characters at most.")
    if entry.kind not in KINDS:
        raise InputError(f"A pronunciation is no {entry.kind!r}. Use: {', '.join(KINDS)}.")
    tag = _LANGUAGE.fullmatch(said)
    if entry.kind == "language" and (tag is None or tag[1] not in SPOKEN):
        raise InputError(f"{said!r} is no language that is spoken. Write it like pl, vi or zh-HK.")
    if entry.kind == "phonemes" and not are_phonemes(said):
        raise InputError(
            f"{said!r} are no phonemes of espeak-ng. Take its mnemonics, such as n'eIm, or write "
            "the word as it sounds: a respelling."
        )
    if entry.kind == "respelling" and (_DIGIT.search(said) or not re.search(r"[^\W\d_]", said)):
        raise InputError(f"{said!r} is no respelling: write it in letters, such as Voy-check.")
