"""The word ``triggers`` on the command line: made for a timer, run as often as one likes."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from personalization.cli import main
from personalization.store import open_store
from tests.recommendation.firing import add_customer, add_trigger, did, open_shop, outcomes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sample base whose today is 15 January 2020: Ann left a cart behind the day before."""
    (tmp_path / "settings.toml").write_text(
        f'[delivery]\nfolder = "{tmp_path / "exports"}"\n', "utf-8"
    )
    monkeypatch.setenv("PERSONALIZATION_SETTINGS", str(tmp_path / "settings.toml"))
    store = open_shop(open_store(tmp_path / "state.duckdb"), send_on=date(2999, 1, 1))
    store.run("UPDATE datasets SET is_sample = true")
    add_customer(store, "ann")
    did(store, "ann", "cart", "P1", datetime(2020, 1, 14, 9))  # noqa: DTZ001 - as tables hold it
    add_trigger(store, "abandoned_cart", strategy="")
    store.close()
    return tmp_path / "state.duckdb"


def run(database: Path, *words: str) -> int:
    return main(["triggers", "--database", str(database), *words])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_it_tells_fires_and_does_nothing_twice(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(database, "--dry-run", "--json") == 0
    told = printed(capsys)
    assert (told["is_rehearsal"], told["fired"]) == (True, 1)
    assert told["bases"][0]["as_of"] == "2020-01-15T12:00:00+00:00"

    assert run(database, "--json", "--by", "timer") == 0
    assert printed(capsys)["fired"] == 1
    assert run(database, "--json") == 0
    assert printed(capsys)["fired"] == 0

    store = open_store(database)
    assert outcomes(store) == [("ann", "fired")]
    assert store.read("SELECT fired, held, ran_by FROM trigger_runs ORDER BY fired DESC") == [
        (1, 0, "timer"), (0, 0, "command line"),
    ]  # fmt: skip
    store.close()


def test_without_an_approved_text_no_file_is_written(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(database, "--hand-over") == 0

    told = capsys.readouterr().out
    assert "Shop, as of 2020-01-15T12:00:00+00:00: 1 fired, 0 held." in told
    assert "1 without an approved message: nothing can be handed over" in told
    assert "Handed over: nothing due." in told
    assert not list((tmp_path / "exports" / "triggers").glob("*"))


def test_a_trigger_that_cannot_fire_is_an_error_for_the_timer(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(database)
    store.run("UPDATE campaigns SET send_on = '2019-12-31'")
    store.close()

    assert run(database) == 2

    assert "On abandoned_cart: The send date of ‘Welcome’ is over" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("--as-of", "tomorrow"), "'tomorrow' is no time", id="no time"),
        pytest.param(("--as-of", "2998-01-01"), "lies ahead", id="a time to come"),
        pytest.param(("--base", "Shed"), "called 'Shed'. Name one by its id: Shop", id="no base"),
    ],
)
def test_what_cannot_be_meant_is_told(
    database: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str], told: str
) -> None:
    assert run(database, *words) == 2

    assert told in capsys.readouterr().err
