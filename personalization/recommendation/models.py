"""The tables that strategies go by, each built anew where what it was built from has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from personalization.recommendation import similarity
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store

_FORGET: Final = """
    DELETE FROM item_similarities WHERE model_id IN (
        SELECT model_id FROM similarity_models WHERE dataset_id = $dataset_id AND kind = $kind
    )
"""
_KEEP: Final = """
    INSERT INTO item_similarities
    SELECT $model_id, source_id, target_id, score, together, source_count, target_count, lift
    FROM model_pairs
    ORDER BY source_id, target_id
"""
_KEEP_MODEL: Final = """
    INSERT INTO similarity_models
    VALUES ($model_id, $dataset_id, $kind, $parameters, $events, $customers, $products, $pairs,
            $now, $actor)
"""
_NEWEST: Final = """
    SELECT model_id, CAST(parameters AS VARCHAR) FROM similarity_models
    WHERE dataset_id = $dataset_id AND kind = $kind
    ORDER BY built_at DESC, model_id DESC LIMIT 1
"""
_EITHER: Final = """
    SELECT kind FROM similarity_models
    WHERE dataset_id = $dataset_id AND kind IN ('cosine', 'ease')
    ORDER BY built_at DESC, kind DESC, model_id DESC LIMIT 1
"""


def keep_pairs(
    store: Store,
    dataset_id: str,
    *,
    kind: str,
    parameters: Mapping[str, object],
    counts: tuple[int, int, int],
    actor: str,
) -> str:
    """Make the temporary table ``model_pairs`` the model of a base and kind, and return its id.

    Args:
        store: Writes ``similarity_models`` and ``item_similarities``, in the caller's transaction.
        dataset_id: The customer base.
        kind: As in ``similarity_models``.
        parameters: What it was built with, so that it is known when it is out of date.
        counts: Events, customers and products that it was built from.
        actor: Who builds it.
    """
    model_id = similarity.next_model_id(store)
    events, customers, products = counts
    store.run(_FORGET, dataset_id=dataset_id, kind=kind)
    pairs = store.run(_KEEP, model_id=model_id)
    store.run(
        _KEEP_MODEL, model_id=model_id, dataset_id=dataset_id, kind=kind,
        parameters=json.dumps(parameters), events=events, customers=customers, products=products,
        pairs=pairs, now=store.now(), actor=actor,
    )  # fmt: skip
    record(
        store, "similarity_model.built", model_id, actor=actor, dataset_id=dataset_id,
        similarity=kind, pairs=pairs,
    )  # fmt: skip
    return model_id


def newest_of(
    store: Store, dataset_id: str, kind: str, parameters: Mapping[str, object]
) -> str | None:
    """Return the model in use if it was built with exactly these parameters."""
    found = store.read_one(_NEWEST, dataset_id=dataset_id, kind=kind)
    return str(found[0]) if found and json.loads(found[1]) == dict(parameters) else None


def customers_kind(store: Store, dataset_id: str, table: str) -> str:
    """Return cosine or ease; ``auto`` is the kind of the newer of those that are built."""
    if table != "auto":
        return table
    newest = store.read_one(_EITHER, dataset_id=dataset_id)
    return str(newest[0]) if newest else "cosine"


def customers_model(
    store: Store, dataset_id: str, table: str, *, as_of: datetime, actor: str
) -> str:
    """Return the model that ``for_you`` goes by, up to date.

    Args:
        store: Reads and writes the models.
        dataset_id: The customer base.
        table: cosine, ease, or auto; see ``customers_kind``.
        as_of: Events up to here count.
        actor: Who asks.
    """
    kind = customers_kind(store, dataset_id, table)
    return similarity.model_for(store, dataset_id, kind=kind, as_of=as_of, actor=actor)
