"""What a program tells of the same prospect a second time, and what may not be lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization import NotPermitted, Suppressed
from tests.integration.test_intelligent_personalization import ADA, engine_on, run
from tests.outreach.people import CAMPAIGN, open_base
from tests.outreach.test_choosing import stop

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.fixture
def base(store: Store) -> Store:
    return open_base(store)


def tell(store: Store, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - of a program
    found: dict[str, Any] = run(engine_on(store).personalize_message(ADA | values, CAMPAIGN))
    return found


def of_ada(store: Store) -> tuple[Any, ...]:
    found = store.read_one("SELECT country, account FROM prospects WHERE prospect_id = 'ada'")
    assert found is not None
    return found


@pytest.mark.parametrize("flag", ["opted_out", "unsubscribed", "do_not_contact"])
def test_a_no_of_a_program_never_takes_back_an_objection(base: Store, flag: str) -> None:
    with pytest.raises(Suppressed):
        tell(base, **{flag: True})

    with pytest.raises(Suppressed):
        tell(base, **{flag: False})


def test_of_a_yes_and_a_no_told_at_once_the_objection_counts(base: Store) -> None:
    with pytest.raises(Suppressed):
        tell(base, opted_out=False, signals={"Opted_Out": True})


def test_an_objection_may_still_be_told_after_a_no(base: Store) -> None:
    assert tell(base, opted_out=False)["is_sendable"]

    with pytest.raises(Suppressed):
        tell(base, opted_out=True)


@pytest.mark.parametrize("name", ["Germany", "deutschland", " DE "])
def test_a_country_told_by_name_is_read_and_its_law_holds(base: Store, name: str) -> None:
    assert tell(base)["is_sendable"]

    with pytest.raises(NotPermitted):
        tell(base, country=name)

    assert of_ada(base)[0] == "DE"


def test_a_country_that_cannot_be_read_is_unknown_and_not_the_old_one(base: Store) -> None:
    assert tell(base)["is_sendable"]

    with pytest.raises(NotPermitted, match="unknown country"):
        tell(base, country="Ruritania")

    assert of_ada(base)[0] is None


def test_a_country_that_is_not_told_stays(base: Store) -> None:
    tell(base)

    assert tell(base, country=None)["is_sendable"]

    assert of_ada(base)[0] == "GB"


def test_who_moved_to_another_company_is_of_its_account(base: Store) -> None:
    tell(base, website="moss.example")
    stop(base, "account", "other.example")

    with pytest.raises(Suppressed):
        tell(base, email="ada@other.example", company={"name": "Other Ltd"})

    assert of_ada(base)[1] == "other.example"


def test_an_account_stays_what_it_was_while_nothing_of_it_changes(base: Store) -> None:
    tell(base)
    base.run("UPDATE prospects SET account = 'holding.example'")

    tell(base, city="York")

    assert of_ada(base)[1] == "holding.example"
