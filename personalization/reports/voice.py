"""What the Voice studio shows: scripts that may be spoken, speakers, consents, runs and files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.errors import StateError
from personalization.reports.campaigns import Job
from personalization.voice import EVERYTHING, STATEMENT, WHAT_IS_MATCHED, SpeakableScript

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import pandas as pd

    from personalization.store import Store

__all__ = [
    "EVERYTHING",
    "MOST_FILES",
    "STATEMENT",
    "WHAT_IS_MATCHED",
    "SpeakableScript",
    "Speaker",
    "best_runs",
    "campaigns",
    "compared",
    "consents",
    "files",
    "holds",
    "job_of",
    "publications",
    "runs",
    "scripts",
    "sound_of",
    "speakers",
]

MOST_FILES: Final = 500
"""Files of a run that a page lists."""

_CAMPAIGNS: Final = """
    SELECT campaigns.campaign_id, any_value(campaigns.name) AS name
    FROM speakable_variants AS words
    JOIN campaigns ON campaigns.campaign_id = words.campaign_id
    WHERE NOT words.is_for_prospects OR words.channel IN ('video_script', 'call_snippet')
    GROUP BY campaigns.campaign_id
    ORDER BY bool_or(words.is_for_prospects) DESC, any_value(campaigns.created_at) DESC,
             campaigns.campaign_id
"""


def campaigns(store: Store) -> dict[str, str]:
    """Return by id the names of campaigns with words that may be spoken, outreach first."""
    return {str(campaign_id): str(name) for campaign_id, name in store.read(_CAMPAIGNS)}


def scripts(
    store: Store, campaign_id: str = "", *, speaker_id: str = voice.HOUSE
) -> list[SpeakableScript]:
    """List what may be spoken of a campaign or of all, with the files there are in a delivery."""
    return voice.speakable_scripts(store, campaign_id, speaker_id=speaker_id)


_JOB: Final = """
    SELECT * FROM jobs WHERE campaign_id = $campaign_id AND kind = 'voice'
    ORDER BY started_at DESC, job_id LIMIT 1
"""


def job_of(store: Store, campaign_id: str) -> Job | None:
    """Return the newest job that makes or made files of a campaign; whatever else runs is none."""
    rows = store.records(_JOB, campaign_id=campaign_id)
    return Job(**rows[0]) if rows else None


_SPEAKERS: Final = """
    WITH newest AS (
        SELECT speaker_id, max(version) AS version FROM speaker_profiles GROUP BY speaker_id
    ), standing AS (
        SELECT speaker_id, count(*) AS consents, max(expires_on) AS until,
               count(*) FILTER (expires_on IS NULL) AS endless
        FROM standing_speaker_consents($day) GROUP BY speaker_id
    )
    SELECT speakers.speaker_id, speakers.name, speakers.is_person, speakers.language,
           profiles.version, profiles.engine, profiles.reference_seconds, profiles.error,
           CAST(profiles.measures AS VARCHAR) AS measures,
           CAST(profiles.dials AS VARCHAR) AS dials, CAST(profiles.errors AS VARCHAR) AS errors,
           profiles.fitted_at, coalesce(standing.consents, 0) AS consents,
           CASE WHEN standing.endless = 0 THEN standing.until END AS until
    FROM speakers
    LEFT JOIN newest ON newest.speaker_id = speakers.speaker_id
    LEFT JOIN speaker_profiles AS profiles ON profiles.speaker_id = newest.speaker_id
                                          AND profiles.version = newest.version
    LEFT JOIN standing ON standing.speaker_id = speakers.speaker_id
    ORDER BY speakers.is_person, speakers.name, speakers.speaker_id
"""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker as the studio shows one.

    Attributes:
        error: Mean difference from the recording, in tolerances; None for the house voice.
        consents: How many stand today.
        until: The last day of the last one; None where one has no end, or none stands.
    """

    speaker_id: str
    name: str
    is_person: bool
    language: str
    version: int | None
    engine: str | None
    reference_seconds: float | None
    error: float | None
    measures: dict[str, Any]
    dials: dict[str, Any]
    errors: Any
    fitted_at: datetime | None
    consents: int
    until: date | None

    @property
    def may_speak(self) -> bool:
        """Tell whether anything may be spoken in this delivery today."""
        return not self.is_person or (self.consents > 0 and self.version is not None)


def speakers(store: Store) -> list[Speaker]:
    """List the speakers, synthetic ones first."""
    rows = store.records(_SPEAKERS, day=store.now().date())
    return [
        Speaker(**{
            **row,
            **{name: json.loads(row[name] or "{}") for name in ("measures", "dials", "errors")},
        })
        for row in rows
    ]  # fmt: skip


_CONSENTS: Final = """
    SELECT given.consent_id, given.speaker_id, speakers.name AS speaker, given.subject, given.kind,
           given.language, CAST(given.scope AS VARCHAR) AS scope, given.recorded_at,
           given.verifier, given.expires_on, taken.revoked_at, taken.reason,
           CASE WHEN taken.consent_id IS NOT NULL THEN 'revoked'
                WHEN given.expires_on < $day THEN 'expired' ELSE 'stands' END AS state
    FROM speaker_consents AS given
    LEFT JOIN speakers ON speakers.speaker_id = given.speaker_id
    LEFT JOIN speaker_revocations AS taken ON taken.consent_id = given.consent_id
    ORDER BY given.kept_at DESC, given.consent_id
"""


def consents(store: Store) -> list[dict[str, Any]]:
    """List the register, the newest first; ``state`` is stands, expired or revoked."""
    return [
        {**row, "scope": json.loads(row["scope"])}
        for row in store.records(_CONSENTS, day=store.now().date())
    ]


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


def files(store: Store, run_ids: Sequence[str], *, most: int = MOST_FILES) -> pd.DataFrame:
    """Return the first files of runs with how they stand now, and for whom they are."""
    return store.frame(_FILES, day=store.now().date(), run_ids=list(run_ids), most=most)


def holds(store: Store, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """List why files of runs may not be used now, the reasons of most files first."""
    return store.records(_REASONS, day=store.now().date(), run_ids=list(run_ids))


def publications(store: Store, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """List what was handed over of runs, the newest first; one ZIP counts once."""
    return store.records(_PUBLISHED, run_ids=list(run_ids))


def compared(speaker: Speaker) -> list[dict[str, Any]]:
    """Return each measure of a speaker beside what the voice reaches, as the fit left it."""
    found = speaker.errors.get("measures", {})
    return [
        {"measure": name, "wanted": round(told["wanted"], 2), "reached": round(told["reached"], 2),
         "tolerances": round(told["tolerances"], 2), "out_of_reach": told["out_of_reach"]}
        for name, told in found.items()
    ]  # fmt: skip


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
