"""Single signs that deceive: invisible ones, twins of letters, formulas in a cell."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from personalization.providers.obfuscation import BIDI_CONTROLS, ZERO_WIDTH
from personalization.safety.reading import Hit, overlaps, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LATIN_TWINS: Final = frozenset(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"))
# Scripts whose spelling needs joiners: Unicode 16, section 23.2.
_JOINING: Final = re.compile(
    r"ARABIC|DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA"
    r"|KHMER|MYANMAR|MONGOLIAN|SYRIAC|TIBETAN"
)
_TAGS: Final = range(0xE0000, 0xE0080)
_BLACK_FLAG: Final = "\U0001f3f4"
_STYLED: Final = re.compile(r"[^\x00-\x7f]{2,}")
_ORDINALS: Final = "ªº"
_NUMBER: Final = re.compile(r"[+-]?[\d.,\s]*\d[\d.,\s]*%?")
_FORMULA_START: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def obfuscation(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find invisible signs inside words, turned text, mixed alphabets and styled letters."""
    if text.isascii():
        return
    for at, sign in enumerate(text):
        if _is_hidden(text, at, sign):
            yield Hit(at, at + 1, f"U+{ord(sign):04X} {unicodedata.name(sign, 'control sign')}.")
            break
    excused = spans_of(rule.unless, text)
    for match in _WORD.finditer(text):
        if is_mixed(match[0]) and not overlaps(excused, *match.span()):
            yield Hit(*match.span(), "Letters of two alphabets in one word.")
    for match in _STYLED.finditer(text):
        if sum(map(_is_styled, match[0])) > 1:
            yield Hit(*match.span(), "Letters in a disguise of their own.")


def _is_hidden(text: str, at: int, sign: str) -> bool:
    if sign in BIDI_CONTROLS:
        return True
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if ord(sign) in _TAGS:
        return _BLACK_FLAG not in text[max(at - 8, 0) : at]
    return sign in ZERO_WIDTH and not (_needs_joiner(before) and _needs_joiner(after))


def _needs_joiner(sign: str) -> bool:
    if not sign:
        return False
    is_emoji = unicodedata.category(sign) in {"So", "Sk"} or sign in "\ufe0f♀♂⚕"
    return is_emoji or bool(_JOINING.match(unicodedata.name(sign, "")))


def is_mixed(word: str) -> bool:
    """Tell whether Latin letters and letters that look like them stand in one word."""
    scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in word}
    return "LATIN" in scripts and bool(scripts & _LATIN_TWINS)


def _is_styled(sign: str) -> bool:
    plain = unicodedata.normalize("NFKC", sign)
    is_letter = len(plain) == 1 and plain.isascii() and plain.isalpha() and sign not in _ORDINALS
    return is_letter or "LETTER SMALL CAPITAL" in unicodedata.name(sign, "")


def formula(text: str, _: Rule, __: Context) -> Iterator[Hit]:
    """Find a cell that a spreadsheet would run; a plain number stays a number."""
    cell = unicodedata.normalize("NFKC", text).lstrip(ZERO_WIDTH)
    starts = cell.startswith(_FORMULA_START) or cell.lstrip().startswith("=")
    if starts and not _NUMBER.fullmatch(cell):
        yield Hit(0, len(text))
