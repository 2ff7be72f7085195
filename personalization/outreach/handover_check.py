"""Proof of a hand-over's file: of its parts, of the words of each line, of each text's approval.

It needs the file alone, so that whoever gets it can check it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_WORDS: Final = ("subject", "body", "call_to_action", "link", "footer")
_SEPARATOR: Final = chr(31)
_PASSED: Final = frozenset(("pass", "warn", "review"))


def described(path: Path) -> dict[str, Any]:
    """Return what a manifest says of a file: its name, size and hash."""
    data = path.read_bytes()
    return {"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def words_sha256(line: Mapping[str, Any]) -> str:
    """Return the fingerprint of what a person reads, as ``content_fingerprint`` makes it in SQL."""
    subject, *others = (str(line[name]) for name in _WORDS)
    return hashlib.sha256(_SEPARATOR.join(("v1", subject, "", *others)).encode()).hexdigest()


def check_file(path: Path) -> list[str]:
    """Say what does not hold of a hand-over's file; nothing where all of it does.

    Every part has the bytes that the manifest names, every line has the words of its fingerprint,
    and every text was screened and approved in these very bytes.

    Args:
        path: As ``hand_over`` wrote it.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        manifest = json.loads(parts.pop(MANIFEST))
        return _faults(manifest, parts)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        return [f"It cannot be read as a hand-over: {error}"]


def _faults(manifest: Mapping[str, Any], parts: Mapping[str, bytes]) -> list[str]:
    said = {file["name"]: file["sha256"] for file in manifest["files"]}
    found = [f"{name} is not in the manifest." for name in parts if name not in said]
    for name, sha256 in said.items():
        if hashlib.sha256(parts.get(name, b"")).hexdigest() != sha256:
            found.append(f"{name} is gone or was changed.")
    skeletons = {
        (str(one["variant_id"]), int(one["version"]), str(one["content_sha256"])): one
        for one in manifest["skeletons"]
    }
    for key, one in skeletons.items():
        if one["decision"] not in _PASSED or one["approval"] != "approved":
            found.append(f"Text {key[0]} was not screened and approved.")
    lines = _lines(parts)
    if len(lines) != manifest["messages"]:
        found.append(f"There are {len(lines)} messages, not {manifest['messages']}.")
    for line in lines:
        key = (line["variant_id"], int(line["version"]), line["skeleton_sha256"])
        if key not in skeletons:
            found.append(f"Message {line['message_id']} is made from a text without an approval.")
        if words_sha256(line) != line["content_sha256"]:
            found.append(f"Message {line['message_id']} does not say what was chosen.")
    return found


def _lines(parts: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return the messages of a file, whatever form they are in."""
    for name, data in parts.items():
        if name.endswith(".json"):
            return list(json.loads(data))
        if name.endswith(".csv"):
            return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return []
