"""How often people, their companies and our mailboxes may be used: counted over all campaigns.

Whoever was written to before keeps the mailbox, so that an answer finds its thread; follow-ups come
before first messages where a mailbox has no room for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.outreach.sequences import SequenceRules
    from personalization.store import Store

TASK_CHANNELS: Final = ("linkedin_note", "linkedin_inmail", "x_message", "call_snippet")
"""Channels on which a person of the team writes or speaks; nothing of ours sends there."""

# What a person and a person's account got so far, whichever entry of whichever base it was sent to
# under the same address, profile or handle; messages that were played through count among
# themselves only.
_TOUCHES: Final = """
    CREATE OR REPLACE TEMP TABLE person_touches AS
    WITH sent AS (
        SELECT person_key(people.email, people.linkedin_url, people.x_handle,
                          concat_ws(':', sends.dataset_id, sends.prospect_id)) AS person,
               sends.sent_at
        FROM outreach_sends AS sends
        LEFT JOIN prospects AS people ON people.dataset_id = sends.dataset_id
                                     AND people.prospect_id = sends.prospect_id
        WHERE sends.is_simulated = $is_simulated
          AND (NOT $is_simulated OR sends.campaign_id = $campaign_id)
    ), touches AS (
        SELECT person, max(sent_at) AS last_sent_at,
               count(*) FILTER (WHERE sent_at > CAST($now AS TIMESTAMPTZ)
                                                - $within_days * INTERVAL '1' DAY) AS messages,
               max(sent_at > CAST($now AS TIMESTAMPTZ) - $account_days * INTERVAL '1' DAY)
                   AS is_counted
        FROM sent GROUP BY person
    )
    SELECT people.prospect_id, people.account, touches.*
    FROM prospects AS people
    JOIN touches ON touches.person = person_key(
        people.email, people.linkedin_url, people.x_handle,
        concat_ws(':', people.dataset_id, people.prospect_id))
    WHERE people.dataset_id = $dataset_id
"""
_ACCOUNTS: Final = """
    CREATE OR REPLACE TEMP TABLE account_touches AS
    SELECT account, count(DISTINCT person) AS people
    FROM person_touches WHERE is_counted GROUP BY account
"""

# Room of each mailbox today: it grows with the days since the mailbox first sent anything.
_MAILBOXES: Final = """
    CREATE OR REPLACE TEMP TABLE mailbox_room AS
    WITH boxes AS (
        SELECT unnest($mailboxes::VARCHAR[]) AS mailbox
    ), used AS (
        SELECT mailbox, min(sent_at) AS first_at,
               count(*) FILTER (WHERE timezone('UTC', sent_at)::DATE
                                      = timezone('UTC', CAST($now AS TIMESTAMPTZ))::DATE) AS today
        FROM outreach_sends
        WHERE is_simulated = $is_simulated AND mailbox IS NOT NULL
          AND (NOT $is_simulated OR campaign_id = $campaign_id)
        GROUP BY mailbox
    )
    SELECT boxes.mailbox, coalesce(used.today, 0) AS sent_today,
           least($mailbox_limit,
                 $warm_up_from + $warm_up_by * coalesce(date_diff('day',
                     timezone('UTC', used.first_at)::DATE,
                     timezone('UTC', CAST($now AS TIMESTAMPTZ))::DATE), 0)) AS allowed,
           greatest(0, allowed - sent_today) AS room
    FROM boxes LEFT JOIN used ON used.mailbox = boxes.mailbox
"""
_TASKS: Final = """
    CREATE OR REPLACE TEMP TABLE task_room AS
    SELECT channels.channel,
           greatest(0, $task_limit - (
               SELECT count(*) FROM outreach_sends AS sends
               WHERE sends.channel = channels.channel AND sends.is_simulated = $is_simulated
                 AND (NOT $is_simulated OR sends.campaign_id = $campaign_id)
                 AND timezone('UTC', sends.sent_at)::DATE
                     = timezone('UTC', CAST($now AS TIMESTAMPTZ))::DATE)) AS room
    FROM (SELECT unnest($channels::VARCHAR[]) AS channel) AS channels
"""
_ROOM: Final = """
    SELECT mailbox, allowed, sent_today, room FROM mailbox_room ORDER BY mailbox
"""


def prepare_caps(
    store: Store,
    campaign_id: str,
    dataset_id: str,
    rules: SequenceRules,
    *,
    mailboxes: tuple[str, ...],
    now: datetime,
    is_simulated: bool,
) -> None:
    """Count what was handed over so far, for everybody who can be written to.

    Args:
        store: In a transaction; reads ``outreach_sends`` and writes the TEMP tables
            ``person_touches``, ``account_touches``, ``mailbox_room`` and ``task_room``.
        campaign_id: Of which a play-through counts alone.
        dataset_id: Whose prospects.
        rules: What is allowed.
        mailboxes: Addresses that cold e-mails are sent from.
        now: The moment that is looked back from.
        is_simulated: Whether the campaign is played through.
    """
    whose = {"campaign_id": campaign_id, "is_simulated": is_simulated, "now": now}
    store.run(
        _TOUCHES, **whose, dataset_id=dataset_id, within_days=rules.within_days,
        account_days=rules.account_days,
    )  # fmt: skip
    store.run(_ACCOUNTS)
    store.run(
        _MAILBOXES, **whose, mailboxes=list(mailboxes), mailbox_limit=rules.mailbox_limit,
        warm_up_from=rules.warm_up_from, warm_up_by=rules.warm_up_by,
    )  # fmt: skip
    store.run(_TASKS, **whose, task_limit=rules.task_limit, channels=list(TASK_CHANNELS))


def mailbox_room(store: Store) -> list[dict[str, object]]:
    """Tell of each mailbox what it may send today and what it has sent; after ``prepare_caps``."""
    return store.records(_ROOM)
