from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.delivery import Assumptions, export_campaign, simulate_campaign
from personalization.delivery.simulation import assumptions_of, lift_of_arms
from personalization.errors import InputError, StateError
from personalization.settings import Settings
from tests.delivery.ready import copy_campaign, fill_campaign

if TYPE_CHECKING:
    from personalization.store import Store

ASSUMED = Assumptions(0.5, 0.25, 0.4, 40.0, lift=0.2, unsubscribe_rate=0.01, seed="spring")


def simulate(
    store: Store, settings: Settings, assumed: Assumptions = ASSUMED, request_id: str = "s1"
) -> int:
    return simulate_campaign(
        store, settings, "spring", actor="mia", request_id=request_id, assumptions=assumed
    )


def rows(store: Store) -> list[tuple[object, ...]]:
    return store.read("SELECT * FROM engagements ORDER BY ALL") + store.read(
        "SELECT * FROM deliveries ORDER BY ALL"
    )


@pytest.fixture
def large(store: Store) -> Store:
    """Hold 30,000 customers in a ready campaign."""
    fill_campaign(store, 30_000)
    return store


def test_every_row_says_that_it_is_simulated(campaign: Store, settings: Settings) -> None:
    assert simulate(campaign, settings) == 60

    assert campaign.read("SELECT DISTINCT is_simulated FROM engagements") == [(True,)]
    assert campaign.read("SELECT DISTINCT is_simulated FROM deliveries") == [(True,)]
    assert campaign.read("SELECT mode, launched_by FROM experiments") == [("simulation", "mia")]


def test_a_request_of_another_campaign_is_not_taken_for_this_one(
    campaign: Store, settings: Settings
) -> None:
    copy_campaign(campaign, "autumn")
    simulate(campaign, settings)

    simulate_campaign(campaign, settings, "autumn", actor="mia", request_id="s1")

    assert campaign.read("SELECT experiment_id FROM simulations ORDER BY ALL") == [
        ("autumn",), ("e1",),
    ]  # fmt: skip
    assert campaign.read("SELECT count(*) FROM deliveries WHERE experiment_id = 'autumn'") == [
        (60,)
    ]


