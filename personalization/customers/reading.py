"""From clean records to typed rows and problems: a handful of statements over whole tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from personalization.customers import customer_rows, other_rows, transaction_rows
from personalization.customers.columns import Formats, decide_formats
from personalization.customers.fields import (
    ATTRIBUTE,
    IGNORE,
    TARGET_FIELDS,
    fields_of_kind,
    vocabulary,
)
from personalization.customers.structure import Problem, Structure, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from personalization.customers.mapping import ColumnMap
    from personalization.store import Store

_LOAD: Final = """
    CREATE TABLE raw AS
    FROM every_field UNION ALL BY NAME
    FROM read_csv($path, columns = $columns, delim = $delimiter, quote = '"', escape = '"',
                  new_line = '\\n', header = false, auto_detect = false, max_line_size = $longest)
"""
_LINES: Final = """
    CREATE TABLE lines AS
    FROM read_csv($path, columns = {'line': 'BIGINT'}, header = false, auto_detect = false)
"""
_CLEAN: Final = """
    CREATE TABLE cells AS
    WITH tidied AS (
        SELECT lines.line, hash(raw) AS fingerprint, tidy_text(COLUMNS($used)), COLUMNS($unused)
        FROM raw JOIN lines ON raw.rowid = lines.rowid
    )
    SELECT line, fingerprint, name_cell(COLUMNS($names)), cell(COLUMNS($others)), COLUMNS($unused)
    FROM tidied
"""
_FILLED: Final = "SELECT count(COLUMNS($extras)) FROM raw"

# A line that sums up: its key is a word such as Total, or it has no key, few cells, and one of them
# is such a word.
_TOTALS: Final = """
    CREATE TABLE totals AS
    WITH keyed AS (
        SELECT line, row_key($key, customer_id, email, product_id) AS key, email, event FROM cells
    ), keyless AS (
        SELECT line, [*COLUMNS($used)] AS texts FROM cells
        WHERE row_key($key, customer_id, email, product_id) IS NULL
    )
    SELECT line FROM keyed
    WHERE CASE WHEN key[1] BETWEEN '0' AND '9' THEN false ELSE list_contains($words, plain_words(key)) END
      AND ($key = 'email' OR email IS NULL) AND event IS NULL
    UNION ALL
    SELECT line FROM keyless
    WHERE CASE WHEN list_count(texts) <= 0.7 * len(texts)
               THEN list_has_any(list_transform(texts, lambda text: plain_words(text)), $words) END
"""
_TELL_TOTALS: Final = """
    INSERT INTO problems
    SELECT 'skipped', line, NULL, left(concat_ws(' ', *COLUMNS($used)), 300), 'total_line', NULL
    FROM cells JOIN totals USING (line)
"""
_TELL_FORMULAS: Final = """
    INSERT INTO problems
    SELECT 'warning', line, column_name, left(text, 300), 'formula_like_text', NULL
    FROM (UNPIVOT (SELECT line, COLUMNS($plain) FROM typed WHERE outcome = 'accepted')
          ON COLUMNS(* EXCLUDE line) INTO NAME field VALUE text)
    JOIN file_columns USING (field)
    WHERE is_formula(text)
"""
_TELL_FOUND: Final = """
    INSERT INTO problems
    SELECT unnest($outcomes::VARCHAR[]), unnest($lines::BIGINT[]), unnest($columns::VARCHAR[]),
           unnest($values::VARCHAR[]), unnest($reasons::VARCHAR[]), NULL
"""
_NAME_COLUMNS: Final = """
    INSERT INTO file_columns SELECT unnest($fields::VARCHAR[]), unnest($names::VARCHAR[])
"""
_COUNTS: Final = "SELECT outcome, count(*) FROM typed GROUP BY outcome"
_TOLD: Final = "SELECT outcome, count(*) FROM problems GROUP BY outcome"
_PROBLEMS: Final = """
    SELECT outcome, line, column_name, value, reason, ids FROM problems
    ORDER BY line, column_name, reason
