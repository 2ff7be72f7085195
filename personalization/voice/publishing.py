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
from personalization.voice.manifest import as_bytes, manifest_of, set_of, video_tool_rows
from personalization.voice.runs import run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from personalization.store import Store

    Law = Callable[[Store, Mapping[str, Any]], Mapping[str, str]]

PURPOSES: Final = {
    "video": "into personalised videos",
    "link": "behind a link in an e-mail",
    "dialler": "to a dialler or voicemail drop",
}
"""What files are handed over for."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What was handed over: files, and how many were left out with the first reason.

    Attributes:
        publication_id: Of the first run's row, where one ZIP has the files of several.
        sha256: Of the ZIP.
    """

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


def usable_assets(
    store: Store, run: Mapping[str, Any], purpose: str, law: Law | None = None
) -> list[dict[str, Any]]:
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
    return _states(store, run, law)


def _states(store: Store, run: Mapping[str, Any], law: Law | None) -> list[dict[str, Any]]:
    """Return each asset with what stands against it, the law of where the person is among it."""
    assets = states_of(store, run["run_id"])
    closed = law(store, run) if law else {}
    for asset in assets:
        asset["hold"] = asset["hold"] or closed.get(asset["person_id"], "")
    return assets


def publish(
    store: Store,
    run_id: str,
    path: Path,
    *,
    purpose: str,
    actor: str,
    others: Sequence[str] = (),
    law: Law | None = None,
) -> Publication:
    """Write a ZIP with all files of a run that may be used now, its manifest and captions.

    What the gate holds is in the manifest with its reason and without a file.  While the files are
    copied nothing is locked; afterwards the gate is asked once more, and a consent that was revoked
    in the meantime leaves no ZIP behind.

    Args:
        store: Reads ``voice_asset_states``; writes ``voice_publications`` and audit rows, one for
            each run.
        run_id: Whose files.
        path: Of the ZIP.
        purpose: One of PURPOSES.
        actor: Who hands it over.
        others: Further runs of the same campaign, for one ZIP with the files of several scripts.
        law: Tells who may not be sent a run's words now, and why.

    Raises:
        StateError: Nothing may be used, a file is missing or not as it was made, or something was
            revoked while the files were copied.
    """
    runs = [run_of(store, each) for each in dict.fromkeys((run_id, *others))]
    found = [(run, usable_assets(store, run, purpose, law)) for run in runs]
    reasons = [asset["hold"] for _, assets in found for asset in assets]
    if all(reasons):
        raise StateError(f"No file may be used now. {reasons[0] if reasons else ''}".rstrip())
    try:
        _write_zip(store, found, path)
        return _keep(store, found, path, purpose=purpose, actor=actor, law=law)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write_zip(
    store: Store, found: Sequence[tuple[Mapping[str, Any], Sequence[dict[str, Any]]]], path: Path
) -> None:
    told, made_at = [], store.now().isoformat(timespec="seconds")
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for run, assets in found:
            _add_files(archive, run, assets)
            line = disclosure(run["locale"] or "en")
            told.append(manifest_of(run, assets, made_at=made_at, disclosure=line))
        archive.writestr("manifest.json", as_bytes(told[0] if len(told) == 1 else set_of(told)))
        rows = [row for each in told for row in video_tool_rows(each)]
        archive.writestr("video-tool.json", as_bytes(rows))


def _add_files(archive: ZipFile, run: Mapping[str, Any], assets: Sequence[dict[str, Any]]) -> None:
    """Copy the files of a run; names say whose they are and what is in them, so none meet."""
    for asset in assets:
        if asset["hold"]:
            continue
        for ending, content in files_of(run["folder"], asset).items():
            if ending == "json":
                asset["beside"] = json.loads(content)
            else:
                stem = asset["file_name"].removesuffix(".wav")
                archive.writestr(f"assets/{stem}.{ending}", content)


def current_manifest(
    store: Store, run_id: str, *, others: Sequence[str] = (), law: Law | None = None
) -> dict[str, Any]:
    """Return the manifest of a run, or of several as one, as it stands at this moment.

    Raises:
        InputError: There is no such run.
        StateError: A file that may be used is missing or not as it was made.
    """
    told = []
    for each in dict.fromkeys((run_id, *others)):
        run = run_of(store, each)
        assets = _states(store, run, law)
        for asset in assets:
            if not asset["hold"]:
                asset["beside"] = json.loads(files_of(run["folder"], asset)["json"])
        told.append(manifest_of(
            run, assets, made_at=store.now().isoformat(timespec="seconds"),
            disclosure=disclosure(run["locale"] or "en"),
        ))  # fmt: skip
    return told[0] if len(told) == 1 else set_of(told)


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
    store: Store,
    found: Sequence[tuple[Mapping[str, Any], Sequence[Any]]],
    path: Path,
    *,
    purpose: str,
    actor: str,
    law: Law | None,
) -> Publication:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    ids: list[str] = []
    with store.transaction():
        for run, assets in found:
            ready = {asset["asset_id"] for asset in assets if not asset["hold"]}
            if not ready:
                continue
            _refuse_lost(usable_assets(store, run, purpose, law), ready)
            publication_id = f"vp{uuid4().hex[:10]}"
            ids.append(publication_id)
            store.run(
                _KEEP, publication_id=publication_id, run_id=run["run_id"], purpose=purpose,
                file_name=path.name, sha256=sha256, assets=len(ready), now=store.now(),
                actor=actor,
            )  # fmt: skip
            record(
                store, "voice.published", publication_id, actor=actor,
                campaign_id=run["campaign_id"], run_id=run["run_id"], purpose=purpose,
                assets=len(ready), sha256=sha256,
            )  # fmt: skip
    held = [asset["hold"] for _, assets in found for asset in assets if asset["hold"]]
    n = sum(len(assets) for _, assets in found) - len(held)
    return Publication(ids[0], n, len(held), held[0] if held else "", sha256)


def _refuse_lost(now: Sequence[Mapping[str, Any]], before: set[str]) -> None:
    """Refuse a hand-over that has copied what may not be used any more."""
    if lost := [each for each in now if each["hold"] and each["asset_id"] in before]:
        raise StateError(
            f"{len(lost)} files may not be used any more since the copying began: "
            f"{lost[0]['hold']} Nothing was handed over; do it again for what is left."
        )
