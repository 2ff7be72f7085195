"""Check an evidence pack: python3 verify_evidence.py [--head FINGERPRINT] [--key KEYFILE] [FOLDER].

Needs Python and nothing else.  Exit code 0: all of it fits; 1: it does not, each reason on a line.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHAINED = ("seq", "happened_at", "kind", "ref", "campaign_id", "actor", "payload", "prev_hash")

ABSENT = (
    "If you noted it later than that, it is newer than this pack and says nothing about it: give "
    "one noted earlier, or take a new pack. If you noted it before, the trail was made anew, or "
    "cut off."
)


def lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def table(path: Path) -> list[dict[str, Any]]:
    """Read a CSV file; an apostrophe that guards a cell is taken off."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v[1:] if v[:1] == "'" else v for k, v in row.items()} for row in rows]


def check_files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Hold every file against its fingerprint; none may be missing or more."""
    here = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(here - {*manifest["files"], "manifest.json"}):
        yield f"{name} is not in the manifest."
    for name, sha256 in manifest["files"].items():
        if name not in here:
            yield f"{name} is gone."
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256:
            yield f"{name} was changed."


def check_chain(rows: list[dict[str, Any]], manifest: dict[str, Any]) -> Iterator[str]:
    """Work every hash of the trail out again, from the genesis to the head."""
    before, seq = manifest["evidence"]["genesis"], manifest["evidence"]["first_seq"]
    for expected, row in enumerate(rows, start=seq):
        said = "\x1f".join(("v1", *(str(row[name]) for name in CHAINED)))
        digest = hashlib.sha256(said.encode()).hexdigest()
        if (row["seq"], row["prev_hash"], row["hash"]) != (expected, before, digest):
            yield f"chain.jsonl: row {row['seq']} was changed, moved, or another one is missing."
            return
        before = row["hash"]
    if before != manifest["evidence"]["head"]:
        yield "chain.jsonl does not end in the head that the manifest names."


def check_heads(
    heads: list[dict[str, Any]], rows: list[dict[str, Any]], key: bytes
) -> Iterator[str]:
    """Hold every anchored head against the trail, and with a key its signature."""
    known, before, first = {row["seq"]: row["hash"] for row in rows}, "", rows[0]["seq"]
    for number, head in enumerate(heads, start=1):
        form = json.dumps({**head, "hmac": before}, sort_keys=True, separators=(",", ":"),
                          ensure_ascii=False)  # fmt: skip
        signed = hmac.new(key, form.encode(), hashlib.sha256).hexdigest() if key else head["hmac"]
        if head["line"] != number or signed != head["hmac"]:
            yield f"heads.jsonl: line {number} was changed or moved, or the one before is missing."
        if head["seq"] >= first and known.get(head["seq"]) != head["hash"]:
            yield f"heads.jsonl: row {head['seq']} was anchored as another than is in the trail."
        before = head["hmac"]
    closed = {(head["note"].get("seq"), head["note"].get("hash")) for head in heads}
    if first > 1 and (first - 1, rows[0]["prev_hash"]) not in closed:
        yield "chain.jsonl does not begin where a part of the trail was closed."
    if not heads or heads[-1]["seq"] != rows[-1]["seq"]:
        yield "heads.jsonl does not reach the end of the trail."


def check_record(
    folder: Path, rows: list[dict[str, Any]], manifest: dict[str, Any]
) -> Iterator[str]:
    """Hold the files against what the trail says was packed, and each screening against its row."""
    packed = [json.loads(row["payload"]) for row in rows if row["kind"] == "audit.exported"]
    told: dict[str, str] = next(
        (each["files"] for each in packed[::-1] if each.get("is_evidence")), {}
    )
    own = {"chain.jsonl", "heads.jsonl"}
    if told != {k: v for k, v in manifest["files"].items() if k not in own}:
        yield "The trail says that other files were packed."
    approvals = json.loads((folder / "approvals.json").read_text("utf-8"))
    approved = {
        (each["variant_id"], str(each["version"]), each["content_sha256"])
        for each in approvals
        if each["decision"] == "approved"
    }
    trail, passed = {str(row["seq"]): row for row in rows}, set()
    for row in table(folder / "audit.csv"):
        entry = trail.get(row["seq"]) or {"hash": "", "prev_hash": "", "payload": "{}"}
        said = json.loads(entry["payload"])
        fits = (row["hash"], row["prev_hash"]) == (entry["hash"], entry["prev_hash"])
        fits = fits and row["content_fp"] == said.get("content_sha256")
        if row["seq"] and not (fits and row["decision"] == said.get("decision")):
            yield f"audit.csv: the screening of row {row['seq']} is not the one in the trail."
        if row["decision"] in ("pass", "warn", "review"):
            passed.add((row["variant_id"], row["version"], row["content_fp"]))
    for row in table(folder / "deliveries.csv"):
        if (row["variant_id"], row["version"], row["content_fp"]) not in passed & approved:
            yield f"deliveries.csv: {row['variant_id']} went out without screening and approval."
            return


def main(arguments: list[str] | None = None) -> int:
    """Check the pack, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--head", default="", help="a fingerprint of the trail kept elsewhere")
    parser.add_argument("--key", type=Path, help="the key that signs the heads")
    asked = parser.parse_args(arguments)
    try:
        manifest = json.loads((asked.folder / "manifest.json").read_text("utf-8"))
        rows, heads = lines(asked.folder / "chain.jsonl"), lines(asked.folder / "heads.jsonl")
        key = asked.key.read_bytes() if asked.key else b""
        problems = [
            *check_files(asked.folder, manifest),
            *check_chain(rows, manifest),
            *check_heads(heads, rows, key),
            *check_record(asked.folder, rows, manifest),
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        problems, manifest = [f"The pack cannot be read: {error!r}"], {}
    if not problems and asked.head and asked.head not in {row["hash"] for row in rows}:
        end = f"row {rows[-1]['seq']}, recorded {rows[-1]['happened_at']}"
        problems = [f"The head that you kept is not in this trail, which ends at {end}. {ABSENT}"]
    for problem in problems:
        print(problem)
    if not problems:
        print("All of it fits. Head of the trail:", manifest["evidence"]["head"])
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
