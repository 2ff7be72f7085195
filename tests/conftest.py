from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long a property takes depends on what else the machine does.  In CI the examples are the
# same each time, so that a red run can be run again; elsewhere every run looks at new ones.
settings.register_profile("exploring", deadline=None, max_examples=50)
settings.register_profile("steady", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("steady" if os.environ.get("CI") else "exploring")

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory, whose clock stands still."""
    opened = open_store(clock=lambda: NOW)
    yield opened
    opened.close()
