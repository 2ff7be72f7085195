from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from personalization.store import Store, database, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long a property takes depends on what else the machine does.  In CI the examples are the
# same each time, so that a red run can be run again; elsewhere every run looks at new ones.
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("exploring", deadline=None, max_examples=50, suppress_health_check=SLOW)
settings.register_profile("steady", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("steady" if os.environ.get("CI") else "exploring")

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


# What takes longest comes first, so that no worker is left with it at the end.
LONGEST = ("test_spark", "test_journey", "browser", "test_pipeline", "test_killed", "pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    turns = (turn for turn, part in enumerate(LONGEST) if part in item.nodeid)
    return next(turns, len(LONGEST))


# Where files cost no more than memory does.
MEMORY = Path("/dev/shm")  # noqa: S108


@pytest.fixture(scope="session")
def empty_database() -> bytes | None:
    """The file of an empty store: copying it takes a third of the time of making its tables."""
    if not os.access(MEMORY, os.W_OK):
        return None
    with TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / "state.duckdb"
        open_store(path, clock=lambda: NOW).close()
        return path.read_bytes()


@pytest.fixture
def store(empty_database: bytes | None) -> Iterator[Store]:
    """An empty store in memory, whose clock stands still."""
    if empty_database is None:
        opened = open_store(clock=lambda: NOW)
        yield opened
        opened.close()
        return
    with TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / "state.duckdb"
        path.write_bytes(empty_database)
        root = database._connect(str(path))
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        opened = Store(root, lambda: NOW)
        yield opened
        opened.close()
