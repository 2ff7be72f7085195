"""Keys: 32 random bytes in a file of their own, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile


def new_key() -> bytes:
    """Return a key that nobody can guess."""
    return secrets.token_bytes(32)


def read_key(file: Path) -> bytes:
    """Return the key in ``file``, made at the first call."""
    if not file.exists():
        write_key(file, new_key())
    return file.read_bytes()


def write_key(file: Path, key: bytes) -> None:
    """Write a file of secrets, whole or not at all: a crash in between leaves none half written."""
    with NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}.", delete=False) as unfinished:
        unfinished.write(key)  # the file is its owner's alone, 0600
        unfinished.flush()
        os.fsync(unfinished.fileno())
    Path(unfinished.name).replace(file)
