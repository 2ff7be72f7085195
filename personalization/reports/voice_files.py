"""Spoken files as they stand now: runs, what holds each file, listening to one, and hand-overs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from personalization.store import Store

MOST_FILES: Final = 500
"""Files of a run that a page lists."""

_RUNS: Final = """
    WITH now AS (
        SELECT run_id, count(*) FILTER (status = 'ready' AND hold = '') AS usable,
               sum(seconds) FILTER (status = 'ready') AS seconds
        FROM voice_asset_states($day) GROUP BY run_id
    )
    SELECT runs.settings->>'$.listened.alignment' AS alignment,
           runs.settings->>'$.listened.style_error' AS style_error,
           runs.run_id, runs.campaign_id, campaigns.name AS campaign, runs.variant_id,
           runs.version, coalesce(told.channel, 'email') AS channel, runs.speaker_id,
           coalesce(words.segment, '') AS segment, coalesce(words.arm, '') AS arm,
           speakers.name AS speaker, runs.engine, runs.assets, runs.ready, runs.held, runs.failed,
           coalesce(now.usable, 0) AS usable,
           runs.assets - coalesce(now.usable, 0) - runs.failed AS on_hold,
           runs.ready - coalesce(now.usable, 0) AS held_since,
           coalesce(now.seconds, 0) AS seconds, runs.made_at, runs.made_by
    FROM voice_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    LEFT JOIN now ON now.run_id = runs.run_id
    LEFT JOIN variants AS words ON words.variant_id = runs.variant_id
                               AND words.version = runs.version
    LEFT JOIN variant_channels AS told ON told.variant_id = runs.variant_id
    LEFT JOIN speakers ON speakers.speaker_id = runs.speaker_id
    WHERE runs.assets > 0
    ORDER BY runs.made_at DESC, runs.run_id
"""
_FILES: Final = """
    SELECT states.run_id, states.person_id,
           coalesce(people.full_name, people.first_name, own.first_name, '') AS name,
           coalesce(people.company, '') AS company,
           CASE WHEN hold = '' THEN 'ready' WHEN status = 'failed' THEN 'failed' ELSE 'held' END
               AS state,
           hold, seconds, file_name, asset_id, CAST(checks AS VARCHAR) AS checks
    FROM voice_asset_states($day) AS states
    LEFT JOIN prospects AS people ON people.dataset_id = states.dataset_id
                                 AND people.prospect_id = states.person_id
    LEFT JOIN customers AS own ON own.dataset_id = states.dataset_id
                              AND own.customer_id = states.person_id
    WHERE list_contains($run_ids::VARCHAR[], run_id)
      AND ($wanted = '' OR state = $wanted)
    ORDER BY state, name, person_id, asset_id LIMIT $most
"""
_REASONS: Final = """
    SELECT hold, CASE WHEN status = 'failed' THEN 'failed' ELSE 'held' END AS state,
           count(*) AS files
    FROM voice_asset_states($day)
    WHERE hold <> '' AND list_contains($run_ids::VARCHAR[], run_id)
    GROUP BY ALL ORDER BY files DESC, hold, state LIMIT 50
"""
_PUBLISHED: Final = """
    SELECT sha256, any_value(purpose) AS purpose, any_value(file_name) AS file_name,
           sum(assets)::BIGINT AS assets, max(made_at) AS made_at, any_value(made_by) AS made_by
    FROM voice_publications
    WHERE list_contains($run_ids::VARCHAR[], run_id)
    GROUP BY sha256 ORDER BY made_at DESC, sha256
"""


_TO_CALL_BACK: Final = """
    SELECT speakers.name AS speaker, campaigns.name AS campaign, given.purpose, given.file_name,
           sum(given.assets)::BIGINT AS assets, max(given.made_at) AS made_at,
           any_value(given.made_by) AS made_by
    FROM voice_publications AS given
    JOIN voice_runs AS runs ON runs.run_id = given.run_id
    JOIN speakers ON speakers.speaker_id = runs.speaker_id
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    WHERE speakers.is_person
      AND runs.consent_id IN (SELECT consent_id FROM speaker_revocations)
    GROUP BY speakers.name, campaigns.name, given.purpose, given.file_name, given.sha256
    ORDER BY made_at DESC, given.sha256
"""


def to_call_back(store: Store) -> list[dict[str, Any]]:
    """List what was handed over in the delivery of speakers who took their consent back since."""
    return store.records(_TO_CALL_BACK)


def runs(store: Store) -> list[dict[str, Any]]:
    """List the runs, the newest first, with how many of their files may be used today."""
    return store.records(_RUNS, day=store.now().date())


def best_runs(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of each script the run with most files that may be used; the newest of equals.

    A run that was stopped half-way so never stands in for a whole one from before.

    Args:
        found: Runs, the newest first.
    """
    best: dict[str, dict[str, Any]] = {}
    for run in found:
        known = best.get(run["variant_id"])
        if known is None or run["usable"] > known["usable"]:
            best[run["variant_id"]] = run
    return list(best.values())


def files(
    store: Store, run_ids: Sequence[str], *, state: str = "", most: int = MOST_FILES
) -> pd.DataFrame:
    """Return the first files of runs with how they stand now, and for whom they are.

    Args:
        store: Reads ``voice_asset_states`` and the people.
        run_ids: Whose files.
        state: Only those that are ready, held or failed; empty is all.
        most: So many at most.
    """
    return store.frame(
        _FILES, day=store.now().date(), run_ids=list(run_ids), wanted=state, most=most
    )


def holds(store: Store, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """List why files of runs may not be used now, the reasons of most files first."""
    return store.records(_REASONS, day=store.now().date(), run_ids=list(run_ids))


def publications(store: Store, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """List what was handed over of runs, the newest first; one ZIP counts once."""
    return store.records(_PUBLISHED, run_ids=list(run_ids))


def sound_of(store: Store, run_id: str, asset_id: str) -> bytes:
    """Return the sound of an asset, for listening, where it may be used now.

    Raises:
        StateError: It is held, or its file is missing or not as it was made.
    """
    run = voice.run_of(store, run_id)
    for asset in voice.states_of(store, run_id):
        if asset["asset_id"] == asset_id:
            if asset["hold"]:
                raise StateError(f"There is no file to listen to: {asset['hold']}")
            return voice.files_of(run["folder"], asset)["wav"]
    raise StateError("This run has no such file.")
