"""Shape: what a document by itself lacks, or holds and should not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.content.documents import CLAIM_ROLES, FRAME_ROLES
from personalization.content.findings import Finding
from personalization.content.reading import LONGEST_SUBJECT
from personalization.domain import Brief
from personalization.providers.house_words import FORBIDDEN, unsuitable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.content.documents import Document, Sentence
    from personalization.content.findings import Entry
    from personalization.domain import BrandProfile

_SUPERLATIVE: Final = {
    "en": r"best|finest|cheapest|lowest|largest|biggest|fastest|unique|unbeatable|leading|"
    r"number one|no\. ?1|award[- ]winning|world[- ]class|guaranteed?|perfect|"
    r"(?:most|least) (?:popular|loved|effective|reliable|sustainable)|(?<!feel )free forever",
    "de": r"beste[nrsm]?|günstigste[nrsm]?|größte[nrsm]?|einzigartig\w*|unschlagbar\w*|"
    r"führende[nrsm]?|nummer eins|garantiert\w*",
    "fr": r"(?:le|la|les) (?:meilleur|moins cher|plus grand)\w*|unique|imbattable\w*|"
    r"numéro un|garanti\w*",
    "es": r"(?:el|la|los|las) (?:mejor|más barat|más grande)\w*|únic\w+|imbatible\w*|"
    r"número uno|garantizad\w+",
}
_BROKEN_TAG: Final = re.compile(
    r"\{\{[^{}]*\}\}|\{[a-z_]+\}|\*\|\w+\|\*|%%?[A-Za-z_]+%%?(?![\w%])|\[\[?[A-Z_]{4,}\]?\]|<%.*?%>|"
    r"\{\{[^{}]*$|\$\{[^}]*\}"
)
_GOOD_TAG: Final = re.compile(r"\{\{\s*\w+\s*\|[^{}|]*\}\}")
_NO_BRIEF: Final = Brief()
_RESTS_ON_NOTHING: Final = frozenset({"cta", *FRAME_ROLES})


def shapes(entries: Sequence[Entry], profile: BrandProfile) -> Iterator[Finding]:
    """Hold every document that is not retired against the rules for one alone."""
    for entry in entries:
        if entry.document.status == "retired":
            continue
        yield from _conditions(entry)
        yield from _circles(entry)
        yield from _long_subjects(entry)
        yield from _bare_superlatives(entry)
        yield from _broken_tags(entry)
        yield from _unbranded(entry, profile)


def _conditions(entry: Entry) -> Iterator[Finding]:
    document = entry.document
    if document.kind != "offer":
        return
    roles = {sentence.local_id: sentence.role for sentence in document.sentences}
    if "condition" not in roles.values():
        said = "The offer has no condition: no statement has the role condition."
        way = "Say whom it holds for, until when and at what minimum, in a statement of its own."
        yield Finding("no_condition", "error", entry.place("statements"), said, way)
        return
    for number, sentence in enumerate(document.sentences, 1):
        needs = [roles.get(needed) for needed in sentence.requires]
        if sentence.role == "lead" and "condition" not in needs:
            path = f"statements[{number}].text"
            said = "The offer can be said without its condition."
            way = "Name the condition in requires, so that both stand in the same message."
            yield Finding(
                "no_condition", "warning", entry.place(path, 0, sentence.text), said, way
            )  # fmt: skip


def _circles(entry: Entry) -> Iterator[Finding]:
    needs = {sentence.local_id: sentence.requires for sentence in entry.document.sentences}
    for number, sentence in enumerate(entry.document.sentences, 1):
        circle = _circle(sentence.local_id, needs)
        if circle and min(circle) == sentence.local_id:
            said = f"The statements {', '.join(sorted(circle))} require one another in a circle."
            way = "Let the lead require its condition and not the other way round."
            place = entry.place(f"statements[{number}].requires", 0, ", ".join(sentence.requires))
            yield Finding("circular_requires", "warning", place, said, way)


def _circle(start: str, needs: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the statements on a way from ``start`` back to it; empty where there is none."""
    reached = _reached(start, needs)
    return {one for one in reached if start in _reached(one, needs)} if start in reached else set()


def _reached(start: str, needs: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    open_ones = list(needs.get(start, ()))
    while open_ones:
        one = open_ones.pop()
        if one not in found:
            found.add(one)
            open_ones += needs.get(one, ())
    return found


def _long_subjects(entry: Entry) -> Iterator[Finding]:
    if entry.document.subject_lines:
        return
    for number, sentence in enumerate(entry.document.sentences, 1):
        shortest = min((sentence.text, *sentence.alternates), key=len)
        if sentence.subject_ok and len(shortest) > LONGEST_SUBJECT:
            said = f"It may open a subject, and its shortest wording has {len(shortest)} characters"
            way = f"Add a subject line of up to {LONGEST_SUBJECT} characters, or a shorter wording."
            place = entry.place(f"statements[{number}].text", 0, sentence.text)
            yield Finding("long_subject", "warning", place, f"{said}.", way)


def _bare_superlatives(entry: Entry) -> Iterator[Finding]:
    """Yield the superlatives and guarantees of a document that rests on nothing."""
    if entry.document.evidence or entry.document.locale[:2] not in _SUPERLATIVE:
        return
    pattern = re.compile(rf"\b(?:{_SUPERLATIVE[entry.document.locale[:2]]})\b", re.IGNORECASE)
    for text in entry.texts():
        is_claim = text.is_said and (text.of is None or _is_claim(text.of, entry.document))
        if is_claim and (found := pattern.search(text.text)):
            said = f"‘{found[0]}’ is a claim that somebody may ask to have proved."
            way = "Say in evidence what it rests on, or say it without."
            place = entry.place(text.field, found.start(), found[0])
            yield Finding("no_evidence", "warning", place, said, way)


def _is_claim(sentence: Sentence, document: Document) -> bool:
    return document.kind != "voice" and sentence.role in set(CLAIM_ROLES) - _RESTS_ON_NOTHING


def _broken_tags(entry: Entry) -> Iterator[Finding]:
    """Yield what looks like a merge field and would go out as it stands."""
    for text in entry.texts():
        if not text.is_said:
            continue
        for found in _BROKEN_TAG.finditer(text.text):
            if _GOOD_TAG.fullmatch(found[0]):
                continue
            said = f"‘{found[0]}’ looks like a merge field and would go out as it stands."
            way = "Write it as {{first_name|there}}: a field of the customers and its fallback."
            place = entry.place(text.field, found.start(), found[0])
            yield Finding("broken_merge_tag", "error", place, said, way)


def _unbranded(entry: Entry, profile: BrandProfile) -> Iterator[Finding]:
    """Yield the words that the brand never says, and those for which it has others."""
    for text in entry.texts() if profile.forbidden or profile.vocabulary else ():
        if not text.is_said:
            continue
        locale = entry.document.locale
        for found in unsuitable(text.text, profile=profile, brief=_NO_BRIEF, locale=locale):
            words = text.text[found.start : found.end]
            place = entry.place(text.field, found.start, words)
            if found.rule == FORBIDDEN:
                said = f"The brand never says ‘{words}’."
                way = "Say it in other words, or take the word off the brand profile."
                yield Finding("forbidden_word", "error", place, said, way)
            else:
                said = f"The brand says ‘{found.instead}’ and not ‘{words}’."
                way = f"Write ‘{found.instead}’, or change the vocabulary of the brand profile."
                yield Finding("other_word", "warning", place, said, way)
