from __future__ import annotations

from typing import TYPE_CHECKING

from personalization import campaign
from personalization.campaign.outreach import choose_messages
from personalization.reports import outreach as reports
from personalization.settings import Settings
from tests.outreach.people import CAMPAIGN, add_prospect, open_base

if TYPE_CHECKING:
    from personalization.store import Store


def test_a_plan_says_where_nobody_may_be_written_to_without_a_consent(store: Store) -> None:
    """The table: companies in the United States opt out of e-mail, and in to texts; Germany in."""
    open_base(store)
    for number, country in enumerate(["us", "DE", "DE", None]):
        add_prospect(store, f"p{number}", country=country)

    found = campaign.consent_countries(store, Settings(), "people", ["cold_email", "sms"])

    assert dict(found["cold_email"])["DE"] == 2
    assert dict(found["cold_email"])[""] == 1  # unknown is held
    assert "US" not in dict(found["cold_email"])
    assert dict(found["sms"])["US"] == 1


def test_somebody_whose_names_stand_apart_is_found_by_either_and_by_both(store: Store) -> None:
    open_base(store)
    add_prospect(store, "p1", first_name="Ethan", full_name=None)
    store.run("UPDATE prospects SET last_name = 'Hoff'")
    choose_messages(store, Settings(), CAMPAIGN, actor="ida")

    for words in ("ethan", "hoff", "Ethan Hoff"):
        read = reports.readers(store, "people", locale="en-GB", words=words)
        chosen = reports.chosen_for(store, CAMPAIGN, words=words)
        assert [one["prospect_id"] for one in (*read, *chosen)] == ["p1", "p1"]
