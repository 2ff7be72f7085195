"""Bearing out: the very words of a cited statement that say what a message says.

A figure has to be there with its value, its unit and what it counts, and where two statements
have figures of one kind, the one that speaks of the same thing decides: "returns within 3 days"
is not borne out by "delivery takes 3 days".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.safety.dates import NamedDate, dates_in
from personalization.safety.figures import Figure, bears_out, figures_of
from personalization.safety.reading import Hit, blanked, folded, is_quoted
from personalization.statistics.number_words import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.safety.cited import Cited, Wording

UNSAID: Final = "No approved statement that the message cites says so."
_AROUND: Final = 5  # words on either side that tell what a figure is about
_RIVAL: Final = 2  # words more that another figure has to share to be the one that is meant
_NOUN_WITHIN: Final = 4  # words after a figure among which the thing counted stands
_UNIT: Final = re.compile("|".join(UNITS), re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_EMPTY: Final = frozenset((
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "do", "each",
    "every", "for", "from", "get", "gets", "has", "have", "if", "in", "into", "is", "it", "its",
    "just", "less", "more", "no", "not", "now", "of", "on", "only", "or", "our", "out", "over",
    "per", "so", "than", "that", "the", "their", "them", "then", "there", "they", "this", "to",
    "up", "us", "was", "we", "were", "when", "will", "with", "you", "your",
))  # fmt: skip
_FREE: Final = re.compile(
    r"(?<!feel )(?<![\w-])free(?! (?:to|from|of|up|time|range|spirit\w*|hand|space)\b)(?![\w-])"
    r"|\b(?:no|without) (?:extra |any )?(?:charge|cost|fee)s?\b|\bon (?:us|the house)\b"
    r"|\b(?:gratis|kostenlos|gratuite?s?)\b",
    re.IGNORECASE,
)

_WITHOUT: Final = re.compile(
    r"\b(?:alcohol|caffeine|carbon|cruelty|dairy|duty|egg|fat|gluten|hands|hassle|lactose|lead|meat"
    r"|nut|peat|plastic|scent|stress|sugar|tax|toll|trouble|wheat|worry|set \w+|break|feel)\s$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was made of a fact.

    Attributes:
        decision: pass, review or block.
        reason: One sentence.
        wording: What bears it out, or says something else.
        span: Characters into the wording.
    """

    decision: Decision
    reason: str
    wording: Wording | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A text with what can be held to it."""

    text: str
    figures: tuple[Figure, ...]
    dates: tuple[NamedDate, ...]
    free: tuple[tuple[int, int], ...]


@lru_cache(maxsize=4096)
def _read(words: str) -> _Read:
    text = folded(words)
    dates = tuple(dates_in(text))
    figures = figures_of(blanked(text, [(named.start, named.end) for named in dates]))
    return _Read(text, tuple(figures), dates, free_spans(text))


def free_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a text says that something costs nothing; "gluten free" says nothing of it."""
    return tuple(m.span() for m in _FREE.finditer(text) if not _WITHOUT.search(text[: m.start()]))


def passed(wording: Wording, span: tuple[int, int]) -> Verdict:
    """Return the verdict on what a wording bears out."""
    said = {
        "subject line": "An approved subject line says so.",
        "valid until": "It is the last day of the source.",
        "valid from": "It is the first day of the source.",
        "products": "The source is about this product.",
    }
    return Verdict(
        Decision.PASS, said.get(wording.field, "An approved statement says so."), wording, span
    )


def missing(cited: Cited, faulty: Wording | None) -> Verdict:
    """Return the verdict on what no source in force says; ``faulty`` would, if it might."""
    if faulty is None:
        return Verdict(Decision.BLOCK, UNSAID)
    name = next((d.title for d in cited.documents if d.key == faulty.document), faulty.document)
    reason = f"Only ‘{name}’ says so, and {cited.fault_of(faulty)}."
    return Verdict(Decision.BLOCK, reason, faulty)


def figure(text: str, found: Figure, cited: Cited) -> Verdict:
    """Judge a figure of a folded text."""
    here = _Place.of(text, found)
    thing = _thing(text, found) if found.kind == "count" else frozenset()
    best: tuple[int, Wording, Figure] | None = None
    rival: tuple[int, Wording, Figure] | None = None
    for wording in cited.in_force:
        source = _read(wording.text)
        for other in source.figures:
            shared = here.likeness(_Place.of(source.text, other))
            if bears_out(other, found) and _counts(source.text, other, thing):
                best = max(best or (-1, wording, other), (shared, wording, other), key=_first)
            elif other.kind == found.kind and other.values.isdisjoint(found.values):
                rival = max(rival or (-1, wording, other), (shared, wording, other), key=_first)
    if best is None:
        return _contradicted(rival) or missing(cited, _faulty_figure(found, cited))
    if rival and rival[0] >= best[0] + _RIVAL:
        return _contradicted(rival) or missing(cited, None)
    return passed(best[1], (best[2].start, best[2].end))


def _first(ranked: tuple[int, Wording, Figure]) -> int:
    return ranked[0]


def _contradicted(rival: tuple[int, Wording, Figure] | None) -> Verdict | None:
    if rival is None or rival[0] < _RIVAL:
        return None
    _, wording, other = rival
    said = wording.text[other.start : other.end]
    reason = f"The approved statement says ‘{said}’ there."
    return Verdict(Decision.BLOCK, reason, wording, (other.start, other.end))


