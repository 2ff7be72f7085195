"""Guards: the triggers that refuse to change what was recorded, and whether they stand.

They are looked for before ``schema.sql`` runs, which would put back what somebody took away and so
hide that it was gone.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import duckdb

    from personalization.store.database import Store

FIRST: Final = (
    "audit_no_delete",
    "audit_no_update",
    "screenings_no_delete",
    "screenings_no_update",
)
"""The guards that every version of the product made."""

_GUARDS = "SELECT trigger_name, sql FROM duckdb_triggers() ORDER BY trigger_name"
_TABLES = """
    SELECT table_name, sql FROM duckdb_tables()
    WHERE database_name = current_database() AND table_name IN ('audit_log', 'audit_guard')
    ORDER BY table_name
"""
_STATEMENT: Final = re.compile(r"CREATE TRIGGER IF NOT EXISTS (\w+)[^;]*;")
_AUDIT_TABLE: Final = re.compile(
    r"CREATE TABLE IF NOT EXISTS (audit_log|audit_guard) .*?\);", re.DOTALL
)
_COMMENT: Final = re.compile(r"--[^\n]*")


@lru_cache(maxsize=1)
def schema() -> str:
    """Return the text of ``schema.sql``."""
    return resources.files(__package__).joinpath("schema.sql").read_text("utf-8")


def macro_named(name: str) -> str:
    """Return the statement of ``schema.sql`` that makes a macro."""
    found = re.search(
        rf"^CREATE OR REPLACE MACRO {re.escape(name)}\(.*?;$", schema(), re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise KeyError(name)
    return found[0]


@lru_cache(maxsize=1)
def expected_guards() -> Mapping[str, str]:
    """Return each trigger of the product and its text, as the engine would write it."""
    return {found[1]: _form(found[0]) for found in _STATEMENT.finditer(schema())}


def _form(sql: str) -> str:
    """Bring a statement to one form: no quotes, no blanks that mean nothing, no condition."""
    bare = _COMMENT.sub("", sql).replace('"', "").replace("IF NOT EXISTS ", "")
    return re.sub(r"\s*([(),;])\s*", r"\1", re.sub(r"\s+", " ", bare)).strip()


def altered_guards(read: Callable[[str], list[tuple[Any, ...]]]) -> list[str]:
    """Name the triggers of the product that are gone, or that do something else."""
    found = {name: _form(sql) for name, sql in read(_GUARDS)}
    return sorted(name for name, sql in expected_guards().items() if found.get(name) != sql)


def altered_tables(read: Callable[[str], list[tuple[Any, ...]]]) -> list[str]:
    """Name the tables of the trail that are not as the product makes them."""
    wanted = {found[1]: _form(found[0]) for found in _AUDIT_TABLE.finditer(schema())}
    found = {name: _form(sql) for name, sql in read(_TABLES)}
    return sorted(name for name, sql in wanted.items() if found.get(name) != sql)


@contextmanager
def suspended(store: Store, tables: tuple[str, ...]) -> Iterator[None]:
    """Take the guards of tables away and put them back, within the transaction of a retention.

    Raises:
        StateError: No transaction is open: without one, a crash would leave them off.
    """
    cursor = getattr(store.local, "cursor", None)
    if cursor is None:
        raise StateError("The guards of the record are only taken away within a transaction.")
    wanted = [sql for sql in expected_guards().values() if _table_of(sql) in tables]
    for sql in wanted:
        cursor.execute(f"DROP TRIGGER {sql.split()[2]} ON {_table_of(sql)}")
    yield
    for sql in wanted:
        cursor.execute(sql)


def _table_of(guard: str) -> str:
    return guard.split(" ON ", 1)[1].split(maxsplit=1)[0]


def refuse_unguarded(root: duckdb.DuckDBPyConnection, path: str) -> None:
    """Raise StateError where a guard that every version makes is gone or was replaced."""
    altered = altered_guards(lambda sql: root.execute(sql).fetchall())
    if altered := [name for name in altered if name in FIRST]:
        raise StateError(
            f"The database {path} has lost what keeps its record from being changed "
            f"({', '.join(altered)}). Somebody took it away with another program. Keep a copy of "
            "the file, see what was changed with `personalize audit --verify`, and go back to a "
            "copy that is whole; or take this one as it is with `personalize audit --accept "
            "REASON`."
        )
