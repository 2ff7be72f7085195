"""Text that went through the wrong encoding, and signs that nobody can see.

Only the records that hold something suspicious are looked at one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from personalization.customers.structure import Problem, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.customers.structure import Structure

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1e\x7f]|\x1f|\xc2[\x80-\x9f]")
# A letter that cp1252 reads for the first byte of a UTF-8 pair, and a sign for the second.
_TWICE_ENCODED: Final = re.compile(
    rb"\xc3[\x82-\xb4](?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]"
    rb"|\xe2\x80[\x90-\xbf]|\xe2\x82\xac|\xe2\x84\xa2)"
)
_LOST: Final = re.compile("\ufffd".encode())
_CONTROL_BYTES: Final = bytes(i for i in (*range(32), 127) if i not in b"\t\n\r")
_CONTROL_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def repair(structure: Structure) -> Structure:
    """Return the structure with its suspicious records mended, and a warning for each of them.

    Twice-encoded text is put right (``mojibake_repaired``), control characters go
    (``control_character_removed``), and a value of which a letter is lost for good is left out
    (``replacement_character``).  A row that has the same fault in two columns is told of once.
    """
    patches, problems = dict(structure.patches), list(structure.problems)
    for record in _suspects(structure):
        fields = patches.get(record) or structure.layout.fields(record)
        line = int(structure.layout.lines[record])
        told: set[str] = set()
        for column, field in enumerate(fields):
            fields[column], reasons = mend(field)
            fresh = [reason for reason in reasons if reason not in told]
            problems += [Problem("warning", line, column, shorten(field), r) for r in fresh]
            told.update(fresh)
        patches[record] = fields
    return type(structure)(
        structure.layout,
        structure.header,
        structure.names,
        structure.is_kept,
        patches,
        problems,
    )


def _suspects(structure: Structure) -> Iterator[int]:
    layout = structure.layout
    allowed = layout.delimiter.encode()
    signs = [_TWICE_ENCODED, _LOST] if b"\xc3" in layout.data or b"\xef\xbf" in layout.data else []
    if b"\xc2" in layout.data or len(layout.data.translate(None, _CONTROL_BYTES)) < len(
        layout.data
    ):
        signs.append(_CONTROL)
    places = [m.start() for sign in signs for m in sign.finditer(layout.data) if m[0] != allowed]
    records = np.unique(np.searchsorted(layout.starts, places, side="right") - 1)
    yield from (int(record) for record in records if structure.is_kept[record])


def mend(text: str) -> tuple[str, list[str]]:
    """Mend one value, and say what was wrong with it.

    Example:
        >>> mend("FranÃ§ois"), mend("Ren" + chr(0) + "e")
        (('François', ['mojibake_repaired']), ('Rene', ['control_character_removed']))
    """
    import ftfy  # noqa: PLC0415

    reasons: list[str] = []
    if "\ufffd" in text:
        return "", ["replacement_character"]
    fixed = ftfy.fix_encoding(text)
    if fixed != text:
        reasons.append("mojibake_repaired")
    bare = _CONTROL_TEXT.sub("", fixed)
    if bare != fixed:
        reasons.append("control_character_removed")
    return bare.replace("\u00a0", " ").strip(), reasons
