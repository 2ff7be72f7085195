"""EASE: similarities by a regression of every product on all others, for small catalogues.

The Gram matrix is counted by the engine; what is solved here has a row and a column a product.
A tenth of the weight is the counted similarity's, which on held-out weeks of a retailer found
more than the regression alone and cost nothing on films.

References:
    Steck (2019), Embarrassingly Shallow Autoencoders for Sparse Data, eq. 8.
    Steck (2020), Autoencoders that Don't Overfit towards the Identity, eq. 5 (``DROPOUT``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import StateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from personalization.store import Store

MOST_PRODUCTS: Final = 5000
"""The largest catalogue that is solved: about ten seconds and 1.5 GB."""

# A small catalogue is kept nearly whole: of 1,682 films, 500 sources each found 4 % more than 100.
# Of the 3,430 products of a retailer they found no more.
_SMALL: Final = 2000
_KEPT_OF_SMALL: Final = 500
_KEPT: Final = 100

DROPOUT: Final = 1 / 3
"""The share of a history that the regression learns to do without."""

COUNTED_SHARE: Final = 0.1
"""How much of the similarity is the counted one, where both are brought to one size."""

_SIZE: Final = """
    SELECT (SELECT count(*) FROM product_keys),
           (SELECT count(*) FROM latest) / (SELECT count(*) FROM holder_keys)
"""
_GRAM: Final = "SELECT one - 1 AS one, other - 1 AS other, weight FROM product_pairs"
_DIAGONAL: Final = """
    SELECT product - 1 AS product, sum(weight) AS weight FROM latest GROUP BY product
"""
_COUNTED: Final = """
    SELECT one - 1 AS one, other - 1 AS other, score FROM scored_pairs
    WHERE together >= $least_together
"""

_SOLVED: Final = """
    CREATE OR REPLACE TEMP TABLE solved_pairs AS
    WITH solved AS (
        SELECT unnest($sources::INTEGER[]) AS source, unnest($targets::INTEGER[]) AS target,
               unnest($scores::DOUBLE[]) AS score
    )
    SELECT solved.source, solved.target, coalesce(pairs.together, 0) AS together,
           a.n AS source_count, b.n AS target_count, solved.score, CAST(NULL AS DOUBLE) AS lift
    FROM solved
    JOIN product_counts AS a ON a.product = source
    JOIN product_counts AS b ON b.product = target
    LEFT JOIN product_pairs AS pairs
        ON pairs.one = least(source, target) AND pairs.other = greatest(source, target)
"""
_DIRECTIONS: Final = """
    CREATE OR REPLACE TEMP VIEW directions AS SELECT * FROM solved_pairs
"""


def refuse_if_large(products: int) -> None:
    """Raise StateError where a catalogue is too large to be solved."""
    if products > MOST_PRODUCTS:
        raise StateError(
            f"{products:,} products are too many to be solved at once ({MOST_PRODUCTS:,} at most). "
            "Count their similarities as 'cosine'."
        )


def sources_kept(products: int) -> int:
    """Return how many sources each product keeps in a catalogue of that size."""
    return _KEPT_OF_SMALL if products <= _SMALL else _KEPT


def solve_directions(store: Store, *, ridge: float, kept: int, least_together: int) -> None:
    """Fill ``directions`` with the ``kept`` strongest sources of each product, of either sign.

    Args:
        store: Reads ``latest``, ``product_counts``, ``product_pairs`` (all, however few have
            both) and ``scored_pairs``; inside a transaction of the caller.
        ridge: Added to the diagonal, in customers.
        kept: Sources of each product.
        least_together: Pairs that fewer customers have do not count as similar.
    """
    import numpy as np  # noqa: PLC0415

    size, mean_history = store.read(_SIZE)[0]
    if not size:
        return
    scale = float(mean_history) ** 0.5 / 1048576
    pairs, own = store.frame(_GRAM), store.frame(_DIAGONAL)
    gram = np.zeros((size, size))
    gram[pairs["one"], pairs["other"]] = pairs["weight"] * scale
    gram += gram.T
    gram[own["product"], own["product"]] = own["weight"].astype(float) * scale
    matrix = regression(gram, ridge=ridge)
    found = store.frame(_COUNTED, least_together=least_together)
    counted = np.zeros((size, size))
    counted[found["one"], found["other"]] = found["score"]
    counted += counted.T
    matrix = blend(matrix, strongest(counted, _KEPT))
    matrix = strongest(matrix, kept)
    sources, targets = np.nonzero(matrix)
    store.run(
        _SOLVED, sources=sources + 1, targets=targets + 1,
        scores=np.round(matrix[sources, targets], 12),
    )  # fmt: skip
    store.run(_DIRECTIONS)


def regression(gram: npt.NDArray[np.float64], *, ridge: float) -> npt.NDArray[np.float64]:
    """Return the weights of each product (row) in the regression for each other (column)."""
    import numpy as np  # noqa: PLC0415
    from scipy.linalg import lapack  # noqa: PLC0415

    diagonal = np.diag(gram)
    ridged = gram + np.diag(ridge + DROPOUT / (1 - DROPOUT) * diagonal)
    factor, _ = lapack.dpotrf(ridged, lower=1, clean=1)
    lower, failed = lapack.dpotri(factor, lower=1)
    if failed:
        raise StateError("The similarities of this base cannot be solved. Count them as 'cosine'.")
    inverse = lower + np.tril(lower, -1).T
    weights: npt.NDArray[np.float64] = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def blend(
    solved: npt.NDArray[np.float64], counted: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mix two similarities, the second brought to the size of the first."""
    import numpy as np  # noqa: PLC0415

    total = np.abs(counted).sum()
    if not total:
        return solved
    factor = np.abs(solved).sum() / total
    mixed: npt.NDArray[np.float64] = (1 - COUNTED_SHARE) * solved + COUNTED_SHARE * factor * counted
    return mixed


def strongest(matrix: npt.NDArray[np.float64], kept: int) -> npt.NDArray[np.float64]:
    """Keep the strongest ``kept`` entries of each column, and 0 elsewhere."""
    import numpy as np  # noqa: PLC0415

    if len(matrix) <= kept:
        return matrix
    order = np.argpartition(-np.abs(matrix), kept, axis=0)[:kept]
    result = np.zeros_like(matrix)
    np.put_along_axis(result, order, np.take_along_axis(matrix, order, axis=0), axis=0)
    return result
