"""The words by which a claim is known, and by which two wordings are held together.

The lists are English; for other languages the rules on numbers, dates, money and percentages
hold all the same, and words are compared by the stems of that language.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import Stemmer

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LANGUAGES: Final = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}

_LEXICON: Final = tomllib.loads(
    resources.files(__package__).joinpath("lexicon.toml").read_text("utf-8")
)
STOP_WORDS: Final = frozenset(_LEXICON["stop_words"].split())
"""Words that carry no meaning of their own."""

SAFE_WORDS: Final = frozenset(_LEXICON["safe_words"].split())
"""Words of courtesy and invitation: they assert nothing, so no source has to hold them."""

PLAIN_WORDS: Final = frozenset(_LEXICON["plain_words"].split())
"""Words by which a sentence is turned without saying more."""

EVERYDAY_WORDS: Final = frozenset(_LEXICON["everyday_words"].split())
"""Words of small talk: they sell nothing, so a sentence without an assertion may have them."""

OPPOSITES: Final = tuple((one, other) for one, other in _LEXICON["opposites"])
"""Pairs of which a claim may not have the one where its source has the other."""

WEIGHTY_WORDS: Final = frozenset(_LEXICON["weighty_words"].split())
"""Words that say something of their own: materials, endorsers, places, ways to be reached."""

_HARMLESS: Final = re.compile(
    r"\b(?:best (?:wishes|regards)|all (?:the best|of us|at|in one place)|our best|at all"
    r"|at (?:first|best)|first (?:of all|name)|after all|above all|at least once|any time|feel free"
    r"|free to|the rest|every (?:now and then|so often)|every time|not only"
    r"|any (?:questions?|of|other|help)"
    r"|if only|the only thing|one last|last but not least|all you need|first(?= [£€$]?\d)"
    r"|save you asking)\b",
    re.IGNORECASE,
)
_ABSOLUTE: Final = re.compile(
    r"\b(?:best|finest|cheapest|lowest|highest|largest|biggest|fastest|greatest|safest|strongest"
    r"|softest|warmest|newest|longest|lightest|widest|easiest|smallest|quickest|cleanest|toughest"
    r"|most (?!of\b)\w+|least|only|always|never|ever|every(?:one|thing|where|body)?|all|any"
    r"|anywhere|lifetime|life-?long"
    r"|each|no(?: one|body|thing)|none|guarante\w*|warrant\w*|promise\w*|free|unique\w*|perfect\w*"
    r"|ultimate|leading|first|award\w*|exclusive\w*|unlimited|complete(?:ly)?|total(?:ly)?"
    r"|entire(?:ly)?|absolute(?:ly)?|instant(?:ly)?|immediate(?:ly)?|permanent(?:ly)?|forever"
    r"|unbeatable|unmatched|unrivalled|number one|world[- ]class|top[- ]rated|favou?rite of"
    r"|(?:(?<=the )|(?<=our )|(?<=its )|(?<=your )|(?<=their ))"
    r"(?!for|inter|harv|gu|qu|requ|prot|cont|lat|near|hon|mod|arr|dig|manif)[a-z]{3,}est"
    r"|certified|proven|approved|official\w*|tested|risk[- ]free|limited|last chance|hurry"
    r"|while stocks last|best[- ]?sell\w*|half[- ]price|half|double|twice|triple|discount\w*"
    r"|sav(?:e|es|ing|ings)|cheaper|cheap|bargain\w*|refund\w*|complimentary|gratis"
    r"|on the house|(?:no|without(?: any)?) (?:extra |additional )?(?:charge|cost)|costs? nothing"
    r"|(?:an?|one|two|three|four)[ -](?:third|quarter|fifth|tenth)s?|whole|endless(?:ly)?"
    r"|both(?!\s.*\band\b)|countless|zero|no[- ]risk|money[- ]back|thrice|half)\b",
    re.IGNORECASE,
)
_COMPARATIVE: Final = re.compile(
    r"\b(?:(?:more|less|fewer|better|worse|faster|slower|lighter|heavier|warmer|cooler|stronger"
    r"|longer|shorter|bigger|smaller|softer|safer|easier|quicker|higher|lower|greener|cleaner"
    r"|brighter|quieter|thinner|thicker|tougher) than|than any\w*|better|faster|stronger|safer"
    r"|lighter|warmer|longer[- ]lasting|improved)\b",
    re.IGNORECASE,
)
_OFFER: Final = re.compile(
    r"\b(?:buy (?:one|two|three|1|2|3)\b|get (?:one|another)\b|bogof|no more\b(?! than)"
    r"|(?<!count )(?<!rely )(?<!depend )(?<!call )(?<!in )on us\b(?=\W*$|\s(?:for|if|when|this))"
    r"|(?:back |now )?in stock|out of stock|sold out|sell(?:s|ing) (?:out|fast)"
    r"|(?:nearly|almost) gone|going fast|(?:last |a |only a )few left"
    r"|say (?:goodbye|farewell) to|goodbye to)\b",
    re.IGNORECASE,
)
_NEGATION: Final = re.compile(
    r"\b(?:not|no|never|without|none|nor|neither|cannot|nobody|nothing|excludes?|excluding|except"
    r"|exclusive of|free of|lacks?|fails? to|unable|hardly|barely|scarcely|seldom|rarely"
    r"|far from|anything but|no longer|excluded|un(?:able|available|suitable|covered))\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_QUALIFIER: Final = re.compile(
    r"\b(?:up to|at least|at most|no more than|eligible|members?|unused|unopened|undamaged"
    r"|new customers?|first orders?|selected|variable|most|some|many|usually|typically|normally"
    r"|mainland|on orders? (?:over|above|of)|orders over|when you spend|if you|provided|subject to"
    r"|while stocks last|except|excluding|excludes?|excluded|only|online|in[- ]store|over|under"
    r"|from(?=\s[£€$])|about|around|nearly|almost|approximately|may|before|until|unless|as long as"
    r"|billed (?:yearly|annually)|when you (?:buy|order|join|sign up|switch)|with (?:the )?code"
    r"|at participating|first-time|(?:on|at) (?:its|the) \w+est \w+|when (?:full|empty|closed)"
    r"|in (?:our |a )?(?:tests?|trials?|surveys?|laborator\w+)"
    r"|subscribers?|existing customers?|over-?\d+s|for the first|on weekdays|adults?|students?)\b",
    re.IGNORECASE,
)
_OF_FIGURES: Final = frozenset(
    {"about", "around", "nearly", "almost", "approximately", "variable", "from"}
)
_SAME: Final = (
    frozenset({"every", "each", "all", "any", "whole"}),
    frozenset({"guarante", "warranti", "warrant"}),
    frozenset({"up to", "at most", "no more than", "maximum", "your first", "the first"}),
    frozenset({"excluding", "excludes", "exclude", "except", "excluded", "not"}),
    frozenset({"about", "around", "nearly", "almost", "approximately"}),
    frozenset({"most", "usually", "typically", "normally", "many", "some", "generally"}),
    frozenset({"over", "more than", "above"}),
    frozenset({"save", "saving", "savings", "saves", "discount", "off"}),
    frozenset({"before", "until", "by"}),
    frozenset({"member", "members"}),
)
_ENTITY: Final = re.compile(r"\b[A-ZÀ-Þ][\w’'&-]+")
_BRAND: Final = re.compile(r"\b(?:[A-ZÀ-Þ]{2,}|[A-ZÀ-Þ]?[a-zß-ÿ]+[A-ZÀ-Þ])\w*\b")
CALENDAR: Final = frozenset(
    (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    )
)
_KINDRED: Final = {"monthli": "month", "weekli": "week", "annual": "year", "yearli": "year"}


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_LANGUAGES.get(language, "english"))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str = "en") -> str:
    """Return the stem of a word, folded in case and without a genitive.

    Example:
        >>> stem("Candles"), stem("Candle's")
        ('candl', 'candl')
    """
    plain = word.casefold().replace("’", "'").removesuffix("'s").rstrip("'")
    return str(_stemmer(language).stemWord(plain))


def words(text: str) -> list[str]:
    """Return the words of a text, as they stand."""
    return _WORD.findall(text)


def content_stems(text: str, language: str = "en") -> list[str]:
    """Return the stems of the words that carry meaning, in their order."""
    plain = (word.replace("’", "'").removesuffix("'s") for word in words(text))
    stems = (
        stem(word, language)
        for word in plain
        if word.casefold() not in STOP_WORDS and len(word) > 1
    )
    return [_KINDRED.get(found, found) for found in stems]


@lru_cache(maxsize=24)
def stems_of(listed: frozenset[str], language: str = "en") -> frozenset[str]:
    """Return the stems of a list such as SAFE_WORDS."""
    return frozenset(stem(word, language) for word in listed)


def absolutes(text: str) -> list[str]:
    """Return superlatives, comparatives and guarantees: what only a source can bear out.

    Example:
        >>> absolutes("All the best! The softest throw, better than wool.")
        ['softest', 'better than']
    """
    plain = _HARMLESS.sub(" ", text)
    found = [m for p in (_ABSOLUTE, _COMPARATIVE, _OFFER) for m in p.finditer(plain)]
    covered: list[tuple[int, int]] = []
    for match in sorted(found, key=lambda m: (m.start(), -m.end())):
        if not covered or match.start() >= covered[-1][1]:
            covered.append(match.span())
    return [plain[start:end] for start, end in covered]


def is_negated(text: str) -> bool:
    """Tell whether a sentence denies: an odd number of negations."""
    return len(_NEGATION.findall(text)) % 2 == 1


def qualifiers(text: str) -> list[str]:
    """Return the words that narrow a promise: up to, eligible, members, from, most."""
    return [match[0].casefold() for match in _QUALIFIER.finditer(text)]


def narrows_a_figure(qualifier: str) -> bool:
    """Tell whether a qualifier narrows a figure only, so that it goes where the figure goes."""
    return qualifier in _OF_FIGURES


def entities(text: str) -> list[str]:
    """Return names: capitalised words that do not open the text."""
    return [
        match[0]
        for match in _ENTITY.finditer(text)
        if match.start() > 0 and _is_inside(text, match)
    ]


def names(text: str) -> list[str]:
    """Return names also where they open a text, if their capitals tell them: IKEA, iPhone.

    Example:
        >>> names("IKEA mugs for the iPhone of Rolex fans")
        ['Rolex', 'IKEA', 'iPhone']
    """
    inside = entities(text)
    return inside + [m[0] for m in _BRAND.finditer(text) if m[0] not in inside]


def capitalised(text: str) -> list[str]:
    """Return all words that begin with a capital, but for months, days and small words."""
    found = (match[0] for match in _ENTITY.finditer(text))
    return [w for w in found if w.casefold() not in STOP_WORDS and w.casefold() not in CALENDAR]


def is_acronym(name: str, text: str) -> bool:
    """Tell whether ``name`` is made of the initials of words that stand in a row in ``text``.

    Example:
        >>> is_acronym("FSCS", "by the Financial Services Compensation Scheme.")
        True
    """
    initials = "".join(word[0] for word in words(text))
    return len(name) > 1 and name.isupper() and name in initials


def _is_inside(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip(" \"'“‘(")
    return bool(before) and before[-1] not in ".!?:–—\n"


def says(text: str, phrase: str, language: str = "en") -> bool:
    """Tell whether ``text`` holds the phrase, its stem, or a word that means the same."""
    folded = text.casefold()
    wanted = phrase.casefold()
    same = {wanted, *(other for group in _SAME if wanted in group for other in group)}
    if any(re.search(rf"\b{re.escape(other)}\b", folded) for other in same):
        return True
    stems = {stem(word, language) for word in words(text)}
    wanted_stems = [stem(word, language) for word in words(phrase)]
    near = {other for group in _SAME for other in group if group & set(wanted_stems)}
    return bool(wanted_stems) and (
        all(part in stems for part in wanted_stems) or bool(near & stems)
    )


def shares(stems: Iterable[str], others: frozenset[str]) -> float:
    """Return which share of ``stems`` is among the others, in [0, 1]; 0 where there are none."""
    own = set(stems)
    return len(own & others) / len(own) if own else 0.0
