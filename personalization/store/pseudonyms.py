"""Pseudonyms: customers in files that leave the house, known by a keyed fingerprint only.

Keys lie beside the database and never in it, in files that their owner alone may read.  Without
them nobody can find out by trying whose row it is.  Each campaign keeps to the key that was
current when its first file was written; destroying a key makes the files of its campaigns
anonymous.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.store.audit import record
from personalization.store.keys import new_key, read_key, write_key

if TYPE_CHECKING:
    from personalization.store.database import Store

_BLOCK: Final = 64  # bytes that SHA-256 works on at a time
_FILE = "SELECT path FROM duckdb_databases() WHERE NOT internal ORDER BY database_oid LIMIT 1"


def pseudonym_key(store: Store) -> bytes:
    """Return the key of what must be found again for good, such as a suppression; made once.

    A store in memory has a key that ends with the process.
    """
    file = _beside(store, "key")
    if file is None:
        return _process_key()
    with store.lock:
        return read_key(file)


def pseudonym_of(store: Store, customer_id: str) -> str:
    """Return the pseudonym, 32 hex digits, by which records of erasures know a customer."""
    return hmac.new(pseudonym_key(store), customer_id.encode(), "sha256").hexdigest()[:32]


@lru_cache(maxsize=1)
def _process_key() -> bytes:
    return new_key()


def _beside(store: Store, ending: str) -> Path | None:
    row = store.read_one(_FILE)
    return Path(f"{row[0]}.{ending}") if row and row[0] else None


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and the outer pad of HMAC-SHA-256, so that the engine can work it out.

    References:
        RFC 2104: HMAC(m) = H(outer, H(inner, m)).
    """
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)


# Keys of campaigns ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignKey:
    """The key that a campaign's files know people by.

    Attributes:
        key_id: Names it in records; it says nothing of the key.
        key: None where it was destroyed: nobody can be found again, nor new rows be written.
    """

    key_id: str
    key: bytes | None = field(repr=False)


_CHOSEN = "SELECT key_id FROM campaign_keys WHERE campaign_id = $campaign_id"
_CHOOSE = "INSERT INTO campaign_keys VALUES ($campaign_id, $key_id, $now)"
_KEYS = """
    SELECT key_id, count(*) AS campaigns, min(chosen_at) AS first_used_at
    FROM campaign_keys GROUP BY key_id ORDER BY first_used_at, key_id
"""


def campaign_key(store: Store, campaign_id: str) -> CampaignKey:
    """Return the campaign's key; the current one becomes its own at the first call."""
    with store.transaction():
        ring = _ring(store)
        row = store.read_one(_CHOSEN, campaign_id=campaign_id)
        key_id = str(row[0]) if row else str(ring["current"])
        if row is None:
            store.run(_CHOOSE, campaign_id=campaign_id, key_id=key_id, now=store.now())
    found = ring["keys"].get(key_id)
    return CampaignKey(key_id, bytes.fromhex(found) if found else None)


def known_keys(store: Store) -> list[dict[str, Any]]:
    """List the keys that are there, and those that campaigns used and that were destroyed."""
    with store.lock:
        ring = _ring(store)
    used = {row["key_id"]: row["campaigns"] for row in store.records(_KEYS)}
    return [
        {
            "key_id": key_id,
            "campaigns": used.get(key_id, 0),
            "is_current": key_id == ring["current"],
            "is_destroyed": key_id not in ring["keys"],
        }
        for key_id in dict.fromkeys((*used, *ring["keys"]))
    ]


def rotate_key(store: Store, *, actor: str) -> str:
    """Make a new key the current one, and return its id; campaigns with a key keep theirs."""
    with store.transaction():
        ring = _ring(store)
        key_id = _add(ring)
        _keep(store, ring)
        record(store, "pseudonym_key.rotated", key_id, actor=actor)
    return key_id


def destroy_key(store: Store, key_id: str, *, actor: str) -> None:
    """Destroy a key: what was written with it cannot be traced to anybody any more, by anybody.

    Copies of the key file, in backups too, have to be destroyed by whoever made them.

    Raises:
        InputError: There is no such key, or it is the current one.
    """
    with store.transaction():
        ring = _ring(store)
        if key_id not in ring["keys"]:
            known = ", ".join(ring["keys"])
            raise InputError(f"There is no pseudonym key {key_id!r}. There are: {known}.")
        if key_id == ring["current"]:
            raise InputError(f"Key {key_id} is the current one. Rotate to a new key first.")
        record(store, "pseudonym_key.destroyed", key_id, actor=actor)
        del ring["keys"][key_id]
        _keep(store, ring)


def _ring(store: Store) -> dict[str, Any]:
    """Read the keys, made at the first call."""
    file = _beside(store, "keys.json")
    if file is None:
        found = store.beside.get("keys", b"")
    else:
        found = file.read_bytes() if file.exists() else b""
    if found:
        return dict(json.loads(found))
    ring: dict[str, Any] = {"current": "", "keys": {}}
    _add(ring)
    _keep(store, ring)
    return ring


def _add(ring: dict[str, Any]) -> str:
    key = new_key()
    key_id = hashlib.sha256(b"key id" + key).hexdigest()[:12]
    ring["keys"][key_id] = key.hex()
    ring["current"] = key_id
    return key_id


def _keep(store: Store, ring: dict[str, Any]) -> None:
    file, content = _beside(store, "keys.json"), json.dumps(ring).encode()
    if file is None:
        store.beside["keys"] = content
    else:
        write_key(file, content)
