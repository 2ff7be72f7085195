"""People who were erased and must never be written to again, known by keyed hashes only.

Two hashes stand for each: of the address, and of the number in its customer base.  The key lies
beside the database (``store.pseudonym_key``); without it nobody can be recognised, so an import
stops where it is another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import StateError
from personalization.store import erased_key, erased_pads

if TYPE_CHECKING:
    from personalization.customers.intake import Arrival
    from personalization.store import Store

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


_SUPPRESS_PROSPECTS: Final = """
    INSERT INTO suppressions (dataset_id, customer_id, reason, suppressed_at)
    WITH fresh AS (
        SELECT prospect_id, email FROM read_parquet($staged)
        WHERE prospect_id NOT IN (SELECT customer_id FROM suppressions
                                  WHERE dataset_id = $dataset_id)
    ), marked AS (
        SELECT prospect_id,
               unnest(['email:' || email, 'id:' || $dataset_id || ':' || prospect_id]) AS mark
        FROM fresh
    )
    SELECT DISTINCT $dataset_id, prospect_id, 'erased', $now::TIMESTAMPTZ
    FROM marked
    JOIN suppressed_hashes ON address_hash = keyed_hash(mark, $inner, $outer)
    ORDER BY prospect_id
"""

# Whatever a file or a person brought of somebody who was erased, unless they are a customer again.
_KEYS_HELD: Final = """
    CREATE OR REPLACE TEMP TABLE keys_of_erased AS
    WITH held AS (
        SELECT dataset_id, customer_id AS key FROM suppressions
        UNION SELECT dataset_id, email FROM suppressions WHERE email IS NOT NULL
        UNION SELECT dataset_id, customer_id FROM objections
        UNION SELECT dataset_id, customer_id FROM consents
        UNION SELECT dataset_id, customer_id FROM transactions
        UNION SELECT dataset_id, customer_id FROM interactions
    ), marked AS (
        SELECT dataset_id, key, unnest(['email:' || key, 'id:' || dataset_id || ':' || key]) AS mark
        FROM held
        WHERE NOT EXISTS (FROM customers WHERE customers.dataset_id = held.dataset_id
                                           AND customers.customer_id = held.key)
          AND NOT EXISTS (FROM customers WHERE customers.email = held.key)
          AND NOT EXISTS (FROM prospects WHERE prospects.dataset_id = held.dataset_id
                                           AND prospects.prospect_id = held.key)
          AND NOT EXISTS (FROM prospects WHERE prospects.email = held.key)
    )
    SELECT DISTINCT dataset_id, key
    FROM marked JOIN suppressed_hashes ON address_hash = keyed_hash(mark, $inner, $outer)
"""
_LET_GO: Final = (
    """
    UPDATE suppressions SET email = NULL
    WHERE (dataset_id, email) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    UPDATE suppressions SET customer_id = email
    WHERE email IS NOT NULL
      AND (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    DELETE FROM suppressions
    WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    DELETE FROM objections
    WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    DELETE FROM consents
    WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    DELETE FROM transactions
    WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
    """
    DELETE FROM interactions
    WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, key) FROM keys_of_erased)
    """,
)
_BLANK: Final = """
    UPDATE intake_problems SET value = NULL
    FROM (
        WITH told AS (
            SELECT DISTINCT value, imports.dataset_id
            FROM intake_problems AS problems
            JOIN imports ON imports.import_id = problems.import_id
            WHERE problems.import_id = $import_id AND value IS NOT NULL
        ), marked AS (
            SELECT value, unnest(list_transform(
                       regexp_extract_all(lower(value), '[^\\s;,<>"'':|]+@[^\\s;,<>"'':|]+'),
                       lambda address: 'email:' || rtrim(address, '.'))) AS mark
            FROM told
            UNION ALL
            SELECT value, 'id:' || dataset_id || ':' || value FROM told
        )
        SELECT DISTINCT value AS named
        FROM marked JOIN suppressed_hashes ON address_hash = keyed_hash(mark, $inner, $outer)
    )
    WHERE import_id = $import_id AND value = named
"""


_SUPPRESS_LEFT: Final = """
    INSERT INTO suppressions (dataset_id, customer_id, reason, suppressed_at)
    SELECT dataset_id, prospect_id, 'erased', $now::TIMESTAMPTZ FROM prospects
    WHERE email IN (SELECT email FROM erased_people)
      AND (dataset_id, prospect_id) NOT IN (SELECT (dataset_id, customer_id) FROM suppressions)
    ORDER BY dataset_id, prospect_id
"""


def remember_forgotten(store: Store) -> None:
    """Keep keyed hashes of the people in the temporary table ``erased_people``."""
    inner, outer, key_id = erased_key(store)
    store.run(_REMEMBER, inner=inner, outer=outer, key_id=key_id, now=store.now())


def suppress_forgotten(store: Store, arrival: Arrival) -> int:
    """Suppress those of a customer file who were erased before, and return how many that are.

    Raises:
        StateError: The key is not the one that the hashes were made with.
    """
    pads = erased_pads(store)
    if pads is None:
        return 0
    store.run(_COMING, dataset_id=arrival.dataset_id, staged=str(arrival.staged))
    return store.run(_SUPPRESS, **pads, now=store.now())


def suppress_forgotten_prospects(store: Store, arrival: Arrival) -> int:
    """Suppress those of a prospect file who were erased before, and return how many that are.

    Raises:
        StateError: The key is not the one that the hashes were made with.
    """
    pads = erased_pads(store)
    if pads is None:
        return 0
    return store.run(
        _SUPPRESS_PROSPECTS, dataset_id=arrival.dataset_id, staged=str(arrival.staged),
        now=store.now(), **pads,
    )  # fmt: skip


def suppress_remaining(store: Store) -> int:
    """Suppress whoever is left with an address of ``erased_people``: never again.

    Returns:
        How many were not suppressed before.
    """
    pads = erased_pads(store)
    if pads is None:
        return 0
    store.run(_REMAINING)
    prospects = store.run(_SUPPRESS_LEFT, now=store.now())
    return prospects + store.run(_SUPPRESS, **pads, now=store.now())


def forget_again(store: Store, import_id: str = "") -> None:
    """Take out what came in of people who were erased; the hash suffices to leave them alone.

    Whoever is a customer again keeps what is theirs, and stays suppressed.  Without the key nobody
    can be told from others, and an objection must not fail for that: nothing is taken out then.

    Args:
        store: Has to be in the transaction that brought it in.
        import_id: The import whose problems may tell of them.
    """
    try:
        pads = erased_pads(store)
    except StateError:
        return
    if pads is None:
        return
    store.run(_KEYS_HELD, **pads)
    for statement in _LET_GO:
        store.run(statement)
    store.run(_BLANK, import_id=import_id, **pads)
