"""Reading: one Markdown file into a document, or into everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from personalization.content.documents import (
    AUDIENCE_FIELDS,
    FIELDS,
    FRAME_ROLES,
    KINDS,
    ROLES,
    STATEMENT_FIELDS,
    STATUSES,
    Document,
    Sentence,
)
from personalization.content.fields import (
    LONGEST_STATEMENT,
    LONGEST_TITLE,
    MOST_ITEMS,
    FieldReader,
)
from personalization.content.front_matter import FrontMatter, Problem, read_front_matter
from personalization.content.splitting import each_sentence, plain_text
from personalization.domain import OUTREACH_CHANNELS, refuse_tags_for_others
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SHORTEST_SUBJECT: Final = 15
LONGEST_SUBJECT: Final = 70
"""Characters of an authored subject line; longer ones are cut in most inboxes."""

_ID: Final = re.compile(r"[a-z0-9-]{3,64}")
_STATEMENT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LOCALE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CLAIM: Final = re.compile(
    r"\d|[£$€%]|\b((?<!feel )free|guarantee[ds]?|cheapest|only)\b", re.IGNORECASE
)
_LONGEST_ID: Final = 64
_DIGITS: Final = 8
_NAMED: Final = 12
"""Statements of a document that a message names."""

_ROLE_OF_KIND: Final = {"cta": "cta", "faq": "answer", "legal": "condition", "proof": "proof"}


LARGEST_FILE: Final = 1_000_000
"""Bytes; a file beyond that is no text that anybody approved."""


def read_bytes(source: str, raw: bytes) -> Document | tuple[Problem, ...]:
    """Read the bytes of the file ``source``; its problems where they are no text to be read."""
    if len(raw) > LARGEST_FILE:
        message = f"The file has more than {LARGEST_FILE:,} bytes, too many to read."
        return (Problem(source, None, None, message),)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (Problem(source, 1, None, "The file is UTF-16. Save it as UTF-8."),)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return (Problem(source, line, None, "This line is not UTF-8. Save the file as UTF-8."),)
    if (place := text.find("\0")) >= 0:
        line = text[:place].count("\n") + 1
        return (Problem(source, line, None, "This line holds a zero byte, so it is no text."),)
    return read_document(source, text)


def read_document(source: str, text: str) -> Document | tuple[Problem, ...]:
    """Read the text of the file ``source``; its problems where anything is wrong with it.

    A file without front matter becomes a draft that is named after the file, so that a folder of
    plain notes loads on day one and waits for approval.  Without ``statements``, the sentences of
    the body are the statements.
    """
    found = read_front_matter(source, text)
    if isinstance(found, Problem):
        return (found,)
    if not found.is_present:
        return _plain_document(source, found.body)
    reader = FieldReader(source, found)
    document = _read_fields(reader)
    for path, message in _contradictions(document):
        reader.wrong(path, message)
    return tuple(reader.problems) or document


def _plain_document(source: str, body: str) -> Document | tuple[Problem, ...]:
    sentences = _sentences_of(body, "story")
    if not sentences:
        return (Problem(source, 1, None, "The file has no sentence in it."),)
    stem = PurePath(source).stem
    heading = re.search(r"^#{1,6}[ \t]+(.+)$", body, re.MULTILINE)
    title = plain_text(heading[1]) if heading else stem
    document = Document(_id_of(stem), "story", title, body, source, sentences=sentences)
    found = FieldReader(source, FrontMatter())
    for path, message in _contradictions(document):
        found.wrong(path, message)
    return tuple(found.problems) or document


def _id_of(stem: str) -> str:
    """Return the id of a note by the name of its file; another script than ours gets a digest."""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:_LONGEST_ID]
    lost = [
        sign
        for sign in unicodedata.normalize("NFKD", stem)
        if sign.isalnum() and not sign.isascii()
    ]
    if len(lost) < sum(sign.isascii() and sign.isalnum() for sign in stem) or not lost:
        return name.rjust(3, "-")
    digest = hashlib.sha256(unicodedata.normalize("NFC", stem).encode()).hexdigest()[:_DIGITS]
    return f"{name or 'note'}"[: _LONGEST_ID - _DIGITS - 1] + f"-{digest}"


def _read_fields(reader: FieldReader) -> Document:
    reader.mapping(reader.found.fields, "", FIELDS)
    audience = reader.mapping(reader.value("audience"), "audience", AUDIENCE_FIELDS)
    kind = reader.choice(reader.needed(reader.value("kind"), "kind"), "kind", KINDS)
    title = reader.needed(reader.value("title"), "title")
    body = reader.optional("body") or reader.found.body
    sentences = _read_statements(reader) or _sentences_of(body, kind)
    return Document(
        document_id=reader.shape(
            reader.needed(reader.value("id"), "id"), "id", _ID, "offer-free-delivery"
        ),
        kind=kind,
        title=title,
        body=body or "\n".join((title, *(sentence.text for sentence in sentences))),
        source=reader.source,
        segments=reader.texts(audience.get("segments"), "audience.segments"),
        excluded_segments=reader.texts(audience.get("exclude"), "audience.exclude"),
        sentences=sentences,
        version=reader.number("version"),
        valid_from=reader.day("valid_from"),
        valid_until=reader.day("valid_until"),
        **_lists(reader),
        **_approval(reader),
    )


def _lists(reader: FieldReader) -> dict[str, Any]:
    names = {
        "products": "product",
        "channels": "channel",
        "tags": "tags",
        "subject_lines": "subject_lines",
    }
    return {name: reader.texts(reader.value(field), field) for name, field in names.items()}


def _approval(reader: FieldReader) -> dict[str, Any]:
    locale = reader.needed(reader.value("locale"), "locale")
    country = reader.optional("jurisdiction")
    return {
        "locale": reader.shape(locale, "locale", _LOCALE, "en-GB"),
        "jurisdiction": country and reader.shape(country, "jurisdiction", _COUNTRY, "GB"),
        "status": reader.choice(reader.optional("status") or "draft", "status", STATUSES),
        "approved_by": reader.optional("approved_by"),
        "approved_at": reader.optional("approved_at"),
        "evidence": reader.optional("evidence"),
    }


def _read_statements(reader: FieldReader) -> tuple[Sentence, ...]:
    listed = reader.value("statements")
    if listed is None:
        return ()
    if not isinstance(listed, list):
        reader.wrong("statements", "statements has to be a list, each with id, role and text.")
        return ()
    if len(listed) > MOST_ITEMS:
        reader.wrong("statements", _too_many(f"{len(listed):,} statements"))
        return ()
    return tuple(
        _read_statement(reader, item, f"statements[{number}]")
        for number, item in enumerate(listed, 1)
    )


def _read_statement(reader: FieldReader, item: Any, path: str) -> Sentence:  # noqa: ANN401
    told = reader.mapping(item, path, STATEMENT_FIELDS)
    name = reader.needed(told.get("id"), f"{path}.id")
    role = reader.needed(told.get("role"), f"{path}.role")
    subject_ok = told.get("subject_ok", False)
    if not isinstance(subject_ok, bool):
        reader.wrong(f"{path}.subject_ok", f"{path}.subject_ok has to be true or false.")
    return Sentence(
        reader.shape(name, f"{path}.id", _STATEMENT_ID, "s1"),
        reader.choice(role, f"{path}.role", ROLES),
        reader.needed(told.get("text"), f"{path}.text"),
        reader.texts(told.get("alts"), f"{path}.alts"),
        reader.texts(told.get("requires"), f"{path}.requires"),
        subject_ok is True,
    )


def _sentences_of(body: str, kind: str) -> tuple[Sentence, ...]:
    """Number the sentences of a plain text; the first leads and the others follow it."""
    role = _ROLE_OF_KIND.get(kind)
    return tuple(
        Sentence(f"s{number}", role or ("lead" if number == 1 else "detail"), text)
        for number, text in enumerate(islice(each_sentence(body), MOST_ITEMS + 1), 1)
    )


def _too_many(found: str) -> str:
    return (
        f"There are {found}, and a document has {MOST_ITEMS} at most: nobody reads more word for "
        "word before they approve it. Make several documents of it."
    )


def _contradictions(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the path and the message of each rule that the document as a whole breaks."""
    if len(document.title) > LONGEST_TITLE:
        said = f"The title has {len(document.title):,} characters, more than {LONGEST_TITLE}"
        yield "title", f"{said}. Say in a line what the document is about."
    yield from _unapprovable(document)
    if len(document.sentences) > MOST_ITEMS:
        yield "statements", _too_many(f"more than {MOST_ITEMS} sentences")
        return
    yield from _unsayable(document)


