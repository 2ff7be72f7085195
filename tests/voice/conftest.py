"""Stores with a script to speak and with files made of it, made once and copied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.campaign.voice import keep_speaker_consent
from personalization.store import Store, database, open_store
from tests.conftest import NOW
from tests.voice.spoken import add_speaker, consent, fill, speak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Databases = dict[str, bytes]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Files of stores: a script, its files by the house voice and by Claire, and a call snippet."""
    folder = tmp_path_factory.mktemp("spoken")
    made: Databases = {}

    def keep(name: str, change: Callable[[Store], object]) -> None:
        path = folder / f"{name}.duckdb"
        if "ready" in made and name != "calls":
            path.write_bytes(made["ready"])
        store = open_store(path, clock=lambda: NOW)
        change(store)
        # Tests know the run by its name.
        for table in ("voice_runs", "voice_assets"):
            store.run(f"UPDATE {table} SET run_id = 'run'")  # noqa: S608
        store.close()
        made[name] = path.read_bytes()

    def by_claire(store: Store) -> None:
        add_speaker(store)
        keep_speaker_consent(store, consent(now=NOW), actor="mia")
        speak(store, folder / "claire", speaker_id="claire")

    def as_calls(store: Store) -> None:
        fill(store, channel="call_snippet")
        speak(store, folder / "calls", people=["p1"])

    keep("ready", fill)
    keep("rendered", lambda store: speak(store, folder / "house"))
    keep("claires", by_claire)
    keep("calls", as_calls)
    return made


def _opened(content: bytes, folder: Path) -> Iterator[Store]:
    path = folder / "state" / "state.duckdb"
    path.parent.mkdir()
    path.write_bytes(content)
    root = database._connect(str(path))
    root.execute("SET GLOBAL TimeZone = 'UTC'")
    opened = Store(root, lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def ready(databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """Three prospects and a script that is approved for each of them."""
    yield from _opened(databases["ready"], tmp_path)


@pytest.fixture
def rendered(databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """The same, with files of everybody by the house voice; the run is called ``run``."""
    yield from _opened(databases["rendered"], tmp_path)


@pytest.fixture
def claires(databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """The same in the delivery of a person who agreed to it."""
    yield from _opened(databases["claires"], tmp_path)


@pytest.fixture
def calls(databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """A call snippet, with the file of one person."""
    yield from _opened(databases["calls"], tmp_path)
