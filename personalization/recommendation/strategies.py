"""The strategies by name: what each goes by, and where it looks.

Every finder adds rows to the temporary table ``candidates`` and reads ``asked_products``,
``catalogue_products``, ``allowed_products`` and ``blocked_products`` of the unit of work, so that
what a rule keeps out is never a candidate.  ``source_id`` is the product of the customer's that the
candidate follows from, and ``together`` of ``base`` are the counts that bear it out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.recommendation import (
    habits,
    leads,
    popularity,
    scoring,
    selling,
    similarity,
)
from personalization.recommendation.content_similarity import content_model
from personalization.recommendation.families import family_models
from personalization.recommendation.models import customers_kind, customers_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from personalization.recommendation.policy import Policy
    from personalization.recommendation.search import Search
    from personalization.store import Store

_EVERYBODY_WANTS: Final = """
    CREATE OR REPLACE TEMP TABLE wanting_customers AS
    SELECT customer_id, segment, country FROM asked_customers
"""


def models_for(
    store: Store, dataset_id: str, strategy: str, policy: Policy, *, as_of: datetime, actor: str
) -> dict[str, str]:
    """Bring the models that a strategy goes by up to date, and return them by kind.

    Args:
        store: Reads and writes the models; in the caller's transaction.
        dataset_id: The customer base.
        strategy: One of ``domain.STRATEGIES``.
        policy: Says which table ``for_you`` goes by.
        as_of: Events up to here count.
        actor: Who asks.
    """
    match strategy:
        case "for_you":
            return {"customers": customers_model(
                store, dataset_id, policy.for_you.table, as_of=as_of, actor=actor
            )}  # fmt: skip
        case "bought_together":
            return {"basket": similarity.model_for(
                store, dataset_id, kind="basket", as_of=as_of, actor=actor
            )}  # fmt: skip
        case "similar":
            return {"content": content_model(store, dataset_id, actor=actor)}
        case "upsell":
            _, products = family_models(store, dataset_id, as_of=as_of, actor=actor)
            content = content_model(store, dataset_id, actor=actor)
            return {"family_products": products, "content": content}
        case "cross_sell":
            families, products = family_models(store, dataset_id, as_of=as_of, actor=actor)
            return {"families": families, "family_products": products}
    return {}


def models_at_hand(
    store: Store, dataset_id: str, strategy: str, policy: Policy, *, as_of: datetime, actor: str
) -> dict[str, str]:
    """Return the models that a strategy goes by as they stand; what is missing is built.

    To ask whether a model is up to date costs more than to look at one customer.
    """
    kinds = {
        "for_you": {"customers": customers_kind(store, dataset_id, policy.for_you.table)},
        "bought_together": {"basket": "basket"},
        "similar": {"content": "content"},
        "upsell": {"family_products": "family_products", "content": "content"},
        "cross_sell": {"families": "families", "family_products": "family_products"},
    }.get(strategy, {})
    found = {name: similarity.newest_model(store, dataset_id, kind) for name, kind in kinds.items()}
    if None in found.values():
        return models_for(store, dataset_id, strategy, policy, as_of=as_of, actor=actor)
    return {name: model_id for name, model_id in found.items() if model_id}


def find_candidates(store: Store, strategy: str, search: Search) -> None:
    """Fill ``candidates`` anew with what one strategy finds for the customers of the batch."""
    scoring.open_candidates(store)
    FINDERS[strategy](store, search)


def fill_with_popular(store: Store, search: Search) -> None:
    """Add what is popular to ``candidates`` as a fallback, for who is in ``wanting_customers``."""
    _find_popular(store, search, is_fallback=True)


def _find_popular(store: Store, search: Search, *, is_fallback: bool) -> None:
    popularity.popular(
        store, search.dataset_id, kept=search.kept, as_of=search.as_of, is_fallback=is_fallback,
        campaign_id=search.campaign_id or None, category_cap=search.policy.ranking.category_cap,
    )  # fmt: skip


def reach_deeper(store: Store, search: Search, *, is_fallback: bool) -> None:
    """Add what is popular further back, for who is in ``wanting_customers`` still."""
    popularity.reach_deeper(
        store, kept=search.kept, is_fallback=is_fallback,
        category_cap=search.policy.ranking.category_cap,
    )  # fmt: skip


def _popular(store: Store, search: Search) -> None:
    store.run(_EVERYBODY_WANTS)
    _find_popular(store, search, is_fallback=False)


def _for_you(store: Store, search: Search) -> None:
    half_life = search.policy.for_you.half_life_days
    scoring.gather_histories(store, as_of=search.as_of, half_life_days=half_life)
    scoring.for_you(
        store, search.models["customers"], kept=search.kept, wanted=search.wanted,
        caps=search.policy.ranking,
    )  # fmt: skip


FINDERS: Final[Mapping[str, Callable[[Store, Search], None]]] = MappingProxyType({
    "for_you": _for_you,
    "bought_together": leads.bought_together,
    "similar": leads.similar,
    "upsell": selling.upsell,
    "cross_sell": selling.cross_sell,
    "buy_again": habits.buy_again,
    "abandoned": habits.abandoned,
    "popular": _popular,
})  # fmt: skip
"""Every strategy by its name in ``domain.STRATEGIES``."""
