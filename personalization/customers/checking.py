"""The check of a file: one function reads it for the dry run and for the import alike."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.customers import refusals
from personalization.customers.columns import check_answers
from personalization.customers.decoding import Decoded, decode
from personalization.customers.fields import ATTRIBUTE, TARGET_FIELDS
from personalization.customers.header import EMAIL, field_of_name
from personalization.customers.intake import Intake
from personalization.customers.layout import find_delimiter, lay_out
from personalization.customers.mapping import map_columns
from personalization.customers.reading import Reading, read_rows
from personalization.customers.repair import repair
from personalization.customers.scratch import scratch_store
from personalization.customers.structure import Structure, find_structure
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_SAMPLE_ROWS: Final = 1000
_AS_CSV: Final = "SELECT * FROM read_parquet($file)"


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of a file, and what is known of it already.

    Attributes:
        is_typed: It was Parquet: numbers and dates are what they are, and a line is a row.
    """

    text: Decoded
    is_typed: bool = False


def check_file(  # noqa: PLR0913 - each is an answer that the user may give
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
        target: customers, transactions, products or engagements.
        mapping: Column -> field, attribute or ignore, where the user corrected it.
        answers: What the user was asked: date_order, decimal_mark, currency, encoding.
        folder: Where the accepted rows and the problems are staged; a new temporary folder if None.
        name: What the user calls the file, if it is not the path's name.
        today: Dates after tomorrow are impossible; the store's day if None.

    Returns:
        The intake; ``refuse`` says why, where the file is no table.

    Raises:
        InputError: The file is not there, or the target, a mapping or an answer makes no sense.
    """
    if target not in TARGET_FIELDS:
        raise InputError(f"Files cannot be read as {target!r}. Use: {', '.join(TARGET_FIELDS)}.")
    answers = dict(answers or {})
    check_answers(answers)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    start = Intake(path, name or path.name, hashlib.sha256(data).hexdigest(), target)
    folder = folder or Path(tempfile.mkdtemp(prefix="personalization-intake-"))
    folder.mkdir(parents=True, exist_ok=True)
    source = _open(path, data, start.file_name, folder, answers)
    if isinstance(source, str):
        return _with(start, refuse=source)
    structure = _structure(source, target)
    if reason := _no_table(structure, target, start.file_name):
        return _with(start, refuse=reason)
    return _read(start, source, structure, folder, mapping or {}, answers, today)


def _open(
    path: Path, data: bytes, name: str, folder: Path, answers: Mapping[str, str]
) -> _Source | str:
    """Return the file's text, or the sentence that refuses it."""
    if data.startswith(refusals.PARQUET):
        text = folder / "typed.csv"
        with scratch_store() as store:
            store.write_csv(text, _AS_CSV, file=str(path))
        return _Source(Decoded(text.read_bytes(), "parquet"), is_typed=True)
    if reason := refusals.refusal(data, name):
        return reason
    text_ = decode(data, answers.get("encoding"))
    return refusals.refusal_of_text(text_.data[:65_536], name) or _Source(text_)


def _structure(source: _Source, target: str) -> Structure:
    data = source.text.data
    delimiter = "," if source.is_typed else find_delimiter(data)
    return repair(find_structure(lay_out(data, delimiter), target))


def _no_table(structure: Structure, target: str, name: str) -> str | None:
    rows = structure.sample(_SAMPLE_ROWS)
    n_rejected = sum(problem.outcome == "rejected" for problem in structure.problems)
    if not rows and not n_rejected:
        return f"{name} has no rows of data below its first line. Export the list again."
    is_list = any(EMAIL.fullmatch(row[0]) for row in rows)
    is_known = structure.header is not None and field_of_name(structure.names[0], target)
    if len(structure.names) == 1 and not is_list and not is_known:
        return (
            f"{name} is no table: its lines do not part into columns. "
            "Export the list as CSV with a header line and upload that file."
        )
    return None


def _read(  # noqa: PLR0913 - what the check has found so far
    start: Intake,
    source: _Source,
    structure: Structure,
    folder: Path,
    chosen: Mapping[str, str],
    answers: Mapping[str, str],
    today: date | None,
) -> Intake:
    columns = map_columns(
        structure.names,
        structure.sample(_SAMPLE_ROWS),
        start.target,
        has_header=structure.header is not None,
        chosen=chosen,
    )
    with scratch_store() as store:
        latest = (today or store.now().date()) + timedelta(days=1)
        found = read_rows(
            store,
            Reading(start.target, structure, columns, folder, answers, latest, source.is_typed),
        )
    asks_mapping = columns.needs_answer and "column_mapping" not in answers
    header = structure.header
    return _with(
        start,
        detected={
            "encoding": source.text.encoding,
            "encoding_is_certain": source.text.is_certain,
            "delimiter": None if source.is_typed or len(structure.names) == 1 else structure.layout.delimiter,
            "header_line": None if header is None else int(structure.layout.lines[header]),
            **found.detected,
        },
        mapping=found.mapping,
        unmapped=tuple(n for n, f in found.mapping.items() if f in {ATTRIBUTE, "ignore"}),
        columns=tuple(structure.names),
        key=columns.key,
        ask=(*(("column_mapping",) if asks_mapping else ()), *found.ask),
        staged=folder / "accepted.parquet",
        problems=folder / "problems.parquet",
        **found.counts,
    )


def _with(intake: Intake, **changes: Any) -> Intake:  # noqa: ANN401
    from dataclasses import replace  # noqa: PLC0415

    return replace(intake, **changes)
