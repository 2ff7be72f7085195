"""Figures: prices, shares, counts and days that two documents or wordings tell differently."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Final

from personalization.content.findings import Finding, Text, overlaps
from personalization.content.splitting import split_sentences
from personalization.content.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from personalization.content.findings import Entry, Figure, Place, ReadFigures

_UNITS: Final = frozenset({
    "day", "week", "month", "year", "hour", "minut", "pound", "euro", "penc", "percent", "cent",
    "per", "more", "less", "tag", "woch", "monat", "jahr", "stund", "jour", "semain", "mois", "an",
    "heur", "dia", "día", "seman", "mes", "año", "hor",
})  # fmt: skip
"""Stems that say how a thing is counted, and not what is spoken of."""

_CODE: Final = re.compile(r"\b[A-Z]{3,}[A-Z0-9]*\d[A-Z0-9]*\b")
_TOO_COMMON: Final = 150
"""Sentences; a word in more of them tells no two apart."""

_FIRST: Final = re.compile(r"^\S+?(?:[\s-]+|$)")
"""The number itself, with what joins it to what it counts."""

_NEAR: Final = 60
"""Characters behind a number within which it says what it counts."""

_SHARED: Final = 2
_SHARE: Final = 0.6
"""Of the telling words of the shorter sentence, how many the two have to share."""

_SHARE_OF_PRODUCT: Final = 0.4
"""The same where both sentences name the product."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence with figures.

    Attributes:
        order: Stems of its telling words in their order.
        topic: The same as a set, without units.
        offset: Where it starts in the text of its field.
        codes: Promotion codes that it names.
        offer: Those that its document names anywhere: two codes are two offers.
    """

    entry: Entry
    field: str
    text: str
    offset: int
    is_said: bool
    figures: tuple[Figure, ...]
    order: tuple[str, ...]
    topic: frozenset[str]
    codes: frozenset[str]
    offer: frozenset[str]

    def counted(self, figure: Figure) -> list[str]:
        """Return the stems of the two telling words that follow a number, its unit first."""
        after = _FIRST.sub("", self.text[figure.start :])[:_NEAR]
        found = stems(after, self.entry.document.locale[:2])
        return [stem for word, stem in found if not word[0].isdigit()][:2]

    def place(self, figure: Figure) -> Place:
        """Return where a figure stands in its document."""
        return self.entry.place(self.field, self.offset + figure.start, figure.text)


def contradictions(entries: Sequence[Entry], read: ReadFigures) -> Iterator[Finding]:
    """Yield the figures that two documents tell differently of the same thing, each pair once.

    Two documents are compared where they may both be said on some day, in one language, of one
    product or offer: they share a product or a code, or neither is about products, or one names the
    product of the other in the very sentence.
    """
    live = [entry for entry in entries if entry.document.status != "retired"]
    said = [each for entry in live for each in _sentences(entry, read)]
    told: set[tuple[str, str, str, str]] = set()
    for one, other, is_near in _candidates(said):
        clashing = _clashing(one, other) if _may_clash(one, other) else ()
        for mine, theirs in clashing:
            if mine.kind == "count" and not is_near:
                continue
            key = (
                one.entry.document.document_id, other.entry.document.document_id, mine.value,
                theirs.value,
            )  # fmt: skip
            if key not in told:
                told.add(key)
                yield _contradiction(one, mine, other, theirs)


def _sentences(entry: Entry, read: ReadFigures) -> Iterator[_Said]:
    language = entry.document.locale[:2]
    for text in entry.texts():
        is_wording = text.of is not None and text.of.text != text.text
        if text.field == "title" or is_wording or text.field.startswith("subject_lines"):
            continue
        for sentence in split_sentences(text.text) if text.field == "body" else [text.text]:
            figures = tuple(read(sentence, language))
            if figures:
                yield _said(entry, text, sentence, figures, language)


def _said(
    entry: Entry, text: Text, sentence: str, figures: tuple[Figure, ...], language: str
) -> _Said:
    numbers = {word.casefold() for figure in figures for word in figure.text.split()}
    order = tuple(
        stem for word, stem in stems(sentence, language)
        if word not in numbers and not any(sign.isdigit() for sign in word)
    )  # fmt: skip
    return _Said(
        entry, text.field, sentence, max(text.text.find(sentence), 0), text.is_said, figures,
        order, frozenset(order) - _UNITS, frozenset(_CODE.findall(sentence)),
        frozenset(code for each in entry.document.sentences for code in _CODE.findall(each.text)),
    )  # fmt: skip


def _candidates(said: Sequence[_Said]) -> Iterator[tuple[_Said, _Said, bool]]:
    """Yield the pairs of sentences that may speak of one thing, and whether they surely do.

    They do where they share most of their words, or a code; where they only share the product, its
    prices are compared and its counts are not.
    """
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(said):
        for word in each.topic | each.codes:
            postings[word].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in postings.values():
        if len(numbers) <= _TOO_COMMON:
            shared.update(combinations(numbers, 2))
    for (mine, theirs), n_shared in sorted(shared.items()):
        one, other = said[mine], said[theirs]
        fewest = max(min(len(one.topic), len(other.topic)), 1)
        share = n_shared / fewest if n_shared >= _SHARED else 0.0
        is_near = share >= _SHARE or bool(one.codes & other.codes)
        if is_near or (share >= _SHARE_OF_PRODUCT and _same_product(one, other)):
            yield one, other, is_near


def _same_product(one: _Said, other: _Said) -> bool:
    """Tell whether both sentences name the same product, by its words."""
    both = one.topic & other.topic
    products = {*one.entry.document.products, *other.entry.document.products}
    language = one.entry.document.locale[:2]
    return any(words <= both for words in _named(products, language))


def _may_clash(one: _Said, other: _Said) -> bool:
    first, second = one.entry.document, other.entry.document
    if first.document_id == second.document_id or first.locale[:2] != second.locale[:2]:
        return False
    if not overlaps(first, second) or _contrasted(one, other):
        return False
    if first.jurisdiction and second.jurisdiction and first.jurisdiction != second.jurisdiction:
        return False
    if one.offer and other.offer and not one.offer & other.offer:
        return False
    mine, theirs = set(first.products), set(second.products)
    if one.codes & other.codes or mine & theirs or not (mine or theirs):
        return True
    return not (mine and theirs) and _same_product(one, other)


def _named(products: Iterable[str], language: str) -> list[frozenset[str]]:
    """Return the stems of each product's name."""
    return [_stems_of(name, language) for name in products]


