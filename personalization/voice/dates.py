"""Dates and times of day as they are said."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from personalization.voice.numbers import cardinal, ordinal, year
from personalization.voice.readings import Rule, rule, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_NOON: Final = 12
_GERMAN_DATIVE: Final = frozenset(
    ("am", "zum", "vom", "bis", "den", "dem", "ab", "seit", "beim", "ihrem", "unserem")
)
_DAYS_BEFORE: Final = re.compile(
    r"(?:\d{1,2}\.(?:\d{1,2}\.)?(?:\s?[A-ZÄ][a-zä]+)?\s*(?:und|oder|sowie|bis|[\u2013-])\s*)+$"
)
"""Days that share a preposition with the one behind them."""
_MONTH_FIRST: Final = frozenset(("us", "ph"))
_EITHER: Final = frozenset(("ca", "us", "pr"))
"""Countries in which 03/04 is written for either day."""
_DAY_FIRST: Final = frozenset(("gb", "ie", "au", "nz", "in", "sg", "mt", "hk", "za"))
_HALVES: Final = {"a": "A M", "p": "P M"}


def date_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for dates and times of a language."""
    month = "|".join(
        sorted((_month_pattern(name, words) for name in _month_names(words)), key=len, reverse=True)
    )
    day = r"(\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?"
    link, clock = r"(?:of\s+|de\s+)?", r"(?<![\w:.,])(\d{1,2})"
    half = r"([AaPp])(?:\.[Mm]\b\.?|[Mm]\b)"
    after = r"(?:,?\s+(?:de\s+|del\s+)?(\d{4})(?!\d))?"
    return (
        rule(r"(?<![\w.-])(\d{4})-(\d{2})-(\d{2})(?![\w-])", _iso),
        rule(r"(?<![\w./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-])", _numeric),
        rule(rf"(?<![\w.])(?:the\s+)?{day}\s+{link}({month})(?![\w]){after}", _day_first),
        rule(rf"(?<!\w)({month})\s+{day}(?!\w|:|\s?%){after}", _month_first),
        rule(r"(?<![\w.])(\d{1,2})\.(\d{1,2})(\.?)(?![\d\w]|[.,]\d)", _short_german),
        rule(r"(?<![\w.,:])(\d{1,2})\s?Uhr(?!\w)", _full_hour),
        rule(rf"{clock}:(\d{{2}})(?::\d{{2}})?(?:\s?{half})?(?:\s?(Uhr|h)\b)?(?![\d:])", _time),
        rule(rf"{clock}\.(\d{{2}})\s?(?:{half}|(Uhr|h)\b)", _time),
        rule(rf"{clock}\.(\d{{2}})()(?![\w%]|[.,]\d|\s?[€£$%])", _time_after_at),
        rule(rf"(?<![\w.,])(\d{{1,2}})\.\s?[\u2013-]\s?(?=\d{{1,2}}\.\s?(?:{month}))", _first_day),
        rule(rf"{clock}()\s?{half}", _time),
        rule(r"(?<=\b[Ll]a )(1)(?= (?:de la|del|en punto|y|menos)\b)", _hour_of_day),
        rule(r"(?<=\b[Ll]as )(21)(?= (?:de la|horas|en punto|y|menos)\b)", _hour_of_day),
        rule(rf"{clock}\s?h\s?(\d{{2}})()()(?!\w)", _french_time),
    )  # fmt: skip


def _month_names(words: SpokenWords) -> list[str]:
    return [name for name in (*words.months, *words.short_months) if name]


def _month_pattern(name: str, words: SpokenWords) -> str:
    """Return what finds a month; the full stop that ends a sentence is not its own."""
    is_short = name in words.short_months
    return re.escape(name) + (r"(?:\.(?=\s*[^\sA-ZÄÖÜÉÁ]))?" if is_short else "")


def _month_of(name: str, words: SpokenWords) -> int:
    bare = name.rstrip(".")
    names = words.months if bare in words.months else words.short_months
    return names.index(bare) + 1


def _iso(match: re.Match[str], words: SpokenWords) -> str | None:
    return _said(int(match[1]), int(match[2]), int(match[3]), match, words)


def is_month_first(language: str, sign: str, first: int, second: int) -> bool | None:
    """Tell which of two figures is the month; None where nobody can be sure.

    Example:
        >>> is_month_first("en-US", "/", 3, 4), is_month_first("en-GB", "/", 3, 4)
        (True, False)
        >>> is_month_first("en", "/", 3, 4), is_month_first("en", "/", 21, 4)
        (None, False)
    """
    if first > _NOON or second > _NOON or first == second:
        return second > _NOON
    base, _, country = language.lower().partition("-")
    if country in _MONTH_FIRST and base == "en":
        return True
    is_own_sign = sign == "." if base == "de" else base != "en"
    is_known = is_own_sign or country in _DAY_FIRST
    return False if is_known and country not in _EITHER and language.lower() != "en" else None


def _numeric(match: re.Match[str], words: SpokenWords) -> str | None:
    first, sign, second, of_year = int(match[1]), match[2], int(match[3]), int(match[4])
    if len(match[4]) == 2:  # noqa: PLR2004
        if sign == "-" or (sign == "." and words.base == "en"):  # a sort code, or a version
            return None
        of_year += 2000
    order = is_month_first(words.language, sign, first, second)
    if order is None:
        return None
    month, day = (first, second) if order else (second, first)
    return _said(of_year, month, day, match, words)


