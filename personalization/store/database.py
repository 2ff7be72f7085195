"""The store: opening, transactions and queries.

Every statement of the product runs here.  A statement is a constant of its stage, with
bound parameters; no SQL text is ever put together from values.

One process owns the file.  Each unit of work gets a cursor of its own, because a DuckDB
connection that two threads share answers one with the rows of the other; writers queue on
one lock, because two transactions on one row end in a conflict and not in a wait.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb

from personalization.errors import StateError
from personalization.store.anchor import Anchor
from personalization.store.guards import macro_named
from personalization.store.migrations import WITHOUT_HEADS, migrate
from personalization.store.opening import heads_file, hold_against, open_anchor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, shared by the sessions of one process.

    Attributes:
        root: The connection that owns the file; only this module touches it.
        clock: Tells the time; tests pass one of their own.
        lock: Held by the one who writes.
        local: The transaction that the current thread is in, if any.
        anchor: Where the heads of the audit trail are kept.
        beside: What a database in memory has instead of the files beside one.
    """

    root: duckdb.DuckDBPyConnection
    clock: Callable[[], datetime] = _utc_now
    lock: threading.RLock = field(default_factory=threading.RLock)
    local: threading.local = field(default_factory=threading.local)
    anchor: Anchor = field(default_factory=Anchor)
    beside: dict[str, bytes] = field(default_factory=dict, repr=False)

    def now(self) -> datetime:
        """Return the time, UTC."""
        return self.clock()

    def run(self, sql: str, **parameters: object) -> int:
        """Run one statement that changes rows, and return how many it changed."""
        with self.transaction() as cursor:
            changed = cursor.execute(sql, parameters or None).fetchone()
        return int(changed[0]) if changed and isinstance(changed[0], int) else 0

    def read(self, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Run one query and return its rows, a handful: never one per customer."""
        with self._reading() as cursor:
            return cursor.execute(sql, parameters or None).fetchall()

    def read_one(self, sql: str, **parameters: object) -> tuple[Any, ...] | None:
        """Run one query and return its first row, or None where there is none."""
        with self._reading() as cursor:
            return cursor.execute(sql, parameters or None).fetchone()

    def records(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Run one query and return its rows as dictionaries by column name."""
        with self._reading() as cursor:
            result = cursor.execute(sql, parameters or None)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def frame(self, sql: str, **parameters: object) -> pd.DataFrame:
        """Run one query and return what a page shows: some hundred rows at most."""
        with self._reading() as cursor:
            return cursor.execute(sql, parameters or None).df()

    def write_csv(self, path: Path, sql: str, **parameters: object) -> None:
        """Write the rows of one query to a CSV file (UTF-8, header), without leaving the engine."""
        with self._reading() as cursor:
            cursor.sql(sql, params=parameters or None).write_csv(str(path), header=True)

    def write_parquet(self, path: Path, sql: str, **parameters: object) -> None:
        """Write the rows of one query to a Parquet file, without leaving the engine."""
        with self._reading() as cursor:
            cursor.sql(sql, params=parameters or None).write_parquet(str(path))

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Keep all of a step's changes, or none of them; nested calls join the outer one.

        No provider is called and no page is drawn inside: compute first, then write.
        """
        open_cursor: duckdb.DuckDBPyConnection | None = getattr(self.local, "cursor", None)
        if open_cursor is not None:
            yield open_cursor
            return
        with self.lock:
            cursor = self.root.cursor()
            self.local.cursor, self.local.head = cursor, None
            try:
                cursor.begin()
                yield cursor
                cursor.commit()
                if self.local.head is not None:
                    self.anchor.keep(*self.local.head)
            except BaseException:  # Streamlit stops a run with a BaseException
                with suppress(duckdb.Error):
                    cursor.rollback()
                raise
            finally:
                self.local.cursor = None
                cursor.close()

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        open_cursor: duckdb.DuckDBPyConnection | None = getattr(self.local, "cursor", None)
        if open_cursor is not None:
            yield open_cursor
            return
        cursor = self.root.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Close the file, so that another process may open it."""
        self.root.close()


# DuckDB 2.0 takes the range of a sum from the rows that it expects.  Beside a left join whose right
# side it knows to be empty it expects none, packs the sum into one byte, and fails or, where the
# sum is cast, silently gives another number.  Without that packing sums are right.
_ENGINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "disabled_optimizers": "compressed_materialization"
}


def open_store(
    path: Path | None = None,
    clock: Callable[[], datetime] = _utc_now,
    *,
    heads: str = "",
    is_accepting: bool = False,
) -> Store:
    """Open the database at ``path``, or one in memory, and make its tables.

    Args:
        path: The file; None is a database in memory.
        clock: Tells the time.
        heads: The file (``*.jsonl``) or folder that the heads of the audit trail are kept in; by
            default the folder ``anchor`` beside the database.
        is_accepting: Open it although what guards its record is gone, to take it as it is.

    Raises:
        StateError: Another process holds the file, its tables are not of this version, or what
            keeps its record from being changed is gone.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    root = _connect(str(path) if path else ":memory:")
    try:
        found = migrate(root, str(path) if path else "in memory", is_guarded=not is_accepting)
        anchor = open_anchor(heads_file(path, heads)) if path else Anchor()
        hold_against(anchor, root, kept_none=found in WITHOUT_HEADS)
    except BaseException:
        root.close()
        raise
    return Store(root, clock, anchor=anchor)


_HAS_TRAIL: Final = """
    SELECT count(*) FROM duckdb_tables()
    WHERE database_name = current_database() AND table_name = 'audit_log'
"""


def open_for_checking(path: Path, *, heads: str = "") -> Store:
    """Open the database at ``path`` to be read only, as it stands: nothing in it is put right.

    Raises:
        StateError: Another process holds the file, or it holds no trail.
    """
    root = _connect(str(path), is_read_only=True)
    if not (root.execute(_HAS_TRAIL).fetchone() or (0,))[0]:
        root.close()
        raise StateError(
            f"{path} holds no audit trail, so it is no database of this program, or one whose "
            "trail was taken out. Name the right one with --database, or put a copy back."
        )
    root.execute("SET GLOBAL TimeZone = 'UTC'")
    return Store(root, anchor=open_anchor(heads_file(path, heads), is_reading=True))


def _connect(path: str, *, is_read_only: bool = False) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(path, read_only=is_read_only, config=_ENGINE)
    except duckdb.IOException as error:
        raise StateError(_who_holds(path, str(error))) from error


def open_scratch(macros: Sequence[str] = ()) -> Store:
    """Open an empty database in memory, without the product's tables: for work on one file.

    Args:
        macros: Names of those of the product's macros that its statements call; none that reads a
            table.
    """
    store = Store(duckdb.connect(":memory:", config=_ENGINE))
    for name in macros:
        store.run(macro_named(name))
    return store


def _who_holds(path: str, message: str) -> str:
    holder = re.search(r"PID (\d+)", message)
    if holder is None:
        return f"The database {path} cannot be opened: {message}"
    return (
        f"The database {path} is in use by process {holder[1]}, most likely the app. "
        "Stop that process, or name another database with --database."
    )
