"""Who of a sequence is due now, and what everybody else waits for.

All of it is looked at again at that moment: answers and opt-outs since, whether the person may be
written to, whether the text is still approved and reads as it was chosen, how often the person, the
company and the mailbox were used, and what time it is where the person is.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.caps import mailbox_room, prepare_caps
from personalization.outreach.quiet_hours import prepare_prospect_clocks
from personalization.outreach.send_gates import prepare_send_gates
from personalization.outreach.states import base_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.outreach.sequences import OutreachSequence
    from personalization.settings import Settings
    from personalization.store import Store

STANDINGS: Final[Mapping[str, str]] = MappingProxyType({
    "due": "due now",
    "later": "waiting for working hours where they are",
    "waiting": "waiting for the day of their next message",
    "touched": "written to a short while ago, by this or another campaign",
    "person cap": "got enough messages for now",
    "account cap": "of companies at which enough people were written to for now",
    "throttled": "waiting for room in a mailbox, or in a day's list of tasks",
    "not chosen": "without a message for their next step: choose the messages",
    "held": "held when the messages were chosen",
    "gate": "held by what has changed since: an objection, an answer, the law",
    "no text": "whose text is not approved any more, or was screened anew",
    "changed": "whose message would read otherwise by now: choose the messages again",
    "unsafe": "whose message a spreadsheet would take for a formula",
    "no address": "without an address that works on the channel",
    "other sequence": "in another sequence",
    "off": "of a sequence that is switched off",
    "paused": "paused",
    "answers": "through with all messages: their answers are waited for",
    "replied": "who answered",
    "no reply": "who got all messages and did not answer",
    "stopped": "who are not written to any more",
})  # fmt: skip
"""Where a person of a sequence stands now, in words."""

_STEPS: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_steps AS
    SELECT unnest(range(1, len($waits::INTEGER[]) + 1)) AS step,
           unnest($waits::INTEGER[]) AS wait_days, unnest($channels::VARCHAR[]) AS channels
"""
_PEOPLE: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_people AS
    WITH involved AS (
        SELECT prospect_id FROM outreach_messages WHERE campaign_id = $campaign_id
        UNION
        SELECT prospect_id FROM sequence_states WHERE campaign_id = $campaign_id
    ), chosen AS (
        SELECT * FROM latest_outreach_messages WHERE campaign_id = $campaign_id
    ), placed AS (
        SELECT involved.prospect_id, states.state, states.reason AS state_reason, states.until,
               coalesce(states.step, 0) + 1 AS step,
               (SELECT max(sent_at) FROM outreach_sends AS sends
                WHERE sends.campaign_id = $campaign_id
                  AND sends.prospect_id = involved.prospect_id) AS last_sent_at
        FROM involved
        LEFT JOIN sequence_states AS states ON states.campaign_id = $campaign_id
                                           AND states.prospect_id = involved.prospect_id
    )
    SELECT placed.*, chosen.* EXCLUDE (campaign_id, dataset_id, prospect_id, step),
           people.account, people.email, people.phone, people.linkedin_url, people.x_handle,
           people.country, steps.wait_days,
           people.prospect_id IS NOT NULL AS is_there,
           steps.channels = '' OR list_contains(string_split(steps.channels, ','), chosen.channel)
               AS is_on_channel
    FROM placed
    LEFT JOIN chosen ON chosen.prospect_id = placed.prospect_id AND chosen.step = placed.step
    LEFT JOIN sequence_steps AS steps ON steps.step = placed.step
    LEFT JOIN prospects AS people ON people.dataset_id = $dataset_id
                                 AND people.prospect_id = placed.prospect_id