"""


class _Target(NamedTuple):
    """The statements of a target: rows read and judged, what is told of them, what is accepted."""

    read: tuple[str, ...]
    tell: tuple[str, ...]
    accepted: str


_TARGETS: Final = {
    "customers": _Target(
        (customer_rows.READ, customer_rows.LAST, customer_rows.JUDGE),
        (customer_rows.TELL, customer_rows.TELL_SHARED),
        customer_rows.ACCEPTED,
    ),
    "transactions": _Target(
        (transaction_rows.READ, transaction_rows.LAST, transaction_rows.JUDGE),
        (transaction_rows.TELL,),
        transaction_rows.ACCEPTED,
    ),
    "products": _Target(
        (other_rows.READ_PRODUCTS, customer_rows.LAST, other_rows.JUDGE_PRODUCTS),
        (other_rows.TELL_PRODUCTS,),
        other_rows.ACCEPTED_PRODUCTS,
    ),
    "engagements": _Target(
        (other_rows.READ_ENGAGEMENTS,),
        (other_rows.TELL_ENGAGEMENTS,),
        other_rows.ACCEPTED_ENGAGEMENTS,
    ),
}


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


@dataclass(frozen=True, slots=True)
class Found:
    """What the reading came to: formats for the user, counts, the final mapping, open questions."""

    detected: dict[str, Any]
    counts: dict[str, int]
    mapping: dict[str, str]
    ask: tuple[str, ...]


def read_rows(store: Store, reading: Reading) -> Found:
    """Type every kept record, tell what is wrong, and stage both as Parquet.

    ``accepted.parquet`` and ``problems.parquet`` of the folder are written anew.
    """
    mapping = _load(store, reading)
    used = {field: column for column, field in mapping.items() if field not in {ATTRIBUTE, IGNORE}}
    formats = decide_formats(store, reading.target, used, reading.answers, is_typed=reading.is_typed)
    parameters = _parameters(reading, used, formats)
    target = _TARGETS[reading.target]
    for statement in (_TOTALS, *target.read, *target.tell, _TELL_TOTALS, _TELL_FORMULAS):
        store.run(statement, **_named_in(statement, parameters))
    _tell(store, reading, mapping)
    store.write_parquet(
        reading.folder / "accepted.parquet",
        target.accepted,
        **_named_in(target.accepted, parameters),
    )
    store.write_parquet(reading.folder / "problems.parquet", _PROBLEMS)
    return Found(_detected(formats), _counts(store, reading), mapping, formats.ask)


def _load(store: Store, reading: Reading) -> dict[str, str]:
    """Read the records into ``raw`` and ``cells``; foreign names become fields, x0 or s0 first."""
    rows, lines = reading.folder / "rows.csv", reading.folder / "lines.csv"
    write_rows(reading.structure, rows, lines)
    layout = reading.structure.layout
    names = _generic_names(reading)
    longest = int((layout.ends - layout.starts).max(initial=0)) * 2 + 1024
    store.run(
        _LOAD,
        path=str(rows),
        columns=dict.fromkeys(names, "VARCHAR"),
        delimiter=layout.delimiter,
        longest=max(longest, 2_097_152),
    )
    store.run(_LINES, path=str(lines))
    people = {"first_name", "last_name", "full_name"}
    used = {*people, "customer_id", *(n for n in names if not n.startswith("ignored"))}
    store.run(
        _CLEAN,
        used=_only(used),
        unused=_only(_all_fields() - used),
        names=_only(people),
        others=_only(used - people),
    )
    for file in (rows, lines):
        file.unlink()
    mapping = _without_empty(store, reading, names)
    kept = [(g, c) for g, c in zip(names, reading.structure.names, strict=True) if c in mapping]
    store.run(_NAME_COLUMNS, fields=[g for g, _ in kept], names=[c for _, c in kept])
    return mapping


def _generic_names(reading: Reading) -> list[str]:
    names: list[str] = []
    for i, column in enumerate(reading.structure.names):
        field = reading.columns.fields[column]
        names.append({ATTRIBUTE: f"x{i}", IGNORE: f"ignored{i}"}.get(field, field))
    return names


def _without_empty(store: Store, reading: Reading, names: list[str]) -> dict[str, str]:
    """Return the mapping without columns that have neither a name nor a value."""
    has_header = reading.structure.header is not None
    nameless = [g for g, c in zip(names, reading.structure.names, strict=True) if c.startswith("#")]
    if not has_header or not nameless:
        return dict(reading.columns.fields)
    filled = store.read_one(_FILLED, extras=_only(nameless)) or ()
    empty = {g for g, count in zip(nameless, filled, strict=True) if not count}
    return {
        column: reading.columns.fields[column]
        for generic, column in zip(names, reading.structure.names, strict=True)
        if generic not in empty
    }


def _only(names: Iterable[str]) -> str:
    """Write a pattern that matches exactly these column names."""
    return f"^({'|'.join(sorted(names))})$"


def _all_fields() -> set[str]:
    return {spec.name for specs in TARGET_FIELDS.values() for spec in specs}


def _parameters(reading: Reading, used: Mapping[str, str], formats: Formats) -> dict[str, Any]:
    """Collect what the statements of every target may ask for, by the names they use."""
    target = reading.target
    extras = [n for n in _generic_names(reading) if n.startswith("x")]
    numbers = fields_of_kind(target, "number", "money", "integer")
    days = fields_of_kind(target, "date", "moment")
    fields = _all_fields()
    return {
        "key": reading.columns.key or ("product_id" if target == "products" else "customer_id"),
        "floats": formats.floats,
        "decimals": {field: formats.decimals.get(field, ".") for field in numbers},
        "dates": {field: formats.dates.get(field, "YMD") for field in days},
        "currency": formats.currencies[0] if len(formats.currencies) == 1 else None,
        "allowed_currency": reading.answers.get("currency"),
        "latest": reading.latest,
        "words": vocabulary()["words"]["totals"],
        "texts": _only({*fields, *extras} - {"currency"}),
        "used": _only({"customer_id", *used, *extras}),
        "extras": _only(["line", *extras]),
        "plain": _only({*fields_of_kind(target, "name", "text"), *extras} - {"phone"} or {"event"}),
        "event_words": list(other_rows.EVENT_WORDS),
        "event_names": list(other_rows.EVENT_WORDS.values()),
        "has_email": "email" in used,
        "has_consent": "consent_email" in used,
        "has_opt_out": "opt_out" in used,
        "has_money": "total_spent" in used,
        "has_quantity": "quantity" in used,
        "has_price": "unit_price" in used,
        "has_marks": formats.has_marks,
    }


def _named_in(statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in set(re.findall(r"\$(\w+)", statement))}


def _tell(store: Store, reading: Reading, mapping: Mapping[str, str]) -> None:
    """Put what was found in the text itself, and about whole columns, beside the rest."""
    names = reading.structure.names
    found = [(p, names[p.column] if p.column is not None else None) for p in reading.structure.problems]
    about = [(Problem("warning", None, None, None, "sensitive_column"), n) for n in reading.columns.sensitive]
    filled = set(mapping.values())
    if reading.target == "customers" and "email" in filled and not filled & {"consent_email", "opt_out"}:
        about.append((Problem("warning", None, None, None, "no_consent_column"), None))
    told = [*about, *found]
    store.run(
        _TELL_FOUND,
        outcomes=[problem.outcome for problem, _ in told],
        lines=[problem.line for problem, _ in told],
        columns=[column for _, column in told],
        values=[problem.value for problem, _ in told],
        reasons=[problem.reason for problem, _ in told],
    )


def _counts(store: Store, reading: Reading) -> dict[str, int]:
    rows, told = dict(store.read(_COUNTS)), dict(store.read(_TOLD))
    n_unfit = sum(problem.outcome == "rejected" for problem in reading.structure.problems)
    accepted, merged = rows.get("accepted", 0), rows.get("merged", 0)
    rejected = rows.get("rejected", 0) + n_unfit
    return {
        "rows_total": accepted + rejected + merged,
        "accepted": accepted,
        "rejected": rejected,
        "merged": merged,
        "skipped": told.get("skipped", 0),
        "warnings": told.get("warning", 0),
    }


def _detected(formats: Formats) -> dict[str, Any]:
    marks = set(formats.decimals.values())
    decimal = {"decimal": "," if "," in marks else "." if "." in marks else marks.pop()} if marks else {}
    thousands = {"thousands": formats.groups[0]} if len(formats.groups) == 1 else {}
    dates = {"dates": formats.dates} if formats.dates else {}
    currency = {"currency": formats.currencies[0]} if len(formats.currencies) == 1 else {}
    several = {"currencies": list(formats.currencies)} if len(formats.currencies) > 1 else {}
    return decimal | thousands | dates | currency | several
