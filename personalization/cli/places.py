"""Where a command reads and writes: files and databases, or a sentence before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.errors import InputError
from personalization.settings import settings_in_force
from personalization.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store


def existing(database: Path) -> Path:
    """Return the path of a database that is there.

    Raises:
        InputError: There is none.
    """
    if not database.exists():
        raise InputError(
            f"There is no database at {database}. Start the app, or name one with --database."
        )
    return database


def stored(database: Path) -> Store:
    """Open the app's database; whoever asked closes it.

    Raises:
        InputError: There is none.
    """
    return open_store(existing(database), heads=settings_in_force().audit.heads)


def writable(path: Path) -> Path:
    """Return the path, once a file can be written there.

    Raises:
        InputError: It names a folder, or lies in one that is not there.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file to write, such as {path / 'out.csv'}.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    return path
