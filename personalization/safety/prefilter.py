"""Which values of customers can break a rule at all: those with a sign or a word that one needs.

Every match of a pattern holds certain words: of "ignore ... instructions" one of either list.  They
are read out of the patterns themselves, an officer's own ones too, so that values without them
and without unusual signs never leave the engine, and nothing is missed.
"""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    Words = frozenset[str] | None

PLAIN: Final = (
    r"[A-Za-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{12F}\x{139}-\x{148}\x{14A}-\x{17E} '\x{2019}.,-]*"
)
"""Signs that hide nothing: Latin letters with accents and what stands between names (RE2)."""

DISGUISED: Final = (
    r"(^|[^\pL])\pL([ .,-]+\pL){3,}([^\pL]|$)"  # letters one by one
    r"|[A-Za-z.,-]{16,}"  # a word so long may be encoded
)
"""What a text of plain signs has to have to hide others (RE2)."""

_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def words_needed(patterns: Iterable[re.Pattern[str]]) -> str:
    r"""Return an expression (RE2, lower case) that finds something in all that a pattern matches.

    It is empty, and finds something in every text, where a pattern needs no certain word.

    Example:
        >>> words_needed([re.compile(r"(?:ignore|forget) \w+ (?:rules?|it)")])
        'forget|ignore'
    """
    words: set[str] = set()
    for pattern in patterns:
        needed = _needed(parser.parse(pattern.pattern, pattern.flags))
        if not needed:
            return ""
        words |= needed
    return "|".join(re.escape(word) for word in sorted(words)) or r"[^\x00-\x{10FFFF}]"


def _needed(parts: Iterable[tuple[Any, Any]]) -> Words:
    """Return words of which each match has at least one, the set with the longest; None without."""
    found: list[frozenset[str]] = []
    run = ""
    for code, value in parts:
        if code is codes.LITERAL:
            run += chr(value).lower()
            continue
        found += [frozenset((run,))] if run else []
        run = ""
        found += [inner] if (inner := _needed_inside(code, value)) else []
    found += [frozenset((run,))] if run else []
    return max(found, key=lambda words: min(map(len, words)), default=None)


def _needed_inside(code: Any, value: Any) -> Words:  # noqa: ANN401
    if code is codes.SUBPATTERN:
        return _needed(value[-1])
    if code is codes.ATOMIC_GROUP:
        return _needed(value)
    if code in _REPEATS:
        return _needed(value[-1]) if value[0] else None
    if code is codes.BRANCH:
        sets = [_needed(branch) for branch in value[1]]
        return frozenset().union(*(s for s in sets if s)) if all(sets) else None
    return None
