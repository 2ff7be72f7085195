"""What may be spoken now: approved messages, for how many people, and how many have files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.voice.delivery import HOUSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

_SCRIPTS: Final = """
    WITH chosen AS (
        SELECT variant_id, version, prospect_id AS person_id,
               sha256(trim(regexp_replace(concat_ws(chr(10), body, call_to_action),
                                          '\\s+', ' ', 'g'))) AS said
        FROM latest_outreach_messages WHERE status = 'ready'
    ), counted AS (
        SELECT variant_id, version, count(*) AS people FROM chosen GROUP BY variant_id, version
    ), eligible AS (
        SELECT campaign_id, segment, count(*) AS people FROM audience
        WHERE bucket = 'eligible' GROUP BY campaign_id, segment
    ), words AS (
        SELECT * FROM speakable_variants
        WHERE ($campaign_id = '' OR campaign_id = $campaign_id)
          AND (NOT is_for_prospects OR channel IN ('video_script', 'call_snippet'))
    ), newest AS (
        SELECT runs.variant_id, assets.person_id, assets.status,
               assets.status = 'ready' AND removed.asset_id IS NULL
                   AND (chosen.said IS NULL OR chosen.said = assets.script_sha256) AS is_made
        FROM voice_assets AS assets
        JOIN voice_runs AS runs ON runs.run_id = assets.run_id
        JOIN words ON words.variant_id = runs.variant_id AND words.version = runs.version
                  AND words.content_sha256 = runs.content_sha256
        LEFT JOIN chosen ON chosen.variant_id = runs.variant_id AND chosen.version = runs.version
                        AND chosen.person_id = assets.person_id
        LEFT JOIN voice_removals AS removed
            ON removed.run_id = assets.run_id AND removed.asset_id = assets.asset_id
        WHERE runs.speaker_id = $speaker_id
          AND (NOT words.is_for_prospects OR chosen.person_id IS NOT NULL)
        QUALIFY row_number() OVER (PARTITION BY runs.variant_id, assets.person_id
                                   ORDER BY assets.made_at DESC, assets.run_id) = 1
    ), made AS (
        SELECT variant_id, count(*) FILTER (is_made) AS made,
               count(*) FILTER (status <> 'ready') AS held
        FROM newest GROUP BY variant_id
    )
    SELECT words.campaign_id, campaigns.name AS campaign, words.variant_id, words.version,
           words.channel, words.kind, words.segment, words.arm, words.locale, words.body,
           words.is_for_prospects,
           coalesce(counted.people, CASE WHEN is_for_prospects THEN 0 ELSE eligible.people END, 0)
               AS people,
           coalesce(made.made, 0) AS made, coalesce(made.held, 0) AS held
    FROM words
    JOIN campaigns ON campaigns.campaign_id = words.campaign_id
    LEFT JOIN counted ON counted.variant_id = words.variant_id AND counted.version = words.version
    LEFT JOIN eligible ON eligible.campaign_id = words.campaign_id
                      AND eligible.segment = words.segment
    LEFT JOIN made ON made.variant_id = words.variant_id
    ORDER BY words.is_for_prospects DESC, campaigns.created_at DESC, words.campaign_id,
             words.channel DESC, words.segment, people DESC, words.variant_id
"""


@dataclass(frozen=True, slots=True)
class SpeakableScript:
    """An approved message that may be spoken.

    Attributes:
        people: For whom it was chosen, or who may be written to of its segment.
        made: How many of them have a file, in the delivery that was asked for, that says what was
            chosen for them.
        held: For how many of them none could be made when it was last tried.
    """

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
    made: int = 0
    held: int = 0

    @property
    def missing(self) -> int:
        """Return how many people have no file yet, whether or not one was tried."""
        return max(0, self.people - self.made)


def speakable_scripts(
    store: Store, campaign_id: str = "", *, speaker_id: str = HOUSE
) -> list[SpeakableScript]:
    """List what may be spoken: scripts for prospects first, then messages to customers.

    Args:
        store: Reads ``speakable_variants``, who they are for, ``voice_runs`` and ``voice_assets``.
        campaign_id: Of one campaign; empty is all.
        speaker_id: In whose delivery files are counted.
    """
    rows = store.records(_SCRIPTS, campaign_id=campaign_id, speaker_id=speaker_id)
    return [SpeakableScript(**row) for row in rows]


def scripts_for_people(
    store: Store, campaign_id: str, *, channels: Sequence[str] = ()
) -> list[SpeakableScript]:
    """List the scripts of a campaign that were chosen for somebody, on some channels or on all.

    Messages to customers are none: which of a segment's messages somebody gets is drawn by a test.
    """
    return [
        script
        for script in speakable_scripts(store, campaign_id)
        if script.is_for_prospects
        and script.people
        and (not channels or script.channel in channels)
    ]
