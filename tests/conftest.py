from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory, whose clock stands still."""
    opened = open_store(clock=lambda: NOW)
    yield opened
    opened.close()
