"""Migrations: what makes the tables of an earlier version those of this one.

A change to a table that exists is a numbered function here, and ``schema.sql`` shows what comes
of it.  Views and macros are made anew at every start, so that a mended gate reaches every file.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import duckdb

from personalization.errors import StateError
from personalization.store.guards import refuse_unguarded
from personalization.store.guards import schema as schema_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TO_SECOND: Final = """
    ALTER TABLE experiments ADD COLUMN analysis_on DATE;
    ALTER TABLE experiments ADD COLUMN revenue_cap DOUBLE;
    ALTER TABLE experiments ADD COLUMN pre_days INTEGER DEFAULT 0;
    ALTER TABLE experiments ADD COLUMN machine_click_seconds INTEGER DEFAULT 10;
    UPDATE experiments SET machine_click_seconds = 0;
    ALTER TABLE experiments ADD COLUMN opened_early_at TIMESTAMPTZ;
    ALTER TABLE experiments ADD COLUMN opened_early_by VARCHAR;
    ALTER TABLE experiments ADD COLUMN holdout_id VARCHAR;
    UPDATE experiments
    SET analysis_on = TRY_CAST(json_extract_string(hypothesis, '$.analysis_on') AS DATE),
        pre_days = 0;
    ALTER TABLE results RENAME TO results_of_schema_1;
    ALTER TABLE attribute_effects RENAME TO attribute_effects_of_schema_1;
"""


def second(root: duckdb.DuckDBPyConnection) -> None:
    """Make room for declared metrics and verdicts.

    Results are worked out from what was delivered and done, so they are not carried over: the
    old ones are kept under another name, and measuring once more fills the new tables.  Designs
    of the earlier schema counted every click, and still do.
    """
    root.execute(_TO_SECOND)


_TO_THIRD: Final = """
    ALTER TABLE policies ADD COLUMN overlay VARCHAR DEFAULT '';
    ALTER TABLE policies ADD COLUMN note VARCHAR DEFAULT '';
    ALTER TABLE policies ADD COLUMN is_from_file BOOLEAN DEFAULT false;
    ALTER TABLE screenings ADD COLUMN chunks INTEGER DEFAULT 0;
    ALTER TABLE screenings ADD COLUMN request_ids VARCHAR DEFAULT '';
    ALTER TABLE screenings ADD COLUMN blocklist_hits VARCHAR DEFAULT '';
    ALTER TABLE screenings ADD COLUMN duration_ms INTEGER;
    ALTER TABLE screenings ADD COLUMN readers VARCHAR;
    CREATE TABLE imports_of_schema_3 (
        import_id VARCHAR PRIMARY KEY, dataset_id VARCHAR NOT NULL,
        target VARCHAR NOT NULL CHECK (target IN ('customers', 'transactions', 'products',
                                                  'engagements', 'consents', 'suppressions')),
        file_name VARCHAR NOT NULL, file_sha256 VARCHAR NOT NULL, detected JSON NOT NULL,
        mapping JSON NOT NULL, rows_total BIGINT NOT NULL, accepted BIGINT NOT NULL,
        rejected BIGINT NOT NULL, merged BIGINT NOT NULL, imported_at TIMESTAMPTZ NOT NULL,
        imported_by VARCHAR NOT NULL, request_id VARCHAR UNIQUE,
        CHECK (rows_total = accepted + rejected + merged)
    );
    INSERT INTO imports_of_schema_3 SELECT * FROM imports;
    DROP TABLE imports;
    ALTER TABLE imports_of_schema_3 RENAME TO imports;
"""


def third(root: duckdb.DuckDBPyConnection) -> None:
    """Make room for a team's own policy, an engine's own account, and consents and objections."""
    root.execute(_TO_THIRD)


_TO_FOURTH: Final = """
    ALTER TABLE screenings ADD COLUMN house_sha256 VARCHAR;
"""


def fourth(root: duckdb.DuckDBPyConnection) -> None:
    """Make room for what writers and brands have to say of a message."""
    root.execute(_TO_FOURTH)


_TO_FIFTH: Final = """
    ALTER TABLE products ADD COLUMN category_path VARCHAR;
    ALTER TABLE products ADD COLUMN attributes JSON;
    ALTER TABLE products ADD COLUMN margin DOUBLE;
    ALTER TABLE products ADD COLUMN stock DOUBLE;
    ALTER TABLE products ADD COLUMN tags VARCHAR;
    ALTER TABLE products ADD COLUMN is_replenishable BOOLEAN;
    ALTER TABLE products ADD COLUMN variant_group VARCHAR;
    ALTER TABLE products ADD COLUMN is_active BOOLEAN DEFAULT true;
    ALTER TABLE products ADD COLUMN gate VARCHAR;
    ALTER TABLE products ADD COLUMN url VARCHAR;
    CREATE TABLE imports_of_schema_5 (
        import_id VARCHAR PRIMARY KEY, dataset_id VARCHAR NOT NULL,
        target VARCHAR NOT NULL CHECK (target IN ('customers', 'transactions', 'products',
                                                  'engagements', 'consents', 'suppressions',
                                                  'interactions', 'prospects')),
        file_name VARCHAR NOT NULL, file_sha256 VARCHAR NOT NULL, detected JSON NOT NULL,
        mapping JSON NOT NULL, rows_total BIGINT NOT NULL, accepted BIGINT NOT NULL,
        rejected BIGINT NOT NULL, merged BIGINT NOT NULL, imported_at TIMESTAMPTZ NOT NULL,
        imported_by VARCHAR NOT NULL, request_id VARCHAR UNIQUE,
        CHECK (rows_total = accepted + rejected + merged)
    );
    INSERT INTO imports_of_schema_5 SELECT * FROM imports;
    DROP TABLE imports;
    ALTER TABLE imports_of_schema_5 RENAME TO imports;