def day_of(month: int, day: int, match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a day without its year; None where there is no such day."""
    return _said(None, month, day, match, words)


def _day_first(match: re.Match[str], words: SpokenWords) -> str | None:
    of_year = int(match[3]) if match[3] else None
    return _said(of_year, _month_of(match[2], words), int(match[1]), match, words)


def _month_first(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "en":
        return None
    of_year, day = int(match[3]) if match[3] else None, int(match[2])
    if not _is_day(of_year, _month_of(match[1], words), day):
        return None
    said = f"{words.months[_month_of(match[1], words) - 1]} {ordinal(day, words.language)}"
    return said + (f", {year(of_year, words.language)}" if of_year else "")


def _short_german(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "de" or not (match[3] or word_before(match) in words.lists["date_after"]):
        return None
    return _said(None, int(match[2]), int(match[1]), match, words)


def _time_after_at(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say "at 9.30", as British people write times."""
    is_british = words.base == "en" and words.language.lower() != "en-us"
    return _time(match, words) if is_british and word_before(match) == "at" else None


def _first_day(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say the first of two German days that share a month: 1. to 3. Mai."""
    if words.base != "de":
        return None
    return f"{ordinal(int(match[1]), words.language, ending=_german_ending(match))} bis "


def _german_ending(match: re.Match[str]) -> str:
    """Return how a German day is bent, by the word before it or before the days beside it."""
    before = _DAYS_BEFORE.sub("", match.string[: match.start()])
    word = re.search(r"([^\W\d_]+)\s+$", before)
    name = word[1].casefold() if word else ""
    if name in {"der", "die", "das"}:
        return "e"
    return "en" if name in _GERMAN_DATIVE else "er"


def _full_hour(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "de" or int(match[1]) > 24:  # noqa: PLR2004
        return None
    return f"{cardinal(int(match[1]), words.language, before='Uhr')} Uhr"


def _is_day(of_year: int | None, month: int, day: int) -> bool:
    try:
        return bool(date(of_year or 2000, month, day))
    except ValueError:
        return False


def _said(
    of_year: int | None, month: int, day: int, match: re.Match[str], words: SpokenWords
) -> str | None:
    """Say a day; None where there is no such day."""
    if not _is_day(of_year, month, day):
        return None
    name, language = words.months[month - 1], words.language
    spoken_year = year(of_year, language) if of_year else ""
    if words.language.lower() == "en-us" and name[:3] not in match[0]:
        said = f"{name} {ordinal(day, language)}"
        return f"{said}, {spoken_year}" if spoken_year else said
    if words.base == "en":
        has_article = word_before(match) == "the"
        article = "" if has_article else "the "
        said = f"{article}{ordinal(day, language)} of {name}"
        return f"{said}, {spoken_year}" if spoken_year else said
    if words.base == "de":
        ending = _german_ending(match)
        return f"{ordinal(day, language, ending=ending)} {name} {spoken_year}".rstrip()
    if words.base == "fr":
        number = ordinal(1, language) if day == 1 else cardinal(day, language)
        return f"{number} {name} {spoken_year}".rstrip()
    number = cardinal(day, language)
    return f"{number} de {name}" + (f" de {spoken_year}" if spoken_year else "")


def _time(match: re.Match[str], words: SpokenWords) -> str | None:
    hour, minute = int(match[1]), int(match[2] or 0)
    half = (match[3] or "").lower()
    if hour > 24 or minute > 59 or (half and (words.base != "en" or hour > _NOON)):  # noqa: PLR2004
        return None
    seconds = _seconds(match, words)
    if words.base == "en":
        return _english_time(hour, minute, half, words, seconds)
    if words.base == "de":
        hours = cardinal(hour, words.language, before="Uhr")
        return f"{hours} Uhr" + (f" {cardinal(minute, words.language)}" if minute else "") + seconds
    if words.base == "fr":
        return _french_clock(hour, minute, words) + seconds
    said = f" {_two_digits(minute, words)}" if minute else " en punto"
    return cardinal(hour, words.language, before="horas") + said + seconds


def _hour_of_day(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say an hour that its article or a part of the day tells: hours are feminine in Spanish."""
    hour = int(match[1])
    return cardinal(hour, words.language, before="horas") if words.base == "es" else None


def _seconds(match: re.Match[str], words: SpokenWords) -> str:
    """Say the seconds of a time that has some."""
    found = re.search(r":\d\d:(\d\d)", match[0])
    if not found or found[1] == "00":
        return ""
    name = words.says["second" if found[1] == "01" else "seconds"]
    return f" {words.says['and']} {cardinal(int(found[1]), words.language, before=name)} {name}"


def _english_time(hour: int, minute: int, half: str, words: SpokenWords, seconds: str) -> str:
    if not half and (hour > _NOON or hour == 0):
        half = "p" if _NOON <= hour < 24 else "a"  # noqa: PLR2004
    said = cardinal(hour % _NOON or _NOON, words.language)
    if minute:
        said += f" {_two_digits(minute, words)}"
    elif not half:
        said += " o'clock"
    said += seconds
    return f"{said} {_HALVES[half]}" if half else said


def _french_time(match: re.Match[str], words: SpokenWords) -> str | None:
    hour, minute = int(match[1]), int(match[2])
    if words.base != "fr" or hour > 24 or minute > 59:  # noqa: PLR2004
        return None
    return _french_clock(hour, minute, words)


def _french_clock(hour: int, minute: int, words: SpokenWords) -> str:
    unit = "heures" if hour > 1 else "heure"
    said = f"{cardinal(hour, words.language, before=unit)} {unit}"
    return said + (f" {cardinal(minute, words.language)}" if minute else "")


def _two_digits(minute: int, words: SpokenWords) -> str:
    said = cardinal(minute, words.language)
    is_short = minute < 10  # noqa: PLR2004
    return f"{'oh' if words.base == 'en' else 'cero'} {said}" if is_short else said
