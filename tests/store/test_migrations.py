"""A database of another version is brought to this one, or refused in one sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from personalization.errors import StateError
from personalization.store import open_store
from personalization.store.migrations import BASELINE, MIGRATIONS, migrate

SCHEMA_1 = Path(__file__).parents[1] / "data" / "schema_1.sql"
_NUMBERS = "SELECT number FROM schema_migrations ORDER BY number"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of this version, closed."""
    file = tmp_path / "state.duckdb"
    open_store(file).close()
    return file


def change(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as root:
        root.execute(sql)


def numbers(path: Path) -> list[int]:
    with duckdb.connect(str(path)) as root:
        return [int(number) for (number,) in root.execute(_NUMBERS).fetchall()]


def test_a_new_database_holds_the_number_of_its_schema(path: Path) -> None:
    assert numbers(path) == list(range(BASELINE, max(MIGRATIONS, default=BASELINE) + 1))


def test_opening_again_changes_no_number(path: Path) -> None:
    before = numbers(path)

    open_store(path).close()

    assert numbers(path) == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    change(path, "INSERT INTO schema_migrations (number) VALUES (99)")
    change(path, "CREATE OR REPLACE VIEW policy_in_force AS SELECT 'newer' AS policy_version")

    with pytest.raises(StateError, match=r"newer version of this program \(schema 99;.*Update"):
        open_store(path)

    with duckdb.connect(str(path)) as root:
        assert root.execute("FROM policy_in_force").fetchall() == [("newer",)]


def test_a_view_of_yesterday_is_made_anew(path: Path) -> None:
    change(path, "CREATE OR REPLACE VIEW sendable_variants AS SELECT 'anything' AS variant_id")
    change(path, "CREATE OR REPLACE MACRO csv_cell(cell) AS 'unsafe'")

    store = open_store(path)

    assert store.read("SELECT variant_id FROM sendable_variants") == []
    assert store.read("SELECT csv_cell('=1+1')") == [("'=1+1",)]
    store.close()


def test_the_audit_log_stays_append_only_after_opening_again(path: Path) -> None:
    store = open_store(path)

    store.run("INSERT INTO audit_log VALUES (1, 'now', 'a.b', 'r', '', 'ann', '{}', '', 'h')")
    with pytest.raises(duckdb.Error, match="append-only"):
        store.run("DELETE FROM audit_log")
    store.close()


def test_a_table_without_a_column_of_today_is_named_with_the_way_out(path: Path) -> None:
    change(path, "DROP TABLE jobs; CREATE TABLE jobs (job_id VARCHAR)")

    with pytest.raises(
        StateError, match=r"lacks jobs\.campaign_id.*start with a new one"
    ) as caught:
        open_store(path)

    assert len(str(caught.value).splitlines()) == 1
    change(path, "SELECT 1")  # the refusal does not hold the file


def test_a_database_from_before_the_numbers_counts_as_the_baseline(tmp_path: Path) -> None:
    file = tmp_path / "first.duckdb"
    change(file, SCHEMA_1.read_text("utf-8"))
    change(file, "DELETE FROM schema_migrations")

    open_store(file).close()

    assert BASELINE in numbers(file)


def test_an_older_database_runs_what_it_lacks_in_order_and_once(path: Path) -> None:
    change(path, "DELETE FROM schema_migrations WHERE number > 1")
    ran: list[int] = []
    later = {number: lambda _, n=number: ran.append(n) for number in (3, 2)}

    for _ in range(2):
        with duckdb.connect(str(path)) as root:
            migrate(root, "state", later)

    assert ran == [2, 3]
    assert numbers(path) == [1, 2, 3]


def test_a_new_database_runs_no_migration() -> None:
    ran: list[int] = []
    with duckdb.connect(":memory:") as root:
        migrate(root, "state", {2: lambda _: ran.append(2)})

        assert root.execute(_NUMBERS).fetchall() == [(1,), (2,)]
    assert ran == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    def fail(root: duckdb.DuckDBPyConnection) -> None:
        root.execute("ALTER TABLE jobs ADD COLUMN extra VARCHAR")
        raise OSError("No space left on device")

    with duckdb.connect(str(path)) as root, pytest.raises(OSError, match="No space"):
        migrate(root, "state", {**MIGRATIONS, max(MIGRATIONS) + 1: fail})

    with duckdb.connect(str(path)) as root:
        columns = root.execute("SELECT column_name FROM (DESCRIBE jobs)").fetchall()
    assert ("extra",) not in columns
    assert numbers(path) == list(range(BASELINE, max(MIGRATIONS) + 1))


def test_a_database_of_the_first_schema_keeps_its_experiments_and_its_old_results(
    tmp_path: Path,
) -> None:
    file = tmp_path / "first.duckdb"
    change(file, SCHEMA_1.read_text("utf-8"))
    change(
        file,
        "INSERT INTO experiments VALUES ('e', 'c', '{\"analysis_on\": \"2026-12-15\"}', 'h', 's', "
        "0.95, now(), 'ann', NULL, NULL, NULL, NULL, NULL);"
        "INSERT INTO results (experiment_id, metric, kind, segment, arm, n_treatment, n_control, "
        "family_size, method, verdict, sentence, is_simulated, computed_at) VALUES "
        "('e', 'click', 'binary', '', 'A', 10, 10, 1, 'm', 'undecided', 'No.', false, now())",
    )

    store = open_store(file)

    assert store.read("SELECT analysis_on, pre_days FROM experiments") == [(date(2026, 12, 15), 0)]
    # No click that counted then is taken for a scanner's now.
    assert store.read("SELECT machine_click_seconds FROM experiments") == [(0,)]
    assert store.read("SELECT verdict FROM results_of_schema_1") == [("undecided",)]
    assert store.read("SELECT count(*) FROM results") == [(0,)]
    store.close()
    assert numbers(file) == list(range(BASELINE, max(MIGRATIONS) + 1))
