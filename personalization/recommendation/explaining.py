"""One customer: what each strategy would show them and why, and what a rule keeps from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import STRATEGIES
from personalization.errors import InputError
from personalization.recommendation import asking, ranking, rules, strategies
from personalization.recommendation.asking import Asked
from personalization.recommendation.policies import policy_of
from personalization.recommendation.reasons import nothing_words
from personalization.recommendation.running import (
    SPARE,
    batches,
    rank_batch,
    refuse_unknown_strategy,
)
from personalization.recommendation.search import Search
from personalization.recommendation.shelves import (
    PROGRAM,
    Excluded,
    Explanation,
    Shelf,
    card_of,
    has_purchases,
)
from personalization.recommendation.similarity import newest_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.recommendation.policy import Policy
    from personalization.store import Store

_SHOWN_EXCLUDED: Final = 12
_SHOWN_HISTORY: Final = 200

_HISTORY: Final = """
    SELECT events.product_id, coalesce(any_value(known.name), events.product_id) AS name,
           any_value(known.category) AS category,
           count(DISTINCT CAST(happened_at AS DATE)) FILTER (WHERE event = 'purchase') AS bought,
           max(happened_at) FILTER (WHERE event = 'purchase') AS last_bought,
           count(*) FILTER (WHERE event = 'return') AS returned,
           count(*) FILTER (WHERE event IN ('cart', 'wishlist')) AS carts,
           count(*) FILTER (WHERE event IN ('view', 'click')) AS views,
           max(happened_at) AS last_at
    FROM asked_events AS events
    LEFT JOIN catalogue_products AS known ON known.product_id = events.product_id
    GROUP BY events.product_id
    ORDER BY last_at DESC, events.product_id
    LIMIT $limit
"""

_CARDS: Final = """
    SELECT ranked.place AS rank, ranked.product_id, known.name,
           coalesce(known.category, '') AS category, known.price,
           coalesce(known.currency, '') AS currency, coalesce(known.url, '') AS url, ranked.score,
           ranked.strategy, ranked.is_fallback, coalesce(ranked.source_id, '') AS source_id,
           coalesce(source.name, ranked.source_id, '') AS source_name, ranked.together, ranked.base,
           coalesce(ranked.detail, '{}') AS detail
    FROM ranked
    JOIN catalogue_products AS known ON known.product_id = ranked.product_id
    LEFT JOIN catalogue_products AS source ON source.product_id = ranked.source_id
    ORDER BY ranked.place
"""

_TALLY: Final = "INSERT INTO tallied SELECT * FROM ranked"

# What is popular is the same on every shelf of one customer, and takes longest to find.
_KEEP_POPULAR: Final = """
    CREATE OR REPLACE TEMP TABLE popular_for_one AS
    SELECT * FROM candidates WHERE is_fallback
"""
_FILL: Final = "INSERT INTO candidates SELECT * FROM popular_for_one"

# What they come back to is free of some rules, and no other shelf is.
_KEEP_BLOCKS: Final = """
    CREATE OR REPLACE TEMP TABLE blocked_for_one AS FROM blocked_products
"""
_BLOCK_AGAIN: Final = """
    INSERT INTO blocked_products
    FROM blocked_for_one
    EXCEPT ALL FROM blocked_products
"""

# What would be shown were there no rules: they are put aside, and held to it afterwards.
_PUT_RULES_ASIDE: Final = """
    CREATE OR REPLACE TEMP TABLE rules_for_one AS
    SELECT product_id, rule FROM excluded_products
    UNION SELECT product_id, rule FROM blocked_products
    UNION SELECT product_id, 'gate' FROM catalogue_products
          WHERE list_has_any(gates, string_split((SELECT any_value(closed) FROM asked_people), ','))
"""
_NO_BLOCKS: Final = "DELETE FROM blocked_products"
_ALLOW_ALL: Final = """
    CREATE OR REPLACE TEMP TABLE allowed_products AS SELECT product_id FROM catalogue_products
"""
_EXCLUDED: Final = """
    SELECT ranked.product_id, any_value(known.name) AS name,
           coalesce(any_value(known.category), '') AS category, any_value(ranked.place) AS rank,
           list(DISTINCT kept.rule ORDER BY kept.rule) AS rules
    FROM ranked
    JOIN rules_for_one AS kept ON kept.product_id = ranked.product_id
    JOIN catalogue_products AS known ON known.product_id = ranked.product_id
    GROUP BY ranked.product_id
    ORDER BY rank, ranked.product_id
    LIMIT $limit
"""
_RULES_OF: Final = """
    SELECT DISTINCT rule FROM rules_for_one WHERE product_id = $product_id ORDER BY rule
