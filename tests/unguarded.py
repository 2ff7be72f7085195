"""The guards of the record taken away for a while, as whoever has the file and DuckDB can."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from personalization.store.guards import expected_guards, suspended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store


@contextmanager
def unguarded(store: Store, *tables: str) -> Iterator[None]:
    """Take the guards of these tables away, of all where none is named, and put them back."""
    guarded = {each.split(" ON ")[1].split()[0] for each in expected_guards().values()}
    with store.transaction(), suspended(store, tables or tuple(guarded)):
        yield
