"""Amounts of money as they are said: below zero, from and to, in millions, for each of many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.bending import a_german, in_dative
from personalization.voice.numbers import cardinal, decimal, plain_number
from personalization.voice.readings import (
    FREE,
    FRENCH_NUMBER,
    GAP,
    MINUS,
    NUMBER,
    Rule,
    rule,
    word_after,
    word_before,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.voice.spoken_words import SpokenWords

_ONE: Final = {
    "Millionen": "eine Million", "Milliarden": "eine Milliarde", "tausend": "eintausend",
    "millions": "un million", "milliards": "un milliard", "mille": "mille",
    "millones": "un millón", "mil": "mil",
}  # fmt: skip
_PENCE: Final = "p"  # a page before a number, and lines of a screen from 100 on
_NAMED_BELOW: Final = 10  # hundredths: "three pounds five" might be 3.50
_PLAIN_ENGLISH: Final = frozenset(("pound", "euro"))  # the others name their hundredths


def price_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for amounts with a currency, its sign before or behind them."""
    number, signs, sizes = number_of(words), any_of(words.currencies), any_of(words.money)
    last = rf"(?:[-\u2013\u2014](?P<last>{number})(?![\d.,]*{GAP}%)(?!\d|[-/]\d))?"
    size, each = rf"(?:{GAP}(?P<size>{sizes})(?![^\W_]))?", each_of()
    whole = r"(?:[.,][-\u2013\u2014]+)?"  # "49.-" and "49,-" are 49
    amount = rf"(?P<number>{number}){last}"
    return (
        rule(
            rf"(?<![^\W\d_]){MINUS}(?P<sign>{signs}){GAP}(?P<less>[-\u2212])?{amount}{size}"
            rf"(?!\d){whole}{each}",
            _price,
        ),
        rule(
            rf"{FREE}{MINUS}{amount}{whole}"
            + size.replace(r"(?![^\W_])", "")
            + rf"{GAP}(?P<sign>{signs})(?!\w){each}",
            _price,
        ),
        *_with_sign_for_point(words),
        rule(rf"{FREE}(?P<number>\d+)[.,][-\u2013\u2014]+(?=\s[^\W\d_])", _whole),
    )


