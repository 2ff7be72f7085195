"""Two hundred random tamperings of database, heads, files and evidence: each of them is seen."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import shutil
import zipfile
from dataclasses import replace
from random import Random as Dice
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.errors import StateError
from personalization.reports import audit_files, evidence_pack, handing_out, verify_evidence
from personalization.store import Store, open_for_checking, open_store, verify_chain
from personalization.store.audit import row_hash
from personalization.store.guards import expected_guards
from personalization.store.opening import open_anchor
from tests.store import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ROWS = """
    SELECT seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash
    FROM audit_log ORDER BY seq
"""
_ADD = "INSERT INTO audit_log VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_GUARDS = ("audit_no_update", "audit_no_delete", "screenings_no_update", "screenings_no_delete")


def dice_of(seed: int) -> Dice:
    return Dice(seed)  # noqa: S311 - the same tampering each time


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its heads, written once and closed."""
    return filled.filled(tmp_path_factory.mktemp("trail")).parent


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[Store]:
    store = open_store(folder / "state.duckdb", clock=filled.Clock())
    store.root.execute("SET threads = 1")  # of a handful of rows two only wait for each other
    assert verify_chain(store).is_whole
    yield store
    store.close()


# The database ---------------------------------------------------------------------------


def unguarded(cursor: duckdb.DuckDBPyConnection) -> None:
    """Take the guards away, as whoever has the file and DuckDB can."""
    for name, sql in expected_guards().items():
        cursor.execute(f"DROP TRIGGER {name} ON {sql.split(' ON ')[1].split()[0]}")


def guarded(cursor: duckdb.DuckDBPyConnection) -> None:
    """Put them back, word for word, to hide that they were away."""
    schema = importlib.resources.files("personalization.store").joinpath("schema.sql").read_text()
    for statement in schema.split("CREATE TRIGGER")[1:]:
        cursor.execute("CREATE TRIGGER" + statement.split(";")[0])


