"""Verification of the trail: rows, heads, guards, and the records that the rows speak of.

Nothing in the database is trusted: neither its views nor its macros, which somebody with the file
in hand could have replaced, but the statements below and the heads outside.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.store import guards
from personalization.store.anchor import (
    ACCEPTED,
    ADOPTED,
    CLOSED,
    GENESIS,
    head_of,
    is_cut_off,
    noted_last,
)
from personalization.store.problems import Problem
from personalization.store.records import changed_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store.anchor import Anchor, Head
    from personalization.store.database import Store


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a verification of the trail came to.

    Attributes:
        n_rows: How many rows the trail has.
        head: Hash of the last row; the genesis hash where there is none.
        first_broken: Sequence number of the first row that does not fit, or None.
        problems: Everything else that is not as it was recorded.
        n_heads: Lines of the file of heads that were compared.
        unanchored: Rows since the last head; the next batch anchors them.
        put_away: Rows of closed segments, which are in files outside.
        accepted: Who took a trail that did not fit its heads as it is, and why; empty as a rule.
    """

    n_rows: int
    head: str
    first_broken: int | None
    problems: tuple[Problem, ...] = ()
    n_heads: int = 0
    unanchored: int = 0
    put_away: int = 0
    accepted: str = ""

    @property
    def seq(self) -> int:
        """Return the number of the last row; rows that were put away count on."""
        return self.put_away + self.n_rows

    @property
    def is_whole(self) -> bool:
        """Tell whether every row fits the one before it, its head and the record it speaks of."""
        return self.first_broken is None and not self.problems

    @property
    def tampering(self) -> tuple[Problem, ...]:
        """Return what was found changed; empty where at most something is not vouched for yet."""
        broken = Problem(
            "chain", str(self.first_broken), f"Entry {self.first_broken} is not as it was recorded."
        )
        found = tuple(each for each in self.problems if not each.is_unvouched)
        return found if self.first_broken is None else (broken, *found)


_CHECK = """
    WITH chained AS (
        SELECT seq, hash, prev_hash, kind,
               lag(hash) OVER (ORDER BY seq) AS before, lag(seq) OVER (ORDER BY seq) AS seq_before,
               sha256(concat_ws(chr(31), 'v1', seq::VARCHAR, happened_at, kind, ref, campaign_id,
                                actor, payload, prev_hash)) AS expected_hash
        FROM audit_log
    )
    SELECT count(*), max_by(hash, seq), coalesce(max(seq), 0), coalesce(min(seq), 1) - 1,
           coalesce(min_by(prev_hash, seq), repeat('0', 64)),
           min(CASE WHEN hash <> expected_hash OR prev_hash <> before OR seq <> seq_before + 1
                    THEN seq END)
    FROM chained
"""


def verify_chain(store: Store) -> AuditCheck:
    """Hold the trail against itself, its heads, its guards and the records that it speaks of."""
    row = store.read_one(_CHECK) or (0, None, 0, 0, GENESIS, None)
    n_rows, head, last, put_away, first_hash, first_broken = row
    heads, problems = _read_heads(store.anchor)
    closings = {int(each.note["seq"]): each.note for each in heads if each.kind == CLOSED}
    genesis = closings[put_away]["hash"] if put_away in closings else None if put_away else GENESIS
    if first_hash != genesis:
        first_broken = min(put_away + 1, first_broken or put_away + 1)
    compared = [each for each in heads if each.seq > put_away]
    problems += _compared(store, compared)
    problems += _guards(store)
    problems += _segments(store, closings)
    problems += changed_records(store, closings.get(put_away, {}))
    newest = max((each.seq for each in heads), default=0)
    if last and not heads and not problems:
        problems.append(_no_heads(store.anchor))
    if store.anchor.trouble and not problems:
        problems.append(Problem("heads", "", store.anchor.trouble))
    return AuditCheck(
        int(n_rows), str(head or GENESIS), first_broken, tuple(problems), len(heads),
        max(0, int(last) - newest), int(put_away), _accepted(heads),
    )  # fmt: skip


