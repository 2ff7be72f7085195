"""Speakers and their profiles as rows: figures and fingerprints, never the sound."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.errors import InputError
from personalization.providers.speech import Dials
from personalization.store import record
from personalization.voice.profiles import MeasureError, Measures, SpeakerProfile

if TYPE_CHECKING:
    from personalization.store import Store

_LONGEST_NAME: Final = 120

_ADD: Final = """
    INSERT INTO speakers VALUES ($speaker_id, $name, $is_person, $language, $now, $actor)
"""
_SPEAKER: Final = "SELECT name, language FROM speakers WHERE speaker_id = $speaker_id"
_NAMED: Final = "SELECT speaker_id FROM speakers WHERE lower(name) = lower($name)"
_NEWEST: Final = """
    SELECT version, reference_sha256, engine, CAST(measures AS VARCHAR) AS measures,
           CAST(dials AS VARCHAR) AS dials, CAST(errors AS VARCHAR) AS errors, error
    FROM speaker_profiles WHERE speaker_id = $speaker_id ORDER BY version DESC LIMIT 1
"""
_KEEP: Final = """
    INSERT INTO speaker_profiles
    SELECT $speaker_id, 1 + coalesce(max(version), 0), $reference_sha256, $reference_seconds,
           $measures, $engine, $dials, $errors, $error, $now, $actor
    FROM speaker_profiles WHERE speaker_id = $speaker_id
"""


def add_speaker(store: Store, *, name: str, is_person: bool, language: str, actor: str) -> str:
    """Enter a speaker, and return the id.

    Args:
        store: Writes ``speakers`` and one audit row, which names nobody.
        name: Under which the team knows the speaker.
        is_person: Whether it is somebody whose consent is wanted before anything is spoken.
        language: Such as ``en-GB``, in which the recording is.
        actor: Who enters it.

    Raises:
        InputError: The name is empty, too long or taken.
    """
    said = " ".join(name.split())
    if not 0 < len(said) <= _LONGEST_NAME:
        raise InputError(f"A speaker's name has 1 to {_LONGEST_NAME} characters.")
    if store.read_one(_NAMED, name=said):
        raise InputError(f"There is a speaker called {said!r}. Choose that one, or another name.")
    speaker_id = f"sp{uuid4().hex[:10]}"
    with store.transaction():
        store.run(
            _ADD, speaker_id=speaker_id, name=said, is_person=is_person, language=language,
            now=store.now(), actor=actor,
        )  # fmt: skip
        record(store, "speaker.added", speaker_id, actor=actor, is_person=is_person)
    return speaker_id


def speaker_language(store: Store, speaker_id: str) -> str:
    """Return the language of a speaker's recording.

    Raises:
        InputError: There is no such speaker.
    """
    row = store.read_one(_SPEAKER, speaker_id=speaker_id)
    if row is None:
        raise InputError(f"There is no speaker {speaker_id!r}. Add one first.")
    return str(row[1])


def keep_profile(
    store: Store,
    speaker_id: str,
    profile: SpeakerProfile,
    *,
    reference_sha256: str,
    reference_seconds: float,
    actor: str,
) -> int:
    """Keep a fitted profile as the speaker's newest version, and return its number.

    The same recording fitted to the same dials again is the version that is there already.

    Args:
        store: Writes ``speaker_profiles`` and one audit row.
        speaker_id: Whose.
        profile: As ``fitting.fit_speaker`` found it.
        reference_sha256: Of the recording, which itself is not kept.
        reference_seconds: Its length.
        actor: Who had it fitted.

    Raises:
        InputError: There is no such speaker.
    """
    speaker_language(store, speaker_id)
    values = {
        "measures": json.dumps(profile.measures.as_json()),
        "engine": profile.engine,
        "dials": json.dumps({"voice": profile.voice, **profile.dials.as_json()}),
    }
    with store.transaction():
        newest = store.records(_NEWEST, speaker_id=speaker_id)
        if newest and _is_same(newest[0], reference_sha256, values):
            return int(newest[0]["version"])
        store.run(
            _KEEP, speaker_id=speaker_id, reference_sha256=reference_sha256,
            reference_seconds=reference_seconds, errors=json.dumps(errors_as_json(profile)),
            error=profile.error, now=store.now(), actor=actor, **values,
        )  # fmt: skip
        record(
            store, "speaker.fitted", speaker_id, actor=actor, engine=profile.engine,
            error=round(profile.error, 3), reference_sha256=reference_sha256,
        )  # fmt: skip
        return int(store.records(_NEWEST, speaker_id=speaker_id)[0]["version"])


def profile_of(store: Store, speaker_id: str) -> SpeakerProfile | None:
    """Return the newest profile of a speaker; None where none was fitted."""
    rows = store.records(_NEWEST, speaker_id=speaker_id)
    if not rows:
        return None
    row = rows[0]
    dials, told = json.loads(row["dials"]), json.loads(row["errors"])
    voice = str(dials.pop("voice", ""))
    errors = (MeasureError(measure=name, **found) for name, found in told["measures"].items())
    return SpeakerProfile(
        measures=Measures.of_json(json.loads(row["measures"])),
        engine=row["engine"], voice=voice, dials=Dials.of_json(dials),
        errors=tuple(errors),
        error=float(row["error"]), before=float(told["before"]), iterations=int(told["iterations"]),
    )  # fmt: skip


def errors_as_json(profile: SpeakerProfile) -> dict[str, Any]:
    """Return the errors by measure, with the mean before the fit and what the fit took."""
    measures = {
        error.measure: {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(error).items()
            if name != "measure"
        }
        for error in profile.errors
    }
    return {
        "measures": measures,
        "before": round(profile.before, 4),
        "iterations": profile.iterations,
    }


def _is_same(row: dict[str, Any], reference_sha256: str, values: dict[str, str]) -> bool:
    return bool(
        row["reference_sha256"] == reference_sha256
        and row["engine"] == values["engine"]
        and json.loads(row["dials"]) == json.loads(values["dials"])
    )
