"""A simulated send: nobody is contacted, and every row says so.

What is assumed of each arm is written down before a single draw is made.  The draws are a
function of the seed and the customer alone, so the same seed gives the same rows on any engine.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, time
from hashlib import md5
from typing import TYPE_CHECKING, Final

from personalization.delivery.gate import refuse_unless_green
from personalization.delivery.launch import (
    Launch,
    find_launch,
    mark_launched,
    own_request,
    refuse_other_mode,
)
from personalization.delivery.recipients import deliver
from personalization.domain import CONTROL
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from personalization.settings import Delivery, Settings
    from personalization.store import Store

SENT_AT: Final = time(9, 0, tzinfo=UTC)
"""When a simulated campaign goes out on its day of sending."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a simulation takes for granted; none of it was measured.

    Attributes:
        open_rate: Share of recipients that open, in [0, 1].
        click_rate: Share of recipients that click the control text; not above ``open_rate``.
        conversion_rate: Share of those who clicked that buy, in [0, 1].
        order_value: Mean revenue of an order, in the currency of the data.
        lift: Relative lift in clicks of the best arm over the control, above -1.
        unsubscribe_rate: Share of recipients that leave; not above ``open_rate``.
        seed: Of the draws; the campaign's own where it is empty.
    """

    open_rate: float
    click_rate: float
    conversion_rate: float
    order_value: float
    lift: float
    unsubscribe_rate: float = 0.004
    seed: str = ""

    def __post_init__(self) -> None:
        rates = (self.open_rate, self.click_rate, self.conversion_rate, self.unsubscribe_rate)
        if not all(0 <= rate <= 1 for rate in rates):
            raise InputError("Every simulated rate has to be between 0 and 1 (0 % and 100 %).")
        if max(self.click_rate, self.unsubscribe_rate) > self.open_rate:
            raise InputError(
                f"The simulated open rate of {self.open_rate:.1%} is below that of clicks or of "
                "unsubscribes, but nobody clicks in a message that was not opened."
            )
        if self.order_value < 0 or self.lift <= -1:
            raise InputError("The simulated order value is at least 0, and the lift above -100 %.")


def assumptions_of(delivery: Delivery) -> Assumptions:
    """Return the assumptions that the settings make."""
    return Assumptions(
        delivery.open_rate,
        delivery.click_rate,
        delivery.conversion_rate,
        delivery.order_value,
        delivery.lift,
    )


def simulate_campaign(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    request_id: str,
    assumptions: Assumptions | None = None,
) -> int:
    """Pretend to send the campaign and to hear from its recipients, if the launch gate is green.

    Writes ``deliveries``, ``engagements``, ``simulations`` and ``simulated_rates``; every row of
    the first two has ``is_simulated``.  A simulation that is run again replaces the one before;
    the same ``request_id`` changes nothing.  A holdout is sent nothing and so does nothing.

    Returns:
        How many customers would have been written to.

    Raises:
        StateError: The gate is red, or the campaign was sent for real.
    """
    assumed = assumptions or assumptions_of(settings.delivery)
    with store.transaction():
        launch = find_launch(store, campaign_id)
        request_id = own_request(launch, request_id)
        keys = {"experiment_id": launch.experiment_id, "request_id": request_id}
        if seen := store.read_one(_SEEN, **keys):
            return int(seen[0])
        assumed = replace(assumed, seed=assumed.seed or launch.seed)
        refuse_other_mode(launch, "simulation")
        refuse_unless_green(store, settings, campaign_id, mode="simulation")
        _forget(store, launch)
        recipients = _pretend(store, launch, assumed)
        mark_launched(store, launch, mode="simulation", actor=actor)
        store.run(
            _KEEP,
            experiment_id=launch.experiment_id,
            assumptions=json.dumps(asdict(assumed)),
            seed=assumed.seed,
            now=store.now(),
            request_id=request_id,
        )
        record(
            store, "campaign.simulated", launch.experiment_id, actor=actor,
            campaign_id=campaign_id, recipients=recipients, **asdict(assumed),
        )  # fmt: skip
    return recipients


_SEEN = """
    SELECT (SELECT count(*) FROM deliveries
            WHERE deliveries.experiment_id = simulations.experiment_id)
    FROM simulations WHERE experiment_id = $experiment_id AND request_id = $request_id
