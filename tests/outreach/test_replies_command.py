from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from personalization.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {"id": "a", "text": "Not interested."},
    {"id": "b", "text": "I am away until 3 May", "received_on": "2026-04-20"},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("r.json", json.dumps(ROWS), id="a list"),
        pytest.param("r.json", json.dumps({"cases": ROWS}), id="cases"),
        pytest.param("r.jsonl", "\n".join(map(json.dumps, ROWS)), id="JSON lines"),
        pytest.param(
            "r.csv",
            "id,text,received_on\na,Not interested.,\nb,I am away until 3 May,2026-04-20\n",
            id="CSV",
        ),
    ],
)  # fmt: skip
def test_answers_of_a_file_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")

    assert main(["replies", str(path), "--json"]) == 0

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["class"], row["returns_on"]) for row in found] == [
        ("a", "not_interested", None), ("b", "out_of_office", "2026-05-04"),
    ]  # fmt: skip


def test_a_file_without_texts_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id,colour\na,red\n", "utf-8")

    assert main(["replies", str(path), "--json"]) == 2
    assert "has no column 'text'" in capsys.readouterr().err
