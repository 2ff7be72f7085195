from __future__ import annotations

import hashlib
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.content import import_content
from personalization.content.vectors import close_indexes
from personalization.errors import ProviderError
from personalization.settings import Content, Settings
from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

CORPUS = Path(__file__).parents[2] / "content_corpus"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


class WordEncoder:
    """An encoder without a model: every word is a direction, so texts are near that share words."""

    model_id = "words-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []
        self.is_broken = False

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if self.is_broken:
            raise ProviderError("the model is gone")
        self.encoded += texts
        rows = np.zeros((len(texts), 4096), dtype=np.float32)
        for number, text in enumerate(texts):
            rows[number, 0] = 0.1
            for word in re.findall(r"[a-z]+", text.lower()):
                rows[number, int(hashlib.md5(word.encode()).hexdigest(), 16) % 4096] += 1  # noqa: S324
        lengths: npt.NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, lengths)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    yield Settings(content=Content(index=str(tmp_path / "index")))
    close_indexes()


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the shipped corpus, imported once for all tests."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    filled = open_store(path)
    import_content(filled, CORPUS, actor="anna")
    filled.close()
    return path


@pytest.fixture
def shop(shop_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A store with the shipped corpus, for one test alone."""
    path = Path(shutil.copy(shop_file, tmp_path / "shop.duckdb"))
    opened = open_store(path, clock=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a document to a corpus folder; keywords change its front matter, None takes one out."""
    corpus = tmp_path / "corpus"

    def write_document(
        name: str, body: str = "Cake stands hold cake.", **changes: str | None
    ) -> Path:
        fields: dict[str, str | None] = {
            "id": name,
            "kind": "benefit",
            "title": f"About {name}",
            "locale": "en-GB",
            "channel": "[email]",
            "valid_from": "2026-10-01",
            "valid_until": "2027-12-31",
            "status": "approved",
            "approved_by": "Claire",
            "approved_at": "2026-09-21",
            "statements": f'[{{id: s1, role: lead, text: "{body}"}}]',
            **changes,
        }
        lines = [f"{field}: {value}" for field, value in fields.items() if value is not None]
        corpus.mkdir(exist_ok=True)
        text = "\n".join(["---", *lines, "---", body, ""])
        (corpus / f"{name}.md").write_text(text, encoding="utf-8")
        return corpus

    return write_document