def _with_sign_for_point(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rule for "12€50", as it is written on the continent."""
    if words.base == "en":
        return ()
    pattern = rf"{FREE}(?P<number>\d+)(?P<sign>[€£$])(?P<rest>\d\d)(?!\d|[.,]\d){each_of()}"
    return (rule(pattern, _price_with_sign_for_point),)


def each_of() -> str:
    """Return the pattern of what stands behind an amount that is for each of something."""
    return r"(?:[\s\u00a0]?/[\s\u00a0]?(?P<each>[^\W\d_]+[²³]?)\b(?!/|\.\w))?"


def said_each(match: re.Match[str], words: SpokenWords) -> str:
    """Say what an amount is for, such as "a month"; nothing where it is for nothing."""
    each = match["each"]
    if not each:
        return ""
    found = words.each.get(each) or words.each.get(each.casefold())
    if found is None:
        found = f"{words.says['per']} {words.units.get(each, (each,))[0]}"
    return f" {found}"


def number_of(words: SpokenWords) -> str:
    """Return the pattern of a number as the language writes it."""
    return FRENCH_NUMBER if words.base == "fr" else NUMBER


def any_of(written: Iterable[str]) -> str:
    """Return a pattern of any of these, the longest first."""
    return "|".join(re.escape(each) for each in sorted(written, key=len, reverse=True))


def plain(written: str, words: SpokenWords) -> str:
    """Return a written number with a point for its decimals and nothing else."""
    return plain_number(written.replace(" ", ""), decimal_comma=words.decimal_comma)


def say(written: str, words: SpokenWords, *, before: str = "") -> str:
    """Say a written number; ``before`` is the word that it counts."""
    bare = plain(written, words)
    return decimal(bare, words.language, point=words.says["point"], before=before)


def sized(written: str, size: str, words: SpokenWords, *, dative: bool = False) -> str:
    """Say a number with its size, such as 2.5 million."""
    name = words.money[size]
    bare = plain(written, words)
    if bare == "1":
        one = _ONE.get(name, f"{say(written, words, before='x')} {name}")
        return one.replace("eine ", "einer ") if dative else one
    if name == "tausend" and bare.isdecimal():
        return cardinal(int(bare), words.language, before="x") + name
    if words.base == "fr" and float(bare) < 2:  # noqa: PLR2004 - one and a half is no plural
        name = name.removesuffix("s")
    return f"{say(written, words, before='x')} {name}"


def is_attribute(match: re.Match[str], words: SpokenWords) -> bool:
    """Tell whether an amount describes what follows it, as in "a ten pound voucher"."""
    is_followed = re.match(r"[\s-][^\W\d_]", match.string[match.end() :]) is not None
    return words.base == "en" and word_before(match) in {"a", "an"} and is_followed


def _price(match: re.Match[str], words: SpokenWords) -> str | None:
    found = match.groupdict()
    sign, written, size = match["sign"], match["number"], match["size"]
    if sign == _PENCE and not (written.isdecimal() and len(written) < 3):  # noqa: PLR2004
        return None
    less = f"{words.says['minus']} " if found.get("minus") or found.get("less") else ""
    last, joint = match["last"], f" {words.says['to']} "
    if last and less:
        return None
    if last and (size or not re.search(r"[.,]\d\d$", written + last)):
        said = f"{say(written, words, before='x')}{joint}{_amount(match, last, words)}"
    elif last:
        said = f"{_amount(match, written, words)}{joint}{_amount(match, last, words)}"
    else:
        said = _amount(match, written, words)
    return less + said + said_each(match, words)


def _price_with_sign_for_point(match: re.Match[str], words: SpokenWords) -> str:
    point = "," if words.decimal_comma else "."
    return _cash(match, f"{match['number']}{point}{match['rest']}", words) + said_each(match, words)


def _amount(match: re.Match[str], written: str, words: SpokenWords) -> str:
    """Say one amount with its currency."""
    one, many = words.currencies[match["sign"]][:2]
    if is_attribute(match, words):
        many = one
    return _large(match, written, words, many) if match["size"] else _cash(match, written, words)


def _cash(match: re.Match[str], written: str, words: SpokenWords) -> str:
    """Say an amount to its hundredth."""
    one, many, cent, cents = words.currencies[match["sign"]]
    if is_attribute(match, words):
        many = one
    bare = plain(written, words)
    whole, _, rest = bare.partition(".")
    if rest and (len(rest) != 2 or not cents):  # noqa: PLR2004
        return f"{say(written, words)} {many}"
    said = _counted(match, int(whole), one if int(whole) == 1 else many, words)
    hundredths = int(rest or 0)
    if not hundredths:
        return said
    name = cent if hundredths == 1 else cents
    counted = _units(hundredths, name, words)
    if int(whole) == 0:
        return counted
    is_named = hundredths < _NAMED_BELOW or (words.base == "en" and one not in _PLAIN_ENGLISH)
    if is_named:
        return f"{said} {words.says['hundredths']} {counted}"
    link = " con " if words.base == "es" else " "
    return said + link + cardinal(hundredths, words.language)


def _large(match: re.Match[str], written: str, words: SpokenWords, many: str) -> str:
    is_dative = words.base == "de" and in_dative(match)
    said = sized(written, match["size"], words, dative=is_dative)
    if words.base not in {"fr", "es"} or said.endswith(("mille", "mil")):
        return f"{said} {many}"
    is_elided = words.base == "fr" and many[0] in "aeiou"
    return f"{said} d'{many}" if is_elided else f"{said} de {many}"


def _counted(match: re.Match[str], number: int, name: str, words: SpokenWords) -> str:
    if words.base == "de" and number == 1:
        return f"{a_german(match, name)} {name}"
    return _units(number, name, words)


def _units(number: int, name: str, words: SpokenWords) -> str:
    if words.base == "de" and number == 1:
        return f"ein {name}"
    counted = name.split(" ", maxsplit=1)[0]
    said = cardinal(number, words.language, before=counted)
    return f"{said}{name}" if said.endswith("'") else f"{said} {name}"


def _whole(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a number with a dash for its hundredths before a currency in words: 49,- Euro."""
    following = word_after(match)
    is_money = any(following in names[:2] for names in words.currencies.values())
    return cardinal(int(match["number"]), words.language, before=following) if is_money else None
