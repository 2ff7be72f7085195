"""Files whose time is over are deleted; rows, fingerprints and reasons stay for the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalization.store import Store

TIME_OVER: Final = "Its time was over, and the file was deleted."

_KEPT: Final = """
    SELECT assets.run_id, assets.asset_id, assets.file_name, runs.folder,
           CAST(assets.files AS VARCHAR) AS files,
           max(assets.made_at) OVER (PARTITION BY runs.folder, assets.file_name) AS made_last
    FROM voice_assets AS assets
    JOIN voice_runs AS runs ON runs.run_id = assets.run_id
    LEFT JOIN voice_removals AS removed
        ON removed.run_id = assets.run_id AND removed.asset_id = assets.asset_id
    WHERE assets.file_name IS NOT NULL AND removed.asset_id IS NULL
"""
_DUE: Final = f"""
    SELECT * FROM ({_KEPT}) AS kept WHERE made_last < $before ORDER BY run_id, asset_id
"""
_OF_PERSON: Final = f"""
    SELECT kept.* FROM ({_KEPT}) AS kept
    JOIN voice_runs AS runs ON runs.run_id = kept.run_id
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    JOIN voice_assets AS assets ON assets.run_id = kept.run_id AND assets.asset_id = kept.asset_id
    WHERE list_contains($people::VARCHAR[], concat(campaigns.dataset_id, chr(31), assets.person_id))
    ORDER BY kept.run_id, kept.asset_id
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
    found = store.records(_DUE, before=store.now() - timedelta(days=days))
    if not found:
        return Removal(0, 0)
    files = delete_files(paths_of(found))
    with store.transaction():
        store.run(
            _REMOVE, run_ids=[row["run_id"] for row in found],
            asset_ids=[row["asset_id"] for row in found], reason=TIME_OVER, now=store.now(),
            actor=actor,
        )  # fmt: skip
        record(store, "voice.removed", "assets", actor=actor, assets=len(found), days=days)
    return Removal(len(found), files)


def files_of_people(store: Store, people: Sequence[tuple[str, str]]) -> list[Path]:
    """Return the paths of all files that were made for people, given as (dataset, id)."""
    keys = [f"{dataset_id}\x1f{person_id}" for dataset_id, person_id in people]
    return paths_of(store.records(_OF_PERSON, people=keys))


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
