"""Triggers: what customers did, and who therefore gets a message; each event is answered once.

An evaluation is one unit of work.  The events of each trigger are gathered, one statement decides
on all of them (may the customer be written to, was there enough already, what matters most), and
one statement keeps what was decided: a row of ``trigger_firings`` for each event, fired or held.
An event whose key is there is not looked at again, so an evaluation that is run once more, or was
cut off, answers nothing twice and loses nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.errors import InputError
from personalization.recommendation.quiet_hours import prepare_clocks
from personalization.recommendation.trigger_events import find_events, prepare_events
from personalization.recommendation.trigger_keeping import contact_rules, triggers_of
from personalization.recommendation.trigger_values import Decided, Evaluation
from personalization.store import record

if TYPE_CHECKING:
    from personalization.recommendation.trigger_values import ContactRules, Trigger
    from personalization.store import Store

_BASE: Final = """
    SELECT is_sample, CAST((SELECT max(happened_at) FROM product_events
                            WHERE product_events.dataset_id = datasets.dataset_id) AS TIMESTAMP)
    FROM datasets WHERE dataset_id = $dataset_id
"""


def as_of(store: Store, dataset_id: str) -> datetime:
    """Return the moment up to which a base's events count, UTC: now.

    The sample shop's orders end in the past, so its today is the day after its newest event.

    Raises:
        InputError: There is no such customer base.
    """
    row = store.read_one(_BASE, dataset_id=dataset_id)
    if row is None:
        raise InputError(f"There is no customer base {dataset_id!r}. Upload one first.")
    is_sample, newest = row
    if not is_sample or newest is None:
        return store.now()
    noon: datetime = newest.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=UTC)
    return noon + timedelta(days=1)


_PLANS: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_plans AS
    SELECT unnest($ids::VARCHAR[]) AS trigger_id, unnest($versions::INTEGER[]) AS version,
           unnest($events::VARCHAR[]) AS event, unnest($priorities::INTEGER[]) AS priority,
           unnest($cool_downs::INTEGER[]) AS cool_down_days,
           unnest($campaigns::VARCHAR[]) AS campaign_id, unnest($arms::VARCHAR[]) AS arm
"""
_NO_AUDIENCE: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_audience (
        campaign_id VARCHAR, customer_id VARCHAR, segment VARCHAR, bucket VARCHAR)
"""
_AUDIENCE: Final = """
    INSERT INTO trigger_audience
    SELECT campaign_id, customer_id, segment, bucket FROM audience
    WHERE campaign_id = $campaign_id
      AND customer_id IN (SELECT customer_id FROM trigger_events)
