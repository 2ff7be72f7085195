"""Words whose letters were swapped or spaced out, read by the encoder's own vocabulary.

``Klil`` is read as ``kill``: one swap of neighbours makes a known word of it.  Letters that were
written one by one, ``k i l l y o u r s e l f``, are split into the likeliest words.  A name that
happens to be near a word gets one more reading, never a changed text.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD: Final = re.compile(r"[a-zA-Z]{4,}")
_RUN_TOGETHER: Final = 8
"""Letters from which on an unknown word may be several."""
_LONGEST: Final = 16
_SHORT_WORDS: Final = frozenset(("a", "i"))


def unswapped(text: str) -> str:
    """Return the text with each unknown word put right where one swap makes it a known one."""
    known = vocabulary()
    return _WORD.sub(lambda m: _unswap(m[0], known), text) if known else text


def _unswap(word: str, known: Mapping[str, float]) -> str:
    low = word.lower()
    if low in known or low.removesuffix("s") in known:
        return word
    swaps = (
        low[:i] + low[i + 1] + low[i] + low[i + 2 :]
        for i in range(len(low) - 1)
        if low[i] != low[i + 1]
    )
    found = [swap for swap in swaps if swap in known]
    return min(found, key=lambda swap: (known[swap], swap)) if found else word


def split(letters: str) -> str:
    """Return the likeliest words that make up letters which were written one by one."""
    known = vocabulary()
    low = letters.lower()
    return letters if low in known or len(low) < _RUN_TOGETHER else _split(low, known) or letters


def _split(word: str, known: Mapping[str, float]) -> str:
    """Return the likeliest way to read a word as several known ones; empty where there is none."""
    best: list[tuple[float, str]] = [(0.0, "")]
    for end in range(1, len(word) + 1):
        ways = [
            (best[start][0] + known[word[start:end]], f"{best[start][1]} {word[start:end]}")
            for start in range(max(0, end - _LONGEST), end)
            if word[start:end] in known and best[start][0] < math.inf
        ]
        best.append(min(ways, default=(math.inf, "")))
    return best[-1][1].strip()


@cache
def vocabulary() -> Mapping[str, float]:
    """Return the cost of each whole word of the encoder, rarer ones dearer; empty without it.

    The file lists words from common to rare, so the cost is the logarithm of the rank (Zipf).
    """
    from personalization.providers.encoders import model_folder  # noqa: PLC0415

    try:
        lines = (model_folder() / "vocab.txt").read_text("utf-8").splitlines()
    except (OSError, ProviderError):
        return {}
    words = [w for w in lines if w.isascii() and w.isalpha() and (len(w) > 1 or w in _SHORT_WORDS)]
    return {word: math.log((rank + 2) * math.log(len(words))) for rank, word in enumerate(words)}
