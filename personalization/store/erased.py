"""How people who were erased are known again: by a keyed hash, and by nothing else.

The key lies beside the database (``pseudonym_key``); without it nobody can be recognised.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from personalization.errors import StateError
from personalization.store.pseudonyms import hmac_pads, pseudonym_key

if TYPE_CHECKING:
    from personalization.store.database import Store

_KEYS: Final = "SELECT DISTINCT key_id FROM suppressed_hashes ORDER BY key_id"


def key_id_of(key: bytes) -> str:
    """Return what names a key without saying anything of it."""
    return hashlib.sha256(b"suppression" + key).hexdigest()[:12]


def erased_key(store: Store) -> tuple[bytes, bytes, str]:
    """Return the key's two pads, which ``keyed_hash`` takes, and its name."""
    key = pseudonym_key(store)
    return *hmac_pads(key), key_id_of(key)


def erased_pads(store: Store) -> dict[str, bytes] | None:
    """Return the key's two pads, by which who was erased is known; None where nobody was.

    Raises:
        StateError: The key is not the one that the hashes were made with.
    """
    known = [str(key_id) for (key_id,) in store.read(_KEYS)]
    if not known:
        return None
    inner, outer, key_id = erased_key(store)
    if known != [key_id]:
        raise StateError(
            "The key beside the database is not the one by which people who were erased are "
            "known, so they could be written to again. Put the key file back from a backup, "
            "then try again."
        )
    return {"inner": inner, "outer": outer}
