"""The files of a hand-over: their bytes follow from their parts, and are held to."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class OutreachFile:
    """One file of due messages.

    Attributes:
        handover_id: Its number.
        channel: Of domain.OUTREACH_CHANNELS.
        messages: How many are in it.
        path: Where it lies; None of a play-through, which makes no files.
        sha256: Of its bytes; empty likewise.
    """

    handover_id: str
    channel: str
    messages: int
    path: Path | None
    sha256: str


def pack(path: Path, files: Sequence[Path]) -> None:
    """Pack files into one archive whose bytes follow from theirs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.writestr(zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0)), file.read_bytes())


_FILES: Final = """
    SELECT file_name FROM outreach_handovers
    WHERE campaign_id = $campaign_id AND NOT is_simulated ORDER BY file_name
"""


def put_in_place(store: Store, campaign_id: str) -> None:
    """Give the files that are on record their name, where a crash kept them from it."""
    for (name,) in store.read(_FILES, campaign_id=campaign_id):
        path = Path(name)
        partial = path.with_name(f".{path.name}.partial")
        if not path.exists() and partial.exists():
            partial.rename(path)


_TAKEN: Final = """
    SELECT handover_id, channel, messages, file_name, sha256 FROM outreach_handovers
    WHERE handover_id = $handover_id
"""


def file_of(store: Store, handover_id: str) -> OutreachFile:
    """Return a hand-over's file, held to what was written.

    Raises:
        InputError: There is no such hand-over, or it was a play-through.
        StateError: The file is gone or is not as it was written.
    """
    row = store.read_one(_TAKEN, handover_id=handover_id)
    if row is None or not row[3]:
        raise InputError(f"There is no file of a hand-over {handover_id!r}.")
    path = Path(row[3])
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != row[4]:
        raise StateError(
            f"{path.name} is gone or was changed since it was written. Do not use it: what it says "
            "was not screened."
        )
    return OutreachFile(str(row[0]), str(row[1]), int(row[2]), path, str(row[4]))
