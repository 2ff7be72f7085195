"""People who were erased and must never be written to again, known by keyed hashes only.

Two hashes stand for each: of the address, and of the number in its customer base.  The key lies
beside the database (``store.pseudonym_key``); without it nobody can be recognised, so an import
stops where it is another one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from personalization.errors import StateError
from personalization.store import hmac_pads, pseudonym_key

if TYPE_CHECKING:
    from personalization.customers.intake import Arrival
    from personalization.store import Store

_KEYS: Final = "SELECT DISTINCT key_id FROM suppressed_hashes ORDER BY key_id"

_REMEMBER: Final = """
    INSERT OR IGNORE INTO suppressed_hashes
    WITH marks AS (
        SELECT 'email:' || email AS mark FROM erased_people WHERE email IS NOT NULL
        UNION
        SELECT 'id:' || dataset_id || ':' || customer_id FROM erased_people
    )
    SELECT keyed_hash(mark, $inner, $outer), 'erased', $now, $key_id
    FROM marks
"""
_COMING: Final = """
    CREATE OR REPLACE TEMP TABLE people_to_check AS
    SELECT $dataset_id AS dataset_id, customer_id FROM read_parquet($staged)
"""
_REMAINING: Final = """
    CREATE OR REPLACE TEMP TABLE people_to_check AS
    SELECT dataset_id, customer_id FROM customers
    WHERE email IN (SELECT email FROM erased_people)
"""
_SUPPRESS: Final = """
    INSERT INTO suppressions (dataset_id, customer_id, reason, suppressed_at)
    WITH fresh AS (
        SELECT customers.dataset_id, customers.customer_id, customers.email
        FROM customers
        WHERE (customers.dataset_id, customers.customer_id)
              IN (SELECT (dataset_id, customer_id) FROM people_to_check)
          AND NOT EXISTS (FROM suppressions
                          WHERE suppressions.dataset_id = customers.dataset_id
                            AND suppressions.customer_id = customers.customer_id)
    ), marked AS (
        SELECT fresh.*, unnest(['email:' || email, 'id:' || dataset_id || ':' || customer_id])
                   AS mark
        FROM fresh
    )
    SELECT DISTINCT dataset_id, customer_id, 'erased', $now::TIMESTAMPTZ
    FROM marked
    JOIN suppressed_hashes
        ON address_hash = keyed_hash(mark, $inner, $outer)
    ORDER BY dataset_id, customer_id
"""


def key_id_of(key: bytes) -> str:
    """Return what names a key without saying anything of it."""
    return hashlib.sha256(b"suppression" + key).hexdigest()[:12]


def remember_forgotten(store: Store) -> None:
    """Keep keyed hashes of the people in the temporary table ``erased_people``."""
    inner, outer, key_id = _key(store)
    store.run(_REMEMBER, inner=inner, outer=outer, key_id=key_id, now=store.now())


def suppress_forgotten(store: Store, arrival: Arrival) -> int:
    """Suppress those of a customer file who were erased before, and return how many that are.

    Raises:
        StateError: The key is not the one that the hashes were made with.
    """
    pads = known_by(store)
    if pads is None:
        return 0
    store.run(_COMING, dataset_id=arrival.dataset_id, staged=str(arrival.staged))
    return store.run(_SUPPRESS, **pads, now=store.now())


def suppress_remaining(store: Store) -> int:
    """Suppress the customers who are left with an address of ``erased_people``: never again.

    Returns:
        How many were not suppressed before.
    """
    pads = known_by(store)
    if pads is None:
        return 0
    store.run(_REMAINING)
    return store.run(_SUPPRESS, **pads, now=store.now())


def known_by(store: Store) -> dict[str, bytes] | None:
    """Return the key's two pads, by which who was erased is known; None where nobody was.

    Raises:
        StateError: The key is not the one that the hashes were made with.
    """
    known = [str(key_id) for (key_id,) in store.read(_KEYS)]
    if not known:
        return None
    inner, outer, key_id = _key(store)
    if known != [key_id]:
        raise StateError(
            "The key beside the database is not the one by which people who were erased are "
            "known, so they could be written to again. Put the key file back from a backup, "
            "then import."
        )
    return {"inner": inner, "outer": outer}


def _key(store: Store) -> tuple[bytes, bytes, str]:
    key = pseudonym_key(store)
    return *hmac_pads(key), key_id_of(key)
