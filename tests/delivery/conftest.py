from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.settings import Delivery, Settings
from tests.delivery.ready import BRAND, fill_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store


@pytest.fixture
def campaign(store: Store) -> Store:
    """Hold a campaign whose gate is green."""
    fill_campaign(store)
    return store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with a sender of its own and exports below the test's own folder."""
    return Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path / "exports")))
