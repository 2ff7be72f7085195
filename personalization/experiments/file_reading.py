"""Reading a foreign file: CSV, TSV or Parquet, with one row for each customer.

Its columns are named by bound parameters and never become part of a statement, whatever they
are called.
"""

from __future__ import annotations

import glob
import re
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.store import open_scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from personalization.store import Store

# Text is read once into a table; Parquet is read by each statement, the asked columns only.
_TEXT = """
    CREATE TABLE written AS
    SELECT nullif(trim(COLUMNS(*)), '')
    FROM read_csv($path, all_varchar = true, header = true)
"""
_FROM_TEXT = "CREATE MACRO uploaded(path) AS TABLE SELECT * FROM written"
_FROM_PARQUET = "CREATE MACRO uploaded(path) AS TABLE SELECT * FROM read_parquet(path)"
_COLUMNS = "SELECT column_name FROM (DESCRIBE FROM uploaded($path))"

# A value that cannot be read is NULL in ``value`` but not in ``written``.
_UNREADABLE = """
    WITH cells AS (
        SELECT struct_extract("the row", $column) AS cell,
               nullif(trim(CAST(struct_extract("the row", $column) AS VARCHAR)), '') AS written
        FROM uploaded($path) AS "the row"
        WHERE nullif(trim(CAST(struct_extract("the row", $arm) AS VARCHAR)), '') IS NOT NULL
    ), outcomes AS (
        SELECT written, CASE WHEN $form = 'beside' THEN finite(number_beside(cell))
                             WHEN $form NOT IN ('flag', 'paired flag') THEN finite(amount(cell))
                             WHEN flag(cell) IN (0, 1) THEN flag(cell) END AS value
        FROM cells
    )
    SELECT count(*) - count(written) AS n_missing, count(written) - count(value) AS n_unreadable,
           min(CASE WHEN value IS NULL THEN written END) AS example
    FROM outcomes
"""
_CUSTOMERS = """
    WITH people AS (
        SELECT nullif(trim(CAST(struct_extract("the row", $id) AS VARCHAR)), '') AS customer,
               nullif(trim(CAST(struct_extract("the row", $arm) AS VARCHAR)), '') AS arm
        FROM uploaded($path) AS "the row"
    ), customers AS (
        SELECT customer, count(*) AS n, count(DISTINCT arm) AS n_arms
        FROM people WHERE arm IS NOT NULL GROUP BY customer
    )
    SELECT coalesce(sum(CASE WHEN customer IS NULL THEN n END), 0) AS rows_without_id,
           coalesce(sum(CASE WHEN customer IS NOT NULL AND n > 1 THEN n - 1 END), 0)
               AS duplicate_rows,
           count(CASE WHEN customer IS NOT NULL AND n > 1 THEN 1 END) AS customers_repeated,
           count(CASE WHEN customer IS NOT NULL AND n_arms > 1 THEN 1 END) AS customers_in_two_arms,
           min(CASE WHEN customer IS NOT NULL AND n > 1 THEN customer END) AS example
    FROM customers
"""
_WANTED: Final = {
    "flag": ("0 or 1 (or yes or no)", "Correct them, or name the column as mean."),
    "amount": ("a number", "Correct them, or leave those cells empty, which counts as 0."),
    "beside": ("a number", "Correct them, or leave those cells empty, which counts as 0."),
}
_THOUSANDS: Final = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+(\.\d{3})*,\d+")
_APP: Final = "or upload the file in the app, which"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that statements can read as ``uploaded($path)``.

    Attributes:
        store: An empty database that knows the macros of ``files.sql``.
        path: As the engine takes it.
        columns: Their names, in the file's order.
    """

    store: Store
    path: str
    columns: tuple[str, ...]

    def learn_wide(self) -> None:
        """Make the macros of ``files_wide.sql`` known too; a second time changes nothing."""
        self.store.run(_macros("files_wide.sql"))

    def records(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Run one query over the file.

        Raises:
            InputError: The engine gave up: on amounts too large to add up, or on the file itself.
        """
        import duckdb  # noqa: PLC0415  for the name of its error only

        try:
            return self.store.records(sql, path=self.path, **parameters)
        except duckdb.Error as error:
            raise InputError(f"{self.path} cannot be analysed: {_first_line(error)}") from error


@contextmanager
def reading(path: Path) -> Iterator[Upload]:
    """Open a file for as long as it is analysed.

    Raises:
        InputError: It is not there, or cannot be read as a table.
    """
    import duckdb  # noqa: PLC0415  for the name of its error only

    store = open_scratch()
    try:
        try:
            if not path.exists():
                raise InputError(f"There is no file {path}.")
            if path.is_dir():
                raise InputError(f"{path} is a folder. Name a file in it.")
            with path.open("rb") as file:
                is_parquet = file.read(4) == b"PAR1"
            name = glob.escape(str(path))  # the engine would take * and [ for a pattern
            if not is_parquet:
                store.run(_TEXT, path=name)
            store.run(_FROM_PARQUET if is_parquet else _FROM_TEXT)
            store.run(_macros("files.sql"))
            columns = tuple(column for (column,) in store.read(_COLUMNS, path=name))
        except (OSError, duckdb.Error) as error:
            raise InputError(
                f"{path} cannot be read as a table: {_first_line(error)} It has to be CSV or TSV "
                "in UTF-8 with a header, or Parquet."
            ) from error
        yield Upload(store, name, columns)
    finally:
        store.close()


def _macros(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _first_line(error: Exception) -> str:
    told = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{told.splitlines()[0].rstrip('.')}."


def refuse_unknown(upload: Upload, wanted: Iterable[str]) -> None:
    """Refuse a column that the file does not have, with the names of those that it has."""
    if unknown := [name for name in wanted if name not in upload.columns]:
        raise InputError(
            f"The file has no column {unknown[0]!r}. It has: {', '.join(upload.columns)}."
        )


def missing_in(upload: Upload, column: str, form: str, *, arm: str) -> int:
    """Return how many rows of an arm have nothing in a column.

    Args:
        upload: The file.
        column: Of an outcome, or of what goes with one.
        form: flag or amount, see ``files.sql``; beside for what goes with an outcome.
        arm: The column of the arms; rows without one do not count.

    Raises:
        InputError: Some values are there and cannot be read.
    """
    row = upload.records(_UNREADABLE, column=column, form=form, arm=arm)[0]
    if row["n_unreadable"]:
        wanted, way_out = _WANTED[form.removeprefix("paired ")]
        n, example = int(row["n_unreadable"]), row["example"]
        values = "1 value that is" if n == 1 else f"{n:,} values that are"
        if not form.endswith("flag"):
            way_out = _out_of_commas(example) or way_out
        raise InputError(
            f"Column {column!r} has {values} not {wanted}, such as {example!r}. {way_out}"
        )
    return int(row["n_missing"])


def _out_of_commas(amount: str) -> str:
    """Say how to write an amount whose comma is in the way; '' where none is."""
    if _THOUSANDS.fullmatch(amount):
        return (
            f"Write it without commas ({amount.replace(',', '')}), or with a decimal point if the "
            f"comma is one, {_APP} asks what the comma means."
        )
    if _DECIMAL_COMMA.fullmatch(amount):
        pointed = amount.replace(".", "").replace(",", ".")
        return (
            f"The comma stands for a decimal point: write {pointed} for {amount}, {_APP} reads "
            "decimal commas."
        )
    return ""


def customers_of(upload: Upload, *, arm: str, id_column: str) -> dict[str, Any]:
    """Count the customers with more than one row, and those in more than one arm."""
    return upload.records(_CUSTOMERS, arm=arm, id=id_column)[0]
