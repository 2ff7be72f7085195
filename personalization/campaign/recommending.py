"""Recommendations: similarities built, products worked out and explained, the rules for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization import recommendation
from personalization.errors import ProviderError
from personalization.providers import registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.jobs import JobRunner, Progress
    from personalization.providers.protocols import Encoder
    from personalization.settings import Settings
    from personalization.store import Store

Asked = recommendation.Asked
Card = recommendation.Card
Excluded = recommendation.Excluded
Explanation = recommendation.Explanation
PolicyTrial = recommendation.PolicyTrial
RecommendationPolicy = recommendation.Policy
Recount = recommendation.Recount
Shelf = recommendation.Shelf

EVERYBODY: Final = recommendation.EVERYBODY
RULE_WORDS: Final = recommendation.RULE_WORDS

recommend = recommendation.recommend
shelf_for = recommendation.shelf_for
why_not = recommendation.why_not
recount_run = recommendation.recount_run

recommendation_policy = recommendation.policy_of
default_recommendation_policy = recommendation.default_policy
check_recommendation_policy = recommendation.read_policy
save_recommendation_policy = recommendation.save_policy
recommendation_policy_history = recommendation.policy_history
try_recommendation_policy = recommendation.try_policy


def explain_recommendations(
    store: Store,
    dataset_id: str,
    customer_id: str,
    *,
    strategies: Sequence[str] = recommendation.STRATEGIES,
    wanted: int = 4,
    as_of: datetime | None = None,
) -> recommendation.Explanation:
    """Show a customer's history, what each strategy recommends and why, and what is kept out.

    Raises:
        InputError: The base, the customer or a strategy is unknown.
        StateError: The base has no events.
    """
    return recommendation.explain_customer(
        store, dataset_id, customer_id, shown=strategies, wanted=wanted, as_of=as_of
    )


def build_recommendations(
    store: Store,
    dataset_id: str,
    *,
    actor: str,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
) -> str:
    """Bring everything that recommendations go by up to date, and say what it came to.

    ``recommend`` does so by itself for the strategy it is asked for; this is for all of them, with
    the meaning of names and descriptions compared by the sentence encoder.

    Args:
        store: Reads events and catalogue, writes ``similarity_models`` and ``item_similarities``.
        dataset_id: The customer base.
        actor: Who asks.
        as_of: Events up to here count; the newest event of the base where it is not said.
        progress: Is told how far it is.
        encoder: Compares words; by default the one of this machine.

    Raises:
        StateError: The base has no events.
    """
    steps = ("for_you", "bought_together", "cross_sell")
    total = len(steps) + 1
    for place, strategy in enumerate(steps):
        if progress:
            progress.report(place, total, f"Counting for {strategy.replace('_', ' ')}")
        if progress and progress.is_cancelled():
            return f"Stopped after {place} of {total} tables."
        recommendation.build_models(store, dataset_id, strategy, as_of=as_of, actor=actor)
    if progress:
        progress.report(total - 1, total, "Comparing the words of the catalogue")
    try:
        own = encoder or registry.encoder()
        recommendation.content_model(store, dataset_id, encoder=own, actor=actor)
    except ProviderError as error:
        recommendation.content_model(store, dataset_id, actor=actor)
        return f"All tables are up to date; words were compared by their terms only. {error}"
    return "All tables are up to date."


def start_building(jobs: JobRunner, store: Store, dataset_id: str, *, actor: str) -> str:
    """Start ``build_recommendations`` as a job of the base, and return the job's id."""
    return jobs.submit(
        dataset_id,
        "build recommendations",
        lambda progress: build_recommendations(store, dataset_id, actor=actor, progress=progress),
    )


def start_recommending(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    strategy: str,
    wanted: int,
    customers: recommendation.Asked = EVERYBODY,
    actor: str,
) -> str:
    """Start ``recommend`` as a job of the base, and return the job's id."""

    def work(progress: Progress) -> str:
        progress.report(0, 1, f"Choosing products: {strategy.replace('_', ' ')}")
        recommend(
            store, settings, dataset_id, strategy=strategy, wanted=wanted, customers=customers,
            actor=actor,
        )  # fmt: skip
        return f"Products chosen: {strategy.replace('_', ' ')}."

    return jobs.submit(dataset_id, "recommend", work)
