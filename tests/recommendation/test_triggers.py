"""What becomes of events: once, by the rules, and whatever breaks off in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import InputError, StateError
from personalization.recommendation.trigger_keeping import (
    contact_rules,
    save_contact_rules,
    save_trigger,
    triggers_of,
)
from personalization.recommendation.trigger_values import USUAL, ContactRules, TriggerPlan
from personalization.recommendation.triggers import fire, rehearse
from personalization.store import Store, open_store, verify_chain
from tests.recommendation.firing import (
    BASE,
    NOW,
    add_customer,
    add_product,
    add_trigger,
    at,
    did,
    open_shop,
    outcomes,
)
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator


def left_behind(store: Store) -> Store:
    """Ann left a cart behind, and a trigger waits for that."""
    open_shop(store)
    add_customer(store, "ann")
    did(store, "ann", "cart", "P1", at(30))
    add_trigger(store, "abandoned_cart")
    return store


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    store = left_behind(open_store(clock=lambda: NOW))
    yield store
    store.close()


@pytest.fixture
def shop(opened: Store) -> Iterator[Store]:
    """The same for each test: what a test writes is rolled back."""
    with rolled_back(opened):
        yield opened


def seen_from(store: Store, now: datetime) -> Store:
    """The same store at another time."""
    return Store(store.root, lambda: now, store.lock, store.local)


def later(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_an_event_fires_once_however_often_it_is_looked_for(shop: Store) -> None:
    first = fire(shop, BASE, actor="ida")

    again = fire(shop, BASE, actor="ida")

    assert (first.fired, again.fired, again.held) == (1, 0, 0)
    assert outcomes(shop) == [("ann", "fired")]


def test_a_changed_trigger_does_not_answer_the_same_event_again(shop: Store) -> None:
    fire(shop, BASE, actor="ida")
    [trigger] = triggers_of(shop, BASE)
    save_trigger(
        shop, BASE, "Renamed", trigger.event, replace(trigger.plan, cool_down_days=0), is_on=True,
        actor="ida", changes=trigger,
    )  # fmt: skip

    assert fire(shop, BASE, actor="ida").fired == 0


def test_a_cart_is_the_same_event_after_a_product_in_it_is_sold_out(shop: Store) -> None:
    did(shop, "ann", "cart", "P2", at(30, 12))
    [trigger] = triggers_of(shop, BASE)
    save_trigger(
        shop, BASE, "Often", trigger.event, replace(trigger.plan, cool_down_days=0), is_on=True,
        actor="ida", changes=trigger,
    )  # fmt: skip
    fire(shop, BASE, actor="ida")

    shop.run("UPDATE products SET stock = 0 WHERE product_id = 'P2'")

    assert fire(shop, BASE, actor="ida").counts == ()


def test_a_rehearsal_tells_what_would_fire_and_keeps_nothing(shop: Store) -> None:
    rows = shop.read("SELECT count(*) FROM audit_log")

    told = rehearse(shop, BASE)

    assert shop.read("SELECT count(*) FROM audit_log") == rows
    assert outcomes(shop) == []
    assert told.counts == fire(shop, BASE, actor="ida").counts != ()


def test_the_evidence_and_the_run_stand_in_the_record(shop: Store) -> None:
    found = fire(shop, BASE, actor="ida")

    [(evidence, run_id, fired)] = shop.read("""
        SELECT json_extract_string(evidence, '$.carted_at'), firings.run_id, fired
        FROM trigger_firings AS firings JOIN trigger_runs AS runs ON runs.run_id = firings.run_id
    """)
    assert (evidence, run_id, fired) == ("2026-11-30 09:00:00", found.run_id, 1)
    assert shop.read("SELECT ref FROM audit_log WHERE kind = 'triggers.fired'") == [(run_id,)]
    assert verify_chain(shop).is_whole


class Broken(Exception):  # noqa: N818
    """What a machine that goes down in the middle of it looks like from here."""


@dataclass(frozen=True, slots=True)
class Mortal(Store):
    """A store that breaks off just before, or just after, one statement of an evaluation."""

    def run(self, sql: str, **parameters: object) -> int:
        count: Iterator[int] = self.local.statements
        number = next(count)
        if number == self.local.last and not self.local.is_after:
            raise Broken
        changed = Store.run(self, sql, **parameters)
        if number == self.local.last:
            raise Broken
        return changed


def test_broken_off_at_any_statement_it_loses_and_doubles_nothing(store: Store) -> None:
    shop = left_behind(store)
    did(shop, "ann", "purchase", "P2", at(28), order="o1")
    add_trigger(shop, "purchase", wait_hours=0)
    add_customer(shop, "bea", consent_email=False)
    did(shop, "bea", "cart", "P1", at(30))
    with rolled_back(shop):
        fire(shop, BASE, actor="ida")
        whole = outcomes(shop)
    mortal = Mortal(shop.root, shop.clock, shop.lock)

    ends = 0
    for last in range(100):
        mortal.local.statements, mortal.local.last = iter(range(1000)), last
        mortal.local.is_after = last % 2 == 1
        try:
            fire(mortal, BASE, actor="ida")
        except Broken:
            ends += 1
            assert outcomes(shop) == []
            assert shop.read("SELECT count(*) FROM trigger_runs") == [(0,)]
        else:
            break

    assert ends > 15  # it has so many statements at least
    assert (
        outcomes(shop) == whole == [("ann", "fired"), ("ann", "outranked"), ("bea", "no consent")]
    )
    assert fire(shop, BASE, actor="ida").counts == ()
    assert verify_chain(shop).is_whole


def test_nobody_is_written_to_who_may_not_be(shop: Store) -> None:
    people: dict[str, dict[str, object]] = {
        "no consent": {"consent_email": False},
        "no valid e-mail": {"email": None},
        "duplicate address": {"email": "ann@example.com"},
        "suppressed": {"email": "zoe@example.com"},
        "no segment": {},
    }
    for name, values in people.items():
        add_customer(shop, name, **values)
        did(shop, name, "cart", "P1", at(30))
    shop.run("INSERT INTO suppressions VALUES ('shop', 'x', 'zoe@example.com', 'no', now())")
    shop.run("DELETE FROM segment_members WHERE customer_id = 'no segment'")

    fire(shop, BASE, actor="ida")

    assert dict(outcomes(shop)) == {"ann": "fired"} | {name: name for name in people}


def test_who_is_held_out_of_all_mailing_is_held_out_of_triggers(shop: Store) -> None:
    shop.run(
        "INSERT INTO global_holdouts"
        " VALUES ('h', 's', 0.9, 'g', now(), 'ida', '', NULL, NULL, NULL)"
    )

    fire(shop, BASE, actor="ida")

    assert outcomes(shop) == [("ann", "global holdout")]


def test_a_second_cart_within_the_cool_down_is_held_back(shop: Store) -> None:
    fire(shop, BASE, actor="ida")
    did(shop, "ann", "cart", "P2", at(2, month=12))

    with pytest.raises(InputError, match="lies ahead"):
        fire(shop, BASE, actor="ida", now=later(1.5))
    fire(seen_from(shop, later(1.5)), BASE, actor="ida")

    assert outcomes(shop) == [("ann", "fired"), ("ann", "cool-down")]


def test_after_the_cool_down_the_next_cart_fires(shop: Store) -> None:
    fire(shop, BASE, actor="ida")
    did(shop, "ann", "cart", "P2", at(5, month=12))

    fire(seen_from(shop, later(4.5)), BASE, actor="ida")

    assert outcomes(shop) == [("ann", "fired"), ("ann", "fired")]


_DELIVERED = """
    INSERT INTO deliveries
    VALUES ('e1', 'ann', 'Everybody', 'A', 'v', 1, '', '', $is_simulated, $at)
