"""Inflections: which words a form may be of, in English, German, French and Spanish.

``bases`` names candidates, good and bad ones; two forms are of one word where they share one.  The
rules are those of Porter (1980), An algorithm for suffix stripping, step 1, kept from cutting where
another word would come of it: ``caring`` is of ``care`` and never of ``car``.  What builds a new
word (``offer`` of ``off``, ``shower`` of ``show``) is none of their business.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_VOWEL: Final = re.compile(r"[aeiouy]")
_SHORT: Final = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]")  # car, hop, bak: whole words
_DOUBLED: Final = re.compile(r"([bdfglmnprtz])\1$")
_OF_NOBODY: Final = frozenset((
    "news", "always", "lens", "towards", "afterwards", "perhaps", "besides", "goods", "series",
    "species", "customs", "evening", "outing", "something", "everything", "nothing", "during",
))  # fmt: skip
_ES: Final = ("ses", "xes", "zes", "ches", "shes", "oes")
_GRADED: Final = frozenset((
    "big", "bold", "bright", "broad", "calm", "cheap", "clean", "clear", "close", "cold", "cool",
    "cosy", "dark", "deep", "dry", "early", "easy", "fair", "fancy", "fast", "fine", "firm", "fit",
    "fresh", "full", "funny", "gentle", "great", "grand", "happy", "hard", "healthy", "heavy",
    "high", "hot", "kind", "large", "late", "lazy", "light", "long", "loud", "lovely", "low",
    "lucky", "mad", "mean", "near", "neat", "new", "nice", "old", "plain", "poor", "pretty",
    "pure", "quick", "quiet", "rapid", "rare", "rich", "ripe", "rough", "safe", "sad", "sharp",
    "short", "sick", "silly", "simple", "slim", "slow", "small", "smart", "smooth", "soft",
    "speedy", "strong", "sure", "sweet", "swift", "tall", "tasty", "thick", "thin", "tight",
    "tiny", "tough", "ugly", "warm", "weak", "wealthy", "weird", "wet", "wide", "wild", "wise",
    "young",
))  # fmt: skip
_IRREGULAR: Final[Mapping[str, str]] = MappingProxyType({
    form: base
    for base, forms in {
        "buy": "bought", "sell": "sold", "give": "gave given", "get": "got gotten",
        "take": "took taken", "make": "made", "win": "won", "lose": "lost", "spend": "spent",
        "send": "sent", "keep": "kept", "feel": "felt", "find": "found", "choose": "chose chosen",
        "grow": "grew grown", "steal": "stole stolen", "break": "broke broken",
        "fall": "fell fallen",
        "drink": "drank drunk", "eat": "ate eaten", "grab": "grabbed", "go": "went gone goes",
        "bring": "brought", "think": "thought", "tell": "told", "say": "said", "mean": "meant",
        "leave": "left", "write": "wrote written", "drive": "drove driven", "wear": "wore worn",
        "child": "children", "man": "men", "woman": "women", "person": "people", "life": "lives",
        "half": "halves", "knife": "knives", "good": "better best",
        "bad": "worse worst",
    }.items()
    for form in forms.split()
})  # fmt: skip


# Letters of a language, which make another word without their accent: schön is not schon.
_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {"de": "äöü", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúüñ"}
)
_STROKES: Final = str.maketrans("øłđħŧı", "oldhti")


def unaccented(word: str, language: str) -> str:
    """Return the word without accents that its language does not have.

    Example:
        >>> unaccented("chéap", "en"), unaccented("schön", "de")
        ('cheap', 'schön')
    """
    if word.isascii():
        return word
    own = _OWN.get(language, "")
    return "".join(sign if sign in own else _bare(sign) for sign in word)


def _bare(sign: str) -> str:
    apart = unicodedata.normalize("NFD", sign)
    return "".join(s for s in apart if not unicodedata.category(s).startswith("M")).translate(
        _STROKES
    )


def bases(word: str, language: str) -> frozenset[str]:
    """Return the words that a form may be of, itself among them.

    Args:
        word: In lower case, without hidden signs.
        language: ``en``, ``de``, ``fr`` or ``es``; in another language a form is of itself only.

    Example:
        >>> "stop" in bases("stopping", "en"), "car" in bases("caring", "en")
        (True, False)
    """
    find = _BY_LANGUAGE.get(language)
    is_of = language in ("en", "de") and word.endswith(("'s", "'"))
    own = word.removesuffix("s").removesuffix("'") if is_of else word
    return frozenset((word, own, *(find(own) if find and own.isalpha() else ())))


def _english(word: str) -> Iterator[str]:
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    if word in _OF_NOBODY:
        return
    if word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004
        yield word[:-1]
        if word.endswith(_ES):
            yield word[:-2]
        if word.endswith("ies"):
            yield f"{word[:-3]}y"
    yield from _english_verb(word)
    yield from _english_degree(word)


def _english_verb(word: str) -> Iterator[str]:
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3 or not _VOWEL.search(stem):  # noqa: PLR2004
            continue
        if ending == "ed" and stem.endswith("i"):
            yield f"{stem[:-1]}y"
        elif _DOUBLED.search(stem):
            yield from (stem, stem[:-1])
        elif _SHORT.fullmatch(stem):
            yield f"{stem}e"
        else:
            yield from (stem, f"{stem}e")


def _english_degree(word: str) -> Iterator[str]:
    for ending in ("est", "er", "ly"):
        stem = word.removesuffix(ending)
        if stem != word:
            named = (stem, stem[:-1], f"{stem}e", f"{stem[:-1]}y", f"{stem}le")
            yield from (base for base in named if base in _GRADED)


def _stripped(word: str, endings: tuple[str, ...], shortest: int) -> Iterator[str]:
    for ending in endings:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= shortest:
            yield stem


_GERMAN: Final = (
    "sten", "ster", "stes", "stem", "ste", "ern", "en", "em", "er", "es", "e", "n", "s",
)  # fmt: skip
_UMLAUTS: Final = str.maketrans("äöü", "aou")


def _german(word: str) -> Iterator[str]:
    for stem in _stripped(word, _GERMAN, 4):
        yield stem
        yield stem.translate(_UMLAUTS)  # Häuser, Gutscheine


def _french(word: str) -> Iterator[str]:
    yield from _stripped(word, ("es", "s", "x", "e"), 3)
    yield from (f"{stem}al" for stem in _stripped(word, ("aux",), 2))
    verbs = ("ées", "ée", "és", "é", "er", "ez", "ent", "ant", "ons", "e", "es")
    yield from (f"{stem}er" for stem in _stripped(word, verbs, 3))


def _spanish(word: str) -> Iterator[str]:
    yield from _stripped(word, ("es", "s"), 3)
    yield from (f"{stem}o" for stem in _stripped(word, ("os", "as", "a"), 3))
    of_ar = ("ados", "adas", "ado", "ada", "ando", "amos", "an")
    yield from (f"{stem}ar" for stem in _stripped(word, of_ar, 3))


_BY_LANGUAGE: Final[Mapping[str, Callable[[str], Iterator[str]]]] = MappingProxyType(
    {"en": _english, "de": _german, "fr": _french, "es": _spanish}
)
