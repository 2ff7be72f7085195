"""Check an export from its files alone: python verify_export.py [FOLDER] [ANCHORED_HEAD].

Needs Python and nothing else.  Exit code 0: proven; 1: not proven, each reason on a line; 2: the
files cannot be read; 3: nothing was exported, so there is nothing to prove.
"""

import csv
import hashlib
import json
import re
import runpy
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIELDS = ("subject", "preheader", "body", "call_to_action", "link", "footer")
CHAINED = ("seq", "happened_at", "kind", "ref", "campaign_id", "actor", "payload", "prev_hash")
DECIDED = ("variant.approved", "variant.changes_asked", "variant.rejected", "variant.reopened")
PRODUCT = r"product_[1-4]\.(?:name|price|reason|category|link)"
TAG = re.compile(rf"\{{\{{\s*(?:(\w+)\s*\|([^{{}}|]*)|({PRODUCT})\s*)\}}\}}")
PARTIAL = ".partial"  # how the name of a folder ends while it is written
MOST = 20  # reasons that are told one by one
PINNED = ("sha256", "first", "before", "rows", "head")


def digest(*texts: object) -> str:
    """Return SHA-256 of the texts, joined by the unit separator, as hex."""
    return hashlib.sha256("\x1f".join(map(str, texts)).encode()).hexdigest()


def forms(text: str) -> re.Pattern[str]:
    """Return the pattern of all that a text may become once its merge fields are filled."""
    ends = [0, *(tag.end() for tag in TAG.finditer(text))]
    starts = [*(tag.start() for tag in TAG.finditer(text)), len(text)]
    parts = (text[end:start] for end, start in zip(ends, starts, strict=True))
    return re.compile(r"[^\r\n{}<>]*".join(map(re.escape, parts)))


def filled(text: str, row: dict[str, str]) -> str:
    """Return a text with the row's own values in its merge fields, or what stands in for them.

    The sending tool fills the e-mail's parts from the same columns, so they say the same.  What is
    said of a product has nothing to stand in for it: a row without it is none that was certified.
    """
    return TAG.sub(lambda tag: _filling(tag, row), text)


def _filling(tag: re.Match[str], row: dict[str, str]) -> str:
    if tag[3]:
        return row[tag[3].replace(".", "_")] or "{}"  # which no row may hold
    return row[tag[1]] or tag[2].strip()


@dataclass(frozen=True)
class Entry:
    """One row of the chain: what happened to what, in which campaign."""

    seq: int
    kind: str
    ref: str
    campaign_id: str
    hash: str
    payload: dict[str, Any]


def read_chain(folder: Path) -> list[Entry]:
    """Read the rows of the chain, in their order."""
    lines = (folder / "chain.jsonl").read_text("utf-8").split("\n")[:-1]
    rows = (json.loads(line) for line in lines)
    names = ("seq", "kind", "ref", "campaign_id", "hash")
    return [
        Entry(**{name: row[name] for name in names}, payload=json.loads(row["payload"]))
        for row in rows
    ]


def chain_problems(folder: Path, chain: dict[str, Any], head: str) -> Iterator[str]:
    """List the rows that do not fit the one before, and an end that is another one."""
    previous, n_rows = chain["before"], 0
    for row in map(json.loads, (folder / "chain.jsonl").read_text("utf-8").split("\n")[:-1]):
        follows = (row["seq"], row["prev_hash"]) == (chain["first"] + n_rows, previous)
        previous, n_rows = digest("v1", *(row[name] for name in CHAINED)), n_rows + 1
        if not follows or row["hash"] != previous:
            yield f"chain.jsonl: row {row['seq']} is not what was recorded there."
    if (n_rows, previous) != (chain["rows"], chain["head"]) or head not in ("", previous):
        yield f"The chain ends at {previous}, which is not the certified or the anchored head."


def proof_problems(folder: Path, head: str = "") -> Iterator[str]:
    """List what is wrong with the chain, the certificate, and the files as wholes."""
    raw = (folder / "certificate.json").read_text("utf-8")
    certificate = json.loads(raw)
    said, chain = certificate["statement"], certificate["chain"]
    form = {"statement": said, "chain": {name: chain[name] for name in PINNED}}
    if raw != json.dumps(form, indent=2, sort_keys=True, ensure_ascii=False):
        yield "certificate.json is not as it was written."
    yield from chain_problems(folder, chain, head)
    rows = read_chain(folder)
    told = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    last = rows[-1]
    if (last.kind, last.payload.get("statement_sha256")) != ("campaign.exported", digest(told)):
        yield "certificate.json does not say what the chain holds of it."
    yield from seal_problems(rows, said)
    expected = {file["name"]: file["sha256"] for file in said["files"]}
    expected |= {"chain.jsonl": chain["sha256"], "certificate.json": ""}
    for path in {folder / name for name in expected} | set(folder.iterdir()):
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        if expected.get(path.name, "none") not in ("", found):
            yield f"{path.name} is missing, was changed, or does not belong to the export."
    for text in said["texts"]:
        yield from text_problems(rows, text, said["policy_version"])


