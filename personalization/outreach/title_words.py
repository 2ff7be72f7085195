"""The words of job titles: what one word says of level and department, however it is written.

``titles.toml`` lists base forms.  Feminine forms, plurals, compounds (``Vertriebsleiterin``) and
small typing errors are found from them here, so that a new title needs no new word.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.title_words_misspelt import TWICE, misspellings_of, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST: Final = 5
"""Words of the longest phrase that is looked for."""

BY_ROOT: Final = "…"
"""Stands behind a word that was read by how it begins."""

_SHORTEST_END: Final = 6
_SHORTEST_DEPARTMENT: Final = 8
# Short words that a compound ends with whatever stands in front of them: kontorschef.
_SHORT_HEADS: Final = frozenset(("chef", "sjef", "leder"))
_SHORTEST_UNKNOWN: Final = 3
_LONGEST_ROOT: Final = 10
_LONGEST_WORD: Final = 45  # letters of a compound: more is no word of a title
_SHORTEST_FRONT: Final = 2
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "đ": "d", "’": "'", "＆": "&"}
)
_SPELT_OUT: Final = re.compile("([aou])e")
_UNSEEN: Final = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")  # of no width
_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
_ARABIC_LETTERS: Final = str.maketrans("أإآىة", "اااي" + "ه")
_ARABIC_VOWELS: Final = re.compile(r"[\u0640\u064b-\u065f]")
_ARABIC_AND: Final = re.compile(r"\sوال(?=\w{2})|\sو\s")
_ARABIC_ARTICLE: Final = re.compile(r"\bال(?=\w{2})")
_ARABIC_TO: Final = re.compile(r"\bلل(?=\w{2})")
_LINKS: Final = ("", "s", "es", "n", "en", "-")
# Feminine and plural ends, and what stands for them in the base form.
_ENDS: Final = (
    ("innen", ""), ("in", ""), ("rin", "r"), ("trice", "teur"), ("trice", "tore"),
    ("trices", "teur"), ("euse", "eur"), ("iere", "ier"), ("ffe", "f"), ("niczka", "nik"),
    ("erka", "er"),
    ("orka", "or"), ("istka", "ista"), ("ka", ""), ("eress", "er"), ("ora", "or"), ("a", "o"),
    ("a", "e"), ("a", ""), ("e", ""), ("ee", "e"), ("es", ""), ("s", ""), ("en", ""), ("er", ""),
    ("as", "o"), ("os", "o"), ("i", "e"), ("i", "o"), ("e", "a"), ("nne", "n"), ("te", "t"),
    ("ster", ""), ("ler", ""), ("lerin", ""), ("em", ""), ("y", ""), ("ow", ""), ("u", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """What a word or phrase says.

    Attributes:
        text: Its base form, as ``titles.toml`` has it.
        kind: function, weak, level, responsible, assistant, prefix_assistant, occupation, top,
            chief, chief_word, standing, board, advice, about, company or skip.
        level: One of ``domain.SENIORITIES``, or ''.
        function: The department, or ''; of a standing, which one it is.
    """

    text: str
    kind: str
    level: str = ""
    function: str = ""


@cache
def title_vocabulary() -> dict[str, Any]:
    """Read ``titles.toml``."""
    return tomllib.loads(_source())


@cache
def title_digest() -> str:
    """Return the fingerprint of ``titles.toml``, by which a reading is known to be of today."""
    return hashlib.sha256(_source().encode()).hexdigest()


def _source() -> str:
    return Path(__file__).with_name("titles.toml").read_text("utf-8")


def fold(text: str) -> str:
    """Write a title in small letters without accents; other scripts stay as they are.

    Example:
        >>> fold("GESCHÄFTSFÜHRER"), fold("Chef d'équipe")
        ('geschaftsfuhrer', "chef d'equipe")
    """
    seen = _UNSEEN.sub("", text)
    spaced = unicodedata.normalize("NFKC", seen).lower().translate(_LETTERS)
    parted = unicodedata.normalize("NFD", spaced)
    bare = "".join(c for c in parted if not 0x300 <= ord(c) <= 0x36F)  # noqa: PLR2004
    whole = unicodedata.normalize("NFC", bare)
    return _without_articles(whole) if _ARABIC.search(whole) else whole


def _without_articles(text: str) -> str:
    """Write Arabic without vowels, articles and variants of a letter; a joined "and" as "&"."""
    plain = _ARABIC_VOWELS.sub("", text.translate(_ARABIC_LETTERS))
    return _ARABIC_TO.sub("", _ARABIC_ARTICLE.sub("", _ARABIC_AND.sub(" & ", plain)))


@cache
def lexicon() -> Mapping[str, Word]:
    """Return every known phrase with what it says; the first section that has it decides."""
    words: dict[str, Word] = {}
    for word in _listed(title_vocabulary()):
        words.setdefault(word.text, word)
    return words


def _listed(listed: Mapping[str, Any]) -> Iterator[Word]:
    for standing, texts in listed["standing"].items():
        if standing != "none":
            yield from (Word(fold(text), "standing", function=standing) for text in texts)
    yield from (Word(fold(text), "board", "c_level", "general") for text in listed["side"]["board"])
    yield from (Word(fold(text), "top", "c_level", "general") for text in listed["top"]["general"])
    for letters, function in listed["chiefs"].items():
        yield Word(letters, "chief", "c_level", function)
    yield Word("chief", "chief_word", "c_level")
    for level, by_function in (*listed["phrases"].items(), *listed["occupations"].items()):
        for function, texts in by_function.items():
            yield from (Word(fold(text), "occupation", level, function) for text in texts)
    yield from (Word(fold(text), "advice", "ic") for text in listed["side"]["advice"])
    for name, texts in listed["levels"].items():
        kind = name if name in {"responsible", "assistant", "prefix_assistant"} else "level"
        level = _LEVEL_OF.get(name, name)
        yield from (Word(fold(text), kind, level) for text in texts)
    for kind in ("functions", "weak"):
        for function, texts in listed[kind].items():
            name = "function" if kind == "functions" else "weak"
            yield from (Word(fold(text), name, function=function) for text in texts)
    for kind in ("company", "about", "skip"):
        yield from (Word(fold(text), kind) for text in listed["words"][kind])


_LEVEL_OF: Final = {"responsible": "director", "prefix_assistant": "assistant"}


@lru_cache(maxsize=50_000)
def words_of(token: str) -> tuple[Word, ...]:
    """Find what one word says: itself, a form of it, a compound, or the word it was to be.

    Example:
        >>> [w.text for w in words_of("vertriebsleiterin")], [w.text for w in words_of("mangaer")]
        (['vertrieb', 'leiter'], ['manager'])
    """
    known = lexicon()
    for spelling in (token, _SPELT_OUT.sub(r"\1", token)):
        for form in forms_of(spelling):
            if form in known:
                return (known[form],)
    if len(token) > _LONGEST_WORD:
        return ()
    for spelling in (token, _SPELT_OUT.sub(r"\1", token)):
        if parts := _parts(spelling):
            return parts
    if department := _department_of(token):
        return (department,)
    if meant := nearest(token, _misspellings()):
        return (known[meant],)
    return _by_root(token)


def _department_of(token: str) -> Word | None:
    """Read a department's name without what such names end with: Bestandsmanagement."""
    for end in title_vocabulary()["words"]["department_ends"]:
        if token.endswith(end) and (front := _front(token[: -len(end)])):
            return front[-1] if front[-1].kind in {"function", "weak"} else None
    return None