"""
_EXPERIMENT = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by)
    VALUES ('e1', 'spring', '{}', '', '', 0.95, now(), 'ida')
"""


@pytest.mark.parametrize(
    ("delivered", "outcome"),
    [
        pytest.param((3, False), "frequency cap", id="a campaign three days ago"),
        pytest.param((8, False), "fired", id="a campaign longer ago"),
        pytest.param((3, True), "fired", id="a simulated one"),
    ],
)
def test_messages_of_campaigns_count_for_the_frequency_cap(
    shop: Store, delivered: tuple[int, bool], outcome: str
) -> None:
    days_ago, is_simulated = delivered
    save_contact_rules(shop, BASE, ContactRules(most_messages=1, within_days=7), actor="ida")
    shop.run(_EXPERIMENT)
    shop.run(_DELIVERED, is_simulated=is_simulated, at=NOW - timedelta(days=days_ago))

    fire(shop, BASE, actor="ida")

    assert outcomes(shop) == [("ann", outcome)]


def test_firings_count_for_the_frequency_cap_too(shop: Store) -> None:
    save_contact_rules(shop, BASE, ContactRules(most_messages=1, within_days=7), actor="ida")
    fire(shop, BASE, actor="ida")
    did(shop, "ann", "purchase", "P2", at(1, 8, month=12), order="o1")
    add_trigger(shop, "purchase", wait_hours=0)

    fire(shop, BASE, actor="ida")

    assert sorted(outcomes(shop)) == [("ann", "fired"), ("ann", "frequency cap")]


