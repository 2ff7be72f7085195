"""What each record of a file is: a row of data, or a line that is counted apart.

Every record ends in exactly one place: kept, rejected for its number of fields, or skipped as
blank, preamble, repeated header, total or footer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from personalization.customers.fields import total_words
from personalization.customers.header import column_names, find_header, usual_width
from personalization.customers.layout import join_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from personalization.customers.layout import Layout

_FOOTER_RECORDS: Final = 20
_LONGEST_VALUE: Final = 300
_CARD: Final = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_NO_LETTER: Final = re.compile(r"[^\w ]|[\d_]")
_RULER: Final = re.compile(r"[\s|+=_:-]*[-=_]{2,}[\s|+=_:-]*")


class Problem(NamedTuple):
    """One thing to tell about a file.

    Attributes:
        outcome: rejected, merged, skipped or warning.
        line: Physical line, the first is 1; None where it is about the whole file.
        column: Index of the file's column, or None where it is about the whole line.
        value: What stands there, cut to 300 characters.
        reason: A word of the policy, such as ``too_many_fields``.
    """

    outcome: str
    line: int | None
    column: int | None
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Structure:
    """The rows of a file.

    Attributes:
        layout: Its records.
        header: Which record names the columns, or None.
        names: Names of the columns, each once.
        is_kept: Which records are rows of data with the right number of fields.
        patches: Fields of kept records that do not stand in the file as they are wanted.
        problems: Everything else that was found.
    """

    layout: Layout
    header: int | None
    names: tuple[str, ...]
    is_kept: npt.NDArray[np.bool_]
    patches: dict[int, list[str]]
    problems: list[Problem]

    def sample(self, limit: int) -> list[list[str]]:
        """Return the fields of the first kept records."""
        first = np.flatnonzero(self.is_kept)[:limit]
        return [self.patches.get(int(r)) or self.layout.fields(int(r)) for r in first]


def find_structure(layout: Layout, target: str, header: int | None = None) -> Structure:
    """Sort every record of ``layout`` into kept, rejected and skipped.

    Args:
        layout: The records of the text.
        target: What kind of file it is, for the names that columns may have.
        header: The record that names the columns, where that is known.
    """
    header = find_header(layout, target) if header is None else header
    names = column_names(layout, header)
    first = header + 1 if header is not None else _first_full(layout)
    kinds = np.full(len(layout.starts), "", dtype="U16")
    kinds[:first] = "preamble"
    kinds[_separators(layout, first)] = "separator"
    kinds[_repeats(layout, header)] = "repeated_header"
    for record, kind in _footers(layout, first, len(names)).items():
        kinds[record] = kind
    kinds[layout.is_blank] = "blank"
    if header is not None:
        kinds[header] = "header"
    is_kept = kinds == ""
    skipped = np.flatnonzero((kinds != "") & (kinds != "header"))
    problems = [
        Problem("skipped", int(layout.lines[r]), None, shorten(layout.text(int(r))), str(kinds[r]))
        for r in skipped
    ]
    patches: dict[int, list[str]] = {}
    for record in np.flatnonzero(is_kept & (layout.widths != len(names))).tolist():
        verdict = _fit(layout, record, names)
        if isinstance(verdict, Problem):
            problems.append(verdict)
            is_kept[record] = False
        else:
            patches[record] = verdict
    return Structure(layout, header, names, is_kept, patches, problems)


def _first_full(layout: Layout) -> int:
    full = np.flatnonzero((layout.widths == usual_width(layout)) & ~layout.is_blank)
    return int(full[0]) if len(full) else 0


def _separators(layout: Layout, first: int) -> list[int]:
    """Find rulers such as ``----+-----`` right below the header or at its foot."""
    near = [*range(first, min(first + 2, len(layout.starts))), len(layout.starts) - 1]
    return [r for r in near if _RULER.fullmatch(layout.text(r).replace(layout.delimiter, " "))]


def _repeats(layout: Layout, header: int | None) -> list[int]:
    """Find the records that repeat the header byte by byte, as page breaks do."""
    if header is None:
        return []
    wanted = layout.data[layout.starts[header] : layout.ends[header] + 1]
    found: list[int] = []
    position = layout.data.find(wanted, int(layout.ends[header]) + 1)
    while position >= 0:
        record = int(np.searchsorted(layout.starts, position))
        if record < len(layout.starts) and layout.starts[record] == position:
            found.append(record)
        position = layout.data.find(wanted, position + len(wanted))
    return found


def _footers(layout: Layout, first: int, width: int) -> dict[int, str]:
    """Find lone totals and remarks at the very end of a table of several columns."""
    content = np.flatnonzero(~layout.is_blank)
    found: dict[int, str] = {}
    for record in content[content >= first][: -_FOOTER_RECORDS - 1 : -1]:
        cells = [cell for cell in layout.fields(int(record)) if cell]
        if width < 2 or len(cells) > 1 or not (is_total(cells[0]) or is_remark(cells[0])):  # noqa: PLR2004
            break
        found[int(record)] = "total_line" if is_total(cells[0]) else "footer"
    return found


def is_remark(cell: str) -> bool:
    """Tell whether a lone cell is a remark: words, or text that begins with a sign.

    Example:
        >>> is_remark("(3 rows)"), is_remark("End of report"), is_remark("6")
        (True, True, False)
    """
    has_words = any(c.isalpha() for c in cell) and " " in cell.strip()
    return has_words or cell.startswith(("(", "*", "#", "--", "==", "//"))


def is_total(cell: str) -> bool:
    """Tell whether a cell is the first of a line that sums up others, in any language we know.

    Example:
        >>> is_total("TOTAL:"), is_total("Gesamt (12)"), is_total("Total Wine Ltd")
        (True, True, False)
    """
    return plain_words(cell) in total_words()


def plain_words(cell: str) -> str:
    """Return the words of a cell in lower case, without digits and signs."""
    return " ".join(_NO_LETTER.sub("", cell.lower()).split())


def _fit(layout: Layout, record: int, names: tuple[str, ...]) -> list[str] | Problem:
    """Bring a record to the width of the table, or say why that would shift its values."""
    fields = layout.fields(record)
    line, value = int(layout.lines[record]), shorten(layout.text(record))
    named = max((i + 1 for i, name in enumerate(names) if not name.startswith("#")), default=1)
    if len(fields) > len(names):
        if any(fields[len(names) :]):
            return Problem("rejected", line, None, value, "too_many_fields")
        return fields[: len(names)]
    if len(fields) >= named:
        return fields + [""] * (len(names) - len(fields))
    if is_total(next(field for field in fields if field)):
        return Problem("skipped", line, None, value, "total_line")
    return Problem("rejected", line, None, value, "too_few_fields")


def shorten(value: str) -> str:
    """Cut a value for display, and hide the number of a payment card.

    Example:
        >>> shorten("7,4111 1111 1111 1111,ok")
        '7,…1111,ok'
    """
    hidden = _CARD.sub(lambda m: "…" + m[0][-4:] if is_card_number(m[0]) else m[0], value)
    return hidden[:_LONGEST_VALUE]


def is_card_number(text: str) -> bool:
    """Tell whether a text is 13 to 19 digits that bear the check digit of payment cards.

    References:
        ISO/IEC 7812-1, the formula of Luhn.
    """
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits))]  # noqa: PLR2004
    return bool(_CARD.fullmatch(text.strip())) and sum(doubled) % 10 == 0


def write_rows(structure: Structure, rows: Path, lines: Path) -> None:
    """Write the kept records as clean CSV, and the line of each to a file of its own."""
    kept = np.flatnonzero(structure.is_kept)
    numbers = structure.layout.lines[kept].tolist()
    lines.write_text("\n".join(map(str, numbers)) + "\n" if numbers else "", "utf-8")
    with rows.open("wb") as file:
        for piece in _pieces(structure):
            file.write(piece)


def _pieces(structure: Structure) -> Iterator[bytes | memoryview]:
    """Yield runs of untouched records in one piece, and each patched record by itself."""
    layout = structure.layout
    data = memoryview(layout.data)
    is_whole = structure.is_kept.copy()
    is_whole[list(structure.patches)] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_whole, [False])).view(np.int8)))
    runs = {int(a): int(b) for a, b in zip(edges[0::2], edges[1::2], strict=True)}
    patched = (record for record in structure.patches if structure.is_kept[record])
    for record in sorted([*runs, *patched]):
        if record in runs:
            yield data[layout.starts[record] : layout.ends[runs[record] - 1] + 1]
        else:
            yield (join_fields(structure.patches[record], layout.delimiter) + "\n").encode()
