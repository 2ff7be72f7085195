"""Prices, percentages, units, ordinals and plain numbers as they are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.numbers import (
    MOST,
    cardinal,
    decimal,
    digits,
    ordinal,
    plain_number,
    year,
)
from personalization.voice.readings import NUMBER, Rule, rule, word_after, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_GERMAN_ARTICLES: Final = re.compile(
    r"(d(er|ie|as|en|em|es)|zu[mr]|[ai]m|vom|beim|ins|unser|ihr|jede)(e[nmrs]?|[nrms])?"
)
_WEAK_E: Final = frozenset(("der", "die", "das", "jede", "unsere", "ihre"))
_EARLIEST, _LATEST = 1100, 2099  # what may be a year
_ONE: Final = {
    "Millionen": "eine Million", "Milliarden": "eine Milliarde", "tausend": "eintausend",
    "millions": "un million", "milliards": "un milliard", "mille": "mille",
    "millones": "un millón", "mil": "mil",
}  # fmt: skip
_LONGEST_IN_A_NAME: Final = 4  # digits of B2B, N26 or A1000 that are said as a number


def number_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for whatever is written in digits, dates and addresses apart."""
    number = NUMBER if words.base != "fr" else NUMBER.replace(r"\u202f]", r"\u202f ]")
    signs = "|".join(re.escape(s) for s in sorted(words.currencies, key=len, reverse=True))
    sizes = "|".join(re.escape(s) for s in sorted(words.magnitudes, key=len, reverse=True))
    safe_sizes = "|".join(re.escape(s) for s in words.magnitudes if s not in {"m", "M"})
    units = "|".join(re.escape(u) for u in sorted(words.units, key=len, reverse=True))
    fractions = "|".join(re.escape(f) for f in sorted(words.fractions, key=len, reverse=True))
    free, gap = r"(?<![\w.,])", r"[\s\u00a0\u202f]?"
    return (
        rule(rf"({signs}){gap}({number})(?:{gap}({sizes})(?!\w))?(?!\d)", _price_after_sign),
        rule(rf"{free}({number})(?:{gap}({sizes}))?{gap}({signs})(?!\w)", _price_before_sign),
        rule(rf"{free}({fractions})(?![\w/])", lambda m, w: w.fractions[m[1]]),
        rule(rf"{free}({number}){gap}%", _percent),
        rule(r"(?<!\w)((?:19|20)\d0)s(?!\w)", _decade),
        rule(rf"{free}({number}){gap}({units})(?!\w)", _unit),
        rule(rf"{free}({number})(?:{gap}({safe_sizes}))(?!\w)", _magnitude),
        rule(r"(?<=\d)\s?[x×]\s?(?=\d)", lambda _, w: f" {w.says['by']} "),
        rule(rf"{free}({number})[x×](?!\w)", lambda m, w: f"{_say(m[1], w)} {w.says['times']}"),
        rule(r"(?<!\w)(\d+)(st|nd|rd|th)(?!\w)", _english_ordinal),
        rule(r"(?<!\w)(\d+)(er|re|ère|e|ème|eme|ᵉ)(?!\w)", _french_ordinal),
        rule(r"(?<!\w)(\d+)\.?([ºª])(?!\w)", _spanish_ordinal),
        rule(r"(?<![\w.,])(\d{1,3})\.(?=\s+\w)", _german_ordinal),
        rule(r"(?<![\w])[-−](?=\d)", lambda _, w: f"{w.says['minus']} "),
        rule(r"#(?=\d)", lambda _, w: f"{w.says['number']} "),
        rule(r"(?<=[\d%€£$])\s?[–—-]\s?(?=[€£$]?\d)", lambda _, w: f" {w.says['to']} "),
        rule(r"[^\W_]*[^\W\d_]\d[^\W_]*|\d+[^\W\d_][^\W_]*", _mixed),
        rule(rf"({number})", _number),
    )  # fmt: skip


def _plain(written: str, words: SpokenWords) -> str:
    return plain_number(written.replace(" ", ""), decimal_comma=words.decimal_comma)


def _say(written: str, words: SpokenWords, *, before: str = "") -> str:
    return decimal(_plain(written, words), words.language, point=words.says["point"], before=before)


def _price_after_sign(match: re.Match[str], words: SpokenWords) -> str | None:
    return _price(match[2], match[3], match[1], words)


def _price_before_sign(match: re.Match[str], words: SpokenWords) -> str | None:
    return _price(match[1], match[2], match[3], words)


