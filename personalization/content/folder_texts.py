"""The texts of a folder: Markdown, plain text and JSON lines, as a search reads them.

A plain file is always searched.  What is left out is told by file and line: front matter that
cannot be read might say that the document must not be found, so it is not.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.content.documents import FIELDS
from personalization.content.front_matter import FrontMatter, Problem, read_front_matter
from personalization.content.splitting import split_passages
from personalization.content.words import with_title
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Tell = Callable[[Problem], None]

_TEXTS: Final = (".md", ".markdown", ".txt")
_LINES: Final = (".jsonl", ".ndjson")
_IDS: Final = ("id", "_id", "document_id", "doc_id", "docid")
_BODIES: Final = ("text", "body", "contents", "content")
_FENCE: Final = re.compile(r"^---[ \t]*$", re.MULTILINE)
_OURS: Final = re.compile(rf"^(?:{'|'.join(FIELDS)})[ \t]*:", re.MULTILINE)
_NAMED: Final = 20
"""Files named of those that may not be said."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a folder.

    Attributes:
        language: Two letters.
        words: All that a search by words reads of it.
        passages: Its passages by id, for the ranking by meaning.
    """

    document_id: str
    language: str
    words: str
    passages: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file or a line of one says, before it has an id that no other has."""

    name: str
    spare: str
    place: str
    line: int | None
    title: str
    body: str
    said: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Names:
    """Gives every document an id of its own, and tells where it is not the one it came with."""

    tell: Tell
    taken: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def name(self, found: _Found) -> str:
        """Return the name, the spare one, or the name with a number, whichever is free."""
        name = found.name if found.name not in self.taken else found.spare
        while name in self.taken:
            self.counts[found.name] += 1
            name = f"{found.name}-{self.counts[found.name] + 1}"
        self.taken.add(name)
        if name != found.name:
            message = f"The id {found.name!r} is taken already, so this one is found as {name!r}."
            self.tell(Problem(found.place, found.line, "id", message))
        return name


def read_texts(corpus: Path, day: date, tell: Tell = lambda _: None) -> Iterator[Text]:
    """Yield every document that may be said on ``day``, each with an id of its own.

    Args:
        corpus: A folder, or one file.
        day: Validity is judged on it.
        tell: Is called with everything that was left out, or is found under another name.

    Raises:
        InputError: There is no such folder, or a line is no JSON.
    """
    names = _Names(tell)
    barred: list[str] = []
    for path, inside in _files(corpus):
        try:
            text = _decoded(path, inside, tell)
        except OSError as error:
            message = f"It cannot be opened: {error.strerror}. It is left out."
            tell(Problem(inside.as_posix(), None, None, message))
            continue
        is_lines = path.suffix.lower() in _LINES
        found = _lines(inside, text) if is_lines else _document(inside, text, day, tell, barred)
        for one in found:
            if (one.title or one.body).strip():
                yield _text(one, names.name(one))
            else:
                message = "There is no text in it, so it is left out."
                tell(Problem(one.place, one.line, None, message))
    if barred:
        more = f" and {len(barred) - _NAMED} more" if len(barred) > _NAMED else ""
        message = f"May not be said on {day}, so left out: {'; '.join(barred[:_NAMED])}{more}."
        tell(Problem(corpus.name, None, None, message))


