"""Choosing whose eyes a message is read with: few customers who show every way it can read.

A merge field reads as the customer's value or as its fallback; which of them occur together is
counted over all members of the segment, and so are the values that strain a sentence: the longest
and the shortest, unusual signs, and what no message may carry.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.product_words import words_for
from personalization.domain import MERGE_FIELDS
from personalization.errors import InputError, StateError
from personalization.store import pseudonym_of, record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from personalization.store import Store

MOST_READERS: Final = 12
"""How many customers are shown at most."""

_STRAINS: Final = ("longest", "shortest", "odd", "unfit")

Way = tuple[str, ...]
"""One way in which a message can read: ``("filled:first_name", "fallback:city")`` for what is
filled together, or one value that strains it, such as ``("longest:first_name",)``."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One customer who is shown.

    Attributes:
        first_name: As it is on file; None where there is none.
        ways: The ways of reading that this customer shows, the set of fields first.
        n_alike: Members who have the same fields filled.
    """

    customer_id: str
    first_name: str | None
    country: str | None
    ways: tuple[Way, ...]
    n_alike: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the fields that read as their fallback."""
        return _fields(self.ways[0], "fallback")


@dataclass(frozen=True, slots=True)
class Preview:
    """The customers who are shown, and all ways in which the message reads for somebody.

    Attributes:
        fields: Merge fields that the message addresses.
        products: How many products of each customer it names.
        readers: Whom to read it as; the most frequent first.
        ways: Every way that occurs, with how many members it occurs for.
        n_members: Members of the segment.
    """

    fields: tuple[str, ...]
    products: int
    readers: tuple[Reader, ...]
    ways: tuple[tuple[Way, int], ...]
    n_members: int

    @property
    def n_shown(self) -> int:
        """Return how many of the ways the readers show between them."""
        return len({way for reader in self.readers for way in reader.ways})


# One row for each member and field, then one for each set of traits: a handful, however many
# members there are.  Each different value is judged once.
_TRAITS = """
    WITH message AS (
        SELECT current.campaign_id, current.segment, current.arm, campaigns.dataset_id,
               message_fields.* EXCLUDE (variant_id, version, campaign_id),
               CAST(regexp_extract_all(concat_ws(' ', subject, preheader, body, call_to_action),
                    '\\{\\{\\s*product_([1-4])\\.', 1) AS INTEGER[]) AS ranks
        FROM current_variants AS current
        JOIN message_fields USING (variant_id, version)
        JOIN campaigns ON campaigns.campaign_id = current.campaign_id
        WHERE current.variant_id = $variant_id
    ), members AS (
        SELECT customers.customer_id,
               CASE WHEN has_first_name THEN coalesce(first_name, '') END AS first_name,
               CASE WHEN has_city THEN coalesce(city, '') END AS city,
               CASE WHEN has_country THEN coalesce(country, '') END AS country,
               CASE WHEN has_favourite_category THEN coalesce(favourite_category, '') END
                   AS favourite_category,
               CASE WHEN has_tier THEN coalesce(tier, '') END AS tier
        FROM message
        JOIN segment_members ON segment_members.campaign_id = message.campaign_id
                            AND segment_members.segment = message.segment
        JOIN customers ON customers.dataset_id = message.dataset_id
                      AND customers.customer_id = segment_members.customer_id
        LEFT JOIN product_sets AS sets
            ON sets.campaign_id = message.campaign_id AND sets.customer_id = customers.customer_id
        WHERE sets.customer_id IS NOT NULL OR NOT has_products
    ), owned AS (
        UNPIVOT members ON first_name, city, country, favourite_category, tier
        INTO NAME field VALUE own
    ), named AS (
        SELECT products.customer_id, products.rank, products.name, products.reason
        FROM message
        JOIN campaign_products AS products ON products.campaign_id = message.campaign_id
                                          AND products.arm = message.arm
        JOIN members ON members.customer_id = products.customer_id
        WHERE list_contains(ranks, products.rank)
    ), filled AS (
        SELECT customer_id, field, own, shown
        FROM owned
        JOIN (SELECT own, merge_value(own) AS shown FROM (SELECT DISTINCT own FROM owned)) AS known
            USING (own)
        UNION ALL
        SELECT customer_id, concat('product_', rank, '.name'), name, name FROM named
        UNION ALL
        SELECT customer_id, concat('product_', rank, '.reason'), reason, reason FROM named
        WHERE reason <> ''
    ), lengths AS (
        SELECT field, max(length(shown)) AS longest, min(length(shown)) AS shortest
        FROM filled WHERE shown <> '' GROUP BY field
    ), traits AS (
        SELECT customer_id, field,
               concat_ws(' ',
                   CASE WHEN shown = '' THEN 'fallback:' ELSE 'filled:' END || field,
                   CASE WHEN length(shown) = longest AND longest > shortest
                        THEN 'longest:' || field END,
                   CASE WHEN length(shown) = shortest AND longest > shortest
                        THEN 'shortest:' || field END,
                   CASE WHEN regexp_matches(shown, '[^A-Za-z ]') THEN 'odd:' || field END,
                   CASE WHEN shown = '' AND trim(own) <> '' THEN 'unfit:' || field END) AS traits
        FROM filled LEFT JOIN lengths USING (field)
    ), people AS (
        SELECT customer_id, coalesce(string_agg(traits, ' ' ORDER BY field), '') AS traits
        FROM members LEFT JOIN traits USING (customer_id)
        GROUP BY customer_id
    )
    SELECT traits, min(customer_id) AS customer_id, count(*) AS members
    FROM people GROUP BY traits ORDER BY members DESC, traits
"""
_NAMES = """
    SELECT customers.customer_id, first_name, country
    FROM customers
    JOIN campaigns USING (dataset_id)
    JOIN current_variants AS current ON current.campaign_id = campaigns.campaign_id
    WHERE current.variant_id = $variant_id
      AND list_contains($customer_ids::VARCHAR[], customers.customer_id)
    ORDER BY customers.customer_id
"""
_VERSION = """
    SELECT version, campaign_id, content_sha256 FROM current_variants
    WHERE variant_id = $variant_id
"""


