"""What is decided on a whole column: date order, decimal mark, currency, ids that were numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.customers import dates, money
from personalization.customers.fields import fields_of_kind
from personalization.customers.interaction_rows import INTERACTIONS
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

_FLOATS: Final = """
    SELECT field, bool_and(regexp_full_match(text, '[0-9]+\\.0+'))
    FROM (UNPIVOT (SELECT COLUMNS($fields) FROM cells) ON COLUMNS(*) INTO NAME field VALUE text)
    GROUP BY field
"""

# Zeros are kept, because 0.125 can be no thousand.
_SHAPES: Final = """
    SELECT field, translate(text, '12345678', '99999999') AS shape, count(*) AS n
    FROM (UNPIVOT (SELECT COLUMNS($fields) FROM cells) ON COLUMNS(*) INTO NAME field VALUE text)
    WHERE length(text) <= 40
    GROUP BY ALL ORDER BY n DESC, field, shape LIMIT 50000
"""

_DAYS: Final = """
    SELECT field, day_text(text) AS day, count(*) AS n
    FROM (UNPIVOT (SELECT COLUMNS($fields) FROM cells) ON COLUMNS(*) INTO NAME field VALUE text)
    GROUP BY ALL ORDER BY field, day
"""

# Times of day that occur, each read once; a text that is none gives no seconds.
_CLOCKS: Final = """
    INSERT INTO clocks
    WITH times AS (
        SELECT DISTINCT time_text(text) AS text
        FROM (UNPIVOT (SELECT COLUMNS($fields) FROM cells) ON COLUMNS(*) INTO NAME field VALUE text)
    ), parted AS (SELECT text, time_parts(text) AS parts FROM times)
    SELECT text, CASE WHEN text = '' THEN 0 ELSE clock_seconds(parts) END,
           CASE WHEN text = '' THEN 0 ELSE zone_seconds(parts) END
    FROM parted
"""

_STATED: Final = """
    SELECT DISTINCT upper(currency) AS mark FROM cells WHERE currency IS NOT NULL
    ORDER BY mark LIMIT 1000
"""

_KEEP_DAYS: Final = """
    INSERT INTO days
    SELECT unnest($fields::VARCHAR[]), unnest($texts::VARCHAR[]), unnest($days::TIMESTAMP[])
"""

_CODE: Final = re.compile("[A-Z]{3}")
_KEEP_MARKS: Final = """
    INSERT INTO currency_marks SELECT unnest($marks::VARCHAR[]), unnest($codes::VARCHAR[])
