"""Years, decades and times from one year to another as they are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.numbers import cardinal, year
from personalization.voice.readings import Rule, rule, word_after, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_EARLIEST, _LATEST = 1000, 2099  # what may be a year
_DECADE_AFTER: Final = frozenset(
    ("the", "early", "mid", "late", "their", "your", "my", "our", "his", "her", "mid-late")
)
_QUARTER: Final = re.compile(r"\b[QHTS][1-4]\s+$")
_MANY: Final = {"10": "tens", "100": "hundreds", "1000": "thousands", "1,000": "thousands"}
_FIRST_DECADE: Final = 20  # nobody is sure how the two before it are called


def era_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for decades, and for years with others behind them."""
    years = r"(?:1[0-9]|20)\d\d"
    common = (
        rule(
            rf"(?<![\w.,/-])({years})\s?[\u2013\u2014-]\s?({years}|\d\d)(?![\w/%-]|[.,]\d)", _span
        ),
    )
    if words.base == "en":
        return (
            *common,
            rule(r"(?<!\w)['\u2018\u2019](\d0)['\u2019]?s(?!\w)", _decade),
            rule(r"(?<!\w)(\d0)['\u2019]?s(?!\w)", _decade_after_a_word),
            rule(r"(?<![\w.,])(10|100|1,?000)s(?=\sof\b)", lambda m, _: _MANY[m[1]]),
            rule(r"(?<!\w)((?:1[1-9]|20)\d0)['\u2019]?s(?!\w)", _century_decade),
        )
    if words.base == "de":
        return (*common, rule(r"(?<!\w)(\d{1,4})er(?!\w)(?:-(?=[A-ZÄÖÜ]))?", _german_decade))
    return common


def is_year(match: re.Match[str], words: SpokenWords) -> bool:
    """Tell whether digits are a year: the word before them says so, or nothing is counted."""
    written = match["number"]
    if len(written) != 4 or not _EARLIEST <= int(written) <= _LATEST:  # noqa: PLR2004
        return False
    before = match.string[: match.start()]
    if before.endswith("(") and match.string[match.end() :][:1] == ")":
        return True
    if before.endswith(("\u00a9 ", "\u00a9")) or _QUARTER.search(before):
        return True
    is_counted = word_after(match)[:1].islower() and int(written) % 100 == 0
    word = word_before(match)
    months = (name.casefold() for name in (*words.months, *words.short_months) if name)
    return (word in words.lists["year_after"] or word in months) and not is_counted


def said_year(number: int, words: SpokenWords) -> str:
    """Say a year as people do; those before 1100 in English by their halves, too."""
    if words.base == "en" and number < 1100 and number % 100 > 9:  # noqa: PLR2004
        return f"{cardinal(number // 100, words.language)} {cardinal(number % 100, words.language)}"
    return year(number, words.language)


def _span(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say "2019-24" from one year to the other, unless so many of something are meant."""
    first, last = int(match[1]), int(match[2])
    is_short = len(match[2]) == 2  # noqa: PLR2004
    end = first - first % 100 + last if is_short else last
    is_round = first % 100 == 0 and end % 100 == 0
    following = word_after(match)[:1].islower() and first % 10 == 0 and end % 10 == 0
    if not first < end <= _LATEST or is_round or following:
        return None
    said = cardinal(last, words.language) if is_short else said_year(end, words)
    return f"{said_year(first, words)} {words.says['to']} {said}"


def _plural(said: str) -> str:
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _decade(match: re.Match[str], words: SpokenWords) -> str | None:
    if int(match[1]) < _FIRST_DECADE:
        return None
    return _plural(cardinal(int(match[1]), words.language))


def _decade_after_a_word(match: re.Match[str], words: SpokenWords) -> str | None:
    return _decade(match, words) if word_before(match) in _DECADE_AFTER else None


def _century_decade(match: re.Match[str], words: SpokenWords) -> str:
    return _plural(said_year(int(match[1]), words))


def _german_decade(match: re.Match[str], words: SpokenWords) -> str:
    """Say "90er": as a noun where none follows it."""
    number = int(match[1])
    said = year(number, words.language) if number > 1000 else cardinal(number, "de")  # noqa: PLR2004
    said = f"{said.removesuffix('s') if said.endswith('eins') else said}er"
    is_noun = not match[0].endswith("-") and not word_after(match)[:1].isupper()
    if is_noun:
        return said[0].upper() + said[1:]
    return f"{said} " if match[0].endswith("-") else said
