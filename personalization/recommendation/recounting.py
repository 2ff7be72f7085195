"""The counts behind recommendations, counted once more from the events alone.

Nothing here reads a table of similarities: what a recommendation says of itself has to follow from
what customers did and what the catalogue says, or it is no reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.recommendation import asking, evidence
from personalization.recommendation.content_similarity import traits_in_common
from personalization.recommendation.policy import read_policy
from personalization.recommendation.shelves import has_purchases

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Recount:
    """What came of counting a run's reasons again.

    Attributes:
        checked: Different reasons that were counted again.
        differing: Those that say something else than the events do, at most 50: strategy, source,
            product, what is said, what was counted.
    """

    checked: int
    differing: tuple[tuple[str, str, str, str, str], ...]


_RUN: Final = """
    SELECT dataset_id, as_of, CAST(model_ids AS VARCHAR)
    FROM recommendation_runs WHERE run_id = $run_id
"""
_POLICY: Final = "SELECT policy FROM recommendation_runs WHERE run_id = $run_id"
_STRATEGIES: Final = """
    SELECT DISTINCT strategy FROM recommendations WHERE run_id = $run_id ORDER BY strategy
"""
_PARAMETERS: Final = """
    SELECT CAST(parameters AS VARCHAR) FROM similarity_models WHERE model_id = $model_id
"""

_SIMILAR: Final = """
    SELECT DISTINCT source_id, product_id, together, base FROM recommendations
    WHERE run_id = $run_id AND strategy = 'similar' ORDER BY source_id, product_id
"""

_FROM_EVENTS: Final[Mapping[str, str]] = MappingProxyType({
    "upsell": evidence.UPSELL, "cross_sell": evidence.CROSS_SELL, "buy_again": evidence.BUY_AGAIN,
})  # fmt: skip
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"for_you": "customers", "bought_together": "basket"}
)
_MOST: Final = 50


def recount_run(store: Store, run_id: str) -> Recount:
    """Count the reasons of a run once more, from the events and the catalogue as they are now.

    A reason differs where orders, catalogue or (of what is popular) segments have changed since, or
    where it never was true.

    Raises:
        InputError: There is no such run.
    """
    row = store.read_one(_RUN, run_id=run_id)
    if row is None:
        raise InputError(f"There is no run {run_id!r} of recommendations.")
    dataset_id, as_of, models = row
    with store.transaction():
        asking.open_catalogue(store, dataset_id)
        told: dict[str, list[tuple[Any, ...]]] = {
            strategy: _counted(
                store, strategy, run_id=run_id, dataset_id=dataset_id, as_of=as_of,
                models=json.loads(models),
            )
            for (strategy,) in store.read(_STRATEGIES, run_id=run_id)
        }  # fmt: skip
    differing = [
        (strategy, str(source), str(product), str(said), str(counted))
        for strategy, rows in told.items()
        for source, product, said, counted in rows
        if said != counted
    ]
    return Recount(sum(len(rows) for rows in told.values()), tuple(differing[:_MOST]))


def _counted(
    store: Store,
    strategy: str,
    *,
    run_id: str,
    dataset_id: str,
    as_of: datetime,
    models: Mapping[str, str],
) -> list[tuple[Any, ...]]:
    """Return source, product, what is said and what was counted, for each reason of a strategy."""
    of_run = {"run_id": run_id, "dataset_id": dataset_id, "as_of": as_of}
    if strategy in _KINDS:
        parameters = json.loads(store.read(_PARAMETERS, model_id=models[_KINDS[strategy]])[0][0])
        of_run["as_of"] = parameters["as_of"]
        return store.read(
            evidence.PAIRS, **of_run, strategy=strategy, is_basket=strategy == "bought_together",
            is_bought=parameters["is_bought"], history=parameters["history"],
        )  # fmt: skip
    if strategy == "similar":
        return _similar(store, run_id, dataset_id)
    if strategy == "popular":
        is_bought = has_purchases(store, dataset_id, as_of)
        return store.read(
            evidence.POPULAR, **of_run, campaign_id=models.get("segments"), is_bought=is_bought
        )
    if strategy == "abandoned":
        policy = read_policy(store.read(_POLICY, run_id=run_id)[0][0])
        return store.read(evidence.ABANDONED, **of_run, window_days=policy.abandoned.window_days)
    return store.read(_FROM_EVENTS[strategy], **of_run)


def _similar(store: Store, run_id: str, dataset_id: str) -> list[tuple[Any, ...]]:
    said = store.read(_SIMILAR, run_id=run_id)
    common = traits_in_common(store, dataset_id, [(row[0], row[1]) for row in said])
    return [
        (source, product, f"{together} of {base}", "{} of {}".format(*common[source, product]))
        for source, product, together, base in said
    ]
