"""Where a command writes: a file that can be one, or a sentence before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


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
