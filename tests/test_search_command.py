from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of two documents, in a folder where nobody works."""
    monkeypatch.chdir(tmp_path)
    lines = [
        {"id": "d1", "title": "Clocks", "text": "An alarm clock with two bells."},
        {"id": "d2", "text": "A jumbo bag for the shopping."},
    ]
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "docs.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["search", "--words-only", "--corpus", "corpus", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.usefixtures("folder")
def test_a_query_gives_a_list_of_hits(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "alarm clocks", "--k", "3", "--json")

    hits: list[dict[str, Any]] = json.loads(out)
    assert code == 0
    assert [hit["document_id"] for hit in hits] == ["d1"]
    assert hits[0].keys() >= {"passage_id", "score", "bm25_rank", "dense_rank", "text"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"id": "q1", "query": "clock"}\n\n{"_id": "q2", "text": "bag"}', id="JSON"),
        pytest.param("clock\nbag\n", id="lines of text"),
    ],
)
def test_many_queries_are_answered_line_by_line(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (folder / "queries").write_text(content, "utf-8")

    _, out, _ = run(capsys, "--queries", "queries", "--json")
    _, text, _ = run(capsys, "--queries", "queries")

    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["query"] for answer in answers] == ["clock", "bag"]
    assert [answer["hits"][0]["document_id"] for answer in answers] == ["d1", "d2"]
    assert answers[0]["query_id"] == ("q1" if "q1" in content else "1")
    assert "d2  (shares ‘bag’" in text


def test_a_corpus_is_held_to_its_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "corpus" / "cake.md").write_text(
        "---\nid: cake-stand\nkind: benefit\ntitle: Cake stands\nlocale: en-GB\nchannel: [email]\n"
        "status: approved\napproved_by: Claire\napproved_at: 2026-09-21\n"
        'statements: [{id: s1, role: lead, text: "Cake stands hold cake."}]\n---\nFor cake.\n',
        "utf-8",
    )
    (folder / "labels.toml").write_text(
        'day = 2026-12-01\nlocale = "en-GB"\n'
        '[[query]]\ntext = "stands for cakes"\nrelevant = { cake-stand = 3 }\n'
        '[[query]]\ntext = "pie"\nrelevant = { cake-stand = 2 }\n',
        "utf-8",
    )

    _, out, _ = run(capsys, "--evaluate", "--labels", "labels.toml", "--json")
    _, text, _ = run(capsys, "--evaluate", "--labels", "labels.toml")

    told = json.loads(out)
    assert told["n_queries"] == 2
    assert told["measures"]["words"]["mrr"]["mean"] == 0.5
    assert [miss["query"] for miss in told["misses"]] == ["pie"]
    assert "- ‘pie’ 0.00: ; lost cake-stand" in text
    assert "Meaning was not compared: the language model is not loaded." in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([], "Give a QUERY", id="nothing to do"),
        pytest.param(["cake", "--evaluate"], "one of them only", id="two things"),
        pytest.param(["--queries", "gone"], "gone cannot be read", id="no queries"),
        pytest.param(["--queries", "corpus/docs.jsonl", "--k", "0"], "--k 0", id="no hits asked"),
        pytest.param(["--evaluate", "--labels", "gone.toml"], "gone.toml", id="no labels"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_asked_is_named(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    code, _, error = run(capsys, *words)

    assert code == 2
    assert told in error


def test_a_broken_line_of_queries_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "queries.jsonl").write_text('{"query": "a"}\n{"query":', "utf-8")
    assert "line 2, is no JSON" in run(capsys, "--queries", "queries.jsonl")[2]
    (folder / "queries.jsonl").write_text('{"id": "a"}', "utf-8")
    assert "line 1, has no query" in run(capsys, "--queries", "queries.jsonl")[2]


def test_what_is_left_out_is_said_beside_the_answer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, until in (("odd", "31.12.2027"), ("over", "2020-12-31")):
        (folder / "corpus" / f"{name}.md").write_text(
            f"---\nid: {name}\nvalid_until: {until}\n---\nAn alarm clock.", "utf-8"
        )

    code, out, error = run(capsys, "clock", "--json")

    assert code == 0
    assert [hit["document_id"] for hit in json.loads(out)] == ["d1"]
    assert "odd.md, line 3: valid_until '31.12.2027' is no day" in error
    assert "left out: over.md, line 3 (until 2020-12-31)." in error