def _faulty_figure(found: Figure, cited: Cited) -> Wording | None:
    faulty = (wording for wording in cited.wordings if cited.fault_of(wording))
    return next(
        (w for w in faulty if any(bears_out(f, found) for f in _read(w.text).figures)), None
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a figure stands: the words around it, and those right beside it."""

    around: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @classmethod
    def of(cls, text: str, found: Figure) -> _Place:
        before = [word.casefold() for word in _WORD.findall(text[: found.start])[-_AROUND:]]
        after = [word.casefold() for word in _WORD.findall(text[found.end :])[:_AROUND]]
        around = stems(" ".join((*before, *after)))
        return cls(around, tuple(before[::-1]), tuple(after))

    def likeness(self, other: _Place) -> int:
        """Count the words that two places share, those right beside the figure once more."""
        return (
            len(self.around & other.around)
            + _alike(self.before, other.before)
            + _alike(self.after, other.after)
        )


def _alike(mine: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """Count how many of the two words next to a figure are the same, from it outwards."""
    pairs = zip(mine[:2], theirs[:2], strict=False)
    return sum(1 for _ in takewhile(lambda pair: stem_of(pair[0]) == stem_of(pair[1]), pairs))


def stems(text: str) -> frozenset[str]:
    """Return the words of a text that carry meaning, without their plurals.

    Example:
        >>> sorted(stems("The jumbo bags and the lunch bag"))
        ['bag', 'jumbo', 'lunch']
    """
    words = (word.casefold() for word in _WORD.findall(text))
    return frozenset(stem_of(word) for word in words if word not in _EMPTY)


def stem_of(word: str) -> str:
    """Return a word without the s of its plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004


def _thing(text: str, found: Figure) -> frozenset[str]:
    """Return what a figure counts: the first word after it that carries meaning, and a unit."""
    after = re.match(r"[ -]+([^\W\d_]{2,})(?:[ -]+([^\W\d_]{2,}))?", text[found.end :])
    words = [word for word in (after.groups() if after else ()) if word]
    first = next((stem for word in words if (stem := stems(word))), frozenset[str]())
    return first.union(*(stems(word) for word in words if _UNIT.fullmatch(word)))


def _counts(text: str, other: Figure, thing: frozenset[str]) -> bool:
    """Tell whether a figure of a source counts the thing, or leaves open what it counts."""
    if not thing:
        return True
    after = _WORD.findall(text[other.end :])[:_NOUN_WITHIN]
    before = _WORD.findall(text[: other.start])[-_NOUN_WITHIN:]
    return thing <= stems(" ".join((*before, *after)))


_ENDS: Final = re.compile(
    r"\b(?:until|till|ends?|ending|last|latest|before|by|close[sd]?|expires?|runs?|valid|through"
    r"|deadline|to)\b",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    r"\b(?:from|since|starts?|starting|begins?|beginning|opens?)\b", re.IGNORECASE
)


def day(sentence: str, found: NamedDate, cited: Cited) -> Verdict:
    """Judge a date, by the words of a statement or by the days that its document is valid."""
    for wording in cited.in_force:
        for other in _read(wording.text).dates:
            weekdays = {found.weekday, other.weekday} - {None}
            if len(weekdays) < 2 and _agree(found, other):  # noqa: PLR2004
                return passed(wording, (other.start, other.end))
    for document in cited.documents:
        ends = (document.valid_until, document.last_day, _ENDS)
        begins = (document.valid_from, document.first_day, _BEGINS)
        for on, record, words in (ends, begins):
            if on and record and not document.fault and found.is_on(on) and words.search(sentence):
                return passed(record, (0, len(record.text)))
    faulty = (wording for wording in cited.wordings if cited.fault_of(wording))
    says = (w for w in faulty if any(_agree(found, d) for d in _read(w.text).dates))
    return missing(cited, next(says, None))


def _agree(found: NamedDate, other: NamedDate) -> bool:
    return any(mine.agrees(theirs) for mine in found.days for theirs in other.days)


def nothing_to_pay(sentence: str, cited: Cited) -> Verdict:
    """Judge a "free": a source has to give away what the sentence speaks of."""
    about = stems(sentence)
    best: tuple[int, Wording, tuple[int, int]] | None = None
    for wording in cited.in_force:
        source = _read(wording.text)
        shared = len(about & stems(source.text) - {"free", "charge", "cost", "fee"})
        if source.free and (shared or len(about) < _RIVAL) and (not best or shared > best[0]):
            best = (shared, wording, source.free[0])
    return passed(best[1], best[2]) if best else missing(cited, None)


def verbatim(text: str, hit: Hit, wordings: Iterable[Wording]) -> Verdict | None:
    """Return the wording that says the hit's words, with the words around them, word for word."""
    said = text[hit.start : hit.end]
    pattern = re.compile(r"\W+".join(map(re.escape, re.findall(r"\w+", said))), re.IGNORECASE)
    for wording in wordings:
        if is_quoted(text, hit, (wording.text,)):
            found = pattern.search(folded(wording.text))
            return passed(wording, found.span() if found else (0, len(wording.text)))
    return None
