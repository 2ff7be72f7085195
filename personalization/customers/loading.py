"""From clean records to a table of cells: every value as text, under a name of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.customers.fields import ATTRIBUTE, IGNORE, TARGET_FIELDS
from personalization.customers.structure import Structure, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from personalization.customers.mapping import ColumnMap
    from personalization.store import Store

# The rows keep the order of the file, so that a row's place finds its line.
_LOAD: Final = """
    CREATE TABLE texts AS
    WITH raw AS (
        FROM every_field UNION ALL BY NAME
        FROM read_csv($path, columns = $columns, delim = $delimiter, quote = '"', escape = '"',
                      new_line = '\\n', header = false, auto_detect = false,
                      max_line_size = $longest, buffer_size = $buffer)
    ), tidied AS (SELECT tidy_text(COLUMNS($used)), COLUMNS($unused) FROM raw)
    SELECT hash(*COLUMNS($used)) AS fingerprint, name_cell(COLUMNS($names)),
           cell(COLUMNS($others)), COLUMNS($unused)
    FROM tidied
"""
_LINES: Final = """
    CREATE TABLE lines AS
    FROM read_csv($path, columns = {'line': 'BIGINT'}, header = false, auto_detect = false)
"""
_CELLS: Final = """
    CREATE VIEW cells AS
    SELECT lines.line, texts.* FROM texts JOIN lines ON texts.rowid = lines.rowid
"""
_FILLED: Final = "SELECT count(COLUMNS($extras)) FROM texts"
_BUFFER_SIZE: Final = 8_000_000  # bytes that one thread reads at a time
_NAME_COLUMNS: Final = """
    INSERT INTO file_columns SELECT unnest($fields::VARCHAR[]), unnest($names::VARCHAR[])
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the reading of the rows rests on.

    Attributes:
        target: What kind of file it is.
        structure: Its records.
        columns: What becomes of each column.
        folder: Where Parquet files are staged.
        answers: What the user has answered.
        latest: Dates after this day are impossible.
        is_typed: The file was Parquet.
    """

    target: str
    structure: Structure
    columns: ColumnMap
    folder: Path
    answers: Mapping[str, str]
    latest: date
    is_typed: bool


def load_cells(store: Store, reading: Reading) -> dict[str, str]:
    """Read the records into ``cells``, and return the mapping of the columns that hold something.

    Foreign names never get into a statement: a column is read under its field's name, or as x3.
    """
    rows, lines = reading.folder / "rows.csv", reading.folder / "lines.csv"
    write_rows(reading.structure, rows, lines)
    layout = reading.structure.layout
    names = generic_names(reading)
    people = {"first_name", "last_name", "full_name"}
    used = {*people, "customer_id", *(n for n in names if not n.startswith("ignored"))}
    longest = int((layout.ends - layout.starts).max(initial=0)) * 2 + 1024
    store.run(
        _LOAD,
        path=str(rows),
        columns=dict.fromkeys(names, "VARCHAR"),
        delimiter=layout.delimiter,
        longest=longest,
        buffer=max(2 * longest, _BUFFER_SIZE),
        used=only(used),
        unused=only(all_fields() - used),
        names=only(people),
        others=only(used - people),
    )
    store.run(_LINES, path=str(lines))
    store.run(_CELLS)
    for file in (rows, lines):
        file.unlink()
    mapping = _without_empty(store, reading, names)
    kept = [(g, c) for g, c in zip(names, reading.structure.names, strict=True) if c in mapping]
    store.run(_NAME_COLUMNS, fields=[g for g, _ in kept], names=[c for _, c in kept])
    return mapping


def generic_names(reading: Reading) -> list[str]:
    """Name each column of the file as our statements do: its field, ``x3`` or ``ignored3``."""
    names: list[str] = []
    for i, column in enumerate(reading.structure.names):
        field = reading.columns.fields[column]
        names.append({ATTRIBUTE: f"x{i}", IGNORE: f"ignored{i}"}.get(field, field))
    return names


def _without_empty(store: Store, reading: Reading, names: list[str]) -> dict[str, str]:
    """Return the mapping without columns that have neither a name nor a value."""
    columns = dict(zip(names, reading.structure.names, strict=True))
    nameless = [n for n, column in columns.items() if n.startswith("x") and column.startswith("#")]
    empty: set[str] = set()
    if nameless and reading.structure.header is not None:
        [filled] = store.records(_FILLED, extras=only(nameless))
        empty = {columns[name] for name, count in filled.items() if not count}
    return {c: field for c, field in reading.columns.fields.items() if c not in empty}


def only(names: Iterable[str]) -> str:
    """Write a pattern that matches exactly these column names."""
    return f"^({'|'.join(sorted(names))})$"


def all_fields() -> set[str]:
    """Name the fields of every target."""
    return {spec.name for specs in TARGET_FIELDS.values() for spec in specs}
