"""Product names: a product that a message names has to be one that a cited source speaks of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from personalization.safety.bearing import Verdict, missing, passed
from personalization.safety.reading import folded, words_of

if TYPE_CHECKING:
    from personalization.safety.cited import Cited


def product(name: str, cited: Cited) -> Verdict:
    """Judge a product's name, as ``Cited.product_names`` has it: stems with one space between."""
    wanted = f" {name} "
    for wording in cited.in_force:
        if wanted in _stemmed(wording.text):
            return passed(wording, _span_of(name, wording.text))
    for document in cited.documents:
        named = document.product_record
        if not document.fault and wanted in _stemmed(named.text):
            return passed(named, _span_of(name, named.text))
    faulty = (w for w in cited.wordings if cited.fault_of(w) and wanted in _stemmed(w.text))
    return missing(cited, next(faulty, None))


@lru_cache(maxsize=4096)
def _stemmed(text: str) -> str:
    return re.sub(r"(?<=\w)s(?= )", "", words_of(text))


def _span_of(name: str, text: str) -> tuple[int, int]:
    found = name_pattern(name).search(folded(text))
    return found.span() if found else (0, len(text))


@lru_cache(maxsize=4096)
def name_pattern(name: str) -> re.Pattern[str]:
    """Return what finds a product's name in a text, in the singular and in the plural."""
    words = r"[\W_]+".join(f"{re.escape(word)}s?" for word in name.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
