"""Which known word somebody meant who misspelt it: one letter wrong, or two in a long word.

References:
    Garbe (2012), SymSpell: symmetric deletes instead of trying every edit.
    Damerau (1964): a swap of neighbours is one edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TWICE: Final = 11
"""Letters from which on a word may have two misspelt."""

_ONCE: Final = 6  # of shorter words, one letter makes another word


def misspellings_of(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return words by every form that lacks one of their letters, or two if they are long.

    Example:
        >>> misspellings_of(["manager"])["manger"]
        ('manager',)
    """
    found: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= _ONCE and word.isascii():
            for form in _forms(word):
                found.setdefault(form, []).append(word)
    return {form: tuple(spelt) for form, spelt in found.items()}


def nearest(token: str, misspellings: Mapping[str, tuple[str, ...]]) -> str | None:
    """Find the known word that is nearest; None where none is near enough.

    Args:
        token: What was written, folded.
        misspellings: Of ``misspellings_of``.

    Example:
        >>> nearest("mangaer", misspellings_of(["manager"]))
        'manager'
    """
    if len(token) < _ONCE or not token.isascii():
        return None
    near = {word for form in _forms(token) for word in misspellings.get(form, ())}
    ranked = sorted((distance(token, word), word) for word in near if word[0] == token[0])
    allowed = 2 if len(token) >= TWICE else 1
    return ranked[0][1] if ranked and ranked[0][0] <= allowed else None


def _forms(word: str) -> set[str]:
    once = _deletions(word)
    if len(word) < TWICE:
        return {word} | once
    return {word} | once | {twice for form in once for twice in _deletions(form)}


def _deletions(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def distance(one: str, other: str) -> int:
    """Count the edits between two words, a swap of neighbours being one.

    Example:
        >>> distance("mangaer", "manager"), distance("manger", "manager")
        (1, 1)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        last, before_last, row = row, before, [i + 1]
        for j, b in enumerate(other):
            row.append(min(last[j + 1] + 1, row[j] + 1, last[j] + (a != b)))
            if i and j and a == other[j - 1] and one[i - 1] == b:
                row[-1] = min(row[-1], before_last[j - 1] + 1)
        before = last
    return row[-1]
