"""The word ``sequence`` on the command line: made for a timer, run as often as one likes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.cli import main
from personalization.store import open_store
from tests.outreach.people import CAMPAIGN, add_prospect, open_base

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ann can be written to, Dora cannot: nobody agreed to it in her country."""
    monkeypatch.setenv("PERSONALIZATION_SETTINGS", str(tmp_path / "none.toml"))
    store = open_base(open_store(tmp_path / "state.duckdb"))
    add_prospect(store, "ann")
    add_prospect(store, "dora", country="DE")
    store.close()
    return tmp_path / "state.duckdb"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_it_chooses_and_tells_where_everybody_stands(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sequence", CAMPAIGN, "--database", str(database), "--json"]
    assert main([*words, "--dry-run"]) == 0
    assert printed(capsys)["standing"] == []

    assert main(words) == 0
    told = printed(capsys)

    assert list(told["runs"]) == ["1"]
    assert sum(row["people"] for row in told["standing"]) == 2
    assert ("held", "not_permitted") in {(row["standing"], row["gate"]) for row in told["standing"]}


def test_a_file_that_is_no_hand_over_does_not_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o.zip").write_bytes(b"no archive")

    assert main(["sequence", "--check", str(tmp_path / "o.zip")]) == 2
    assert "cannot be read as a hand-over" in capsys.readouterr().err


def test_without_a_campaign_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sequence"]) == 2
    assert "Name an outreach campaign" in capsys.readouterr().err