"""

# The very bytes that were chosen have to come out again from the skeleton as it is approved now,
# the prospect as it is on file now and the fact as it is cited now.
_READ_AGAIN: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_readings AS
    WITH own AS (
        SELECT chosen.message_id, chosen.variant_id, chosen.version, chosen.skeleton_sha256,
               words.first_name, words.full_name, words.company, words.city, words.industry,
               words.title, coalesce(facts.said, '') AS fact,
               right(bin(64 + words.filled), 6) AS filled
        FROM sequence_people AS chosen
        JOIN addressees AS people ON people.prospect_id = chosen.prospect_id
        JOIN addressee_words AS words ON words.number = people.number
        LEFT JOIN addressee_facts AS facts
            ON facts.number = people.number
           AND facts.fact_id = split_part(chosen.fact_ids, ',', 1)
        WHERE chosen.status = 'ready'
          AND coalesce(chosen.state NOT IN ('finished', 'stopped'), true)
    )
    SELECT own.message_id,
           fill_prospect(forms.subject, first_name, full_name, company, city, industry, title, fact)
               AS subject,
           fill_prospect(forms.body, first_name, full_name, company, city, industry, title, fact)
               AS body,
           fill_prospect(forms.call_to_action, first_name, full_name, company, city, industry,
                         title, fact) AS call_to_action,
           forms.link, forms.footer, NOT (forms.needs_fact AND own.fact = '') AS has_fact,
           sendable.screening_id, sendable.approval_id
    FROM own
    JOIN sendable_skeletons AS sendable
        ON sendable.campaign_id = $campaign_id AND sendable.variant_id = own.variant_id
       AND sendable.version = own.version AND sendable.content_sha256 = own.skeleton_sha256
    JOIN skeleton_forms AS forms
        ON forms.campaign_id = $campaign_id AND forms.variant_id = own.variant_id
       AND forms.version = own.version
       AND forms.filled = addressed_only(own.filled, forms.addressed)
"""
_JUDGE: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_judged AS
    WITH elsewhere AS (
        SELECT DISTINCT states.prospect_id
        FROM sequence_states AS states
        WHERE states.dataset_id = $dataset_id AND states.campaign_id <> $campaign_id
          AND states.state IN ('active', 'paused')
          AND states.campaign_id NOT IN (SELECT campaign_id FROM simulated_outreach)
    )
    SELECT people.*, clocks.due_at, touches.is_counted, readings.screening_id,
           readings.approval_id,
           CASE WHEN people.state = 'stopped' THEN 'stopped'
                WHEN people.state = 'finished' AND people.state_reason = 'no reply' THEN 'no reply'
                WHEN people.state = 'finished' THEN 'replied'
                WHEN NOT people.is_there THEN 'gate'
                WHEN people.state = 'paused' THEN 'paused'
                WHEN people.wait_days IS NULL THEN 'answers'
                WHEN NOT $is_on THEN 'off'
                WHEN people.last_sent_at + people.wait_days * INTERVAL '1' DAY > $now THEN 'waiting'
                WHEN people.message_id IS NULL THEN 'not chosen'
                WHEN people.status = 'held' THEN 'held'
                WHEN NOT people.is_on_channel THEN 'not chosen'
                WHEN gates.code IS NOT NULL THEN 'gate'
                WHEN $is_exclusive AND NOT $is_simulated AND elsewhere.prospect_id IS NOT NULL
                THEN 'other sequence'
                WHEN CASE people.channel
                          WHEN 'cold_email' THEN coalesce(
                              csv_cell(people.email) <> people.email, true)
                          WHEN 'sms' THEN coalesce(
                              NOT regexp_full_match(people.phone, '\\+[1-9][0-9]{6,14}'), true)
                          WHEN 'call_snippet' THEN people.phone IS NULL
                          WHEN 'x_message' THEN coalesce(
                              NOT regexp_full_match(people.x_handle, '@?[A-Za-z0-9_]{1,15}'), true)
                          WHEN 'video_script' THEN false
                          ELSE coalesce(NOT regexp_matches(people.linkedin_url,
                                   '^https://([a-z]+\\.)?linkedin\\.com/[^\\s"<>]*$'), true)
                          END THEN 'no address'
                WHEN readings.message_id IS NULL THEN 'no text'
                WHEN NOT readings.has_fact
                  OR (readings.subject, readings.body, readings.call_to_action, readings.link,
                      readings.footer)
                     IS DISTINCT FROM
                     (people.subject, people.body, people.call_to_action, people.link,
                      people.footer) THEN 'changed'
                WHEN csv_cell(people.subject) <> people.subject
                  OR csv_cell(people.body) <> people.body
                  OR csv_cell(people.call_to_action) <> people.call_to_action THEN 'unsafe'
                WHEN touches.last_sent_at + $least_days * INTERVAL '1' DAY > $now THEN 'touched'
                WHEN touches.messages >= $most_messages THEN 'person cap'
                WHEN coalesce(clocks.due_at > $now, true) THEN 'later' END AS standing,
           CASE WHEN people.status = 'held' THEN people.code
                ELSE coalesce(gates.code, '') END AS gate,
           CASE WHEN people.status = 'held' THEN people.reason
                ELSE coalesce(gates.reason, '') END AS gate_reason
    FROM sequence_people AS people
    LEFT JOIN send_gates AS gates ON gates.prospect_id = people.prospect_id
    LEFT JOIN elsewhere ON elsewhere.prospect_id = people.prospect_id
    LEFT JOIN sequence_readings AS readings ON readings.message_id = people.message_id
    LEFT JOIN person_touches AS touches ON touches.prospect_id = people.prospect_id
    LEFT JOIN prospect_clocks AS clocks ON clocks.prospect_id = people.prospect_id
