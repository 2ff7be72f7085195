"""Changing one value of a policy's text."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.safety.amending import with_rule, with_threshold, with_value, written

OURS = """# Agreed with legal in May.
[thresholds.hate]   # stricter than the default
block_above = 2     # they insisted

[rules."urgency.pressure"]
patterns_add = [
    'last orders',  # the bar
]
action = "block"
"""


def test_one_value_changes_and_every_remark_stays() -> None:
    changed = with_threshold(OURS, "hate", block_above=3, review_from=2)

    assert tomllib.loads(changed)["thresholds"]["hate"] == {"block_above": 3, "review_from": 2}
    assert "# Agreed with legal in May." in changed
    assert "'last orders',  # the bar" in changed


def test_a_list_over_several_lines_is_replaced_as_a_whole() -> None:
    changed = with_rule(OURS, "urgency.pressure", patterns_add=["going, gone"])

    assert tomllib.loads(changed)["rules"]["urgency.pressure"] == {
        "patterns_add": ["going, gone"],
        "action": "block",
    }
    assert changed.startswith("# Agreed with legal in May.")


def test_what_is_as_it_ships_is_not_said() -> None:
    changed = with_rule(OURS, "urgency.pressure", action="review", patterns_add=[])
    changed = with_threshold(changed, "hate", block_above=4, review_from=4)

    assert tomllib.loads(changed) == {}


def test_a_pattern_with_backslashes_and_quotes_is_written_as_it_is_read() -> None:
    odd = ["\\d+ left", "don't \\w+", 'say "yes"', "a\tb"]

    changed = with_rule("", "urgency.pressure", patterns_add=odd)

    assert tomllib.loads(changed)["rules"]["urgency.pressure"]["patterns_add"] == odd


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(TEXTS, st.integers(-5, 5), st.booleans(), st.lists(TEXTS, max_size=3))
PATHS = st.lists(st.one_of(st.sampled_from(["rules", "a.b", "x"]), TEXTS), min_size=2, max_size=3)


@given(st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, min_size=1), max_size=3))
@settings(max_examples=40)
def test_what_is_written_reads_as_it_was(policy: dict[str, Any]) -> None:
    assert tomllib.loads(written(policy)) == policy


@given(PATHS, VALUES)
@settings(max_examples=40)
def test_a_value_set_in_any_place_is_read_from_there(path: list[str], value: Any) -> None:  # noqa: ANN401
    found: Any = tomllib.loads(with_value(OURS, tuple(path), value))

    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    assert found == value or (value == [] and found is None)
