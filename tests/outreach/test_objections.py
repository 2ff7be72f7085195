"""An objection in one base counts in every other, by whatever tells that it is the same person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.outreach.people import NOW, add_prospect, open_base
from tests.outreach.test_choosing import choose

if TYPE_CHECKING:
    from personalization.store import Store

_OTHER = """
    INSERT INTO prospects (dataset_id, prospect_id, email, phone, linkedin_url, x_handle, account)
    VALUES ('other', $id, $email, $phone, $linkedin_url, $x_handle, $account)
"""
_STOP = """
    INSERT INTO outreach_stops
    VALUES ('other', $scope, $subject, $channel, 'asked', NULL, $now, 'ida')
"""


@pytest.fixture
def base(store: Store) -> Store:
    opened = open_base(store)
    add_prospect(opened, "ada", phone="+447700900777")
    return opened


def add_other(store: Store, prospect_id: str = "zz", **values: Any) -> None:  # noqa: ANN401
    told = dict.fromkeys(("email", "phone", "linkedin_url", "x_handle")) | {"account": "q.example"}
    store.run(_OTHER, id=prospect_id, **told | values)


def stop_other(store: Store, scope: str, subject: str, channel: str | None = None) -> None:
    store.run(_STOP, scope=scope, subject=subject, channel=channel, now=NOW)


SAME = [
    pytest.param({"email": "ada@ada.example"}, id="e-mail"),
    pytest.param({"phone": "0044 7700 900777"}, id="number"),
    pytest.param({"linkedin_url": "linkedin.com/in/Ada/?x=1"}, id="profile"),
    pytest.param({"x_handle": "Ada"}, id="handle"),
]


@pytest.mark.parametrize("mark", SAME)
def test_who_stopped_in_another_base_is_not_written_to(base: Store, mark: dict[str, str]) -> None:
    add_other(base, **mark)
    before = choose(base)["ada"]["status"]

    stop_other(base, "person", "zz")

    assert (before, choose(base)["ada"]["code"]) == ("ready", "suppressed")


@pytest.mark.parametrize("mark", SAME)
def test_who_is_suppressed_in_another_base_without_an_address_is_not_written_to(
    base: Store, mark: dict[str, str]
) -> None:
    add_other(base, **mark)

    base.run("INSERT INTO suppressions VALUES ('other', 'zz', NULL, 'asked', $now)", now=NOW)

    assert choose(base)["ada"]["code"] == "suppressed"


@pytest.mark.parametrize(("value", "status"), [("true", "held"), ("false", "ready")])
def test_a_mark_of_another_base_counts_under_the_address(
    base: Store, value: str, status: str
) -> None:
    add_other(base, email="ada@ada.example")

    base.run("INSERT INTO prospect_signals VALUES ('other', 'zz', 'opted_out', $v)", v=value)

    assert choose(base)["ada"]["status"] == status


def test_a_mailbox_that_bounced_in_another_base_leaves_the_profile(base: Store) -> None:
    add_other(base, email="ada@ada.example")
    stop_other(base, "person", "zz", "cold_email")

    assert choose(base)["ada"]["variant_id"] == "note"


def test_a_bounce_says_nothing_of_another_address_of_the_same_person(base: Store) -> None:
    base.run("UPDATE prospects SET linkedin_url = NULL")
    add_other(base, email="old@ada.example", x_handle="ada")
    stop_other(base, "person", "zz", "cold_email")

    assert choose(base)["ada"]["variant_id"] == "opening"


def test_the_stop_of_an_account_counts_in_every_base(base: Store) -> None:
    stop_other(base, "account", "ada.example")

    assert choose(base)["ada"]["code"] == "suppressed"


def test_a_number_of_several_people_is_a_switchboard_and_tells_nobody(base: Store) -> None:
    for who in ("zz", "yy"):
        add_other(base, who, phone="+447700900777")

    stop_other(base, "person", "zz")

    assert choose(base)["ada"]["status"] == "ready"