"""

# Of an account so many more people as there is room for, those with the best messages first.
_CAP: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_capped AS
    WITH ranked AS (
        SELECT judged.*, coalesce(touches.people, 0) AS known_people,
               CASE WHEN judged.standing IS NULL AND NOT coalesce(judged.is_counted, false)
                    THEN row_number() OVER (
                        PARTITION BY judged.account, judged.standing IS NULL,
                                     coalesce(judged.is_counted, false)
                        ORDER BY judged.step DESC, judged.score DESC NULLS LAST,
                                 judged.prospect_id) END AS newcomer
        FROM sequence_judged AS judged
        LEFT JOIN account_touches AS touches ON touches.account = judged.account
    )
    SELECT ranked.* EXCLUDE (standing),
           CASE WHEN known_people + newcomer > $account_people THEN 'account cap'
                ELSE standing END AS standing
    FROM ranked
"""
_PLACES: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_mailboxes AS
    WITH open AS (
        SELECT prospect_id, step, score,
               (SELECT arg_max(sends.mailbox, sends.sent_at) FROM outreach_sends AS sends
                WHERE sends.campaign_id = $campaign_id AND sends.mailbox IS NOT NULL
                  AND sends.prospect_id = capped.prospect_id) AS before
        FROM sequence_capped AS capped WHERE standing IS NULL AND channel = 'cold_email'
    ), threads AS (
        SELECT open.prospect_id, rooms.mailbox, rooms.room,
               row_number() OVER (PARTITION BY rooms.mailbox
                                  ORDER BY open.step DESC, open.score DESC NULLS LAST,
                                           open.prospect_id) AS place
        FROM open JOIN mailbox_room AS rooms ON rooms.mailbox = open.before
    ), left_over AS (
        SELECT rooms.mailbox, rooms.room - (SELECT count(*) FROM threads
                                            WHERE threads.mailbox = rooms.mailbox
                                              AND threads.place <= rooms.room) AS room
        FROM mailbox_room AS rooms
    ), slots AS (
        SELECT mailbox, row_number() OVER (ORDER BY turn, mailbox) AS place
        FROM (SELECT mailbox, unnest(range(room)) AS turn FROM left_over) AS turns
    ), newcomers AS (
        SELECT prospect_id,
               row_number() OVER (ORDER BY step DESC, score DESC NULLS LAST, prospect_id) AS place
        FROM open WHERE prospect_id NOT IN (SELECT prospect_id FROM threads)
    )
    SELECT prospect_id, mailbox FROM threads WHERE place <= room
    UNION ALL
    SELECT newcomers.prospect_id, slots.mailbox
    FROM newcomers JOIN slots ON slots.place = newcomers.place
"""
_DUE: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_due AS
    WITH ranked AS (
        SELECT capped.*, boxes.mailbox, rooms.room,
               row_number() OVER (PARTITION BY capped.channel, capped.standing IS NULL
                                  ORDER BY capped.step DESC, capped.score DESC NULLS LAST,
                                           capped.prospect_id) AS place
        FROM sequence_capped AS capped
        LEFT JOIN sequence_mailboxes AS boxes ON boxes.prospect_id = capped.prospect_id
        LEFT JOIN task_room AS rooms ON rooms.channel = capped.channel
    )
    SELECT ranked.* EXCLUDE (standing, room, place),
           CASE WHEN standing IS NOT NULL THEN standing
                WHEN channel = 'cold_email' AND mailbox IS NULL THEN 'throttled'
                WHEN place > room THEN 'throttled' ELSE 'due' END AS standing
    FROM ranked
"""
_COUNTS: Final = """
    SELECT standing, coalesce(channel, ''), gate, count(*) FROM sequence_due
    GROUP BY ALL ORDER BY standing, 2, gate
"""


@dataclass(frozen=True, slots=True)
class SequenceStanding:
    """Where the people of a sequence stand.

    Attributes:
        counts: (a key of STANDINGS, channel or empty, the gate that holds them or empty, people).
        mailboxes: Of each its address, what it may send today, what it has sent, and the room left.
    """

    counts: tuple[tuple[str, str, str, int], ...]
    mailboxes: tuple[Mapping[str, Any], ...] = ()

    @property
    def people(self) -> int:
        """Return how many people there are; every one stands in one place."""
        return sum(n for *_, n in self.counts)

    def of(self, standing: str, channel: str = "") -> int:
        """Return how many stand there, on a channel or on all."""
        return sum(
            n for name, via, _, n in self.counts if name == standing and channel in {"", via}
        )

    @property
    def due(self) -> dict[str, int]:
        """Return how many can be handed over now, by channel."""
        return {
            via: self.of("due", via)
            for via in dict.fromkeys(via for name, via, *_ in self.counts if name == "due")
        }


