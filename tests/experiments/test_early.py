from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from personalization.errors import StateError
from personalization.experiments import locked_until, open_early

if TYPE_CHECKING:
    from .conftest import Shop

ID = "spring-experiment"


def test_opening_early_is_kept_with_who_when_and_why(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()

    open_early(shop.later(4), ID, actor="ada", reason="  Many complaints. ")

    row = shop.store.read_one("SELECT opened_early_at, opened_early_by FROM experiments")
    assert row == (shop.later(4).now(), "ada")
    audit = shop.store.read_one(
        "SELECT actor, payload FROM audit_log WHERE kind = 'experiment.opened_early'"
    )
    assert audit is not None
    assert audit[0] == "ada"
    assert json.loads(audit[1]) == {"reason": "Many complaints.", "days_before": 10}
    assert locked_until(shop.later(4), ID) is None


def test_opening_twice_changes_nothing(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    open_early(shop.later(4), ID, actor="ada", reason="Complaints.")

    open_early(shop.later(5), ID, actor="ben", reason="Once more.")

    assert shop.store.read("SELECT opened_early_by FROM experiments") == [("ada",)]


@pytest.mark.parametrize(
    ("days", "mode", "reason", "message"),
    [
        pytest.param(4, "export", " ", "Say why", id="without a reason"),
        pytest.param(15, "export", "Now.", "The day of analysis has passed", id="after its day"),
        pytest.param(4, "simulation", "Now.", "has no day to wait for", id="a simulation"),
    ],
)
def test_what_need_not_or_must_not_be_opened_is_refused(
    shop: Shop, days: int, mode: str, reason: str, message: str
) -> None:
    shop.segment("loyal", 40)
    shop.launched(mode=mode)

    with pytest.raises(StateError, match=message):
        open_early(shop.later(days), ID, actor="ada", reason=reason)


def test_nothing_can_be_opened_before_the_launch(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.assigned()

    with pytest.raises(StateError, match="was not launched"):
        open_early(shop.store, ID, actor="ada", reason="Now.")


@pytest.mark.parametrize(("days", "is_locked"), [(0, True), (14, True), (15, False)])
def test_a_result_is_locked_to_the_end_of_its_day(shop: Shop, days: int, is_locked: bool) -> None:  # noqa: FBT001
    shop.segment("loyal", 40)
    shop.launched()

    assert (locked_until(shop.later(days), ID) is not None) is is_locked


def test_an_early_reading_goes_by_the_interval_that_holds_on_any_day(shop: Shop) -> None:
    """60 against 35 of 200: better on its day, and not yet before it."""
    shop.segment("loyal", 800)
    shop.launched()
    shop.respond("click", {"control": 35, "A": 60, "B": 35, "C": 35})
    shop.measured(days=3)
    early = shop.results()["A"]

    shop.measured()
    on_its_day = shop.results()["A"]

    assert early["p"] == on_its_day["p"]
    assert (early["verdict"], on_its_day["verdict"]) == ("not_enough_data", "better")
    assert str(early["sentence"]).startswith("Read early. Variant A shows no clear difference")
    assert early["sequence_low"] < 0 < on_its_day["difference_low_adjusted"]  # type: ignore[operator]
