"""Whatever is written in digits and is no date, address or amount: places, years, plain numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.bending import a_german, counted_german
from personalization.voice.codes import code_rules
from personalization.voice.eras import era_rules, is_year, said_year
from personalization.voice.measures import measure_rules
from personalization.voice.numbers import MOST, cardinal, decimal, digits, ordinal
from personalization.voice.prices import any_of, number_of, plain, price_rules, say
from personalization.voice.readings import (
    FREE,
    GAP,
    MINUS,
    Rule,
    rule,
    word_after,
    word_before,
)
from personalization.voice.romans import roman_rules
from personalization.voice.strokes import stroke_rules

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_GERMAN_ARTICLES: Final = re.compile(
    r"(d(er|ie|as|en|em|es)|zu[mr]|[ai]m|vom|beim|ins|unser|ihr|jede)(e[nmrs]?|[nrms])?"
)
_WEAK_E: Final = frozenset(("der", "die", "das", "jede", "unsere", "ihre"))
_GERMAN_PLACES: Final = {
    "Platz": "er", "Stock": "er", "Advent": "er", "Geburtstag": "er", "Tag": "er", "Teil": "er",
    "Schritt": "er", "Weltkrieg": "er", "Preis": "er", "Auflage": "e", "Etage": "e", "Klasse": "e",
    "Runde": "e", "Wahl": "e", "Kategorie": "e", "Ausgabe": "e", "Quartal": "es", "Halbjahr": "es",
    "Kapitel": "es", "Jahr": "es", "Mal": "es",
}  # fmt: skip
"""What is counted in order most, with the ending that it has at the head of a sentence."""
_LONGEST_IN_A_NAME: Final = 4  # digits of B2B, N26 or A1000 that are said as a number
_SPANISH_SHORT: Final = {1: "primer", 3: "tercer"}
_RANGE: Final = r"\s?[\u2013\u2014-]\s?(?=[€£$¥₹]?\d|[QHT][1-4]\b)"


def number_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for whatever is written in digits, dates and addresses apart."""
    fractions = any_of(words.fractions)
    return (
        *code_rules(words),
        *roman_rules(words),
        *era_rules(words),
        *stroke_rules(words),
        rule(rf"{FREE}({fractions})(?![\w/])", lambda m, w: w.fractions[m[1]]),
        *_german_words(words),
        *price_rules(words),
        *measure_rules(words),
        rule(r"(?<!\w)(\d+)(st|nd|rd|th)(?!\w)", _english_ordinal),
        rule(r"(?<!\w)(\d+)(er|re|ère|nde?|ème|eme|e|ᵉ)(?!\w)", _french_ordinal),
        rule(r"(?<!\w)(\d+)\.?(ª|º|er\b)", _spanish_ordinal),
        rule(r"(?<![\w.,])(\d{1,3})\.(?=\s+\w)", _german_ordinal),
        rule(rf"{FREE}(\d+)\.(\d{{1,2}})(?![\w,]|\.\d)", _dotted),
        rule(r"#(?=\d)", lambda _, w: f"{w.says['number']} "),
        rule(_RANGE, _range),
        rule(r"[^\W_]*[^\W\d_]\d[^\W_]*|\d+[^\W\d_][^\W_]*", _mixed, is_sure=False),
        *(
            (rule(rf"{MINUS}(?P<number>\d{{1,3}}\.\d{{3}})(?![\d.,])", _number, is_sure=False),)
            if words.base == "fr"
            else ()
        ),
        rule(rf"{MINUS}(?P<number>{number_of(words)})", _number),
        rule(r"(?<![\w])[-\u2212](?=\d)", lambda _, w: f"{w.says['minus']} "),
    )


def _german_words(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rule for numbers that are one word with what follows: 3fach, 20%ige."""
    if words.base != "de":
        return ()
    parts = r"fach|mal|teilig|jährig|stündig|tägig|wöchig|köpfig|stellig|stöckig|sitzig"
    return (rule(rf"{FREE}(\d+)(?:-?((?:{parts})\w*)|\s?%(ige?[nrsm]?))(?!\w)", _german_word),)


def _german_word(match: re.Match[str], words: SpokenWords) -> str:
    end = match[2] or f"prozent{match[3]}"
    return cardinal(int(match[1]), words.language, before="x") + end


def _range(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a dash between two figures, each with its unit or without."""
    before = match.string[: match.start()]
    known = any_of((*words.units, *words.currencies, *words.money))
    is_figure = re.search(r"[\d%€£$¥₹²³°½]$", before) or re.search(
        rf"\d{GAP}(?:[AaPp]\.?[Mm]\.?|Uhr|{known})$", before
    )
    return f" {words.says['to']} " if is_figure else None


def _english_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    return ordinal(int(match[1]), words.language) if words.base == "en" else None


def _french_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "fr":
        return None
    if match[2] in {"nd", "nde"}:
        return f"secon{match[2][1:]}" if match[1] == "2" else None
    return ordinal(int(match[1]), words.language, ending="e" if match[2] in {"re", "ère"} else "")


def _spanish_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "es":
        return None
    if match[2] == "er":
        return _SPANISH_SHORT.get(int(match[1]))
    return ordinal(int(match[1]), words.language, ending="a" if match[2] == "ª" else "o")


def _german_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "de":
        return None
    before = word_before(match)
    if _GERMAN_ARTICLES.fullmatch(before):
        ending = "e" if before in _WEAK_E else "en"
        return ordinal(int(match[1]), words.language, ending=ending)
    starts = not match.string[: match.start()].strip() or bool(
        re.search(r"[.:!?]\s+$", match.string[: match.start()])
    )
    place = _GERMAN_PLACES.get(word_after(match))
    return ordinal(int(match[1]), words.language, ending=place) if starts and place else None


def _dotted(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a version such as 2.0 where decimals stand behind a comma: with the sign that it has."""
    if not words.decimal_comma:
        return None
    return decimal(f"{match[1]}.{match[2]}", words.language, point=words.says["dot"])


def _mixed(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say letters and digits that are one word, such as B2B, part by part."""
    if re.match(r"\d+x\d", match[0]):
        return None
    parts = re.findall(r"\d+|[^\W\d_]+", match[0])
    said = [_short(part, words) if part[0].isdecimal() else part for part in parts]
    return " ".join(said)


def _short(part: str, words: SpokenWords) -> str:
    if len(part) > _LONGEST_IN_A_NAME or (part[0] == "0" and len(part) > 1):
        return digits(part, words.language)
    return cardinal(int(part), words.language)


def _number(match: re.Match[str], words: SpokenWords) -> str:
    written = match["number"]
    less = f"{words.says['minus']} " if match["minus"] else ""
    is_bare = written.isdecimal()
    if is_bare and ((written[0] == "0" and len(written) > 1) or int(written) >= MOST):
        return less + digits(written, words.language)
    if is_bare and not less and is_year(match, words):
        return said_year(int(written), words)
    following = word_after(match)
    if words.base == "de":
        following = counted_german(following)
        if plain(written, words) == "1" and following[:1].isupper():
            return less + a_german(match, following)
    return less + say(written, words, before=following)