def preview_of(store: Store, variant_id: str, most: int = MOST_READERS) -> Preview:
    """Choose real customers whose messages show every way in which this one can read.

    Every combination of filled and missing fields that occurs among the members of the segment,
    the longest and the shortest value of each field, a value with other signs than plain letters,
    and a value that no message may carry, so that its fallback is read.  Of a message that names
    products only customers who have them are readers.

    Args:
        store: Reads ``current_variants``, ``segment_members``, ``customers`` and
            ``campaign_products``.
        variant_id: Which message; fields that it does not address play no part.
        most: How many customers at most; with fewer than all ways, the frequent ones go first.

    Raises:
        InputError: There is no such message.
    """
    if store.read_one(_VERSION, variant_id=variant_id) is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    rows = [
        (_ways_of(str(traits)), str(customer_id), int(members))
        for traits, customer_id, members in store.read(_TRAITS, variant_id=variant_id)
    ]
    counts: Counter[Way] = Counter()
    for ways, _, members in rows:
        counts.update(dict.fromkeys(ways, members))
    chosen = _cover(rows, most)
    words = words_for(store, variant_id, [customer_id for _, customer_id, _ in chosen])
    chosen = [row for row in chosen if words is None or row[1] in words]
    names = _names(store, variant_id, [customer_id for _, customer_id, _ in chosen])
    readers = [
        Reader(
            customer_id=customer_id,
            first_name=names[customer_id][0],
            country=names[customer_id][1],
            ways=ways,
            n_alike=counts[ways[0]],
        )
        for ways, customer_id, _ in chosen
    ]
    combination = rows[0][0][0] if rows else ()
    return Preview(
        fields=tuple(f for f in MERGE_FIELDS if any(t.endswith(f":{f}") for t in combination)),
        products=len({t for t in combination if t.endswith(".name")}),
        readers=tuple(sorted(readers, key=lambda r: (-r.n_alike, r.ways, r.customer_id))),
        ways=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        n_members=sum(members for _, _, members in rows),
    )


def _names(store: Store, variant_id: str, customer_ids: Sequence[str]) -> dict[str, Any]:
    rows = store.read(_NAMES, variant_id=variant_id, customer_ids=list(customer_ids))
    return {str(row[0]): row[1:] for row in rows}


def _ways_of(traits: str) -> tuple[Way, ...]:
    """Return the ways that one set of traits shows: which fields are filled, then each strain."""
    every = traits.split()
    combination = tuple(t for t in every if not t.startswith(_STRAINS))
    return (combination, *((t,) for t in every if t.startswith(_STRAINS)))


def _cover(
    rows: Sequence[tuple[tuple[Way, ...], str, int]], most: int
) -> list[tuple[tuple[Way, ...], str, int]]:
    """Choose few rows that show all ways between them: each time the one that adds the most."""
    left = {way for ways, _, _ in rows for way in ways}
    chosen: list[tuple[tuple[Way, ...], str, int]] = []
    while left and len(chosen) < most:
        best = max(rows, key=lambda row: (len(left & set(row[0])), row[2]))
        left -= set(best[0])
        chosen.append(best)
    return chosen


def _fields(way: Way, kind: str) -> tuple[str, ...]:
    """Return the fields that a way names as filled or as fallback, in the order of all fields."""
    return tuple(name for name in MERGE_FIELDS if f"{kind}:{name}" in way)


def note_preview(
    store: Store, variant_id: str, customer_ids: Collection[str], *, version: int, actor: str
) -> int:
    """Put on record that somebody read a message as these customers do.

    The audit row holds their pseudonyms, and how many of the ways of reading they show.

    Args:
        store: Writes one row of ``audit_log``: ``variant.previewed``.
        variant_id: Which message.
        customer_ids: Whose eyes it was read with, of those whom ``preview_of`` chose.
        version: The version that was read.
        actor: Who read it.

    Returns:
        How many ways of reading were looked at.

    Raises:
        InputError: There is no such message, or nobody of those named is among its readers.
        StateError: It was changed in the meantime.
    """
    with store.transaction():
        preview = preview_of(store, variant_id)
        now, campaign_id, content_sha256 = store.read(_VERSION, variant_id=variant_id)[0]
        if now != version:
            raise StateError(
                f"Somebody changed this message: you read version {version}, and it is now version "
                f"{now}. Reload the page and read it again."
            )
        read = [reader for reader in preview.readers if reader.customer_id in customer_ids]
        if not read:
            raise InputError("Nobody was chosen to read the message as. Choose from the list.")
        shown = {way for reader in read for way in reader.ways}
        record(
            store, "variant.previewed", f"{variant_id}@{version}", actor=actor,
            campaign_id=campaign_id, content_sha256=content_sha256, ways=len(preview.ways),
            ways_shown=len(shown), customers=len(read),
            pseudonyms=sorted(pseudonym_of(store, reader.customer_id) for reader in read),
        )  # fmt: skip
    return len(shown)