def recorded(rows: list[Entry], kind: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return what the chain holds of a certified row; empty where it is another one."""
    wanted = (entry["seq"], kind, entry["hash"])
    return next((row.payload for row in rows if (row.seq, row.kind, row.hash) == wanted), {})


def seal_problems(rows: list[Entry], said: dict[str, Any]) -> Iterator[str]:
    """Hold the sign-off against the chain: these digests, and nobody sent it back since."""
    seal = said["seal"]
    sealed = recorded(rows, "campaign.signed_off", seal)
    if any(sealed.get(part) != sha256 for part, sha256 in seal["digests"].items()):
        yield "The chain holds another sign-off than the certified one."
    for row in rows:
        is_later = row.seq > seal["seq"] and row.campaign_id == said["campaign_id"]
        if is_later and row.kind in ("campaign.signed_off", "campaign.sent_back"):
            yield f"The sign-off is not the last word: row {row.seq} of the chain is {row.kind}."


def text_problems(rows: list[Entry], text: dict[str, Any], policy: str) -> Iterator[str]:
    """Hold one text against its screening and approval, each the last of these very bytes."""
    screened = recorded(rows, "variant.screened", text["screening"])
    approved = recorded(rows, "variant.approved", text["approval"])
    is_same = approved.get("screening_id") == screened.get("screening_id")
    clean = ("pass", "warn", "review") if is_same and approved.get("has_note") else ("pass", "warn")
    own = digest("v1", *(text[name] for name in FIELDS))
    if (
        screened.get("decision") not in clean
        or screened["policy_version"] != policy
        or not own == text["content_sha256"] == screened["content_sha256"]
        or own != approved.get("content_sha256")
    ):
        yield f"{text['variant_id']}: no passed screening and approval of these very bytes."
    after = {"variant.screened": text["screening"]["seq"]}
    after |= dict.fromkeys(DECIDED, text["approval"]["seq"])
    for row in rows:
        is_of_these = (row.ref, row.payload.get("content_sha256")) == (text["variant_id"], own)
        if is_of_these and row.seq > after.get(row.kind, row.seq):
            yield f"{row.ref}: row {row.seq} of the chain is a later word on it, {row.kind}."


def row_problems(folder: Path) -> Iterator[str]:
    """List the rows whose own columns are not a certified text with its fields filled."""
    said = json.loads((folder / "certificate.json").read_text("utf-8"))["statement"]
    texts = {(text["variant_id"], text["version"]): text for text in said["texts"]}
    people: set[str] = set()
    has_values = said["format"] > 1
    for file in (file for file in said["files"] if "variant_id" in file):
        text, n_rows = texts[file["variant_id"], file["version"]], 0
        patterns = {name: forms(text[name]) for name in FIELDS}
        with (folder / file["name"]).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                n_rows += 1
                if (
                    digest("v1", *(row[name] for name in FIELDS)) != row["rendered_sha256"]
                    or row["content_sha256"] != text["content_sha256"]
                    or not all(patterns[name].fullmatch(row[name]) for name in FIELDS)
                    or (has_values and any(filled(text[name], row) != row[name] for name in FIELDS))
                    or row["customer_id"] in people
                ):
                    yield f"{file['name']}: row {n_rows} is not the certified text, or comes twice."
                people.add(row["customer_id"])
        if n_rows != file["recipients"]:
            yield f"{file['name']} has {n_rows} rows, and {file['recipients']} were certified."


def main(folder: str = ".", head: str = "") -> int:
    """Print what was found, and return the exit code."""
    if {"-h", "--help"} & {folder, head}:
        print(__doc__)
        return 0
    try:
        found = [*proof_problems(Path(folder), head), *row_problems(Path(folder))]
        said = json.loads((Path(folder) / "certificate.json").read_text("utf-8"))["statement"]
        if said.get("emails"):
            emails = runpy.run_path(str(Path(__file__).with_name("verify_emails.py")))
            found += emails["email_problems"](Path(folder))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, re.error) as error:
        print(f"NOT PROVEN. The files cannot be read as an export: {error!r}")
        return 2
    if Path(folder).resolve().name.endswith(PARTIAL):
        found.insert(0, "The export was never finished, so nobody may be written to by it.")
    if found:
        more = [f"... and {len(found) - MOST:,} more."] if len(found) > MOST else []
        print(f"NOT PROVEN, for {len(found):,} reasons.", *found[:MOST], *more, sep="\n")
        return 1
    if not said["texts"]:
        print("Nothing was exported, so there is nothing to prove.")
        return 3
    print(f"Proven: each of {said['recipients']:,} rows is one of {len(said['texts'])} texts that "
          f"were screened under policy {said['policy_version']}, passed and were approved in "
          "exactly these bytes. Uncovered: 0.")  # fmt: skip
    if said.get("emails"):
        print(f"The HTML and plain-text parts of {len(said['emails'])} e-mails say the approved "
              "fields, all of them and nothing else.")  # fmt: skip
    print(
        "The chain ends at the anchored head."
        if head
        else "The chain was not compared with an anchored head: give the head as an argument."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
