"""A store in memory for the length of one check, with the macros that read cells."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def scratch_store() -> Iterator[Store]:
    """Open an empty store in memory whose statements know the macros of ``macros.sql``."""
    store = open_store()
    try:
        store.run(resources.files(__package__).joinpath("macros.sql").read_text("utf-8"))
        yield store
    finally:
        store.close()