"""
# Products are worked out when it is handed over, so who had none at the last refresh is not held.
_DECIDE: Final = """
    CREATE OR REPLACE TEMP TABLE decided_events AS
    WITH fresh AS (
        SELECT events.*, plans.version, plans.event, plans.priority, plans.cool_down_days,
               plans.campaign_id,
               lower(trim(coalesce(people.country, substr(people.locale, 4)))) AS spelling
        FROM trigger_events AS events
        JOIN trigger_plans AS plans ON plans.trigger_id = events.trigger_id
        JOIN customers AS people ON people.dataset_id = $dataset_id
                                AND people.customer_id = events.customer_id
        LEFT JOIN trigger_firings AS answered
            ON answered.trigger_id = events.trigger_id
           AND answered.customer_id = events.customer_id
           AND answered.event_key = events.event_key
        WHERE answered.trigger_id IS NULL
    ), last_fired AS (
        SELECT trigger_id, customer_id, max(fired_at) AS fired_at FROM trigger_firings
        WHERE dataset_id = $dataset_id AND outcome = 'fired'
        GROUP BY trigger_id, customer_id
    ), contacts AS (
        SELECT customer_id, count(*) AS messages
        FROM (SELECT customer_id FROM trigger_firings
              WHERE dataset_id = $dataset_id AND outcome = 'fired' AND due_at > $counted_since
              UNION ALL
              SELECT deliveries.customer_id
              FROM deliveries
              JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
              JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
              WHERE campaigns.dataset_id = $dataset_id AND NOT deliveries.is_simulated
                AND deliveries.delivered_at > $counted_since) AS messages
        GROUP BY customer_id
    ), judged AS (
        SELECT fresh.*,
               CASE WHEN standing.bucket IS NULL THEN 'no segment'
                    WHEN standing.bucket NOT IN ('eligible', 'no products') THEN standing.bucket
                    WHEN fresh.event <> 'purchase'
                     AND list_has_any(available.gates, string_split(shut.closed, ',')) THEN 'gate'
                    WHEN last_fired.fired_at
                         > CAST($now AS TIMESTAMPTZ) - fresh.cool_down_days * INTERVAL '1' DAY
                    THEN 'cool-down'
                    WHEN contacts.messages >= $most_messages THEN 'frequency cap' END AS held
        FROM fresh
        LEFT JOIN trigger_audience AS standing
            ON standing.campaign_id = fresh.campaign_id
           AND standing.customer_id = fresh.customer_id
        LEFT JOIN available_products AS available ON available.product_id = fresh.product_id
        LEFT JOIN shut_gates AS shut ON shut.customer_id = fresh.customer_id
        LEFT JOIN last_fired ON last_fired.trigger_id = fresh.trigger_id
                            AND last_fired.customer_id = fresh.customer_id
        LEFT JOIN contacts ON contacts.customer_id = fresh.customer_id
    ), ranked AS (
        SELECT judged.*,
               row_number() OVER (PARTITION BY customer_id, held IS NULL
                                  ORDER BY priority, event_at DESC, trigger_id, event_key)
                   AS place
        FROM judged
    )
    SELECT ranked.trigger_id, ranked.version, ranked.priority, ranked.customer_id,
           ranked.event_key, ranked.event_at, ranked.product_id, ranked.evidence,
           CASE WHEN held IS NOT NULL THEN held WHEN place > 1 THEN 'outranked'
                ELSE 'fired' END AS outcome,
           CASE WHEN held IS NULL AND place = 1
                THEN coalesce(clocks.due_at, own_clocks.due_at, base_clock.due_at) END AS due_at
    FROM ranked
    LEFT JOIN clock_spellings ON clock_spellings.spelling = ranked.spelling
    LEFT JOIN clock_due AS clocks ON clocks.code = clock_spellings.code
    LEFT JOIN jurisdiction_names AS spellings ON spellings.spelling = ranked.spelling
    LEFT JOIN clock_due AS own_clocks ON own_clocks.code = lower(spellings.own_code)
    JOIN clock_due AS base_clock ON base_clock.code = ''
"""
_KEEP: Final = """
    INSERT INTO trigger_firings
    SELECT trigger_id, version, $dataset_id, customer_id, event_key, $run_id, evidence, outcome,
           product_id, due_at, $now
    FROM decided_events
"""
_RAN: Final = """
    INSERT INTO trigger_runs
    VALUES ($run_id, $dataset_id, $now, $fired, $held, $ran_at, $actor)
"""
_COUNTS: Final = """
    SELECT trigger_id, outcome, count(*) FROM decided_events
    GROUP BY trigger_id, outcome, priority ORDER BY priority, trigger_id, outcome
"""
# What fires while its customer's segment has no text that may be sent waits for one.
_WORDLESS: Final = """
    WITH texts AS (
        SELECT DISTINCT campaign_id, segment, arm FROM sendable_variants
        WHERE variant_id NOT IN (SELECT variant_id FROM variant_channels)
    )
    SELECT decided.trigger_id, count(*)
    FROM decided_events AS decided
    JOIN trigger_plans AS plans ON plans.trigger_id = decided.trigger_id
    JOIN trigger_audience AS standing ON standing.campaign_id = plans.campaign_id
                                     AND standing.customer_id = decided.customer_id
    LEFT JOIN texts ON texts.campaign_id = plans.campaign_id AND texts.arm = plans.arm
                   AND texts.segment = standing.segment
    WHERE decided.outcome = 'fired' AND texts.campaign_id IS NULL
    GROUP BY decided.trigger_id ORDER BY decided.trigger_id
"""
_EXAMPLES: Final = """
    SELECT trigger_id, customer_id, event_key, outcome, CAST(event_at AS VARCHAR) AS event_at,
           CAST(CAST(due_at AS TIMESTAMP) AS VARCHAR) AS due_at, product_id, evidence
    FROM decided_events
    ORDER BY CASE outcome WHEN 'fired' THEN 0 ELSE 1 END, priority, event_at DESC, customer_id,
             trigger_id, event_key
    LIMIT 200
