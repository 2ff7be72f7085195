"""The tables of what goes with what: built, kept, and built anew when the events have changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import InputError, StateError
from personalization.recommendation import ease
from personalization.recommendation.pairs import KINDS, Similarity, count_pairs
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

_FORGET: Final = """
    DELETE FROM item_similarities WHERE model_id IN (
        SELECT model_id FROM similarity_models WHERE dataset_id = $dataset_id AND kind = $kind
    )
"""
# In the order of the sources, so that one customer's few are found without reading the rest.
_KEEP: Final = """
    INSERT INTO item_similarities
    SELECT $model_id, a.product_id, b.product_id, score, together, source_count, target_count, lift
    FROM directed_pairs
    JOIN product_keys AS a ON a.product = source
    JOIN product_keys AS b ON b.product = target
    ORDER BY source, target
"""
_KEEP_MODEL: Final = """
    INSERT INTO similarity_models
    SELECT $model_id, $dataset_id, $kind, $parameters,
           $events,
           (SELECT count(*) FROM holder_keys), (SELECT count(*) FROM product_counts), $pairs,
           $built_at, $built_by
"""

_NEWEST: Final = """
    SELECT model_id, parameters, events FROM similarity_models
    WHERE dataset_id = $dataset_id AND kind = $kind
    ORDER BY built_at DESC, model_id DESC LIMIT 1
"""
# Of the tables themselves: the view would look every product up in the catalogue.
_EVENTS: Final = """
    SELECT (SELECT count(*) FROM transactions
            WHERE dataset_id = $dataset_id AND product_id IS NOT NULL AND ordered_at <= $as_of)
         + (SELECT count(*) FROM interactions
            WHERE dataset_id = $dataset_id AND happened_at <= $as_of)
"""
# Which products there are, and how they are spelt, says whose events are counted together.
_CATALOGUE: Final = """
    SELECT concat(count(*), ' ', bit_xor(hash(product_id))) FROM products
    WHERE dataset_id = $dataset_id
"""
_NEWEST_EVENT: Final = """
    SELECT greatest((SELECT max(ordered_at) FROM transactions
                     WHERE dataset_id = $dataset_id AND product_id IS NOT NULL),
                    (SELECT max(happened_at) FROM interactions WHERE dataset_id = $dataset_id))
"""
_N_MODELS: Final = "SELECT count(*) FROM similarity_models"
_PRODUCTS: Final = """
    SELECT count(DISTINCT product_id) FROM product_events
    WHERE dataset_id = $dataset_id AND event <> 'return'
"""


def newest_event(store: Store, dataset_id: str) -> datetime:
    """Return when the newest event of a base happened: the day its recommendations are made for.

    Raises:
        StateError: The base has no events.
    """
    found = store.read_one(_NEWEST_EVENT, dataset_id=dataset_id)
    if found is None or found[0] is None:
        raise StateError(
            "Nothing is known of what these customers did, so nothing can be recommended. "
            "Import their orders or interactions first."
        )
    moment: datetime = found[0]
    return moment


def newest_model(store: Store, dataset_id: str, kind: str) -> str | None:
    """Return the model of a base and kind that is in use, or None."""
    found = store.read_one(_NEWEST, dataset_id=dataset_id, kind=kind)
    return str(found[0]) if found else None


def next_model_id(store: Store) -> str:
    """Return an id that sorts behind those of all models before it, also of the same moment."""
    return f"m{store.read(_N_MODELS)[0][0]:08}-{uuid4().hex[:12]}"


def best_kind(store: Store, dataset_id: str) -> str:
    """Return the kind that suits the size of a base: ``ease`` where it can be solved."""
    products = store.read(_PRODUCTS, dataset_id=dataset_id)[0][0]
    return "ease" if products <= ease.MOST_PRODUCTS else "cosine"


def model_for(
    store: Store,
    dataset_id: str,
    *,
    kind: str = "cosine",
    as_of: datetime,
    actor: str,
    parameters: Similarity | None = None,
) -> str:
    """Return the model in use; built anew where events, products, day or parameters changed."""
    wanted = parameters or Similarity()
    found = store.read_one(_NEWEST, dataset_id=dataset_id, kind=kind)
    if found is not None:
        kept = json.loads(found[1])
        events = store.read(_EVENTS, dataset_id=dataset_id, as_of=as_of)[0][0]
        is_same = kept["asked"] == asdict(wanted) and kept["as_of"] == as_of.isoformat()
        is_same = is_same and kept.get("catalogue") == _catalogue(store, dataset_id)
        if is_same and events == found[2]:
            return str(found[0])
    return build_model(store, dataset_id, kind=kind, as_of=as_of, actor=actor, parameters=wanted)


def build_model(
    store: Store,
    dataset_id: str,
    *,
    kind: str = "cosine",
    as_of: datetime,
    actor: str,
    parameters: Similarity | None = None,
) -> str:
    """Count the similarities of a base's products anew, and return the model's id.

    ``together`` counts customers (of ``basket``: baskets) with both products among their latest
    ``parameters.history``, by purchases; where a base has none, by all that was done
    (``is_bought`` in the model's parameters says which).

    Args:
        store: Reads ``product_events`` and ``products``; writes ``similarity_models`` and
            ``item_similarities``, which keeps the newest model of a base and kind.
        dataset_id: The customer base.
        kind: One of ``KINDS``.
        as_of: Events up to here count.
        actor: Who builds it.
        parameters: How it is counted.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind of similarity {kind!r}. Use: {', '.join(KINDS)}.")
    wanted, model_id = parameters or Similarity(), next_model_id(store)
    with store.transaction():
        told = count_pairs(store, dataset_id, kind=kind, as_of=as_of, parameters=wanted)
        store.run(_FORGET, dataset_id=dataset_id, kind=kind)
        pairs = store.run(_KEEP, model_id=model_id)
        asked = {
            "asked": asdict(wanted), "as_of": as_of.isoformat(),
            "catalogue": _catalogue(store, dataset_id), **told,
        }  # fmt: skip
        store.run(
            _KEEP_MODEL, model_id=model_id, dataset_id=dataset_id, kind=kind, pairs=pairs,
            parameters=json.dumps(asked), built_at=store.now(), built_by=actor,
            events=store.read(_EVENTS, dataset_id=dataset_id, as_of=as_of)[0][0],
        )  # fmt: skip
        record(
            store, "similarity_model.built", model_id, actor=actor,
            dataset_id=dataset_id, similarity=kind, pairs=pairs,
        )  # fmt: skip
    return model_id


def _catalogue(store: Store, dataset_id: str) -> str:
    return str(store.read(_CATALOGUE, dataset_id=dataset_id)[0][0])
