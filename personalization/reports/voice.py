"""What the Voice studio shows: scripts that may be spoken, speakers, consents, runs and files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.errors import StateError
from personalization.voice import EVERYTHING, STATEMENT, WHAT_IS_MATCHED

if TYPE_CHECKING:
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
    "compared",
    "consents",
    "files",
    "publications",
    "runs",
    "scripts",
    "sound_of",
    "speakers",
]

MOST_FILES: Final = 500
"""Files of a run that a page lists."""

_SCRIPTS: Final = """
    WITH chosen AS (
        SELECT variant_id, version, count(*) AS people FROM latest_outreach_messages
        WHERE status = 'ready' GROUP BY variant_id, version
    ), eligible AS (
        SELECT campaign_id, segment, count(*) AS people FROM audience
        WHERE bucket = 'eligible' GROUP BY campaign_id, segment
    )
    SELECT words.campaign_id, campaigns.name AS campaign, words.variant_id, words.version,
           words.channel, words.kind, words.segment, words.arm, words.locale, words.body,
           words.is_for_prospects,
           coalesce(chosen.people, CASE WHEN is_for_prospects THEN 0 ELSE eligible.people END, 0)
               AS people
    FROM speakable_variants AS words
    JOIN campaigns ON campaigns.campaign_id = words.campaign_id
    LEFT JOIN chosen ON chosen.variant_id = words.variant_id AND chosen.version = words.version
    LEFT JOIN eligible ON eligible.campaign_id = words.campaign_id
                      AND eligible.segment = words.segment
    WHERE NOT words.is_for_prospects OR words.channel IN ('video_script', 'call_snippet')
    ORDER BY words.is_for_prospects DESC, campaigns.created_at DESC, words.segment, words.variant_id
"""


@dataclass(frozen=True, slots=True)
class SpeakableScript:
    """An approved message that may be spoken, and for how many people."""

    campaign_id: str
    campaign: str
    variant_id: str
    version: int
    channel: str
    kind: str
    segment: str
    arm: str
    locale: str
    body: str
    is_for_prospects: bool
    people: int


def scripts(store: Store) -> list[SpeakableScript]:
    """List what may be spoken: scripts for prospects first, then messages to customers."""
    return [SpeakableScript(**row) for row in store.records(_SCRIPTS)]


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
               count(*) FILTER (status = 'ready' AND hold <> '') AS held_since,
               sum(seconds) FILTER (status = 'ready') AS seconds
        FROM voice_asset_states($day) GROUP BY run_id
    )
    SELECT runs.settings->>'$.listened.alignment' AS alignment,
           runs.settings->>'$.listened.style_error' AS style_error,
           runs.run_id, runs.campaign_id, campaigns.name AS campaign, runs.variant_id,
           runs.version, coalesce(told.channel, 'email') AS channel, speakers.name AS speaker,
           runs.engine, runs.assets, runs.ready, runs.held, runs.failed, now.usable,
           now.held_since, coalesce(now.seconds, 0) AS seconds, runs.made_at, runs.made_by
    FROM voice_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    LEFT JOIN now ON now.run_id = runs.run_id
    LEFT JOIN variant_channels AS told ON told.variant_id = runs.variant_id
    LEFT JOIN speakers ON speakers.speaker_id = runs.speaker_id
    WHERE runs.assets > 0
    ORDER BY runs.made_at DESC, runs.run_id
"""
_FILES: Final = """
    SELECT person_id, CASE WHEN hold = '' THEN 'ready' WHEN status = 'failed' THEN 'failed'
                           ELSE 'held' END AS state,
           hold, seconds, file_name, asset_id, CAST(checks AS VARCHAR) AS checks
    FROM voice_asset_states($day) WHERE run_id = $run_id
    ORDER BY state, person_id, asset_id LIMIT $most
"""
_PUBLISHED: Final = """
    SELECT publication_id, purpose, file_name, assets, made_at, made_by FROM voice_publications
    WHERE run_id = $run_id ORDER BY made_at DESC, publication_id
"""


def runs(store: Store) -> list[dict[str, Any]]:
    """List the runs, the newest first, with how many of their files may be used today."""
    return store.records(_RUNS, day=store.now().date())


def files(store: Store, run_id: str, *, most: int = MOST_FILES) -> pd.DataFrame:
    """Return the first files of a run with how they stand now."""
    return store.frame(_FILES, day=store.now().date(), run_id=run_id, most=most)


def publications(store: Store, run_id: str) -> list[dict[str, Any]]:
    """List what was handed over of a run, the newest first."""
    return store.records(_PUBLISHED, run_id=run_id)


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
