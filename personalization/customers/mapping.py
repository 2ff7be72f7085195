"""Which column of a file fills which field: by its name, else by what stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.customers.fields import (
    ATTRIBUTE,
    IGNORE,
    TARGET_FIELDS,
    squeeze,
    words,
)
from personalization.customers.header import DATE, EMAIL, NUMBER, field_of_name
from personalization.customers.interaction_rows import INTERACTION_WORDS
from personalization.customers.structure import is_card_number
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MOST: Final = 0.8
# A file without names may still say what is new of products that are known.
_NEWS_OF_PRODUCTS: Final = frozenset(("price", "stock", "availability", "active", "margin", "cost"))
KEYS: Final = ("customer_id", "email")
"""Fields that tell the rows of most files apart, the best first."""
KEYS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "products": ("product_id",),
    "prospects": ("prospect_id", "email", "linkedin_url"),
}
"""... and of those that have keys of their own."""
_SIGNAL_NAME: Final = re.compile(r"signals?[ ._:/-]+\S.*", re.IGNORECASE)
_INTEGER: Final = re.compile(r"\d+")
_ID: Final = re.compile(r"(?=.*\d)[\w./-]{1,40}")
_WORDS: Final = re.compile(r"[^\W\d_][\w '’.-]*")
_BARE_NAMES: Final = frozenset(
    ("name", "nom", "nome", "naam", "namn", "navn", "nimi", "nev", "nombre", "имя")
)
_LINKEDIN: Final = re.compile(r"linkedin\.com/", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[\W\d_]")
_SOCIAL_SECURITY: Final = re.compile(r"\d{3}-\d{2}-\d{4}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What becomes of each column.

    Attributes:
        fields: Column of the file -> field, attribute or ignore; every column is in it.
        sensitive: Columns that are not stored because of what they hold.
        key: The field that tells rows apart: customer_id, email, product_id or None.
        needs_answer: The user has to look at it: it rests on content alone, or lacks a field.
    """

    fields: dict[str, str]
    sensitive: tuple[str, ...]
    key: str | None
    needs_answer: bool

    def column_of(self, field: str) -> str | None:
        """Return the column that fills ``field``, or None."""
        return next((column for column, found in self.fields.items() if found == field), None)


def map_columns(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    target: str,
    *,
    has_header: bool,
    chosen: Mapping[str, str] | None = None,
) -> ColumnMap:
    """Map every column of a file.

    What the user has chosen stands; then names decide, then, where there is no header or no key,
    content.

    Args:
        names: The file's columns.
        rows: Some rows, to judge content by.
        target: A key of ``TARGET_FIELDS``.
        has_header: The names stand in the file.
        chosen: Column -> field, attribute or ignore, as the user corrected it.

    Raises:
        InputError: ``chosen`` names a column or field that there is not, or one field twice.
    """
    chosen = _checked(chosen or {}, names, target)
    columns = {name: [row[i] for row in rows if row[i]] for i, name in enumerate(names)}
    fields = {**_by_name(names, columns, target, chosen), **chosen}
    is_guessed = not has_header
    if not has_header or _key(fields, target) is None:
        found = _by_content(columns, fields, target, has_header=has_header)
        is_guessed = is_guessed or any(field != "email" for field in found.values())
        fields |= found
    sensitive = tuple(n for n in names if n not in fields and is_sensitive(n, columns[n]))
    rest = {
        n: IGNORE if n in sensitive or not _is_kept(n, target) else ATTRIBUTE
        for n in names
        if n not in fields
    }
    key = _key(fields, target)
    is_open = (is_guessed and not chosen) or key is None or bool(missing_fields(fields, target))
    return ColumnMap({n: {**fields, **rest}[n] for n in names}, sensitive, key, is_open)


def _is_kept(name: str, target: str) -> bool:
    """Tell whether a column without a field is stored: of prospects, signals only."""
    return target != "prospects" or bool(_SIGNAL_NAME.fullmatch(name))