def _files(corpus: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the files to search, each with its path inside the corpus."""
    try:
        if corpus.is_file():
            yield corpus, Path(corpus.name)
            return
        if not corpus.exists():
            raise InputError(f"There is no folder {corpus} to search.")
        paths = sorted(path for path in corpus.rglob("*") if path.is_file())
    except OSError as error:
        raise InputError(f"The folder {corpus} cannot be opened: {error.strerror}.") from error
    for path in paths:
        inside = path.relative_to(corpus)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        is_text = path.suffix.lower() in (*_TEXTS, *_LINES)
        if is_text and not is_hidden and path.stem.lower() != "readme":
            yield path, inside


def _decoded(path: Path, inside: Path, tell: Tell) -> str:
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "This line is not UTF-8, so the file is read as Windows-1252."
        tell(Problem(inside.as_posix(), line, None, message))
        return raw.decode("cp1252", errors="replace")


def _document(
    inside: Path, text: str, day: date, tell: Tell, barred: list[str]
) -> Iterator[_Found]:
    place = inside.as_posix()
    if inside.suffix.lower() not in _TEXTS:
        return
    read = read_front_matter(place, text)
    if isinstance(read, Problem):
        if _is_ours(text):
            message = f"{read.message} Nobody can tell whether it may be said, so it is left out."
            tell(Problem(place, read.line, read.field, message))
            return
        read = FrontMatter(body=text)
    if trouble := _bar(read.fields, day):
        name, message, is_fault = trouble
        line = read.lines.get(name, 1)
        if is_fault:
            tell(Problem(place, line, name, f"{message} So it is left out."))
        else:
            barred.append(f"{place}, line {line} ({message})")
        return
    yield _approved(inside, read)


def _approved(inside: Path, read: FrontMatter) -> _Found:
    fields, place = read.fields, inside.as_posix()
    body = str(fields.get("body") or read.body)
    said = "\n".join(_statements(fields.get("statements")))
    name = _own_name(fields.get("id"))
    return _Found(
        name or inside.with_suffix("").as_posix(), name or place, place, read.lines.get("id", 1),
        str(fields.get("title") or ""), body or said, said if body else "",
        str(fields.get("locale") or "en")[:2],
    )  # fmt: skip


def _is_ours(text: str) -> bool:
    """Tell whether the head of a file that cannot be read as front matter is meant to be some."""
    parts = _FENCE.split(text.replace("\r\n", "\n"), maxsplit=2)
    return _OURS.search(parts[1]) is not None


def _own_name(value: Any) -> str:  # noqa: ANN401
    """Return the id that somebody gave; empty where they gave none."""
    is_name = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value).strip() if is_name else ""


def _statements(listed: Any) -> Iterator[str]:  # noqa: ANN401
    for told in listed if isinstance(listed, list) else ():
        if isinstance(told, dict) and told.get("text"):
            yield str(told["text"])


def _bar(fields: dict[str, Any], day: date) -> tuple[str, str, bool] | None:
    """Return the field that forbids it, why, and whether that is a fault of the file.

    What the front matter leaves open is no objection; a day that cannot be read is one.
    """
    if (status := fields.get("status", "approved")) != "approved":
        return "status", f"its status is {status}", False
    if str(fields.get("kind")).strip().casefold() == "voice":
        return "kind", "the brand voice", False
    tags = fields.get("tags") or []
    listed = tags if isinstance(tags, list) else re.split(r"[,\s]+", str(tags))
    if "control" in [str(tag).strip().casefold() for tag in listed]:
        return "tags", "for the control", False
    for name in ("valid_from", "valid_until"):
        told = fields.get(name)
        if told in (None, ""):
            continue
        try:
            limit = date.fromisoformat(str(told).strip())
        except ValueError:
            return name, f"{name} {told!r} is no day of the calendar, such as 2026-12-24.", True
        if day < limit if name == "valid_from" else day > limit:
            return name, f"{'from' if name == 'valid_from' else 'until'} {limit}", False
    return None


def _lines(inside: Path, text: str) -> Iterator[_Found]:
    place = inside.as_posix()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place}, line {number}, is no JSON: {error}.") from error
        if not isinstance(told, dict):
            raise InputError(f"{place}, line {number}, is no JSON object.")
        numbered = f"{inside.stem}:{number}"
        name = next((own for key in _IDS if (own := _own_name(told.get(key)))), numbered)
        body = next((str(told[key]) for key in _BODIES if told.get(key)), "")
        spare = f"{place}:{number}" if name == numbered else name
        yield _Found(name, spare, place, number, str(told.get("title") or ""), body)


def _text(found: _Found, name: str) -> Text:
    parts = enumerate(split_passages(found.title, found.body), 1)
    passages = {f"{name}#p{number}": part for number, part in parts}
    words = with_title(found.title, f"{found.body}\n\n{found.said}")
    return Text(name, found.language, words, passages)
