"""What the Voice studio shows: scripts that may be spoken, speakers, consents, runs and files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import voice
from personalization.reports.campaigns import Job
from personalization.reports.voice_files import (
    MOST_FILES,
    best_runs,
    files,
    holds,
    publications,
    runs,
    sound_of,
    to_call_back,
)
from personalization.voice import EVERYTHING, STATEMENT, WHAT_IS_MATCHED, SpeakableScript

if TYPE_CHECKING:
    from datetime import date, datetime

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
    "to_call_back",
]

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


def compared(speaker: Speaker) -> list[dict[str, Any]]:
    """Return each measure of a speaker beside what the voice reaches, as the fit left it."""
    found = speaker.errors.get("measures", {})
    return [
        {"measure": name, "wanted": round(told["wanted"], 2), "reached": round(told["reached"], 2),
         "tolerances": round(told["tolerances"], 2), "out_of_reach": told["out_of_reach"]}
        for name, told in found.items()
    ]  # fmt: skip
