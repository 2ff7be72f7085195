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
from personalization.outreach.due_people import judge_people
from personalization.outreach.quiet_hours import prepare_prospect_clocks
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
    "same address": "whose address gets its messages under another entry of the base",
    "other sequence": "in another sequence",
    "off": "of a sequence that is switched off",
    "paused": "paused",
    "answers": "through with all messages: their answers are waited for",
    "replied": "who answered",
    "no reply": "who got all messages and did not answer",
    "stopped": "who are not written to any more",
})  # fmt: skip
"""Where a person of a sequence stands now, in words."""
# A mailbox, number or profile gets one message, and one sequence, however often it stands in the
# base. Of an account so many more people as there is room for, those with the best messages first.
_CAP: Final = """
    CREATE OR REPLACE TEMP TABLE sequence_capped AS
    WITH taken AS (
        SELECT place_key(sends.channel, email, linkedin_url, x_handle, phone) AS place,
               min(sends.prospect_id) AS first_of, max(sends.prospect_id) AS last_of
        FROM outreach_sends AS sends
        JOIN prospects AS people ON people.dataset_id = sends.dataset_id
                                AND people.prospect_id = sends.prospect_id
        WHERE sends.campaign_id = $campaign_id AND sends.is_simulated = $is_simulated
        GROUP BY place
    ), named AS (
        SELECT judged.* EXCLUDE (place),
               person_key(email, linkedin_url, x_handle, concat('id:', prospect_id)) AS person,
               coalesce(judged.place, concat('id:', prospect_id)) AS place,
               coalesce(prospect_id <> taken.first_of OR prospect_id <> taken.last_of, false)
                   AS is_taken
        FROM (SELECT *, place_key(channel, email, linkedin_url, x_handle, phone) AS place
              FROM sequence_judged) AS judged
        LEFT JOIN taken ON taken.place = judged.place
    ), numbered AS (
        SELECT *, max(last_sent_at) OVER (PARTITION BY person) AS anyone_at,
               row_number() OVER (
                   PARTITION BY person, standing IS NULL
                   ORDER BY last_sent_at DESC NULLS LAST, step DESC, score DESC NULLS LAST,
                            prospect_id) AS of_person,
               row_number() OVER (
                   PARTITION BY place, standing IS NULL
                   ORDER BY last_sent_at DESC NULLS LAST, step DESC, score DESC NULLS LAST,
                            prospect_id) AS of_place
        FROM named
    ), judged AS (
        SELECT * EXCLUDE (standing, person, place, is_taken, anyone_at, of_person, of_place),
               CASE WHEN standing IS NULL
                     AND (of_person > 1 OR of_place > 1
                          OR (last_sent_at IS NULL AND (anyone_at IS NOT NULL OR is_taken)))
                    THEN 'same address' ELSE standing END AS standing
        FROM numbered
    ), ranked AS (
        SELECT judged.*, coalesce(touches.people, 0) AS known_people,
               CASE WHEN judged.standing IS NULL AND NOT coalesce(judged.is_counted, false)
                    THEN row_number() OVER (
                        PARTITION BY judged.account, judged.standing IS NULL,
                                     coalesce(judged.is_counted, false)
                        ORDER BY judged.step DESC, judged.score DESC NULLS LAST,
                                 judged.prospect_id) END AS newcomer
        FROM judged
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
    prepare_prospect_clocks(store, dataset_id, rules, now)
    prepare_caps(
        store, campaign_id, dataset_id, rules, mailboxes=mailboxes_of(settings, sequence),
        now=now, is_simulated=is_simulated,
    )  # fmt: skip
    judge_people(store, settings, sequence, dataset_id, now=now, is_simulated=is_simulated)
    store.run(
        _CAP, account_people=rules.account_people, campaign_id=campaign_id,
        is_simulated=is_simulated,
    )  # fmt: skip
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
