"""``personalize person``: everything held, an objection, an erasure, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from personalization.cli import main
from personalization.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with two customers of one base."""
    path = tmp_path / "state.duckdb"
    store = open_store(path)
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, country, consent_email)"
        " VALUES ('base', '1', 'a@example.com', 'USA', true), ('base', '2', NULL, NULL, true)"
    )
    store.close()
    return path


def run(capsys: pytest.CaptureFixture[str], database: Path, *words: str) -> dict[str, object]:
    assert main(["person", *words, "--database", str(database), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_a_person_is_reported_suppressed_and_erased(
    capsys: pytest.CaptureFixture[str], database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"

    told = run(capsys, database, "a@example.com", "--report", str(file))
    objected = run(capsys, database, "1", "--object", "objected")
    erased = run(capsys, database, "1", "--erase", "--by", "olga")

    assert told["rows"] == 1
    assert json.loads(file.read_text("utf-8"))["records"][0]["customer_id"] == "1"
    assert (objected["customers"], objected["suppressed"]) == (1, 1)
    assert erased["rows"] == {"customers": 1, "objections": 1, "suppressions": 1}
    store = open_store(database)
    assert store.read("SELECT customer_id FROM customers") == [("2",)]
    assert store.read("SELECT actor FROM audit_log WHERE kind = 'person.erased'") == [("olga",)]
    store.close()


def test_somebody_unknown_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    assert main(["person", "7", "--erase", "--database", str(database)]) == 2
    assert "No customer has the number '7'" in capsys.readouterr().err


def test_a_report_into_a_folder_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str], database: Path, tmp_path: Path
) -> None:
    code = main(["person", "1", "--report", str(tmp_path), "--database", str(database)])

    assert (code, "is a folder" in capsys.readouterr().err) == (2, True)
