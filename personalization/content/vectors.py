"""Vectors: a Chroma index on disk that is a cache of the passages and nothing more.

It can be deleted at any time: each query first brings it in line with the passages it is given,
and builds it anew where it cannot be opened.  It never decides what may be said: the caller names
the passages that may be found, and looks at every hit again.

Rules that were learnt the hard way: one client for each folder, made under a lock, because two
threads that make one at the same time break it; no embedding function, because Chroma would go
and download one; a directory for each build with a file that points to it, because
``delete_collection`` leaves its files behind; ``close`` before anything is deleted; a seal on the
graph's files, because Chroma dies of a damaged one and takes the app with it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.content.ranking import LONGEST_LIST, ByMeaning
from personalization.errors import ProviderError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from personalization.providers.protocols import Encoder

SCHEMA: Final = "v1"
"""Changes when what is kept beside a vector changes."""

_COLLECTION: Final = "passages"
_POINTER: Final = "current"
_SEAL: Final = "seal"
_BATCH: Final = 256
_DIGITS: Final = 6
"""Of a cosine; what differs by less is equally near, and equals go by their id."""

_LOCK_SECONDS: Final = 120.0
_LOCK = threading.RLock()


@dataclass(frozen=True, slots=True)
class _Index:
    directory: Path
    client: Any
    collection: Any


_OPEN: dict[Path, _Index] = {}


def by_meaning(
    folder: Path,
    texts: Mapping[str, str],
    query: str,
    *,
    encoder: Encoder | None,
    allowed: Sequence[str] | None = None,
) -> ByMeaning:
    """Rank passages by the nearness of their vectors to the query's; trouble in words where not.

    Args:
        folder: Where the index lives; what is in it is brought in line with ``texts`` first.
        texts: All passages that belong into the index, by id.
        query: Plain words.
        encoder: None where it is not there (yet): then nothing is ranked.
        allowed: Ids that may be found; None for all of ``texts``.
    """
    if encoder is None:
        return ByMeaning(trouble="no encoder is loaded")
    asked = sorted(texts) if allowed is None else sorted(set(allowed) & texts.keys())
    if not asked:
        return ByMeaning()
    try:
        return ByMeaning(_nearest(folder, texts, query, encoder, asked))
    except ProviderError as error:
        return ByMeaning(trouble=str(error))


def close_indexes() -> None:
    """Close every index of this process, so that its folder may be moved or deleted."""
    with _LOCK:
        for folder in list(_OPEN):
            _close(folder)


def _nearest(
    folder: Path, texts: Mapping[str, str], query: str, encoder: Encoder, asked: list[str]
) -> tuple[str, ...]:
    vector = encoder.encode([query])
    with _LOCK, _alone(folder):
        for attempt in (_open, _reopen, _rebuild):
            try:
                index = attempt(folder, encoder.model_id)
                _bring_in_line(folder, index, texts, encoder)
                return _exactly_nearest(index, vector, asked if len(asked) < len(texts) else None)
            except ProviderError:
                raise
            except Exception as error:  # noqa: BLE001  a cache that fails in any way is made anew
                trouble = error
    raise ProviderError(
        f"the index in {folder} cannot be built ({type(trouble).__name__}: {trouble})"
    )


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
        configuration={"hnsw": {"space": "cosine"}},
    )
    _OPEN[folder] = _Index(directory, client, collection)
    return _OPEN[folder]


def _close(folder: Path) -> None:
    if index := _OPEN.pop(folder, None):
        index.client.close()


def _bring_in_line(folder: Path, index: _Index, texts: Mapping[str, str], encoder: Encoder) -> None:
    """Add, change and delete vectors until the index holds exactly ``texts``."""
    kept = index.collection.get(include=["metadatas"])
    had = {key: told["sha256"] for key, told in zip(kept["ids"], kept["metadatas"], strict=True)}
    wanted = {key: hashlib.sha256(text.encode()).hexdigest() for key, text in texts.items()}
    changed = sorted(key for key in wanted if had.get(key) != wanted[key])
    for keys in _batches(changed):
        index.collection.upsert(
            ids=keys,
            embeddings=encoder.encode([texts[key] for key in keys]),
            metadatas=[{"sha256": wanted[key]} for key in keys],
        )
        _seal(folder, index.directory)
    for keys in _batches(sorted(had.keys() - wanted)):
        index.collection.delete(ids=keys)
        _seal(folder, index.directory)


def _exactly_nearest(
    index: _Index, vector: npt.NDArray[np.float32], asked: list[str] | None
) -> tuple[str, ...]:
    """Compare the vector with every one that is asked for.

    Chroma's own search is approximate: among 512 texts that differ in one word it missed the very
    nearest for 17 of 32 questions.  Ours are few enough to look at all of them.
    """
    found = index.collection.get(ids=asked, include=["embeddings"])
    if len(found["ids"]) < (index.collection.count() if asked is None else len(asked)):
        raise StateError("the index holds fewer vectors than it lists")
    nearness = (found["embeddings"] @ vector[0]).tolist()
    near = sorted(
        (-round(near, _DIGITS), key) for near, key in zip(nearness, found["ids"], strict=True)
    )
    return tuple(key for _, key in near[:LONGEST_LIST])


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
