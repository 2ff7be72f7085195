"""Measures as they are said: percentages, units, sizes such as 10k, and so many times as much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.bending import a_german, dative_plural, in_dative
from personalization.voice.numbers import cardinal
from personalization.voice.prices import (
    any_of,
    each_of,
    is_attribute,
    number_of,
    plain,
    said_each,
    say,
    sized,
)
from personalization.voice.readings import FREE, GAP, MINUS, Rule, rule, word_after

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_PIECES: Final = frozenset(("kg", "km", "m²", "m³", "kWh", "ml", "cm", "mg"))
"""Units that stand behind a word, too: "a kg"."""
_EACH: Final = ("per", "pro", "par", "por", "je", "a", "el", "le", "al", "au")
_AWAY: Final = r"(?=\s(?:long|wide|high|tall|deep|away|across|of|x|by)\b)"
"""Only before these is the m of "5m" sure to be metres."""
_RACES: Final = frozenset(("run", "race", "walk", "jog", "runs", "races"))


def measure_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for numbers with something that they measure."""
    number, units = rf"(?P<number>{number_of(words)})", any_of(words.units)
    sizes = any_of(each for each in words.magnitudes if each not in {"m", "M"})
    glued = (rf"{FREE}{number}(?P<unit>m){_AWAY}",) if words.base == "en" else ()
    unit = rf"{FREE}{MINUS}{number}{GAP}(?P<unit>{units})(?![\w²³])"
    if words.base == "en":  # glued to its number, m may be millions, and s a decade
        unit = unit.replace("(?P<unit>", "(?!(?<=\\d)m\\b|(?<=\\d0)s\\b)(?P<unit>")
    pieces = any_of(each for each in words.units if each in _PIECES)
    return (
        rule(rf"{FREE}{MINUS}{number}{GAP}%", _percent),
        *(rule(each, _unit) for each in glued),
        rule(unit + each_of(), _unit),
        rule(rf"{FREE}{MINUS}{number}(?:{GAP}(?P<size>{sizes}))(?!\w)", _magnitude),
        rule(rf"{FREE}{number}(?P<size>M)(?!\w)", _magnitude),
        rule(rf"{FREE}{number}{GAP}/{GAP}(?P<each>{any_of(words.each)})(?!\w|/|\.\w)", _each),
        rule(rf"(?<=[^\W\d_])/(?P<each>{any_of(words.each)})(?!\w|/|\.\w)", _so_many_each),
        rule(rf"(?<!\w)(?P<each>{'|'.join(_EACH)})\s(?P<unit>{pieces})(?!\w)", _piece),
        rule(r"(?<!\w)(?P<each>per|pro|par|por)\s(?P<unit>m|g|l|h|t)(?!\w)", _piece),
        rule(
            r"(?<=\d)\s?[x×]\s?(?=\d[\d.,]*\s?(?:k?g|m?l|cl|mg)\b)",
            lambda _, w: f" {w.says['times']} ",
        ),
        rule(r"(?<=\d)\s?[x×]\s?(?=\d)", lambda _, w: f" {w.says['by']} "),
        rule(rf"{FREE}{number}[\"\u201d](?!\w)", _inches),
        rule(r"(?<![\w.,£€$])([1-5])\*(?=[\s-](?:hotels?|resorts?|stays?|spas?)\b)", _stars),
        rule(rf"{FREE}{number}[x×](?!\w)", _times),
    )


def _less(match: re.Match[str], words: SpokenWords) -> str:
    return f"{words.says['minus']} " if match["minus"] else ""


def _percent(match: re.Match[str], words: SpokenWords) -> str:
    said = say(match["number"], words, before="x" if words.base == "de" else "")
    return f"{_less(match, words)}{said} {words.says['percent']}"


def _unit(match: re.Match[str], words: SpokenWords) -> str:
    found = match.groupdict()
    one, many = words.units[match["unit"]]
    bare = plain(match["number"], words)
    is_one = bare == "1" or is_attribute(match, words)
    if words.base == "fr" and float(bare) < 2:  # noqa: PLR2004 - one and a half is no plural
        is_one = True
    name = one if is_one or (words.base == "en" and bare == "0.5") else many
    less = _less(match, words) if "minus" in found else ""
    each = said_each(match, words) if found.get("each") else ""
    if words.base == "de" and bare == "1" and not less:
        return f"{a_german(match, name)} {name}{each}"
    counted = name.split(" ", maxsplit=1)[0]
    said = f"{less}{say(match['number'], words, before=counted)}"
    if words.base == "de" and in_dative(match):
        name = dative_plural(name)
    return f"{said}{name}{each}" if said.endswith("'") else f"{said} {name}{each}"


def _magnitude(match: re.Match[str], words: SpokenWords) -> str | None:
    size = match["size"]
    if size not in words.magnitudes:
        return None
    if size == "k" and word_after(match).casefold() in _RACES:
        return f"{say(match['number'], words)} K"
    less = _less(match, words) if "minus" in match.groupdict() else ""
    is_dative = words.base == "de" and in_dative(match)
    return less + sized(match["number"], size, words, dative=is_dative)


def _each(match: re.Match[str], words: SpokenWords) -> str:
    """Say a number for each of something, such as "3/week"."""
    return f"{say(match['number'], words)}{said_each(match, words)}"


def _so_many_each(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say the stroke of "20 cards/week", where something is counted before it."""
    is_counted = re.search(r"\d\s[^\W\d_]+$", match.string[: match.start()]) is not None
    return said_each(match, words) if is_counted else None


def _piece(match: re.Match[str], words: SpokenWords) -> str | None:
    return f"{match['each']} {words.units[match['unit']][0]}"


def _inches(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say inches, unless the sign closes what a quotation mark before it has opened."""
    before = match.string[: match.start()]
    if len(re.findall(r'(?<!\d)"', before)) % 2 or before.count("\u201c") > before.count("\u201d"):
        return None
    one, many = words.says["inch"], words.says["inches"]
    is_one = plain(match["number"], words) == "1" or is_attribute(match, words)
    name = one if is_one else many
    return f"{say(match['number'], words, before=name)} {name}"


def _stars(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "en":
        return None
    return f"{cardinal(int(match[1]), words.language)}-star"


def _times(match: re.Match[str], words: SpokenWords) -> str:
    """Say how many times as much: once, dreimal, trois fois."""
    bare, times = plain(match["number"], words), words.says["repeated"]
    if bare == "1":
        return words.says["once"]
    if words.base == "de" and bare.isdecimal():
        return f"{cardinal(int(bare), words.language, before='x')}{times}"
    return f"{say(match['number'], words, before=times)} {times}"
