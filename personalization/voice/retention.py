"""Files whose time is over are deleted; rows, fingerprints and reasons stay for the record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.store import record
from personalization.voice.assets import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from personalization.store import Store

_NAME: Final = re.compile(r"\.?(.+)-[0-9a-f]{12}\.[a-z0-9]+(?:\.part)?")
"""Of a file of somebody, whole or still being written."""

TIME_OVER: Final = "Its time was over, and the file was deleted."

_DUE: Final = """
    SELECT run_id, asset_id, file_name, folder, CAST(files AS VARCHAR) AS files
    FROM kept_voice_files WHERE made_last < $before ORDER BY run_id, asset_id
"""
_OF_PEOPLE: Final = """
    SELECT run_id, asset_id, file_name, folder, CAST(files AS VARCHAR) AS files
    FROM kept_voice_files
    WHERE list_contains($people::VARCHAR[], concat(dataset_id, chr(31), person_id))
    ORDER BY run_id, asset_id
"""
_FOLDERS: Final = """
    SELECT DISTINCT runs.folder FROM voice_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    WHERE list_contains($bases::VARCHAR[], campaigns.dataset_id) ORDER BY runs.folder
"""
_ALL_FOLDERS: Final = "SELECT DISTINCT folder FROM voice_runs ORDER BY folder"
_KEPT: Final = """
    SELECT run_id, asset_id, file_name, folder, CAST(files AS VARCHAR) AS files
    FROM kept_voice_files ORDER BY run_id, asset_id
"""
_REMOVE: Final = """
    INSERT INTO voice_removals
    SELECT unnest($run_ids::VARCHAR[]), unnest($asset_ids::VARCHAR[]), $reason, $now, $actor
"""


@dataclass(frozen=True, slots=True)
class Removal:
    """What was deleted: assets, and the files that they had."""

    assets: int
    files: int


def due_assets(store: Store, *, days: int) -> int:
    """Count the assets whose files would be deleted now."""
    return len(store.records(_DUE, before=store.now() - timedelta(days=days)))


def remove_due(store: Store, *, days: int, actor: str) -> Removal:
    """Delete the files of assets that were last made so many days ago; twice does nothing more.

    A crash in between leaves rows whose files are gone: they are listed again, and handing such an
    asset over is refused as missing.
    """
    before = store.now() - timedelta(days=days)
    strays = delete_files(_strays(store, before))
    found = store.records(_DUE, before=before)
    if not found:
        return Removal(0, strays)
    files = strays + delete_files(paths_of(found))
    with store.transaction():
        store.run(
            _REMOVE, run_ids=[row["run_id"] for row in found],
            asset_ids=[row["asset_id"] for row in found], reason=TIME_OVER, now=store.now(),
            actor=actor,
        )  # fmt: skip
        record(store, "voice.removed", "assets", actor=actor, assets=len(found), days=days)
    return Removal(len(found), files)


def files_of_people(store: Store, people: Sequence[tuple[str, str]]) -> list[Path]:
    """Return the paths of all files that were made for people, given as (dataset, id).

    Those are among them that no row names, because what made them broke off before it wrote one:
    a file's name says whose it is.
    """
    keys = [f"{dataset_id}\x1f{person_id}" for dataset_id, person_id in people]
    named = paths_of(store.records(_OF_PEOPLE, people=keys))
    stems = {plain_name(person_id) for _, person_id in people}
    bases = sorted({dataset_id for dataset_id, _ in people})
    strays = {
        path
        for (folder,) in store.read(_FOLDERS, bases=bases)
        for path in Path(folder).glob("*")
        if (found := _NAME.fullmatch(path.name)) and found[1] in stems
    }
    return sorted(strays.union(named))


def _strays(store: Store, before: datetime) -> list[Path]:
    """Return files from before a moment that no row names: what made them broke off."""
    named = set(paths_of(store.records(_KEPT)))
    return [
        path
        for (folder,) in store.read(_ALL_FOLDERS)
        for path in sorted(Path(folder).glob("*"))
        if path not in named
        and _NAME.fullmatch(path.name)
        and path.stat().st_mtime < before.timestamp()
    ]


def paths_of(rows: Iterable[dict[str, Any]]) -> list[Path]:
    """Return the paths of all files of assets, each once."""
    paths = {
        Path(row["folder"]) / f"{row['file_name'].removesuffix('.wav')}.{ending}"
        for row in rows
        for ending in json.loads(row["files"])
    }
    return sorted(paths)


def delete_files(paths: Iterable[Path]) -> int:
    """Delete files and return how many there were; one that is gone already is no fault."""
    deleted = 0
    for path in paths:
        if path.exists():
            path.unlink()
            deleted += 1
    return deleted
