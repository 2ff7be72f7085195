"""One run: the rules, then a strategy's candidates, then the ranking, for everybody who was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.recommendation.asking import EVERYBODY

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.recommendation.asking import Asked
    from personalization.settings import Settings
    from personalization.store import Store


def recommend(
    store: Store,
    settings: Settings,
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
    whoever gets fewer.  Rules come before the ranking.  The same events, catalogue, policy and
    models give the same rows.

    Args:
        store: Reads ``product_events``, ``products``, ``customers`` and the models of the base.
        settings: Of the team.
        dataset_id: The customer base.
        strategy: One of ``domain.STRATEGIES``.
        wanted: Products for each customer, from 1.
        customers: For whom; in a campaign everybody in its segments, else the whole base.
        campaign_id: The campaign that the run is for; its own products do not count as shown.
        arm: Of that campaign.
        as_of: Events up to here count; the newest event of the base where it is not said.
        actor: Who asks.

    Raises:
        InputError: The strategy, base, campaign or segment is unknown, or ``wanted`` is below 1.
        StateError: The strategy needs similarities that have not been built yet.
    """
    raise NotImplementedError
