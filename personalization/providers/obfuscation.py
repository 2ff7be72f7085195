"""How words are hidden from a filter, and how to read them all the same.

Zero-width signs, letters of another alphabet that look the same, digits for letters, spaced
letters: ``readings`` undoes them, and a text is judged by the worst of its readings.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

from personalization.providers.spelling import split, unswapped

KEPT_SENTENCES: Final = 4096
"""Sentences whose readings are kept in memory, for most repeat across a campaign."""

ZERO_WIDTH: Final = "\u00ad\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"
BIDI_CONTROLS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE: Final = re.compile(f"[{ZERO_WIDTH}{BIDI_CONTROLS}\u200e\u200f\U000e0000-\U000e007f]")

# Letters that look alike in most typefaces, after Unicode TS 39, confusables.txt (a selection).
_TWINS: Final = {
    "a": "аα", "b": "ь", "c": "с", "d": "ԁ", "e": "еε", "g": "ɡ", "h": "һհ", "i": "іıι", "j": "ј",
    "k": "кκ", "l": "ӏⅼ", "m": "м", "n": "ηո", "o": "оοօ", "p": "рρ", "q": "ԛ", "s": "ѕ", "t": "тτ",
    "u": "υս", "v": "ν", "w": "ԝω", "x": "хχ", "y": "уγ", "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ",
    "H": "НΗ", "I": "ІΙ", "J": "Ј", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "S": "Ѕ",
    "T": "ТΤ", "X": "ХΧ", "Y": "УΥ", "Z": "Ζ",
}  # fmt: skip
_SMALL_CAPITALS: Final = dict(
    zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
)
# White letters on a black disc or square, which NFKC leaves as they are.
_BADGES: Final = {chr(start + i): chr(97 + i) for start in (0x1F150, 0x1F170) for i in range(26)}
_LOOK_ALIKES: Final = str.maketrans(
    {twin: a for a, twins in _TWINS.items() for twin in twins} | _SMALL_CAPITALS | _BADGES
)
_DIGIT_LETTERS: Final = str.maketrans("01345789@$!|", "oieastbgasil")
# A quantity or a name is no disguise: 50ml, 3rd, 2x, mp3, A4, 4k, co2, b2b, W1A.
_QUANTITY: Final = re.compile(
    r"\W*(?:\d[\d.,:/-]*[a-zA-Z%°]{1,4}|[a-zA-Z]{1,3}\d{1,4}|[a-zA-Z][2689][a-zA-Z]|[A-Z]\d[A-Z])\W*"
)
_STAND_INS: Final = re.compile(r"(?<=[^\W\d_])[\d@$!|]+|[\d@$!|]+(?=[^\W\d_])")
_MIXED: Final = re.compile(
    r"(?<![^\s\"'(])(?=\S*[a-zA-Z])[\w@$!|]+(?=[.,;:!?\"')]*(?:\s|$))|(?<=\s)[4@](?=\s)"
)
_SURELY_DISGUISED: Final = 2
_WORD: Final = re.compile(r"\S+")
_SPACED_LETTERS: Final = re.compile(r"(?<!\w)[^\W\d_]([ .\-_*])(?:[^\W\d_]\1){2,}[^\W\d_](?!\w)")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+")


def plain(text: str) -> str:
    """Return the text in NFKC, without invisible signs, look-alike letters as Latin ones.

    Example:
        >>> plain("p" + chr(0x430) + "y" + chr(0x200B) + "ment")
        'payment'
    """
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LOOK_ALIKES)
    return unicodedata.normalize("NFKC", folded)  # a twin and its accent may now be one sign


def decoded(text: str) -> str:
    """Return the plain text with spaced letters joined and digits read as letters.

    Quantities and product names are left as they are.

    Example:
        >>> decoded("a l1ttle b0ok, 50ml, k i t e")
        'a little book, 50ml, kite'
    """
    return _WORD.sub(lambda m: _read_digits(m[0]), _joined(text))


def _joined(text: str) -> str:
    return _SPACED_LETTERS.sub(lambda m: split(re.sub(r"[ .\-_*]", "", m[0])), plain(text))


def boldly_decoded(text: str) -> str:
    """Return the text with every digit in a word read as a letter, quantities and all.

    Only where two words or more are disguised for certain; else it is as ``decoded`` has it.

    Example:
        >>> boldly_decoded("K1ll th3m 4ll"), boldly_decoded("4all, 50ml")
        ('Kill them all', '4all, 50ml')
    """
    joined = _joined(text)
    read = decoded(text)
    n_disguised = sum(a != b for a, b in zip(joined.split(), read.split(), strict=True))
    if n_disguised < _SURELY_DISGUISED:
        return read
    return _MIXED.sub(lambda m: m[0].translate(_DIGIT_LETTERS), joined)


def bare(text: str) -> str:
    """Return the decoded text without accents and struck-through letters, in small letters.

    Example:
        >>> bare("Crème br" + chr(0xFB) + "lée")
        'creme brulee'
    """
    apart = unicodedata.normalize("NFKD", decoded(text))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def _read_digits(word: str) -> str:
    core = word.rstrip(".,;:!?")
    is_address = "://" in core or re.search(r"@.*\.", core)
    if is_address or _QUANTITY.fullmatch(core) or sum(map(str.isalpha, core)) < 2:  # noqa: PLR2004
        return word
    return _STAND_INS.sub(lambda m: m[0].translate(_DIGIT_LETTERS), core) + word[len(core) :]


@lru_cache(maxsize=KEPT_SENTENCES)
def readings(text: str) -> tuple[str, ...]:
    """Return what ``text`` may be read as: itself, and with disguises undone, each once."""
    read = boldly_decoded(text)
    return tuple(dict.fromkeys((text, plain(text), decoded(text), read, unswapped(read))))


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence or line of ``text`` that holds a word.

    Example:
        >>> [ "One. Two!"[a:b] for a, b in sentence_spans("One. Two!") ]
        ['One.', 'Two!']
    """
    edges = [0, *(m.end() for m in _SENTENCE_END.finditer(text)), len(text)]
    spans = []
    for start, end in pairwise(edges):
        piece = text[start:end]
        if any(sign.isalnum() for sign in piece):
            lead = len(piece) - len(piece.lstrip())
            spans.append((start + lead, start + len(piece.rstrip())))
    return spans