"""
_KNOWS: Final = "SELECT count(*) FROM catalogue_products WHERE product_id = $product_id"


def explain_customer(
    store: Store,
    dataset_id: str,
    customer_id: str,
    *,
    shown: Sequence[str] = STRATEGIES,
    wanted: int = 4,
    as_of: datetime | None = None,
) -> Explanation:
    """Show one customer's history, what each strategy recommends and why, and what is kept out.

    Writes no run; similarities that were never counted are.  The shelves are what ``recommend``
    would write.

    Args:
        store: As for ``recommend``.
        dataset_id: The customer base.
        customer_id: As it stands in ``customers``.
        shown: The strategies, a shelf each.
        wanted: Products on each shelf.
        as_of: Events up to here count; the newest event of the base where it is not said.

    Raises:
        InputError: The base, the customer or a strategy is unknown.
        StateError: The base has no events.
    """
    for strategy in shown:
        refuse_unknown_strategy(strategy)
    with store.transaction():
        policy = policy_of(store, dataset_id)
        has_catalogue = _lay_out(store, dataset_id, customer_id, policy)
        moment = as_of or newest_event(store, dataset_id)
        segments = asking.segmentation_of(store, dataset_id, Asked())
        base = Search(dataset_id, policy, moment, {}, segments, wanted * SPARE, wanted)
        for _ in batches(store, base):
            history = store.records(_HISTORY, limit=_SHOWN_HISTORY)
            shelves = [
                _with_words(shelf, history) for shelf in _own_shelves(store, base, shown, wanted)
            ]
            excluded = _excluded(store, base, shown)
        notes = rules.notes_of(store, policy, has_catalogue=has_catalogue)
    return Explanation(customer_id, moment, tuple(history), tuple(shelves), excluded, notes)


def why_not(
    store: Store,
    dataset_id: str,
    customer_id: str,
    product_id: str,
    *,
    as_of: datetime | None = None,
) -> tuple[str, ...]:
    """Say which rules keep a product from a customer, a few words each; empty where none does.

    Raises:
        InputError: The base, the customer or the product is unknown.
        StateError: The base has no events.
    """
    with store.transaction():
        policy = policy_of(store, dataset_id)
        _lay_out(store, dataset_id, customer_id, policy)
        if store.read(_KNOWS, product_id=product_id) == [(0,)]:
            raise InputError(
                f"There is no product {product_id!r} in this catalogue, so it is never recommended."
            )
        moment = as_of or newest_event(store, dataset_id)
        for _ in batches(store, Search(dataset_id, policy, moment, {}, "", 0)):
            store.run(_PUT_RULES_ASIDE)
        found = store.read(_RULES_OF, product_id=product_id)
    return tuple(rules.RULE_WORDS[rule] for (rule,) in found)


def _lay_out(store: Store, dataset_id: str, customer_id: str, policy: Policy) -> bool:
    has_catalogue = asking.open_catalogue(store, dataset_id)
    rules.exclude_products(store, policy)
    if not asking.ask(store, dataset_id, Asked(customer_ids=(customer_id,))):
        raise InputError(f"Customer {customer_id!r} is not in this customer base.")
    return has_catalogue


def _own_shelves(store: Store, base: Search, shown: Sequence[str], wanted: int) -> list[Shelf]:
    is_kept = False

    def fill(store: Store, search: Search) -> None:
        nonlocal is_kept
        if is_kept:
            store.run(_FILL)
            return
        strategies.fill_with_popular(store, search)
        store.run(_KEEP_POPULAR)
        is_kept = True

    is_bought = has_purchases(store, base.dataset_id, base.as_of)
    shelves: list[Shelf] = []
    if "buy_again" in shown:
        store.run(_KEEP_BLOCKS)
    for strategy in shown:
        search = _with_models(store, base, strategy)
        rank_batch(store, search, strategy=strategy, wanted=wanted, fill=fill)
        cards = tuple(card_of(row, is_bought=is_bought) for row in store.records(_CARDS))
        shortfall = ranking.shortfall_of_one(
            store, base.policy.ranking, strategy=strategy, wanted=wanted
        )
        shelves.append(Shelf(strategy, wanted, cards, shortfall, 1, int(not shortfall)))
        if strategy == "buy_again":
            store.run(_BLOCK_AGAIN)
    return shelves


def _with_words(shelf: Shelf, history: Sequence[Mapping[str, Any]]) -> Shelf:
    """Say why a shelf holds nothing of the strategy's own."""
    if shelf.has_own:
        return shelf
    has_bought = any(row["bought"] for row in history)
    words = nothing_words(shelf.strategy, is_known=bool(history), has_bought=has_bought)
    return replace(shelf, nothing=words)


def _excluded(store: Store, base: Search, shown: Sequence[str]) -> tuple[Excluded, ...]:
    """Let the strategies look again without the rules, and name what only these keep out."""
    store.run(_PUT_RULES_ASIDE)
    store.run(_NO_BLOCKS)
    store.run(_ALLOW_ALL)
    bare = replace(base.policy.ranking, category_cap=0, one_of_siblings=False)
    base = replace(
        base, policy=replace(base.policy, ranking=bare), wanted=min(base.kept, _SHOWN_EXCLUDED)
    )
    found: dict[str, Excluded] = {}
    for strategy in [name for name in shown if name != "popular"] or shown:
        search = _with_models(store, base, strategy)
        strategies.find_candidates(store, strategy, search)
        ranking.rank(store, bare, strategy=strategy, wanted=_SHOWN_EXCLUDED)
        for row in store.records(_EXCLUDED, limit=_SHOWN_EXCLUDED):
            kept_by = tuple(row.pop("rules"))
            words = "; ".join(rules.RULE_WORDS[rule] for rule in kept_by)
            found.setdefault(
                row["product_id"], Excluded(**row, strategy=strategy, rules=kept_by, words=words)
            )
    return tuple(sorted(found.values(), key=lambda one: (one.rank, one.product_id)))


def _with_models(store: Store, base: Search, strategy: str) -> Search:
    models = strategies.models_at_hand(
        store, base.dataset_id, strategy, base.policy, as_of=base.as_of, actor=PROGRAM
    )
    return replace(base, models=models)