@lru_cache(maxsize=4096)
def _stems_of(name: str, language: str) -> frozenset[str]:
    return frozenset(stem for _, stem in stems(name.replace("-", " "), language))


def _contrasted(one: _Said, other: _Said) -> bool:
    """Tell whether a word that both have follows different ones: standard and express delivery."""
    mine, theirs = _before(one.order), _before(other.order)
    both = one.topic & other.topic
    return any(
        mine[word] and theirs[word] and mine[word] != theirs[word]
        and not {mine[word], theirs[word]} & both
        for word in both
    )  # fmt: skip


def _before(order: Sequence[str]) -> Mapping[str, str]:
    return {word: order[place - 1] if place else "" for place, word in enumerate(order)}


def _clashing(one: _Said, other: _Said) -> Iterator[tuple[Figure, Figure]]:
    for mine in one.figures:
        for theirs in other.figures:
            if mine.kind != theirs.kind or mine.kind == "moment" or _agree(mine, theirs):
                continue
            if mine.bound and theirs.bound and mine.bound != theirs.bound:
                continue
            if mine.kind == "count" and not _count_the_same(one, mine, other, theirs):
                continue
            if mine.kind == "money" and mine.value.split()[0] != theirs.value.split()[0]:
                continue
            if any(_agree(mine, each) for each in other.figures if each.kind == mine.kind):
                continue
            if any(_agree(theirs, each) for each in one.figures if each.kind == theirs.kind):
                continue
            yield mine, theirs


def _count_the_same(one: _Said, mine: Figure, other: _Said, theirs: Figure) -> bool:
    """Tell whether two numbers count one thing: four teacups and three tiers do not."""
    first, second = one.counted(mine), other.counted(theirs)
    return bool(first and second) and first[0] in second and second[0] in first


def _agree(mine: Figure, theirs: Figure) -> bool:
    same_year = not (mine.year and theirs.year) or mine.year == theirs.year
    return mine.value == theirs.value and same_year


def _contradiction(one: _Said, mine: Figure, other: _Said, theirs: Figure) -> Finding:
    both = (one, other)
    is_sure = all(e.is_said and e.entry.document.status == "approved" for e in both)
    said = (
        f"It says ‘{mine.text}’ where ‘{other.entry.document.title}’ says ‘{theirs.text}’: "
        f"“{one.text}” against “{other.text}”"
    )
    way = "Find out which is right and have the other one changed and approved again, or retire it."
    return Finding(
        "contradiction", "error" if is_sure else "warning", one.place(mine), said, way,
        other.place(theirs),
    )  # fmt: skip
