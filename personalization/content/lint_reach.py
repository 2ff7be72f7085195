"""Reach: documents that nobody finds, quotes or is meant by, and languages that lack a voice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.content.documents import CLAIM_ROLES
from personalization.content.findings import Finding, is_over
from personalization.domain import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from personalization.content.documents import Document
    from personalization.content.findings import Entry, Known

_SPOKEN: Final = ("benefit", "proof", "offer", "faq", "legal", "cta", "story")


def reach(entries: Sequence[Entry], known: Known, *, on: date) -> Iterator[Finding]:
    """Yield what approved documents miss of customers, campaigns and messages."""
    sold = _sold(known.products or ())
    languages = {
        entry.document.locale[:2] for entry in entries
        if entry.document.document_id in (known.found or ())
    }  # fmt: skip
    for entry in entries:
        if entry.document.status == "approved":
            yield from _segments(entry, known.segments)
            yield from _products(entry, sold)
            if not is_over(entry.document, on) and entry.document.locale[:2] in languages:
                yield from _unused(entry, known)
    yield from _languages(entries, on)


def _segments(entry: Entry, known: Collection[str] | None) -> Iterator[Finding]:
    if known is None:
        return
    names = {name.casefold() for name in (*known, *ROLES)}
    document = entry.document
    for field, listed in (
        ("audience.segments", document.segments), ("audience.exclude", document.excluded_segments),
    ):  # fmt: skip
        for number, name in enumerate(listed, 1):
            if name.casefold() not in names:
                said = f"There is no segment ‘{name}’ in any campaign, nor does any method make it."
                way = "Spell it as the segment is called, or take it out."
                place = entry.place(f"{field}[{number}]", 0, name)
                yield Finding("unknown_segment", "warning", place, said, way)


def _sold(known: Collection[str]) -> dict[str, list[frozenset[str]]]:
    """Return the words of every product that is sold, by each of its words."""
    found: dict[str, list[frozenset[str]]] = {}
    for words in {_parts(name) for name in known}:
        for word in words:
            found.setdefault(word, []).append(words)
    return found


def _products(entry: Entry, sold: Mapping[str, list[frozenset[str]]]) -> Iterator[Finding]:
    for number, product in enumerate(entry.document.products if sold else (), 1):
        wanted = _parts(product)
        first = next(iter(sorted(wanted)), "")
        if not any(wanted <= name for name in sold.get(first, ())):
            said = f"No product of any customer base is called ‘{product}’."
            way = "Name it as the product list does, or take it out."
            place = entry.place(f"product[{number}]", 0, product)
            yield Finding("unknown_product", "info", place, said, way)


def _parts(name: str) -> frozenset[str]:
    """Return the words of a name or id without plurals, so that lunch-bag is LUNCH BAGS."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return frozenset(word.removesuffix("s") for word in words)


def _unused(entry: Entry, known: Known) -> Iterator[Finding]:
    document = entry.document
    if document.kind not in _SPOKEN or "control" in document.tags or not known.is_used:
        return
    prefix = f"{document.document_id}@{document.version}#"
    quoted = {each for each in known.quoted or () if each.startswith(prefix)}
    if known.found is not None and document.document_id not in known.found and not quoted:
        said = "No campaign's search has ever found it."
        way = "Say in the body what people would call it, or widen its audience or its validity."
        yield Finding("never_found", "info", entry.place(), said, way)
    elif not quoted:
        said = "It was found, and no message says any of it."
        way = "Give it a lead with other wordings, or retire it."
        yield Finding("never_used", "info", entry.place(), said, way)
    else:
        yield from _uncited(entry, prefix, quoted)


def _uncited(entry: Entry, prefix: str, quoted: Collection[str]) -> Iterator[Finding]:
    for number, sentence in enumerate(entry.document.sentences, 1):
        if sentence.role in CLAIM_ROLES and f"{prefix}{sentence.local_id}" not in quoted:
            said = "Messages say other statements of this document, and never this one."
            way = "Give it other wordings, or leave it out in the next version."
            place = entry.place(f"statements[{number}].text", 0, sentence.text)
            yield Finding("uncited", "info", place, said, way)


def _languages(entries: Sequence[Entry], on: date) -> Iterator[Finding]:
    """Yield each language that has something to say and lacks what every message needs."""
    in_force = [
        entry for entry in entries
        if entry.document.status == "approved" and not is_over(entry.document, on)
    ]  # fmt: skip
    for language in sorted({entry.document.locale[:2] for entry in in_force}):
        own = [entry for entry in in_force if entry.document.locale[:2] == language]
        parts = {part for entry in own for part in _parts_of(entry.document)}
        lacking = [name for name in _NEEDED if name not in parts]
        if not lacking:
            continue
        said = (
            f"Messages in ‘{language}’ have {len(own)} documents to say and no "
            f"{' and no '.join(lacking)} of their own."
        )
        way = "Write and approve one, or such messages are written with the product's own frames."
        yield Finding("thin_language", "info", own[0].place("locale", 0, language), said, way)


_NEEDED: Final = ("brand voice", "control message", "call to action")


def _parts_of(document: Document) -> Iterator[str]:
    if document.kind == "voice":
        yield "brand voice"
    if "control" in document.tags:
        yield "control message"
    if document.kind == "cta":
        yield "call to action"
