"""One run: the rules, then a strategy's candidates, then the ranking, for everybody who was asked.

Customers go through in batches of one set of closed gates each, so that a million of them need no
more memory than a hundred thousand.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.domain import STRATEGIES
from personalization.errors import InputError
from personalization.recommendation import asking, ranking, rules
from personalization.recommendation.asking import EVERYBODY
from personalization.recommendation.policies import policy_of
from personalization.recommendation.search import Search
from personalization.recommendation.similarity import newest_event
from personalization.recommendation.strategies import (
    fill_with_popular,
    find_candidates,
    models_for,
    reach_deeper,
)
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from personalization.recommendation.asking import Asked
    from personalization.recommendation.policy import Policy
    from personalization.settings import Settings
    from personalization.store import Store

MOST_WANTED: Final = 100
"""Products for each customer that one run gives at most."""

SPARE: Final = 8
"""Candidates for each product that is wanted: the caps choose among them."""

_BATCH: Final = 125_000

_KEEP: Final = """
    INSERT INTO recommendations
    SELECT $run_id, customer_id, CAST(place AS INTEGER), product_id, score, strategy, source_id,
           together, base, detail, is_fallback
    FROM ranked
    ORDER BY customer_id, place
"""
_COUNTS: Final = """
    SELECT count(*) FILTER (WHERE is_fallback) FROM recommendations WHERE run_id = $run_id
"""
_KEEP_RUN: Final = """
    INSERT INTO recommendation_runs
    VALUES ($run_id, $dataset_id, $campaign_id, $arm, $strategy, $wanted, $as_of, $policy,
            $model_ids, $customers, $filled, $fallbacks, $now, $actor)
