"""The trail refuses changes, and shows them where somebody got past the refusal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.errors import StateError
from personalization.store import open_store, record, record_each, verify_chain
from personalization.store.anchor import GENESIS
from personalization.store.audit import row_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

N = 12


def fill(store: Store, n: int = N) -> None:
    for number in range(n):
        with store.transaction():
            record(store, "thing.done", f"t{number}", actor="mia", n=number, why="öffnen")


@pytest.fixture
def trail(store: Store) -> Store:
    """A trail of twelve rows."""
    fill(store)
    return store


@pytest.fixture
def unguarded(trail: Store) -> Store:
    """The same, whose triggers somebody with the file in hand has dropped."""
    trail.run("DROP TRIGGER audit_no_update ON audit_log")
    trail.run("DROP TRIGGER audit_no_delete ON audit_log")
    return trail


def test_an_empty_trail_is_whole(store: Store) -> None:
    check = verify_chain(store)

    assert (check.n_rows, check.head, check.is_whole) == (0, GENESIS, True)


def test_a_trail_that_nobody_touched_is_whole(trail: Store) -> None:
    check = verify_chain(trail)

    [(last,)] = trail.read("SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert (check.n_rows, check.head, check.first_broken) == (N, last, None)


def test_the_hash_of_a_row_can_be_worked_out_by_anyone() -> None:
    fields = ("1", "2026-12-01T09:30:00.000000+00:00", "a.b", "ref", "", "mia", "{}", GENESIS)

    said = "\x1f".join(("v1", *fields)).encode()

    assert row_hash(fields) == hashlib.sha256(said).hexdigest()


def test_sql_and_python_agree_on_every_hash(trail: Store) -> None:
    rows = trail.read(
        "SELECT seq::VARCHAR, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash "
        "FROM audit_log ORDER BY seq"
    )

    assert [row_hash(row[:-1]) for row in rows] == [row[-1] for row in rows]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE audit_log SET actor = 'ann'", id="a change"),
        pytest.param("UPDATE audit_log SET actor = 'ann' WHERE seq = 999", id="of no row"),
        pytest.param("DELETE FROM audit_log WHERE seq = 3", id="a deletion"),
        pytest.param("TRUNCATE audit_log", id="all of it"),
        pytest.param("DELETE FROM screenings", id="screenings deleted"),
        pytest.param("UPDATE screenings SET decision = 'pass'", id="screenings changed"),
    ],
)
def test_the_engine_refuses_to_change_what_was_recorded(trail: Store, statement: str) -> None:
    with pytest.raises(duckdb.Error, match="append-only"):
        trail.run(statement)

    assert verify_chain(trail).n_rows == N


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log", id="replace"),
        pytest.param(
            "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (seq) DO UPDATE SET "
            "actor = 'ann'",
            id="upsert",
        ),
        pytest.param(
            "MERGE INTO audit_log USING (SELECT 1 AS seq) AS s ON audit_log.seq = s.seq "
            "WHEN MATCHED THEN UPDATE SET actor = 'ann'",
            id="merge",
        ),
    ],
)
def test_there_is_no_way_round_the_refusal(trail: Store, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        trail.run(statement)

    assert verify_chain(trail).is_whole


def test_the_refusal_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.duckdb"
    store = open_store(path)
    fill(store, 2)
    store.close()

    again = open_store(path)

    with pytest.raises(duckdb.Error, match="append-only"):
        again.run("DELETE FROM audit_log")
    again.close()


@pytest.mark.parametrize(
    "column", ["happened_at", "kind", "ref", "campaign_id", "actor", "payload", "prev_hash", "hash"]
)
def test_a_changed_field_is_found_at_its_row(unguarded: Store, column: str) -> None:
    change = {
        "happened_at": "UPDATE audit_log SET happened_at = 'x' WHERE seq = 5",
        "kind": "UPDATE audit_log SET kind = 'x' WHERE seq = 5",
        "ref": "UPDATE audit_log SET ref = 'x' WHERE seq = 5",
        "campaign_id": "UPDATE audit_log SET campaign_id = 'x' WHERE seq = 5",
        "actor": "UPDATE audit_log SET actor = 'x' WHERE seq = 5",
        "payload": "UPDATE audit_log SET payload = '{}' WHERE seq = 5",
        "prev_hash": "UPDATE audit_log SET prev_hash = 'x' WHERE seq = 5",
        "hash": "UPDATE audit_log SET hash = 'x' WHERE seq = 5",
    }[column]

    unguarded.run(change)

    assert verify_chain(unguarded).first_broken == 5


@pytest.mark.parametrize("seq", [1, 5, N - 1])
def test_a_row_that_is_missing_is_found(unguarded: Store, seq: int) -> None:
    unguarded.run("DELETE FROM audit_log WHERE seq = $seq", seq=seq)

    assert verify_chain(unguarded).first_broken == seq + 1


def test_a_row_that_was_put_in_between_is_found(unguarded: Store) -> None:
    unguarded.run("UPDATE audit_log SET seq = seq + 100 WHERE seq > 5")
    unguarded.run("UPDATE audit_log SET seq = seq - 99 WHERE seq > 100")
    unguarded.run(
        "INSERT INTO audit_log SELECT 6, happened_at, kind, 'forged', campaign_id, actor, payload, "
        "hash, sha256('forged') FROM audit_log WHERE seq = 5"
    )

    assert verify_chain(unguarded).first_broken == 6


def test_two_rows_that_changed_places_are_found(unguarded: Store) -> None:
    unguarded.run("UPDATE audit_log SET seq = 999 WHERE seq = 4")
    unguarded.run("UPDATE audit_log SET seq = 4 WHERE seq = 5")
    unguarded.run("UPDATE audit_log SET seq = 5 WHERE seq = 999")

    assert verify_chain(unguarded).first_broken == 4


def test_a_changed_row_with_a_new_hash_breaks_the_next(unguarded: Store) -> None:
    unguarded.run(
        "UPDATE audit_log SET actor = 'ann', hash = sha256(concat_ws(chr(31), 'v1', seq::VARCHAR, "
        "happened_at, kind, ref, campaign_id, 'ann', payload, prev_hash)) WHERE seq = 5"
    )

    assert verify_chain(unguarded).first_broken == 6


def test_a_cut_off_end_shows_against_the_heads(unguarded: Store) -> None:
    """The chain alone cannot tell: what is left of it fits together."""
    unguarded.run("DELETE FROM audit_log WHERE seq > 9")

    after = verify_chain(unguarded)
    assert after.first_broken is None
    assert [each.ref for each in after.problems if each.where == "heads"] == ["10", "11", "12"]


def test_nothing_is_recorded_outside_the_change_it_records(store: Store) -> None:
    with pytest.raises(StateError, match="outside a transaction"):
        record(store, "thing.done", "t", actor="mia")


def test_a_change_that_fails_takes_its_row_along(trail: Store) -> None:
    with pytest.raises(ValueError, match="no"), trail.transaction():  # noqa: PT012
        record(trail, "thing.done", "t", actor="mia")
        raise ValueError("no")

    assert verify_chain(trail).n_rows == N


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    store = open_store()
    yield store
    store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(max_size=20),
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(max_size=10), max_size=3),
)
def test_whatever_is_recorded_the_trail_stays_whole(
    shared: Store, ref: str, payload: dict[str, str]
) -> None:
    clean = ref.replace("\x00", "").encode("utf-8", "ignore").decode()
    with shared.transaction():
        record(shared, "thing.done", clean, actor="mia", detail=str(payload.keys()))

    assert verify_chain(shared).is_whole


GUARDED = (
    "approvals", "campaign_steps", "certificates", "claims", "document_expiries", "erasures",
    "exports", "finding_labels", "findings", "handovers", "holds", "incident_events", "incidents",
    "ledger_entries", "lesson_switches", "policies", "retired_variants", "screenings", "seals",
    "send_backs", "variant_sources",
)  # fmt: skip


@pytest.mark.parametrize("table", GUARDED)
def test_what_is_kept_for_good_is_neither_changed_nor_taken_away(store: Store, table: str) -> None:
    [(column,)] = store.read(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = $table AND column_index = 1",
        table=table,
    )

    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(duckdb.Error, match="append-only"):
            store.run(statement)


def test_rows_recorded_together_are_those_that_are_recorded_one_by_one(trail: Store) -> None:
    rows = "SELECT * EXCLUDE (seq) FROM audit_log ORDER BY seq"
    other = open_store(clock=trail.clock)

    with other.transaction():
        told = [(f"t{number}", {"n": number, "why": "öffnen"}) for number in range(N)]
        last = record_each(other, "thing.done", told, actor="mia")

    assert last == N
    assert other.read(rows) == trail.read(rows)
    assert verify_chain(other).is_whole
    other.close()


def test_no_rows_are_recorded_together_outside_a_transaction(store: Store) -> None:
    with pytest.raises(StateError, match="outside a transaction"):
        record_each(store, "thing.done", [("t1", {})], actor="mia")