def test_what_was_assumed_is_kept_beside_it(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    [(assumptions, seed)] = campaign.read("SELECT assumptions, seed FROM simulations")
    assert json.loads(assumptions)["click_rate"] == 0.25
    assert seed == "spring"
    lifts = lift_of_arms(("control", "A", "B"), ASSUMED)
    for arm, rate in campaign.read("SELECT DISTINCT arm, click_rate FROM simulated_rates"):
        assert rate == pytest.approx(0.25 * (1 + lifts[arm]))
    [(payload,)] = campaign.read("SELECT payload FROM audit_log WHERE kind = 'campaign.simulated'")
    assert json.loads(payload)["seed"] == "spring"


def test_the_settings_are_assumed_where_nothing_else_is(
    campaign: Store, settings: Settings
) -> None:
    simulate_campaign(campaign, settings, "spring", actor="mia", request_id="s1")

    [(assumptions, seed)] = campaign.read("SELECT assumptions, seed FROM simulations")
    assert json.loads(assumptions)["open_rate"] == Settings().delivery.open_rate
    assert seed == "salt"


def test_the_same_seed_gives_the_same_rows_at_any_time(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)
    first = rows(campaign)
    tomorrow = replace(campaign, clock=lambda: campaign.clock() + timedelta(days=1))

    simulate(tomorrow, settings, request_id="s2")

    assert rows(campaign) == first
    assert campaign.read("SELECT count(*) FROM simulations") == [(1,)]


def test_another_seed_gives_other_rows(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)
    first = rows(campaign)

    simulate(campaign, settings, replace(ASSUMED, seed="autumn"), request_id="s2")

    assert rows(campaign) != first


def test_a_double_click_simulates_once(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    assert simulate(campaign, settings, replace(ASSUMED, seed="autumn")) == 60
    assert campaign.read("SELECT seed FROM simulations") == [("spring",)]


def test_nobody_acts_on_what_was_not_delivered_or_not_opened(
    large: Store, settings: Settings
) -> None:
    large.run("UPDATE customers SET consent_email = false WHERE customer_id < 'c010000'")
    simulate(large, settings)

    acts = dict(
        large.read(
            "SELECT customer_id, list_sort(list(event)) FROM engagements GROUP BY customer_id"
        )
    )

    assert set(acts) == {c for (c,) in large.read("SELECT customer_id FROM deliveries")}
    assert min(acts) == "c010000"
    for events in acts.values():
        assert "delivered" in events
        assert "open" in events or events == ["delivered"]
        assert "click" in events or "conversion" not in events
        assert len(events) == len(set(events))


def test_shares_come_close_to_what_was_assumed(large: Store, settings: Settings) -> None:
    simulate(large, settings)

    lifts = lift_of_arms(("control", "A", "B"), ASSUMED)
    shares = large.read("""
        WITH acts AS (
            SELECT arm, customer_id, list(event) AS events, max(value) AS paid
            FROM deliveries JOIN engagements USING (customer_id) GROUP BY ALL
        )
        SELECT arm, avg(list_contains(events, 'open')::INT),
               avg(list_contains(events, 'click')::INT),
               avg(list_contains(events, 'conversion')::INT), avg(nullif(paid, 0)),
               avg(list_contains(events, 'unsubscribe')::INT)
        FROM acts GROUP BY arm ORDER BY arm
    """)
    assert {row[0] for row in shares} == {"control", "A", "B"}
    for arm, opened, clicked, bought, paid, left in shares:  # four standard errors of n = 10,000
        click_rate = 0.25 * (1 + lifts[arm])
        assert opened == pytest.approx(0.5, abs=0.02)
        assert clicked == pytest.approx(click_rate, abs=0.018)
        assert bought == pytest.approx(click_rate * 0.4, abs=0.013)
        assert paid == pytest.approx(40.0, abs=2.4)
        assert left == pytest.approx(0.01, abs=0.004)


def test_the_draw_can_be_worked_out_again_with_any_md5(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    opened = {
        c for (c,) in campaign.read("SELECT customer_id FROM engagements WHERE event = 'open'")
    }
    for (customer,) in campaign.read("SELECT customer_id FROM deliveries"):
        digest = hashlib.md5(f"spring:what:{customer}".encode(), usedforsecurity=False).hexdigest()
        assert (customer in opened) == (int(digest[:8], 16) / 2**32 < 0.5)


@pytest.mark.parametrize(
    ("rates", "events"),
    [
        pytest.param((0.0, 0.0, 0.5, 0.0), {"delivered"}, id="nobody opens"),
        pytest.param(
            (1.0, 1.0, 1.0, 1.0),
            {"delivered", "open", "click", "conversion", "unsubscribe"},
            id="everybody does everything",
        ),
    ],
)
def test_the_ends_of_the_scale_are_exact(
    campaign: Store,
    settings: Settings,
    rates: tuple[float, float, float, float],
    events: set[str],
) -> None:
    opens, clicks, conversions, leaves = rates
    simulate(campaign, settings, Assumptions(opens, clicks, conversions, 10.0, 0.0, leaves, "x"))

    counted = dict(campaign.read("SELECT event, count(*) FROM engagements GROUP BY event"))
    assert counted == dict.fromkeys(events, 60)


def test_nothing_happens_before_the_day_of_sending(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    [(first, first_open)] = campaign.read(
        "SELECT min(happened_at), min(happened_at) FILTER (WHERE event = 'open') FROM engagements"
    )
    assert first == datetime(2026, 12, 1, 9, 0)  # noqa: DTZ001
    assert first_open > first


def test_simulated_unsubscribes_suppress_nobody(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings, Assumptions(1.0, 1.0, 1.0, 10.0, 0.0, 1.0, "x"))

    assert campaign.read("SELECT count(*) FROM suppressions") == [(0,)]


def test_a_real_send_cannot_be_simulated(campaign: Store, settings: Settings) -> None:
    export_campaign(campaign, settings, "spring", actor="mia", request_id="r1")

    with pytest.raises(StateError, match="was exported to be sent for real"):
        simulate(campaign, settings)
    assert campaign.read("SELECT count(*) FROM engagements") == [(0,)]
    assert campaign.read("SELECT DISTINCT is_simulated FROM deliveries") == [(False,)]


def test_what_fails_halfway_leaves_the_simulation_before_it(
    campaign: Store, settings: Settings
) -> None:
    simulate(campaign, settings)
    first = rows(campaign)
    campaign.run("UPDATE customers SET consent_email = false")

    with pytest.raises(StateError, match="nobody to send to"):
        simulate(campaign, settings, request_id="s2")
    assert rows(campaign) == first


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"open_rate": 1.2}, "between 0 and 1", id="above all"),
        pytest.param({"conversion_rate": -0.1}, "between 0 and 1", id="below nothing"),
        pytest.param({"open_rate": 0.1}, "nobody clicks", id="more clicks than opens"),
        pytest.param({"lift": -1.0}, "above -100 %", id="a lift that leaves nothing"),
        pytest.param({"order_value": -1.0}, "at least 0", id="orders that cost"),
    ],
)
def test_impossible_assumptions_are_refused(changes: dict[str, float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        replace(ASSUMED, **changes)  # type: ignore[arg-type]


def test_the_best_arm_gets_the_whole_lift_and_depends_on_the_seed() -> None:
    arms = ("control", "A", "B", "C")

    best = set()
    for seed in range(30):
        lifts = lift_of_arms(arms, replace(ASSUMED, seed=str(seed)))
        assert lifts["control"] == 0
        assert sorted(lifts.values()) == pytest.approx([0, 0.2 / 3, 0.4 / 3, 0.2])
        best.add(max(lifts, key=lifts.__getitem__))

    assert best == {"A", "B", "C"}


def test_the_settings_and_the_assumptions_agree() -> None:
    assumed = assumptions_of(Settings().delivery)

    assert (assumed.lift, assumed.order_value) == (0.15, 48.0)
