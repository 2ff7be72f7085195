"""The check of a file: one function reads it for the dry run and for the import alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from personalization.customers import refusals
from personalization.customers.columns import check_answers
from personalization.customers.decoding import Decoded, decode
from personalization.customers.fields import ATTRIBUTE, IGNORE, TARGET_FIELDS
from personalization.customers.header import EMAIL, field_of_name
from personalization.customers.intake import Intake
from personalization.customers.layout import find_delimiter, lay_out
from personalization.customers.loading import Reading
from personalization.customers.mapping import map_columns
from personalization.customers.reading import ACCEPTED, PROBLEMS, read_rows
from personalization.customers.repair import repair
from personalization.customers.scratch import scratch_folder, scratch_store
from personalization.customers.structure import Structure, find_structure
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

_SAMPLE_ROWS: Final = 1000
_PARQUET: Final = "parquet"
_AS_CSV: Final = "SELECT * FROM read_parquet($file)"


@dataclass(frozen=True, slots=True)
class _Request:
    """What the user asked for: the file, what it is, and what was answered so far."""

    path: Path
    name: str
    target: str
    mapping: Mapping[str, str]
    answers: Mapping[str, str]
    folder: Path


def check_file(
    path: Path,
    *,
    target: str = "customers",
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    folder: Path | None = None,
    name: str | None = None,
    today: date | None = None,
) -> Intake:
    """Read a file as it would be imported, and write nothing but Parquet files beside it.

    Args:
        path: CSV, TSV or any delimited text, or Parquet.
        target: A key of ``TARGET_FIELDS``: customers, transactions, products, interactions ...
        mapping: Column -> field, attribute or ignore, where the user corrected it.
        answers: What the user was asked: date_order, decimal_mark, currency, encoding, event.
        folder: Where accepted rows and problems are staged; if None, a folder that goes with the
            process.
        name: What the user calls the file, if it is not the path's name.
        today: Dates after tomorrow are impossible; the store's day if None.

    Returns:
        The intake; ``refuse`` says why, where the file is no table.

    Raises:
        InputError: The file is not there, or the target, a mapping or an answer makes no sense.
    """
    if target not in TARGET_FIELDS:
        raise InputError(f"Files cannot be read as {target!r}. Use: {', '.join(TARGET_FIELDS)}.")
    check_answers(answers or {})
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    folder = folder or scratch_folder()
    folder.mkdir(parents=True, exist_ok=True)
    request = _Request(path, name or path.name, target, mapping or {}, answers or {}, folder)
    start = Intake(path, request.name, hashlib.sha256(data).hexdigest(), target)
    text = _open(request, data)
    if isinstance(text, str):
        return replace(start, refuse=text)
    structure = _structure(text, target)
    if reason := _no_table(structure, request):
        return replace(start, refuse=reason)
    return _read(start, request, text, structure, today)


def _open(request: _Request, data: bytes) -> Decoded | str:
    """Return the file's text, or the sentence that refuses it; Parquet is written out as text."""
    if data.startswith(refusals.PARQUET):
        text = request.folder / "typed.csv"
        with scratch_store() as store:
            store.write_csv(text, _AS_CSV, file=str(request.path))
        written = text.read_bytes()
        text.unlink()
        return Decoded(written, _PARQUET)
    if reason := refusals.refusal(data, request.name):
        return reason
    decoded = decode(data, request.answers.get("encoding"))
    return refusals.refusal_of_text(decoded.data[:65_536], request.name) or decoded


def _structure(text: Decoded, target: str) -> Structure:
    """Find the rows; in Parquet the first record is the header, and a line is a row."""
    if text.encoding != _PARQUET:
        return repair(find_structure(lay_out(text.data, find_delimiter(text.data)), target))
    layout = lay_out(text.data, ",")
    numbered = replace(layout, lines=np.arange(len(layout.starts)))
    return repair(find_structure(numbered, target, header=0))


def _no_table(structure: Structure, request: _Request) -> str | None:
    rows = structure.sample(_SAMPLE_ROWS)
    n_rejected = sum(problem.outcome == "rejected" for problem in structure.problems)
    if not rows and not n_rejected:
        return f"{request.name} has no rows below its first line. Export the list again."
    is_list = any(EMAIL.fullmatch(row[0]) for row in rows)
    is_known = structure.header is not None and field_of_name(structure.names[0], request.target)
    if len(structure.names) == 1 and not is_list and not is_known:
        return (
            f"{request.name} is no table: its lines do not part into columns. "
            "Export the list as CSV with a header line and upload that file."
        )
    return None


def _read(
    start: Intake, request: _Request, text: Decoded, structure: Structure, today: date | None
) -> Intake:
    is_typed = text.encoding == _PARQUET
    columns = map_columns(
        structure.names,
        structure.sample(_SAMPLE_ROWS),
        start.target,
        has_header=structure.header is not None,
        chosen=request.mapping,
    )
    with scratch_store() as store:
        latest = (today or store.now().date()) + timedelta(days=1)
        reading = Reading(
            start.target, structure, columns, request.folder, request.answers, latest, is_typed
        )
        found = read_rows(store, reading)
    counts: Any = found.counts
    is_mapping_open = columns.needs_answer and "column_mapping" not in request.answers
    return replace(
        start,
        detected=_layout_of(text, structure) | found.detected,
        mapping=found.mapping,
        unmapped=tuple(n for n, f in found.mapping.items() if f in {ATTRIBUTE, IGNORE}),
        columns=structure.names,
        key=columns.key,
        ask=("column_mapping",) * is_mapping_open + found.ask,
        staged=request.folder / ACCEPTED,
        problems=request.folder / PROBLEMS,
        **counts,
    )


def _layout_of(text: Decoded, structure: Structure) -> dict[str, Any]:
    is_split = text.encoding != _PARQUET and len(structure.names) > 1
    has_line = text.encoding != _PARQUET and structure.header is not None
    return {
        "encoding": text.encoding,
        "encoding_is_certain": text.is_certain,
        "delimiter": structure.layout.delimiter if is_split else None,
        "header_line": int(structure.layout.lines[structure.header or 0]) if has_line else None,
    }
