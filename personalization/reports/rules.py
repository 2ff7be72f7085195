"""Rules as the rows of a form: one row a condition, rows of one name belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.segmentation import (
    FIELDS,
    OPERATORS,
    STARTER_RULES,
    Condition,
    Rule,
    attributes_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

COLUMNS: Final = ("segment", "field", "operator", "value")
"""Of a row: the segment's name, the field's label, the operator's words, and the value as typed."""

_ATTRIBUTE: Final = "attribute:"
_YES: Final = frozenset({"yes", "true", "1", "y"})
_NO: Final = frozenset({"no", "false", "0", "n"})


def field_labels(store: Store, dataset_id: str) -> list[str]:
    """List the labels of what a rule may ask of the customers of a base, extra columns last."""
    labels = [label for label, _ in FIELDS.values()]
    return labels + [name.removeprefix(_ATTRIBUTE) for name in attributes_of(store, dataset_id)]


def operator_labels() -> list[str]:
    """List the words of the comparisons."""
    return [label for label, _ in OPERATORS.values()]


def rows_of_rules(rules: Iterable[Rule] = STARTER_RULES) -> list[dict[str, str]]:
    """Return rules as rows of COLUMNS; the starter rules where none are given."""
    return [
        {
            "segment": rule.name,
            "field": _label_of(condition.field),
            "operator": OPERATORS[condition.operator][0],
            "value": _said(condition.value),
        }
        for rule in rules
        for condition in rule.conditions
    ]


def rules_of_rows(rows: Iterable[Mapping[str, str | None]]) -> tuple[Rule, ...]:
    """Read rules from rows of COLUMNS, in the order in which their names first occur.

    Empty rows are left out; a value is read by the kind of its field.

    Raises:
        InputError: A row has no name, field or comparison, or its value is not of the field's
            kind.  The message names the segment.
    """
    conditions: dict[str, list[Condition]] = {}
    for number, row in enumerate(rows, start=1):
        cells = {name: str(row.get(name) or "").strip() for name in COLUMNS}
        if any(cells.values()):
            conditions.setdefault(cells["segment"], []).append(_condition(number, cells))
    if not conditions:
        raise InputError("There is no rule yet. Add a row for each condition.")
    return tuple(Rule(name, tuple(found)) for name, found in conditions.items())


def _condition(number: int, cells: Mapping[str, str]) -> Condition:
    for name, words in (
        ("segment", "segment name"),
        ("field", "field"),
        ("operator", "comparison"),
    ):
        if not cells[name]:
            raise InputError(f"Row {number} has no {words}. Fill it in, or delete the row.")
    labels = {label: name for name, (label, _) in FIELDS.items()}
    field = labels.get(cells["field"], f"{_ATTRIBUTE}{cells['field']}")
    operator = {words: name for name, (words, _) in OPERATORS.items()}[cells["operator"]]
    kind = FIELDS[field][1] if field in FIELDS else "attribute"
    return Condition(field, operator, _read(kind, operator, cells))


def _read(
    kind: str, operator: str, cells: Mapping[str, str]
) -> float | str | bool | tuple[str, ...] | None:
    typed = cells["value"]
    if operator in {"known", "unknown"}:
        return None
    if operator == "in":
        return tuple(part.strip() for part in typed.split(",") if part.strip())
    if kind == "yes or no":
        return _yes_or_no(typed, cells)
    number = _number(typed)
    if kind == "number" and number is None:
        raise InputError(
            f"Segment {cells['segment']!r}: {cells['field']} needs a number, not {typed!r}."
        )
    needs_number = kind == "number" or operator in {">=", "<=", ">", "<"}
    return number if needs_number and number is not None else typed


def _yes_or_no(typed: str, cells: Mapping[str, str]) -> bool:
    if typed.lower() in _YES | _NO:
        return typed.lower() in _YES
    raise InputError(
        f"Segment {cells['segment']!r}: {cells['field']} is answered by yes or no, not {typed!r}."
    )


def _number(typed: str) -> float | None:
    try:
        return float(typed.replace(",", "").lstrip("£€$"))
    except ValueError:
        return None


def _label_of(field: str) -> str:
    return FIELDS[field][0] if field in FIELDS else field.removeprefix(_ATTRIBUTE)


def _said(value: float | str | bool | tuple[str, ...] | None) -> str:  # noqa: FBT001
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:,.10g}" if isinstance(value, int | float) else value
