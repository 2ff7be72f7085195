"""Twins: sentences and documents that say nearly the same, each pair shown once.

Two documents that say the same fill a writer's list with one thing, and when a price changes, one
of the two is forgotten.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from personalization.content.documents import CLAIM_ROLES
from personalization.content.findings import Finding, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalization.content.findings import Entry, Place

ALIKE: Final = 0.6
"""Jaccard of word trigrams, in [0, 1]; the share above which readers take two texts for one."""

_FEWEST_WORDS: Final = 6
_TOO_COMMON: Final = 60
"""Texts; a turn of phrase in more of them is how the brand talks."""

_WORD: Final = re.compile(r"\w+")


def twins(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield the near-duplicates among what may be said on the same day in the same language."""
    live = [entry for entry in entries if entry.document.status != "retired"]
    told: set[frozenset[str]] = set()
    for found in (*_same_titles(live), *_same_sentences(live), *_same_bodies(live)):
        pair = frozenset(found.document_ids)
        if pair not in told:
            told.add(pair)
            yield found


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the word trigrams of a text.

    Example:
        >>> sorted(shingles("Tea is free today."))
        [('is', 'free', 'today'), ('tea', 'is', 'free')]
    """
    words = _WORD.findall(text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def _same_titles(entries: Sequence[Entry]) -> Iterator[Finding]:
    by_title: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        document = entry.document
        by_title[document.title.casefold(), document.locale[:2]].append(entry)
    for alike in by_title.values():
        for one, other in combinations(alike, 2):
            said = f"‘{one.document.document_id}’ and ‘{other.document.document_id}’ share a title."
            yield _twin(
                one.place("title", 0, one.document.title),
                other.place("title", 0, other.document.title), said,
            )  # fmt: skip


def _same_sentences(entries: Sequence[Entry]) -> Iterator[Finding]:
    texts = [
        (entry, f"statements[{number}].text", sentence.text)
        for entry in entries
        for number, sentence in enumerate(entry.document.sentences, 1)
        if sentence.role in CLAIM_ROLES and len(_WORD.findall(sentence.text)) >= _FEWEST_WORDS
    ]
    yield from _alike(texts, "sentences")


def _same_bodies(entries: Sequence[Entry]) -> Iterator[Finding]:
    yield from _alike([(e, "body", e.document.body) for e in entries], "texts")


def _alike(texts: Sequence[tuple[Entry, str, str]], what: str) -> Iterator[Finding]:
    parts = {number: shingles(text) for number, (_, _, text) in enumerate(texts)}
    for (mine, theirs), n_shared in sorted(_shared(parts).items()):
        (one, field, text), (other, other_field, other_text) = texts[mine], texts[theirs]
        share = n_shared / len(parts[mine] | parts[theirs])
        if share < ALIKE or not _may_meet(one, other):
            continue
        said = f"Two {what} are nearly the same ({share:.0%} of their turns of phrase)"
        if what == "sentences":
            said += f": “{text}” and “{other_text}”"
        yield _twin(
            one.place(field, 0, text), other.place(other_field, 0, other_text), f"{said}."
        )  # fmt: skip


def _shared(parts: Mapping[int, frozenset[tuple[str, ...]]]) -> Counter[tuple[int, int]]:
    postings: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, found in parts.items():
        for part in found:
            postings[part].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in postings.values():
        if len(numbers) <= _TOO_COMMON:
            shared.update(combinations(numbers, 2))
    return shared


def _may_meet(one: Entry, other: Entry) -> bool:
    first, second = one.document, other.document
    mine, theirs = set(first.products), set(second.products)
    is_apart = first.document_id != second.document_id
    if mine and theirs and not mine & theirs:  # the same said of two things is no repetition
        return False
    return is_apart and first.locale[:2] == second.locale[:2] and overlaps(first, second)


def _twin(place: Place, other: Place, said: str) -> Finding:
    way = "Keep one and retire the other, or make the second a wording (alts) of the first."
    return Finding("near_duplicate", "warning", place, said, way, other)
