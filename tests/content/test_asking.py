from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from personalization.content import edit_query, find_for_campaign, query_of
from personalization.errors import InputError, StateError
from tests.content.test_campaigns import campaign, listed

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Store


def test_a_segment_asks_by_its_figures_until_somebody_says_it_otherwise(shop: Store) -> None:
    proposed = query_of(campaign(shop), "c", "New")

    edit_query(shop, "c", "New", "  alarm clocks\nfor the bedroom ", actor="mia")

    kept = query_of(shop, "c", "New")
    assert "bags & storage" in proposed.query == proposed.proposed
    assert (kept.query, kept.edited_by) == ("alarm clocks for the bedroom", "mia")
    assert kept.proposed == proposed.query
    assert query_of(shop, "c", "Champions").edited_by is None


def test_what_a_segment_asks_decides_what_is_found_and_outlives_a_search(
    shop: Store, settings: Settings
) -> None:
    find_for_campaign(campaign(shop), settings, "c", encoder=None)
    assert "benefit-alarm-clocks" not in listed(shop, "New")

    edit_query(shop, "c", "New", "alarm clocks for the bedroom", actor="mia")
    find_for_campaign(shop, settings, "c", encoder=None)
    find_for_campaign(shop, settings, "c", encoder=None)

    assert "benefit-alarm-clocks" in listed(shop, "New")


@pytest.mark.parametrize("words", ["", "   "])
def test_nothing_asks_what_is_proposed_again(shop: Store, words: str) -> None:
    proposed = query_of(campaign(shop), "c", "New")
    edit_query(shop, "c", "New", "clocks", actor="mia")

    edit_query(shop, "c", "New", words, actor="mia")

    assert query_of(shop, "c", "New") == proposed


def test_the_proposed_words_are_nobodys_own(shop: Store) -> None:
    proposed = query_of(campaign(shop), "c", "New").query
    edit_query(shop, "c", "New", "clocks", actor="mia")

    edit_query(shop, "c", "New", proposed, actor="mia")

    assert query_of(shop, "c", "New").edited_by is None


def test_the_trail_tells_who_changed_a_query_and_not_what_it_says(shop: Store) -> None:
    campaign(shop)
    edit_query(shop, "c", "New", "clocks for Mrs Jones", actor="mia")
    edit_query(shop, "c", "New", "clocks for Mrs Jones", actor="mia")
    edit_query(shop, "c", "New", "", actor="zoe")

    rows = shop.read(
        "SELECT kind, actor, payload FROM audit_log WHERE kind LIKE 'query.%' ORDER BY seq"
    )
    assert [(kind, actor) for kind, actor, _ in rows] == [
        ("query.edited", "mia"), ("query.freed", "zoe"),
    ]  # fmt: skip
    assert json.loads(rows[0][2])["signs"] == 20
    assert not any("Jones" in payload for *_, payload in rows)


def test_an_unknown_segment_or_campaign_and_an_endless_query_are_named(shop: Store) -> None:
    campaign(shop)

    with pytest.raises(InputError, match=r"'Gone'\. It has: Champions, New, Hibernating"):
        edit_query(shop, "c", "Gone", "clocks", actor="mia")
    with pytest.raises(StateError, match="no campaign 'gone'"):
        query_of(shop, "gone", "New")
    with pytest.raises(InputError, match="601 signs and may have 600"):
        edit_query(shop, "c", "New", "x" * 601, actor="mia")
