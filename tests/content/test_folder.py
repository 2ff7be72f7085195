from __future__ import annotations

import json
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization.content import search_folder
from personalization.content.vectors import close_indexes
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalization.content import Problem
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


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"valid_until": "31.12.2027"}, 8, id="a German date"),
        pytest.param({"valid_until": "2027-9-1"}, 8, id="a month of one digit"),
        pytest.param({"valid_from": "[2026-01-01]"}, 7, id="a list"),
        pytest.param({"kind": "Voice"}, 3, id="the voice with a capital"),
        pytest.param({"tags": "control"}, 13, id="a tag that is no list"),
        pytest.param({"tags": "[Control]"}, 13, id="a tag with a capital"),
        pytest.param({"title": "[open"}, 5, id="front matter that cannot be read"),
    ],
)
def test_what_nobody_can_tell_to_be_sayable_is_left_out_by_file_and_line(
    write: Callable[..., Path], changes: dict[str, str], line: int
) -> None:
    write("other-one", "Nothing but tea.")
    corpus = write("cake-one", "A cake stand.", **changes)
    told: list[Problem] = []

    hits = search(corpus, "cake", tell=told.append)

    assert hits == []
    [problem] = told
    said = f"{problem.source}, line {problem.line}: {problem.message}"
    assert f"cake-one.md, line {line}" in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\n\nA cake stand.\n", id="a rule and no second one"),
        pytest.param("---\nNote: a cake: stand\n---\nMore.\n", id="a block that is no YAML"),
        pytest.param("---\nA cake stand.\n---\nMore.\n", id="a block that has no fields"),
    ],
)
def test_a_plain_file_is_searched_whatever_it_begins_with(folder: Path, text: str) -> None:
    (folder / "note.md").write_text(text)

    assert [hit["document_id"] for hit in search(folder, "cake")] == ["note"]


@pytest.mark.parametrize("text", ["---\nid: a\nstatus: draft\nA cake.", "---\nkind: - cake\n---\n"])
def test_a_broken_head_of_ours_is_not_taken_for_a_plain_file(folder: Path, text: str) -> None:
    (folder / "note.md").write_text(text)
    (folder / "tea.md").write_text("Tea.")

    assert search(folder, "cake") == []


def test_every_document_has_an_id_of_its_own_and_none_is_lost(folder: Path) -> None:
    (folder / "faq.md").write_text("cake")
    (folder / "faq.txt").write_text("cake")
    rows: list[dict[str, Any]] = [
        {"id": None},
        {"id": None},
        {"id": ""},
        {"id": [1]},
        {"id": 7},
        {"_id": "7"},
        {},
    ]
    lines = [json.dumps({**row, "text": "cake"}) for row in rows]
    (folder / "many.jsonl").write_text("\n".join([*lines, '{"id": "empty"}']))
    told: list[Problem] = []

    hits = search(folder, "cake", k=20, tell=told.append)

    assert sorted(hit["document_id"] for hit in hits) == [
        "7", "7-2", "faq", "faq.txt", "many:1", "many:2", "many:3", "many:4", "many:7",
    ]  # fmt: skip
    assert len({hit["passage_id"] for hit in hits}) == len(hits)
    assert [(each.source, each.line) for each in told] == [
        ("faq.txt", 1), ("many.jsonl", 6), ("many.jsonl", 8),
    ]  # fmt: skip


def test_files_of_other_encodings_are_read_as_what_they_are(folder: Path) -> None:
    (folder / "wide.txt").write_text("A crème brûlée.", "utf-16")
    (folder / "old.txt").write_text("Tea.\nA crème brûlée.", "cp1252")
    told: list[Problem] = []

    hits = search(folder, "brûlée", tell=told.append)

    assert [hit["document_id"] for hit in hits] == ["wide", "old"]
    assert all("brûlée" in hit["text"] for hit in hits)
    assert [(each.source, each.line) for each in told] == [("old.txt", 2)]


def test_a_file_that_cannot_be_opened_is_told_and_the_rest_is_searched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cake.txt").write_text("cake")
    (folder / "shut.txt").write_text("cake")
    read = Path.read_bytes

    def shut(path: Path) -> bytes:
        if path.name == "shut.txt":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", shut)
    told: list[Problem] = []

    assert [hit["document_id"] for hit in search(folder, "cake", tell=told.append)] == ["cake"]
    assert [each.source for each in told] == ["shut.txt"]


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
        pytest.param("a.jsonl", "{}\n" + "[" * 100_000, "line 2, is no JSON", id="a deep nest"),
        pytest.param("a.jsonl", "9" * 5_000, "line 1, is no JSON", id="a number without an end"),
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
