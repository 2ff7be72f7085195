from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.recommendation.policy import read_policy
from personalization.recommendation.policy_text import (
    policy_changes,
    policy_text,
    policy_values,
)

NAMES = st.lists(st.text(max_size=8), max_size=3).map(tuple)


def changed(**values: object) -> str:
    """Return the TOML of the default with some values of ``[products]`` changed."""
    own = {("products", key): value for key, value in values.items()}
    return policy_text(policy_values(read_policy()) | own)


def test_a_policy_that_is_as_it_ships_says_nothing() -> None:
    assert changed() == ""
    assert changed(least_stock=1, margin_floor=0) == ""


def test_only_what_differs_is_written() -> None:
    text = changed(margin_floor=0.25, never=("21166", 'the "big" one'))

    assert text == '[products]\nmargin_floor = 0.25\nnever = ["21166", "the \\"big\\" one"]\n'


def test_a_gate_of_the_teams_own_is_read_again_as_it_was_written() -> None:
    text = policy_text({("gates", "club members", "only_in"): ("GB", "IE")})

    assert read_policy(text).gates["club members"].only_in == ("GB", "IE")
    assert policy_text(policy_values(read_policy(text))) == text


@given(never=NAMES, only=NAMES, stock=st.integers(0, 99), floor=st.integers(0, 100))
@example(never=("\x7f\n",), only=('"',), stock=0, floor=29)
def test_what_a_form_writes_is_what_the_policy_then_says(
    never: tuple[str, ...], only: tuple[str, ...], stock: int, floor: int
) -> None:
    text = changed(never=never, only_categories=only, least_stock=stock, margin_floor=floor / 100)

    found = read_policy(text).products
    assert (found.never, found.only_categories) == (never, only)
    assert (found.least_stock, found.margin_floor) == (stock, floor / 100)


def test_a_value_out_of_range_is_refused_before_it_is_text() -> None:
    with pytest.raises(InputError, match="margin_floor"):
        changed(margin_floor=1.5)


def test_changes_are_listed_by_their_place_with_both_values() -> None:
    found = policy_changes(changed(least_stock=3), changed(active_only=False, least_stock=5))

    assert [(each.place, each.was, each.now) for each in found] == [
        (("products", "active_only"), "true", "false"),
        (("products", "least_stock"), "3", "5"),
    ]
    assert policy_changes("", "# only a comment\n") == []
