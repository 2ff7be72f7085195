"""One store for many tests: what each of them writes is rolled back at its end."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store


class _Done(BaseException):
    """Ends a transaction without keeping anything of it."""


@contextmanager
def rolled_back(store: Store) -> Iterator[Store]:
    """Give the store as it is, and take back whatever is written meanwhile."""
    with suppress(_Done), store.transaction():
        yield store
        raise _Done
