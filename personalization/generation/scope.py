"""How far a promise goes: what is taken out of it, where it holds, and of how many it is true."""

from __future__ import annotations

import re
from typing import Final

from personalization.generation import wording
from personalization.generation.facts import DAYS, facts

_EXCLUSION: Final = re.compile(
    r"\b(?:exclud(?:es?|ing)|except(?:ing)?(?: for)?|apart from|other than|but not"
    r"|(?:not|n['’]t) (?:apply to|valid (?:on|for)|include|cover|available (?:on|in|for|to)))"
    r"\s+(?P<object>[^.;:!?\n]+)"
    r"|(?:^|[.;:,]\s)(?P<subject>[^.;:,!?\n]+?)\s(?:(?:is|are) (?:excluded|exempt|not (?:included"
    r"|covered|valid))|(?:sind|ist) ausgenommen|(?:sont|est) exclue?s?|quedan? excluid[oa]s?)",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(
    r"\b(?:in|within|to|across|throughout)\s+(?:the\s+)?(?=[A-ZÀ-Þ])(?P<place>[^.;:!?,\n]+)"
)
# Every month is monthly, and at any hour is 24 hours a day.
_EVERY: Final = re.compile(
    r"\b(?:every|each|any)\s+(?P<unit>hour|day|week|month|year)\b", re.IGNORECASE
)
_TIMES: Final = {
    "hour": r"24 hours|24/7|hourly|round the clock",
    "day": r"daily|7 days|seven days|24/7|a day|per day",
    "week": r"weekly|a week|per week",
    "month": r"monthly|a month|per month",
    "year": r"yearly|annual|a year|per year",
}
_OF_ALL: Final = re.compile(
    r"\b(?:every|each|all|any)\s+(?P<noun>\w+(?:\s+\w+){0,2})", re.IGNORECASE
)
_AGAINST: Final = re.compile(r"\bagainst\s+(?P<limit>\w+(?:\s\w+)?)", re.IGNORECASE)
_LIMITED: Final = re.compile(r"\bfor\s+(?:the\s+first\s+)?$", re.IGNORECASE)
_PERIOD: Final = re.compile(
    r"\b(?:per|each|every|an?)\s(?P<unit>month|year|week|day|night|person|user|item)\b"
    r"|\b(?P<ly>month|year|week)ly\b",
    re.IGNORECASE,
)
_UNLIMITED: Final = re.compile(
    r"\b(?:any ?time|whenever|as (?:often|long|many|much) as you (?:like|want|please)"
    r"|without (?:any )?limits?|no limits?|unlimited)\b",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"\b(?:within|up to|until|by|before|for|at most|no more than)\b", re.IGNORECASE
)


def exclusions(text: str) -> list[str]:
    """Return what a sentence takes out: the words after excludes, except, does not apply to.

    Example:
        >>> exclusions("The offer excludes the Basecamp 6 tent.")
        ['the Basecamp 6 tent']
    """
    found = _EXCLUSION.finditer(text)
    return [(match["object"] or match["subject"]).strip() for match in found]


def places(text: str) -> list[str]:
    """Return where something holds: "in the UK and Ireland" gives "UK and Ireland"."""
    found = [match["place"].strip() for match in _PLACE.finditer(text)]
    return [place for place in found if place.split()[0].casefold() not in wording.CALENDAR]


def is_regular(text: str, source_text: str) -> bool:
    """Tell whether an "every month" of the text is a "monthly" of the source.

    Example:
        >>> is_regular("Interest every month.", "Interest is paid monthly.")
        True
    """
    units = [match["unit"].casefold() for match in _EVERY.finditer(text)]
    return bool(units) and all(
        re.search(rf"\b(?:{_TIMES[unit]})", source_text, re.IGNORECASE) for unit in units
    )


def is_generic(text: str, source_sentence: str) -> bool:
    """Tell whether an "every pack" of the text is "packs" of the source, without any bounds.

    Example:
        >>> is_generic("Every pack has a lid.", "Packs have a lid.")
        True
        >>> is_generic("Every pack has a lid.", "Most packs have a lid.")
        False
    """
    folded = source_sentence.casefold()
    if wording.qualifiers(source_sentence) or wording.is_negated(source_sentence):
        return False
    found = [match["noun"].casefold().split() for match in _OF_ALL.finditer(text)]
    return bool(found) and all(
        any(re.search(rf"\b{re.escape(w.removesuffix('s'))}e?s\b", folded) for w in nouns)
        for nouns in found
    )


def lifts_a_limit(text: str, source_sentence: str) -> bool:
    """Tell whether a text says "any time" or "as often as you like" where the source has a limit.

    Example:
        >>> lifts_a_limit("Cancel any time.", "You can cancel within 14 days.")
        True
    """
    is_limited = _LIMIT.search(source_sentence) and facts(source_sentence)
    return bool(_UNLIMITED.search(text) and is_limited and not facts(text))


def dropped_limit(text: str, source_sentence: str) -> str:
    """Return what limits a promise in the source and is not in the text, or nothing.

    Example:
        >>> dropped_limit("A guarantee of ten years.", "It has a guarantee against rust.")
        'against rust'
        >>> dropped_limit("Try it free.", "You can try it free for 30 days.")
        'for 30 days'
    """
    for match in _AGAINST.finditer(source_sentence):
        if match["limit"].split()[-1].casefold() not in text.casefold():
            return match[0]
    timed = [f for f in facts(source_sentence) if f.measure.split(" ")[0] in {"day", "month"}]
    for fact in timed:
        limits = _LIMITED.search(source_sentence[: fact.start])
        if limits and not any(f.measure for f in facts(text)):
            return f"{limits[0].strip()} {fact.text}"
    return ""


def period(text: str) -> str:
    """Return the one month, year, person ... for each of which a text speaks, or nothing."""
    found = {(match["unit"] or match["ly"]).casefold() for match in _PERIOD.finditer(text)}
    return " ".join(sorted(found))


def opposite(text: str, source_sentence: str) -> tuple[str, str] | None:
    """Return the word of a text and the opposite that its source has instead, if there are any.

    Example:
        >>> opposite("A message before each payment.", "A message after each payment.")
        ('before', 'after')
    """
    own = {word.casefold() for word in wording.words(text)}
    told = {word.casefold() for word in wording.words(source_sentence)}
    for pair in wording.OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if one in own - told and other in told - own:
                return one, other
    return None


def dropped_deadline(text: str, source_sentence: str) -> str:
    """Return the day by which an offer has to be taken, where a text gives its price without it.

    Example:
        >>> dropped_deadline("Pay only £50.", "Book before 3 May and pay only £50.")
        'before 3 May'
    """
    prices = {(f.kind, f.value) for f in facts(text) if f.kind in {"money", "percent"}}
    told = facts(source_sentence)
    if not any((f.kind, f.value) in prices for f in told) or _has_day(text):
        return ""
    for fact in told:
        if fact.kind == "date" and fact.bound == "end":
            before = source_sentence[: fact.start].split()
            return f"{before[-1] if before else ''} {fact.text}".strip()
    return ""


def _has_day(text: str) -> bool:
    return any(fact.kind in DAYS for fact in facts(text))