def _by_root(token: str) -> tuple[Word, ...]:
    """Read a word that no list has by how it begins, as departments do in many languages."""
    sizes = range(_LONGEST_ROOT, 3, -1)
    root = next((token[:size] for size in sizes if token[:size] in _roots()), "")
    is_more = len(token) > len(root) + 1
    return (Word(f"{root}{BY_ROOT}", "weak", function=_roots()[root]),) if root and is_more else ()


@cache
def _roots() -> Mapping[str, str]:
    listed = title_vocabulary()["roots"]
    return {fold(root): function for function, roots in listed.items() for root in roots}


def forms_of(token: str) -> Iterator[str]:
    """Yield a word and the base forms that it may be the feminine or plural of."""
    yield token
    for end, base in _ENDS:
        if token.endswith(end) and len(token) - len(end) >= 3:  # noqa: PLR2004
            yield token[: -len(end)] + base


def _known_form(token: str) -> Word | None:
    known = lexicon()
    return next((known[form] for form in forms_of(token) if form in known), None)


_HEADS: Final = frozenset(
    ("level", "assistant", "occupation", "top", "responsible", "function", "standing")
)
_FRONTS: Final = frozenset(("function", "weak", "top", "occupation", "level"))


def _parts(token: str) -> tuple[Word, ...]:
    """Part a compound into the words in front and the one at its end."""
    best: tuple[Word, ...] = ()
    for at in range(_SHORTEST_FRONT, len(token) - 2):
        end = _known_form(token[at:])
        if end is None or end.kind not in _HEADS or not _can_end(end):
            continue
        if front := _front(token[:at]):
            return (*front, end)
        size = _SHORTEST_DEPARTMENT if end.kind == "function" else _SHORTEST_END
        is_long = len(token) - at >= size
        if not best and (is_long or (token[at:] in _SHORT_HEADS and at >= _SHORTEST_UNKNOWN)):
            best = (end,)
    return best


def _can_end(word: Word) -> bool:
    """Tell whether a compound can end so: a Werkstudent is a student, Financiën are no "ancien"."""
    return word.kind != "standing" or word.function == "student"


def _front(text: str) -> tuple[Word, ...]:
    for link in _LINKS:
        if not text.endswith(link):
            continue
        bare = text[: len(text) - len(link)] if link else text
        if len(bare) < _SHORTEST_FRONT:
            continue
        word = lexicon().get(bare) or (_known_form(bare) if len(bare) > 4 else None)  # noqa: PLR2004
        if word and word.kind in _FRONTS:
            return (word,)
    return _parts(text) if len(text) > 2 * _SHORTEST_END else ()


@cache
def _misspellings() -> Mapping[str, tuple[str, ...]]:
    known = lexicon()
    return misspellings_of(
        word
        for word in known
        if " " not in word and (known[word].kind != "standing" or len(word) >= TWICE)
    )