def _price(written: str, size: str | None, sign: str, words: SpokenWords) -> str:
    one, many, hundredths = words.currencies[sign]
    plain = _plain(written, words)
    if size:
        said = _sized(written, size, words)
        if words.base not in {"fr", "es"} or said.endswith(("mille", "mil")):
            return f"{said} {many}"
        is_elided = words.base == "fr" and many[0] in "aeiou"
        return f"{said} d'{many}" if is_elided else f"{said} de {many}"
    whole, _, rest = plain.partition(".")
    if rest and len(rest) != 2:  # noqa: PLR2004
        return f"{_say(written, words)} {many}"
    name = one if int(whole) == 1 else many
    said = _counted(int(whole), name, words)
    cents = int(rest or 0)
    amount = cardinal(cents, words.language)
    if not cents or int(whole) == 0:
        return f"{amount} {hundredths}" if cents else said
    has_name = words.base == "en" and one not in {"pound", "euro"}
    link = " con " if words.base == "es" else " and " if has_name else " "
    return said + link + amount + (f" {hundredths}" if has_name else "")


def _counted(number: int, name: str, words: SpokenWords) -> str:
    if words.base == "de" and number == 1:
        return f"ein {name}"
    said = cardinal(number, words.language, before=name)
    return f"{said}{name}" if said.endswith("'") else f"{said} {name}"


def _percent(match: re.Match[str], words: SpokenWords) -> str:
    return (
        f"{_say(match[1], words, before='x' if words.base == 'de' else '')} "
        + words.says["percent"]
    )


def _unit(match: re.Match[str], words: SpokenWords) -> str:
    one, many = words.units[match[2]]
    name = one if _plain(match[1], words) in {"1", "0.5"} else many
    return f"{_say(match[1], words, before=name)} {name}"


def _magnitude(match: re.Match[str], words: SpokenWords) -> str:
    return _sized(match[1], match[2], words)


def _sized(written: str, size: str, words: SpokenWords) -> str:
    """Say a number with its size, such as 2.5 million."""
    name = words.magnitudes[size]
    if _plain(written, words) == "1":
        return _ONE.get(name, f"{_say(written, words, before='x')} {name}")
    return f"{_say(written, words, before='x')} {name}"


def _english_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    return ordinal(int(match[1]), words.language) if words.base == "en" else None


def _french_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "fr":
        return None
    return ordinal(int(match[1]), words.language, ending="e" if match[2] in {"re", "ère"} else "")


def _spanish_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "es":
        return None
    return ordinal(int(match[1]), words.language, ending="a" if match[2] == "ª" else "o")


def _german_ordinal(match: re.Match[str], words: SpokenWords) -> str | None:
    before = word_before(match)
    if words.base != "de" or not _GERMAN_ARTICLES.fullmatch(before):
        return None
    return ordinal(int(match[1]), words.language, ending="e" if before in _WEAK_E else "en")


def _decade(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "en":
        return None
    said = year(int(match[1]), words.language)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _mixed(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say letters and digits that are one word, such as B2B, part by part."""
    parts = re.findall(r"\d+|[^\W\d_]+", match[0])
    said = [_short(part, words) if part[0].isdecimal() else part for part in parts]
    return " ".join(said)


def _short(part: str, words: SpokenWords) -> str:
    if len(part) > _LONGEST_IN_A_NAME or (part[0] == "0" and len(part) > 1):
        return digits(part, words.language)
    return cardinal(int(part), words.language, before="x" if words.base == "de" else "")


def _number(match: re.Match[str], words: SpokenWords) -> str:
    written = match[1]
    is_bare = written.isdecimal()
    if is_bare and ((written[0] == "0" and len(written) > 1) or int(written) >= MOST):
        return digits(written, words.language)
    if is_bare and len(written) == 4 and _is_year(match, words):  # noqa: PLR2004
        return year(int(written), words.language)
    return _say(written, words, before=word_after(match))


def _is_year(match: re.Match[str], words: SpokenWords) -> bool:
    """Tell whether four digits are a year: the word before them says so, or nothing is counted."""
    number = int(match[1])
    if not _EARLIEST <= number <= _LATEST:
        return False
    if match.string[: match.start()].endswith("(") and match.string[match.end() :][:1] == ")":
        return True
    return word_before(match) in words.year_after and not (
        word_after(match)[:1].islower() and number % 100 == 0
    )
