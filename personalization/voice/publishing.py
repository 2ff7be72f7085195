"""Handing files over: those that may be used at this very moment, each checked byte for byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4
from zipfile import ZIP_STORED, ZipFile

from personalization.errors import InputError, StateError
from personalization.store import record
from personalization.voice.disclosure import disclosure
from personalization.voice.gate import states_of
from personalization.voice.manifest import as_bytes, manifest_of, video_tool_rows
from personalization.voice.runs import run_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.store import Store

PURPOSES: Final = {
    "video": "into personalised videos",
    "link": "behind a link in an e-mail",
    "dialler": "to a dialler or voicemail drop",
}
"""What files are handed over for."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What was handed over: files, and how many were left out with the first reason."""

    publication_id: str
    assets: int
    left_out: int
    first_reason: str
    sha256: str


_CHANNEL: Final = """
    SELECT coalesce(max(channel), 'email') FROM variant_channels WHERE variant_id = $variant_id
"""
_KEEP: Final = """
    INSERT INTO voice_publications
    VALUES ($publication_id, $run_id, $purpose, $file_name, $sha256, $assets, $now, $actor)
"""


def usable_assets(store: Store, run: Mapping[str, Any], purpose: str) -> list[dict[str, Any]]:
    """Return each asset of a run with what stands against the purpose now, in ``hold``.

    Raises:
        InputError: The purpose is unknown, or not one for which the words were written.
    """
    if purpose not in PURPOSES:
        raise InputError(f"There is no purpose {purpose!r}. Use: {', '.join(PURPOSES)}.")
    row = store.read_one(_CHANNEL, variant_id=run["variant_id"])
    is_call = row is not None and row[0] == "call_snippet"
    if is_call != (purpose == "dialler"):
        raise InputError(
            "A call snippet is handed to a dialler, and nothing else is. Choose the purpose "
            f"{'dialler' if is_call else 'video or link'}."
        )
    return states_of(store, run["run_id"])


def publish(store: Store, run_id: str, path: Path, *, purpose: str, actor: str) -> Publication:
    """Write a ZIP with all files of a run that may be used now, its manifest and captions.

    What the gate holds is in the manifest with its reason and without a file.  While the files are
    copied nothing is locked; afterwards the gate is asked once more, and a consent that was revoked
    in the meantime leaves no ZIP behind.

    Args:
        store: Reads ``voice_asset_states``; writes ``voice_publications`` and an audit row.
        run_id: Whose files.
        path: Of the ZIP.
        purpose: One of PURPOSES.
        actor: Who hands it over.

    Raises:
        StateError: Nothing may be used, a file is missing or not as it was made, or something was
            revoked while the files were copied.
    """
    run = run_of(store, run_id)
    assets = usable_assets(store, run, purpose)
    ready = [asset for asset in assets if not asset["hold"]]
    if not ready:
        why = f" {assets[0]['hold']}" if assets else ""
        raise StateError(f"No file of this run may be used now.{why}")
    try:
        _write_zip(store, run, assets, path)
        return _keep(store, run, (assets, ready), path, purpose=purpose, actor=actor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write_zip(
    store: Store, run: Mapping[str, Any], assets: Sequence[dict[str, Any]], path: Path
) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for asset in assets:
            if asset["hold"]:
                continue
            for ending, content in files_of(run["folder"], asset).items():
                if ending == "json":
                    asset["beside"] = json.loads(content)
                else:
                    stem = asset["file_name"].removesuffix(".wav")
                    archive.writestr(f"assets/{stem}.{ending}", content)
        told = manifest_of(
            run, assets, made_at=store.now().isoformat(timespec="seconds"),
            disclosure=disclosure(run["locale"] or "en"),
        )  # fmt: skip
        archive.writestr("manifest.json", as_bytes(told))
        archive.writestr("video-tool.json", as_bytes(video_tool_rows(told)))


def current_manifest(store: Store, run_id: str) -> dict[str, Any]:
    """Return the manifest of a run as it stands at this moment.

    Raises:
        InputError: There is no such run.
        StateError: A file that may be used is missing or not as it was made.
    """
    run = run_of(store, run_id)
    assets = states_of(store, run_id)
    for asset in assets:
        if not asset["hold"]:
            asset["beside"] = json.loads(files_of(run["folder"], asset)["json"])
    return manifest_of(
        run, assets, made_at=store.now().isoformat(timespec="seconds"),
        disclosure=disclosure(run["locale"] or "en"),
    )  # fmt: skip


def files_of(folder: Path, asset: Mapping[str, Any]) -> dict[str, bytes]:
    """Return all files of an asset, by their ending, as they were made.

    Raises:
        StateError: One is missing, or is not what was made for this person.
    """
    stem = asset["file_name"].removesuffix(".wav")
    contents = {}
    for ending, sha256 in asset["files"].items():
        path = folder / f"{stem}.{ending}"
        if not path.exists():
            raise StateError(
                f"The file {path.name} of {asset['person_id']!r} is missing. Speak the script "
                "again: only what is missing is made."
            )
        contents[ending] = path.read_bytes()
        if hashlib.sha256(contents[ending]).hexdigest() != sha256:
            raise StateError(
                f"The file {path.name} of {asset['person_id']!r} is not as it was made. Speak the "
                "script again: only what is not whole is made."
            )
    return contents


def _keep(
    store: Store, run: Mapping[str, Any], found: tuple[Sequence[Any], Sequence[Any]], path: Path,
    *, purpose: str, actor: str,
) -> Publication:  # fmt: skip
    assets, ready = found
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    before = {asset["asset_id"] for asset in ready}
    publication_id = f"vp{uuid4().hex[:10]}"
    with store.transaction():
        now = usable_assets(store, run, purpose)
        if lost := [each for each in now if each["hold"] and each["asset_id"] in before]:
            raise StateError(
                f"{len(lost)} files may not be used any more since the copying began: "
                f"{lost[0]['hold']} Nothing was handed over; do it again for what is left."
            )
        store.run(
            _KEEP, publication_id=publication_id, run_id=run["run_id"], purpose=purpose,
            file_name=path.name, sha256=sha256, assets=len(ready), now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "voice.published", publication_id, actor=actor, campaign_id=run["campaign_id"],
            run_id=run["run_id"], purpose=purpose, assets=len(ready), sha256=sha256,
        )  # fmt: skip
    held = [asset["hold"] for asset in assets if asset["hold"]]
    return Publication(publication_id, len(ready), len(held), held[0] if held else "", sha256)
