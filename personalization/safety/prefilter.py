"""Which values of customers can break a rule at all: those with a sign or a word that one needs.

Every match of a pattern holds certain words: of "ignore ... instructions" one of either list.  They
are read out of the patterns themselves, an officer's own ones too, so that values without them
and without unusual signs never leave the engine, and nothing is missed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.safety.needles import needed_by

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN: Final = (
    r"[A-Za-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{12F}\x{139}-\x{148}\x{14A}-\x{17E} '\x{2019}.,-]*"
)
"""Signs that hide nothing: Latin letters with accents and what stands between names (RE2)."""

DISGUISED: Final = (
    r"(^|[^\pL])\pL([ .,-]+\pL){3,}([^\pL]|$)"  # letters one by one
    r"|[A-Za-z.,-]{16,}"  # a word so long may be encoded
)
"""What a text of plain signs has to have to hide others (RE2)."""


def words_needed(patterns: Iterable[re.Pattern[str]]) -> str:
    r"""Return an expression (RE2, lower case) that finds something in all that a pattern matches.

    It is empty, and finds something in every text, where a pattern needs no certain word.

    Example:
        >>> words_needed([re.compile(r"(?:ignore|forget) \w+ (?:rules?|it)")])
        'forget|ignore'
    """
    words: set[str] = set()
    for pattern in patterns:
        needed = needed_by(pattern, str.lower)
        if not needed:
            return ""
        words |= needed
    return "|".join(re.escape(word) for word in sorted(words)) or r"[^\x00-\x{10FFFF}]"
