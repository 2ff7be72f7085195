"""Rules that a team writes itself: conditions on known fields, the first rule that fits wins.

A rule is a value.  Its field, operator and comparison are bound as data and looked up by a
CASE over fixed columns; nothing that a user types ever becomes SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

REST: Final = "Everyone else"
"""The segment of all customers that no rule fits."""

ATTRIBUTE: Final = "attribute:"
"""Opens the name of a field that is an extra column of the file: ``attribute:shoe_size``."""

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "recency_days": ("days since the last order", "number"),
    "orders": ("number of orders", "number"),
    "total_spent": ("amount spent in all", "number"),
    "signup_days": ("days since signing up", "number"),
    "age": ("age", "number"),
    "country": ("country", "text"),
    "city": ("city", "text"),
    "locale": ("language", "text"),
    "tier": ("tier", "text"),
    "tags": ("tags", "text"),
    "currency": ("currency", "text"),
    "favourite_category": ("favourite category", "text"),
    "consent_email": ("consent to e-mail", "yes or no"),
    "has_email": ("e-mail address on file", "yes or no"),
    "has_first_name": ("first name on file", "yes or no"),
}
"""Known fields with their label and kind; extra columns of a file are known beside them."""

OPERATORS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    ">=": ("is at least", frozenset({"number", "attribute"})),
    "<=": ("is at most", frozenset({"number", "attribute"})),
    ">": ("is more than", frozenset({"number", "attribute"})),
    "<": ("is less than", frozenset({"number", "attribute"})),
    "=": ("is", frozenset({"number", "text", "yes or no", "attribute"})),
    "!=": ("is not", frozenset({"number", "text", "attribute"})),
    "in": ("is one of", frozenset({"text", "attribute"})),
    "contains": ("contains", frozenset({"text", "attribute"})),
    "known": ("is known", frozenset({"number", "text", "attribute"})),
    "unknown": ("is not known", frozenset({"number", "text", "attribute"})),
}
"""Operators with their words and the kinds of field that they go with.

Texts are compared without regard to case.  An unknown value fits ``unknown`` and ``!=`` only.
"""

_LONGEST_NAME: Final = 60
_TAKES_NO_VALUE: Final = ("known", "unknown")
_NUMBERS_ONLY: Final = (">=", "<=", ">", "<")

Value = float | str | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a customer's own value.

    Attributes:
        field: One of FIELDS, or ``attribute:`` and the name of an extra column.
        operator: One of OPERATORS that goes with the field's kind.
        value: What the customer's value is held against; texts in a tuple for ``in``; None for
            ``known`` and ``unknown``.

    Raises:
        InputError: The field or operator is unknown, or the value is not of their kind.
    """

    field: str
    operator: str
    value: Value = None

    def __post_init__(self) -> None:
        kind = kind_of(self.field)
        if self.operator not in OPERATORS or kind not in OPERATORS[self.operator][1]:
            known = ", ".join(name for name, (_, kinds) in OPERATORS.items() if kind in kinds)
            raise InputError(
                f"{label_of(self.field).capitalize()} cannot be compared by {self.operator!r}. "
                f"Use one of: {known}."
            )
        if not _is_of_kind(kind, self.operator, self.value):
            raise InputError(
                f"{label_of(self.field).capitalize()} {OPERATORS[self.operator][0]} "
                f"{self.value!r}: that is no value to compare with. "
                f"Give {_wanted(kind, self.operator)}."
            )


@dataclass(frozen=True, slots=True)
class Rule:
    """A segment and the conditions for being in it; all of them have to hold.

    Raises:
        InputError: The name is empty, too long or the one of the rest, or there is no condition.
    """

    name: str
    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > _LONGEST_NAME:
            raise InputError(f"A rule needs a name of 1 to {_LONGEST_NAME} characters.")
        if self.name.strip().casefold() == REST.casefold():
            raise InputError(f"{REST!r} is the segment of all whom no rule fits. Use another name.")
        if not self.conditions:
            raise InputError(f"Rule {self.name!r} has no condition. Add one, or delete the rule.")


def kind_of(field: str) -> str:
    """Return number, text, yes or no, or attribute.

    Raises:
        InputError: Customers have no such field.
    """
    if field.startswith(ATTRIBUTE) and field != ATTRIBUTE:
        return "attribute"
    if field not in FIELDS:
        raise InputError(
            f"Customers have no field {field!r}. It is one of: {', '.join(FIELDS)}, or "
            f"'{ATTRIBUTE}' and the name of an extra column."
        )
    return FIELDS[field][1]


def label_of(field: str) -> str:
    """Return what a marketer calls the field."""
    return field.removeprefix(ATTRIBUTE) if field.startswith(ATTRIBUTE) else FIELDS[field][0]


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_of_kind(kind: str, operator: str, value: Value) -> bool:
    if operator in _TAKES_NO_VALUE:
        return value is None
    if kind == "yes or no":
        return isinstance(value, bool)
    if kind == "number" or operator in _NUMBERS_ONLY:
        return is_number(value)
    texts = value if operator == "in" else (value,)
    return (
        isinstance(texts, tuple)
        and len(texts) > 0
        and all(isinstance(text, str) and text.strip() for text in texts)
    ) or (kind == "attribute" and is_number(value))


def _wanted(kind: str, operator: str) -> str:
    if operator in _TAKES_NO_VALUE:
        return "none"
    if kind == "yes or no":
        return "true or false"
    if kind == "number" or operator in _NUMBERS_ONLY:
        return "a number"
    return "a list of texts" if operator == "in" else "a text"


def read_rules(found: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Read rules from plain mappings, as a form, a TOML file or the store holds them.

    Example:
        >>> read_rules([{"name": "Often", "conditions": [
        ...     {"field": "orders", "operator": ">=", "value": 4}]}])[0].conditions[0].value
        4

    Raises:
        InputError: A rule is incomplete, or one of its values is refused.
    """
    return tuple(
        Rule(
            str(rule.get("name", "")), tuple(_read_condition(c) for c in rule.get("conditions", ()))
        )
        for rule in found
    )


def _read_condition(found: Mapping[str, Any]) -> Condition:
    value = found.get("value")
    return Condition(
        str(found.get("field", "")),
        str(found.get("operator", "")),
        tuple(value) if isinstance(value, list) else value,
    )


def rules_as_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return rules as plain lists and dictionaries; ``read_rules`` is the way back."""
    return [
        {"name": rule.name, "conditions": [_plain(condition) for condition in rule.conditions]}
        for rule in rules
    ]


def _plain(condition: Condition) -> dict[str, Any]:
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return {"field": condition.field, "operator": condition.operator, "value": value}


_ATTRIBUTES = """
    SELECT DISTINCT attribute FROM customer_attributes
    WHERE dataset_id = $dataset_id ORDER BY attribute
"""


def attributes_of(store: Store, dataset_id: str) -> tuple[str, ...]:
    """List the extra columns of a customer base, as they can stand in a condition."""
    rows = store.read(_ATTRIBUTES, dataset_id=dataset_id)
    return tuple(f"{ATTRIBUTE}{attribute}" for (attribute,) in rows)


STARTER_RULES: Final = (
    Rule(
        "Recent repeat buyers", (Condition("orders", ">=", 2), Condition("recency_days", "<=", 90))
    ),
    Rule("Lapsed repeat buyers", (Condition("orders", ">=", 2),)),
    Rule("One-time buyers", (Condition("orders", "=", 1),)),
)
"""Where a team that has written no rules yet begins."""
