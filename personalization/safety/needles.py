"""Words without which a pattern cannot match: most patterns are ruled out before they run.

A policy has some hundred patterns and a message none of most of them.  To look for a few words
in a text takes a hundredth of the time that a regular expression takes to find nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MOST: Final = 40  # words from which on looking for each of them is no gain
_KNOWN_MOST: Final = 20_000
_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
# By the identity of the pattern, kept beside it: to hash one takes longer than to look it up.
_known: dict[int, tuple[re.Pattern[str], tuple[str, ...]]] = {}


def matches(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """Yield every match of every pattern, one pattern after the other, as ``finditer`` does."""
    plain = _plain(text)
    for pattern in patterns:
        known = _known.get(id(pattern))
        needles = known[1] if known else needles_of(pattern)
        for needle in needles:
            if needle in plain:
                yield from pattern.finditer(text)
                break


@lru_cache(maxsize=64)
def _plain(text: str) -> str:
    """Fold as a pattern does that minds no case: an i with or without its dot is an i."""
    return text.translate(_DOTS).casefold()


_DOTS: Final = str.maketrans("\u0130\u0131", "ii")


def needles_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return words of which every match holds one, in small letters; an empty one is in any text.

    Example:
        >>> sorted(needles_of(re.compile(r"(?:doubles?|triples?) your (?:money|income)")))
        [' your ']
    """
    known = _known.get(id(pattern))
    if known is None:
        if len(_known) >= _KNOWN_MOST:
            _known.clear()
        words = needed_by(pattern, _plain, most=_MOST)
        known = pattern, tuple(words or ("",))
        _known[id(pattern)] = known
    return known[1]


def needed_by(
    pattern: re.Pattern[str], folded: Callable[[str], str], *, most: int | None = None
) -> frozenset[str] | None:
    """Return words of which every match of a pattern holds one; None where it needs no word.

    Args:
        pattern: Read as it stands, its flags included.
        folded: Makes a word small in the way in which the text is made small.
        most: Alternatives of more words than this need none.
    """
    return _in_sequence(parser.parse(pattern.pattern, pattern.flags), folded, most)


def _in_sequence(
    nodes: Any,  # noqa: ANN401
    folded: Callable[[str], str],
    most: int | None,
) -> frozenset[str] | None:
    """Return the best of what the parts of a sequence need, each of which has to match."""
    found: list[frozenset[str]] = []
    run = ""
    for code, value in [*nodes, (None, None)]:
        if code is codes.LITERAL:
            run += chr(value)
            continue
        if run:
            found.append(frozenset((folded(run),)))
            run = ""
        if code is not None and (words := _in_node(code, value, folded, most)):
            found.append(words)
    return max(found, key=_worth, default=None)


def _in_node(
    code: Any,  # noqa: ANN401
    value: Any,  # noqa: ANN401
    folded: Callable[[str], str],
    most: int | None,
) -> frozenset[str] | None:
    if code is codes.SUBPATTERN:
        return _in_sequence(value[-1], folded, most)
    if code is codes.ATOMIC_GROUP:
        return _in_sequence(value, folded, most)
    if code in _REPEATS and value[0] > 0:
        return _in_sequence(value[-1], folded, most)
    if code is codes.BRANCH:
        parts = [_in_sequence(part, folded, most) for part in value[1]]
        whole = frozenset(word for part in parts if part for word in part)
        return whole if all(parts) and (most is None or len(whole) <= most) else None
    return None


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Rank sets of words: the shortest word is long, and there are few of them."""
    return min(map(len, words)), -len(words)
