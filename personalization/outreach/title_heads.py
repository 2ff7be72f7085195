"""Of a segment's words: which one says the level, and which departments they name."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from personalization.outreach.title_words import Word, title_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence


def with_ranks(words: Sequence[Word]) -> Sequence[Word]:
    """Read the ranks that only their place tells: deputies, and a chief behind a department."""
    if len(words) > 1 and words[-1].kind == "chief_word" and is_department(words[-2]):
        words = [*words[:-1], Word(words[-1].text, "level", "manager")]  # copy chief
    return _with_deputy(words)


def _with_deputy(words: Sequence[Word]) -> Sequence[Word]:
    """Read who is a deputy *to* somebody one level below: adjoint au directeur commercial."""
    deputies = set(title_vocabulary()["words"]["deputy_to"])
    at = next((i for i, w in enumerate(words) if w.text in deputies), len(words))
    if at + 1 >= len(words) or words[at + 1].kind != "about":
        return words
    if not any(w.level in {"c_level", "director"} for w in words[at + 1 :]):
        return words
    return [*words[:at], Word(words[at].text, "level", "manager"), *words[at + 1 :]]


def is_department(word: Word) -> bool:
    """Tell whether a word names a department and nothing else."""
    return word.kind in {"function", "weak"}


def head_of(words: Sequence[Word]) -> Word | None:
    """Return the word that says the level: an assistant or chief first, else the last one."""
    independent = set(title_vocabulary()["words"]["independent"])
    every = [w for w in words if w.level]
    leveled = [w for w in every if w.text not in independent] or every
    first = next((w for w in leveled if w.kind in {"assistant", "chief_word"}), None)
    if first is not None or len(leveled) < 2:  # noqa: PLR2004
        return first or next(iter(leveled), None)
    last = leveled[-1]
    is_prefixed = leveled[0].kind == "prefix_assistant"
    if is_prefixed and (last.kind in {"top", "chief"} or " de " in last.text):
        return leveled[0]
    if leveled[0].kind == "responsible" and last.level == "ic":
        return leveled[0]  # responsable comptable: an adjective
    if "\u0621" <= leveled[0].text[0] <= "\u064a":
        return leveled[0]  # Arabic names the head first, with no "of" behind it
    others = [w for w in leveled[:-1] if w.kind != "prefix_assistant"]
    return others[-1] if others and last.text == "principal" else last


def functions_of(words: Sequence[Word]) -> tuple[str, ...]:
    """Name the departments of some words: occupations first, then strong, then weak ones."""
    anywhere = set(title_vocabulary()["words"]["anywhere"])
    kinds = [("weak" if w.text in anywhere else w.kind, w.function) for w in words]
    by_kind = [
        [function for found, function in kinds if found == kind and function not in {"", "general"}]
        for kind in ("occupation", "function", "weak")
    ]
    if len(words) > 1 and len(by_kind[1]) > 1 and by_kind[1][-1] != "technical":
        by_kind[1] = _described_last(words, by_kind[1])
    general = [w.function for w in words if w.kind == "weak" and w.function == "general"]
    return tuple(dict.fromkeys([*by_kind[0], *by_kind[1], *by_kind[2], *general]))


def _described_last(words: Sequence[Word], functions: list[str]) -> list[str]:
    """Put the department of two neighbours first that the other one describes: IT procurement."""
    places = [i for i, w in enumerate(words) if w.kind == "function"]
    are_neighbours = all(b - a == 1 for a, b in pairwise(places))
    return [functions[-1], *functions[:-1]] if are_neighbours else functions