def _unapprovable(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the front matter of a document."""
    if document.status == "approved" and not (document.approved_by and document.approved_at):
        yield "status", "An approved document says by whom and when: approved_by, approved_at."
    if document.valid_from and document.valid_until and document.valid_until < document.valid_from:
        yield "valid_until", "valid_until lies before valid_from."
    if document.kind == "offer" and document.valid_until is None:
        yield "kind", "An offer needs valid_until, the last day on which it may be promised."
    if document.kind == "proof" and document.evidence is None:
        yield "kind", "A proof needs evidence, what its claim rests on."
    if not document.sentences:
        yield "statements", "There is nothing to cite: no statements and no sentence in the body."


def _unsayable(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the words of a document that a message may say."""
    for number, line in enumerate(document.subject_lines, 1):
        if not SHORTEST_SUBJECT <= len(line) <= LONGEST_SUBJECT:
            said = f"A subject line has {SHORTEST_SUBJECT} to {LONGEST_SUBJECT} characters"
            yield f"subject_lines[{number}]", f"{said}, this one {len(line)}."
        yield from _bad_tags(line, f"subject_lines[{number}]", document.channels)
    names = Counter(sentence.local_id for sentence in document.sentences)
    for number, sentence in enumerate(document.sentences, 1):
        yield from _faults(sentence, f"statements[{number}]", names, document.channels)


def _faults(
    sentence: Sentence, path: str, names: Counter[str], channels: Collection[str]
) -> Iterator[tuple[str, str]]:
    if names[sentence.local_id] > 1:
        yield f"{path}.id", f"The statement id {sentence.local_id!r} stands twice."
    for needed in sentence.requires:
        if needed not in names or needed == sentence.local_id:
            known = ", ".join(_others(names, sentence.local_id))
            yield f"{path}.requires", f"requires names {needed!r}; the document has: {known}."
    for text in (sentence.text, *sentence.alternates):
        if len(text) > LONGEST_STATEMENT:
            said = f"A statement has {LONGEST_STATEMENT:,} characters at most"
            yield f"{path}.text", f"{said}, this one {len(text):,}. Make several of it."
            continue
        yield from _bad_tags(text, f"{path}.text", channels)
        if sentence.role in FRAME_ROLES and (claim := _CLAIM.search(text)):
            said = f"A {sentence.role} must not claim anything, and {claim[0]!r} does"
            yield f"{path}.text", f"{said}. Make it a statement of a document with evidence."


def _others(names: Counter[str], own: str) -> list[str]:
    """Return the first names of a document but one, for a message that names them."""
    known = [name for name in names if name != own]
    return known if len(known) <= _NAMED else [*known[:_NAMED], "…"]


def _bad_tags(text: str, path: str, channels: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield a field that nobody fills who reads the document's words on its channels."""
    is_for_prospects = bool(channels) and set(channels) <= set(OUTREACH_CHANNELS)
    try:
        refuse_tags_for_others(text, is_for_prospects=is_for_prospects)
    except InputError as error:
        yield path, str(error)
