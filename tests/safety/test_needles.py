from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from personalization.safety.needles import matches, needles_of
from tests.safety.scripted import POLICY

CASES = Path(__file__).parents[1] / "data" / "policy_lookalikes.json"


def test_every_match_of_the_shipped_patterns_holds_a_word_that_they_need() -> None:
    """A pattern that is ruled out wrongly would let something through, and nobody would see it."""
    cases = json.loads(CASES.read_text("utf-8"))["cases"]
    text = "\n".join(case["body"] for case in cases if case["expect"] == "flag")
    patterns = [
        p for r in POLICY.rules.values() for p in (*r.patterns, *(p for p, _ in r.weighted))
    ]

    found = [(p, m[0]) for p in patterns for m in p.finditer(text) if m[0]]

    assert len(found) > 200
    for pattern, words in found:
        assert any(needle in words.casefold() for needle in needles_of(pattern)), pattern.pattern


@pytest.mark.parametrize(
    ("pattern", "needles"),
    [
        pytest.param(r"act\s+now", {"act"}, id="the longer word of a phrase"),
        pytest.param(r"(?:ends?|closes?)\s+soon", {"soon"}, id="one word rather than two"),
        pytest.param(r"(?:gone|over) \d", {"gone", "over"}, id="all of an alternative"),
        pytest.param(r"(?:gone)? ?\d+", {""}, id="what may be left out is not needed"),
        pytest.param(r"(?:gone|\d) \d", {" "}, id="an alternative without a word"),
        pytest.param(r"(?:very )+GOOD", {"very "}, id="what is repeated at least once"),
        pytest.param(r"(?!not)\d", {""}, id="what must not follow"),
    ],
)
def test_the_words_that_a_pattern_needs(pattern: str, needles: set[str]) -> None:
    assert set(needles_of(re.compile(pattern, re.IGNORECASE))) == needles


def test_capitals_and_long_s_are_not_ruled_out() -> None:
    pattern = re.compile("straße|sale", re.IGNORECASE)

    found = [m[0] for m in matches((pattern,), "SALE in der Straße, \u017fale")]

    assert found == ["SALE", "Straße", "\u017fale"]


def test_every_letter_that_a_pattern_takes_for_another_is_found_by_its_words() -> None:
    """``matches`` finds what ``finditer`` finds, for every pair of letters that differ in case."""
    signs = [chr(n) for n in range(0x10000) if chr(n).isalpha() and chr(n).swapcase() != chr(n)]
    pairs = {(a, b) for c in signs for a, b in ((c, c.lower()), (c, c.upper())) if len(a + b) == 2}
    pairs |= {("i", "ı"), ("i", "İ"), ("I", "ı"), ("I", "İ"), ("s", "ſ"), ("k", "\u212a")}

    missed = [
        (inside, text)
        for a, b in pairs
        for inside, text in ((a, b), (b, a))
        if (pattern := re.compile(inside, re.IGNORECASE)).search(text)
        and not list(matches((pattern,), text))
    ]

    assert missed == []


@pytest.mark.parametrize("text", ["rısk free", "RİSK FREE", "RISK FREE"])
def test_an_i_with_or_without_its_dot_is_an_i(text: str) -> None:
    assert list(matches((re.compile("risk free", re.IGNORECASE),), text))
