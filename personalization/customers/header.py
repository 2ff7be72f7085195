"""Which record names the columns, what stands above it, and what each column is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from personalization.customers.fields import squeeze, synonyms, tokens, words
from personalization.customers.money import CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.customers.layout import Layout

_HEAD_RECORDS: Final = 60
_LONGEST_NAME: Final = 100
_MOST_DATA_SHARE: Final = 0.5
EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
NUMBER: Final = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d\s.,'’]*[^\w\s]?[)-]?")
DATE: Final = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?|\d{1,2}[-. ]\w{3,9}[-. ,]+\d{2,4}"
)


_SPELT_OUT: Final = re.compile("([aou])e")  # Waehrung for Währung, as exports without umlauts do


def field_of_name(name: str, target: str) -> tuple[str, int] | None:
    """Find the field that a column's name stands for, and how good the match is (0 is best).

    Words that say whose it is are left out from the front, one by one; a currency at the end goes.

    Example:
        >>> field_of_name("Default Address City", "customers")[0]
        'city'
        >>> field_of_name("Company Name", "customers") is None
        True
    """
    parts = tokens(name)
    found = _field_of_words(parts, target)
    while found is None and len(parts) > 1 and (parts[-1].upper() in CODES or parts[-1] == "in"):
        parts.pop()
        found = _field_of_words(parts, target)
    return found or _field_of_words([_SPELT_OUT.sub(r"\1", part) for part in parts], target)


def _field_of_words(parts: list[str], target: str) -> tuple[str, int] | None:
    known = synonyms(target)
    for n_left_out in range(len(parts)):
        if found := known.get("".join(parts[n_left_out:])):
            return found[0], found[1] + 1000 * n_left_out
        if parts[n_left_out] not in words("prefixes"):
            break
    return None


def looks_like_data(cell: str) -> bool:
    """Tell whether a cell holds an address, a number or a date, which no column is called."""
    return any(shape.fullmatch(cell) for shape in (EMAIL, NUMBER, DATE))


def usual_width(layout: Layout) -> int:
    """Return how many fields most records with content have; the larger number on a tie."""
    counts = np.bincount(layout.widths[~layout.is_blank])
    return int(len(counts) - 1 - np.argmax(counts[::-1]))


def find_header(layout: Layout, target: str) -> int | None:
    """Find the record that names the columns, or None where the data begin at once.

    It is the one with most known names; where none is known, the first full record without
    addresses, numbers or dates above records that have some.
    """
    heads = np.flatnonzero(~layout.is_blank)[:_HEAD_RECORDS]
    rows = {int(record): layout.fields(int(record)) for record in heads}
    width = usual_width(layout)
    candidates = [record for record, cells in rows.items() if _may_name(cells, width)]
    known = {record: _count_known(rows[record], target) for record in candidates}
    best = max(candidates, key=lambda record: known[record], default=None)
    if best is None:
        return None
    if known[best] >= min(2, width) or (known[best] and not any(map(looks_like_data, rows[best]))):
        return best
    return _first_above_data(rows, candidates)


def _may_name(cells: Sequence[str], width: int) -> bool:
    filled = [cell for cell in cells if cell]
    n_data = sum(map(looks_like_data, filled))
    return (
        len(filled) >= max(1, width / 2)
        and n_data <= _MOST_DATA_SHARE * len(filled)
        and all(len(cell) < _LONGEST_NAME for cell in filled)
    )


def _count_known(cells: Sequence[str], target: str) -> int:
    found = (field_of_name(cell, target) for cell in cells if cell)
    return len({match[0] for match in found if match})


def _first_above_data(rows: dict[int, list[str]], candidates: list[int]) -> int | None:
    for record in candidates:
        cells = rows[record]
        below = [row for other, row in rows.items() if other > record and len(row) == len(cells)]
        has_data_below = any(
            sum(looks_like_data(row[i]) for row in below) > len(below) / 2
            for i in range(len(cells))
        )
        is_distinct = len({squeeze(cell) for cell in cells}) == len(cells)
        if below and has_data_below and is_distinct and not any(map(looks_like_data, cells)):
            return record
    return None


def column_names(layout: Layout, header: int | None) -> tuple[str, ...]:
    """Name every column once: as the file does, or ``#3`` where the third has no name.

    Names at the end that are empty are left out, unless the records have a field for them.  A
    record that has one field more than the header, as R writes it, begins with a row number.
    """
    width = usual_width(layout)
    if header is None:
        return tuple(f"#{i + 1}" for i in range(width))
    names = layout.fields(header)
    while names and not names[-1]:
        names.pop()
    n_more = width - len(names)
    if n_more == 1 and not _ends_empty(layout, header, width):
        names = ["", *names] if _begins_with_row_numbers(layout, header, width) else names
    elif n_more > 0 and _ends_empty(layout, header, width):
        names += [""] * n_more
    return tuple(
        f"#{i + 1}" if not name else name if name not in names[:i] else f"{name} #{i + 1}"
        for i, name in enumerate(names)
    )


def _sample(layout: Layout, header: int, width: int) -> list[list[str]]:
    after = np.flatnonzero((layout.widths == width) & ~layout.is_blank)
    return [layout.fields(int(record)) for record in after[after > header][:_HEAD_RECORDS]]


def _ends_empty(layout: Layout, header: int, width: int) -> bool:
    rows = _sample(layout, header, width)
    return sum(not row[-1] for row in rows) > len(rows) / 2


def _begins_with_row_numbers(layout: Layout, header: int, width: int) -> bool:
    firsts = [row[0] for row in _sample(layout, header, width)]
    return all(cell.isdigit() for cell in firsts) and firsts == sorted(set(firsts), key=int)
