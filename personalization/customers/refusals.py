"""Files that are no table of text: each is refused with a sentence that names the way out."""

from __future__ import annotations

import re
from typing import Final

_EXPORT: Final = (
    "In {0}, use File > Save as (or Export) and choose CSV UTF-8, then upload that file."
)
_SIGNATURES: Final = (
    (b"\xd0\xcf\x11\xe0", f"is an old Excel workbook (.xls). {_EXPORT.format('Excel')}"),
    (b"%PDF", "is a PDF. Export the list as CSV from the program that printed it."),
    (b"\x1f\x8b", "is a gzip archive. Unpack it and upload the CSV file inside."),
    (b"7z\xbc\xaf", "is a 7-Zip archive. Unpack it and upload the CSV file inside."),
    (b"Rar!", "is a RAR archive. Unpack it and upload the CSV file inside."),
    (b"BZh", "is a bzip2 archive. Unpack it and upload the CSV file inside."),
    (b"\xfd7zXZ", "is an xz archive. Unpack it and upload the CSV file inside."),
    (b"\x28\xb5\x2f\xfd", "is a zstd archive. Unpack it and upload the CSV file inside."),
    (b"\x89PNG", "is a picture. Export the list as CSV from the program that shows it."),
    (b"\xff\xd8\xff", "is a picture. Export the list as CSV from the program that shows it."),
    (b"GIF8", "is a picture. Export the list as CSV from the program that shows it."),
    (b"SQLite format 3", "is a database. Export the table as CSV and upload that file."),
    (b"ARROW1", "is an Arrow file. Save the table as Parquet or CSV and upload that file."),
    (b"Obj\x01", "is an Avro file. Save the table as Parquet or CSV and upload that file."),
    (b"{\\rtf", "is a text document (RTF). Save the table in it as CSV and upload that file."),
)
_JSON: Final = re.compile(rb'\s*(\{\s*("|\})|\[\s*([\[{"\]]|-?\d))')
_MARKUP: Final = re.compile(
    rb"\s*<(!doctype|\?xml|html|head|body|table|[a-z]+[\s>/])", re.IGNORECASE
)
_BINARY_SHARE: Final = 0.05
_FEW_ODD: Final = 20  # so many control characters may have slipped into a short text
PARQUET: Final = b"PAR1"


def refusal(data: bytes, name: str) -> str | None:
    """Say in one sentence why the file cannot be taken in, or return None where it can be tried.

    Args:
        data: The file's bytes; the beginning decides.
        name: The file's name, to be named in the sentence.
    """
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        return f"{name} is empty. Export the list again and check that the file has rows."
    if data.startswith(b"PK\x03\x04"):
        return f"{name} {_zip_kind(data)}"
    for signature, reason in _SIGNATURES:
        if data.startswith(signature):
            return f"{name} {reason}"
    return refusal_of_text(data[:65_536].removeprefix(b"\xef\xbb\xbf"), name)


def refusal_of_text(head: bytes, name: str) -> str | None:
    """Look at the beginning of a text, decoded or not, for what is no table."""
    if _JSON.match(head):
        return f"{name} is JSON, not a table. Export the list as CSV and upload that file."
    if _MARKUP.match(head):
        return (
            f"{name} is a web page (HTML or XML), even if its name says otherwise. "
            f"{_EXPORT.format('the program that made it')}"
        )
    odd = sum(byte < 0x20 and byte not in b"\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f" for byte in head)  # noqa: PLR2004
    is_wide = head[:4096:2].count(0) > 0.3 * len(head[:4096:2]) or (
        head[1:4096:2].count(0) > 0.3 * len(head[1:4096:2])
    )
    if odd > max(_BINARY_SHARE * len(head), _FEW_ODD) and not is_wide:
        return f"{name} is no text file. Export the list as CSV or Parquet and upload that file."
    return None


def _zip_kind(data: bytes) -> str:
    if b"xl/" in data:
        return f"is an Excel workbook (.xlsx). {_EXPORT.format('Excel')}"
    if b"opendocument.spreadsheet" in data:
        return f"is an OpenDocument spreadsheet (.ods). {_EXPORT.format('LibreOffice')}"
    if b"word/" in data:
        return "is a Word document. Save the table in it as CSV and upload that file."
    return "is a ZIP archive. Unpack it and upload the CSV file inside."
