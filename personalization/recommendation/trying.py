"""A draft of the policy, held against the one in force: which products and customers it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.recommendation import asking, rules
from personalization.recommendation.asking import Asked
from personalization.recommendation.policies import policy_of
from personalization.recommendation.policy import read_policy
from personalization.recommendation.running import (
    batches,
    open_run,
    rank_batch,
    refuse_unknown_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.recommendation.policy import Policy
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """What a draft of the policy would change.

    Attributes:
        products: In the catalogue.
        allowed_now: That may be recommended to anybody under the policy in force.
        allowed_then: Under the draft.
        out_now: Products that each rule keeps out of everybody's sight, by the rule's name.
        out_then: The same under the draft.
        newly_out: Some products that the draft takes out: (id, name), at most 20.
        newly_in: Some that it lets in.
        customers: How many customers it was tried on.
        changed: Of them, those whose recommendations differ.
        short_now: Of them, those who get fewer products than were asked for.
        short_then: The same under the draft.
    """

    products: int
    allowed_now: int
    allowed_then: int
    out_now: Mapping[str, int]
    out_then: Mapping[str, int]
    newly_out: tuple[tuple[str, str], ...]
    newly_in: tuple[tuple[str, str], ...]
    customers: int
    changed: int
    short_now: int
    short_then: int


_SAMPLE: Final = """
    SELECT customer_id FROM customers WHERE dataset_id = $dataset_id
    ORDER BY md5(customer_id), customer_id LIMIT $sample
"""
_OUT: Final = "SELECT rule, count(*) FROM excluded_products GROUP BY rule ORDER BY rule"
_ALLOWED: Final = """
    SELECT product_id, name FROM catalogue_products
    WHERE product_id NOT IN (SELECT product_id FROM excluded_products)
    ORDER BY product_id
"""
_OPEN_LISTS: Final = """
    CREATE OR REPLACE TEMP TABLE tried_lists (
        draft BOOLEAN, customer_id VARCHAR, products VARCHAR[]
    )
"""
_KEEP_LISTS: Final = """
    INSERT INTO tried_lists
    SELECT $is_draft, asked.customer_id,
           coalesce(list(ranked.product_id ORDER BY ranked.place)
                        FILTER (WHERE ranked.product_id IS NOT NULL), [])
    FROM asked_customers AS asked
    LEFT JOIN ranked ON ranked.customer_id = asked.customer_id
    GROUP BY asked.customer_id
"""
_COMPARE: Final = """
    SELECT count(*), count(*) FILTER (WHERE now.products <> later.products),
           count(*) FILTER (WHERE len(now.products) < $wanted),
           count(*) FILTER (WHERE len(later.products) < $wanted)
    FROM tried_lists AS now
    JOIN tried_lists AS later ON later.customer_id = now.customer_id AND later.draft
    WHERE NOT now.draft
"""
_SHOWN: Final = 20


def try_policy(
    store: Store,
    dataset_id: str,
    overlay: str,
    *,
    strategy: str = "for_you",
    wanted: int = 4,
    sample: int = 1_000,
    as_of: datetime | None = None,
    actor: str,
) -> PolicyTrial:
    """Hold a draft of the policy against the one in force, on the catalogue and some customers.

    Nothing is kept of it.  The customers are drawn by a hash of their ids: the same ones each time.

    Args:
        store: As for ``recommend``.
        dataset_id: The customer base.
        overlay: The draft, TOML of what differs from the default.
        strategy: Which recommendations are compared.
        wanted: Products for each customer.
        sample: How many customers it is tried on.
        as_of: Events up to here count; the newest event of the base where it is not said.
        actor: Who asks.

    Raises:
        InputError: The draft cannot be read as a policy, or base or strategy are unknown.
        StateError: The base has no events.
    """
    refuse_unknown_strategy(strategy)
    draft = read_policy(overlay)
    with store.transaction():
        asking.open_catalogue(store, dataset_id)
        drawn = store.read(_SAMPLE, dataset_id=dataset_id, sample=sample)
        asked = Asked(customer_ids=tuple(customer_id for (customer_id,) in drawn))
        store.run(_OPEN_LISTS)
        out: list[dict[str, int]] = []
        allowed: list[dict[str, str]] = []
        for is_draft, policy in enumerate((policy_of(store, dataset_id), draft)):
            _try_one(
                store, dataset_id, policy, asked, is_draft=bool(is_draft), strategy=strategy,
                wanted=wanted, as_of=as_of, actor=actor,
            )  # fmt: skip
            out.append({rule: int(count) for rule, count in store.read(_OUT)})
            allowed.append(dict(store.read(_ALLOWED)))
        total = store.read("SELECT count(*) FROM catalogue_products")[0][0]
        tried, changed, short_now, short_then = store.read(_COMPARE, wanted=wanted)[0]
    now, then = allowed
    return PolicyTrial(
        total, len(now), len(then), out[0], out[1],
        tuple(sorted(now.items() - then.items()))[:_SHOWN],
        tuple(sorted(then.items() - now.items()))[:_SHOWN],
        tried, changed, short_now, short_then,
    )  # fmt: skip


def _try_one(
    store: Store,
    dataset_id: str,
    policy: Policy,
    asked: Asked,
    *,
    is_draft: bool,
    strategy: str,
    wanted: int,
    as_of: datetime | None,
    actor: str,
) -> None:
    """Work out the lists of the sample under one policy, into ``tried_lists``."""
    if not asked.customer_ids:
        rules.exclude_products(store, policy)
        return
    search, _ = open_run(
        store, dataset_id, policy, asked, strategy=strategy, wanted=wanted, as_of=as_of, actor=actor
    )
    for _ in batches(store, search):
        rank_batch(store, search, strategy=strategy, wanted=wanted)
        store.run(_KEEP_LISTS, is_draft=is_draft)
