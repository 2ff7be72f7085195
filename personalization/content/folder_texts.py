"""The texts of a folder: Markdown, plain text and JSON lines, as a search reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.content.front_matter import Problem, read_front_matter
from personalization.content.splitting import split_passages
from personalization.content.words import with_title
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

_TEXTS: Final = (".md", ".markdown", ".txt")
_LINES: Final = (".jsonl", ".ndjson")
_IDS: Final = ("id", "_id", "document_id", "doc_id", "docid")
_BODIES: Final = ("text", "body", "contents", "content")


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


def read_texts(corpus: Path, day: date) -> Iterator[Text]:
    """Yield every document that may be said on ``day``; of two with one id the first counts.

    Raises:
        InputError: There is no such folder, or a line is no JSON.
    """
    if not corpus.exists():
        raise InputError(f"There is no folder {corpus} to search.")
    files = [corpus] if corpus.is_file() else sorted(p for p in corpus.rglob("*") if p.is_file())
    root = corpus if corpus.is_dir() else corpus.parent
    seen: set[str] = set()
    for path in files:
        inside = path.relative_to(root)
        if any(part.startswith(".") for part in inside.parts) or path.stem.lower() == "readme":
            continue
        found = (
            _read_lines(path) if path.suffix.lower() in _LINES else _read_text(path, inside, day)
        )
        for text in found:
            if text.document_id not in seen:
                seen.add(text.document_id)
                yield text


def _read_text(path: Path, inside: Path, day: date) -> Iterator[Text]:
    if path.suffix.lower() not in _TEXTS:
        return
    raw = path.read_text("utf-8", errors="replace")
    found = read_front_matter(inside.as_posix(), raw)
    if isinstance(found, Problem) or not _may_be_said(found.fields, day):
        return
    fields = found.fields
    name = str(fields.get("id") or inside.with_suffix("").as_posix())
    body = str(fields.get("body") or found.body)
    said = "\n".join(_statements(fields.get("statements")))
    language = str(fields.get("locale") or "en")[:2]
    yield from _text(
        name, str(fields.get("title") or ""), body or said, said if body else "", language
    )


def _statements(listed: Any) -> Iterator[str]:  # noqa: ANN401
    for told in listed if isinstance(listed, list) else ():
        if isinstance(told, dict) and told.get("text"):
            yield str(told["text"])


def _may_be_said(fields: dict[str, Any], day: date) -> bool:
    """Tell whether the front matter allows it; what it leaves open is no objection."""
    tags = fields.get("tags")
    return (
        fields.get("status", "approved") == "approved"
        and fields.get("kind") != "voice"
        and not (isinstance(tags, list) and "control" in tags)
        and str(fields.get("valid_from") or day) <= str(day)
        and str(fields.get("valid_until") or day) >= str(day)
    )


def _read_lines(path: Path) -> Iterator[Text]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path.name}, line {number}, is no JSON: {error}.") from error
            if not isinstance(told, dict):
                raise InputError(f"{path.name}, line {number}, is no JSON object.")
            name = next((str(told[key]) for key in _IDS if key in told), f"{path.stem}:{number}")
            body = next((str(told[key]) for key in _BODIES if told.get(key)), "")
            yield from _text(name, str(told.get("title") or ""), body)


def _text(name: str, title: str, body: str, said: str = "", language: str = "en") -> Iterator[Text]:
    if not (title or body).strip():
        return
    parts = enumerate(split_passages(title, body), 1)
    passages = {f"{name}#p{number}": part for number, part in parts}
    yield Text(name, language, with_title(title, f"{body}\n\n{said}"), passages)
