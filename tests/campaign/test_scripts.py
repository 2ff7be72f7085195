from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.campaign.scripts import (
    Pronunciation,
    campaign_names,
    check_script,
    hear_name,
    keep_pronunciation,
)
from personalization.errors import InputError, StateError
from personalization.settings import Settings, Voice
from tests.voice.spoken import Scripted, fill

if TYPE_CHECKING:
    from personalization.store import Store

SETTINGS = Settings()
PRICED = "Hi {{prospect.first_name|there}}, 3 boxes for {{prospect.company|your team}} cost £12.50."


def test_a_script_is_shown_as_it_is_said_with_the_time_that_it_takes(store: Store) -> None:
    fill(store, body=PRICED)

    checked = check_script(store, SETTINGS, "gifts", "s1")
    tight = replace(SETTINGS, voice=Voice(most_seconds=2))

    assert checked.script.spoken == (
        "Hi there, three boxes for your team cost twelve pounds fifty."
    )
    assert 3 < checked.seconds < 6
    assert not checked.too_long
    assert "take out about" in check_script(store, tight, "gifts", "s1").too_long


def test_names_are_listed_once_with_those_who_bear_them_until_the_team_says_them(
    store: Store,
) -> None:
    fill(store, body=PRICED)
    store.run("UPDATE prospects SET first_name = 'Wojciech' WHERE prospect_id <> 'p3'")

    first, *others = campaign_names(store, "gifts")

    assert (first.written, first.field, first.country, first.people) == (
        "Wojciech", "prospect.first_name", "GB", 2,
    )  # fmt: skip
    assert "not English" in first.reading.held
    assert [(name.written, name.reading.held) for name in others] == [
        ("Miller & Sons", ""),
        ("Oak Hotel", ""),
    ]

    said = Pronunciation("Wojciech", "", "respelling", "Voy-check")
    keep_pronunciation(store, said, actor="mia")

    assert campaign_names(store, "gifts")[0].reading.said == "Voy-check"


def test_only_names_that_the_script_says_are_listed(store: Store) -> None:
    fill(store, body="Hi {{prospect.first_name|there}}, we wrap gifts.")

    assert {name.field for name in campaign_names(store, "gifts")} == {"prospect.first_name"}


def test_a_message_that_is_not_approved_as_it_stands_is_no_script(store: Store) -> None:
    fill(store)
    store.run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by)"
        " VALUES ('p2', '{}', $now, 'rob')", now=store.now(),
    )  # fmt: skip

    with pytest.raises(StateError, match="not approved"):
        check_script(store, SETTINGS, "gifts", "s1")
    assert campaign_names(store, "gifts") == ()


def test_a_name_is_heard_as_it_would_be_kept() -> None:
    engine = Scripted()

    hear_name(
        SETTINGS, Pronunciation("Wojciech", "", "respelling", "Voy-check"), language="en-GB",
        engine=engine,
    )  # fmt: skip

    assert engine.calls == ["Voy-check"]
    with pytest.raises(InputError):
        hear_name(SETTINGS, Pronunciation("X", "", "sung", "la"), language="en", engine=engine)
