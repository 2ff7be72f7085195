"""Figures with a stroke between them: fractions, halves, scores, days without a year, seasons.

The words beside them say which it is; where they do not, nothing here reads them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from personalization.voice.counting import is_feminine
from personalization.voice.dates import day_of, is_month_first
from personalization.voice.eras import said_year
from personalization.voice.numbers import cardinal, ordinal
from personalization.voice.prices import any_of, say
from personalization.voice.readings import FREE, Rule, rule, word_after, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_MOST_PARTS: Final = 20
_VULGAR: Final = "½⅓⅔¼¾⅛⅜⅝⅞⅕⅖⅗⅘"
_FRACTION: Final = rf"(?:(?P<top>\d{{1,2}})[/\u2044](?P<bottom>\d{{1,2}})|(?P<sign>[{_VULGAR}]))"
_SPANISH: Final = {2: "medio", 3: "tercio", 4: "cuarto", 10: "décimo"}
_GERMAN_MIXED: Final = {(1, 2): "einhalb", (1, 4): "einviertel", (3, 4): "dreiviertel"}
_HALVED: Final = re.compile(
    r"ans?|mois|jours?|litres?|kilos?|mètres?|points?|euros?|tours?|\w+os|meses|puntos?|kilos?"
)
"""Masculine nouns of French and Spanish that there are halves of."""


def stroke_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for figures with a stroke; those that need most around them first."""
    halves = any_of(words.halves)
    days = any_of((*words.weekdays, *words.weekdays.values()))
    last = r"(?![\w/\u2044]|[.,]\d)"
    return (
        rule(rf"{FREE}((?:19|20)\d\d)/(\d\d|(?:19|20)\d\d){last}", _season),
        rule(rf"{FREE}(?P<whole>\d+)(?:[\s\u00a0]?(?P<sign>[{_VULGAR}])|[\s\u00a0-]"
             rf"(?P<top>\d)/(?P<bottom>\d)){last}(?:\s(?P<noun>[^\W\d_]+))?", _mixed_number),
        rule(rf"{FREE}(?:1/2|½)[\s\u00a0]?({halves})(?!\w)", lambda m, w: w.halves[m[1]]),
        rule(rf"(?<!\w)(?P<day>{days})(?P<end>\.?,?\s)(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})"
             rf"{last}", _day),
        rule(rf"{FREE}(?P<number>\d+(?:[.,]\d)?)/(?P<most>5|10|100){last}", _score),
        rule(rf"{FREE}{_FRACTION}[\s\u00a0](?P<unit>{any_of(words.units)})(?![\w²³])", _of_unit),
        rule(rf"{FREE}{_FRACTION}{last}", _fraction),
        rule(rf"{FREE}(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}}){last}", _day),
        rule(r"(?<![\w.,:])(\d{1,3}):(\d|\d{3})(?![\w:]|[.,]\d)", _ratio),
        rule(r"(?<![\w.,:/])(\d)['\u2019\u2032][\s\u00a0]?(\d{1,2})(?:[\"\u201d\u2033]|'')",
             _height),
    )  # fmt: skip


