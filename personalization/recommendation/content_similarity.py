"""Products that are alike by what the catalogue says of them, sold or not.

Likeness is a weighted mean of what both products tell: the words of name and description, the steps
of the category path that they share, attributes and tags, and how near the prices are.  The words
are compared by a sentence encoder where one is at hand, else by the terms that they share (TF-IDF).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.recommendation.models import keep_pairs, newest_of
from personalization.recommendation.similarity import newest_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from personalization.providers.protocols import Encoder
    from personalization.store import Store

    Floats = npt.NDArray[np.float32]

WEIGHTS: Final = {"words": 0.4, "family": 0.3, "traits": 0.2, "price": 0.1}
KEPT_PER_TARGET: Final = 60
KEPT_PER_SOURCE: Final = 200
LEAST: Final = 0.2
"""Likeness below which a pair is not kept."""

_BLOCK: Final = 256  # targets that are compared with everything at once
_FIRST_WORDS: Final = 300  # characters of a description that are compared

_PRODUCTS: Final = """
    SELECT product_id, name, coalesce(left(description, $first), '') AS description,
           coalesce(category_path, category, '') AS path,
           coalesce(CAST(attributes AS VARCHAR), '{}') AS attributes, coalesce(tags, '') AS tags,
           CASE WHEN price > 0 AND isfinite(price) THEN price END AS price
    FROM products WHERE dataset_id = $dataset_id ORDER BY product_id
"""
_DIGEST: Final = """
    SELECT count(*), coalesce(CAST(bit_xor(hash(product_id, name, description, category_path,
                                                category, CAST(attributes AS VARCHAR), tags, price))
                                   AS VARCHAR), '')
    FROM products WHERE dataset_id = $dataset_id
"""
_PAIRS: Final = """
    CREATE OR REPLACE TEMP TABLE model_pairs AS
    SELECT source_id, target_id, score, together, source_count, target_count,
           CAST(NULL AS DOUBLE) AS lift
    FROM content_pairs
    QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY score DESC, target_id)
            <= $kept_per_source
"""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared of the products of a catalogue, in one order.

    Attributes:
        product_ids: In the order of the rows below.
        words: One unit vector a product, dense or sparse.
        family: A column for each beginning of a category path.
        marks: A column for each attribute with its value, and for each tag.
        price: NaN where there is none.
    """

    product_ids: tuple[str, ...]
    words: Any
    family: Any
    marks: Any
    price: Floats


def content_model(
    store: Store, dataset_id: str, *, encoder: Encoder | None = None, actor: str
) -> str:
    """Return the model ``content`` of a base's catalogue, built anew where the catalogue changed.

    A model that an encoder has built is kept where none is at hand and the catalogue is the same.

    Args:
        store: Reads ``products``; writes the model.
        dataset_id: The customer base.
        encoder: Compares words by their meaning; None compares the terms.
        actor: Who asks.

    Raises:
        ProviderError: The encoder does not work.
    """
    total, digest = store.read(_DIGEST, dataset_id=dataset_id)[0]
    by_terms = {"catalogue": digest, "words": "terms", "weights": WEIGHTS}
    asked = by_terms | {"words": encoder.model_id} if encoder else by_terms
    if known := _known(store, dataset_id, asked, is_any=encoder is None):
        return known
    frame = store.frame(_PRODUCTS, dataset_id=dataset_id, first=_FIRST_WORDS)
    pairs = pairs_of(traits_of(frame, encoder))
    with store.transaction() as cursor:
        cursor.register("content_pairs", pairs)
        store.run(_PAIRS, kept_per_source=KEPT_PER_SOURCE)
        cursor.unregister("content_pairs")
        return keep_pairs(
            store, dataset_id, kind="content", parameters=asked, counts=(0, 0, total), actor=actor
        )


_PARAMETERS: Final = """
    SELECT CAST(parameters AS VARCHAR) FROM similarity_models WHERE model_id = $model_id
"""


def _known(store: Store, dataset_id: str, asked: dict[str, object], *, is_any: bool) -> str | None:
    """Return the model in use if it is of this catalogue; ``is_any``: with whatever encoder."""
    if not is_any:
        return newest_of(store, dataset_id, "content", asked)
    model_id = newest_model(store, dataset_id, "content")
    if model_id is None:
        return None
    parameters = json.loads(store.read(_PARAMETERS, model_id=model_id)[0][0])
    return model_id if parameters | {"words": "terms"} == asked else None


def traits_of(products: pd.DataFrame, encoder: Encoder | None) -> Traits:
    """Return what is compared of the products, read from their rows."""
    import numpy as np  # noqa: PLC0415

    words = [
        " ".join(told).strip() for told in zip(products.name, products.description, strict=True)
    ]
    return Traits(
        tuple(products.product_id),
        encoder.encode(words) if encoder else _terms(words),
        _table([_beginnings(path) for path in products.path]),
        _table([
            _marks(attributes, tags)
            for attributes, tags in zip(products.attributes, products.tags, strict=True)
        ]),
        products.price.to_numpy(dtype=np.float32),
    )  # fmt: skip