"""


def recommend(
    store: Store,
    settings: Settings,  # noqa: ARG001 - every verb of a stage takes them
    dataset_id: str,
    *,
    strategy: str,
    wanted: int,
    customers: Asked = EVERYBODY,
    campaign_id: str | None = None,
    arm: str | None = None,
    as_of: datetime | None = None,
    actor: str,
) -> str:
    """Work out ``wanted`` products for each customer by one strategy, and return the run's id.

    Writes ``recommendation_runs``, ``recommendations``, and ``recommendation_shortfalls`` for
    whoever gets fewer; similarities that are out of date are counted anew first.  Rules come before
    the ranking.  The same events, catalogue and policy give the same rows.

    Args:
        store: Reads ``product_events``, ``products``, ``customers`` and the models of the base.
        settings: Of the team.
        dataset_id: The customer base.
        strategy: One of ``domain.STRATEGIES``.
        wanted: Products for each customer, from 1 to MOST_WANTED.
        customers: For whom; in a campaign everybody in its segments, else the whole base.
        campaign_id: The campaign that the run is for; its own products do not count as shown.
        arm: Of that campaign.
        as_of: Events up to here count; the newest event of the base where it is not said.
        actor: Who asks.

    Raises:
        InputError: The strategy, base, campaign or segment is unknown, or ``wanted`` is none.
        StateError: The base has no events.
    """
    refuse_unknown_strategy(strategy)
    if not 1 <= wanted <= MOST_WANTED:
        raise InputError(f"{wanted} products are asked for. Ask for 1 to {MOST_WANTED}.")
    if campaign_id and not customers.campaign_id:
        customers = replace(customers, campaign_id=campaign_id)
    run_id = f"r{uuid4().hex[:12]}"
    with store.transaction():
        policy = policy_of(store, dataset_id)
        search, asked = open_run(
            store, dataset_id, policy, customers, strategy=strategy, wanted=wanted, as_of=as_of,
            actor=actor,
        )  # fmt: skip
        short = 0
        for _ in batches(store, search, campaign_id=campaign_id or ""):
            rank_batch(store, search, strategy=strategy, wanted=wanted)
            store.run(_KEEP, run_id=run_id)
            short += ranking.keep_shortfalls(
                store, policy.ranking, run_id, strategy=strategy, wanted=wanted
            )
        fallbacks = store.read(_COUNTS, run_id=run_id)[0][0]
        store.run(
            _KEEP_RUN, run_id=run_id, dataset_id=dataset_id, campaign_id=campaign_id, arm=arm,
            strategy=strategy, wanted=wanted, as_of=search.as_of, policy=policy.overlay,
            model_ids=json.dumps(search.ground), customers=asked, filled=asked - short,
            fallbacks=fallbacks, now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "recommendations.made", run_id, actor=actor, campaign_id=campaign_id or "",
            dataset_id=dataset_id, strategy=strategy, wanted=wanted, customers=asked,
            filled=asked - short, fallbacks=fallbacks,
        )  # fmt: skip
    return run_id


def refuse_unknown_strategy(strategy: str) -> None:
    """Raise InputError for what is no strategy."""
    if strategy not in STRATEGIES:
        raise InputError(f"There is no strategy {strategy!r}. There is: {', '.join(STRATEGIES)}.")


def open_run(
    store: Store,
    dataset_id: str,
    policy: Policy,
    customers: Asked,
    *,
    strategy: str,
    wanted: int,
    as_of: datetime | None,
    actor: str,
) -> tuple[Search, int]:
    """Lay out the catalogue, its rules and the people, and return what a strategy is told.

    Returns:
        The search, and how many customers there are to recommend for.
    """
    asking.open_catalogue(store, dataset_id)
    moment = as_of or newest_event(store, dataset_id)
    models = models_for(store, dataset_id, strategy, policy, as_of=moment, actor=actor)
    rules.exclude_products(store, policy)
    asked = asking.ask(store, dataset_id, customers)
    segmentation = asking.segmentation_of(store, dataset_id, customers)
    search = Search(dataset_id, policy, moment, models, segmentation, wanted * SPARE, wanted)
    return search, asked


def build_models(
    store: Store, dataset_id: str, strategy: str, *, as_of: datetime | None = None, actor: str
) -> None:
    """Bring the similarities that one strategy goes by up to date.

    Raises:
        InputError: The base or the strategy is unknown.
        StateError: The base has no events.
    """
    refuse_unknown_strategy(strategy)
    with store.transaction():
        asking.open_catalogue(store, dataset_id)
        moment = as_of or newest_event(store, dataset_id)
        policy = policy_of(store, dataset_id)
        models_for(store, dataset_id, strategy, policy, as_of=moment, actor=actor)


def batches(store: Store, search: Search, *, campaign_id: str = "") -> Iterator[int]:
    """Lay out one batch of customers after the other, with the rules that hold for them.

    Yields:
        How many customers are in it.
    """
    for closed, people in rules.close_gates(store, search.policy).items():
        rules.allow_products(store, closed=closed)
        parts = math.ceil(people / _BATCH)
        for part in range(parts):
            taken = asking.take_batch(
                store, search.dataset_id, as_of=search.as_of, closed=closed, batch=part,
                batches=parts,
            )  # fmt: skip
            rules.block_products(
                store, search.dataset_id, search.policy, as_of=search.as_of,
                campaign_id=campaign_id,
            )  # fmt: skip
            yield taken


def rank_batch(
    store: Store,
    search: Search,
    *,
    strategy: str,
    wanted: int,
    fill: Callable[[Store, Search], None] = fill_with_popular,
) -> None:
    """Fill ``ranked`` for the batch: the strategy's own products, popular ones for the rest.

    ``fill`` adds what is popular to ``candidates``, for who is in ``wanting_customers``.
    """
    own = search.policy.ranking
    find_candidates(store, strategy, search)
    ranking.rank(store, own, strategy=strategy, wanted=wanted)
    is_own = strategy == "popular"
    if not (is_own or own.popular_fills) or not ranking.find_wanting(store, wanted=wanted):
        return
    if not is_own:
        fill(store, search)
        ranking.rank_wanting(store, own, strategy=strategy, wanted=wanted)
        if not ranking.find_wanting(store, wanted=wanted):
            return
    reach_deeper(store, search, is_fallback=not is_own)
    ranking.rank_wanting(store, own, strategy=strategy, wanted=wanted)
