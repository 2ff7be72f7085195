"""What a check of a file came to: the dry run that a user sees before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.customers.fields import ATTRIBUTE, IGNORE
from personalization.customers.scratch import scratch_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

_PROBLEMS: Final = """
    SELECT outcome, line, column_name AS "column", value, reason, ids
    FROM read_parquet($problems)
    ORDER BY list_position(['rejected', 'merged', 'warning', 'skipped'], outcome),
             line NULLS FIRST, column_name, reason
    LIMIT $limit
"""
_LISTED: Final = """
    SELECT outcome, line, column_name AS "column", value, reason, ids FROM read_parquet($problems)
    WHERE reason <> 'formula_like_text'
    ORDER BY line NULLS FIRST, column_name, reason
"""
_FORMULAS: Final = """
    SELECT column_name AS "column", reason, list(line ORDER BY line) AS lines
    FROM read_parquet($problems) WHERE reason = 'formula_like_text'
    GROUP BY column_name, reason ORDER BY column_name
"""
_PREVIEW: Final = "SELECT * EXCLUDE line FROM read_parquet($staged) ORDER BY line LIMIT $limit"


@dataclass(frozen=True, slots=True)
class Intake:
    """The outcome of checking one file; nothing of it is in the product's tables yet.

    Attributes:
        path: The file.
        file_name: Its name, as the user knows it.
        file_sha256: Hash of its bytes.
        target: A key of ``TARGET_FIELDS``: customers, transactions, products, interactions ...
        detected: encoding, delimiter, header_line, decimal, thousands, dates, currency.
        mapping: Column of the file -> field, attribute or ignore.
        unmapped: Columns that fill no field.
        columns: All columns of the file.
        key: The field that tells rows apart, or None.
        rows_total: Rows of data; accepted + rejected + merged.
        skipped: Lines that are no data: blank, preamble, repeated header, total, footer.
        warnings: How many there are.
        ask: What the user has to answer first: column_mapping, date_order, decimal_mark, currency,
            event.
        refuse: Why the file cannot be taken in at all, or None.
        staged: Parquet of the accepted rows.
        problems: Parquet of everything that was found: outcome, line, column_name, value, reason.
    """

    path: Path
    file_name: str
    file_sha256: str
    target: str
    detected: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    key: str | None = None
    rows_total: int = 0
    accepted: int = 0
    rejected: int = 0
    merged: int = 0
    skipped: int = 0
    warnings: int = 0
    ask: tuple[str, ...] = ()
    refuse: str | None = None
    staged: Path | None = None
    problems: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document of ``personalize check --json``: every problem, line by line."""
        document: dict[str, Any] = {
            "file": self.file_name,
            "target": self.target,
            "detect": dict(self.detected),
            "key": self.key,
            "mapping": _shown(self.mapping),
            "unmapped": list(self.unmapped),
            "rows_total": self.rows_total,
            "accepted": self.accepted,
        }
        document |= _listed(self)
        document["ask"] = list(self.ask)
        return document | ({"refuse": self.refuse} if self.refuse else {})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A checked file on its way into the tables.

    Attributes:
        import_id: Its row in ``imports``.
        dataset_id: The customer base that it comes into.
        staged: Parquet of its accepted rows.
        actor: Who imports it.
    """

    import_id: str
    dataset_id: str
    staged: Path
    actor: str


_LISTS: Final = {
    "rejected": "rejected",
    "merged": "merged",
    "skipped": "skipped",
    "warning": "warnings",
}


def _shown(mapping: Mapping[str, str]) -> dict[str, str]:
    """Name the fields as the policy does: a column of opt-outs fills consent, turned round."""
    return {
        column: "consent_email" if found == "opt_out" else found
        for column, found in mapping.items()
        if found not in {ATTRIBUTE, IGNORE}
    }


def _listed(intake: Intake) -> dict[str, list[dict[str, Any]]]:
    """List what was found by outcome; formulas come once a column, with all their lines."""
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS.values()}
    if intake.problems is None:
        return lists
    with scratch_store() as store:
        rows = store.records(_LISTED, problems=str(intake.problems))
        formulas = store.records(_FORMULAS, problems=str(intake.problems))
    for row in rows:
        entry = {key: row[key] for key in ("line", "column", "value", "reason")}
        lists[_LISTS[row["outcome"]]].append(entry | ({"ids": row["ids"]} if row["ids"] else {}))
    lists["warnings"] += formulas
    return lists


def problems_of(intake: Intake, limit: int = 200) -> list[dict[str, Any]]:
    """List what was found, rejected rows first: outcome, line, column, value, reason, ids."""
    if intake.problems is None:
        return []
    with scratch_store() as store:
        return store.records(_PROBLEMS, problems=str(intake.problems), limit=limit)


def preview(intake: Intake, limit: int = 20) -> pd.DataFrame:
    """Return the first accepted rows, as they would be stored; extras by the file's names."""
    import pandas as pd  # noqa: PLC0415

    if intake.staged is None:
        return pd.DataFrame()
    with scratch_store() as store:
        frame = store.frame(_PREVIEW, staged=str(intake.staged), limit=limit)
    filled = set(_fields_filled(intake))
    kept = [name for name in frame.columns if name in filled or name.startswith("x")]
    return frame[kept].rename(columns=extra_names(intake))


def _fields_filled(intake: Intake) -> list[str]:
    derived = {
        "customers": ["customer_id", "consent_email"],
        "transactions": ["quantity", "amount"],
        "products": ["category", "category_path", "margin", "stock", "active"],
        "interactions": ["event"],
        "outreach_events": ["prospect_id", "event", "text", "subject"],
        "prospects": ["prospect_id", "account", "locale"],
    }
    fields = [*_shown(intake.mapping).values(), *derived.get(intake.target, [])]
    is_bare = intake.key == "email" and intake.target != "prospects"
    return [*fields, "customer_id"] if is_bare else fields


def extra_names(intake: Intake) -> dict[str, str]:
    """Return the file's name of each extra column of the staged rows, which are x0, x1, ..."""
    return {
        f"x{i}": column
        for i, column in enumerate(intake.columns)
        if intake.mapping.get(column) == ATTRIBUTE
    }
