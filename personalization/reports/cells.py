"""Cells of the CSV files that pages offer: none that a spreadsheet would take for a formula."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BEGINNING: Final = ("=", "+", "-", "@")
_BREAKS: Final = ("\t", "\r", "\n")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


def cell(value: object) -> str:
    """Write a value as a cell: empty for None, an apostrophe before what looks like a formula.

    The twin of the macro ``csv_cell`` for files of some hundred rows: look-alikes of the signs
    count too, also behind blanks, and plain numbers stay as they are.

    Example:
        >>> [cell(v) for v in ("=1+1", " @cmd", "-3.5", -4.98e-05, "plain", None)]
        ["'=1+1", "' @cmd", '-3.5', '-4.98e-05', 'plain', '']
    """
    text = "" if value is None else str(value)
    first = unicodedata.normalize("NFKC", text).lstrip()[:1]
    is_risky = first in _BEGINNING and bool(first)
    if not (is_risky or text.startswith(_BREAKS)) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"
