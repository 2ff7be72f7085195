"""How easy a text is to read, by the formulas of its own language: pure, and no verdict on it.

A formula counts words, sentences and syllables; it knows nothing of meaning.  Each was fitted to
one language, so a text in another language has no figure rather than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
"""A word as it is counted: letters, and what an apostrophe or a hyphen joins to them."""

# Vowels that are written together are one syllable, but for those that are parted in speech.
_ENGLISH: Final = re.compile(
    r"[aeiouy]+(?<!ge)(?=ings?$)"  # be-ing, see-ing; age-ing keeps its silent e
    r"|(?:^[^aeiouy]*|(?<=[bdfhmprv]))i(?=[ao]|en[ct])|(?<=[bdfhmprv])i(?=u)"  # li-on, sci-ence
    r"|i(?=et)|o(?=e[mt])|[aeou]y(?=[aou]|er)"  # qui-et, po-em, loy-al, play-er
    r"|(?<=cr)e(?=at(?!u))|(?<=^id)e(?=a)|(?<=[aeiouy][^aeiouy])e(?=as?$)"  # cre-ate, ide-a, are-a
    r"|(?:(?<=^an)|(?<=^evr))y(?=o)"  # any-one, every-one
    r"|[aeiouyàâäéèêëïîöôüû]+"
)
_GERMAN: Final = re.compile(r"äu|au|eu|ei|ai|ie|aa|ee|oo|ey|ay|[aeiouyäöüéèà]")
_FRENCH: Final = re.compile(r"[aeiouyàâäéèêëïîôöûùüœæ]+")
_SPANISH: Final = re.compile(r"[iuüy]*[aeoáéíóú](?:[iuüy](?![aeoáéíóú]))*|[iuüy]+")
_SYLLABLES: Final[Mapping[str, re.Pattern[str]]] = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
}
_SILENT: Final[Mapping[str, re.Pattern[str]]] = {
    "en": re.compile(
        r"(?<=[^aeiouy])(?<![^aeiouy]l)(?:e$|(?<![td])ed$|(?<![szxhgc])es$)"
        r"|(?<=^ev)e(?=ry|ning)|(?<=^bus)i(?=ness)|(?<=choc)o(?=lat)"
    ),
    "fr": re.compile(r"(?<=[^aeiouyéèê])es?$"),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A reading ease: ``constant - per_sentence * W / S - per_word * Y / W``.

    W are words, S sentences, Y syllables.

    Attributes:
        name: As the field knows it.
        plain: From which figure on a text is plain, on the scale of its authors.
        source: Where it was published.
    """

    name: str
    constant: float
    per_sentence: float
    per_word: float
    plain: float
    source: str


EASE: Final[Mapping[str, Formula]] = {
    "en": Formula(
        "Flesch Reading Ease", 206.835, 1.015, 84.6, 60.0,
        "Flesch (1948), A new readability yardstick",
    ),
    "de": Formula(
        "Flesch by Amstad", 180.0, 1.0, 58.5, 60.0,
        "Amstad (1978), Wie verständlich sind unsere Zeitungen?",
    ),
    "fr": Formula(
        "Flesch by Kandel and Moles", 207.0, 1.015, 73.6, 60.0,
        "Kandel and Moles (1958), Application de l'indice de Flesch à la langue française",
    ),
    "es": Formula(
        "Perspicuidad by Szigriszt-Pazos", 206.835, 1.0, 62.3, 55.0,
        "Szigriszt-Pazos (1993); bounds of the Inflesz scale, Barrio-Cantalejo (2008)",
    ),
}  # fmt: skip
"""By language; there is no figure for any other."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What a text is made of.

    Attributes:
        n_words: Words.
        n_sentences: Sentences that hold a word.
        n_syllables: Syllables of the words, counted by the rules of the language.
        longest: Words of the longest sentence.
    """

    n_words: int
    n_sentences: int
    n_syllables: int
    longest: int

    @property
    def words_per_sentence(self) -> float:
        """Return the mean length of a sentence, in words; 0 where there is none."""
        return self.n_words / self.n_sentences if self.n_sentences else 0.0


def prose_of(sentences: Sequence[str], locale: str) -> Prose:
    """Count words, sentences and syllables of a text that was split into its sentences."""
    lengths = [len(words) for s in sentences if (words := WORD.findall(s))]
    n_syllables = sum(syllables(w, locale) for s in sentences for w in WORD.findall(s))
    return Prose(sum(lengths), len(lengths), n_syllables, max(lengths, default=0))


def reading_ease(prose: Prose, locale: str) -> float | None:
    """Return the reading ease, about 0 (hard) to 100 (easy); None without a formula or a word."""
    formula = EASE.get(locale[:2].casefold())
    if formula is None or not prose.n_words:
        return None
    return (
        formula.constant
        - formula.per_sentence * prose.words_per_sentence
        - formula.per_word * prose.n_syllables / prose.n_words
    )


def school_grade(prose: Prose, locale: str) -> float | None:
    """Return the American school grade that an English text asks for; None for other languages.

    References:
        Kincaid, Fishburne, Rogers and Chissom (1975): 0.39 W / S + 11.8 Y / W - 15.59.
    """
    if locale[:2].casefold() != "en" or not prose.n_words:
        return None
    per_word = prose.n_syllables / prose.n_words
    return 0.39 * prose.words_per_sentence + 11.8 * per_word - 15.59


def syllables(word: str, locale: str = "en") -> int:
    """Count the syllables of a word by the vowels that are spoken; 1 at least.

    By rule and without a dictionary, so single words can be one off; means over a text are not
    far from hand counts.  Languages without rules of their own are counted as English.

    Example:
        >>> [syllables(w) for w in ("cat", "table", "please", "shopping", "wished")]
        [1, 2, 1, 2, 1]
        >>> syllables("neue", "de"), syllables("ciudad", "es"), syllables("boutique", "fr")
        (2, 2, 2)
    """
    language = locale[:2].casefold()
    if "-" in word:
        return sum(syllables(part, language) for part in word.split("-") if part)
    spoken = word.casefold().replace("qu", "q")
    if silent := _SILENT.get(language):
        spoken = silent.sub("", spoken)
    return max(len(_SYLLABLES.get(language, _ENGLISH).findall(spoken)), 1)
