"""The record of voice runs: what was made for whom, from which words, in whose delivery."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store import Store
    from personalization.voice.assets import Asset


@dataclass(frozen=True, slots=True)
class VoiceRun:
    """What a run came to; ``assets`` is the sum of ready, held and failed.

    Attributes:
        stopped: Why it ended before everybody's turn; empty where it did not.
        reused: How many of the ready ones were there already.
    """

    run_id: str
    assets: int
    ready: int
    held: int
    failed: int
    reused: int = 0
    stopped: str = ""
    first_reason: str = ""

    @property
    def sentence(self) -> str:
        """Say it in a sentence or two."""
        told = f"{self.ready:,} of {self.assets:,} files are ready"
        if self.reused:
            told += f", {self.reused:,} of them from before"
        told += f"; {self.held:,} held, {self.failed:,} failed." if self.held + self.failed else "."
        if self.first_reason:
            told += f" {self.first_reason}"
        return f"{told} {self.stopped}".rstrip()


_EARLIER: Final = """
    SELECT assets.asset_id, assets.file_name, assets.sha256, CAST(assets.files AS VARCHAR) AS files,
           assets.seconds, CAST(assets.checks AS VARCHAR) AS checks
    FROM voice_assets AS assets
    LEFT JOIN voice_removals AS removed
        ON removed.run_id = assets.run_id AND removed.asset_id = assets.asset_id
    WHERE assets.status = 'ready' AND removed.asset_id IS NULL
      AND list_contains($ids::VARCHAR[], assets.person_id)
    QUALIFY row_number() OVER (PARTITION BY assets.asset_id ORDER BY assets.made_at DESC) = 1
    ORDER BY assets.asset_id
"""
_ADD_ASSETS: Final = """
    INSERT INTO voice_assets
    SELECT asset_id, $run_id, person_id, status, reason, script_sha256, file_name, sha256,
           files::JSON, seconds, checks::JSON, $now
    FROM (SELECT unnest($asset_ids::VARCHAR[]) AS asset_id,
                 unnest($person_ids::VARCHAR[]) AS person_id,
                 unnest($statuses::VARCHAR[]) AS status, unnest($reasons::VARCHAR[]) AS reason,
                 unnest($scripts::VARCHAR[]) AS script_sha256,
                 unnest($names::VARCHAR[]) AS file_name, unnest($shas::VARCHAR[]) AS sha256,
                 unnest($files::VARCHAR[]) AS files, unnest($seconds::DOUBLE[]) AS seconds,
                 unnest($checks::VARCHAR[]) AS checks)
"""


def earlier_assets(store: Store, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return, by asset id, what earlier runs have ready for these people."""
    return {row["asset_id"]: row for row in store.records(_EARLIER, ids=list(ids))}


def keep_assets(store: Store, run_id: str, assets: Sequence[Asset]) -> None:
    """Write the rows of some people's assets; whoever asks is in a transaction."""
    store.run(
        _ADD_ASSETS, run_id=run_id, now=store.now(),
        asset_ids=[asset.asset_id for asset in assets],
        person_ids=[asset.person_id for asset in assets],
        statuses=[asset.status for asset in assets],
        reasons=[asset.reason for asset in assets],
        scripts=[asset.script_sha256 for asset in assets],
        names=[asset.file_name for asset in assets],
        shas=[asset.sha256 for asset in assets],
        files=[json.dumps(dict(asset.files)) for asset in assets],
        seconds=[asset.seconds for asset in assets],
        checks=[json.dumps(list(asset.checks)) for asset in assets],
    )  # fmt: skip


_ADD_RUN: Final = """
    INSERT INTO voice_runs
    SELECT $run_id, $campaign_id, $variant_id, $version, $content_sha256, $speaker_id,
           $profile_version, $consent_id, $engine, $settings, $folder,
           count(*), count(*) FILTER (status = 'ready'), count(*) FILTER (status = 'held'),
           count(*) FILTER (status = 'failed'),
           sha256(coalesce(string_agg(concat_ws(' ', asset_id, status, sha256), chr(10)
                                      ORDER BY asset_id), '')), $now, $actor
    FROM voice_assets WHERE run_id = $run_id
    ON CONFLICT (run_id) DO UPDATE SET
        assets = excluded.assets, ready = excluded.ready, held = excluded.held,
        failed = excluded.failed, manifest_sha256 = excluded.manifest_sha256
"""
_COUNTS: Final = """
    SELECT assets, ready, held, failed,
           coalesce((SELECT reason FROM voice_assets AS told
                     WHERE told.run_id = runs.run_id AND told.status <> 'ready'
                     ORDER BY told.status, told.asset_id LIMIT 1), '')
    FROM voice_runs AS runs WHERE run_id = $run_id
"""


def count_run(store: Store, run_id: str, told: Mapping[str, Any], *, actor: str) -> None:
    """Write a run's row with the counts so far.

    It stands before the first file and is counted anew with each batch, so that whatever a run
    that broke off has made is found, held, erased and deleted like the rest.
    """
    values = {**told, "settings": json.dumps(told["settings"])}
    store.run(_ADD_RUN, run_id=run_id, **values, now=store.now(), actor=actor)


def keep_run(
    store: Store, run_id: str, told: Mapping[str, Any], *, reused: int, stopped: str, actor: str
) -> VoiceRun:
    """Close a run with its counts, and with a row of the audit.

    Args:
        store: Reads ``voice_assets``; writes ``voice_runs`` and the audit row.
        run_id: Whose.
        told: The run's columns that are known from its beginning.
        reused: How many assets were there already.
        stopped: Why it ended early, or empty.
        actor: Who had it made.
    """
    with store.transaction():
        count_run(store, run_id, told, actor=actor)
        assets, ready, held, failed, reason = store.read(_COUNTS, run_id=run_id)[0]
        record(
            store, "voice.made", run_id, actor=actor, campaign_id=told["campaign_id"],
            variant_id=told["variant_id"], version=told["version"],
            content_sha256=told["content_sha256"], speaker_id=told["speaker_id"],
            consent_id=told["consent_id"], engine=told["engine"], assets=assets, ready=ready,
            held=held, failed=failed, has_disclosure=told["settings"]["has_disclosure"],
            why_no_disclosure=told["settings"]["why_not"],
        )  # fmt: skip
    return VoiceRun(run_id, assets, ready, held, failed, reused, stopped, reason)


_RUN: Final = """
    SELECT runs.*, CAST(runs.settings AS VARCHAR) AS told, campaigns.name AS campaign,
           campaigns.dataset_id, speakers.name AS speaker, variants.locale, variants.subject
    FROM voice_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    LEFT JOIN speakers ON speakers.speaker_id = runs.speaker_id
    LEFT JOIN variants ON variants.variant_id = runs.variant_id AND variants.version = runs.version
    WHERE run_id = $run_id
"""


def run_of(store: Store, run_id: str) -> dict[str, Any]:
    """Return a run as its row says it.

    Raises:
        InputError: There is none.
    """
    found = store.records(_RUN, run_id=run_id)
    if not found:
        raise InputError(f"There is no voice run {run_id!r}. The Voice studio lists them.")
    run = found[0]
    return {**run, "settings": json.loads(run["told"]), "folder": Path(run["folder"])}