def _season(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say two years that follow one another, such as 2025/26."""
    first, written = int(match[1]), match[2]
    last = int(written) + (first - first % 100 if len(written) == 2 else 0)  # noqa: PLR2004
    if last != first + 1:
        return None
    said = cardinal(int(written), words.language) if int(written) < 100 else ""  # noqa: PLR2004
    return f"{said_year(first, words)} {said or said_year(last, words)}"


def _parts(match: re.Match[str]) -> tuple[int, int]:
    """Return what stands over and under the stroke."""
    if match["sign"]:
        name = unicodedata.normalize("NFKC", match["sign"]).split("\u2044")
        return int(name[0]), int(name[1])
    return int(match["top"]), int(match["bottom"])


def _mixed_number(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a whole number with a fraction: two and a half, zweieinhalb, dos horas y media."""
    top, bottom = _parts(match)
    whole, noun = int(match["whole"]), match["noun"] or ""
    if not 0 < top < bottom or not whole:
        return None
    if words.base == "en":
        part = "a " + named(1, bottom, words)[4:] if top == 1 else named(top, bottom, words)
        unit = words.units.get(noun, ("", noun))[1]
        return f"{cardinal(whole, words.language)} and {part}" + (f" {unit}" if noun else "")
    if words.base == "de":
        part = _GERMAN_MIXED.get((top, bottom), "")
        unit = words.units.get(noun, ("", noun))[1]
        said = cardinal(whole, words.language, before="x") + part
        return (said + (f" {unit}" if noun else "")) if part else None
    unit = words.units.get(noun, ("", noun))[1]
    is_known = _HALVED.fullmatch(noun) or noun in words.units or is_feminine(noun, words.base)
    if (top, bottom) != (1, 2) or not is_known:
        return None
    feminine = is_feminine(unit.split(" ")[0], words.base)
    half = {"fr": ("et demi", "et demie"), "es": ("y medio", "y media")}[words.base][feminine]
    return f"{cardinal(whole, words.language, before=unit)} {unit} {half}"


def _score(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say so many points out of the most there are, where it can be nothing else."""
    written, most = match["number"], int(match["most"])
    is_score = (
        re.search("[.,]", written) is not None
        or word_before(match) in words.lists["scored_after"]
        or word_after(match).casefold() in words.lists["stars"]
    )
    if not is_score or float(written.replace(",", ".")) > most:
        return None
    said = say(written, words, before="x" if words.base == "de" else "")
    return f"{said} {words.says['out_of']} {cardinal(most, words.language)}"


def _fraction(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a fraction of something; a bare one is no more sure than a day and a month."""
    if match["sign"] and match["sign"] not in words.fractions:
        return named(*_parts(match), words)
    if match["sign"] and words.base == "en":
        return None
    following = match.string[match.end() :]
    top, bottom = _parts(match)
    if not 0 < top < bottom <= _MOST_PARTS:
        return None
    is_elided = words.base == "fr" and re.match(r"\sd['\u2019]", following) is not None
    if is_elided or word_after(match) in words.lists["of_words"]:
        return named(top, bottom, words)
    return None


def _of_unit(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say "3/4 kg": three quarters of a kilogram."""
    top, bottom = _parts(match)
    if words.base != "en" or not 0 < top < bottom <= _MOST_PARTS:
        return None
    one = words.units[match["unit"]][0]
    article = "an" if one.startswith(("hour", "ounce", "inch")) else "a"
    return f"{named(top, bottom, words)} of {article} {one}"


def named(top: int, bottom: int, words: SpokenWords) -> str:
    """Name a fraction: three quarters, ein Zwölftel, deux tiers, tres cuartos."""
    language = words.language
    if words.base == "en":
        name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom, language)
        many = "halves" if name == "half" else f"{name}s"
        return f"{cardinal(top, language)} {name if top == 1 else many}"
    if words.base == "de":
        name = ordinal(bottom, language, ending="el").capitalize()
        name = {2: "halb", 3: "Drittel"}.get(bottom, name)
        return f"{cardinal(top, language, before='x')} {name}"
    if words.base == "fr":
        name = {2: "demi", 3: "tiers", 4: "quart"}.get(bottom) or ordinal(bottom, language)
        return f"{cardinal(top, language)} {name}" + ("s" * (top > 1 and bottom != 3))  # noqa: PLR2004
    name = _SPANISH.get(bottom) or (
        ordinal(bottom, language) if bottom < 10 else f"{cardinal(bottom, language)}avo"  # noqa: PLR2004
    )
    said = "un" if top == 1 else cardinal(top, language)
    return f"{said} {name}" + ("s" * (top > 1))


def _day(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a day and a month, where the word before them says so and the country the order."""
    name = match.groupdict().get("day")
    if not name and word_before(match) not in words.lists["date_after"]:
        return None
    if (
        not name
        and re.match(r"[\s\u00a0]?[^\W\d_]+", match.string[match.end() :])
        and (word_after(match) in words.lists["of_words"] or word_after(match) in words.units)
    ):
        return None
    first, second = int(match["first"]), int(match["second"])
    order = is_month_first(words.language, "/", first, second)
    if order is None:
        return None
    month, day = (first, second) if order else (second, first)
    said = day_of(month, day, match, words)
    if said is None:
        return None
    return f"{words.weekdays.get(name, name)} {said}" if name else said


def _ratio(match: re.Match[str], words: SpokenWords) -> str:
    first, last = (cardinal(int(match[n]), words.language) for n in (1, 2))
    return f"{first} {words.says['ratio']} {last}"


def _height(match: re.Match[str], words: SpokenWords) -> str | None:
    if words.base != "en":
        return None
    first, last = (cardinal(int(match[n]), words.language) for n in (1, 2))
    return f"{first} foot {last}"
