"""A folder of texts, searched without a store: what ``personalize search`` does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.content.front_matter import Problem, read_front_matter
from personalization.content.ranking import ByMeaning, Ranked, rank
from personalization.content.splitting import split_passages
from personalization.content.vectors import by_meaning
from personalization.content.words import index_words, rank_words
from personalization.errors import InputError
from personalization.settings import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.providers.protocols import Encoder

INDEX_FOLDER: Final = "folders"
"""Where the vectors of searched folders live, below the folder of the index."""

_TEXTS: Final = (".md", ".markdown", ".txt")
_LINES: Final = (".jsonl", ".ndjson")
_IDS: Final = ("id", "_id", "document_id", "doc_id", "docid")
_BODIES: Final = ("text", "body", "contents", "content")


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a folder.

    Attributes:
        language: Two letters.
        whole: All of its words, for the ranking by words.
        passages: Its passages by id, for the ranking by meaning.
    """

    document_id: str
    language: str
    whole: str
    passages: dict[str, str]


def search_folder(
    corpus: Path,
    query: str,
    *,
    k: int = 5,
    encoder: Encoder | None = None,
    index: Path | None = None,
    on: date | None = None,
) -> list[dict[str, Any]]:
    """Find the documents of a folder that bear most on ``query``, best first.

    Words are ranked over whole documents and vectors over passages; each document counts by its
    nearest passage.  Vectors are kept on disk, so that a second query is fast.

    Args:
        corpus: A folder of Markdown, text or JSON lines, or one such file.  A line of JSON has
            ``id`` and ``text``, and may have a ``title``.
        query: Plain words.
        k: How many documents to return at most.
        encoder: Turns texts into vectors; None ranks by words alone.
        index: Where vectors are kept; None for the folder of the default settings.
        on: Documents with front matter that says they are not approved, or not valid on this day,
            are left out; None for today.

    Returns:
        For each hit ``document_id, passage_id, score, bm25_rank, dense_rank, text, why``.

    Raises:
        InputError: There is no such folder, nothing to search in it, or a line is no JSON.
    """
    if k < 1:
        raise InputError(f"--k {k} has to be 1 or more.")
    day = on or datetime.now(UTC).date()
    texts = {text.document_id: text for text in _read(corpus, day)}
    if not texts:
        raise InputError(f"{corpus} has no document to search: no .md, .txt or .jsonl with a text.")
    passages = {key: words for text in texts.values() for key, words in text.passages.items()}
    owners = {key: text.document_id for text in texts.values() for key in text.passages}
    place = hashlib.sha256(str(corpus.resolve()).encode()).hexdigest()[:16]
    folder = (index or Path(Content().index)) / INDEX_FOLDER / place
    near = by_meaning(folder, passages, query, encoder=encoder)
    nearest: dict[str, str] = {}
    for key in near.order:
        nearest.setdefault(owners[key], key)
    languages = [text.language for text in texts.values()]
    language = max(sorted(set(languages)), key=languages.count)
    ranked = rank(
        query,
        {key: text.whole for key, text in texts.items()},
        ByMeaning(tuple(nearest), near.trouble),
        language=language,
    )
    return [_hit(one, texts[one.key], nearest.get(one.key), query, language) for one in ranked[:k]]


def _hit(one: Ranked, text: Text, nearest: str | None, query: str, language: str) -> dict[str, Any]:
    passage_id = nearest or _most_words(text, query, language)
    return {
        "document_id": one.key,
        "passage_id": passage_id,
        "score": one.score,
        "bm25_rank": one.bm25_rank,
        "dense_rank": one.dense_rank,
        "text": text.passages[passage_id],
        "why": one.why,
    }


def _most_words(text: Text, query: str, language: str) -> str:
    keys = list(text.passages)
    hits = rank_words(index_words(list(text.passages.values()), language), query)
    return keys[hits[0].number] if hits else keys[0]


def _read(corpus: Path, day: date) -> Iterator[Text]:
    """Yield every document; the first counts where an id stands twice."""
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
    yield Text(name, language, f"{title}\n\n{body}\n\n{said}", passages)
