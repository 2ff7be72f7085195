"""How a text sounds, in measures that anybody can check by counting, and how far from a brand.

A brand sounds as the sentences do that it gives as its own.  Their least and most of each measure
are its range; a text's distance is how far it lies outside, in steps of a size stated here.  No
model judges: who reads "31 words a sentence, and yours have 6 to 17" can do something about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.providers.obfuscation import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEEDED: Final = 3
"""Examples from which on a brand has a range; fewer say too little."""

FAR: Final = 1.0
"""A distance of more than one step sounds unlike the brand."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*")
_TAG: Final = re.compile(r"\{\{[^{}|]*\|([^{}]*)\}\}")
_YOU: Final = frozenset((
    "you", "your", "yours", "yourself", "you're", "you'll", "you've", "you'd",
    "du", "dich", "dir", "dein", "deine", "deinen", "deiner", "ihnen", "ihre", "ihr", "ihren",
    "tu", "te", "toi", "ton", "ta", "tes", "vous", "votre", "vos",
    "tú", "ti", "tus", "usted", "ustedes", "vosotros", "vuestro", "vuestra",
))  # fmt: skip
_WE: Final = frozenset((
    "we", "us", "our", "ours", "ourselves", "we're", "we'll", "we've", "we'd",
    "wir", "uns", "unser", "unsere", "unseren", "unserem", "unserer",
    "nous", "notre", "nos", "nosotros", "nosotras", "nuestro", "nuestra", "nuestros", "nuestras",
))  # fmt: skip
_CONTRACTION: Final = re.compile(r"(?:n't|'(?:re|ll|ve|d|m|s))$")
_POSSESSIVE: Final = re.compile(r"'s$")
_ITS_VERB: Final = frozenset((
    "it", "that", "there", "here", "what", "who", "how", "where", "let", "he", "she", "this",
))  # fmt: skip
_FORMAL: Final = frozenset((
    "accordingly", "acquire", "additional", "additionally", "advise", "aforementioned", "assist",
    "assistance", "commence", "commencement", "complimentary", "concerning", "consequently",
    "correspondence", "customer", "demonstrate", "desire", "endeavour", "enquire", "ensure",
    "esteemed", "exceptional", "facilitate", "furthermore", "hence", "hereby", "herein",
    "herewith", "inform", "kindly", "leverage", "moreover", "notify", "obtain", "optimal",
    "pertaining", "pleased", "prior", "proceed", "provide", "purchase", "pursuant", "receive",
    "regarding", "regards", "request", "require", "residence", "respectfully", "respective",
    "selection", "shall", "sincerely", "solution", "solutions", "subsequent", "subsequently",
    "sufficient", "terminate", "thereby", "therefore", "thus", "upon", "utilise", "utilize",
    "valued", "whereas", "whereby", "whilst", "whom",
))  # fmt: skip
_CASUAL: Final = frozenset((
    "amazing", "awesome", "bestie", "bunch", "cool", "crazy", "deal", "deals", "dude", "epic",
    "folks", "fab", "gonna", "gotta", "grab", "guys", "hey", "huge", "hurry", "incredible",
    "insane", "kinda", "literally", "loads", "lol", "mega", "obsessed", "ok", "okay", "omg",
    "score", "snag", "steal", "stuff", "super", "tons", "totally", "unbelievable", "unmissable",
    "vibes", "wanna", "whoa", "wow", "yay", "yeah", "yep",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measures:
    """How a text sounds; None where it has nothing to count.

    Attributes:
        sentence_words: Words of a sentence, the mean.
        formality: Formal words less casual ones, of each hundred words; English only.
        you_share: Of the words for reader and sender, those for the reader.
        exclamations: Exclamation marks of each sentence.
        contractions: Contractions of each hundred words; English only.
    """

    sentence_words: float | None
    formality: float | None
    you_share: float | None
    exclamations: float | None
    contractions: float | None


STEPS: Final[Mapping[str, float]] = MappingProxyType({
    "sentence_words": 6.0, "formality": 8.0, "you_share": 0.5, "exclamations": 0.5,
    "contractions": 8.0,
})  # fmt: skip
"""How far outside a brand's range a measure may lie before it counts as one whole step."""

_SAID: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "sentence_words": ("Sentences of {now} words; the brand's have {range}.", "{:.0f}"),
    "formality": (
        "A formality of {now} (formal words less casual ones, of 100); the brand's is {range}.",
        "{:+.0f}",
    ),
    "you_share": (
        "{now} of the words for people mean the reader; of the brand's {range}.", "{:.0%}",
    ),
    "exclamations": ("{now} exclamation marks a sentence; the brand has {range}.", "{:.2g}"),
    "contractions": ("{now} contractions of 100 words; the brand has {range}.", "{:.0f}"),
})  # fmt: skip


