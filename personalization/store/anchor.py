"""Heads: what the trail's last row was after each batch, kept in a file of their own.

A chain of hashes shows a changed row.  It shows neither an end that was cut off nor a chain that
was worked out anew; both show against a head that was written down elsewhere.  Heads are JSON
lines, each signed together with the one before it by a key of their own.

By default file and key lie in the folder ``anchor`` beside the database: whoever can write to both
can make up a trail, its heads and all.  They prove more the further away they are, at best on a
disk that only appends: ``[audit] heads`` in the settings.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.store.keys import new_key, read_key

if TYPE_CHECKING:
    from pathlib import Path

GENESIS: Final = "0" * 64

BATCH: Final = "batch"
BEGAN: Final = "began"  # with a database of an earlier version, which kept no heads
ADOPTED: Final = "adopted"  # with a database that has rows already and no heads to go by
CLOSED: Final = "closed"  # the rows that the note names may be put away
ACCEPTED: Final = "accepted"  # somebody took the trail as it is, and says why


@dataclass(frozen=True, slots=True)
class Head:
    """One signed line.

    Attributes:
        line: Its number in the file, from 1 on.
        since: Sequence number of the first row that it covers; above ``seq`` where it is no batch.
        seq: Of the last one.
        hash: That row's hash.
        count: Rows that the trail held then.
        ts: When, ISO 8601.
        kind: batch, began, adopted, closed or accepted.
        note: Facts of a line that is no batch.
        hmac: HMAC-SHA-256 of all this and of the line before.
    """

    line: int
    since: int
    seq: int
    hash: str
    count: int
    ts: str
    kind: str = BATCH
    note: dict[str, Any] = field(default_factory=dict)
    hmac: str = ""

    def as_line(self) -> bytes:
        """Return the line as it stands in the file, with its end."""
        return json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def signature(self, key: bytes, before: str) -> str:
        """Work its HMAC out; ``before`` is that of the line before, empty for the first."""
        said = {**asdict(self), "hmac": before}
        form = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hmac.new(key, form.encode(), hashlib.sha256).hexdigest()


def head_of(line: bytes) -> Head | None:
    """Read one line, or return None where it is none of ours."""
    try:
        found = Head(**json.loads(line))
    except (ValueError, TypeError):
        return None
    is_typed = all(isinstance(n, int) for n in (found.line, found.since, found.seq, found.count))
    return found if is_typed and isinstance(found.note, dict) else None


@dataclass(slots=True)
class Anchor:
    """Where the heads of one database are kept; used under the store's lock.

    Attributes:
        path: The file, or None for a database in memory, whose heads are in memory too.
        key: Signs the lines.
        lines: The heads of a database in memory.
        last: The newest head.
        pending: One that could not be written yet.
        trouble: Why nothing more is recorded, in a sentence for the user; empty where all is well.
        first: Kind and note of the next head, where it begins a file.
        put_away: Sequence number of the last row that was put away, 0 where none was.
    """

    path: Path | None = None
    key: bytes = field(default_factory=new_key, repr=False)
    lines: list[bytes] = field(default_factory=list)
    last: Head | None = None
    pending: Head | None = None
    trouble: str = ""
    first: tuple[str, dict[str, Any]] = (BATCH, {})
    put_away: int = 0

    def keep(
        self,
        seq: int,
        row_hash: str,
        ts: str,
        kind: str = BATCH,
        note: dict[str, Any] | None = None,
    ) -> None:
        """Write the head of a batch that was committed; what fails is tried again at the next."""
        if self.trouble:
            return
        if self.last is None and kind == BATCH:
            kind, note = self.first
        before = self.last
        since = before.seq + 1 if before else 1
        line, count = (before.line if before else 0) + 1, seq - self.put_away
        head = Head(line, since, seq, row_hash, count, ts, kind, note or {})
        self.pending = replace(head, hmac=head.signature(self.key, before.hmac if before else ""))
        self._write()

    def refuse_unless_ready(self) -> None:
        """Raise StateError while the trail does not fit its heads, or the last cannot be kept."""
        if self.trouble:
            raise StateError(self.trouble)
        if self.pending and (failure := self._write()):
            raise StateError(
                f"The head of the audit trail cannot be kept in {self.path} ({failure}), so "
                "nothing more is recorded. What was done so far is safe. Make room there or let "
                "this program write to it, and try again."
            )

    def _write(self) -> str:
        """Write the pending head; return what went wrong, or nothing."""
        if self.pending is None:
            return ""
        line = self.pending.as_line()
        try:
            if self.path is None:
                self.lines.append(line)
            else:
                if self.last is None:
                    _note_last(self.path, self.key, 0, "")
                _append(self.path, line)
                _note_last(self.path, self.key, self.pending.line, self.pending.hmac)
        except OSError as error:
            return error.strerror or str(error)
        self.last, self.pending = self.pending, None
        return ""

    def stored(self) -> list[bytes]:
        """Return all lines, oldest first."""
        if self.path is None:
            return list(self.lines)
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def begin_anew(self, ts: str, note: dict[str, Any]) -> None:
        """Put the file of heads aside under another name; the next head begins a new one.

        Args:
            ts: When, ISO 8601.
            note: Who takes the trail as it is, and why.
        """
        if self.path is not None:
            aside = self.path.with_suffix(f".until-{ts[:19].replace(':', '')}.jsonl")
            if self.path.exists():
                self.path.replace(aside)
            noted_last(self.path).unlink(missing_ok=True)
            self.key = read_key(self.path.with_suffix(".key"))
        self.lines.clear()
        self.last, self.pending, self.trouble = None, None, ""
        self.first = (ACCEPTED, note)


def _append(path: Path, line: bytes) -> None:
    """Add one line for good: it is on the disk when this returns, and never half of it.

    A line that is there already, because only the note of it failed, is not added again.
    """
    with open(path, "a+b", buffering=0, opener=_for_its_owner) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(line)))
        if file.read() == line:
            return
        try:
            written = file.write(line)
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise
        if written != len(line):
            file.truncate(size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def noted_last(path: Path) -> Path:
    """Return the file that says which line is the last one, so that a cut-off end shows."""
    return path.with_suffix(".last")


def _note_last(path: Path, key: bytes, line: int, signed: str) -> None:
    unfinished = path.with_suffix(".last.new")
    unfinished.write_bytes(_note_of(key, line, signed))
    unfinished.replace(noted_last(path))


def _note_of(key: bytes, line: int, signed: str) -> bytes:
    """Sign a line as the last one, which no line of the file says of itself."""
    signature = hmac.new(key, f"last {line} {signed}".encode(), hashlib.sha256)
    return f"{line} {signature.hexdigest()}\n".encode()


def is_cut_off(path: Path, key: bytes, lines: list[bytes]) -> bool:
    """Tell whether the file ends before the line that was noted as its last.

    A crash leaves the note one line behind.  It is there before the first line is, as that of none,
    so that no line stands without one.
    """
    noted = noted_last(path)
    if not noted.exists():
        return bool(lines)
    known = [_note_of(key, head.line, head.hmac) for head in map(head_of, lines[-2:]) if head]
    before = [_note_of(key, 0, "")] if len(lines) <= 1 else []
    return noted.read_bytes() not in [*known, *before]
