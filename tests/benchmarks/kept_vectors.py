"""Sentence vectors kept in a folder, so that a benchmark can be run again in seconds."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from personalization.providers.encoders import minilm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

_AT_ONCE = 1024


@dataclass(slots=True)
class KeptVectors:
    """MiniLM, asked only for texts whose vectors are not in the folder yet.

    Attributes:
        folder: One file for each call that brought something new.
    """

    folder: Path
    model_id: str = field(default_factory=lambda: minilm().model_id)
    _known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self.folder.glob("[!.]*.npz")):
            kept = np.load(file)
            self._known |= dict(zip(map(str, kept["k"]), kept["v"], strict=True))

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one row of length 1 for each text."""
        keys = [_key(text) for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        in_order = sorted(missing.items(), key=lambda item: (len(item[1]), item[1]))
        for start in range(0, len(in_order), _AT_ONCE):
            self._learn(dict(in_order[start : start + _AT_ONCE]))
        if not keys:
            return np.empty((0, 384), dtype=np.float32)
        return np.stack([self._known[key] for key in keys])

    def _learn(self, texts: dict[str, str]) -> None:
        vectors = minilm().encode(list(texts.values()))
        self._known |= dict(zip(texts, vectors, strict=True))
        name = hashlib.sha256("".join(texts).encode()).hexdigest()[:16]
        unfinished = self.folder / f".{os.getpid()}.npz"
        np.savez(unfinished, k=np.array(list(texts)), v=vectors)
        unfinished.rename(self.folder / f"{name}.npz")


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
