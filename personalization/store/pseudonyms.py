"""Pseudonyms: customers in files that leave the house, known by a keyed fingerprint only.

The key lies in a file of its own beside the database, readable by its owner alone.  Without it
nobody can find out by trying whose row it is; destroying it makes past files anonymous.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.store.keys import new_key, read_key

if TYPE_CHECKING:
    from personalization.store.database import Store

_BLOCK: Final = 64  # bytes that SHA-256 works on at a time
_FILE = "SELECT path FROM duckdb_databases() WHERE NOT internal ORDER BY database_oid LIMIT 1"


def pseudonym_key(store: Store) -> bytes:
    """Return the key of the store's pseudonyms, made at the first call.

    A store in memory has a key that ends with the process.
    """
    row = store.read_one(_FILE)
    if row is None or not row[0]:
        return _process_key()
    with store.lock:
        return read_key(Path(f"{row[0]}.key"))


@lru_cache(maxsize=1)
def _process_key() -> bytes:
    return new_key()


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and the outer pad of HMAC-SHA-256, so that the engine can work it out.

    References:
        RFC 2104: HMAC(m) = H(outer, H(inner, m)).
    """
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