def test_a_customer_gets_only_the_message_that_matters_most(shop: Store) -> None:
    did(shop, "ann", "purchase", "P2", at(28), order="o1")
    add_trigger(shop, "purchase", wait_hours=0, priority=2)

    fire(shop, BASE, actor="ida")

    assert shop.read("SELECT event_key, outcome FROM trigger_firings ORDER BY event_key") == [
        ("abandoned_cart:2026-11-30 09:00:00", "fired"),
        ("purchase:o1", "outranked"),
    ]


def test_what_is_held_back_itself_holds_nothing_else_back(shop: Store) -> None:
    fire(shop, BASE, actor="ida")
    did(shop, "ann", "cart", "P2", at(1, 1, month=12))  # held by the cool-down, and first in rank
    did(shop, "ann", "purchase", "P2", at(1, 0, month=12), order="o1")
    add_trigger(shop, "purchase", wait_hours=0)

    fire(shop, BASE, actor="ida")

    assert sorted(outcomes(shop)) == [("ann", "cool-down"), ("ann", "fired"), ("ann", "fired")]


# By hand: Berlin is an hour ahead of London, Tokyo nine, Los Angeles eight behind; the first four
# columns are the hour of UTC at which it is looked, the cells the day and hour from which on.
BY_HOUR = {
    9: {"UK": "01 09:30", "Germany": "01 09:30", "Japan": "01 09:30", "USA": "01 16:00"},
    19: {"UK": "01 19:30", "Germany": "02 07:00", "Japan": "01 23:00", "USA": "01 19:30"},
    21: {"UK": "02 08:00", "Germany": "02 07:00", "Atlantis": "02 08:00", "": "02 08:00"},
}


@pytest.mark.parametrize("hour", BY_HOUR)
def test_nobody_is_woken_by_the_clock_of_their_country(shop: Store, hour: int) -> None:
    for country in BY_HOUR[hour]:
        add_customer(shop, f"of {country}", country=country or None)
        did(shop, f"of {country}", "cart", "P1", at(30))

    found = rehearse(shop, BASE, now=NOW.replace(hour=hour)).examples

    due = {one.customer_id.removeprefix("of "): one.due_at for one in found}
    del due["ann"]
    assert due == {name: f"2026-12-{told}:00" for name, told in BY_HOUR[hour].items()}