def measures_of(text: str, locale: str = "en-GB") -> Measures:
    """Measure a text; merge fields count with what they fall back on.

    Example:
        >>> measures_of("We wrap it. You sign the card!")
        ... # doctest: +NORMALIZE_WHITESPACE
        Measures(sentence_words=3.5, formality=0.0, you_share=0.5, exclamations=0.5,
                 contractions=0.0)
    """
    plain = _TAG.sub(r"\1", text).replace("’", "'")
    sentences = [plain[a:b] for a, b in sentence_spans(plain) if _WORD.search(plain[a:b])]
    words = [word.casefold() for word in _WORD.findall(plain)]
    if not words or not sentences:
        return Measures(None, None, None, None, None)
    you, we = sum(word in _YOU for word in words), sum(word in _WE for word in words)
    is_english = locale.lower().startswith("en")
    per_hundred = 100 / len(words)
    tone = sum((word in _FORMAL) - (word in _CASUAL) for word in words)
    return Measures(
        sentence_words=len(words) / len(sentences),
        formality=per_hundred * tone if is_english else None,
        you_share=you / (you + we) if you + we else None,
        exclamations=plain.count("!") / len(sentences),
        contractions=per_hundred * sum(map(_is_contraction, words)) if is_english else None,
    )


def _is_contraction(word: str) -> bool:
    if _POSSESSIVE.search(word):
        return word[:-2] in _ITS_VERB
    return bool(_CONTRACTION.search(word))


@dataclass(frozen=True, slots=True)
class Range:
    """The least and most of a measure among a brand's own sentences."""

    low: float
    high: float

    def distance(self, value: float, step: float) -> float:
        """Return how far outside a value lies, in steps; 0 within."""
        return max(self.low - value, value - self.high, 0.0) / step


def ranges_of(examples: Iterable[str], locale: str = "en-GB") -> dict[str, Range]:
    """Return the range of each measure; empty where there are too few examples."""
    read = [measures_of(text, locale) for text in examples]
    if len(read) < NEEDED:
        return {}
    values = {
        name: [found for one in read if (found := getattr(one, name)) is not None] for name in STEPS
    }
    return {name: Range(min(found), max(found)) for name, found in values.items() if found}


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one measure of a text is from the brand.

    Attributes:
        measure: Its name, as in ``Measures``.
        value: Of the text.
        low: Least of the brand's own sentences.
        high: Most.
        steps: How far outside, 0 within.
        reason: One sentence.
    """

    measure: str
    value: float
    low: float
    high: float
    steps: float
    reason: str


def distances(found: Measures, ranges: Mapping[str, Range]) -> list[Distance]:
    """Hold a text's measures to a brand's ranges, the farthest first."""
    rows = [
        Distance(
            name, value, ranges[name].low, ranges[name].high,
            ranges[name].distance(value, STEPS[name]), _reason(name, value, ranges[name]),
        )
        for name in STEPS
        if name in ranges and (value := getattr(found, name)) is not None
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row.steps)


def far(found: Measures, ranges: Mapping[str, Range]) -> Iterator[Distance]:
    """Yield the measures by which a text sounds unlike the brand."""
    return (row for row in distances(found, ranges) if row.steps > FAR)


def _reason(name: str, value: float, known: Range) -> str:
    words, form = _SAID[name]
    low, high = form.format(known.low), form.format(known.high)
    between = low if low == high else f"{low} to {high}"
    return words.format(now=form.format(value), range=between)
