"""Titles in Japanese, Chinese and Korean, whose words are not parted: the longest sign wins."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from personalization.domain import SENIORITIES
from personalization.outreach.title_words import title_vocabulary

_FORMER: Final = re.compile(r"(^|[\s|/、・(（])(元|前|전\s)")
_STANDINGS: Final = ("student", "retired", "seeking")
_PARTS: Final = re.compile(r"[|/、,，;；\n]")
_LATIN: Final = {"ceo": "general", "coo": "operations", "cfo": "finance", "cto": "technical",
                 "cmo": "marketing", "cio": "technical", "chro": "people",
                 "cro": "sales"}  # fmt: skip
_BELOW: Final = re.compile("代理$|補佐$")


def read_signs(title: str) -> tuple[str, str, str, str] | None:
    """Read level, department, rule and standing; None where no sign is known."""
    title = simplified(title)
    parts = [part for part in _PARTS.split(title) if part.strip()]
    current = [part for part in parts if not _FORMER.search(part.strip())]
    if parts and not current:
        return "", "", "former: 元", "former"
    found = _found("".join(f" {part} " for part in current))
    for sign, kind, _ in found:
        if kind in _STANDINGS:
            return "", "", f"{kind}: {sign}", kind
    levels = [(kind, function) for _, kind, function in found if kind != "function"]
    functions = [function for _, kind, function in found if kind == "function"]
    if not levels and not functions:
        return None
    rule = "signs: " + ", ".join(sign for sign, _, _ in found)
    if not levels:
        return "", functions[0], rule, "current"
    last = levels[-1]
    level, own = min(levels, key=lambda pair: SENIORITIES.index(pair[0]))
    if last[0] == "assistant":
        is_theirs = len(levels) > 1 or not functions
        return "assistant", "operations" if is_theirs else functions[0], rule, "current"
    if level == "director" and _BELOW.search(title.strip()):
        level = "manager"
    own = next((f for lv, f in levels if lv == level and f not in {"", "any", "general"}), own)
    function = own if own not in {"", "any", "general"} else (functions[0] if functions else "")
    if level == "c_level":
        function = own if own not in {"", "any"} else "general"
        if function == "general" and functions and "取締役" in rule and "代表" not in rule:
            function = functions[0]
    return level, function, rule, "current"


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
        (simplified(sign.strip()), kind, function)
        for kind, by_function in title_vocabulary()["cjk"].items()
        for function, signs in by_function.items()
        for sign in signs
    ]
    letters = [(letters, "c_level", function) for letters, function in _LATIN.items()]
    return tuple(sorted([*listed, *letters], key=lambda row: (-len(row[0]), row[0])))


def _found(text: str) -> list[tuple[str, str, str]]:
    """Find the signs of a text in their order; each letter belongs to one."""
    taken = [False] * len(text)
    hits: list[tuple[int, tuple[str, str, str]]] = []
    lowered = text.lower()
    for row in _signs():
        start = lowered.find(row[0].lower())
        while start >= 0:
            span = range(start, start + len(row[0]))
            if not any(taken[i] for i in span):
                for i in span:
                    taken[i] = True
                hits.append((start, row))
            start = lowered.find(row[0].lower(), start + 1)
    return [row for _, row in sorted(hits)]