def sequence_standing(
    store: Store,
    settings: Settings,
    sequence: OutreachSequence,
    *,
    now: datetime,
    is_simulated: bool = False,
) -> SequenceStanding:
    """Tell who could be handed over at a moment, and what the others wait for.

    Args:
        store: Writes nothing but temporary tables.
        settings: Of which the brand's own address is sent from where no mailbox is named.
        sequence: Of the campaign; what came back should have moved its people on before.
        now: With its time zone.
        is_simulated: Whether it is played through.
    """
    with store.transaction():
        fill_due(store, settings, sequence, now=now, is_simulated=is_simulated)
        counts = tuple(
            (str(standing), str(via), str(gate), int(n))
            for standing, via, gate, n in store.read(_COUNTS)
        )
        return SequenceStanding(counts, tuple(mailbox_room(store)))


def fill_due(
    store: Store,
    settings: Settings,
    sequence: OutreachSequence,
    *,
    now: datetime,
    is_simulated: bool,
) -> None:
    """Fill the TEMP table ``sequence_due``; inside a transaction."""
    campaign_id, rules = sequence.campaign_id, sequence.rules
    dataset_id = base_of(store, campaign_id)
    whose = {"campaign_id": campaign_id, "dataset_id": dataset_id}
    store.run(
        _STEPS, waits=[step.wait_days for step in sequence.steps],
        channels=[",".join(step.channels) for step in sequence.steps],
    )  # fmt: skip
    prepare_prospect_clocks(store, dataset_id, rules, now)
    prepare_caps(
        store, campaign_id, dataset_id, rules, mailboxes=mailboxes_of(settings, sequence),
        now=now, is_simulated=is_simulated,
    )  # fmt: skip
    store.run(_PEOPLE, **whose)
    prepare_send_gates(store, settings, campaign_id, dataset_id, now=now, is_simulated=is_simulated)
    store.run(_READ_AGAIN, campaign_id=campaign_id)
    store.run(
        _JUDGE, **whose, now=now, is_on=sequence.is_on, is_simulated=is_simulated,
        is_exclusive=rules.is_exclusive, least_days=rules.least_days_between,
        most_messages=rules.most_messages,
    )  # fmt: skip
    store.run(_CAP, account_people=rules.account_people)
    store.run(_PLACES, campaign_id=campaign_id)
    store.run(_DUE)


_NEXT: Final = """
    WITH people AS (
        SELECT prospects.prospect_id, coalesce(states.step, 0) + 1 AS step,
               (SELECT max(sent_at) FROM outreach_sends AS sends
                WHERE sends.campaign_id = $campaign_id
                  AND sends.prospect_id = prospects.prospect_id) AS last_sent_at
        FROM prospects
        LEFT JOIN sequence_states AS states ON states.campaign_id = $campaign_id
                                           AND states.prospect_id = prospects.prospect_id
        WHERE prospects.dataset_id = $dataset_id AND coalesce(states.state, 'active') = 'active'
    )
    SELECT people.step, list(people.prospect_id ORDER BY people.prospect_id)
    FROM people
    WHERE people.step <= len($waits::INTEGER[])
      AND (people.last_sent_at IS NULL
           OR people.last_sent_at + list_extract($waits::INTEGER[], people.step) * INTERVAL '1' DAY
              <= CAST($now AS TIMESTAMPTZ) + INTERVAL '1' DAY)
    GROUP BY people.step ORDER BY people.step
"""


def people_to_choose_for(
    store: Store, sequence: OutreachSequence, *, now: datetime
) -> dict[int, list[str]]:
    """List, by step, whose next message is due within a day; nobody who left or is paused."""
    found = store.read(
        _NEXT, campaign_id=sequence.campaign_id, now=now,
        dataset_id=base_of(store, sequence.campaign_id),
        waits=[step.wait_days for step in sequence.steps],
    )  # fmt: skip
    return {int(step): list(people) for step, people in found}


def mailboxes_of(settings: Settings, sequence: OutreachSequence) -> tuple[str, ...]:
    """Return the addresses that a campaign's cold e-mails are sent from."""
    own = settings.brand.own_emails or (settings.brand.contact,)
    return sequence.rules.mailboxes or tuple(one for one in own[:1] if "@" in one)