def missing_fields(fields: Mapping[str, str], target: str) -> list[str]:
    """List the fields that the target cannot do without and that no column fills."""
    filled = set(fields.values())
    missing = [
        spec.name
        for spec in TARGET_FIELDS[target]
        if spec.required
        and spec.name not in filled
        and not (spec.name == "customer_id" and "email" in filled)
        and not (spec.name == "prospect_id" and filled & {"email", "linkedin_url"})
    ]
    if target == "transactions" and not filled & {"amount", "unit_price"}:
        missing.append("amount")
    if target == "products" and filled & _NEWS_OF_PRODUCTS:
        missing = [field for field in missing if field != "name"]
    return missing


def _key(fields: Mapping[str, str], target: str) -> str | None:
    return next((key for key in KEYS_OF.get(target, KEYS) if key in fields.values()), None)


def _checked(chosen: Mapping[str, str], names: Sequence[str], target: str) -> dict[str, str]:
    """Check a user's mapping; an empty field means that the column is left out."""
    known = [spec.name for spec in TARGET_FIELDS[target]]
    for column, field in chosen.items():
        if column not in names:
            raise InputError(f"The file has no column {column!r}. It has: {', '.join(names)}.")
        if field not in (*known, ATTRIBUTE, IGNORE, ""):
            raise InputError(
                f"Column {column!r} is mapped to {field!r}, which is no field of {target}. "
                f"Use one of: {', '.join(known)}, {ATTRIBUTE}, {IGNORE}."
            )
    used = [field for field in chosen.values() if field in known]
    if twice := [field for field in used if used.count(field) > 1]:
        raise InputError(f"Two columns are mapped to {twice[0]!r}. Choose one of them.")
    return {
        column: "opt_out"
        if field == "consent_email" and _is_inverted(column, target)
        else field or IGNORE
        for column, field in chosen.items()
    }


def _is_inverted(column: str, target: str) -> bool:
    match = field_of_name(column, target)
    return match is not None and match[0] == "opt_out"


def _by_name(
    names: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    target: str,
    chosen: Mapping[str, str],
) -> dict[str, str]:
    """Give each field the column whose name stands for it best; the first one on a tie."""
    taken = set(chosen.values())
    found: dict[str, tuple[int, str]] = {}
    for name in names:
        match = field_of_name(name, target)
        if match is None or name in chosen:
            continue
        field = _by_sight(match[0], name, columns[name])
        if field not in taken and (field not in found or match[1] < found[field][0]):
            found[field] = (match[1], name)
    return _part_names({name: field for field, (_, name) in found.items()})


def _part_names(fields: dict[str, str]) -> dict[str, str]:
    """Read a bare "Name" beside a first name as the last name, and the other way round.

    Example:
        >>> _part_names({"Nom": "full_name", "Prénom": "first_name"})["Nom"]
        'last_name'
    """
    filled = set(fields.values())
    missing = {"first_name", "last_name"} - filled
    if len(missing) != 1:
        return fields
    (other,) = missing
    return {
        name: other if field == "full_name" and squeeze(name) in _BARE_NAMES else field
        for name, field in fields.items()
    }


def _by_sight(field: str, name: str, values: Sequence[str]) -> str:
    """Tell an id from a name or an address, where one word may mean each of them."""
    if field == "customer_id" and _share(values, EMAIL.fullmatch) > _MOST:
        return "email"
    is_bare = squeeze(name) in {"customer", "client", "kunde", "klant", "cliente"}
    if field == "customer_id" and is_bare and not _share(values, _ID.fullmatch):
        return "full_name"
    return field


def _share(values: Sequence[str], is_so: Callable[[str], object]) -> float:
    return sum(bool(is_so(value)) for value in values) / len(values) if values else 0.0


def is_sensitive(name: str, values: Sequence[str]) -> bool:
    """Tell whether a column holds what a mailing list must not: by its name or by its values.

    Example:
        >>> is_sensitive("Credit Card No.", []), is_sensitive("notes", ["4111 1111 1111 1111"])
        (True, True)
    """
    bare = squeeze(name)
    return (
        bare in words("sensitive_names")
        or any(word in bare for word in words("sensitive"))
        or any(
            _share(values, shape) > _MOST
            for shape in (is_card_number, _SOCIAL_SECURITY.fullmatch, _IBAN.fullmatch)
        )
    )