def _no_heads(anchor: Anchor) -> Problem:
    return Problem(
        "heads", "", f"There are no heads in {anchor.path}, so rows that were cut off the end "
        "would not show. Put the file of heads back to where this database looks for it.",
        is_unvouched=True,
    )  # fmt: skip


def _accepted(heads: Sequence[Head]) -> str:
    said = [
        f"{each.ts[:10]}, {each.note.get('actor')}: {each.note.get('reason')}"
        for each in heads
        if each.kind == ACCEPTED
    ]
    return "; ".join(said)


def _read_heads(anchor: Anchor) -> tuple[list[Head], list[Problem]]:
    """Read every line, and name those that are not as they were signed."""
    heads: list[Head] = []
    problems: list[Problem] = []
    lines, before = anchor.stored(), ""
    for number, line in enumerate(lines, start=1):
        head = head_of(line)
        if head is None or head.signature(anchor.key, before) != head.hmac or head.line != number:
            problems.append(
                Problem("heads", str(number), f"Line {number} of the heads was changed, moved or "
                        "put in, or the line before it was taken out.")
            )  # fmt: skip
        else:
            heads.append(head)
        before = head.hmac if head else ""
    problems += _cut_off(anchor, lines)
    if heads and heads[0].kind == ADOPTED:
        problems.append(
            Problem("heads", "1", f"The heads begin when the trail had {heads[0].note['rows']:,} "
                    "rows already: nothing outside vouches for those.", is_unvouched=True)
        )  # fmt: skip
    return heads, problems


def _cut_off(anchor: Anchor, lines: list[bytes]) -> list[Problem]:
    """Hold the end of the file against the note of its last line."""
    if anchor.path is None or not is_cut_off(anchor.path, anchor.key, lines):
        return []
    text = f"The heads do not end where {noted_last(anchor.path)} says: lines were cut off."
    return [Problem("heads", str(len(lines)), text)]


_HELD = """
    WITH heads AS (
        SELECT unnest($lines::BIGINT[]) AS line, unnest($seqs::BIGINT[]) AS seq,
               unnest($hashes::VARCHAR[]) AS hash
    )
    SELECT heads.line, heads.seq, audit_log.hash IS NULL
    FROM heads LEFT JOIN audit_log ON audit_log.seq = heads.seq
    WHERE audit_log.hash IS DISTINCT FROM heads.hash
    ORDER BY heads.line
    LIMIT 5
"""


def _compared(store: Store, heads: list[Head]) -> list[Problem]:
    """Hold every head against the row that it names."""
    found = store.read(
        _HELD,
        lines=[each.line for each in heads],
        seqs=[each.seq for each in heads],
        hashes=[each.hash for each in heads],
    )
    return [
        Problem("heads", str(seq), f"Entry {seq:,} was anchored (line {line} of the heads) and is "
                f"{'gone' if is_gone else 'another one now'}: the end was cut off, an older copy "
                "of the database was put back, or the trail was worked out anew.")
        for line, seq, is_gone in found
    ]  # fmt: skip


def _segments(store: Store, closings: Mapping[int, Mapping[str, Any]]) -> list[Problem]:
    """Hold the files of closed parts against what was signed; one that is gone is no fault."""
    path, problems = store.anchor.path, []
    for note in closings.values():
        name = str(note.get("file", ""))
        file = path.with_name(name) if path and name else None
        content = file.read_bytes() if file and file.exists() else store.beside.get(name)
        if content is not None and hashlib.sha256(content).hexdigest() != note.get("sha256"):
            text = f"The file {name}, a closed part of the trail, was changed."
            problems.append(Problem("chain", name, text))
    return problems


def _guards(store: Store) -> list[Problem]:
    """Name the guards and the tables of the trail that are not as the product makes them."""
    gone = [
        Problem("guards", name, f"The guard {name} is gone or was replaced: rows can be changed.")
        for name in guards.altered_guards(store.read)
    ]
    replaced = [
        Problem("tables", name, f"The table {name} was replaced by another one.")
        for name in guards.altered_tables(store.read)
    ]
    return gone + replaced
