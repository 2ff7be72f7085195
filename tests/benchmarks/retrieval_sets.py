"""The public test collections of ``retrieval``: Cranfield and CISI, read as they are handed round.

Both come as SMART files, in many public repositories and at
http://ir.dcs.gla.ac.uk/resources/test_collections; they are not committed here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GAINS: Final = {1: 4, 2: 3, 3: 2, 4: 1}
"""Of Cleverdon's codes: 1 is a complete answer, 4 of minimum interest; the rest is none."""

_FIELD: Final = re.compile(r"^\.([A-Z])\s*$")


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of documents with queries and what each should find."""

    name: str
    documents: tuple[Mapping[str, str], ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]

    def write(self, path: Path) -> None:
        """Write the documents as the JSON lines that the command line takes."""
        lines = (json.dumps(document) for document in self.documents)
        path.write_text("\n".join(lines), encoding="utf-8")


def cranfield(data: Path) -> Collection:
    """Read ``cran.all.1400``, ``cran.qry`` and ``cranqrel``.

    Judgements number the queries by their place, whatever ``.I`` says.
    """
    queries = _read(data / "cran.qry")
    relevant: dict[str, dict[str, int]] = {}
    for query, document, code in _rows(data / "cranqrel"):
        if gain := GAINS.get(int(code)):
            relevant.setdefault(query, {})[document] = gain
    asked = {str(place): _text(query, "W") for place, query in enumerate(queries, 1)}
    return _collection("Cranfield", _read(data / "cran.all.1400"), asked, relevant)


def cisi(data: Path) -> Collection:
    """Read ``CISI.ALL``, ``CISI.QRY`` and ``CISI.REL``."""
    relevant: dict[str, dict[str, int]] = {}
    for query, document, _ in _rows(data / "CISI.REL"):
        relevant.setdefault(query, {})[document] = 1
    asked = {query["I"]: _text(query, "W") for query in _read(data / "CISI.QRY")}
    return _collection("CISI", _read(data / "CISI.ALL"), asked, relevant)


def _collection(
    name: str,
    found: list[dict[str, str]],
    asked: dict[str, str],
    relevant: dict[str, dict[str, int]],
) -> Collection:
    documents = tuple(
        {"id": one["I"], "title": _text(one, "T"), "text": _text(one, "W")}
        for one in found if _text(one, "T") or _text(one, "W")
    )  # fmt: skip
    return Collection(
        name, documents, {key: asked[key] for key in asked if key in relevant}, relevant
    )


def _read(path: Path) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = []
    field = ""
    for line in path.read_text("utf-8", errors="replace").splitlines():
        if line.startswith(".I"):
            entries.append({"I": str(int(line.split()[1]))})
            field = ""
        elif match := _FIELD.match(line):
            field = match[1]
        elif field:
            entries[-1][field] = entries[-1].get(field, "") + " " + line
    return entries


def _rows(path: Path) -> list[list[str]]:
    return [line.split()[:3] for line in path.read_text("utf-8").splitlines() if line.strip()]


def _text(entry: Mapping[str, str], field: str) -> str:
    return " ".join(entry.get(field, "").split())
