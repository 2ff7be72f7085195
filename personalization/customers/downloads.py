"""CSV files of a check: the accepted rows, and all that was found, safe to open in a spreadsheet.

Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers and telephone
numbers stay as they are.
"""

from __future__ import annotations

import csv
import io
import shutil
from typing import TYPE_CHECKING, Final

from personalization.customers.intake import Intake, extra_names
from personalization.customers.scratch import scratch_store
from personalization.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

_PROBLEMS: Final = """
    SELECT outcome, line, spreadsheet_safe(column_name) AS "column",
           spreadsheet_safe(value) AS value, reason, array_to_string(ids, ' ') AS ids
    FROM read_parquet($problems) ORDER BY line NULLS FIRST, outcome, column_name, reason
"""

_CUSTOMERS: Final = """
    WITH rows AS (
        SELECT * EXCLUDE refuses_email
               REPLACE (first_order_date::DATE AS first_order_date,
                          last_order_date::DATE AS last_order_date),
               consent_email AND email IS NOT NULL AS contactable_email
        FROM read_parquet($staged)
    )
    SELECT spreadsheet_safe(COLUMNS(* EXCLUDE line)::VARCHAR) FROM rows ORDER BY rows.line
"""

_OTHERS: Final = """
    SELECT spreadsheet_safe(COLUMNS(* EXCLUDE line)::VARCHAR) FROM read_parquet($staged) AS rows
    ORDER BY rows.line
"""


def write_problems(intake: Intake, path: Path) -> None:
    """Write everything that was found to a CSV file: outcome, line, column, value, reason, ids.

    Raises:
        StateError: The file was refused as a whole, so no row was looked at.
    """
    if intake.problems is None:
        raise StateError(f"{intake.refuse} There are no rows to list.")
    with scratch_store() as store:
        store.write_csv(path, _PROBLEMS, problems=str(intake.problems))


def write_accepted(intake: Intake, path: Path) -> None:
    """Write the accepted rows to a CSV file, extra columns by the file's own names.

    Raises:
        StateError: The file was refused as a whole, so no row was accepted.
    """
    if intake.staged is None:
        raise StateError(f"{intake.refuse} There are no rows to write.")
    statement = _CUSTOMERS if intake.target == "customers" else _OTHERS
    raw = path.with_name(path.name + ".part")
    with scratch_store() as store:
        store.write_csv(raw, statement, staged=str(intake.staged))
    with raw.open("rb") as source, path.open("wb") as file:
        header = source.readline().decode().rstrip("\r\n").split(",")
        file.write(_header(header, extra_names(intake)))
        shutil.copyfileobj(source, file)
    raw.unlink()


def _header(names: list[str], extras: dict[str, str]) -> bytes:
    """Write the header with the file's names in place of x0, x1; a taken one gets a number."""
    shown = [extras.get(name, name) for name in names]
    unique = [f"{n} #{i + 1}" if n in shown[:i] else n for i, n in enumerate(shown)]
    safe = ["'" + name if name.startswith(("=", "+", "-", "@")) else name for name in unique]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(safe)
    return line.getvalue().encode()