def test_without_quiet_hours_everything_is_due_at_once(shop: Store) -> None:
    save_contact_rules(shop, BASE, ContactRules(quiet_from=0, quiet_until=0), actor="ida")

    [one] = rehearse(shop, BASE, now=NOW.replace(hour=3)).examples

    assert one.due_at == "2026-12-01 03:30:00"


def test_a_trigger_whose_campaign_is_over_waits_and_says_so(shop: Store) -> None:
    shop.run("UPDATE campaigns SET send_on = $on", on=date(2026, 11, 30))

    found = fire(shop, BASE, actor="ida")

    assert found.counts == ()
    assert "send date of ‘Welcome’ is over" in found.idle[0][1]
    shop.run("UPDATE campaigns SET send_on = $on", on=date(2026, 12, 24))
    assert fire(shop, BASE, actor="ida").fired == 1


def test_a_trigger_that_is_off_is_not_looked_at(shop: Store) -> None:
    [trigger] = triggers_of(shop, BASE)
    save_trigger(shop, BASE, trigger.name, trigger.event, trigger.plan, is_on=False, actor="ida",
                 changes=trigger)  # fmt: skip

    assert fire(shop, BASE, actor="ida").counts == ()


def test_somebody_not_known_to_be_of_age_is_not_reminded_of_a_gated_product(shop: Store) -> None:
    add_product(shop, "W1")
    shop.run("UPDATE products SET gate = 'age_18' WHERE product_id = 'W1'")
    for who, age in (("bea", None), ("cleo", 44)):
        add_customer(shop, who)
        shop.run("UPDATE customers SET age = $age WHERE customer_id = $who", age=age, who=who)
        did(shop, who, "cart", "W1", at(30))

    fire(shop, BASE, actor="ida")

    assert dict(outcomes(shop)) == {"ann": "fired", "bea": "gate", "cleo": "fired"}


def test_an_unrelated_customer_changes_nobody_elses_outcome(shop: Store) -> None:
    before = [one for one in rehearse(shop, BASE).examples if one.customer_id == "ann"]
    add_customer(shop, "zoe")
    did(shop, "zoe", "cart", "P2", at(30, 11))

    assert [one for one in rehearse(shop, BASE).examples if one.customer_id == "ann"] == before


def test_a_newer_version_by_somebody_else_is_not_overwritten(shop: Store) -> None:
    [seen] = triggers_of(shop, BASE)
    save_trigger(shop, BASE, "Mine", seen.event, seen.plan, is_on=True, actor="bob", changes=seen)

    with pytest.raises(StateError, match="changed by somebody else"):
        save_trigger(
            shop, BASE, "Late", seen.event, seen.plan, is_on=True, actor="ida", changes=seen
        )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"campaign_id": "nowhere"}, "approved messages of a campaign", id="campaign"),
        pytest.param({"priority": 0}, "from 1 to 9", id="priority"),
        pytest.param({"strategy": "magic"}, "no strategy 'magic'", id="strategy"),
        pytest.param({"least_drop": 1.5}, "from 0.0 to 0.99", id="drop"),
    ],
)
def test_a_trigger_that_cannot_be_meant_is_refused(
    shop: Store, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        save_trigger(
            shop, BASE, "New", "purchase", replace(USUAL["purchase"], **changes), is_on=True,
            actor="ida",
        )  # fmt: skip


def test_a_plan_and_rules_are_read_as_they_were_written(shop: Store) -> None:
    plan = TriggerPlan(3, 40, 5, 2, "spring", "B", "for_you", 4, 30, "candles", 12, 0.2)
    rules = ContactRules(4, 30, 22, 6, "Asia/Tokyo")
    save_contact_rules(shop, BASE, rules, actor="ida")

    assert TriggerPlan.read(plan.as_json()) == plan
    assert contact_rules(shop, BASE) == rules
    with pytest.raises(InputError, match="no time zone 'Mars/Olympus'"):
        save_contact_rules(shop, BASE, ContactRules(time_zone="Mars/Olympus"), actor="ida")