"""
_KEEP = """
    INSERT INTO simulations VALUES ($experiment_id, $assumptions, $seed, $now, $request_id)
"""
_FORGET = (
    "DELETE FROM engagements WHERE experiment_id = $experiment_id AND is_simulated",
    "DELETE FROM deliveries WHERE experiment_id = $experiment_id AND is_simulated",
    "DELETE FROM simulated_rates WHERE experiment_id = $experiment_id",
    "DELETE FROM simulations WHERE experiment_id = $experiment_id",
)


def _forget(store: Store, launch: Launch) -> None:
    for statement in _FORGET:
        store.run(statement, experiment_id=launch.experiment_id)


_ARMS = """
    SELECT segment, arm FROM arms
    WHERE experiment_id = $experiment_id AND variant_id IS NOT NULL
    ORDER BY segment, position, arm
"""
_RATE = """
    INSERT INTO simulated_rates VALUES ($experiment_id, $segment, $arm, $open_rate, $click_rate,
                                        $conversion_rate, $unsubscribe_rate, $order_value)
"""


def _pretend(store: Store, launch: Launch, assumed: Assumptions) -> int:
    sent_at = datetime.combine(launch.send_on, SENT_AT)
    arms = store.read(_ARMS, experiment_id=launch.experiment_id)
    lifts = lift_of_arms(tuple(dict.fromkeys(arm for _, arm in arms)), assumed)
    for segment, arm in arms:
        store.run(
            _RATE,
            experiment_id=launch.experiment_id,
            segment=segment,
            arm=arm,
            open_rate=assumed.open_rate,
            click_rate=min(assumed.open_rate, assumed.click_rate * (1 + lifts[arm])),
            conversion_rate=assumed.conversion_rate,
            unsubscribe_rate=assumed.unsubscribe_rate,
            order_value=assumed.order_value,
        )
    recipients = deliver(store, launch, is_simulated=True, delivered_at=sent_at)
    if not recipients:
        raise StateError("There is nobody to send to, so there is nothing to simulate.")
    store.run(
        _ENGAGE,
        experiment_id=launch.experiment_id,
        seed=assumed.seed,
        sent_at=sent_at.replace(tzinfo=None),
    )
    return recipients


def lift_of_arms(arms: tuple[str, ...], assumed: Assumptions) -> dict[str, float]:
    """Say what lift each arm is assumed to have: the best one all of it, the others ever less.

    Which arm is the best depends on the seed, so that no arm's name gives it away.

    Example:
        >>> assumed = Assumptions(0.3, 0.1, 0.2, 40.0, lift=0.15, seed="spring")
        >>> lifts = lift_of_arms(("control", "A", "B", "C"), assumed)
        >>> sorted(round(lift, 2) for lift in lifts.values())
        [0.0, 0.05, 0.1, 0.15]
    """
    treatments = [arm for arm in arms if arm != CONTROL]
    ranked = sorted(
        treatments,
        key=lambda arm: (
            md5(f"{assumed.seed}:{arm}".encode(), usedforsecurity=False).digest(),
            arm,
        ),
    )
    count = len(ranked)
    return {
        CONTROL: 0.0,
        **{arm: assumed.lift * (count - rank) / count for rank, arm in enumerate(ranked)},
    }


# Each draw is eight hex digits of one md5, held as text against the rate as eight hex digits;
# 'g' is above them all.  Moments and order values come from single digits in the same way.
_ENGAGE = """
    INSERT INTO engagements
    WITH bars AS (
        SELECT segment, arm, order_value,
               CASE WHEN open_rate >= 1 THEN 'g'
                    ELSE lower(lpad(hex(CAST(floor(open_rate * 4294967296e0) AS BIGINT)), 8, '0'))
               END AS open_bar,
               CASE WHEN click_rate >= open_rate AND open_rate > 0 THEN 'g' WHEN open_rate = 0
                    THEN '00000000'
                    ELSE lower(lpad(hex(CAST(floor(click_rate / open_rate * 4294967296e0)
                                             AS BIGINT)), 8, '0')) END AS click_bar,
               CASE WHEN conversion_rate >= 1 THEN 'g'
                    ELSE lower(lpad(hex(CAST(floor(conversion_rate * 4294967296e0) AS BIGINT)),
                                    8, '0')) END AS conversion_bar,
               CASE WHEN unsubscribe_rate >= open_rate AND open_rate > 0 THEN 'g'
                    WHEN open_rate = 0 THEN '00000000'
                    ELSE lower(lpad(hex(CAST(floor(unsubscribe_rate / open_rate * 4294967296e0)
                                             AS BIGINT)), 8, '0')) END AS unsubscribe_bar
        FROM simulated_rates WHERE experiment_id = $experiment_id
    ), draws AS (
        SELECT customer_id, segment, arm,
               md5(concat_ws(':', $seed, 'what', customer_id)) AS what,
               md5(concat_ws(':', $seed, 'when', customer_id)) AS moment
        FROM deliveries
        WHERE experiment_id = $experiment_id AND is_simulated
    ), acts AS (
        SELECT customer_id,
               substr(what, 1, 8) < open_bar AS has_opened,
               substr(what, 9, 8) < click_bar AS would_click,
               substr(what, 17, 8) < conversion_bar AS would_buy,
               substr(what, 25, 8) < unsubscribe_bar AS would_leave,
               instr('0123456789abcdef', substr(moment, 1, 1)) * 16
                   + instr('0123456789abcdef', substr(moment, 2, 1)) AS open_minutes,
               instr('0123456789abcdef', substr(moment, 3, 1)) AS click_minutes,
               instr('0123456789abcdef', substr(moment, 4, 1)) AS buy_minutes,
               floor(order_value * (15 + 10 * instr('0123456789abcdef', substr(moment, 5, 1))))
                   / 1e2 AS paid
        FROM draws JOIN bars ON bars.segment = draws.segment AND bars.arm = draws.arm
    )
    SELECT $experiment_id AS experiment_id, customer_id, 'delivered' AS event,
           CAST(0 AS DOUBLE) AS value, CAST($sent_at AS TIMESTAMP) AS happened_at,
           true AS is_simulated
    FROM acts
    UNION ALL
    SELECT $experiment_id, customer_id, 'open', CAST(0 AS DOUBLE),
           CAST($sent_at AS TIMESTAMP) + INTERVAL '1' MINUTE * open_minutes, true
    FROM acts WHERE has_opened
    UNION ALL
    SELECT $experiment_id, customer_id, 'click', CAST(0 AS DOUBLE),
           CAST($sent_at AS TIMESTAMP) + INTERVAL '1' MINUTE * (open_minutes + click_minutes), true
    FROM acts WHERE has_opened AND would_click
    UNION ALL
    SELECT $experiment_id, customer_id, 'conversion', paid,
           CAST($sent_at AS TIMESTAMP)
               + INTERVAL '1' MINUTE * (open_minutes + click_minutes + buy_minutes), true
    FROM acts WHERE has_opened AND would_click AND would_buy
    UNION ALL
    SELECT $experiment_id, customer_id, 'unsubscribe', CAST(0 AS DOUBLE),
           CAST($sent_at AS TIMESTAMP) + INTERVAL '1' MINUTE * (open_minutes + 1), true
    FROM acts WHERE has_opened AND would_leave
"""
