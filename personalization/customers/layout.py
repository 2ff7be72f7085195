"""Where the records and fields of a delimited text begin and end.

The bytes are scanned as arrays, whatever their number: a quote toggles, a line feed outside quotes
ends a record.  Text whose quotes do not follow that rule is first written anew by ``requote``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", "\x1f")
_ONE_COLUMN: Final = "\x1f"
_SAMPLE_RECORDS: Final = 200
_LINE_FEED, _QUOTE = 10, 34
_MAX_QUOTED_LINES: Final = 30  # beyond this an open quote is a slip, not an address
_NAMED_SEPARATOR: Final = re.compile(r'"?sep=(.)"?[ \t]*\n', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The records of a text, one entry of each array for each record.

    Attributes:
        data: UTF-8, each line ended by a line feed.
        delimiter: One character.
        starts: Where the record begins, in bytes.
        ends: Where the line feed that ends it stands.
        lines: Physical line that it begins on; the first is 1.
        widths: How many fields it has.
        is_blank: It has no content but delimiters, quotes and spaces.
    """

    data: bytes
    delimiter: str
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    widths: npt.NDArray[np.int64]
    is_blank: npt.NDArray[np.bool_]

    def text(self, record: int) -> str:
        """Return a record as it stands in the file."""
        return self.data[self.starts[record] : self.ends[record]].decode()

    def fields(self, record: int) -> list[str]:
        """Split one record into its fields, without quotes and outer spaces."""
        return [field.strip() for field in split_fields(self.text(record), self.delimiter)]


def lay_out(data: bytes, delimiter: str) -> Layout:
    """Find the records of ``data``, and write it anew first where its quotes are not in order."""
    codes = np.frombuffer(data, np.uint8)
    if not is_well_quoted(codes, ord(delimiter)):
        data = requote(data.decode(), delimiter)
        codes = np.frombuffer(data, np.uint8)
    is_feed = codes == _LINE_FEED
    is_outside = _outside_quotes(codes)
    ends = np.flatnonzero(is_feed & is_outside)
    starts = np.concatenate(([0], ends[:-1] + 1))
    delimiters = np.flatnonzero((codes == ord(delimiter)) & is_outside)
    widths = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
    feeds = np.flatnonzero(is_feed)
    lines = np.searchsorted(feeds, starts) + 1
    has_content = np.ones(256, np.uint8)
    has_content[[ord(delimiter), _LINE_FEED, _QUOTE, 0x20, 0x09]] = 0
    is_blank = np.maximum.reduceat(has_content[codes], starts) == 0
    return Layout(data, delimiter, starts, ends, lines, widths, is_blank)


def _outside_quotes(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    is_quote = codes == _QUOTE
    if not is_quote.any():
        return np.ones(len(codes), np.bool_)
    is_open: npt.NDArray[np.bool_] = np.logical_xor.accumulate(is_quote)
    return ~is_open


def is_well_quoted(codes: npt.NDArray[np.uint8], delimiter: int) -> bool:
    """Tell whether every quote opens a field, closes one, or is doubled inside one."""
    quotes = np.flatnonzero(codes == _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening == 0, _LINE_FEED, codes[opening - 1])
    after = codes[closing + 1] if len(closing) else closing
    is_edge = np.zeros(256, np.bool_)
    is_edge[[_LINE_FEED, delimiter, _QUOTE]] = True
    return bool(is_edge[before].all() and is_edge[after].all())


def split_fields(record: str, delimiter: str) -> list[str]:
    """Split a record into fields, and forgive quotes that are out of order.

    Example:
        >>> split_fields('1, "Smith, John" ,5" pipe,"a ""b"" c"', ",")
        ['1', 'Smith, John', '5" pipe', 'a "b" c']
    """
    fields, _ = _next_record(record + "\n", 0, delimiter)
    return fields


def _next_record(text: str, position: int, delimiter: str) -> tuple[list[str], int]:
    """Read the record at ``position``: its fields, and where the next one begins."""
    quoted, bare = _PATTERNS[delimiter]
    fields: list[str] = []
    while True:
        if match := quoted.match(text, position):
            fields.append(match[1].replace('""', '"').replace('\\"', '"'))
        else:
            match = bare.match(text, position)
            fields.append(match[0] if match else "")
        position = match.end() if match else position
        if position >= len(text) or text[position] == "\n":
            return fields, position + 1
        position += 1


def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    mark = re.escape(delimiter)
    edge = rf"[ ]*+(?:{mark}|\n|\Z)"
    inside = rf'(?:[^"\\\n]++|""|\\"(?!{edge})|\\|"(?!{edge}))*+'
    # Possessive and of bounded length, so that an open quote costs one look at a few lines.
    quoted = rf'[ ]*+"({inside}(?:\n{inside}){{0,{_MAX_QUOTED_LINES}}}+)"(?={edge})[ ]*+'
    return re.compile(quoted), re.compile(rf"[^{mark}\n]*+")


def _tidy_line(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    field = rf'(?:"(?:[^"\n]++|"")*+"|[^"{mark}\n]*+)'
    return re.compile(rf"{field}(?:{mark}{field})*+\n")


_PATTERNS: Final = {delimiter: _patterns(delimiter) for delimiter in DELIMITERS}
_TIDY_LINES: Final = {delimiter: _tidy_line(delimiter) for delimiter in DELIMITERS}


def requote(text: str, delimiter: str) -> bytes:
    """Write a text anew with its quotes in order; every line keeps its number.

    Lines that are in order are taken over as they are.
    """
    is_tidy = _TIDY_LINES[delimiter].match
    pieces: list[str] = []
    position, copied = 0, 0
    while position < len(text):
        if line := is_tidy(text, position):
            position = line.end()
            continue
        pieces.append(text[copied:position])
        fields, position = _next_record(text, position, delimiter)
        pieces.append(join_fields(fields, delimiter) + "\n")
        copied = position
    return "".join([*pieces, text[copied:]]).encode()


def join_fields(fields: list[str], delimiter: str) -> str:
    """Write fields as one record, quoted where they have to be."""
    return delimiter.join(
        '"' + field.replace('"', '""') + '"'
        if any(mark in field for mark in (delimiter, '"', "\n")) or field != field.strip()
        else field
        for field in fields
    )


def find_delimiter(data: bytes) -> str:
    """Name the delimiter that splits the first records most evenly into most fields.

    A line ``sep=;``, which Excel understands, decides at once.  Text without any delimiter is one
    column.
    """
    cut = data.rfind(b"\n", 0, 1 << 18)
    sample = data[: cut + 1 if cut >= 0 else None].decode(errors="ignore")
    if (named := _NAMED_SEPARATOR.match(sample)) and named[1] in DELIMITERS:
        return named[1]
    scores = {delimiter: _evenness(sample, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else _ONE_COLUMN


def _evenness(sample: str, delimiter: str) -> float:
    widths = Counter(
        len(fields)
        for fields in islice(_records(sample, delimiter), _SAMPLE_RECORDS)
        if any(field.strip() for field in fields)
    )
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return count / widths.total() * (1 - 1 / width)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    position = 0
    while position < len(text):
        fields, position = _next_record(text, position, delimiter)
        yield fields
