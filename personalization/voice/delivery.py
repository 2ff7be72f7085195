"""In whose delivery something is spoken: a measured speaker's dials, or the house voice's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.providers.speech import Dials
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

HOUSE: Final = "house"
"""The id of the synthetic voice that is always there, as its engine speaks by itself."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a speaker's words are said.

    Attributes:
        version: Of the profile; 0 is the house voice.
        voice: Of the engine; empty is its default.
        dials: What the engine is told.
        is_person: Whether somebody's consent is wanted.
    """

    speaker_id: str
    name: str
    version: int
    voice: str
    dials: Dials
    is_person: bool


_ADD_HOUSE: Final = """
    INSERT INTO speakers
    SELECT $speaker_id, 'House voice', false, 'en', $now, $actor
    WHERE $speaker_id NOT IN (SELECT speaker_id FROM speakers)
"""
_SPEAKER: Final = """
    SELECT speakers.*, profiles.version, CAST(profiles.dials AS VARCHAR) AS told,
           (SELECT string_agg(DISTINCT engine, ', ' ORDER BY engine) FROM speaker_profiles
            WHERE speaker_id = $speaker_id) AS fitted_on
    FROM speakers
    LEFT JOIN speaker_profiles AS profiles ON profiles.speaker_id = speakers.speaker_id
                                          AND starts_with(profiles.engine, $engine)
    WHERE speakers.speaker_id = $speaker_id
    ORDER BY profiles.version DESC NULLS LAST LIMIT 1
"""


def keep_house_voice(store: Store, *, actor: str) -> None:
    """See to it that the synthetic house voice is among the speakers; twice does nothing more."""
    with store.transaction():
        if store.run(_ADD_HOUSE, speaker_id=HOUSE, now=store.now(), actor=actor):
            record(store, "speaker.added", HOUSE, actor=actor, is_person=False)


def delivery_of(store: Store, speaker_id: str, *, engine: str) -> Delivery:
    """Return the newest delivery of a speaker that was fitted on an engine.

    Dials of one engine mean nothing to another, which would speak as if there were none.

    Args:
        store: Reads ``speakers`` and ``speaker_profiles``.
        speaker_id: Whose.
        engine: Its name, such as ``espeak``; any version of it.

    Raises:
        InputError: There is no such speaker.
        StateError: The speaker was never measured, or fitted on other engines only.
    """
    found = store.records(_SPEAKER, speaker_id=speaker_id, engine=engine)
    if not found:
        raise InputError(f"There is no speaker {speaker_id!r}. Measure one, or use {HOUSE!r}.")
    row = found[0]
    if row["told"] is None:
        if row["fitted_on"]:
            raise StateError(
                f"{row['name']} was fitted on {row['fitted_on']}, and {engine} is in use now. Fit "
                "the recording again, or go back to that engine under [voice] in the settings."
            )
        if row["is_person"]:
            raise StateError(f"{row['name']} was not measured yet. Upload a recording first.")
        return Delivery(speaker_id, row["name"], 0, "", Dials(), is_person=False)
    voice, dials = _read(json.loads(row["told"]))
    return Delivery(
        speaker_id, row["name"], int(row["version"]), voice, dials, is_person=row["is_person"]
    )


def _read(told: dict[str, Any]) -> tuple[str, Dials]:
    """Take the voice out of what was kept, and the dials."""
    voice = str(told.pop("voice", ""))
    return voice, Dials.of_json(told)
