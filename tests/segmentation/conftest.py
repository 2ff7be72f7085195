from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.customers import load_sample
from personalization.store import open_store
from tests.segmentation.shops import NOW, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store


@pytest.fixture
def shop(store: Store) -> Shop:
    """An empty shop in an empty store."""
    return Shop(store)


@pytest.fixture(scope="session")
def sample_shop() -> Iterator[Shop]:
    """The shipped sample customers (UCI Online Retail, CC BY 4.0), which no test changes."""
    store = open_store(clock=lambda: NOW)
    yield Shop(store, load_sample(store, actor="Ada"))
    store.close()
