"""Shelves: what a strategy shows one customer or a group, each product with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.recommendation.asking import EVERYBODY, Asked
from personalization.recommendation.policies import policy_of
from personalization.recommendation.reasons import reason_words
from personalization.recommendation.running import (
    batches,
    open_run,
    rank_batch,
    refuse_unknown_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store

PROGRAM: Final = "recommender"
"""Who counts what nobody had counted before somebody looked."""


@dataclass(frozen=True, slots=True)
class Card:
    """One recommended product, as a shelf shows it.

    Attributes:
        rank: From 1.
        strategy: The one that gave it; a fallback bears the name of the one that filled in.
        source_id: The product of the customer's that it follows from; empty where there is none.
        source_name: Its name.
        together: "31 of 88 buyers of X also bought Y": 31; None where the strategy counts nothing.
        base: And 88.
        detail: What else the strategy goes by.
        reason: All of that in one sentence.
        customers: Of a shelf for many: to how many of them the product falls; else 1.
    """

    rank: int
    product_id: str
    name: str
    category: str
    price: float | None
    currency: str
    url: str
    score: float
    strategy: str
    is_fallback: bool
    source_id: str
    source_name: str
    together: int | None
    base: int | None
    detail: Mapping[str, Any]
    reason: str
    customers: int = 1


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one strategy gives.

    Attributes:
        wanted: Products that were asked for.
        cards: Best first; as many as were wanted, or ``shortfall`` says why not.
        shortfall: Empty where nothing is missing.
        customers: For how many customers it was worked out.
        filled: How many of them get as many as were wanted.
        nothing: Of a shelf for one customer: why the strategy found nothing of its own; else empty.
    """

    strategy: str
    wanted: int
    cards: tuple[Card, ...]
    shortfall: str
    customers: int = 1
    filled: int = 0
    nothing: str = ""

    @property
    def has_own(self) -> bool:
        """Tell whether it holds anything but the popular products that fill it."""
        return any(not card.is_fallback for card in self.cards)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A product that a strategy would have shown, and a rule keeps out.

    Attributes:
        strategy: Which one would have shown it.
        rank: In which place, were there no rules.
        rules: Names of the rules that keep it out.
        words: What they say, in one sentence.
    """

    product_id: str
    name: str
    category: str
    strategy: str
    rank: int
    rules: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is to be said of one customer's recommendations.

    Attributes:
        as_of: Events up to here count.
        history: Product_id, name, category, bought (days), last_bought, returned, carts, views and
            last_at, a row a product, the latest first.
        shelves: One for each strategy that was asked for.
        excluded: What the rules keep out, best first.
        notes: What could not be held to a rule, because the base does not tell.
    """

    customer_id: str
    as_of: datetime
    history: tuple[Mapping[str, Any], ...]
    shelves: tuple[Shelf, ...]
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]


# Of a group: the products that fall to most, with what is said of them to the first by number.
_OPEN_TALLY: Final = """
    CREATE OR REPLACE TEMP TABLE tallied AS SELECT * FROM ranked WHERE false
"""
_TALLY: Final = "INSERT INTO tallied SELECT * FROM ranked"
_GROUP: Final = """
    WITH counted AS (
        SELECT product_id, count(*) AS customers, arg_min(ranked, customer_id) AS one
        FROM tallied AS ranked GROUP BY product_id
        ORDER BY customers DESC, product_id LIMIT $shown
    )
    SELECT row_number() OVER (ORDER BY counted.customers DESC, counted.product_id) AS rank,
           counted.product_id, known.name, coalesce(known.category, '') AS category, known.price,
           coalesce(known.currency, '') AS currency, coalesce(known.url, '') AS url, one.score,
           one.strategy, one.is_fallback, coalesce(one.source_id, '') AS source_id,
           coalesce(source.name, one.source_id, '') AS source_name, one.together, one.base,
           coalesce(one.detail, '{}') AS detail, counted.customers
    FROM counted
    JOIN catalogue_products AS known ON known.product_id = counted.product_id
    LEFT JOIN catalogue_products AS source ON source.product_id = one.source_id
    ORDER BY rank
"""

_FILLED: Final = """
    SELECT count(*) FROM (SELECT customer_id FROM tallied GROUP BY customer_id
                          HAVING count(*) >= $wanted) AS full_lists
"""


def shelf_for(
    store: Store,
    dataset_id: str,
    customers: Asked = EVERYBODY,
    *,
    strategy: str,
    wanted: int = 4,
    shown: int = 12,
    as_of: datetime | None = None,
    actor: str = PROGRAM,
) -> Shelf:
    """Show what a strategy gives a group of customers: the products that fall to most of them.

    Writes no run.  What a card says beside ``customers`` is of one of them, the first by number.

    Raises:
        InputError: The strategy, base, campaign or segment is unknown.
        StateError: The base has no events.
    """
    refuse_unknown_strategy(strategy)
    with store.transaction():
        policy = policy_of(store, dataset_id)
        search, asked = open_run(
            store, dataset_id, policy, customers, strategy=strategy, wanted=wanted, as_of=as_of,
            actor=actor,
        )  # fmt: skip
        is_open = False
        for _ in batches(store, search):
            rank_batch(store, search, strategy=strategy, wanted=wanted)
            if not is_open:
                store.run(_OPEN_TALLY)
                is_open = True
            store.run(_TALLY)
        cards = store.records(_GROUP, shown=shown) if is_open else []
        is_bought = has_purchases(store, dataset_id, search.as_of)
        filled = int(store.read(_FILLED, wanted=wanted)[0][0]) if is_open else 0
    short = asked - filled
    return Shelf(
        strategy, wanted, tuple(card_of(row, is_bought=is_bought) for row in cards),
        f"{short:,} of {asked:,} customers get fewer than {wanted}." if short else "",
        asked, filled,
    )  # fmt: skip


_HAS_BOUGHT: Final = """
    SELECT count(*) FROM (SELECT 1 FROM product_events
                          WHERE dataset_id = $dataset_id AND event = 'purchase'
                            AND happened_at <= $as_of LIMIT 1) AS found
"""


def has_purchases(store: Store, dataset_id: str, as_of: datetime) -> bool:
    """Tell whether anybody of a base has bought anything: else all that was done is counted."""
    return store.read(_HAS_BOUGHT, dataset_id=dataset_id, as_of=as_of) == [(1,)]


def card_of(row: dict[str, Any], *, is_bought: bool) -> Card:
    """Return a row of the ranking as a card, with its reason in words."""
    detail = json.loads(row.pop("detail"))
    reason = reason_words(
        row["strategy"], source_name=row["source_name"], together=row["together"],
        base=row["base"], detail=detail, currency=row["currency"], is_bought=is_bought,
    )  # fmt: skip
    return Card(**row, detail=detail, reason=reason)
