"""The manifest: what a video tool, a mailer or a dialler needs to know of a run's files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMAT: Final = "personalization.voice/1"
SET_FORMAT: Final = "personalization.voice-set/1"
"""Of several runs in one ZIP: ``runs`` holds a manifest of the first format for each."""


def manifest_of(
    run: Mapping[str, Any], assets: Sequence[Mapping[str, Any]], *, made_at: str, disclosure: str
) -> dict[str, Any]:
    """Return the manifest of a run.

    An asset that is held or failed has its reason and no path, so that no tool takes another
    person's file in its place.

    Args:
        run: As ``runs.run_of`` gives it.
        assets: As ``runs.states_of`` gives them; those with ``beside`` bring their words' times.
        made_at: When it was made, ISO 8601.
        disclosure: The sentence that says the voice is synthetic.
    """
    entries = [_entry(asset) for asset in assets]
    return {
        "format": FORMAT,
        "run_id": run["run_id"],
        "made_at": made_at,
        "campaign": {"id": run["campaign_id"], "name": run["campaign"]},
        "script": {"variant_id": run["variant_id"], "version": run["version"],
                   "sha256": run["content_sha256"], "locale": run["locale"]},
        "speaker": {"id": run["speaker_id"], "profile_version": run["profile_version"],
                    "consent_id": run["consent_id"]},
        "engine": run["engine"],
        "ai_generated": True,
        "disclosure": disclosure,
        "settings": run["settings"],
        "counts": {status: sum(each["status"] == status for each in entries)
                   for status in ("ready", "held", "failed")},
        "assets": entries,
    }  # fmt: skip


def _entry(asset: Mapping[str, Any]) -> dict[str, Any]:
    base = {"asset_id": asset["asset_id"], "prospect_id": asset["person_id"],
            "script_sha256": asset["script_sha256"]}  # fmt: skip
    if asset["hold"]:
        status = "failed" if asset["status"] == "failed" else "held"
        return {**base, "status": status, "reason": asset["hold"], "path": None}
    stem = asset["file_name"].removesuffix(".wav")
    beside = asset.get("beside", {})
    return {
        **base,
        "status": "ready",
        "reason": "",
        "path": f"assets/{asset['file_name']}",
        "sha256": asset["sha256"],
        "files": {
            ending: {"path": f"assets/{stem}.{ending}", "sha256": sha}
            for ending, sha in asset["files"].items()
            if ending != "json"  # what is in it stands below
        },
        "seconds": asset["seconds"],
        "script": beside.get("script"),
        "words": beside.get("words", []),
        "regions": beside.get("regions", []),
        "checks": asset["checks"],
    }


def set_of(manifests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the manifests of several runs of a campaign as one; paths stay as they are."""
    first = manifests[0]
    return {
        "format": SET_FORMAT,
        "made_at": first["made_at"],
        "campaign": first["campaign"],
        "ai_generated": True,
        "counts": {status: sum(each["counts"][status] for each in manifests)
                   for status in first["counts"]},
        "runs": list(manifests),
    }  # fmt: skip


def video_tool_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a video template is fed with, one object for each ready file.

    Everything goes by the prospect's id; nothing says where in a table somebody stands.
    """
    return [
        {
            "prospect_id": asset["prospect_id"],
            "script": manifest["script"]["variant_id"],
            "voice": asset["path"],
            "voice_sha256": asset["sha256"],
            "captions": asset["files"]["vtt"]["path"],
            "seconds": asset["seconds"],
            "personal": [
                {"begins": region["begins"], "ends": region["ends"]}
                for region in asset["regions"]
                if region["personal"]
            ],
        }
        for asset in manifest["assets"]
        if asset["status"] == "ready"
    ]


def voice_for(manifest: Mapping[str, Any], prospect_id: str) -> dict[str, Any]:
    """Return the entry of one person's file.

    Raises:
        StateError: The person has none; it says why, and never gives somebody else's.
    """
    for asset in manifest["assets"]:
        if asset["prospect_id"] == prospect_id:
            if asset["status"] == "ready":
                return dict(asset)
            raise StateError(f"There is no file for {prospect_id!r}: {asset['reason']}")
    raise StateError(f"There is no file for {prospect_id!r}: the run did not speak to this person.")


def as_bytes(told: Mapping[str, Any] | Iterable[Any]) -> bytes:
    """Return it as the JSON that is written: the same for the same content."""
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
