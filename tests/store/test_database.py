from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.domain import Message
from personalization.errors import StateError
from personalization.store import open_scratch, open_store, record, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store

_INSERT = "INSERT INTO campaign_steps VALUES ($campaign_id, 'step', 1, 'mia', $now)"
_COUNT = "SELECT count(*) FROM campaign_steps"


def insert(store: Store, campaign_id: str = "c1") -> None:
    store.run(_INSERT, campaign_id=campaign_id, now=store.now())


def count(store: Store) -> int:
    [(n,)] = store.read(_COUNT)
    return int(n)


def test_run_says_how_many_rows_it_changed(store: Store) -> None:
    for name in ("mia", "rob", "zoe"):
        store.run(
            "INSERT INTO policy_drafts VALUES ($who, '', '', $now)", who=name, now=store.now()
        )

    assert store.run("DELETE FROM policy_drafts") == 3


def test_reads_come_as_rows_records_frame_and_files(store: Store, tmp_path: Path) -> None:
    insert(store, "c1")
    sql = "SELECT campaign_id, rows FROM campaign_steps WHERE actor = $actor"

    assert store.read(sql, actor="mia") == [("c1", 1)]
    assert store.read_one(sql, actor="rob") is None
    assert store.records(sql, actor="mia") == [{"campaign_id": "c1", "rows": 1}]
    assert store.frame(sql, actor="mia").to_dict("records") == [{"campaign_id": "c1", "rows": 1}]
    store.write_csv(tmp_path / "out.csv", sql, actor="mia")
    assert (tmp_path / "out.csv").read_text("utf-8") == "campaign_id,rows\nc1,1\n"
    store.write_parquet(tmp_path / "out.parquet", sql, actor="mia")
    assert (tmp_path / "out.parquet").stat().st_size > 0


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_stops_a_step_none_of_its_changes_stay(
    store: Store, stop: type[BaseException]
) -> None:
    """Streamlit stops a run with a BaseException of its own."""
    with pytest.raises(stop), store.transaction():  # noqa: PT012
        insert(store)
        raise stop

    assert count(store) == 0
    insert(store)
    assert count(store) == 1


def test_an_inner_transaction_joins_the_outer_one(store: Store) -> None:
    with pytest.raises(ValueError, match="later"), store.transaction():  # noqa: PT012
        with store.transaction():
            insert(store)
        raise ValueError("later")

    assert count(store) == 0


def test_a_step_sees_its_own_changes_and_nobody_else_does(store: Store) -> None:
    seen: list[int] = []
    with store.transaction():
        insert(store)
        other = threading.Thread(target=lambda: seen.append(count(store)))
        other.start()
        other.join()
        seen.append(count(store))

    assert seen == [0, 1]
    assert count(store) == 1


def test_a_failed_statement_inside_a_step_undoes_the_step(store: Store) -> None:
    with pytest.raises(duckdb.Error), store.transaction():  # noqa: PT012
        insert(store)
        store.run("INSERT INTO no_such_table VALUES (1)")

    assert count(store) == 0


def in_threads(n: int, work: object) -> list[BaseException]:
    """Run ``work(number)`` in n threads that start together, and return what went wrong."""
    failures: list[BaseException] = []
    start = threading.Barrier(n)

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_many_writers_queue_and_the_trail_stays_whole(store: Store) -> None:
    def write(number: int) -> None:
        for _ in range(15):
            with store.transaction():
                record(store, "thing.done", str(number), actor="mia")
                insert(store, f"c{number}")

    assert in_threads(4, write) == []
    assert count(store) == 60
    check = verify_chain(store)
    assert (check.n_rows, check.is_whole) == (60, True)


def test_readers_never_get_the_rows_of_another(store: Store) -> None:
    def read(number: int) -> None:
        for _ in range(60):
            rows = store.read("SELECT $n AS n FROM range(50)", n=number)
            assert rows == [(number,)] * 50

    assert in_threads(4, read) == []


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    insert(store)
    entered, leave = threading.Event(), threading.Event()

    def write(_: int) -> None:
        with store.transaction():
            insert(store)
            entered.set()
            leave.wait(timeout=30)

    writer = threading.Thread(target=write, args=(0,))
    writer.start()
    entered.wait(timeout=30)
    seen = count(store)
    leave.set()
    writer.join()

    assert seen == 1
    assert count(store) == 2


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.duckdb"
    store = open_store(path)
    insert(store)
    store.close()

    again = open_store(path)

    assert count(again) == 1
    again.close()


_OPEN = """
import sys
from pathlib import Path
from personalization.errors import StateError
from personalization.store import open_store
try:
    open_store(Path(sys.argv[1]))
except StateError as error:
    print(error)
"""


def test_a_second_process_is_told_who_holds_the_file(tmp_path: Path) -> None:
    import os

    path = tmp_path / "state.duckdb"
    store = open_store(path)

    other = subprocess.run(
        [sys.executable, "-c", _OPEN, str(path)], capture_output=True, text=True, check=True
    )
    store.close()

    said = other.stdout.strip()
    assert said.startswith(f"The database {path} is in use by process {os.getpid()}")
    assert "--database" in said
    assert len(said.splitlines()) == 1


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "state.duckdb"
    path.write_text("id,name\n1,Ann\n" * 500)

    with pytest.raises(StateError, match=r"state\.duckdb cannot be opened"):
        open_store(path)


def test_times_are_utc(store: Store) -> None:
    insert(store)

    assert store.read("SELECT ran_at::VARCHAR FROM campaign_steps") == [("2026-12-01 09:30:00+00",)]


def test_the_fingerprint_is_the_same_in_sql_and_in_python(store: Store) -> None:
    message = Message("Grüße", "", "a\nb", "Go", "https://x.example", "'; DROP TABLE")

    row = store.read_one(
        "SELECT content_fingerprint($subject, $preheader, $body, $call_to_action, $link, $footer)",
        **dict(message.fields()),
    )

    assert row == (message.content_sha256,)


@pytest.mark.parametrize("opened", [open_store, open_scratch])
def test_a_sum_beside_an_empty_join_is_right(opened: Callable[[], Store]) -> None:
    """DuckDB 2.0.0 by itself gives -128 to 127 here: it packs the sum into one byte."""
    store = opened()
    store.run("CREATE TABLE people AS SELECT CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END AS clicked, "
              "i % 9 AS segment FROM range(300000) AS numbers(i)")  # fmt: skip
    store.run("CREATE TABLE places (attribute VARCHAR, segment BIGINT, step BIGINT)")

    rows = store.read(
        "SELECT coalesce(step, 0), CAST(sum(clicked) AS BIGINT) FROM people LEFT JOIN places "
        "ON attribute = 'tier' AND places.segment = people.segment GROUP BY 1 ORDER BY 1"
    )

    assert rows == [(0, 100_000)]
    store.close()
