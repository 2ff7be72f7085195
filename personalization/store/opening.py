"""Opening the heads of a database, and holding the newest against the trail before all else."""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING

from personalization.store.anchor import (
    ADOPTED,
    BEGAN,
    GENESIS,
    Anchor,
    Head,
    head_of,
    is_cut_off,
)
from personalization.store.keys import read_key

if TYPE_CHECKING:
    import duckdb


def heads_file(database: Path, place: str = "") -> Path:
    """Return the file of a database's heads.

    Args:
        database: The database's file.
        place: The file (``*.jsonl``) or the folder that the settings name; where they name none,
            the folder ``anchor`` beside the database.
    """
    if place.endswith(".jsonl"):
        return Path(place)
    folder = Path(place) if place else database.parent / "anchor"
    return folder / f"{database.name}.heads.jsonl"


def open_anchor(path: Path, *, is_reading: bool = False) -> Anchor:
    """Open the heads in ``path``; what is wrong with them is told as ``trouble``.

    Args:
        path: The file.
        is_reading: Whether nothing is to be written: no folder and no key are made, and half a line
            stays where it is.
    """
    if is_reading and not path.exists():
        return Anchor(path)
    key_file = path.with_suffix(".key")
    try:
        if not is_reading:
            path.parent.mkdir(parents=True, exist_ok=True)
            _mend_end(path)
        lines = path.read_bytes().splitlines() if path.exists() else []
        if is_reading and not lines:
            return Anchor(path)
        if lines and not key_file.exists():
            return Anchor(path, trouble=_trouble(path, f"the key {key_file} that signs it is gone"))
        anchor = Anchor(path, read_key(key_file))
    except OSError as error:
        why = error.strerror or str(error)
        return Anchor(path, trouble=f"The heads of the audit trail cannot be kept in {path} "
                      f"({why}), so nothing is recorded. Let this program write there, or name "
                      "another place in the settings: [audit] heads.")  # fmt: skip
    if is_cut_off(path, anchor.key, lines):
        anchor.trouble = _trouble(path, "its end was cut off or changed")
    elif lines:
        anchor.last = head_of(lines[-1])
        before = head_of(lines[-2]) if len(lines) > 1 else None
        if (
            anchor.last is None
            or (len(lines) > 1 and before is None)
            or not _is_signed(anchor.last, anchor.key, before.hmac if before else "")
        ):
            anchor.trouble = _trouble(path, "its last line is not the one that was signed")
    return anchor


def _is_signed(head: Head, key: bytes, before: str) -> bool:
    return hmac.compare_digest(head.signature(key, before), head.hmac)


def _mend_end(path: Path) -> None:
    """Take half a line off, which a power cut left; a line that lacks but its end gets that."""
    content = path.read_bytes() if path.exists() else b""
    half = content.rpartition(b"\n")[2]
    if half and head_of(half):
        with path.open("ab") as file:
            file.write(b"\n")
    elif half:
        os.truncate(path, len(content) - len(half))


def _trouble(path: Path, what: str) -> str:
    return (
        f"The audit trail does not fit its heads in {path}: {what}. Nothing more is recorded until "
        "the newest copy of the database and of that file are back. Where they are lost, "
        "`personalize audit --accept REASON` goes on with what is there, and says so for good."
    )


_ROWS = "SELECT coalesce(min(seq), 1) - 1, count(*) FROM audit_log"
_HASH = "SELECT hash FROM audit_log WHERE seq = $seq"
_NEWEST = "SELECT seq, hash, happened_at FROM audit_log ORDER BY seq DESC LIMIT 1"


def hold_against(anchor: Anchor, root: duckdb.DuckDBPyConnection, *, kept_none: bool) -> None:
    """Hold the newest head against the trail, before anything is recorded.

    Args:
        anchor: Gets ``trouble`` where the trail does not hold what was anchored.
        root: The connection that owns the database.
        kept_none: Whether the database was made by a version that kept no heads.
    """
    put_away, n_rows = root.execute(_ROWS).fetchone() or (0, 0)
    anchor.put_away = int(put_away)
    if anchor.trouble:
        return
    if anchor.last is not None:
        row = root.execute(_HASH, {"seq": anchor.last.seq}).fetchone()
        if (row[0] if row else None) != anchor.last.hash and anchor.path is not None:
            anchor.trouble = _trouble(
                anchor.path,
                f"entry {anchor.last.seq:,}, anchored {anchor.last.ts[:16]}, is not in the "
                "database as it was, which was changed or restored from an older copy",
            )
    elif n_rows and kept_none:
        newest = root.execute(_NEWEST).fetchone() or (0, GENESIS, "")
        anchor.keep(int(newest[0]), str(newest[1]), str(newest[2]), BEGAN, {"rows": int(n_rows)})
    elif n_rows:
        anchor.first = (ADOPTED, {"rows": int(n_rows)})
