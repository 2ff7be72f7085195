"""One person's file: rendered, checked, marked and written under the person's id and its hash.

Nobody ever gets another person's file: what cannot be made is held or failed and has no file, and
a name says whose it is and what is in it, never in which row somebody stood.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import PersonalizationError
from personalization.providers.speech import MissingVoiceError
from personalization.voice.captions import cues_of, srt, vtt
from personalization.voice.checking import check_sound, failed
from personalization.voice.encoding import encoded, wav_parts
from personalization.voice.tagging import sign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.voice.credentials import Signer
    from personalization.voice.encoding import Buffer
    from personalization.voice.filling import Listener
    from personalization.voice.listened import Listening
    from personalization.voice.saying import Piece
    from personalization.voice.splicing import Sound
    from personalization.voice.studio import Studio
    from personalization.voice.tagging import Provenance

SOUND: Final = ("wav", "mp3", "opus", "flac")
"""Endings of files that are heard, among those of an asset."""

_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MOST_NAME: Final = 48  # characters of an id in a file's name


@dataclass(frozen=True, slots=True)
class Asset:
    """What was made for one person: a row of ``voice_assets``.

    Attributes:
        asset_id: Fingerprint of the person and of all that it was made from.
        status: ready, held or failed.
        reason: Why it is not ready, in words; empty where it is.
        file_name: Of the WAV; None where there is no file, likewise below.
        files: Ending -> fingerprint, of everything that was written.
        checks: What the sound was held to.
        is_reused: Whether it was there already, as it should be.
    """

    asset_id: str
    person_id: str
    status: str
    reason: str
    script_sha256: str
    file_name: str | None = None
    sha256: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    checks: tuple[dict[str, Any], ...] = ()
    is_reused: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """Where assets are made: the studio, the folder, and what every file says of itself.

    Attributes:
        earlier: By asset id, what an earlier run made from the very same things.
        listening: What is listened to in some files; None leaves it out.
        sample: Ids of the people whose files are listened to.
        signer: Signs Content Credentials; None leaves them out.
    """

    studio: Studio
    folder: Path
    provenance: Provenance
    signer: Signer | None
    earlier: Mapping[str, Mapping[str, Any]]
    listening: Listening | None = None
    sample: frozenset[str] = frozenset()


def asset_id_of(person_id: str, studio: Studio, pieces: Sequence[Piece]) -> str:
    """Return the id of an asset: the same for the same person, words, voice and options."""
    words = [
        (each.spoken, [(slot.start, slot.language, slot.phonemes) for slot in each.slots])
        for each in (piece.script for piece in pieces)
    ]
    told = json.dumps([person_id, studio.fingerprint, words])
    return f"va{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def make_asset(bench: Bench, listener: Listener, pieces: Sequence[Piece], held: str) -> Asset:
    """Make the files of one person; what is there already from the same things is kept.

    Args:
        bench: Where.
        listener: Whose.
        pieces: What the person hears.
        held: Why nothing may be made; empty where nothing stands against it.

    Raises:
        MissingVoiceError: What every file needs is not installed.
    """
    script = hashlib.sha256(listener.text.encode()).hexdigest()
    asset_id = asset_id_of(listener.person_id, bench.studio, pieces)
    if held:
        return Asset(asset_id, listener.person_id, "held", held, script)
    if found := _there(bench, asset_id):
        return Asset(
            asset_id, listener.person_id, "ready", "", script, found["file_name"],
            found["sha256"], json.loads(found["files"]), found["seconds"],
            tuple(json.loads(found["checks"])), is_reused=True,
        )  # fmt: skip
    try:
        return _made(bench, listener, pieces, (asset_id, script))
    except MissingVoiceError:
        raise
    except (PersonalizationError, OSError, ValueError) as error:
        told = f"It could not be written: {error.strerror}" if isinstance(error, OSError) else error
        return Asset(asset_id, listener.person_id, "failed", str(told), script)


def _there(bench: Bench, asset_id: str) -> Mapping[str, Any] | None:
    """Return what an earlier run made, where all of its files are there as they were."""
    found = bench.earlier.get(asset_id)
    if found is None:
        return None
    stem = found["file_name"].removesuffix(".wav")
    files = json.loads(found["files"])
    is_whole = all(
        _sha256_of(bench.folder / f"{stem}.{ending}") == sha for ending, sha in files.items()
    )
    return found if is_whole else None


def _sha256_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _made(bench: Bench, listener: Listener, pieces: Sequence[Piece], ids: tuple[str, str]) -> Asset:
    options = bench.studio.options
    sound = bench.studio.sound(pieces)
    text = " ".join(piece.script.spoken for piece in pieces)
    checks = check_sound(sound, text, level=options.level, budget=options.most_seconds)
    if bench.listening and listener.person_id in bench.sample:
        checks += bench.listening.checks(sound, text)
    told = tuple(check.as_json() for check in checks)
    if wrong := failed(checks):
        return Asset(ids[0], listener.person_id, "held", wrong, ids[1], checks=told)
    contents = _contents(bench, sound)
    contents["json"] = (_beside(ids[0], listener, sound, told),)
    files = {ending: _fingerprint(content) for ending, content in contents.items()}
    stem = f"{plain_name(listener.person_id)}-{files['wav'][:12]}"
    for ending, content in contents.items():
        _write(bench.folder, f"{stem}.{ending}", content)
    return Asset(
        ids[0], listener.person_id, "ready", "", ids[1], f"{stem}.wav", files["wav"], files,
        round(sound.seconds, 3), told,
    )  # fmt: skip


def _fingerprint(content: Sequence[Buffer]) -> str:
    told = hashlib.sha256()
    for part in content:
        told.update(part)
    return told.hexdigest()


def _contents(bench: Bench, sound: Sound) -> dict[str, Sequence[Buffer]]:
    """Return the parts of each file but the JSON, by its ending."""
    cues = cues_of(sound.words)
    contents: dict[str, Sequence[Buffer]] = {
        form: _sounds(bench, sound, form) for form in bench.studio.options.forms
    }
    contents["vtt"] = (vtt(cues, bench.provenance.disclosure).encode(),)
    contents["srt"] = (srt(cues).encode(),)
    return contents


def _sounds(bench: Bench, sound: Sound, form: str) -> Sequence[Buffer]:
    """Return a file that is heard, signed where it can be; a WAV is not copied for it."""
    options, tags = bench.studio.options, bench.provenance.tags()
    if form == "wav" and not bench.signer:
        sounds = [each.integers for each in sound.stretches]
        return wav_parts(sounds, tags, channels=options.channels)
    content = encoded(
        sound.integers, form, tags, channels=options.channels, most_peak=options.most_peak
    )
    return (sign(content, form, bench.provenance, bench.signer) if bench.signer else content,)


def _beside(
    asset_id: str, listener: Listener, sound: Sound, checks: Sequence[dict[str, Any]]
) -> bytes:
    """Return what video tools want to know: words with their times, and what is personal."""
    own = [(r.begins - 0.01, r.ends) for r in sound.regions if r.is_personal]
    words = [
        {"text": word.text, "begins": round(word.begins, 3), "ends": round(word.ends, 3),
         "personal": any(first <= word.begins <= last for first, last in own)}
        for word in sound.words
    ]  # fmt: skip
    regions = [
        {"begins": round(r.begins, 3), "ends": round(r.ends, 3), "personal": r.is_personal,
         "sha256": r.sha256}
        for r in sound.regions
    ]  # fmt: skip
    told = {
        "asset_id": asset_id, "person_id": listener.person_id, "script": listener.text,
        "seconds": round(sound.seconds, 3), "words": words, "regions": regions,
        "checks": list(checks),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


def withheld(asset: Asset, reason: str) -> Asset:
    """Return the asset without its files: they are not to be used."""
    return Asset(asset.asset_id, asset.person_id, "held", reason, asset.script_sha256)


def delete_made(folder: Path, assets: Sequence[Asset]) -> None:
    """Delete the files that a run has just made; what was there before it stays."""
    for asset in assets:
        if asset.file_name and not asset.is_reused:
            stem = asset.file_name.removesuffix(".wav")
            for ending in asset.files:
                (folder / f"{stem}.{ending}").unlink(missing_ok=True)


def plain_name(person_id: str) -> str:
    """Return an id as a part of a file's name; where signs are left out, a mark keeps it apart.

    Example:
        >>> plain_name("P-17"), plain_name("../a b")
        ('P-17', '_a_b-2c2c791a')
    """
    plain = _PLAIN.sub("_", person_id)[:_MOST_NAME]
    if plain and plain == person_id:
        return plain
    return f"{plain}-{hashlib.sha256(person_id.encode()).hexdigest()[:8]}"


def _write(folder: Path, name: str, content: Sequence[Buffer]) -> None:
    """Write a file whole or not at all."""
    unfinished = folder / f".{name}.part"
    with unfinished.open("wb") as file:
        file.writelines(content)
    unfinished.replace(folder / name)
