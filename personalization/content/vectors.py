"""Vectors: a Chroma index on disk that is a cache of the passages and nothing more.

A vector is kept under the fingerprint of its model and its text, so what is stale cannot be taken
for something else: only the vectors of the texts that are asked about are ever looked up.  It can
be deleted at any time: what is missing is encoded again, and what cannot be opened is built anew.
It never decides what may be said: the caller names the passages that may be found, and looks at
every hit again.  Once read, the vectors of a set of texts stay in memory, and a query compares
its own with every one that is allowed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.content.ranking import LONGEST_LIST, NOT_LOADED, ByMeaning
from personalization.content.vector_index import close_all, is_there, vectors_of
from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from personalization.providers.protocols import Encoder


_DIGITS: Final = 6
"""Of a cosine; what differs by less is equally near, and equals go by their id."""


_IN_MEMORY: Final = 4
"""Sets of texts whose vectors stay in memory: 15 MB for 10,000 passages."""


_LOCK = threading.RLock()


@dataclass(frozen=True, slots=True)
class Texts:
    """Passages that are asked about again and again.

    Attributes:
        texts: By id.
        fingerprint: Of all of it; equal only where ids and texts are.
    """

    texts: Mapping[str, str]
    fingerprint: str

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Texts:
        """Return the same with its fingerprint."""
        digest = hashlib.sha256()
        for key in sorted(texts):
            digest.update(f"{key}\x1f{texts[key]}\x1e".encode("utf-8", "surrogatepass"))
        return cls(texts, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The vectors of a set of texts, row by row in the order of their ids."""

    keys: tuple[str, ...]
    rows: Mapping[str, int]
    vectors: npt.NDArray[np.float32]


_MATRICES: OrderedDict[tuple[Path, str, str], _Matrix] = OrderedDict()


def by_meaning(
    folder: Path,
    texts: Mapping[str, str] | Texts,
    query: str,
    *,
    encoder: Encoder | None,
    allowed: Sequence[str] | None = None,
) -> ByMeaning:
    """Rank passages by the nearness of their vectors to the query's; trouble in words where not.

    Args:
        folder: Where the index lives; what it lacks of ``texts`` is encoded and kept first.
        texts: All passages that may ever be asked for, by id.
        query: Plain words.
        encoder: None where it is not there (yet): then nothing is ranked.
        allowed: Ids that may be found; None for all of ``texts``.
    """
    if encoder is None:
        return ByMeaning(trouble=NOT_LOADED)
    known = texts if isinstance(texts, Texts) else Texts.of(texts)
    asked = known.texts.keys() if allowed is None else set(allowed) & known.texts.keys()
    if not asked:
        return ByMeaning()
    try:
        vector = encoder.encode([query])
        return _nearest(_matrix_of(folder, known, encoder), vector, asked)
    except ProviderError as error:
        return ByMeaning(trouble=str(error))


def close_indexes() -> None:
    """Close every index of this process, so that its folder may be moved or deleted."""
    with _LOCK:
        _MATRICES.clear()
        close_all()


def _nearest(matrix: _Matrix, vector: npt.NDArray[np.float32], asked: Collection[str]) -> ByMeaning:
    """Compare the vector with every one that is asked for.

    Chroma's own search is approximate: among 512 texts that differ in one word it missed the very
    nearest for 17 of 32 questions.  Ours are few enough to look at all of them.
    """
    import numpy as np  # noqa: PLC0415

    rows = np.sort(np.fromiter((matrix.rows[key] for key in asked), dtype=np.int64))
    is_all = len(rows) == len(matrix.keys)
    near = np.round((matrix.vectors if is_all else matrix.vectors[rows]) @ vector[0], _DIGITS)
    order = np.argsort(-near, kind="stable")
    keys = [matrix.keys[row] for row in rows[order].tolist()]
    nearness = dict(zip(keys, near[order].tolist(), strict=True))
    return ByMeaning(tuple(keys[:LONGEST_LIST]), nearness=nearness)


def _matrix_of(folder: Path, known: Texts, encoder: Encoder) -> _Matrix:
    """Return the vectors of all texts, from memory as long as the index they were kept in stands.

    Raises:
        ProviderError: The encoder fails, or the folder cannot be written.
    """
    name = (folder, encoder.model_id, known.fingerprint)
    with _LOCK:
        if name in _MATRICES and is_there(folder):
            _MATRICES.move_to_end(name)
            return _MATRICES[name]
        keys = tuple(sorted(known.texts))
        digests = [_digest(encoder.model_id, known.texts[key]) for key in keys]
        wanted = {digest: known.texts[key] for digest, key in zip(digests, keys, strict=True)}
        vectors, places = vectors_of(folder, wanted, encoder)
        rows = {key: row for row, key in enumerate(keys)}
        _MATRICES[name] = _Matrix(keys, rows, vectors[[places[digest] for digest in digests]])
        while len(_MATRICES) > _IN_MEMORY:
            _MATRICES.popitem(last=False)
        return _MATRICES[name]


def _digest(model_id: str, text: str) -> str:
    told = f"{model_id}\x1f{text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()
