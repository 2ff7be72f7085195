from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.cli import main
from personalization.outreach.return_dates import returns_on

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


def test_an_answer_without_a_day_is_of_today_and_is_told_by_the_number_that_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = datetime.now(UTC).date()
    back = today + timedelta(days=20)
    path = tmp_path / "r.csv"
    path.write_text(f"prospect_id,text\nP7,I am away. Back on {back:%d %B}.\n", "utf-8")

    assert main(["replies", str(path), "--json"]) == 0

    [found] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (found["id"], found["returns_on"]) == ("P7", back.isoformat())


def test_a_day_without_a_year_is_none_where_nobody_knows_when_it_was_said() -> None:
    assert returns_on("back on 12 january") is None
    assert returns_on("back on 12 january 2027") == date(2027, 1, 12)