def edit(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    column = dice.choice(("happened_at", "kind", "ref", "campaign_id", "actor", "payload",
                          "prev_hash", "hash"))  # fmt: skip
    cursor.execute(
        f"UPDATE audit_log SET {column} = {column} || 'x' WHERE seq = $1",  # noqa: S608
        [dice.randint(1, 17)],
    )


def delete(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    cursor.execute("DELETE FROM audit_log WHERE seq = $1", [dice.randint(1, 17)])


def insert(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    rows = cursor.execute(_ROWS).fetchall()
    seq, *rest = rows[-1]
    cursor.execute(_ADD, [seq + dice.randint(1, 9), *rest[:-1], f"{dice.random()}"])


def swap(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    one, other = dice.sample(range(1, 18), 2)
    for before, after in ((one, 999), (other, one), (999, other)):
        cursor.execute("UPDATE audit_log SET seq = $1 WHERE seq = $2", [after, before])


def truncate(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    cursor.execute("DELETE FROM audit_log WHERE seq > $1", [dice.randint(0, 16)])


def cut_beginning(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    cursor.execute("DELETE FROM audit_log WHERE seq <= $1", [dice.randint(1, 17)])


def rehash(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    """Change a row, and work every hash from it on out anew: a chain without a fault."""
    rows = [list(row) for row in cursor.execute(_ROWS).fetchall()]
    changed = dice.randrange(len(rows))
    rows[changed][dice.choice((2, 3, 5, 6))] += "x"
    before = rows[changed][7]
    cursor.execute("DELETE FROM audit_log WHERE seq >= $1", [changed + 1])
    for row in rows[changed:]:
        row[7] = before
        row[8] = before = row_hash(tuple(str(value) for value in row[:8]))
        cursor.execute(_ADD, row)


def replace_table(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    cursor.execute(
        "CREATE OR REPLACE TABLE audit_log AS SELECT * FROM audit_log LIMIT $1",
        [dice.randint(1, 17)],
    )


def only_unguard(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    name = dice.choice(_GUARDS)
    cursor.execute(
        f"DROP TRIGGER {name} ON {'audit_log' if name.startswith('audit') else 'screenings'}"
    )


def disarm(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    """Put a guard of the same name in its place that lets everything through."""
    cursor.execute(f"CREATE TRIGGER audit_no_update AFTER UPDATE ON audit_log FOR EACH STATEMENT "
                   f"INSERT INTO audit_guard SELECT 'harmless {dice.random()}'")  # fmt: skip


_RECORDS = (
    "UPDATE screenings SET decision = 'pass' WHERE screening_id = 3",
    "UPDATE screenings SET decision = 'pass' WHERE screening_id = 4",
    "UPDATE screenings SET categories = '{}' WHERE screening_id = {n}",
    "UPDATE screenings SET engine = 'azure' WHERE screening_id = {n}",
    "UPDATE screenings SET screened_at = screened_at - INTERVAL 1 DAY WHERE screening_id = {n}",
    "UPDATE screenings SET policy_version = 'p2' WHERE screening_id = {n}",
    "UPDATE screenings SET request_ids = 'r' WHERE screening_id = {n}",
    "UPDATE screenings SET content_sha256 = 'x' WHERE screening_id = {n}",
    "DELETE FROM screenings WHERE screening_id = {n}",
    "INSERT INTO screenings SELECT * REPLACE (99 AS screening_id) FROM screenings LIMIT 1",
    "INSERT INTO screenings SELECT * FROM screenings WHERE screening_id = {n}",
    "UPDATE findings SET action = 'info' WHERE screening_id = {n}",
    "UPDATE findings SET text = 'Please' WHERE screening_id = {n}",
    "DELETE FROM findings WHERE screening_id = {n}",
    "UPDATE ledger_entries SET source_text = '£10' WHERE screening_id = {n}",
    "UPDATE ledger_entries SET statement_id = 's2' WHERE screening_id = {n}",
    "DELETE FROM ledger_entries WHERE screening_id = {n}",
    "UPDATE approvals SET decision = 'approved' WHERE approval_id = 6",
    "UPDATE approvals SET actor = 'ann' WHERE approval_id = {m}",
    "UPDATE approvals SET note = 'Never read it.' WHERE approval_id = {m}",
    "UPDATE approvals SET decided_at = decided_at - INTERVAL 1 DAY WHERE approval_id = {m}",
    "UPDATE approvals SET is_self_approved = true WHERE approval_id = {m}",
    "DELETE FROM approvals WHERE approval_id = {m}",
    "INSERT INTO approvals SELECT * REPLACE (99 AS approval_id) FROM approvals LIMIT 1",
    "UPDATE variants SET body = body || '!' WHERE variant_id = 'v{n}'",
    "UPDATE variants SET subject = '', preheader = '', body = '' WHERE variant_id = 'v{n}'",
    "DELETE FROM variants WHERE variant_id = 'v{n}'",
    "UPDATE exports SET manifest = '{{}}'",
    "UPDATE exports SET manifest_sha256 = 'x'",
    "DELETE FROM exports",
    "UPDATE policies SET policy = '{{}}'",
    "DELETE FROM policies",
    "INSERT INTO policies SELECT * REPLACE ('p2' AS policy_version) FROM policies",
)  # fmt: skip


def change_record(cursor: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    statement = dice.choice(_RECORDS)
    cursor.execute(statement.format(n=dice.randint(1, 6), m=dice.choice((1, 2))))


CHAIN = (edit, delete, insert, swap, truncate, cut_beginning, rehash)


class UndoError(Exception):
    """Rolls a tampering back."""


def after(store: Store, tamper: Callable[[duckdb.DuckDBPyConnection], None]) -> list[str]:
    """Tamper, verify, roll back; return where the verification found something."""
    found: list[str] = []
    try:
        with store.transaction() as cursor:
            tamper(cursor)
            check = verify_chain(store)
            found = [each.where for each in check.problems]
            if check.first_broken is not None:
                found.append("chain")
            raise UndoError  # noqa: TRY301
    except UndoError:
        return found


@pytest.mark.parametrize("seed", range(60))
def test_a_trail_that_was_changed_behind_its_guards_is_not_whole(opened: Store, seed: int) -> None:
    dice = dice_of(seed)
    tamper = CHAIN[seed % len(CHAIN)]

    def change(cursor: duckdb.DuckDBPyConnection) -> None:
        unguarded(cursor)
        tamper(cursor, dice)
        guarded(cursor)

    assert {"chain", "heads"} & set(after(opened, change)), tamper.__name__


@pytest.mark.parametrize("seed", range(60, 75))
def test_a_guard_that_is_gone_or_disarmed_and_a_table_that_was_replaced_are_seen(
    opened: Store, seed: int
) -> None:
    dice = dice_of(seed)
    tamper = (only_unguard, disarm, replace_table)[seed % 3]

    def change(cursor: duckdb.DuckDBPyConnection) -> None:
        if tamper is not only_unguard:
            unguarded(cursor)
        tamper(cursor, dice)

    assert "guards" in after(opened, change)


@pytest.mark.parametrize("seed", range(75, 125))
def test_a_record_that_was_changed_is_seen_though_the_trail_is_whole(
    opened: Store, seed: int
) -> None:
    dice = dice_of(seed)

    def change(cursor: duckdb.DuckDBPyConnection) -> None:
        unguarded(cursor)
        change_record(cursor, dice)
        guarded(cursor)

    found = set(after(opened, change))

    assert found & {"screenings", "approvals", "messages", "exports", "policies"}
    assert "chain" not in found


_POLICIES = (
    "INSERT INTO policies SELECT * REPLACE (98 AS number) FROM policies WHERE number = 1",
    "INSERT INTO policies SELECT * REPLACE (99 AS number, 'mia' AS activated_by) FROM policies",
    "UPDATE policies SET number = 999 WHERE policy_version = 'p1'",
    "UPDATE policies SET overlay = '[rules]' WHERE policy_version = 'p2'",
    "UPDATE policies SET activated_by = 'mia' WHERE policy_version = 'p2'",
    "DELETE FROM policies WHERE policy_version = 'p2'",
)
_SEALS = (
    "UPDATE seals SET parts = replace(parts::VARCHAR, 'v1|1', 'v1|2')::JSON",
    "UPDATE seals SET parts = '[]'",
    "UPDATE seals SET sealed_by = 'ann'",
    "UPDATE seals SET note = 'Signed under protest.'",
    "UPDATE seals SET is_self_approved = NOT is_self_approved",
    "UPDATE seals SET sealed_at = sealed_at + INTERVAL 1 DAY",
    "UPDATE seals SET content = sha256('x')",
    "DELETE FROM seals",
    "INSERT INTO seals SELECT * FROM seals",
    "INSERT INTO seals SELECT * REPLACE (2 AS seal_id) FROM seals",
)


_HOLDS = (
    "INSERT INTO holds SELECT * REPLACE (99 AS number, false AS is_held) FROM holds",
    "UPDATE holds SET is_held = false",
    "UPDATE holds SET actor = 'ann'",
    "DELETE FROM holds",
)
_EXPIRIES = (
    "INSERT INTO document_expiries SELECT * REPLACE ('d2' AS document_id) FROM document_expiries",
    "UPDATE document_expiries SET valid_until = DATE '2025-01-01'",
    "UPDATE document_expiries SET last_screening_id = 0",
    "DELETE FROM document_expiries",
)


def written_further(store: Store) -> None:
    """Go on with the campaign: a second policy, a sign-off, a hold and an expiry."""
    filled.activate(store, "p2")
    filled.sign(store)
    filled.hold(store)
    filled.expire(store)


@pytest.mark.parametrize(
    ("where", "statement"),
    [("policies", each) for each in _POLICIES]
    + [("seals", each) for each in _SEALS]
    + [("holds", each) for each in _HOLDS]
    + [("expiries", each) for each in _EXPIRIES],
)
def test_a_row_of_a_gate_that_was_changed_or_put_in_is_seen(
    opened: Store, where: str, statement: str
) -> None:
    def change(cursor: duckdb.DuckDBPyConnection) -> None:
        written_further(opened)
        assert verify_chain(opened).is_whole
        unguarded(cursor)
        cursor.execute(statement)
        guarded(cursor)

    assert set(after(opened, change)) == {where}


def test_no_tampering_leaves_the_trail_as_it_was(opened: Store) -> None:
    """The fixture itself: what is rolled back is whole again, so each finding above is its own."""

    def change(cursor: duckdb.DuckDBPyConnection) -> None:
        unguarded(cursor)
        guarded(cursor)

    assert after(opened, change) == []


# The file itself --------------------------------------------------------------------------


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.wal"))
    return to / "state.duckdb"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(truncate, id="its end is cut off"),
        pytest.param(rehash, id="it is worked out anew"),
    ],
)
def test_nothing_more_is_recorded_in_a_database_that_its_heads_do_not_fit(
    folder: Path, tmp_path: Path, opened: Store, tamper: Callable[..., None]
) -> None:
    opened.root.execute("CHECKPOINT")
    path = copied(folder, tmp_path / "copy")
    with duckdb.connect(str(path)) as root:
        unguarded(root)
        tamper(root, dice_of(1))
        guarded(root)

    store = open_store(path)

    with pytest.raises(StateError, match=r"does not fit its heads.*--accept"):
        filled.decide(store, 3, "rejected")
    assert not verify_chain(store).is_whole
    store.close()


def test_a_database_without_its_guards_is_not_opened_and_can_be_looked_at(
    folder: Path, tmp_path: Path, opened: Store
) -> None:
    opened.root.execute("CHECKPOINT")
    path = copied(folder, tmp_path / "copy")
    with duckdb.connect(str(path)) as root:
        root.execute("DROP TRIGGER screenings_no_update ON screenings")
        root.execute("UPDATE screenings SET decision = 'pass' WHERE screening_id = 3")

    with pytest.raises(StateError, match=r"screenings_no_update.*--verify"):
        open_store(path)

    store = open_for_checking(path)
    found = verify_chain(store)
    store.close()
    assert {each.where for each in found.problems} == {"guards", "screenings"}
    assert "Screening 3 was changed" in " ".join(each.text for each in found.problems)


# The heads --------------------------------------------------------------------------------


def edit_line(lines: list[bytes], dice: Dice) -> None:
    number = dice.randrange(len(lines))
    head = json.loads(lines[number])
    name = dice.choice(("seq", "hash", "count", "ts", "kind", "since", "line", "hmac"))
    head[name] = head[name] + 1 if isinstance(head[name], int) else head[name][:-1] + "!"
    lines[number] = json.dumps(head).encode()


def drop_line(lines: list[bytes], dice: Dice) -> None:
    del lines[dice.randrange(len(lines))]


def swap_lines(lines: list[bytes], dice: Dice) -> None:
    one, other = dice.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def cut_lines(lines: list[bytes], dice: Dice) -> None:
    del lines[dice.randint(1, len(lines) - 1) :]


def repeat_line(lines: list[bytes], dice: Dice) -> None:
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))


def spoil_line(lines: list[bytes], dice: Dice) -> None:
    lines[dice.randrange(len(lines))] = b"{}"


HEADS = (edit_line, drop_line, swap_lines, cut_lines, repeat_line, spoil_line)


@pytest.mark.parametrize("seed", range(125, 160))
def test_heads_that_were_changed_are_named(
    opened: Store, folder: Path, tmp_path: Path, seed: int
) -> None:
    shutil.copytree(folder / "anchor", tmp_path / "anchor")
    heads = tmp_path / "anchor" / "state.duckdb.heads.jsonl"
    lines = heads.read_bytes().splitlines()
    HEADS[seed % len(HEADS)](lines, dice_of(seed))
    heads.write_bytes(b"".join(line + b"\n" for line in lines))

    check = verify_chain(replace(opened, anchor=open_anchor(heads)))

    assert "heads" in {each.where for each in check.problems}


@pytest.mark.parametrize("name", ["jsonl", "key", "last"])
def test_a_file_of_the_heads_that_is_gone_is_missed(
    opened: Store, folder: Path, tmp_path: Path, name: str
) -> None:
    shutil.copytree(folder / "anchor", tmp_path / "anchor")
    heads = tmp_path / "anchor" / "state.duckdb.heads.jsonl"
    heads.with_suffix(f".{name}").unlink()

    check = verify_chain(replace(opened, anchor=open_anchor(heads)))

    assert "heads" in {each.where for each in check.problems}


# What the officer took away -----------------------------------------------------------------


@pytest.fixture(scope="module")
def taken(opened: Store) -> audit_files.OfficerFiles:
    return audit_files.officer_files(opened, "spring", actor="ofelia")


def change_bytes(content: bytes, dice: Dice) -> bytes:
    """Change, take out, put in, move or cut off some of a file."""
    lines = content.split(b"\n")
    place = dice.randrange(1, len(lines) - 1)
    kind = dice.randrange(5)
    if kind == 0:
        lines[place] = lines[place].replace(b"0", b"1", 1).replace(b"e", b"a", 1) + b" "
    elif kind == 1:
        del lines[place]
    elif kind == 2:
        lines.insert(place, lines[place])
    elif kind == 3:
        lines[place], lines[place - 1] = lines[place - 1], lines[place]
    else:
        lines = lines[:place]
    return b"\n".join(lines)


@pytest.mark.parametrize("seed", range(160, 175))
def test_an_officers_file_that_was_changed_is_not_the_one_that_was_handed_out(
    opened: Store, taken: audit_files.OfficerFiles, seed: int
) -> None:
    content = taken.csv if seed % 2 else taken.manifest

    changed = change_bytes(content, dice_of(seed))

    assert handing_out.handed_out_as(opened, content)
    assert handing_out.handed_out_as(opened, changed) is None


@pytest.fixture(scope="module")
def pack(opened: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("pack")
    archive = to / "evidence.zip"
    archive.write_bytes(evidence_pack.evidence_zip(opened, "spring", actor="ofelia"))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    return to / "evidence-spring"


def said_of(pack: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    key = folder / "anchor" / "state.duckdb.heads.key"
    code = verify_evidence.main([str(pack), "--key", str(key)])
    return code, capsys.readouterr().out


def test_the_pack_as_it_was_handed_out_fits(
    pack: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = said_of(pack, folder, capsys)

    assert (code, said.startswith("All of it fits")) == (0, True), said


def rehash_pack(pack: Path) -> None:
    """Make the manifest fit the files again, as a forger would."""
    manifest = json.loads((pack / "manifest.json").read_text("utf-8"))
    for name in manifest["files"]:
        if (pack / name).exists():
            manifest["files"][name] = hashlib.sha256((pack / name).read_bytes()).hexdigest()
    (pack / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def rehash_chain(pack: Path, dice: Dice) -> None:
    """Change an entry, and work the trail, its head and the manifest out anew."""
    rows: list[dict[str, Any]] = verify_evidence.lines(pack / "chain.jsonl")
    rows[dice.randrange(len(rows))]["actor"] += "x"
    before = rows[0]["prev_hash"]
    for row in rows:
        row["prev_hash"] = before
        fields = tuple(str(row[name]) for name in verify_evidence.CHAINED)
        row["hash"] = before = row_hash(fields)
    (pack / "chain.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    manifest = json.loads((pack / "manifest.json").read_text("utf-8"))
    manifest["evidence"]["head"] = before
    (pack / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("seed", range(175, 205))
def test_a_pack_that_was_changed_does_not_fit(
    pack: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    dice = dice_of(seed)
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    names = ("audit.csv", "deliveries.csv", "chain.jsonl", "heads.jsonl", "approvals.json")
    if seed % 6 == 5:
        rehash_chain(copy, dice)
    else:
        file = copy / names[seed % 6]
        file.write_bytes(change_bytes(file.read_bytes(), dice))
    if dice.random() < 0.7:
        rehash_pack(copy)

    code, said = said_of(copy, folder, capsys)

    assert code == 1
    assert said.strip()