def pairs_of(traits: Traits) -> pd.DataFrame:
    """Compare every product with every other, and keep the most alike of each.

    Returns:
        source_id, target_id, score in [0, 1], together (steps and marks in common), source_count
        and target_count (those of each), at most KEPT_PER_TARGET rows a target.
    """
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    ids = np.array(traits.product_ids, dtype=object)
    own = (
        np.asarray(traits.family.sum(axis=1)).ravel() + np.asarray(traits.marks.sum(axis=1)).ravel()
    )
    parts: list[pd.DataFrame] = []
    for start in range(0, len(ids), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(ids)))
        score, common = _compared(traits, rows)
        score[np.arange(len(rows)), rows] = -1  # no product is like itself
        target, source = _best(score)
        parts.append(pd.DataFrame({
            "source_id": ids[source], "target_id": ids[rows[target]],
            "score": score[target, source].astype(float),
            "together": common[target, source].astype(np.int64),
            "source_count": own[source].astype(np.int64),
            "target_count": own[rows[target]].astype(np.int64),
        }))  # fmt: skip
    none = pd.DataFrame({"source_id": pd.Series(dtype=object), "target_id": pd.Series(dtype=object),
                         "score": pd.Series(dtype=float), "together": pd.Series(dtype=np.int64),
                         "source_count": pd.Series(dtype=np.int64),
                         "target_count": pd.Series(dtype=np.int64)})  # fmt: skip
    return pd.concat(parts) if parts else none


_FACTS: Final = """
    SELECT product_id, coalesce(category_path, category, '') AS path,
           coalesce(CAST(attributes AS VARCHAR), '{}') AS attributes, coalesce(tags, '') AS tags
    FROM products WHERE dataset_id = $dataset_id
      AND product_id IN (SELECT unnest($product_ids::VARCHAR[]))
"""


def traits_in_common(
    store: Store, dataset_id: str, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return for pairs of source and target how many traits both have, and how many the source."""
    product_ids = sorted({product_id for pair in pairs for product_id in pair})
    rows = store.read(_FACTS, dataset_id=dataset_id, product_ids=product_ids)
    own = {row[0]: {*_beginnings(row[1]), *_marks(row[2], row[3])} for row in rows}
    none: set[str] = set()
    return {
        (source, target): (
            len(own.get(source, none) & own.get(target, none)), len(own.get(source, none))
        )
        for source, target in pairs
    }  # fmt: skip


def _best(score: Floats) -> tuple[Any, Any]:
    """Return rows and columns of the best of each row, best first, the first column of equals."""
    import numpy as np  # noqa: PLC0415

    least = np.full(len(score), LEAST, dtype=np.float32)
    if score.shape[1] > KEPT_PER_TARGET:
        at = score.shape[1] - KEPT_PER_TARGET
        least = np.maximum(least, np.partition(score, at, axis=1)[:, at])
    row, column = np.nonzero(score >= least[:, None])
    order = np.lexsort((column, -score[row, column], row))
    row, column = row[order], column[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(score)))[row]
    return row[place < KEPT_PER_TARGET], column[place < KEPT_PER_TARGET]


def _compared(traits: Traits, rows: Any) -> tuple[Floats, Floats]:  # noqa: ANN401
    """Return the likeness of some products to all, rounded, and the traits in common."""
    import numpy as np  # noqa: PLC0415

    words = _product(traits.words[rows], traits.words)
    steps, marks = (
        _product(traits.family[rows], traits.family),
        _product(traits.marks[rows], traits.marks),
    )
    deep = np.asarray(traits.family.sum(axis=1)).ravel()
    many = np.asarray(traits.marks.sum(axis=1)).ravel()
    either = many[rows][:, None] + many[None, :] - marks
    longest = np.maximum(deep[rows][:, None], deep[None, :])
    own = traits.price
    ratio = np.minimum(own[rows][:, None], own) / np.maximum(own[rows][:, None], own)
    both_price = ~np.isnan(ratio)
    both_family = (deep[rows][:, None] > 0) & (deep[None, :] > 0)
    both_marks = (many[rows][:, None] > 0) & (many[None, :] > 0)
    total = WEIGHTS["words"] * np.clip(words, 0, 1)
    total += WEIGHTS["family"] * np.where(both_family, steps / np.maximum(longest, 1), 0)
    total += WEIGHTS["traits"] * np.where(both_marks, marks / np.maximum(either, 1), 0)
    total += WEIGHTS["price"] * np.where(both_price, ratio, 0)
    weight = WEIGHTS["words"] + WEIGHTS["family"] * both_family
    weight = weight + WEIGHTS["traits"] * both_marks + WEIGHTS["price"] * both_price
    # Rounded, so that the order does not hang on the last digit of another machine.
    return np.round(total / weight, 5).astype(np.float32), steps + marks


def _product(some: Any, everything: Any) -> Floats:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415

    found = some @ everything.T
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float32)


def _terms(words: Sequence[str]) -> Any:  # noqa: ANN401
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    try:
        return TfidfVectorizer(sublinear_tf=True).fit_transform(words)
    except ValueError:  # there is not one word in all of them
        return csr_matrix((len(words), 1))


def _table(rows: Sequence[Sequence[str]]) -> Any:  # noqa: ANN401
    """Return a table of zeros and ones: which row has which mark."""
    import numpy as np  # noqa: PLC0415
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    places = {mark: n for n, mark in enumerate(sorted({mark for row in rows for mark in row}))}
    row = [n for n, marks in enumerate(rows) for _ in marks]
    column = [places[mark] for marks in rows for mark in marks]
    ones = np.ones(len(row), dtype=np.float32)
    return csr_matrix((ones, (row, column)), shape=(len(rows), max(len(places), 1)))


def _beginnings(path: str) -> list[str]:
    """Return every beginning of a category path: Home, Home > Candles."""
    steps = [step.strip().casefold() for step in path.split(">") if step.strip()]
    return [" > ".join(steps[: n + 1]) for n in range(len(steps))]


def _marks(attributes: str, tags: str) -> list[str]:
    told = json.loads(attributes)
    pairs = told.items() if isinstance(told, dict) else ()
    marks = {f"{name}={value}".casefold() for name, value in pairs if value not in (None, "")}
    marks |= {f"#{tag.strip()}".casefold() for tag in tags.split(",") if tag.strip()}
    return sorted(marks)
