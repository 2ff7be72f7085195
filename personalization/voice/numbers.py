"""Numbers in words, in English, German, French and Spanish: whole, in order, with decimals, years.

Written here, because the one library that is kept for it knows no grammatical gender, pulls in a
package that is not maintained, and would be held to the same tests anyway.
"""

from __future__ import annotations

import re
from typing import Final

from personalization.errors import InputError
from personalization.voice.counting import COUNT

MOST: Final = 10**15
"""Numbers from here on are said digit by digit."""

_EN_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_DE_ORDINALS: Final = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
_ES_ORDINALS: Final = (
    "", "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo",
    "noveno", "décimo", "undécimo", "duodécimo",
)  # fmt: skip


def cardinal(number: int, language: str, *, before: str = "") -> str:
    """Say a whole number; ``before`` is the word that it counts, for its gender.

    Example:
        >>> cardinal(1_105, "en-GB"), cardinal(1_105, "en-US")
        ('one thousand one hundred and five', 'one thousand one hundred five')
        >>> cardinal(21, "de"), cardinal(81, "fr"), cardinal(21, "es", before="euros")
        ('einundzwanzig', 'quatre-vingt-un', 'veintiún')
    """
    if abs(number) >= MOST:
        return digits(str(number), language)
    if number < 0:
        minus = {"fr": "moins", "es": "menos"}.get(_base(language), "minus")
        return f"{minus} {cardinal(-number, language, before=before)}"
    return COUNT[_base(language)](number, language, before.casefold())


def ordinal(number: int, language: str, *, ending: str = "") -> str:
    """Say a place in an order; ``ending`` bends it: de -e, -en, -er, -es, es -a, fr -e.

    Example:
        >>> ordinal(21, "en"), ordinal(3, "de", ending="en"), ordinal(1, "fr"), ordinal(2, "es")
        ('twenty-first', 'dritten', 'premier', 'segundo')
    """
    base = _base(language)
    if base == "en":
        return _english_ordinal(cardinal(number, language))
    if base == "de":
        return _german_stem(number, language) + (ending or "e")
    if base == "fr":
        return _french_ordinal(number, language, is_feminine=ending == "e")
    if number >= len(_ES_ORDINALS):
        return cardinal(number, language)
    found = _ES_ORDINALS[number]
    return found[:-1] + "a" if ending == "a" else found


def decimal(written: str, language: str, *, point: str, before: str = "") -> str:
    """Say digits that may hold a point, such as ``12.5``: one sign, and no separators.

    Example:
        >>> decimal("12.05", "en", point="point"), decimal("2.5", "de", point="Komma")
        ('twelve point zero five', 'zwei Komma fünf')
    """
    whole, _, rest = written.partition(".")
    if not rest:
        return cardinal(int(whole or 0), language, before=before)
    if _base(language) in {"fr", "es"} and not rest.startswith("0") and len(rest) <= 3:  # noqa: PLR2004
        said = cardinal(int(rest), language)
    else:
        said = digits(rest, language)
    return f"{cardinal(int(whole or 0), language)} {point} {said}"


def year(number: int, language: str) -> str:
    """Say a year as people do.

    Example:
        >>> year(2026, "en-GB"), year(1987, "de"), year(1905, "en")
        ('twenty twenty-six', 'neunzehnhundertsiebenundachtzig', 'nineteen oh five')
    """
    base, century, rest = _base(language), number // 100, number % 100
    if base == "en" and (1100 <= number < 2000 or 2010 <= number < 2100):  # noqa: PLR2004
        first = cardinal(century, language)
        if rest == 0:
            return f"{first} hundred"
        return f"{first} {'oh ' if rest < 10 else ''}{cardinal(rest, language)}"  # noqa: PLR2004
    if base == "de" and 1100 <= number < 2000:  # noqa: PLR2004
        said = f"{cardinal(century, language)}hundert"
        return said + (cardinal(rest, language) if rest else "")
    return cardinal(number, language)


def digits(written: str, language: str) -> str:
    """Say each digit by itself; other signs are left out.

    Example:
        >>> digits("0123", "en")
        'zero one two three'
    """
    return " ".join(cardinal(int(sign), language) for sign in written if sign.isdecimal())


def plain_number(written: str, *, decimal_comma: bool) -> str:
    """Return a written number with a point for its decimals and nothing else.

    Thousands may be set apart by the other sign, by blanks or by apostrophes.

    Example:
        >>> plain_number("1,234.50", decimal_comma=False)
        '1234.50'
        >>> plain_number("1.234,5", decimal_comma=True), plain_number("12.50", decimal_comma=True)
        ('1234.5', '12.50')
    """
    bare = re.sub(r"[\s'’\u00a0\u202f]", "", written)
    own, other = (",", ".") if decimal_comma else (".", ",")
    if bare.count(own) > 1 or 0 <= bare.find(own) < bare.find(other):
        own, other = other, own  # as other countries write it: 1,234.50 where a comma is usual
    if re.fullmatch(rf"\d{{1,2}}(\{other}\d{{2}})+\{other}\d{{3}}(\{own}\d+)?", bare):
        bare = bare.replace(other, "")  # lakhs and crores
    elif re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+(\{own}\d+)?", bare):
        bare = bare.replace(other, "")
    elif other in bare and own not in bare:
        return bare.replace(other, "." if bare.count(other) == 1 else "")
    return bare.replace(own, ".", 1)


def _base(language: str) -> str:
    base = language.split("-", maxsplit=1)[0].lower()
    if base not in COUNT:
        raise InputError(f"Numbers are not said in {language!r}. Use: {', '.join(COUNT)}.")
    return base


def _english_ordinal(said: str) -> str:
    head, joint, last = (
        said.rpartition("-") if "-" in said.rsplit(" ", maxsplit=1)[-1] else said.rpartition(" ")
    )
    if last in _EN_ORDINALS:
        last = _EN_ORDINALS[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last += "th"
    return head + joint + last


def _german_stem(number: int, language: str) -> str:
    rest = number % 100
    if number > 100 and 0 < rest < 20:  # noqa: PLR2004
        whole = cardinal(number - rest, language)
        return ("ein" + whole if whole.startswith("hundert") else whole) + _german_stem(
            rest, language
        )
    if number in _DE_ORDINALS:
        return _DE_ORDINALS[number]
    return cardinal(number, language, before="x") + ("t" if 0 < rest < 20 else "st")  # noqa: PLR2004


def _french_ordinal(number: int, language: str, *, is_feminine: bool) -> str:
    if number == 1:
        return "première" if is_feminine else "premier"
    said = cardinal(number, language).removesuffix("s")
    said += "s" if said.endswith("troi") else ""
    if said.endswith("cinq"):
        return f"{said}uième"
    if said.endswith("neuf"):
        return f"{said[:-1]}vième"
    return f"{said.removesuffix('e')}ième"