def _by_content(
    columns: Mapping[str, Sequence[str]],
    fields: Mapping[str, str],
    target: str,
    *,
    has_header: bool,
) -> dict[str, str]:
    """Propose fields for columns by what stands in them.

    Where the columns have names, only the key is looked for: another name may have its reason.
    """
    wanted = [
        proposal
        for proposal in _PROPOSALS[target]
        if has_header <= (proposal[0] in _PROPOSED_KEYS) and proposal[0] not in fields.values()
    ]
    found: dict[str, str] = {}
    for field, is_it in wanted:
        free = (n for n in columns if n not in fields and n not in found and columns[n])
        column = next((n for n in free if is_it(columns[n])), None)
        if column is not None and not (
            field == "customer_id" and has_header and "email" in found.values()
        ):
            found[column] = field
    return found


_PROPOSED_KEYS: Final = frozenset(
    ("customer_id", "email", "product_id", "prospect_id", "linkedin_url")
)


def _mostly(shape: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
    return lambda values: _share(values, shape.fullmatch) > _MOST


def _is_unique_id(values: Sequence[str]) -> bool:
    return (
        len(set(values)) == len(values)
        and _share(values, _ID.fullmatch) > _MOST
        and not (_mostly(DATE)(values))
    )


def _is_money(values: Sequence[str]) -> bool:
    return _mostly(NUMBER)(values) and not _mostly(_INTEGER)(values)


def _is_interaction(values: Sequence[str]) -> bool:
    return _share(values, lambda v: _LETTERS.sub("", v.lower()) in INTERACTION_WORDS) > _MOST


_PROPOSALS: Final[dict[str, tuple[tuple[str, Callable[[Sequence[str]], bool]], ...]]] = {
    "customers": (
        ("email", _mostly(EMAIL)),
        ("customer_id", _is_unique_id),
        ("first_name", _mostly(_WORDS)),
        ("last_name", _mostly(_WORDS)),
        ("city", _mostly(_WORDS)),
        ("last_order_date", _mostly(DATE)),
        ("orders", _mostly(_INTEGER)),
        ("total_spent", _is_money),
    ),
    "transactions": (
        ("email", _mostly(EMAIL)),
        ("ordered_at", _mostly(DATE)),
        ("order_id", _mostly(_ID)),
        ("customer_id", _mostly(_ID)),
        ("product_id", _mostly(_ID)),
        ("product_name", _mostly(_WORDS)),
        ("quantity", _mostly(_INTEGER)),
        ("unit_price", _is_money),
    ),
    "products": (
        ("product_id", _is_unique_id),
        ("name", _mostly(_WORDS)),
        ("price", _mostly(NUMBER)),
    ),
    "interactions": (
        ("email", _mostly(EMAIL)),
        ("happened_at", _mostly(DATE)),
        ("event", _is_interaction),
        ("customer_id", _mostly(_ID)),
        ("product_id", _mostly(_ID)),
    ),
    "engagements": (
        ("email", _mostly(EMAIL)),
        ("happened_at", _mostly(DATE)),
        ("customer_id", _mostly(_ID)),
        ("event", _mostly(_WORDS)),
        ("value", _mostly(NUMBER)),
    ),
    "outreach_events": (
        ("email", _mostly(EMAIL)),
        ("happened_at", _mostly(DATE)),
        ("customer_id", _mostly(_ID)),
        ("event", _mostly(_WORDS)),
    ),
    "consents": (
        ("email", _mostly(EMAIL)),
        ("recorded_at", _mostly(DATE)),
        ("customer_id", _mostly(_ID)),
        ("basis", _mostly(_WORDS)),
    ),
    "prospects": (
        ("email", _mostly(EMAIL)),
        ("prospect_id", _is_unique_id),
        ("linkedin_url", lambda values: _share(values, _LINKEDIN.search) > _MOST),
    ),
    "suppressions": (
        ("email", _mostly(EMAIL)),
        ("objected_at", _mostly(DATE)),
        ("customer_id", _mostly(_ID)),
        ("objection_reason", _mostly(_WORDS)),
    ),
}