"""


def fifth(root: duckdb.DuckDBPyConnection) -> None:
    """Make room for a whole catalogue, what customers do with it, and prospects."""
    root.execute(_TO_FIFTH)


def sixth(root: duckdb.DuckDBPyConnection) -> None:
    """Change nothing: older versions would take what is written to prospects for mailings."""
    root.execute("SELECT count(*) FROM campaigns")


MIGRATIONS: Final[Mapping[int, Callable[[duckdb.DuckDBPyConnection], object]]] = {
    2: second,
    3: third,
    4: fourth,
    5: fifth,
    6: sixth,
}
"""By number, from 2 on: each brings the tables from the number before to its own."""

WITHOUT_HEADS: Final = (1, 2)
"""The schemas of versions that kept no heads of the audit trail."""

BASELINE: Final = 1
"""The number of a database that is made by ``schema.sql`` alone, without any migration."""

_HAS_NUMBER = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_migrations'"
_NUMBER = "SELECT max(number) FROM schema_migrations"
_KEEP = "INSERT OR IGNORE INTO schema_migrations (number) VALUES ($number)"
_COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns()
    WHERE database_name = current_database() AND table_name IN
        (SELECT table_name FROM duckdb_tables() WHERE database_name = current_database())
    ORDER BY table_name, column_index
"""


def migrate(
    root: duckdb.DuckDBPyConnection,
    path: str,
    migrations: Mapping[int, Callable[[duckdb.DuckDBPyConnection], object]] = MIGRATIONS,
    *,
    is_guarded: bool = True,
) -> int | None:
    """Bring a database to the schema of this version, all of it or nothing.

    Args:
        root: The connection that owns the file.
        path: What the database is called in an error.
        migrations: By number; tests pass their own.
        is_guarded: Whether a database that has lost the guards of its record is refused.

    Returns:
        The number of the schema that was found; None where the database is new.

    Raises:
        StateError: The database is of a newer version, or of an unnumbered one with other columns,
            or has lost the guards of its record.
    """
    root.execute("SET GLOBAL TimeZone = 'UTC'")
    newest = max(migrations, default=BASELINE)
    found = _number_of(root)
    if found is not None and found > newest:
        raise StateError(
            f"The database {path} was made by a newer version of this program (schema {found}; "
            f"this one knows {newest}). Update the program, or name another database with "
            "--database."
        )
    if found is not None and is_guarded:
        refuse_unguarded(root, path)
    schema = schema_text()
    root.begin()
    try:
        for number in sorted(migrations):
            if found is not None and number > found:
                migrations[number](root)
        if found is not None:
            _refuse_lacking(root, path)
        root.execute(schema)
        for number in range(BASELINE, newest + 1):
            root.execute(_KEEP, {"number": number})
        root.commit()
    except BaseException:
        root.rollback()
        raise
    return found


def _number_of(root: duckdb.DuckDBPyConnection) -> int | None:
    """Return the number of the schema; the baseline where tables carry none, None without any."""
    row = root.execute(_HAS_NUMBER).fetchone()
    if not row or not row[0]:
        return None
    row = root.execute(_NUMBER).fetchone()
    return int(row[0]) if row and row[0] is not None else BASELINE


@lru_cache(maxsize=1)
def _wanted() -> dict[str, list[str]]:
    """Return the columns of each table as schema.sql makes them."""
    with duckdb.connect(":memory:") as wanted:
        wanted.execute(schema_text())
        return _columns(wanted)


def _refuse_lacking(root: duckdb.DuckDBPyConnection, path: str) -> None:
    """Raise StateError where a table lacks a column; schema.sql leaves it as it finds it."""
    here, there = _columns(root), _wanted()
    lacking = [
        f"{table}.{column}"
        for table in sorted(here.keys() & there.keys())
        for column in there[table]
        if column not in here[table]
    ]
    if lacking:
        raise StateError(
            f"The database {path} was made by an unfinished version of this program and lacks "
            f"{', '.join(lacking)}. Move the file away and start with a new one, or name another "
            "database with --database."
        )


def _columns(root: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in root.execute(_COLUMNS).fetchall():
        found.setdefault(table, []).append(column)
    return found