"""

ANSWERS: Final = ("date_order", "decimal_mark", "currency", "encoding", "column_mapping", "event")
"""What a user may be asked, or may set; ``date_order.signup_date`` answers for one column."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How the columns of a file are written.

    Attributes:
        floats: Id field -> every value ends in .0.
        dates: Date field -> DMY, MDY, YMD, or what else was found; ambiguous asks.
        decimals: Number field -> decimal mark; ambiguous asks.
        groups: The marks between thousands that were seen.
        has_marks: Amounts have a currency sign beside them.
        currencies: ISO codes found in values, names and the currency column.
        ask: What the user has to answer before the file can be imported.
    """

    floats: dict[str, bool]
    dates: dict[str, str]
    decimals: dict[str, str]
    groups: tuple[str, ...]
    has_marks: bool
    currencies: tuple[str, ...]
    ask: tuple[str, ...]


def decide_formats(
    store: Store,
    target: str,
    used: Mapping[str, str],
    answers: Mapping[str, str],
    *,
    is_typed: bool,
) -> Formats:
    """Decide the formats of all columns from all their values.

    Args:
        store: The scratch store of the check; reads ``cells``, fills ``days`` and
            ``currency_marks``.
        target: What kind of file it is.
        used: Field -> column of the file.
        answers: What the user has answered already.
        is_typed: The file knows its numbers and dates itself (Parquet), so nothing is asked.
    """
    floats = dict(store.read(_FLOATS, fields=_pattern(fields_of_kind(target, "id"), used)))
    orders = _date_orders(store, target, used, answers)
    shapes = _shapes(store, target, used)
    marks = _decimal_marks(shapes, target, answers, is_typed=is_typed)
    signs, currencies = _currencies(store, shapes, target, used)
    ask = [
        ("date_order", dates.AMBIGUOUS in orders.values()),
        ("decimal_mark", money.UNDECIDED in (mark.mark for mark in marks.values())),
        ("currency", len(currencies) > 1 and "currency" not in answers),
    ]
    return Formats(
        floats={f: bool(floats.get(f)) for f in fields_of_kind(target, "id")},
        dates=orders,
        decimals={field: found.mark for field, found in marks.items()},
        groups=tuple(sorted({found.group for found in marks.values() if found.group})),
        has_marks=signs,
        currencies=currencies,
        ask=tuple(question for question, is_open in ask if is_open),
    )


def check_answers(answers: Mapping[str, str]) -> None:
    """Raise InputError for an answer that is to no question, or cannot be one."""
    for question, answer in answers.items():
        kind = question.partition(".")[0]
        if kind not in ANSWERS:
            raise InputError(f"There is no question {question!r}. It can be: {', '.join(ANSWERS)}.")
        allowed = {
            "date_order": dates.ORDERS, "decimal_mark": (".", ","), "event": INTERACTIONS,
        }.get(kind)  # fmt: skip
        if allowed and answer not in allowed:
            raise InputError(f"{question} cannot be {answer!r}. It can be: {' or '.join(allowed)}.")


def _pattern(fields: Iterable[str], used: Mapping[str, str]) -> str:
    """Name the columns to look at; one that is always there where none is used."""
    return f"^({'|'.join(field for field in fields if field in used) or 'customer_id'})$"


def _date_orders(
    store: Store, target: str, used: Mapping[str, str], answers: Mapping[str, str]
) -> dict[str, str]:
    fields = fields_of_kind(target, "date", "moment")
    if not any(field in used for field in fields):
        return {}
    texts: dict[str, dict[str, int]] = defaultdict(dict)
    store.run(_CLOCKS, fields=_pattern(fields, used))
    for field, text, count in store.read(_DAYS, fields=_pattern(fields, used)):
        texts[field][text] = count
    orders: dict[str, str] = {}
    for field in (field for field in fields if field in used):
        found = dates.decide_order(texts[field])
        answer = answers.get(f"date_order.{field}")
        if answer is None and found == dates.AMBIGUOUS:
            answer = answers.get("date_order")
        orders[field] = answer or found
        _keep_days(store, field, texts[field], orders[field])
    return orders


def _keep_days(store: Store, field: str, texts: Iterable[str], order: str) -> None:
    days = {t: d for t, d in dates.read_days(texts, order).items() if d is not None}
    if order != dates.AMBIGUOUS:
        store.run(
            _KEEP_DAYS, fields=[field] * len(days), texts=list(days), days=list(days.values())
        )


def _decimal_marks(
    shapes: Mapping[str, Mapping[str, int]],
    target: str,
    answers: Mapping[str, str],
    *,
    is_typed: bool,
) -> dict[str, money.Decimal]:
    """Decide each column by itself; one that proves nothing follows the others of the file."""
    fields = fields_of_kind(target, "number", "money", "integer")
    whole = fields_of_kind(target, "integer")
    found = {field: money.decide_decimal(shapes[field]) for field in fields if shapes.get(field)}
    proven = {mark.mark for mark in found.values() if mark.is_proven}
    usual = proven.pop() if len(proven) == 1 else None
    for field, mark in found.items():
        if mark.mark == money.UNDECIDED:
            known = "." if is_typed else usual or answers.get("decimal_mark")
            known = known or ("," if field in whole else None)
            group = "." if known == "," else None
            found[field] = money.Decimal(known or money.UNDECIDED, group, is_proven=bool(known))
        elif not mark.is_proven and usual == ",":
            found[field] = money.Decimal(",", None, is_proven=False)
    return found


def _shapes(store: Store, target: str, used: Mapping[str, str]) -> dict[str, dict[str, int]]:
    fields = fields_of_kind(target, "number", "money", "integer")
    shapes: dict[str, dict[str, int]] = defaultdict(dict)
    if not any(field in used for field in fields):
        return shapes
    for field, shape, count in store.read(_SHAPES, fields=_pattern(fields, used)):
        if field in fields:
            shapes[field][shape] = count
    return shapes


def _currencies(
    store: Store,
    shapes: Mapping[str, Mapping[str, int]],
    target: str,
    used: Mapping[str, str],
) -> tuple[bool, tuple[str, ...]]:
    """Collect the currencies of a file and put their marks into ``currency_marks``.

    Returns:
        Whether amounts carry marks themselves, and the codes in alphabetical order.
    """
    fields = [field for field in fields_of_kind(target, "money") if field in used]
    signs = money.marks_of_shapes(shape for field in fields for shape in shapes.get(field, ()))
    marks = dict(signs)
    for (mark,) in store.read(_STATED):
        code = money.currency_of_mark(mark) or (mark if _CODE.fullmatch(mark) else None)
        marks |= {mark: code} if code else {}
    named = [code for field in fields if (code := money.currency_of_name(used[field]))]
    store.run(_KEEP_MARKS, marks=list(marks), codes=list(marks.values()))
    return bool(signs), tuple(sorted({*marks.values(), *named}))
