"""What a check needs for its length: a store in memory, and a folder that goes with the process."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.store import Store, open_scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the product's own statements say of a value too.
_MACROS: Final = ("is_no_product", "is_bad_luck", "is_private_host")


def scratch_folder() -> Path:
    """Make an empty folder that is removed when the process ends."""
    return Path(tempfile.mkdtemp(dir=_home().name))


@cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="personalization-")


@contextmanager
def scratch_store() -> Iterator[Store]:
    """Open an empty store in memory whose statements know the macros of ``macros.sql``."""
    store = open_scratch(_MACROS)
    try:
        store.run(resources.files(__package__).joinpath("macros.sql").read_text("utf-8"))
        yield store
    finally:
        store.close()
