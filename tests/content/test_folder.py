from __future__ import annotations

import json
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from personalization.content import search_folder
from personalization.content.vectors import close_indexes
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.content.conftest import WordEncoder

ON = date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "texts"
    made.mkdir()
    yield made
    close_indexes()


def search(folder: Path, query: str, **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return search_folder(folder, query, index=folder.parent / "index", on=ON, **options)


def test_plain_files_are_found_by_their_names(folder: Path, encoder: WordEncoder) -> None:
    (folder / "cake.md").write_text("# Cakes\n\nThree tiers of **cake**.")
    (folder / "sub").mkdir()
    (folder / "sub" / "clock.txt").write_text("An alarm clock with two bells.")
    (folder / "picture.png").write_bytes(b"\x89PNG")

    hits = search(folder, "alarm clocks", encoder=encoder)

    assert [hit["document_id"] for hit in hits] == ["sub/clock", "cake"]
    assert set(hits[0]) == {
        "document_id", "passage_id", "score", "bm25_rank", "dense_rank", "text", "why",
    }  # fmt: skip
    assert hits[0]["passage_id"] == "sub/clock#p1"
    assert hits[0]["text"] == "An alarm clock with two bells."
    assert (hits[0]["bm25_rank"], hits[0]["dense_rank"]) == (1, 1)
    assert hits[0]["why"] == "shares ‘alarm’, ‘clocks’ · loosely related in meaning (0.29)"


def test_json_lines_are_documents_each(folder: Path, encoder: WordEncoder) -> None:
    lines = [
        {"id": 7, "title": "Clocks", "text": "Two bells."},
        {"_id": "b", "text": "A jumbo bag."},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n")

    hits = search(folder, "clock", encoder=encoder)

    assert hits[0]["document_id"] == "7"
    assert hits[0]["text"] == "Clocks\n\nTwo bells."


def test_one_file_is_a_corpus_too(folder: Path) -> None:
    path = folder / "corpus.jsonl"
    path.write_text('{"id": "a", "text": "cake"}\n{"id": "b", "text": "clock"}')

    assert [hit["document_id"] for hit in search(path, "cake")] == ["a"]


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        pytest.param({}, True, id="approved"),
        pytest.param({"status": "retired"}, False, id="retired"),
        pytest.param({"status": None}, True, id="nobody says it is not"),
        pytest.param({"valid_until": "2026-11-30"}, False, id="expired"),
        pytest.param({"valid_from": "2026-12-02"}, False, id="not yet"),
        pytest.param({"kind": "voice"}, False, id="the brand voice"),
        pytest.param({"kind": None, "locale": None}, True, id="front matter of another kind"),
        pytest.param({"title": "[open"}, False, id="front matter that cannot be read"),
    ],
)
def test_front_matter_decides_what_may_be_found(
    write: Callable[..., Path], changes: dict[str, str | None], *, is_found: bool
) -> None:
    write("other-one", "Nothing but tea.")
    corpus = write("cake-one", "A cake stand.", **changes)

    hits = search(corpus, "cake")

    assert [hit["document_id"] for hit in hits] == (["cake-one"] if is_found else [])


def test_the_words_of_a_statement_are_found_too(write: Callable[..., Path]) -> None:
    write("other-one", "Nothing but tea.")
    statements = '[{id: s1, role: lead, text: "Use HEARTH10 at checkout."}]'
    corpus = write("cake-one", "A cake stand.", statements=statements)

    assert [hit["document_id"] for hit in search(corpus, "hearth10")] == ["cake-one"]


def test_a_long_document_counts_once_and_shows_its_best_part(
    folder: Path, encoder: WordEncoder
) -> None:
    body = "# Tea\n\n" + "tea pot " * 80 + "\n\n# Cake\n\n" + "cake stand " * 80
    (folder / "long.md").write_text(body)
    (folder / "other.md").write_text("A doormat.")

    for options in ({"encoder": encoder}, {}):
        hits = search(folder, "cake", **options)

        assert hits[0]["document_id"] == "long"
        assert hits[0]["passage_id"] == "long#p2"
        assert "cake stand" in hits[0]["text"]


def test_the_second_query_encodes_nothing_but_itself(folder: Path, encoder: WordEncoder) -> None:
    names = ["".join(letters) for letters in product("abcdefgh", repeat=3)]
    lines = (json.dumps({"id": name, "text": f"a bag named {name}"}) for name in names)
    (folder / "a.jsonl").write_text("\n".join(lines))
    search(folder, "abc", encoder=encoder)
    encoder.encoded.clear()
    close_indexes()

    hits = search(folder, "hgf", encoder=encoder, k=3)

    assert encoder.encoded == ["hgf"]
    assert len(hits) == 3
    assert hits[0]["document_id"] == "hgf"


def test_the_same_question_gets_the_same_answer(folder: Path, encoder: WordEncoder) -> None:
    for name in ("b", "a", "c"):
        (folder / f"{name}.txt").write_text("The very same words.")

    hits = search(folder, "same words", encoder=encoder)

    assert search(folder, "same words", encoder=encoder) == hits
    assert sorted(hit["document_id"] for hit in hits) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.jsonl", '{"id": 1, "text": "a"}\n{broken', "line 2", id="a broken line"),
        pytest.param("a.jsonl", '["a"]', "no JSON object", id="a list"),
        pytest.param("a.png", "", "no document", id="nothing to read"),
        pytest.param("a.txt", "  \n", "no document", id="an empty text"),
    ],
)
def test_a_folder_that_cannot_be_searched_says_why(
    folder: Path, name: str, content: str, words: str
) -> None:
    (folder / name).write_text(content)

    with pytest.raises(InputError, match=words):
        search(folder, "cake")


def test_a_missing_folder_and_a_k_below_one_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        search(folder / "nowhere", "cake")
    with pytest.raises(InputError, match="--k 0"):
        search(folder, "cake", k=0)
