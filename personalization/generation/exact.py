"""What has to stand in a source exactly: codes and models, versions, ratings, how often.

A rounded figure or a kindred word may say the same; of a model, a code or a rating nothing but
its very signs do.
"""

from __future__ import annotations

import re
from typing import Final

from personalization.generation.facts import facts
from personalization.generation.wording import CALENDAR

_TOKEN: Final = re.compile(r"(?<![\w@])\w+(?:-\w+)*")
_ORDINAL: Final = re.compile(r"\d+(?:st|nd|rd|th|er|ère|e|º|ª|a|o)$", re.IGNORECASE)
_MIXED: Final = re.compile(r"(?=\w*\d)(?=\w*[^\W\d_])\w+$")
_VERSION: Final = re.compile(
    r"\b(?:version|firmware|release|v)\.?\s?(?P<number>\d+(?:\.\d+)+)", re.IGNORECASE
)
_SLASHED: Final = re.compile(r"(?<![\d/.,])(\d+(?:[.,]\d+)?)\s?/\s?(\d+(?:[.,]\d+)?)(?![\d/])")
_ROUND_THE_CLOCK: Final = "24/7"
_STARS: Final = re.compile(r"(?:[★☆⭐✩✪✭✮🌟]\ufe0f?\s?)+|[🏆🥇🥈🥉]")
_SHARE: Final = re.compile(
    r"%|\bper\s?cent\b|\bProzent\b|\bpour\scent\b|\bpor\sciento\b", re.IGNORECASE
)
_TIMES: Final = {
    "once": 1, "twice": 2, "thrice": 3, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
}  # fmt: skip
_OFTEN: Final = re.compile(
    r"\b(?:(?P<adverb>once|twice|thrice)|(?P<number>\d+|two|three|four|five|six)\s(?:times|x))\s"
    r"(?:(?:in\s)?(?:an?|per|each|every|the|any)\s(?P<unit>\w+)|(?P<ly>dai|week|month|year)ly\b)",
    re.IGNORECASE,
)


def codes(text: str) -> list[str]:
    """Return models and codes: words of letters and digits that are no figure with its unit.

    Example:
        >>> codes("Use SAVE20X for the WH-1000 by the 3rd: 5kg at 7pm.")
        ['SAVE20X', 'WH-1000']
    """
    read = [(f.start, f.start + len(f.text)) for f in facts(text)]
    return [
        match[0]
        for match in _TOKEN.finditer(text)
        if _is_code(match[0])
        and not any(start <= match.start() and match.end() <= end for start, end in read)
    ]


def new_codes(text: str, told: str) -> list[str]:
    """Return the codes of a text that its sources do not have."""
    found = codes(text)
    known = {_plain(code) for code in codes(told)} if found else set()
    return [code for code in found if _plain(code) not in known]


def marks(text: str) -> list[str]:
    """Return what rates without words, and shares whose figure cannot be read.

    Example:
        >>> marks("★★★★★"), marks("Five-oh percent off"), marks("15% off")
        (['★★★★★'], ['percent'], [])
    """
    shares = [match[0] for match in _SHARE.finditer(text)]
    n_read = sum(f.kind == "percent" for f in facts(text))
    return [m[0].strip() for m in _STARS.finditer(text)] + shares[n_read:]


def missing(text: str, told: str) -> str:
    """Say which code, version, rating or frequency of a text its source does not have.

    Args:
        text: The claim.
        told: The wordings of its sources.

    Returns:
        Words; empty where nothing is missing.
    """
    wrong = new_codes(text, told)
    wrong += [m[0] for m in _VERSION.finditer(text) if not _stands(m["number"], told)]
    wrong += [m[0] for m in _SLASHED.finditer(text) if not _is_rated(m, told)]
    wrong += [mark for mark in marks(text) if mark not in marks(told)]
    wrong += _wrong_times(text, told)
    return f"‘{wrong[0]}’ does not stand in the source" if wrong else ""


def _is_code(token: str) -> bool:
    if _ORDINAL.match(token):
        return False
    parts = token.split("-")
    if any(_MIXED.match(part) and not _ORDINAL.match(part) for part in parts):
        return True
    is_named = parts[0][:1].isupper() and parts[0].casefold() not in CALENDAR
    return is_named and any(part.isdigit() for part in parts[1:])


def _plain(code: str) -> str:
    return code.replace("-", "").casefold()


def _stands(number: str, told: str) -> bool:
    return bool(re.search(rf"(?<![\d.]){re.escape(number)}(?!\.?\d)", told))


def _is_rated(match: re.Match[str], told: str) -> bool:
    one, other = (part.replace(",", ".") for part in match.groups())
    if f"{one}/{other}" == _ROUND_THE_CLOCK:
        return True
    between = r"\s?(?:stars?\s)?(?:/|out of|von|sur|de)\s?"
    same = rf"(?<![\d/.,]){re.escape(one)}{between}{re.escape(other)}(?![\d/])"
    return bool(re.search(same, told.replace(",", "."), re.IGNORECASE))


def _often(text: str) -> list[tuple[int, str, str]]:
    found = []
    for match in _OFTEN.finditer(text):
        number = (match["adverb"] or match["number"]).casefold()
        unit = (match["unit"] or (match["ly"] or "").replace("dai", "day")).casefold()
        found.append((_TIMES.get(number) or int(number), unit, match[0]))
    return found


def _wrong_times(text: str, told: str) -> list[str]:
    known = {(n, unit) for n, unit, _ in _often(told)}
    return [
        said
        for n, unit, said in _often(text)
        if (n, unit) not in known and not (n == 1 and _is_regular(unit, known, told))
    ]


def _is_regular(unit: str, known: set[tuple[int, str]], told: str) -> bool:
    """Tell whether a source says "monthly" or "every month", and no other number of times."""
    ly = "dai" if unit == "day" else unit
    regular = rf"\b(?:{re.escape(ly)}ly|(?:every|each|per)\s{re.escape(unit)})\b"
    return unit not in {u for _, u in known} and bool(re.search(regular, told, re.IGNORECASE))
