"""Patterns that a team adds: tried before they run, so that none can hold up a screening."""

from __future__ import annotations

import pytest

from personalization.errors import InputError
from personalization.safety.patterns import read_pattern, refuse_unsafe, slow_texts
from personalization.safety.policy import read_policy


def tried(pattern: str, place: str = "[rules.'x'] patterns") -> None:
    refuse_unsafe({read_pattern(place, pattern, {}): (place, pattern)})


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("last (?:orders|chance)", id="alternatives"),
        pytest.param(r"only \d{1,3} left", id="a few digits"),
        pytest.param(r"free (?:[\w'-]+ ){0,4}gift", id="some words between"),
        pytest.param(r"[a-z]+@[a-z]+\.example", id="two repeats that a sign divides"),
    ],
)
def test_a_pattern_as_officers_write_them_is_taken(pattern: str) -> None:
    tried(pattern)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        pytest.param("(a+)+b", "repeats something that repeats", id="a repeat of a repeat"),
        pytest.param(r"(\w+ ?)*!", "repeats something that repeats", id="words and maybe a space"),
        pytest.param("a*", "can match no sign", id="perhaps nothing"),
        pytest.param("(?=sale)", "can match no sign", id="a look-ahead alone"),
    ],
)
def test_a_pattern_that_could_hold_up_screening_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        tried(pattern)


# Exponential, though no repeat stands inside another: ab can be read in two ways.
def test_a_slow_pattern_never_becomes_part_of_a_policy_and_is_named_among_others() -> None:
    added = "['see you', '(?:a|ab|b)*c', 'last orders']"
    with pytest.raises(InputError, match=r"'urgency.pressure'.*b\)\*c' takes too long"):
        read_policy(f"[rules.'urgency.pressure']\npatterns_add = {added}")


def test_a_list_that_makes_a_shipped_pattern_slow_is_refused() -> None:
    with pytest.raises(InputError, match="repeats something that repeats"):
        read_policy("[lists]\ncondition_add = ['(?:x+)+']")


@pytest.mark.parametrize("pattern", [r"ab\d+c", "(?:one|two)+!", "[^x]{2,}x"])
def test_each_repeat_is_pumped_and_then_stopped(pattern: str) -> None:
    compiled = read_pattern("x", pattern, {})

    texts = list(slow_texts(compiled))

    assert texts
    assert all(len(text) > 1_000 and text.endswith("\0") for text in texts)