"""


def rehearse(store: Store, dataset_id: str, *, now: datetime | None = None) -> Evaluation:
    """Tell what ``fire`` would do now; nothing is kept.

    Args:
        store: As for ``fire``; the consent law has to be in its tables.
        dataset_id: Whose triggers; those that are switched off are left out.
        now: The moment to look from, with its time zone; by default ``as_of``.
    """
    now = now or as_of(store, dataset_id)
    with store.transaction():
        _, idle = _decide(store, dataset_id, now)
        return _evaluation(store, "", now, idle)


def fire(store: Store, dataset_id: str, *, actor: str, now: datetime | None = None) -> Evaluation:
    """Answer all new events of a base's triggers: one row of ``trigger_firings`` for each.

    Run again it answers what has happened since, and nothing twice.  A customer gets one message a
    run, that of the most important trigger.

    Args:
        store: Reads what customers did, ``audience`` and ``deliveries``; writes
            ``trigger_firings``, ``trigger_runs`` and the trail, all or nothing.
        dataset_id: Whose triggers; those that are switched off are left out.
        actor: Who runs it.
        now: The moment to look from, with its time zone; by default ``as_of``.

    Raises:
        InputError: There is no such base, or ``now`` lies ahead.
    """
    now = now or as_of(store, dataset_id)
    if now > store.now():
        raise InputError(f"{now:%Y-%m-%d %H:%M} lies ahead: nothing has happened then yet.")
    run_id = f"t{uuid4().hex[:8]}"
    with store.transaction():
        ready, idle = _decide(store, dataset_id, now)
        found = _evaluation(store, run_id, now, idle)
        counts: dict[str, Any] = {"fired": found.fired, "held": found.held}
        store.run(_KEEP, dataset_id=dataset_id, run_id=run_id, now=now)
        store.run(
            _RAN, run_id=run_id, dataset_id=dataset_id, now=now, ran_at=store.now(), actor=actor,
            **counts,
        )  # fmt: skip
        if found.counts:
            record(
                store, "triggers.fired", run_id, actor=actor, dataset_id=dataset_id, as_of=now,
                triggers={one.trigger_id: one.version for one in ready},
                outcomes=json.dumps(found.counts), **counts,
            )  # fmt: skip
    return found


def _decide(
    store: Store, dataset_id: str, now: datetime
) -> tuple[list[Trigger], list[tuple[str, str]]]:
    """Fill the TEMP table ``decided_events``: every event that is not answered, and its outcome."""
    rules = contact_rules(store, dataset_id)
    on = [one for one in triggers_of(store, dataset_id) if one.is_on]
    faults = {one.trigger_id: fault_of(store, one) for one in on}
    ready = [one for one in on if not faults[one.trigger_id]]
    prepare_events(store, dataset_id)
    for trigger in ready:
        find_events(store, trigger, now.astimezone(UTC).replace(tzinfo=None))
    prepare_clocks(store, rules, now)
    store.run(_PLANS, **_columns(ready))
    store.run(_NO_AUDIENCE)
    for campaign_id in sorted({one.plan.campaign_id for one in ready}):
        store.run(_AUDIENCE, campaign_id=campaign_id)
    store.run(_DECIDE, now=now, **_limits(dataset_id, rules, now))
    return ready, [(one, fault) for one, fault in faults.items() if fault]


_CAMPAIGN: Final = "SELECT name, send_on FROM campaigns WHERE campaign_id = $campaign_id"


def fault_of(store: Store, trigger: Trigger) -> str:
    """Say why a trigger cannot fire at present; empty where it can.

    Texts and consents are judged for the send date of a campaign, so once that is over nothing
    says that they still hold.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=trigger.plan.campaign_id)
    if row is None:
        return "Its campaign is not there. Choose another one."
    name, send_on = row
    if send_on < store.now().date():
        return (
            f"The send date of ‘{name}’ is over, so nobody has looked at its texts and consents "
            "for today. Move the date in its brief, then screen and approve its messages."
        )
    return ""


def _columns(triggers: list[Trigger]) -> dict[str, list[Any]]:
    return {
        "ids": [one.trigger_id for one in triggers],
        "versions": [one.version for one in triggers],
        "events": [one.event for one in triggers],
        "priorities": [one.plan.priority for one in triggers],
        "cool_downs": [one.plan.cool_down_days for one in triggers],
        "campaigns": [one.plan.campaign_id for one in triggers],
        "arms": [one.plan.arm for one in triggers],
    }


def _limits(dataset_id: str, rules: ContactRules, now: datetime) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "most_messages": rules.most_messages,
        "counted_since": now - timedelta(days=rules.within_days),
    }


def _evaluation(
    store: Store, run_id: str, now: datetime, idle: list[tuple[str, str]]
) -> Evaluation:
    counts = tuple((trigger_id, outcome, n) for trigger_id, outcome, n in store.read(_COUNTS))
    examples = tuple(Decided(**row) for row in store.records(_EXAMPLES))
    wordless = tuple((trigger_id, n) for trigger_id, n in store.read(_WORDLESS))
    as_of = now.isoformat(timespec="seconds")
    return Evaluation(run_id, as_of, counts, examples, tuple(idle), wordless)
