"""Titles in Japanese, Chinese and Korean, whose words are not parted: the longest sign wins."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from personalization.domain import SENIORITIES
from personalization.outreach.title_words import title_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMER: Final = re.compile(r"(^|[\s|/、・(（])(元|前|전\s)")
_STANDINGS: Final = ("student", "retired", "seeking")
_PARTS: Final = re.compile(r"[|/、,，;；\n]")
_LATIN: Final = {"ceo": "general", "coo": "operations", "cfo": "finance", "cto": "technical",
                 "cmo": "marketing", "cio": "technical", "chro": "people",
                 "cro": "sales"}  # fmt: skip
_CHIEF: Final = re.compile("首席.{1,6}官|最高.{1,8}责任者|최고.{1,6}책임자")
_WORKER: Final = re.compile("[员师工]\\s*$")  # who does a work: one sign at the end
_BELOW: Final = re.compile(r"(?:代理|補佐)\s*$")


def read_signs(title: str) -> tuple[str, str, str, str] | None:
    """Read level, department, rule and standing; None where no sign is known."""
    parts = [part for part in _PARTS.split(unicodedata.normalize("NFKC", title)) if part.strip()]
    current = [part for part in parts if not _FORMER.search(part.strip())]
    if parts and not current:
        return "", "", "former: 元", "former"
    found = _found("".join(f" {part} " for part in current))
    for sign, kind, _ in found:
        if kind in _STANDINGS:
            return "", "", f"{kind}: {sign}", kind
    functions = [function for _, kind, function in found if kind == "function"]
    levels = _levels(found, functions, current)
    if not levels and not functions:
        return None
    rule = "signs: " + ", ".join(sign for sign, _, _ in found)
    if not levels:
        return "", functions[0], rule, "current"
    level, function = _level_and_function(levels, functions, is_below=bool(_BELOW.search(title)))
    is_member = "取締役" in rule and "代表" not in rule
    if level == "c_level" and function == "general" and functions and is_member:
        function = functions[0]
    return level, function, rule, "current"


def _levels(
    found: Sequence[tuple[str, str, str]], functions: Sequence[str], parts: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the levels that are named, in order, each with the department it brings along."""
    levels = [(kind, function) for _, kind, function in found if kind != "function"]
    written = [simplified(part) for part in parts]
    if any(map(_CHIEF.search, written)):
        levels.append(("c_level", functions[0] if functions else "general"))
    if not levels and any(map(_WORKER.search, written)):
        levels.append(("ic", ""))
    return levels


def _level_and_function(
    levels: Sequence[tuple[str, str]], functions: Sequence[str], *, is_below: bool
) -> tuple[str, str]:
    """Choose the highest level, unless the last word is an assistant's or a deputy's."""
    if levels[-1][0] == "assistant":
        is_theirs = len(levels) > 1 or not functions
        return "assistant", "operations" if is_theirs else functions[0]
    level, own = min(levels, key=lambda pair: SENIORITIES.index(pair[0]))
    unsaid = {"", "any", "general"} if level != "c_level" else {"", "any"}
    own = next((f for lv, f in levels if lv == level and f not in {"", "any", "general"}), own)
    if level == "director" and is_below:
        level = "manager"
    if own not in unsaid:
        return level, own
    return level, "general" if level == "c_level" else (functions[0] if functions else "")


def simplified(text: str) -> str:
    """Write a text in full-width kana and simplified signs.

    Example:
        >>> simplified("市場部經理") == simplified("市场部经理")
        True
    """
    return unicodedata.normalize("NFKC", text).translate(_simple())


@cache
def _simple() -> dict[int, str]:
    pairs = title_vocabulary()["written_as"]["simplified"].split()
    return str.maketrans({written: meant for meant, written in pairs})


@cache
def _signs() -> tuple[tuple[str, str, str], ...]:
    """List (sign, kind, function), longest first."""
    listed = [
        (simplified(sign.strip()).lower(), kind, function)
        for kind, by_function in title_vocabulary()["cjk"].items()
        for function, signs in by_function.items()
        for sign in signs
    ]
    letters = [(letters, "c_level", function) for letters, function in _LATIN.items()]
    return tuple(sorted([*listed, *letters], key=lambda row: (-len(row[0]), row[0])))


def _found(text: str) -> list[tuple[str, str, str]]:
    """Find the signs of a text in their order, as it writes them; each letter belongs to one."""
    taken = [False] * len(text)
    hits: list[tuple[int, tuple[str, str, str]]] = []
    lowered = _lowered(simplified(text))
    for sign, kind, function in _signs():
        start = lowered.find(sign)
        while start >= 0:
            span = range(start, start + len(sign))
            if not any(taken[i] for i in span) and _is_whole(lowered, span):
                for i in span:
                    taken[i] = True
                hits.append((start, (text[start : span.stop], kind, function)))
            start = lowered.find(sign, start + 1)
    return [row for _, row in sorted(hits)]


def _lowered(text: str) -> str:
    """Write small letters, each in the place of its capital."""
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _is_whole(text: str, span: range) -> bool:
    """Tell whether Latin letters are a word of their own: "IT" is no part of "Digital"."""
    around = (text[span.start - 1 : span.start], text[span.stop : span.stop + 1])
    inside = (text[span.start], text[span.stop - 1])
    return not any(
        near.isascii() and near.isalnum() and letter.isascii()
        for near, letter in zip(around, inside, strict=True)
    )
