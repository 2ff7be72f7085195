"""The index on disk: a Chroma collection of vectors, each under the fingerprint of its text.

Rules that were learnt the hard way: one client for each folder, made under a lock, because two
threads that make one at the same time break it; no embedding function, because Chroma would go
and download one; a directory for each build with a file that points to it, because
``delete_collection`` leaves its files behind; ``close`` before anything is deleted; a seal on the
graph's files, because Chroma dies of a damaged one and takes the app with it.  The graph is made
as thin as can be, because nothing walks it: that takes a sixth of the time.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from personalization.providers.protocols import Encoder

SCHEMA: Final = "v2"
"""Changes when what a vector is kept under changes."""

_COLLECTION: Final = "passages"
_POINTER: Final = "current"
_SEAL: Final = "seal"
_BATCH: Final = 1024
_SPARE: Final = 2_000
"""Vectors that may lie there unasked, such as of another database, before they are deleted."""

_UNIT: Final = 1e-3
"""How far the length of a vector may be from 1; one that was damaged is further off."""

_LOCK_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class _Index:
    directory: Path
    client: Any
    collection: Any


_OPEN: dict[Path, _Index] = {}


def vectors_of(
    folder: Path, wanted: Mapping[str, str], encoder: Encoder
) -> tuple[npt.NDArray[np.float32], dict[str, int]]:
    """Return the vectors of texts by their fingerprints, and the row of each.

    Raises:
        ProviderError: The encoder fails, or the index can be neither used nor built.
    """
    with _alone(folder):
        for attempt in (_open, _reopen, _rebuild):
            try:
                index = attempt(folder, encoder.model_id)
                _bring_in_line(folder, index, wanted, encoder)
                return _read_vectors(index, list(wanted))
            except ProviderError:
                raise
            except Exception as error:  # noqa: BLE001  a cache that fails in any way is made anew
                trouble = error
    raise ProviderError(
        f"the index in {folder} cannot be built ({type(trouble).__name__}: {trouble})"
    )


def close_all() -> None:
    """Close every index of this process; callers keep others out meanwhile."""
    for folder in list(_OPEN):
        _close(folder)


def is_there(folder: Path) -> bool:
    """Tell whether a folder points to an index, whatever state that is in."""
    return (folder / _POINTER).exists()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out: a second writer would wait for many minutes inside of Chroma."""
    import filelock  # noqa: PLC0415

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / "lock", timeout=_LOCK_SECONDS)
        with lock:
            yield
    except filelock.Timeout as error:
        raise ProviderError(f"the index in {folder} is in use by another process") from error
    except OSError as error:
        raise ProviderError(f"the folder {folder} cannot be written: {error}") from error


def _open(folder: Path, model_id: str) -> _Index:
    """Return the index of the folder: the open one, the one on disk, or an empty new one."""
    known = _OPEN.get(folder)
    pointed = _pointed(folder)
    fits = pointed is not None and pointed.name.startswith(_prefix(model_id)) and pointed.is_dir()
    if known and fits and known.directory == pointed:
        return known
    _close(folder)
    if pointed is None or not fits or _read(folder / _SEAL) != _seal_of(pointed):
        return _rebuild(folder, model_id)
    return _connect(folder, pointed)


def _reopen(folder: Path, model_id: str) -> _Index:
    """Open the index anew, for what another process wrote into it."""
    _close(folder)
    return _open(folder, model_id)


def _rebuild(folder: Path, model_id: str) -> _Index:
    """Start an empty index in a directory of its own, point to it, and delete the others."""
    _close(folder)
    directory = folder / f"{_prefix(model_id)}{secrets.token_hex(4)}"
    index = _connect(folder, directory)
    pointer = folder / f"{_POINTER}.new"
    pointer.write_text(directory.name, "utf-8")
    pointer.replace(folder / _POINTER)
    _seal(folder, directory)
    for other in folder.iterdir():
        if other.is_dir() and other != directory:
            shutil.rmtree(other, ignore_errors=True)
    return index


def _connect(folder: Path, directory: Path) -> _Index:
    import chromadb  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    client = chromadb.PersistentClient(
        str(directory), settings=Settings(anonymized_telemetry=False)
    )
    collection = client.get_or_create_collection(
        _COLLECTION,
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine", "ef_construction": 8, "max_neighbors": 4}},
    )
    _OPEN[folder] = _Index(directory, client, collection)
    return _OPEN[folder]


def _close(folder: Path) -> None:
    if index := _OPEN.pop(folder, None):
        index.client.close()


def _bring_in_line(
    folder: Path, index: _Index, wanted: Mapping[str, str], encoder: Encoder
) -> None:
    """Add the vectors that are missing; delete those nobody asked for once there are many."""
    had = set(index.collection.get(include=[])["ids"])
    for digests in _batches(sorted(wanted.keys() - had)):
        vectors = encoder.encode([wanted[digest] for digest in digests])
        index.collection.upsert(ids=digests, embeddings=vectors)
        _seal(folder, index.directory)
    spare = sorted(had - wanted.keys())
    for digests in _batches(spare if len(spare) > _SPARE else []):
        index.collection.delete(ids=digests)
        _seal(folder, index.directory)


def _read_vectors(
    index: _Index, digests: list[str]
) -> tuple[npt.NDArray[np.float32], dict[str, int]]:
    """Read vectors, and look that each is one.

    Raises:
        StateError: One is missing or is no vector of length 1.
    """
    import numpy as np  # noqa: PLC0415

    found = index.collection.get(ids=digests, include=["embeddings"])
    vectors = np.asarray(found["embeddings"], dtype=np.float32)
    if len(found["ids"]) < len(digests):
        raise StateError("the index holds fewer vectors than it lists")
    if not (np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT).all():
        raise StateError("the index holds what is no vector")
    return vectors, {digest: row for row, digest in enumerate(found["ids"])}


def _batches(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]


def _pointed(folder: Path) -> Path | None:
    name = _read(folder / _POINTER)
    return folder / name if re.fullmatch(r"[\w.-]+", name) else None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _seal(folder: Path, directory: Path) -> None:
    (folder / _SEAL).write_text(_seal_of(directory), "utf-8")


def _seal_of(directory: Path) -> str:
    """Return the fingerprint of the graph's files; the database beside them looks after itself."""
    seal = hashlib.sha256()
    for path in sorted(directory.glob("*/*")):
        seal.update(f"{path.name}\x1f{path.stat().st_size}\x1f".encode())
        seal.update(path.read_bytes())
    return seal.hexdigest()


def _prefix(model_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", model_id).strip("-") + f"-{SCHEMA}-"
