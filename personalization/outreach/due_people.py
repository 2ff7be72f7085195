"""Where each person of a sequence stands, looked at one by one; caps over all come after.

The state, the wait, the gates, the address, and the very bytes that were chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.outreach.send_gates import prepare_send_gates

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.outreach.sequences import OutreachSequence
    from personalization.settings import Settings
    from personalization.store import Store

# What stands in a header line as it is: an address with signs beyond ASCII needs mail servers that
# take it on the whole way (RFC 6531), so that whoever has one is not written to by e-mail.
_ADDRESS: Final = (
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
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
           people.prospect_id IS NOT NULL AS is_there, routed.role AS role_now,
           steps.channels = '' OR list_contains(string_split(steps.channels, ','), chosen.channel)
               AS is_on_channel
    FROM placed
    LEFT JOIN chosen ON chosen.prospect_id = placed.prospect_id AND chosen.step = placed.step
    LEFT JOIN sequence_steps AS steps ON steps.step = placed.step
    LEFT JOIN prospects AS people ON people.dataset_id = $dataset_id
                                 AND people.prospect_id = placed.prospect_id
    LEFT JOIN routings AS routed ON routed.dataset_id = $dataset_id
                                AND routed.prospect_id = placed.prospect_id
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
                              csv_cell(people.email) <> people.email OR length(people.email) > 254
                              OR NOT regexp_full_match(people.email, $address), true)
                          WHEN 'sms' THEN coalesce(
                              NOT regexp_full_match(people.phone, '\\+[1-9][0-9]{6,14}'), true)
                          WHEN 'call_snippet' THEN coalesce(
                              NOT regexp_full_match(people.phone, '\\+[1-9][0-9]{6,14}'), true)
                          WHEN 'x_message' THEN coalesce(
                              NOT regexp_full_match(people.x_handle, '@?[A-Za-z0-9_]{1,15}'), true)
                          WHEN 'video_script' THEN false
                          ELSE coalesce(NOT regexp_matches(people.linkedin_url,
                                   '^https://([a-z]+\\.)?linkedin\\.com/[^\\s"<>]*$'), true)
                          END THEN 'no address'
                WHEN readings.message_id IS NULL THEN 'no text'
                WHEN people.role IS DISTINCT FROM people.role_now OR NOT readings.has_fact
                  OR (readings.subject, readings.body, readings.call_to_action, readings.link,
                      readings.footer)
                     IS DISTINCT FROM
                     (people.subject, people.body, people.call_to_action, people.link,
                      people.footer) THEN 'changed'
                WHEN csv_cell(people.subject) <> people.subject
                  OR csv_cell(people.body) <> people.body
                  OR csv_cell(people.call_to_action) <> people.call_to_action
                  OR csv_cell(people.link) <> people.link
                  OR csv_cell(people.footer) <> people.footer THEN 'unsafe'
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


def judge_people(
    store: Store,
    settings: Settings,
    sequence: OutreachSequence,
    dataset_id: str,
    *,
    now: datetime,
    is_simulated: bool,
) -> None:
    """Fill the TEMP table ``sequence_judged``: everybody, and what keeps them if something does.

    Args:
        store: In a transaction, after ``prepare_prospect_clocks`` and ``prepare_caps``.
        settings: Read by the gates.
        sequence: Of the campaign.
        dataset_id: Its base.
        now: With its time zone.
        is_simulated: Whether it is played through.
    """
    campaign_id, rules = sequence.campaign_id, sequence.rules
    whose = {"campaign_id": campaign_id, "dataset_id": dataset_id}
    store.run(
        _STEPS, waits=[step.wait_days for step in sequence.steps],
        channels=[",".join(step.channels) for step in sequence.steps],
    )  # fmt: skip
    store.run(_PEOPLE, **whose)
    prepare_send_gates(store, settings, campaign_id, dataset_id, now=now, is_simulated=is_simulated)
    store.run(_READ_AGAIN, campaign_id=campaign_id)
    store.run(
        _JUDGE, **whose, now=now, is_on=sequence.is_on, is_simulated=is_simulated,
        is_exclusive=rules.is_exclusive, least_days=rules.least_days_between,
        most_messages=rules.most_messages, address=_ADDRESS,
    )  # fmt: skip
